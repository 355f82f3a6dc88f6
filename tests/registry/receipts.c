/* Receipts: one chain a deployment; what is wrong with it is an alarm. */
#include "alerts.h"
#include "domain_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "../unit/inputs.h"
#include "batches.h"

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
    struct batch *empty = batch_open(1, NULL); /* no line says whose it is */
    empty->batch.deployment = SPAN("deployment-2");
    assert_refused(send(w, empty, &answer), &answer.fault, CSIGN_E_RECEIPT_MALFORMED, "deployment", "another's sign of life");
    free(empty);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
