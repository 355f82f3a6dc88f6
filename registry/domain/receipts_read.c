/* Reading and verifying a batch, before its operation: nothing here changes anything. */
#include "cursor.h"
#include "receipts_lines.h"
#include "transaction.h"

#include <stdlib.h>

/* --- the app --- */

struct producer_app {
    struct vkey vkey;
    struct text_list acts, jurisdictions;
    uint64_t settings; /* bit = place in the vocabulary */
};

#define APP_SCRATCH_MAX 16384u

static const struct schema_field acts_field = {.name = "acts", .kind = FIELD_TEXTS, .max = 64};
static const struct schema_field settings_field = {.name = "settings", .kind = FIELD_WORDS, .more = &settings};
static const struct schema_field jurisdictions_field = {.name = "jurisdictions", .kind = FIELD_TEXTS, .max = 64};

/* The column's text is copied first: it ends with the query, and views into it do not. */
static csign_code read_column(span text, const struct schema_field *field, struct buffer *scratch, void *into)
{
    const size_t from = scratch->size;
    struct json j;
    buffer_put(scratch, text);
    json_open(&j, buffer_since(scratch, from), TOKEN_DEPTH_MAX, scratch);
    if (!schema_read_field(&j, field, into) || !json_finish(&j))
        return json_code(&j, CSIGN_E_INTERNAL, CSIGN_E_INTERNAL, NULL);
    return CSIGN_OK;
}

static csign_code read_app(const struct query *q, struct buffer *scratch, struct producer_app *ret)
{
    const size_t from = scratch->size;
    buffer_put(scratch, query_text(q, 0));
    if (!vkey_read(buffer_since(scratch, from), &ret->vkey))
        return CSIGN_E_INTERNAL;
    TRY(read_column(query_text(q, 1), &acts_field, scratch, &ret->acts));
    TRY(read_column(query_text(q, 2), &settings_field, scratch, &ret->settings));
    return read_column(query_text(q, 3), &jurisdictions_field, scratch, &ret->jurisdictions);
}

static csign_code find_app(struct receipts_take *take, span app, struct buffer *scratch, struct producer_app *ret)
{
    struct session *session = store_reader(take->registry->store);
    if (!session)
        return CSIGN_E_UNAVAILABLE;
    struct query q = QUERY(session, SQL_RECEIPTS_FIND_APP, VALUE_TEXT(app));
    csign_code code = fault_set(&take->fault, CSIGN_E_UNAUTHENTICATED, "deployment", "no such app, or it has ended");
    if (query_row(&q) && !query_integer(&q, 4)) {
        struct buffer authority = buffer_open(take->lines->authority, sizeof take->lines->authority);
        buffer_put(&authority, query_text(&q, 5));
        take->lines->authority_size = authority.size;
        code = read_app(&q, scratch, ret);
    }
    csign_code closed = query_close(&q);
    store_reader_end(take->registry->store, session);
    return closed == CSIGN_OK ? code : closed;
}

/* --- the lines --- */

/* PROTOCOL 6: a receipt outside the acts, settings and jurisdictions of its app.add is an alarm. What it does not say is not. */
static bool is_outside(const struct receipt *r, const struct producer_app *app)
{
    bool covered = false;
    for (size_t i = 0; i < app->jurisdictions.count; i++)
        covered = covered || jurisdiction_covers(app->jurisdictions.items[i], r->jurisdiction);
    return (r->present & RECEIPT_BIT(RECEIPT_ACT) && !text_list_has(app->acts, r->act)) ||
           (r->present & RECEIPT_BIT(RECEIPT_SETTING) && !(app->settings >> r->setting & 1)) ||
           (r->present & RECEIPT_BIT(RECEIPT_JURISDICTION) && !covered);
}

static csign_code read_line(struct receipts_take *take, const struct producer_app *app, uint64_t seq, struct receipts_line *line)
{
    uint8_t memory[RECEIPT_SCRATCH_MAX];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct receipt receipt;
    TRY(receipt_read(line->text, &scratch, &receipt, &take->fault));
    if (receipt.seq != seq)
        return fault_set(&take->fault, CSIGN_E_RECEIPT_MALFORMED, "seq", "not the number of its place");
    if (receipt.present & RECEIPT_BIT(RECEIPT_DEPLOYMENT) && !span_equal(receipt.deployment, take->batch.deployment))
        return fault_set(&take->fault, CSIGN_E_RECEIPT_MALFORMED, "deployment", "not the deployment of its batch");
    if (receipt.release_id.size != sizeof line->release_id)
        return CSIGN_E_INTERNAL;
    const struct receipt_signer *signers = receipt.signers.items;
    line->time_ms = receipt.time_ms;
    line->event = receipt.event;
    line->outcome = receipt.outcome;
    line->is_outside = is_outside(&receipt, app);
    memcpy(line->release_id, receipt.release_id.data, sizeof line->release_id);
    if (receipt.event != RECEIPT_PERMIT)
        return CSIGN_OK;
    for (size_t i = 0; i < receipt.signers.count && i < CSIGN_SLOTS_MAX; i++) {
        line->signers[i].idx = signers[i].idx;
        line->signers[i].signed_s = signers[i].iat;
        line->signer_count++;
    }
    return CSIGN_OK;
}

static csign_code read_lines(struct receipts_take *take, const struct producer_app *app)
{
    const struct receipt_batch *batch = &take->batch;
    struct cursor c = cursor_open(batch->lines);
    uint8_t head[CSIGN_HASH_SIZE];
    memcpy(head, batch->before, sizeof head);
    for (size_t i = 0; i < batch->count; i++) {
        struct receipts_line *line = &take->lines->line[i];
        if (!cursor_line(&c, &line->text))
            return CSIGN_E_INTERNAL;
        TRY(read_line(take, app, batch->first + i, line));
        receipt_head_next(head, batch->first + i, line->text);
        memcpy(line->head, head, sizeof line->head);
    }
    return CSIGN_OK;
}

/* --- the note --- */

/* The same for the same batch, whenever it is asked: what was answered once is answered again. */
static csign_code write_ack(struct receipts_take *take)
{
    const struct receipt_batch *batch = &take->batch;
    struct receipt_ack ack = {.deployment = batch->deployment, .next = batch->first + batch->count};
    struct buffer out = buffer_open(take->ack, sizeof take->ack);
    memcpy(ack.head, batch->after, sizeof ack.head);
    receipt_ack_write(&out, &ack);
    span text = buffer_span(&out);
    buffer_byte(&out, '\n');
    note_sign(&out, text, &take->registry->receipts_key.vkey, take->registry->receipts_key.key);
    take->ack_size = out.size;
    return buffer_code(&out);
}

static csign_code read_batch(struct receipts_take *take, span app, const struct note *note, struct buffer *scratch)
{
    struct producer_app known = {0};
    TRY(receipt_batch_read(note->text, &take->batch, &take->fault));
    if (!span_equal(take->batch.deployment, app))
        return fault_set(&take->fault, CSIGN_E_RECEIPT_MALFORMED, "deployment", "not the app that sends it");
    take->lines = calloc(1, sizeof *take->lines + take->batch.count * sizeof take->lines->line[0]);
    if (!take->lines)
        return CSIGN_E_UNAVAILABLE;
    TRY(find_app(take, app, scratch, &known));
    csign_code code = note_verify(note, &known.vkey, NULL);
    if (code != CSIGN_OK)
        return fault_set(&take->fault, code, "signature", "not the app's");
    TRY(read_lines(take, &known));
    return write_ack(take);
}

csign_code receipts_take_read(struct receipts_take *take, span app, span bytes)
{
    uint8_t *memory = NULL;
    struct note note;
    if (!take->registry->receipts_key.key)
        return fault_set(&take->fault, CSIGN_E_UNAVAILABLE, "", "this registry takes no receipts");
    if (bytes.size > RECEIPTS_NOTE_MAX)
        return fault_set(&take->fault, CSIGN_E_TOO_LARGE, "", "more than one batch");
    /* The signatures, decoded, are shorter than their lines; a batch has one. */
    memory = malloc(RECEIPTS_NOTE_MAX - RECEIPT_BATCH_MAX + APP_SCRATCH_MAX);
    if (!memory)
        return CSIGN_E_UNAVAILABLE;
    struct buffer scratch = buffer_open(memory, RECEIPTS_NOTE_MAX - RECEIPT_BATCH_MAX + APP_SCRATCH_MAX);
    csign_code code = note_read(bytes, &scratch, &note, &take->fault);
    if (code == CSIGN_OK)
        code = read_batch(take, app, &note, &scratch);
    free(memory);
    return code;
}
