#include "alerts.h"
#include "receipts_lines.h"

#include <stdlib.h>

/* --- what is held --- */

struct held {
    uint64_t next;
    uint8_t head[CSIGN_HASH_SIZE];
};

static csign_code find_held(struct session *session, span deployment, struct held *ret)
{
    struct query q = QUERY(session, SQL_RECEIPTS_FIND_PRODUCER, VALUE_TEXT(deployment));
    ret->next = 1;
    receipt_head_start(deployment, ret->head);
    if (query_row(&q)) {
        ret->next = (uint64_t)query_integer(&q, 0);
        query_bytes(&q, 1, ret->head, sizeof ret->head);
    }
    return query_close(&q);
}

/* The line held under a number and the head behind it; of number 0 the start. */
static csign_code find_line(struct session *session, span deployment, uint64_t seq, struct buffer *line,
                            uint8_t ret_head[CSIGN_HASH_SIZE])
{
    receipt_head_start(deployment, ret_head);
    if (seq == 0)
        return CSIGN_OK;
    struct query q = QUERY(session, SQL_RECEIPTS_FIND, VALUE_TEXT(deployment), VALUE_INTEGER(seq));
    if (query_row(&q)) {
        buffer_put(line, query_text(&q, 0));
        query_bytes(&q, 1, ret_head, CSIGN_HASH_SIZE);
    } else if (q.code == CSIGN_OK) {
        q.code = CSIGN_E_INTERNAL;
    }
    return query_close(&q);
}

/* --- alerts --- */

#define ALERT_MAX (5u * RECEIPT_MAX) /* two lines, whose quotes are escaped, and more */

static span authority_of(const struct receipts_take *take)
{
    return span_of(take->lines->authority, take->lines->authority_size);
}

/*
 * Two histories of one deployment. Both lines are kept, or both heads where the lines before are not known: the app signed the one
 * and the other. The operation does not fail, for the alert has to stay.
 */
static csign_code equivocation(struct receipts_take *take, struct session *session, uint64_t seq, span held, const uint8_t *held_head,
                               const struct receipts_line *other, const uint8_t *other_head)
{
    const span deployment = take->batch.deployment;
    uint8_t detail_memory[ALERT_MAX], about_memory[CSIGN_ID_MAX + 32];
    struct buffer detail = buffer_open(detail_memory, sizeof detail_memory);
    struct buffer about = buffer_open(about_memory, sizeof about_memory);
    struct json_out o = json_out(&detail);
    json_put_object(&o);
    json_put_text_member(&o, "deployment", deployment);
    json_put_integer_member(&o, "seq", seq);
    if (other) {
        json_put_text_member(&o, "held", held);
        json_put_text_member(&o, "other", other->text);
    }
    json_put_base64url_member(&o, "held_head", span_of(held_head, CSIGN_HASH_SIZE));
    json_put_base64url_member(&o, "other_head", span_of(other_head, CSIGN_HASH_SIZE));
    json_end_object(&o);
    buffer_put(&about, deployment);
    buffer_byte(&about, ' ');
    buffer_decimal(&about, seq);
    TRY(buffer_code(&detail));
    take->refusal = fault_set(&take->fault, CSIGN_E_EQUIVOCATION, "line", "another is held under this number");
    return alert_raise(session, SPAN("equivocation"), buffer_span(&about), authority_of(take), buffer_span(&detail));
}

/* One alert for each act, setting and jurisdiction that an app was not added for: not one a receipt. */
static csign_code alert_outside(const struct receipts_take *take, struct session *session, const struct receipts_line *line)
{
    uint8_t scratch_memory[RECEIPT_SCRATCH_MAX], detail_memory[1024], about_memory[4 * CSIGN_ID_MAX];
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    struct buffer detail = buffer_open(detail_memory, sizeof detail_memory);
    struct buffer about = buffer_open(about_memory, sizeof about_memory);
    struct receipt receipt;
    TRY(receipt_read(line->text, &scratch, &receipt, NULL));
    const char *setting = vocabulary_word(&settings, receipt.setting);
    const span parts[] = {take->batch.deployment, receipt.act, span_text(setting ? setting : ""), receipt.jurisdiction};
    static const char *const names[] = {"deployment", "act", "setting", "jurisdiction"};
    struct json_out o = json_out(&detail);
    json_put_object(&o);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (i)
            buffer_byte(&about, ' ');
        buffer_put(&about, parts[i]);
        if (parts[i].size)
            json_put_text_member(&o, names[i], parts[i]);
    }
    json_put_integer_member(&o, "seq", receipt.seq);
    json_end_object(&o);
    return alert_raise(session, SPAN("outside-scope"), buffer_span(&about), authority_of(take), buffer_span(&detail));
}

/* --- taking --- */

/* Looks for the first line that differs from what is held under its number. */
static csign_code compare_lines(struct receipts_take *take, struct session *session, size_t old)
{
    const struct receipt_batch *batch = &take->batch;
    uint8_t held_head[CSIGN_HASH_SIZE], memory[RECEIPT_MAX];
    for (size_t i = 0; i < old; i++) {
        const struct receipts_line *line = &take->lines->line[i];
        struct buffer held = buffer_open(memory, sizeof memory);
        TRY(find_line(session, batch->deployment, batch->first + i, &held, held_head));
        if (memcmp(held_head, line->head, sizeof held_head) != 0)
            return equivocation(take, session, batch->first + i, buffer_span(&held), held_head, line, line->head);
    }
    return CSIGN_E_INTERNAL;
}

/* Whether the batch goes on from what is held, `old` of its lines being held already. Heads are chained: the last one says it. */
static csign_code check_old(struct receipts_take *take, struct session *session, size_t old)
{
    const struct receipt_batch *batch = &take->batch;
    uint8_t head[CSIGN_HASH_SIZE], memory[RECEIPT_MAX];
    struct buffer line = buffer_open(memory, sizeof memory);
    TRY(find_line(session, batch->deployment, batch->first - 1, &line, head));
    if (memcmp(head, batch->before, sizeof head) != 0)
        return equivocation(take, session, batch->first - 1, span_of(NULL, 0), head, NULL, batch->before);
    if (old == 0)
        return CSIGN_OK;
    line.size = 0;
    TRY(find_line(session, batch->deployment, batch->first + old - 1, &line, head));
    return memcmp(head, take->lines->line[old - 1].head, sizeof head) == 0 ? CSIGN_OK : compare_lines(take, session, old);
}

static csign_code append_line(const struct receipts_take *take, struct session *session, size_t place)
{
    const struct receipts_line *line = &take->lines->line[place];
    const struct value deployment = VALUE_TEXT(take->batch.deployment), seq = VALUE_INTEGER(take->batch.first + place);
    TRY(RUN(session, SQL_RECEIPTS_INSERT, deployment, seq, VALUE_TEXT(line->text),
            VALUE_BLOB(span_of(line->head, sizeof line->head))));
    for (size_t i = 0; i < line->signer_count; i++)
        TRY(RUN(session, SQL_RECEIPTS_INSERT_SIGNER, VALUE_INTEGER(line->signers[i].idx), deployment, seq,
                VALUE_INTEGER(line->time_ms), VALUE_INTEGER(line->signers[i].signed_s)));
    if (line->event == RECEIPT_OUTCOME)
        TRY(RUN(session, SQL_RECEIPTS_SET_OUTCOME, deployment, VALUE_TEXT(span_of(line->release_id, sizeof line->release_id)),
                VALUE_INTEGER(line->outcome)));
    return line->is_outside ? alert_outside(take, session, line) : CSIGN_OK;
}

static csign_code run_take(struct operation *operation, struct session *session)
{
    struct receipts_take *take = (struct receipts_take *)operation;
    const struct receipt_batch *batch = &take->batch;
    const uint64_t heard_ms = session_time_ms(session), next = batch->first + batch->count;
    struct held held;
    take->refusal = CSIGN_OK;
    TRY(find_held(session, batch->deployment, &held));
    take->expected = held.next;
    if (batch->first > held.next)
        return fault_set(&take->fault, CSIGN_E_SEQUENCE_GAP, "first", "receipts are missing before this batch");
    const uint64_t overlap = held.next - batch->first;
    const size_t old = overlap < batch->count ? (size_t)overlap : batch->count;
    TRY(check_old(take, session, old));
    if (take->refusal != CSIGN_OK)
        return CSIGN_OK;
    for (size_t i = old; i < batch->count; i++)
        TRY(append_line(take, session, i));
    if (next < held.next)
        return RUN(session, SQL_RECEIPTS_HEAR_PRODUCER, VALUE_TEXT(batch->deployment), VALUE_INTEGER(heard_ms));
    return RUN(session, SQL_RECEIPTS_SET_PRODUCER, VALUE_TEXT(batch->deployment), VALUE_INTEGER(next),
               VALUE_BLOB(span_of(batch->after, sizeof batch->after)), VALUE_TEXT(span_of(take->ack, take->ack_size)),
               VALUE_INTEGER(heard_ms));
}

csign_code receipts_take_prepare(struct receipts_take *take, const struct registry *registry, span app, span note)
{
    take->operation = (struct operation){.run = run_take};
    take->registry = registry;
    take->lines = NULL;
    take->refusal = CSIGN_OK;
    take->expected = 0;
    take->ack_size = 0;
    return receipts_take_read(take, app, note);
}

void receipts_take_free(struct receipts_take *take)
{
    free(take->lines);
    take->lines = NULL;
}

/* --- silence --- */

/* About what: the app, and since when, so that its next silence is another alert. */
static csign_code alert_silence(struct session *session, span deployment, uint64_t heard_ms, span authority)
{
    uint8_t about_memory[CSIGN_ID_MAX + 32], detail_memory[256];
    struct buffer about = buffer_open(about_memory, sizeof about_memory), detail = buffer_open(detail_memory, sizeof detail_memory);
    struct json_out o = json_out(&detail);
    buffer_put(&about, deployment);
    buffer_byte(&about, ' ');
    buffer_decimal(&about, heard_ms);
    json_put_object(&o);
    json_put_text_member(&o, "deployment", deployment);
    json_put_integer_member(&o, "heard_ms", heard_ms);
    json_end_object(&o);
    return alert_raise(session, SPAN("silence"), buffer_span(&about), authority, buffer_span(&detail));
}

static csign_code run_watch(struct operation *operation, struct session *session)
{
    struct receipts_watch *watch = (struct receipts_watch *)operation;
    const uint64_t now_ms = session_time_ms(session);
    struct query q = QUERY(session, SQL_RECEIPTS_FIND_SILENT,
                           VALUE_INTEGER(now_ms > RECEIPTS_SILENCE_MS ? now_ms - RECEIPTS_SILENCE_MS : 0));
    csign_code code = CSIGN_OK;
    watch->silent = 0;
    while (code == CSIGN_OK && query_row(&q)) {
        code = alert_silence(session, query_text(&q, 0), (uint64_t)query_integer(&q, 1), query_text(&q, 2));
        watch->silent++;
    }
    TRY(query_close(&q));
    return code;
}

void receipts_watch_init(struct receipts_watch *watch)
{
    *watch = (struct receipts_watch){.operation = {.run = run_watch}};
}
