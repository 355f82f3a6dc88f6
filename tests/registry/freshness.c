/* Evidence: when it grows younger, and when it must not. */
#include "log_world.h"
#include "sequencer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sched.h>
#include <stdatomic.h>

#define START_S ((int64_t)(CLOCK_START / 1000))

static void begin(struct world *w)
{
    const struct leaf root = world_root_leaf(w, 1);
    assert_int_equal(world_append(w, &root), CSIGN_OK);
}

static csign_code beat(struct world *w)
{
    struct beat beat;
    beat_init(&beat, w->log);
    return store_perform(w->store, &beat.operation);
}

static csign_code ask(struct world *w, struct log_fresh *fresh)
{
    log_fresh_init(fresh, w->log);
    memcpy(fresh->nonce, "nonce of a gate", sizeof fresh->nonce);
    return store_perform(w->store, &fresh->operation);
}

static uint64_t served_time(struct world *w)
{
    uint64_t time_s = 0;
    struct session *reader = store_reader(w->store);
    assert_int_equal(log_read_time(reader, &time_s), CSIGN_OK);
    store_reader_end(w->store, reader);
    return time_s;
}

static void test_heartbeat_moves_time(void **state)
{
    struct world *w = *state;
    begin(w);
    world_follow(w);
    clock_set(CLOCK_START + 9000);
    assert_int_equal(beat(w), CSIGN_OK);
    assert_int_equal(beat(w), CSIGN_OK); /* the same second: nothing new */
    assert_int_equal(world_count_told(w, LOG_HEARTBEAT), 1);
    assert_int_equal(served_time(w), START_S + 9);
    world_follow(w);
    assert_int_equal(world_gate(w).marks.evidence_time, START_S + 9);
    assert_int_equal(world_gate(w).marks.log_size, 1);
}

static void test_clock_behind_dates_nothing(void **state)
{
    struct world *w = *state;
    struct log_fresh fresh;
    begin(w);
    clock_set(CLOCK_START - 60000);
    assert_int_equal(beat(w), CSIGN_OK);
    assert_int_equal(ask(w, &fresh), CSIGN_E_UNAVAILABLE);
    assert_int_equal(fresh.note_size, 0);
    assert_int_equal(world_count_told(w, LOG_HEARTBEAT), 0);
    assert_int_equal(world_bind(w, 1), CSIGN_OK); /* leaves go in, under the time that was */
    world_follow(w);
    assert_int_equal(world_gate(w).marks.evidence_time, START_S);

    world_close(w); /* nor does a restart forget the time */
    csign_fault fault = {0};
    assert_int_equal(world_open(w, &fault), CSIGN_OK);
    assert_int_equal(beat(w), CSIGN_OK);
    assert_int_equal(served_time(w), START_S);
    clock_set(CLOCK_START + 1000);
    assert_int_equal(beat(w), CSIGN_OK);
    assert_int_equal(served_time(w), START_S + 1);
}

static void test_gate_takes_fresh_note(void **state)
{
    struct world *w = *state;
    struct log_fresh fresh;
    csign_gate *next = NULL;
    csign_fault fault = {0};
    begin(w);
    assert_int_equal(world_bind(w, 2), CSIGN_OK);
    world_follow(w);
    clock_set(CLOCK_START + 3999);
    assert_int_equal(ask(w, &fresh), CSIGN_OK);
    assert_int_equal(served_time(w), START_S + 3); /* durable before it was said */
    assert_int_equal(csign_gate_apply_fresh(w->gate, span_of(fresh.note, fresh.note_size), &next, &fault), CSIGN_OK);
    csign_gate_free(&w->gate);
    w->gate = next;
    assert_int_equal(world_gate(w).marks.evidence_time, START_S + 3);
    world_follow(w);

    assert_int_equal(ask(w, &fresh), CSIGN_OK); /* in the same second the time needs not move */
    assert_int_equal(csign_gate_apply_fresh(w->gate, span_of(fresh.note, fresh.note_size), &next, &fault), CSIGN_OK);
    csign_gate_free(&next);
    assert_int_equal(world_count_told(w, LOG_HEARTBEAT), 0);

    memcpy(fresh.nonce, "another's nonce.", sizeof fresh.nonce);
    assert_int_equal(store_perform(w->store, &fresh.operation), CSIGN_OK);
    assert_int_equal(csign_gate_apply_fresh(w->gate, span_of(fresh.note, fresh.note_size), &next, &fault), CSIGN_E_ARGUMENT);
}

/* --- several in one transaction --- */

struct gathered {
    struct log_fresh fresh;
    _Atomic int *left;
    csign_code code;
};

static void gathered_done(struct operation *operation, csign_code code)
{
    struct gathered *gathered = (struct gathered *)operation;
    gathered->code = code;
    atomic_fetch_sub(gathered->left, 1);
}

struct gathering {
    struct gathered all[20];
    _Atomic int left;
};

/* Runs on the writer's thread: what it submits waits for the next transaction. */
static csign_code submit_all(struct world *w, struct session *session, void *what)
{
    struct gathering *gathering = what;
    (void)session;
    gathering->left = 20;
    for (int i = 0; i < 20; i++) {
        struct gathered *one = &gathering->all[i];
        log_fresh_init(&one->fresh, w->log);
        memset(one->fresh.nonce, i, sizeof one->fresh.nonce);
        one->fresh.operation.done = gathered_done;
        one->left = &gathering->left;
        assert_int_equal(store_submit(w->store, &one->fresh.operation), CSIGN_OK);
    }
    return CSIGN_OK;
}

static void test_fresh_notes_share_a_renewal(void **state)
{
    struct world *w = *state;
    static struct gathering gathering;
    struct store_counters before, after;
    begin(w);
    world_forget_told(w);
    clock_set(CLOCK_START + 5000);
    store_count(w->store, &before);
    assert_int_equal(store_start(w->store), CSIGN_OK);
    assert_int_equal(world_do(w, submit_all, &gathering), CSIGN_OK);
    while (gathering.left > 0)
        sched_yield();
    store_count(w->store, &after);
    assert_int_equal(after.transactions - before.transactions, 2);
    store_close(&w->store);
    assert_int_equal(world_count_told(w, LOG_HEARTBEAT), 1);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(gathering.all[i].code, CSIGN_OK);
        assert_true(gathering.all[i].fresh.note_size > 0);
    }
}

/* --- a deed that waits --- */

static bool is_overdue(void *context, struct session *session, uint64_t now_ms)
{
    struct query q = query_open(session, SQL_LOG_HEAD, NULL, 0); /* it may ask the data */
    assert_true(query_row(&q));
    assert_int_equal(query_close(&q), CSIGN_OK);
    return now_ms >= *(const uint64_t *)context;
}

static void test_overdue_deed_stops_evidence(void **state)
{
    struct world *w = *state;
    struct log_fresh fresh;
    uint64_t overdue_ms = CLOCK_START + 4000;
    begin(w);
    world_follow(w);
    w->log->overdue = is_overdue; /* as log_heartbeat_start() does */
    w->log->overdue_context = &overdue_ms;
    clock_set(CLOCK_START + 3000);
    assert_int_equal(beat(w), CSIGN_OK);
    assert_int_equal(served_time(w), START_S + 3);
    clock_set(CLOCK_START + 4000);
    assert_int_equal(beat(w), CSIGN_OK);
    assert_int_equal(ask(w, &fresh), CSIGN_E_UNAVAILABLE);
    assert_int_equal(world_bind(w, 1), CSIGN_OK);
    assert_int_equal(served_time(w), START_S + 3);
    world_follow(w);
    assert_int_equal(world_gate(w).marks.evidence_time, START_S + 3);
    assert_int_equal(world_gate(w).bindings, 1);
    overdue_ms = UINT64_MAX;
    assert_int_equal(ask(w, &fresh), CSIGN_OK);
    assert_int_equal(served_time(w), START_S + 4);
}

/* --- the thread --- */

static void test_heart_beats_by_itself(void **state)
{
    struct world *w = *state;
    uint64_t never = UINT64_MAX;
    begin(w);
    clock_set(CLOCK_START + 7000);
    assert_int_equal(store_start(w->store), CSIGN_OK);
    for (int i = 0; i < 2; i++) { /* it may be stopped and started */
        assert_int_equal(log_heartbeat_start(w->log, is_overdue, &never), CSIGN_OK);
        while (served_time(w) != (uint64_t)START_S + 7 + (uint64_t)i)
            sched_yield();
        log_heartbeat_stop(w->log);
        clock_set(CLOCK_START + 8000);
    }
    store_close(&w->store);
    world_follow(w);
    assert_int_equal(world_gate(w).marks.evidence_time, START_S + 8);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, world_make, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_heartbeat_moves_time),        CASE(test_clock_behind_dates_nothing),
        CASE(test_gate_takes_fresh_note),       CASE(test_fresh_notes_share_a_renewal),
        CASE(test_overdue_deed_stops_evidence), CASE(test_heart_beats_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
