/* Receipts: one chain a deployment, and look-back over what it holds. */
#include "alerts.h"
#include "domain_world.h"
#include "lookback.h"
#include "receipts.h"
#include "status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit/inputs.h"

/* --- making batches --- */

struct batch {
    uint8_t lines[1u << 16], note[1u << 17];
    struct buffer text;
    struct receipt_batch batch;
    uint8_t head[CSIGN_HASH_SIZE]; /* behind the last line written */
    uint64_t next;
};

static struct batch *batch_open(uint64_t first, const uint8_t *head)
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

static const char *release_id(unsigned number)
{
    static char ids[4][UUID_SIZE + 1];
    static unsigned next;
    char *id = ids[next++ % 4];
    snprintf(id, UUID_SIZE + 1, "01aa5d7c-9b50-7fff-8f00-5d1c%08x", number);
    return id;
}

static void put_line(struct batch *b, const struct receipt *receipt)
{
    receipt_write(&b->text, receipt);
    buffer_byte(&b->text, '\n');
    b->batch.count++;
    b->next++;
}

static void put_permit_in(struct batch *b, unsigned number, uint64_t idx, const char *act)
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

static void put_permit(struct batch *b, unsigned number, uint64_t idx)
{
    put_permit_in(b, number, idx, "imaging_report");
}

static void put_outcome(struct batch *b, unsigned number, uint8_t outcome)
{
    const struct receipt r = {.present = RECEIPT_BIT(RECEIPT_OUTCOME_MEMBER), .seq = b->next, .time_ms = clock_ms(),
                              .event = RECEIPT_OUTCOME, .release_id = span_text(release_id(number)), .outcome = outcome};
    put_line(b, &r);
}

static span batch_note(struct batch *b, const struct signer *signer)
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

static csign_code send_note(struct world *w, span note, struct answer *ret)
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

static csign_code send(struct world *w, struct batch *b, struct answer *ret)
{
    return send_note(w, batch_note(b, &w->app), ret);
}

/* --- taking --- */

static void test_batches_are_chained_and_acknowledged(void **state)
{
    struct world *w = *state;
    struct batch *first = batch_open(1, NULL);
    struct answer answer, again;
    put_permit(first, 1, 7);
    put_outcome(first, 1, OUTCOME_RELEASED);
    assert_int_equal(send(w, first, &answer), CSIGN_OK);

    uint8_t memory[512];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct note note;
    struct receipt_ack ack;
    assert_int_equal(note_read(span_of(answer.ack, answer.ack_size), &scratch, &note, NULL), CSIGN_OK);
    assert_int_equal(note_verify(&note, &w->receipts.vkey, NULL), CSIGN_OK);
    assert_int_equal(receipt_ack_read(note.text, &ack, NULL), CSIGN_OK);
    assert_int_equal(ack.next, 3);
    assert_memory_equal(ack.head, first->head, sizeof ack.head);

    struct batch *second = batch_open(3, first->head);
    put_permit(second, 2, 8);
    assert_int_equal(send(w, second, &answer), CSIGN_OK);
    /* The first again, as after a lost answer: the same answer, and nothing twice. */
    assert_int_equal(send(w, first, &again), CSIGN_OK);
    assert_int_equal(receipt_ack_read(span_of(again.ack, again.ack_size), &ack, NULL), CSIGN_E_RECEIPT_MALFORMED);
    scratch = buffer_open(memory, sizeof memory);
    assert_int_equal(note_read(span_of(again.ack, again.ack_size), &scratch, &note, NULL), CSIGN_OK);
    assert_int_equal(receipt_ack_read(note.text, &ack, NULL), CSIGN_OK);
    assert_int_equal(ack.next, 3);
    assert_int_equal(world_number(w, "select count(*) from receipt"), 3);
    assert_int_equal(world_number(w, "select next_seq from producer"), 4);
    assert_int_equal(world_number(w, "select count(*) from receipt_signer"), 2);
    free(first);
    free(second);
}

static void test_overlap_takes_the_tail(void **state)
{
    struct world *w = *state;
    struct batch *first = batch_open(1, NULL), *both = batch_open(1, NULL);
    struct answer answer;
    put_permit(first, 1, 7);
    assert_int_equal(send(w, first, &answer), CSIGN_OK);
    put_permit(both, 1, 7);
    put_permit(both, 2, 7);
    assert_int_equal(send(w, both, &answer), CSIGN_OK);
    assert_int_equal(world_number(w, "select count(*) from receipt"), 2);
    assert_int_equal(world_number(w, "select next_seq from producer"), 3);
    free(first);
    free(both);
}

static void test_sign_of_life(void **state)
{
    struct world *w = *state;
    struct batch *empty = batch_open(1, NULL);
    struct answer answer;
    assert_int_equal(send(w, empty, &answer), CSIGN_OK);
    assert_int_equal(world_number(w, "select heard_ms from producer"), (int64_t)CLOCK_START);
    clock_set(CLOCK_START + 3600000);
    assert_int_equal(send(w, empty, &answer), CSIGN_OK);
    assert_int_equal(world_number(w, "select heard_ms from producer"), (int64_t)CLOCK_START + 3600000);
    free(empty);
}

static void test_gap_fail(void **state)
{
    struct world *w = *state;
    struct batch *first = batch_open(1, NULL);
    struct answer answer;
    put_permit(first, 1, 7);
    assert_int_equal(send(w, first, &answer), CSIGN_OK);
    struct batch *third = batch_open(3, first->head);
    put_permit(third, 3, 7);
    assert_refused(send(w, third, &answer), &answer.fault, CSIGN_E_SEQUENCE_GAP, "first", "a gap");
    assert_int_equal(answer.expected, 2);
    assert_int_equal(world_number(w, "select count(*) from receipt"), 1);
    free(first);
    free(third);
}

static void test_equivocation_is_kept_fail(void **state)
{
    struct world *w = *state;
    struct batch *first = batch_open(1, NULL), *other = batch_open(1, NULL);
    struct answer answer;
    put_permit(first, 1, 7);
    put_permit(first, 2, 7);
    assert_int_equal(send(w, first, &answer), CSIGN_OK);
    put_permit(other, 1, 7);
    put_permit(other, 9, 7);
    put_permit(other, 3, 7);
    assert_refused(send(w, other, &answer), &answer.fault, CSIGN_E_EQUIVOCATION, "line", "another line");
    assert_refused(send(w, other, &answer), &answer.fault, CSIGN_E_EQUIVOCATION, "line", "again");
    assert_int_equal(world_number(w, "select count(*) from receipt"), 2);
    assert_int_equal(world_number(w, "select count(*) from alert where kind = 'equivocation' and about = 'deployment-1 2' and authority = 'us-ks' "
                                     "and detail like '%%5d1c00000002%%' and detail like '%%5d1c00000009%%'"), 1);
    /* Another history before the number that is expected. */
    struct batch *strange = batch_open(3, other->head);
    put_permit(strange, 3, 7);
    assert_refused(send(w, strange, &answer), &answer.fault, CSIGN_E_EQUIVOCATION, "line", "another head");
    assert_int_equal(world_number(w, "select count(*) from alert where kind = 'equivocation'"), 1); /* about the same number */
    /* And the history that was held goes on. */
    struct batch *third = batch_open(3, first->head);
    put_permit(third, 3, 7);
    assert_int_equal(send(w, third, &answer), CSIGN_OK);
    free(first);
    free(other);
    free(strange);
    free(third);
}

static void test_batches_that_are_not_the_apps_fail(void **state)
{
    struct world *w = *state;
    struct batch *b = batch_open(1, NULL);
    struct signer other = signer_make("deployment-2", NOTE_ED25519), forged = w->officer;
    struct answer answer;
    put_permit(b, 1, 7);
    forged.vkey = w->app.vkey;
    assert_refused(send_note(w, batch_note(b, &other), &answer), &answer.fault, CSIGN_E_NOTE_UNSIGNED, "signature", "by another");
    assert_refused(send_note(w, batch_note(b, &forged), &answer), &answer.fault, CSIGN_E_NOTE_SIGNATURE_BAD, "signature", "forged");
    b->batch.deployment = SPAN("deployment-2");
    assert_refused(send(w, b, &answer), &answer.fault, CSIGN_E_RECEIPT_MALFORMED, "deployment", "another's batch");
    b->batch.deployment = SPAN(WORLD_DEPLOYMENT);
    world_sql(w, "update app set ended_ms = 1");
    assert_refused(send(w, b, &answer), &answer.fault, CSIGN_E_UNAUTHENTICATED, "deployment", "an ended app");
    world_sql(w, "update app set ended_ms = null");
    w->registry.receipts_key.key = NULL;
    assert_refused(send(w, b, &answer), &answer.fault, CSIGN_E_UNAVAILABLE, "", "no key to answer with");
    assert_int_equal(world_number(w, "select count(*) from receipt"), 0);
    free(b);
}

static void test_line_out_of_place_fail(void **state)
{
    struct world *w = *state;
    struct batch *b = batch_open(1, NULL);
    struct answer answer;
    b->next = 2;
    put_permit(b, 1, 7);
    assert_refused(send(w, b, &answer), &answer.fault, CSIGN_E_RECEIPT_MALFORMED, "seq", "number 2 in place 1");
    free(b);
}

static void test_receipt_outside_scope_is_an_alarm(void **state)
{
    struct world *w = *state;
    struct batch *b = batch_open(1, NULL);
    struct answer answer;
    put_permit(b, 1, 7);
    put_permit_in(b, 2, 7, "prescription");
    put_permit_in(b, 3, 7, "prescription");
    assert_int_equal(send(w, b, &answer), CSIGN_OK);
    assert_int_equal(world_number(w, "select count(*) from receipt"), 3);
    assert_int_equal(world_number(w, "select count(*) from alert"), 1);
    struct session *session = store_reader(w->registry.store);
    struct alert alert;
    struct alert_list list = alert_list_open(session, SPAN("us-ks"), 0, 10);
    assert_true(alert_list_next(&list, &alert));
    assert_true(span_equal(alert.kind, SPAN("outside-scope")));
    assert_true(span_equal(alert.about, SPAN("deployment-1 prescription outpatient US-KS")));
    assert_false(alert_list_next(&list, &alert));
    assert_int_equal(alert_list_close(&list), CSIGN_OK);
    list = alert_list_open(session, SPAN("us-tx"), 0, 10); /* another authority's */
    assert_false(alert_list_next(&list, &alert));
    assert_int_equal(alert_list_close(&list), CSIGN_OK);
    store_reader_end(w->registry.store, session);
    free(b);
}

static void test_silence_is_an_alarm(void **state)
{
    struct world *w = *state;
    struct batch *b = batch_open(1, NULL);
    struct answer answer;
    struct receipts_watch watch;
    assert_int_equal(send(w, b, &answer), CSIGN_OK);
    receipts_watch_init(&watch);
    clock_set(CLOCK_START + RECEIPTS_SILENCE_MS - 1);
    assert_int_equal(store_perform(w->registry.store, &watch.operation), CSIGN_OK);
    assert_int_equal(watch.silent, 0);
    clock_set(CLOCK_START + RECEIPTS_SILENCE_MS);
    for (int i = 0; i < 2; i++) { /* once for one silence */
        assert_int_equal(store_perform(w->registry.store, &watch.operation), CSIGN_OK);
        assert_int_equal(watch.silent, 1);
    }
    assert_int_equal(world_number(w, "select count(*) from alert where kind = 'silence'"), 1);
    assert_int_equal(send(w, b, &answer), CSIGN_OK);
    assert_int_equal(store_perform(w->registry.store, &watch.operation), CSIGN_OK);
    assert_int_equal(watch.silent, 0);
    clock_set(CLOCK_START + 3 * RECEIPTS_SILENCE_MS);
    assert_int_equal(store_perform(w->registry.store, &watch.operation), CSIGN_OK);
    assert_int_equal(world_number(w, "select count(*) from alert where kind = 'silence'"), 2);
    free(b);
}

/* --- look-back --- */

struct found {
    size_t count;
    uint64_t seqs[16];
    uint8_t outcomes[16];
    bool more;
    char place[LOOKBACK_PLACE_MAX];
};

static csign_code look_back(struct world *w, const struct lookback_ask *ask, struct found *ret, csign_fault *fault)
{
    static struct lookback lookback;
    struct lookback_release release;
    struct session *session = store_reader(w->registry.store);
    *ret = (struct found){0};
    csign_code code = lookback_open(&lookback, session, ask, fault);
    if (code == CSIGN_OK) {
        while (lookback_next(&lookback, &release)) {
            assert_true(span_equal(release.act, SPAN("imaging_report")));
            assert_true(span_equal(release.deployment, SPAN(WORLD_DEPLOYMENT)));
            ret->outcomes[ret->count] = release.outcome;
            ret->seqs[ret->count++] = release.seq;
        }
        code = lookback_close(&lookback);
        ret->more = lookback.more;
        memcpy(ret->place, lookback.place, sizeof ret->place);
    }
    store_reader_end(w->registry.store, session);
    return code;
}

/* DOMAIN 8, scenarios 10 to 12: what rests on her is listed, from the time on that the order names; of a rescinded licence all. */
static void test_what_rests_on_a_licence_is_listed(void **state)
{
    struct world *w = *state;
    struct signer hers[2] = {world_holder(1), world_holder(2)}, his = world_holder(3);
    struct batch *b = batch_open(1, NULL);
    struct answer answer;
    struct found found;
    csign_fault fault = {0};
    uint64_t index[3];
    world_enrol(w, 1);
    world_enrol(w, 2);
    assert_int_equal(world_bind(w, 1, 1, &hers[0], &index[0]), CSIGN_OK);
    assert_int_equal(world_bind(w, 1, 2, &hers[1], &index[1]), CSIGN_OK);
    assert_int_equal(world_bind(w, 2, 3, &his, &index[2]), CSIGN_OK);
    put_permit(b, 1, index[0]);
    put_permit(b, 2, index[2]);
    put_outcome(b, 1, OUTCOME_UNKNOWN);
    put_outcome(b, 1, OUTCOME_RELEASED); /* the newest word counts */
    clock_set(CLOCK_START + 60000);
    put_permit(b, 3, index[1]);
    put_permit(b, 4, index[0]);
    put_outcome(b, 4, OUTCOME_FAILED);
    assert_int_equal(send(w, b, &answer), CSIGN_OK);
    assert_int_equal(world_order(w, 1, END_REVOKED, REASON_RESCINDED), CSIGN_OK);

    struct lookback_ask ask = {.authority = SPAN("us-ks"), .licence = span_text(world_id('l', 1)), .limit = 10};
    assert_int_equal(look_back(w, &ask, &found, &fault), CSIGN_OK);
    assert_int_equal(found.count, 3);
    assert_int_equal(found.seqs[0], 1);
    assert_int_equal(found.outcomes[0], OUTCOME_RELEASED);
    assert_int_equal(found.seqs[1], 6);
    assert_int_equal(found.outcomes[1], OUTCOME_FAILED);
    assert_int_equal(found.seqs[2], 5);
    assert_int_equal(found.outcomes[2], 0);
    assert_false(found.more);

    ask.since_s = CLOCK_START / 1000 + 60;
    assert_int_equal(look_back(w, &ask, &found, &fault), CSIGN_OK);
    assert_int_equal(found.count, 2);

    /* By the person, in pages of one. */
    ask = (struct lookback_ask){.authority = SPAN("us-ks"), .practitioner = span_text(world_id('p', 1)), .limit = 1};
    char place[LOOKBACK_PLACE_MAX];
    uint64_t seqs[3] = {0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(look_back(w, &ask, &found, &fault), CSIGN_OK);
        assert_int_equal(found.count, 1);
        assert_int_equal(found.more, i < 2);
        seqs[i] = found.seqs[0];
        memcpy(place, found.place, sizeof place);
        ask.after = span_text(place);
    }
    assert_int_equal(seqs[0], 1);
    assert_int_equal(seqs[1], 6);
    assert_int_equal(seqs[2], 5);

    world_sql(w, "insert or ignore into authority_jurisdiction values ('cn-11', 'CN-11')");
    const struct {
        struct lookback_ask ask;
        csign_code code;
        const char *field;
    } cases[] = {
        {{.authority = SPAN("cn-11"), .licence = span_text(world_id('l', 1)), .limit = 10}, CSIGN_E_NOT_FOUND, "licence"},
        {{.authority = SPAN("us-ks"), .licence = span_text(world_id('l', 9)), .limit = 10}, CSIGN_E_NOT_FOUND, "licence"},
        {{.authority = SPAN("us-ks"), .practitioner = span_text(world_id('p', 9)), .limit = 10}, CSIGN_E_NOT_FOUND, "practitioner"},
        {{.authority = SPAN("us-ks"), .limit = 10}, CSIGN_E_FIELD_INVALID, "licence"},
        {{.authority = SPAN("us-ks"), .licence = span_text(world_id('l', 1))}, CSIGN_E_FIELD_INVALID, "limit"},
        {{.authority = SPAN("us-ks"), .licence = span_text(world_id('l', 1)), .limit = 501}, CSIGN_E_FIELD_INVALID, "limit"},
        {{.authority = SPAN("us-ks"), .licence = span_text(world_id('l', 1)), .limit = 1, .after = SPAN("1.x")}, CSIGN_E_FIELD_INVALID,
         "after"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(look_back(w, &cases[i].ask, &found, &fault), &fault, cases[i].code, cases[i].field, "look-back");
    free(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_batches_are_chained_and_acknowledged),
        TEST(test_overlap_takes_the_tail),
        TEST(test_sign_of_life),
        TEST(test_gap_fail),
        TEST(test_equivocation_is_kept_fail),
        TEST(test_batches_that_are_not_the_apps_fail),
        TEST(test_line_out_of_place_fail),
        TEST(test_receipt_outside_scope_is_an_alarm),
        TEST(test_silence_is_an_alarm),
        TEST(test_what_rests_on_a_licence_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
