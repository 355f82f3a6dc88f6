/* Batches of receipts for tests: made line by line, signed, and sent as the app does. Behind cmocka.h. */
#ifndef TESTS_REGISTRY_BATCHES_H
#define TESTS_REGISTRY_BATCHES_H

#include "domain_world.h"
#include "receipts.h"

#include <stdio.h>
#include <stdlib.h>

struct batch {
    uint8_t lines[1u << 16], note[1u << 17];
    struct buffer text;
    struct receipt_batch batch;
    uint8_t head[CSIGN_HASH_SIZE]; /* behind the last line written */
    uint64_t next;
};

static inline struct batch *batch_open(uint64_t first, const uint8_t *head)
{
    struct batch *b = calloc(1, sizeof *b);
    b->text = buffer_open(b->lines, sizeof b->lines);
    b->batch = (struct receipt_batch){.deployment = SPAN(WORLD_DEPLOYMENT), .first = first};
    receipt_head_start(SPAN(WORLD_DEPLOYMENT), b->batch.before);
    if (head)
        memcpy(b->batch.before, head, sizeof b->batch.before);
    b->next = first;
    return b;
}

static inline const char *release_id(unsigned number)
{
    static char ids[4][UUID_SIZE + 1];
    static unsigned next;
    char *id = ids[next++ % 4];
    snprintf(id, UUID_SIZE + 1, "01aa5d7c-9b50-7fff-8f00-5d1c%08x", number);
    return id;
}

static inline void put_line(struct batch *b, const struct receipt *receipt)
{
    receipt_write(&b->text, receipt);
    buffer_byte(&b->text, '\n');
    b->batch.count++;
    b->next++;
}

static inline void put_permit_in(struct batch *b, unsigned number, uint64_t idx, const char *act)
{
    const struct receipt_signer signer = {.idx = idx, .slot = 1, .meaning = 3, .disposition = 1, .authorship = 1, .iat = 1795338860};
    const struct policy_ref policy = {.id = SPAN("us-ks"), .version = 1};
    const struct receipt r = {.present = RECEIPT_PERMIT_MEMBERS, .seq = b->next, .time_ms = clock_ms(), .event = RECEIPT_PERMIT,
                              .release_id = span_text(release_id(number)), .act = span_text(act), .setting = SETTING_OUTPATIENT,
                              .jurisdiction = SPAN("US-KS"), .site = SPAN("clinic-1"), .deployment = SPAN(WORLD_DEPLOYMENT),
                              .tool = SPAN("reporter"), .model = SPAN("m"), .model_version = SPAN("1"), .signers = {&signer, 1},
                              .media_type = SPAN("text/plain"), .size_band = 4, .entries = 1, .status_size = 3,
                              .status_time = 1795338869, .policies = {&policy, 1}, .root = 1};
    put_line(b, &r);
}

static inline void put_permit(struct batch *b, unsigned number, uint64_t idx)
{
    put_permit_in(b, number, idx, "imaging_report");
}

static inline void put_outcome(struct batch *b, unsigned number, uint8_t outcome)
{
    const struct receipt r = {.present = RECEIPT_BIT(RECEIPT_OUTCOME_MEMBER), .seq = b->next, .time_ms = clock_ms(),
                              .event = RECEIPT_OUTCOME, .release_id = span_text(release_id(number)), .outcome = outcome};
    put_line(b, &r);
}

static inline span batch_note(struct batch *b, const struct signer *signer)
{
    struct buffer out = buffer_open(b->note, sizeof b->note);
    b->batch.lines = buffer_span(&b->text);
    receipt_batch_write(&out, &b->batch);
    memcpy(b->head, b->batch.after, sizeof b->head);
    const span text = buffer_span(&out);
    buffer_byte(&out, '\n');
    note_sign(&out, text, &signer->vkey, &signer->key);
    assert_false(out.overflow || b->text.overflow);
    return buffer_span(&out);
}

struct answer {
    csign_fault fault;
    uint64_t expected;
    size_t ack_size;
    uint8_t ack[RECEIPTS_ACK_MAX];
};

static inline csign_code send_note(struct world *w, span note, struct answer *ret)
{
    static struct receipts_take take;
    memset(&take, 0, sizeof take);
    csign_code code = receipts_take_prepare(&take, &w->registry, SPAN(WORLD_DEPLOYMENT), note);
    if (code == CSIGN_OK)
        code = store_perform(w->registry.store, &take.operation);
    if (code == CSIGN_OK)
        code = take.refusal;
    *ret = (struct answer){.fault = take.fault, .expected = take.expected, .ack_size = take.ack_size};
    memcpy(ret->ack, take.ack, take.ack_size);
    receipts_take_free(&take);
    return code;
}

static inline csign_code send(struct world *w, struct batch *b, struct answer *ret)
{
    return send_note(w, batch_note(b, &w->app), ret);
}

#endif
