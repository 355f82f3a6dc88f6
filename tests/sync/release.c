/* csign_release(): what it consumes, records and refuses, what becomes of permits, and how receipts get to the registry. */
#include "following.h"
#include "base64.h"
#include "hash.h"
#include "release_record.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static struct following f;

static int begin(void **state)
{
    (void)state;
    following_begin(&f);
    return 0;
}

static int end(void **state)
{
    (void)state;
    following_end(&f);
    return 0;
}

static csign_sync_info describe(void)
{
    csign_sync_info info = {.struct_size = sizeof info};
    csign_sync_describe(f.sync, &info);
    return info;
}

/* --- consuming --- */

static void a_sign_off_is_used_once(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    assert_int_equal(following_release(&f, 2), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_REPLAY);
    assert_int_equal(f.decision.verdict, CSIGN_REFUSE);
    assert_int_equal(f.decision.not_after, 0);
}

static void asked_again_it_is_the_same_permit(void **state)
{
    (void)state;
    f.options.app_seed = NULL; /* receipts stay where they can be counted */
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    const int64_t not_after = f.decision.not_after;
    clock_shim_set(REGISTRY_NOW + 5);
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    assert_int_equal(f.decision.not_after, not_after);
    assert_int_equal(describe().permits_waiting, 1);
    clock_shim_set(REGISTRY_NOW + 20); /* behind it there is another permit, with a receipt of its own */
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    assert_true(f.decision.not_after > not_after);
    assert_int_equal(describe().permits_waiting, 2);
}

static void a_release_id_stands_for_one_input(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    following_sign(&f, "another report");
    assert_int_equal(following_release(&f, 1), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_REPLAY);
    assert_int_equal(following_release(&f, 2), CSIGN_ALLOW); /* what was refused has consumed nothing */
}

static void the_time_of_receipt_is_ours(void **state)
{
    (void)state;
    int64_t first = 0, second = 0;
    following_start(&f);
    following_sign(&f, "a report");
    const span sign_off = f.served.registry.release.slots[0].sign_off;
    assert_int_equal(csign_receive(f.sync, sign_off, &first), CSIGN_OK);
    assert_true(first >= REGISTRY_NOW && first < REGISTRY_NOW + 5);
    clock_shim_set(REGISTRY_NOW + 30);
    assert_int_equal(csign_receive(f.sync, sign_off, &second), CSIGN_OK);
    assert_int_equal(first, second);
    f.served.registry.release.slots[0].received_at = REGISTRY_NOW + 5000; /* what the caller says counts for nothing */
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    assert_int_equal(csign_receive(f.sync, span_of(NULL, 0), &second), CSIGN_E_ARGUMENT);
    assert_int_equal(csign_receive(f.sync, span_of(f.served.leaves, CSIGN_SIGN_OFF_MAX + 1), &second), CSIGN_E_TOO_LARGE);
}

static void a_sign_off_seen_long_ago_stays_so_across_a_restart(void **state)
{
    (void)state;
    int64_t at = 0;
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(csign_receive(f.sync, f.served.registry.release.slots[0].sign_off, &at), CSIGN_OK);
    following_close(&f);
    clock_shim_set(REGISTRY_NOW + 590); /* the rule allows 600 s from receipt to release, the request 60 s less */
    following_start(&f);
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    following_sign(&f, "another report");
    assert_int_equal(csign_receive(f.sync, f.served.registry.release.slots[0].sign_off, &at), CSIGN_OK);
    clock_shim_set(at + 601);
    assert_true(following_until(&f, 100, CSIGN_E_STATUS_STALE)); /* until the next heartbeat */
    served_heartbeat(&f.served);
    assert_true(following_until(&f, 6000, CSIGN_E_SIGNOFF_TOO_OLD));
}

static bool receipts_have_arrived(struct following *following)
{
    (void)following;
    return describe().receipts_waiting == 0;
}

/* What was consumed is forgotten after weeks: by the time that evidence shows, not by a clock that was once wrong. */
static void a_clock_far_ahead_makes_no_sign_off_unused(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    following_close(&f);
    clock_shim_set(REGISTRY_NOW + INT64_C(40) * 86400); /* the gate's: the registry's is right */
    SERVED_SET(&f, fresh_age, INT64_C(40) * 86400);
    assert_int_equal(following_open(&f), CSIGN_OK);
    following_await(&f, receipts_have_arrived); /* sent behind the tidying up */
    following_close(&f);
    clock_shim_set(REGISTRY_NOW + 5);
    SERVED_SET(&f, fresh_age, 0);
    following_start(&f);
    assert_int_not_equal(following_release(&f, 2), CSIGN_ALLOW);
    assert_int_equal(f.decision.code, CSIGN_E_REPLAY);
}

/* --- rejecting --- */

static void assert_rejected_before(csign_verdict verdict)
{
    assert_int_equal(verdict, CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_REJECTED);
    assert_string_equal(f.decision.field, "request_id");
    assert_string_equal(f.decision.reason, "this request was rejected before");
    assert_int_equal(f.decision.not_after, 0);
}

static void what_was_rejected_is_not_released_by_a_later_acceptance(void **state)
{
    (void)state;
    following_start(&f);
    following_reject(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_REJECTED);
    assert_string_equal(f.decision.field, "disposition");
    following_sign(&f, "a report");
    assert_rejected_before(following_release(&f, 2));
    following_sign(&f, "another report for the same request");
    assert_rejected_before(following_release(&f, 3));
    assert_rejected_before(following_release(&f, 3)); /* the same answer */
}

static void a_rejection_is_final_across_a_restart_and_for_ever(void **state)
{
    (void)state;
    following_start(&f);
    following_reject(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_REFUSE);
    following_close(&f);
    following_start(&f); /* tidies the file up at once */
    following_await(&f, receipts_have_arrived);
    following_sign(&f, "a report");
    assert_rejected_before(following_release(&f, 2));
}

/* PROTOCOL 6: the same release asked again has the same answer, within its permit; behind it, it is decided again. */
static void a_permit_from_before_a_rejection_stays_one_to_its_end(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    const struct csign_release accepted = f.served.registry.release;
    const span entry = f.served.registry.entries[0];
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    const int64_t not_after = f.decision.not_after;
    following_reject(&f, "a report");
    assert_int_equal(following_release(&f, 2), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_REJECTED);
    f.served.registry.release = accepted;
    f.served.registry.entries[0] = entry;
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    assert_int_equal(f.decision.not_after, not_after);
    clock_shim_set(REGISTRY_NOW + 20);
    assert_rejected_before(following_release(&f, 1));
}

static void what_is_refused_before_its_disposition_is_read_rejects_nothing(void **state)
{
    (void)state;
    following_start(&f);
    following_reject(&f, "a report");
    f.served.registry.release.document = span_text("other bytes");
    assert_int_equal(following_release(&f, 1), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_DOCUMENT_CHANGED);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 2), CSIGN_ALLOW);
}

static void execute(const char *text)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f.file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_file_of_an_older_library_opens_and_remembers_from_now_on(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    following_close(&f);
    execute("drop table rejected; pragma user_version = 1");
    following_start(&f);
    assert_int_equal(following_release(&f, 2), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_REPLAY); /* what it held is there */
    following_reject(&f, "another report");
    assert_int_equal(following_release(&f, 3), CSIGN_REFUSE);
    following_sign(&f, "another report");
    assert_rejected_before(following_release(&f, 4));
}

static void a_file_of_a_newer_library_does_not_open(void **state)
{
    (void)state;
    following_start(&f);
    following_close(&f);
    execute("pragma user_version = 1000");
    assert_int_equal(following_open(&f), CSIGN_E_CONFLICT);
}

/* --- outcomes and records --- */

static void an_outcome_is_recorded_once(void **state)
{
    (void)state;
    char record[RELEASE_RECORD_MAX];
    uint8_t salt[32], scratch_memory[8192];
    size_t size = 0;
    struct release_record read;
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(csign_outcome(f.sync, release_id_of(1), 1), CSIGN_E_NOT_FOUND);
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    assert_int_equal(csign_release_record(f.sync, release_id_of(1), record, sizeof record, &size, salt), CSIGN_OK);
    assert_int_equal(release_record_read(span_of(record, size), &scratch, &read, NULL), CSIGN_OK);
    assert_true(span_equal(read.release_id, release_id_of(1)));
    assert_memory_equal(read.document.digest, f.decision.document_digest, CSIGN_HASH_SIZE);
    assert_int_equal(csign_release_record(f.sync, release_id_of(1), record, 10, &size, salt), CSIGN_E_NO_SPACE);
    assert_int_equal(csign_outcome(f.sync, release_id_of(1), 1), CSIGN_OK);
    assert_int_equal(csign_outcome(f.sync, release_id_of(1), 1), CSIGN_OK);
    assert_int_equal(csign_outcome(f.sync, release_id_of(1), 0), CSIGN_E_CONFLICT);
    assert_int_equal(csign_release_record(f.sync, release_id_of(1), record, sizeof record, &size, salt), CSIGN_E_NOT_FOUND);
}

static void released_too_late_is_said_and_recorded(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    clock_shim_set(REGISTRY_NOW + 60);
    assert_int_equal(csign_outcome(f.sync, release_id_of(1), 1), CSIGN_E_PERMIT_EXPIRED);
    assert_int_equal(csign_outcome(f.sync, release_id_of(1), 0), CSIGN_E_CONFLICT);
}

static bool has_unknown_outcome(struct following *g)
{
    return g->served.receipts.outcomes == 1 && strstr(g->served.receipts.last, "\"outcome\":\"unknown\"");
}

static void what_a_crash_leaves_is_unknown(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    following_close(&f);
    following_start(&f);
    following_await(&f, has_unknown_outcome);
    assert_int_equal(csign_outcome(f.sync, release_id_of(1), 1), CSIGN_OK); /* who knows better may say so */
    assert_int_equal(csign_outcome(f.sync, release_id_of(1), 0), CSIGN_E_CONFLICT);
}

/* --- receipts --- */

static bool all_arrived(struct following *g)
{
    return g->served.receipts.permits == 1 && g->served.receipts.outcomes == 1 && g->served.receipts.refusals >= 1;
}

static bool nothing_waits(struct following *g)
{
    (void)g;
    return describe().receipts_waiting == 0;
}

static void receipts_arrive_and_are_dropped(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    assert_int_equal(csign_outcome(f.sync, release_id_of(1), 1), CSIGN_OK);
    assert_int_equal(following_release(&f, 2), CSIGN_REFUSE);
    assert_int_equal(describe().permits_waiting, 1);
    following_await(&f, all_arrived);
    following_await(&f, nothing_waits);
    assert_int_equal(describe().permits_waiting, 0);
    assert_int_equal(describe().oldest_waiting, 0);
    assert_int_equal(f.served.tokens_given, 1);
    assert_string_equal(describe().problem, "");
}

static bool has_counted_all(struct following *g)
{
    return g->served.receipts.counted == 100;
}

static void refusals_are_counted_behind_the_first(void **state)
{
    (void)state;
    following_start(&f);
    clock_shim_set(REGISTRY_NOW - REGISTRY_NOW % 60 + 10); /* well inside a minute */
    f.served.registry.release = (struct csign_release){.struct_size = sizeof f.served.registry.release};
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(following_release(&f, i), CSIGN_REFUSE);
    assert_int_equal(describe().receipts_waiting + f.served.receipts.next - 1, 1);
    following_close(&f);
    clock_shim_set(REGISTRY_NOW + 120);
    following_start(&f);
    following_await(&f, has_counted_all);
    assert_int_equal(f.served.receipts.refusals, 2);
}

static bool was_asked_twice(struct following *g)
{
    return g->served.receipts_asked >= 2;
}

static void what_does_not_arrive_is_kept_and_sent_again(void **state)
{
    (void)state;
    SERVED_SET(&f, receipts_status, 503);
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    following_await(&f, was_asked_twice);
    assert_int_equal(describe().permits_waiting, 1);
    assert_non_null(strstr(describe().problem, "send receipts"));
    following_close(&f);
    SERVED_SET(&f, receipts_status, 0);
    SERVED_SET(&f, forgets_receipts, true); /* and the first answer is a gap at the number that we have */
    following_start(&f);
    following_await(&f, nothing_waits);
    assert_int_equal(f.served.receipts.permits, 1);
}

static bool has_a_problem(struct following *g)
{
    (void)g;
    return describe().problem[0] != 0;
}

static void a_registry_that_lost_receipts_is_an_alarm(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    following_await(&f, nothing_waits);
    SERVED_SET(&f, receipts.next, 1);
    receipt_head_start(SPAN(REGISTRY_DEPLOYMENT), f.served.receipts.head);
    following_sign(&f, "another report");
    assert_int_equal(following_release(&f, 2), CSIGN_ALLOW);
    following_await(&f, has_a_problem);
    assert_non_null(strstr(describe().problem, "sequence-gap"));
    assert_int_equal(describe().permits_waiting, 1);
}

static void an_acknowledgement_of_another_chain_drops_nothing(void **state)
{
    (void)state;
    SERVED_SET(&f, lies_in_ack, true);
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    following_await(&f, has_a_problem);
    assert_non_null(strstr(describe().problem, "equivocation"));
    assert_int_equal(describe().permits_waiting, 1);
}

/* --- the app's own rule --- */

static void an_overlay_restricts_what_policies_allow(void **state)
{
    (void)state;
    f.options.overlay = span_text("{\"settings\":[\"*\"],\"ai_authorship\":\"draft_with_approval\",\"factors\":{\"storage\":[\"browser\"]},"
                                  "\"signers\":[{\"professions\":[\"physician\"],\"meanings\":[\"approval\"]}],"
                                  "\"max_status_age_s\":60,\"signoff_to_release_s\":3600}");
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_FACTORS);
    following_close(&f);
    f.options.overlay = (span){NULL, 0};
    following_start(&f);
    assert_int_equal(following_release(&f, 2), CSIGN_ALLOW);
}

static void an_overlay_that_is_none_does_not_open(void **state)
{
    (void)state;
    f.options.overlay = span_text("{\"acts\":[\"*\"]}");
    assert_int_equal(following_open(&f), CSIGN_E_POLICY_MALFORMED);
}

/* --- limits --- */

static void a_backlog_ends_releases(void **state)
{
    (void)state;
    f.options.backlog_max = 2;
    f.options.app_seed = NULL;
    following_start(&f);
    for (unsigned i = 0; i < 2; i++) {
        char document[32];
        snprintf(document, sizeof document, "report %u", i);
        following_sign(&f, document);
        assert_int_equal(following_release(&f, i), CSIGN_ALLOW);
    }
    following_sign(&f, "one too many");
    assert_int_equal(following_release(&f, 9), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_AUDIT_BACKLOG);
    assert_int_equal(describe().permits_waiting, 2);
    assert_true(describe().oldest_waiting >= REGISTRY_NOW);
    following_close(&f);
    f.options.backlog_max = 100;
    f.options.backlog_age_max = 30;
    following_start(&f);
    assert_int_equal(following_release(&f, 10), CSIGN_ALLOW);
    clock_shim_set(REGISTRY_NOW + 40);
    following_sign(&f, "too late");
    assert_int_equal(following_release(&f, 11), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_AUDIT_BACKLOG);
}

static void a_full_file_ends_releases(void **state)
{
    (void)state;
    f.options.outbox_max = 1u << 20;
    f.options.app_seed = NULL;
    following_start(&f);
    csign_verdict verdict = CSIGN_ALLOW;
    for (unsigned i = 0; i < 2000 && verdict == CSIGN_ALLOW; i++) {
        char document[32];
        snprintf(document, sizeof document, "report %u", i);
        following_sign(&f, document);
        verdict = following_release(&f, i);
    }
    assert_int_equal(verdict, CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_OUTBOX_FULL);
}

/* --- many at once, and the end of the process at any time --- */

#define THREADS 4
#define EACH    25

struct worker {
    pthread_t thread;
    unsigned first;
    struct csign_release releases[EACH];
    unsigned allowed;
};

static void *release_all(void *context)
{
    struct worker *w = context;
    csign_desk *desk = NULL;
    csign_decision decision;
    if (csign_desk_open(f.sync, 4, &desk) != CSIGN_OK)
        return NULL;
    for (unsigned i = 0; i < EACH; i++)
        w->allowed += csign_release(desk, &w->releases[i], &decision) == CSIGN_ALLOW;
    csign_desk_close(&desk);
    return NULL;
}

/* Each thread has the same sign-offs under other release ids: each sign-off must be allowed once, whoever comes first. */
static void threads_share_commits_and_sign_offs_are_used_once(void **state)
{
    (void)state;
    static struct worker workers[THREADS];
    static char ids[THREADS * EACH][40];
    static span entries[EACH];
    unsigned allowed = 0;
    following_start(&f);
    memset(workers, 0, sizeof workers);
    for (unsigned i = 0; i < EACH; i++) {
        char *document = malloc(32);
        snprintf(document, 32, "report %u", i);
        following_sign(&f, document);
        entries[i] = f.served.registry.entries[0];
        for (unsigned t = 0; t < THREADS; t++) {
            const unsigned n = t * EACH + i;
            snprintf(ids[n], 40, "01aa5d7c-9b50-7c3a-8f00-%012x", n);
            workers[t].releases[i] = f.served.registry.release;
            workers[t].releases[i].release_id = span_text(ids[n]);
            workers[t].releases[i].slots[0].transaction_data = &entries[i];
        }
    }
    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&workers[t].thread, NULL, release_all, &workers[t]), 0);
    for (unsigned t = 0; t < THREADS; t++) {
        pthread_join(workers[t].thread, NULL);
        allowed += workers[t].allowed;
    }
    assert_int_equal(allowed, EACH);
    for (unsigned i = 0; i < EACH; i++)
        free(((union { const uint8_t *in; void *out; }){workers[0].releases[i].document.data}).out);
}

static void argument_errors_cannot_decide(void **state)
{
    (void)state;
    csign_desk *desk = NULL;
    following_start(&f);
    assert_int_equal(csign_release(f.desk, NULL, &f.decision), CSIGN_CANNOT_DECIDE);
    assert_int_equal(f.decision.code, CSIGN_E_ARGUMENT);
    assert_int_equal(csign_release(f.desk, &f.served.registry.release, NULL), CSIGN_CANNOT_DECIDE);
    f.served.registry.release = (struct csign_release){.struct_size = sizeof f.served.registry.release, .release_id = SPAN("no id")};
    assert_int_equal(csign_release(f.desk, &f.served.registry.release, &f.decision), CSIGN_CANNOT_DECIDE);
    assert_int_equal(describe().receipts_waiting, 0);
    assert_int_equal(csign_desk_open(f.sync, 0, &desk), CSIGN_E_ARGUMENT);
    csign_desk_close(NULL);
    csign_sync_close(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_sign_off_is_used_once),
        TEST(asked_again_it_is_the_same_permit),
        TEST(a_release_id_stands_for_one_input),
        TEST(the_time_of_receipt_is_ours),
        TEST(a_sign_off_seen_long_ago_stays_so_across_a_restart),
        TEST(a_clock_far_ahead_makes_no_sign_off_unused),
        TEST(what_was_rejected_is_not_released_by_a_later_acceptance),
        TEST(a_rejection_is_final_across_a_restart_and_for_ever),
        TEST(a_permit_from_before_a_rejection_stays_one_to_its_end),
        TEST(what_is_refused_before_its_disposition_is_read_rejects_nothing),
        TEST(a_file_of_an_older_library_opens_and_remembers_from_now_on),
        TEST(a_file_of_a_newer_library_does_not_open),
        TEST(an_outcome_is_recorded_once),
        TEST(released_too_late_is_said_and_recorded),
        TEST(what_a_crash_leaves_is_unknown),
        TEST(receipts_arrive_and_are_dropped),
        TEST(refusals_are_counted_behind_the_first),
        TEST(what_does_not_arrive_is_kept_and_sent_again),
        TEST(a_registry_that_lost_receipts_is_an_alarm),
        TEST(an_acknowledgement_of_another_chain_drops_nothing),
        TEST(an_overlay_restricts_what_policies_allow),
        TEST(an_overlay_that_is_none_does_not_open),
        TEST(a_backlog_ends_releases),
        TEST(a_full_file_ends_releases),
        TEST(threads_share_commits_and_sign_offs_are_used_once),
        TEST(argument_errors_cannot_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
