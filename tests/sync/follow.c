/* A gate that follows: from the hash of a root to a permit, an ending that bites, and what it does when the registry lies or is gone. */
#include "following.h"

#include <sys/stat.h>
#include <time.h>

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

static bool has_a_stream(struct following *g)
{
    return g->served.streams >= 1;
}

static void from_a_hash_to_a_permit(void **state)
{
    (void)state;
    csign_sync_info info;
    struct stat status;
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    assert_int_equal(f.decision.code, CSIGN_OK);
    assert_int_equal(f.decision.not_after, f.decision.decided_at + 10);
    assert_int_equal(f.decision.signer_count, 1);
    csign_sync_describe(f.sync, &info);
    assert_int_equal(info.marks.log_size, 3);
    assert_int_equal(info.marks.root_version, 1);
    assert_true(info.evidence_age >= 0 && info.evidence_age < 5);
    assert_string_equal(info.problem, "");
    assert_int_equal(stat(f.file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void an_ending_bites_over_the_stream(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    served_suspend(&f.served);
    assert_true(following_until(&f, 100, CSIGN_E_SUSPENDED));
}

static bool has_two_streams(struct following *g)
{
    return g->served.streams >= 2;
}

static void what_happened_while_it_was_away_is_caught_up(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    following_await(&f, has_a_stream);
    served_cut(&f.served);
    for (size_t i = 0; i < 300; i++) { /* more than a tile */
        const struct leaf leaf = {.type = LEAF_CUT, .cut = {.kind = CUT_ALL, .cut_ms = i + 1}};
        served_commit(&f.served, &leaf, 1);
    }
    served_suspend(&f.served);
    served_restore(&f.served);
    assert_true(following_until(&f, 100, CSIGN_E_SUSPENDED));
    following_await(&f, has_two_streams);
    assert_int_equal(f.served.fresh_asked, 1);
}

static void a_stream_from_no_boundary_leads_to_tiles(void **state)
{
    (void)state;
    SERVED_SET(&f, stream_status, 400);
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    served_suspend(&f.served);
    assert_true(following_until(&f, 100, CSIGN_E_SUSPENDED));
    SERVED_SET(&f, stream_status, 410);
    following_await(&f, has_two_streams);
}

static void two_histories_end_everything_and_stay(void **state)
{
    (void)state;
    csign_sync_info info;
    following_start(&f);
    following_sign(&f, "a report");
    following_await(&f, has_a_stream);
    served_equivocate(&f.served);
    assert_true(following_until(&f, 100, CSIGN_E_LOG_INCONSISTENT));
    csign_sync_describe(f.sync, &info);
    assert_non_null(strstr(info.problem, "equivocation"));
    assert_int_equal(info.marks.is_distrusted, 1);
    following_close(&f);
    assert_int_equal(following_open(&f), CSIGN_OK);
    (void)following_release(&f, 9000);
    assert_int_equal(f.decision.code, CSIGN_E_LOG_INCONSISTENT);
}

static void another_root_than_the_pinned_one_is_never_taken(void **state)
{
    (void)state;
    csign_sync_info info;
    f.root_hash[0] ^= 1;
    assert_int_equal(following_open(&f), CSIGN_OK);
    assert_int_equal(csign_sync_wait(f.sync, 200), CSIGN_E_UNAVAILABLE);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_CANNOT_DECIDE);
    assert_int_equal(f.decision.code, CSIGN_E_ROOT_MISSING);
    csign_sync_describe(f.sync, &info);
    assert_int_equal(info.evidence_age, -1);
}

/* --- restarts --- */

static void a_restart_forgets_nothing(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    following_close(&f);
    f.options.root_hash = NULL; /* the file holds the root */
    following_start(&f);
    assert_int_equal(following_release(&f, 2), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_REPLAY);
    assert_int_equal(f.served.fresh_asked, 2); /* each start asks for its own */
}

static void without_the_registry_a_start_waits_for_a_fresh_note(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    following_close(&f);
    served_cut(&f.served);
    assert_int_equal(following_open(&f), CSIGN_OK);
    assert_int_equal(following_release(&f, 1), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_STATUS_STALE);
    assert_string_equal(f.decision.field, "nonce");
    assert_int_equal(csign_sync_wait(f.sync, 50), CSIGN_E_UNAVAILABLE);
    served_restore(&f.served);
    assert_true(following_until(&f, 100, CSIGN_OK)); /* and recovers by itself */
}

static void declared_offline_it_decides_with_what_it_has(void **state)
{
    (void)state;
    csign_sync_info info;
    following_start(&f);
    following_sign(&f, "a report");
    following_close(&f);
    const uint64_t streams = f.served.streams;
    f.options.offline = 1;
    f.options.base_url = NULL;
    assert_int_equal(following_open(&f), CSIGN_OK);
    assert_int_equal(csign_sync_wait(f.sync, 0), CSIGN_OK);
    assert_int_equal(following_release(&f, 1), CSIGN_ALLOW);
    csign_sync_describe(f.sync, &info);
    assert_int_equal(info.is_connected, 0);
    clock_shim_set(REGISTRY_NOW + 120); /* the rule allows 60 s */
    following_sign(&f, "another report");
    assert_int_equal(following_release(&f, 2), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_STATUS_STALE);
    assert_int_equal(f.served.streams, streams);
}

/* --- clocks --- */

static void a_clock_behind_the_evidence_refuses(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    SERVED_SET(&f, fresh_age, -3600); /* as if the registry's clock stayed where it is */
    clock_shim_set(REGISTRY_NOW - 3600);
    assert_int_equal(following_release(&f, 1), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_CLOCK);
    clock_shim_set(REGISTRY_NOW - 3); /* within the skew: now is the evidence's time and what has passed since */
    assert_int_equal(following_release(&f, 2), CSIGN_ALLOW);
    assert_true(f.decision.decided_at >= REGISTRY_NOW);
}

static void a_clock_ahead_makes_the_evidence_old(void **state)
{
    (void)state;
    following_start(&f);
    following_sign(&f, "a report");
    SERVED_SET(&f, fresh_age, 3600);
    clock_shim_set(REGISTRY_NOW + 3600);
    assert_int_equal(following_release(&f, 1), CSIGN_REFUSE);
    assert_int_equal(f.decision.code, CSIGN_E_STATUS_STALE);
}

static bool has_younger_evidence(struct following *g)
{
    csign_sync_info info;
    csign_sync_describe(g->sync, &info);
    return info.marks.evidence_time >= REGISTRY_NOW + 20;
}

static bool has_told_the_heartbeat(struct following *g)
{
    return g->served.told == g->served.heartbeats;
}

/* It is passed over, and the stream goes on. */
static void an_old_heartbeat_makes_nothing_younger(void **state)
{
    (void)state;
    csign_sync_info info;
    following_start(&f);
    following_await(&f, has_a_stream);
    SERVED_SET(&f, fresh_age, 100);
    served_heartbeat(&f.served);
    following_await(&f, has_told_the_heartbeat);
    csign_sync_describe(f.sync, &info);
    assert_true(info.marks.evidence_time >= REGISTRY_NOW && info.marks.evidence_time < REGISTRY_NOW + 20);
    const struct leaf leaf = {.type = LEAF_CUT, .cut = {.kind = CUT_ALL, .cut_ms = 1}};
    SERVED_SET(&f, fresh_age, 0);
    clock_shim_set(REGISTRY_NOW + 20);
    served_commit(&f.served, &leaf, 1);
    following_await(&f, has_younger_evidence);
    assert_int_equal(f.served.checkpoints_asked, 1); /* it came by the stream, not by catching up anew */
}

/* --- files and options --- */

static void a_file_is_one_process_and_one_deployments(void **state)
{
    (void)state;
    csign_sync *other = NULL;
    csign_fault fault;
    following_start(&f);
    assert_int_equal(csign_sync_open(&f.options, &other, &fault), CSIGN_E_CONFLICT);
    assert_string_equal(fault.field, "file");
    following_close(&f);
    f.options.deployment = SPAN("deployment-2");
    assert_int_equal(csign_sync_open(&f.options, &other, &fault), CSIGN_E_ARGUMENT);
    assert_string_equal(fault.field, "deployment");
    f.options.deployment = SPAN(REGISTRY_DEPLOYMENT);
    f.root_hash[3] ^= 1;
    assert_int_equal(csign_sync_open(&f.options, &other, &fault), CSIGN_E_ROOT_HASH);
    assert_int_equal(chmod(f.file, 0644), 0);
    assert_int_equal(csign_sync_open(&f.options, &other, &fault), CSIGN_E_UNAVAILABLE);
    assert_null(other);
}

static void an_address_is_https_or_loopback(void **state)
{
    (void)state;
    static const char *const bad[] = {"http://example.com", "http://127.0.0.1.example.com", "http://127.0.0.1@example.com",
                                      "ftp://127.0.0.1", "https://", "http://localhost.example.com", "https://a b", "https://a?b",
                                      "https://user@example.com"};
    csign_sync *other = NULL;
    csign_fault fault;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        f.options.base_url = bad[i];
        assert_int_equal(csign_sync_open(&f.options, &other, &fault), CSIGN_E_ARGUMENT);
        assert_string_equal(fault.field, "base_url");
    }
    f.options.base_url = f.url;
    f.options.accept_test = 0;
    assert_int_equal(csign_sync_open(&f.options, &other, &fault), CSIGN_E_ARGUMENT);
    assert_string_equal(fault.field, "base_url");
}

static void closing_takes_no_time(void **state)
{
    (void)state;
    struct timespec before, after;
    following_start(&f);
    following_await(&f, has_a_stream);
    clock_gettime(CLOCK_MONOTONIC, &before);
    following_close(&f);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(from_a_hash_to_a_permit),
        TEST(an_ending_bites_over_the_stream),
        TEST(what_happened_while_it_was_away_is_caught_up),
        TEST(a_stream_from_no_boundary_leads_to_tiles),
        TEST(two_histories_end_everything_and_stay),
        TEST(another_root_than_the_pinned_one_is_never_taken),
        TEST(a_restart_forgets_nothing),
        TEST(without_the_registry_a_start_waits_for_a_fresh_note),
        TEST(declared_offline_it_decides_with_what_it_has),
        TEST(a_clock_behind_the_evidence_refuses),
        TEST(a_clock_ahead_makes_the_evidence_old),
        TEST(an_old_heartbeat_makes_nothing_younger),
        TEST(a_file_is_one_process_and_one_deployments),
        TEST(an_address_is_https_or_loopback),
        TEST(closing_takes_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
