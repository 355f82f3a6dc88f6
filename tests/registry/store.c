/* The writer: what is committed together, what is not, and what happens when the disk or a neighbour fails. */
#include "inserts.h"
#include "session.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <sys/stat.h>

/* --- the writer held fast, so that others gather behind it --- */

struct hold {
    struct operation operation;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_held, is_released;
};

static csign_code run_hold(struct operation *operation, struct session *session)
{
    struct hold *hold = (struct hold *)operation;
    (void)session;
    pthread_mutex_lock(&hold->lock);
    hold->is_held = true;
    pthread_cond_broadcast(&hold->changed);
    while (!hold->is_released)
        pthread_cond_wait(&hold->changed, &hold->lock);
    pthread_mutex_unlock(&hold->lock);
    return CSIGN_OK;
}

static void hold_done(struct operation *operation, csign_code code)
{
    (void)operation;
    assert_int_equal(code, CSIGN_OK);
}

/* Returns when the writer is inside. */
static void hold_writer_in(struct store *store, struct hold *hold, csign_code (*run)(struct operation *operation, struct session *session))
{
    *hold = (struct hold){.operation = {.run = run, .done = hold_done}};
    pthread_mutex_init(&hold->lock, NULL);
    pthread_cond_init(&hold->changed, NULL);
    assert_int_equal(store_submit(store, &hold->operation), CSIGN_OK);
    pthread_mutex_lock(&hold->lock);
    while (!hold->is_held)
        pthread_cond_wait(&hold->changed, &hold->lock);
    pthread_mutex_unlock(&hold->lock);
}

static void hold_writer(struct store *store, struct hold *hold)
{
    hold_writer_in(store, hold, run_hold);
}

static void release_writer(struct hold *hold)
{
    pthread_mutex_lock(&hold->lock);
    hold->is_released = true;
    pthread_cond_broadcast(&hold->changed);
    pthread_mutex_unlock(&hold->lock);
}

static uint64_t transactions(struct store *store)
{
    struct store_counters counters;
    store_count(store, &counters);
    return counters.transactions;
}

/* --- what is committed, and what is not --- */

static void test_operation_is_there_after_reopening(void **state)
{
    struct store *store = open_store(state);
    assert_int_equal(insert_one(store, 0), CSIGN_OK);
    assert_int_equal(store_start(store), CSIGN_OK);
    assert_int_equal(insert_one(store, 1), CSIGN_OK);
    assert_int_equal(insert_one(store, 1), CSIGN_E_CONFLICT);
    store_close(&store);
    assert_null(store);
    store = open_store(state);
    assert_int_equal(count_entries(store), 2);
    store_close(&store);
}

static void test_failure_is_its_own(void **state)
{
    struct store *store = open_store(state);
    struct insert inserts[] = {insert_of(0), insert_of(1), insert_of(0), insert_of(2)};
    struct hold hold;
    inserts[1].returns = CSIGN_E_FORBIDDEN;
    assert_int_equal(store_start(store), CSIGN_OK);
    hold_writer(store, &hold);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(store_submit(store, &inserts[i].operation), CSIGN_OK);
    release_writer(&hold);
    uint64_t before = transactions(store);
    assert_true(before <= 2);
    store_close(&store); /* finishes what waits */
    assert_int_equal(inserts[0].code, CSIGN_OK);
    assert_int_equal(inserts[1].code, CSIGN_E_FORBIDDEN);
    assert_int_equal(inserts[2].code, CSIGN_E_CONFLICT);
    assert_int_equal(inserts[3].code, CSIGN_OK);
    store = open_store(state);
    assert_int_equal(count_entries(store), 2);
    store_close(&store);
}

static void test_those_that_wait_share_a_transaction(void **state)
{
    enum { COUNT = 3 * STORE_BATCH_MAX };
    static struct insert inserts[COUNT];
    struct store *store = open_store(state);
    struct hold hold;
    assert_int_equal(store_start(store), CSIGN_OK);
    hold_writer(store, &hold);
    for (size_t i = 0; i < COUNT; i++) {
        inserts[i] = insert_of((int64_t)i);
        assert_int_equal(store_submit(store, &inserts[i].operation), CSIGN_OK);
    }
    release_writer(&hold);
    assert_int_equal(insert_one(store, COUNT), CSIGN_OK); /* behind them all */
    struct store_counters counters;
    store_count(store, &counters);
    assert_int_equal(counters.operations, COUNT + 2);
    assert_in_range(counters.transactions, 4, 5); /* the hold, three batches, and the last if it came too late for them */
    assert_int_equal(counters.failed_commits, 0);
    assert_int_equal(counters.waiting, 0);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(inserts[i].is_done && inserts[i].code == CSIGN_OK);
    store_close(&store);
}

static void test_queue_is_bounded(void **state)
{
    static struct insert inserts[STORE_QUEUE_MAX + 1];
    struct store *store = open_store(state);
    struct hold hold;
    assert_int_equal(store_submit(store, &inserts[0].operation), CSIGN_E_UNAVAILABLE); /* not started */
    assert_int_equal(store_start(store), CSIGN_OK);
    hold_writer(store, &hold);
    for (size_t i = 0; i <= STORE_QUEUE_MAX; i++) {
        inserts[i] = insert_of((int64_t)i);
        assert_int_equal(store_submit(store, &inserts[i].operation), i < STORE_QUEUE_MAX ? CSIGN_OK : CSIGN_E_UNAVAILABLE);
    }
    release_writer(&hold);
    store_close(&store);
    assert_true(inserts[STORE_QUEUE_MAX - 1].is_done);
    assert_false(inserts[STORE_QUEUE_MAX].is_done);
}

struct submitter {
    pthread_t thread;
    struct store *store;
    int64_t first;
};

static void *submit_many(void *context)
{
    const struct submitter *submitter = context;
    for (int64_t i = 0; i < 100; i++) {
        struct insert insert = insert_of(submitter->first + i);
        if (store_perform(submitter->store, &insert.operation) != CSIGN_OK)
            return NULL;
        (void)count_entries(submitter->store);
    }
    return context;
}

static void test_many_submit_at_once(void **state)
{
    struct store *store = open_store(state);
    struct submitter submitters[24]; /* more than there are readers */
    assert_int_equal(store_start(store), CSIGN_OK);
    for (int i = 0; i < 24; i++) {
        submitters[i] = (struct submitter){.store = store, .first = i * 1000};
        assert_int_equal(pthread_create(&submitters[i].thread, NULL, submit_many, &submitters[i]), 0);
    }
    for (int i = 0; i < 24; i++) {
        void *good = NULL;
        pthread_join(submitters[i].thread, &good);
        assert_non_null(good);
    }
    assert_int_equal(count_entries(store), 2400);
    store_close(&store);
}

/* --- failing together --- */

struct sequence {
    int64_t places, rolled_back_to;
    csign_code before_returns, seal_returns;
    int committed, failed;
};

static csign_code sequence_before(void *context, struct session *session)
{
    struct sequence *s = context;
    (void)session;
    return s->before_returns;
}

static uint64_t sequence_mark(void *context)
{
    struct sequence *s = context;
    return (uint64_t)s->places++;
}

static void sequence_rollback(void *context, uint64_t mark)
{
    struct sequence *s = context;
    s->rolled_back_to = (int64_t)mark;
}

static csign_code sequence_seal(void *context, struct session *session)
{
    struct sequence *s = context;
    if (s->seal_returns == CSIGN_OK)
        return CSIGN_OK;
    (void)RUN(session, SQL_LOG_ENTRY_INSERT, VALUE_INTEGER(1000), VALUE_BLOB(SPAN("sealed")));
    return s->seal_returns;
}

static void sequence_after(void *context, bool committed)
{
    struct sequence *s = context;
    s->committed += committed;
    s->failed += !committed;
}

static void test_failed_seal_fails_all(void **state)
{
    struct store *store = open_store(state);
    struct sequence s = {.seal_returns = CSIGN_E_CONFLICT, .rolled_back_to = -1};
    const struct store_sequencer sequencer = {sequence_before, sequence_mark, sequence_rollback, sequence_seal, sequence_after, &s};
    struct insert fails = insert_of(7);
    fails.returns = CSIGN_E_FORBIDDEN;
    store_set_sequencer(store, &sequencer);
    assert_int_equal(insert_one(store, 0), CSIGN_E_UNAVAILABLE);
    assert_int_equal(store_perform(store, &fails.operation), CSIGN_E_UNAVAILABLE); /* what it saw never was */
    assert_int_equal(s.failed, 2);
    assert_int_equal(s.committed, 0);
    assert_int_equal(count_entries(store), 0);

    s.seal_returns = CSIGN_OK;
    s.rolled_back_to = -1;
    assert_int_equal(store_perform(store, &fails.operation), CSIGN_E_FORBIDDEN);
    assert_int_equal(s.rolled_back_to, 2);
    assert_int_equal(insert_one(store, 0), CSIGN_OK);
    assert_int_equal(s.rolled_back_to, 2);
    assert_int_equal(s.committed, 2);

    s.before_returns = CSIGN_E_UNAVAILABLE;
    assert_int_equal(insert_one(store, 1), CSIGN_E_UNAVAILABLE);
    assert_int_equal(s.failed, 3);
    assert_int_equal(count_entries(store), 1);
    store_close(&store);
}

struct fill {
    struct operation operation;
    int64_t position;
};

static csign_code run_fill(struct operation *operation, struct session *session)
{
    static const uint8_t large[100000];
    const struct fill *fill = (struct fill *)operation;
    return RUN(session, SQL_LOG_ENTRY_INSERT, VALUE_INTEGER(fill->position), VALUE_BLOB(span_of(large, sizeof large)));
}

static csign_code run_limit_pages(struct operation *operation, struct session *session)
{
    return session_code(sqlite3_exec(session->connection, ((struct fill *)operation)->position ? "pragma max_page_count = 100000"
                                                                                               : "pragma max_page_count = 1",
                                     NULL, NULL, NULL)); /* not below what is used */
}

static void test_full_disk_fails_and_recovers(void **state)
{
    struct store *store = open_store(state);
    struct fill limit = {.operation = {.run = run_limit_pages}, .position = 0};
    struct fill large = {.operation = {.run = run_fill}, .position = 5};
    assert_int_equal(store_start(store), CSIGN_OK);
    assert_int_equal(store_perform(store, &limit.operation), CSIGN_OK);
    assert_int_equal(store_perform(store, &large.operation), CSIGN_E_UNAVAILABLE);
    assert_int_equal(insert_one(store, 0), CSIGN_OK); /* there is room for that */
    assert_int_equal(store_perform(store, &large.operation), CSIGN_E_UNAVAILABLE);
    limit.position = 1;
    assert_int_equal(store_perform(store, &limit.operation), CSIGN_OK);
    assert_int_equal(store_perform(store, &large.operation), CSIGN_OK);
    assert_int_equal(count_entries(store), 2);
    store_close(&store);
}

static csign_code run_losing_transaction(struct operation *operation, struct session *session)
{
    csign_code code = run_insert(operation, session);
    (void)session_control(session, CONTROL_ROLLBACK); /* as the engine does when it must */
    assert_int_equal(run_insert(operation, session), CSIGN_E_UNAVAILABLE);
    return code;
}

static void test_lost_transaction_fails_all(void **state)
{
    struct store *store = open_store(state);
    struct insert inserts[] = {insert_of(0), insert_of(1), insert_of(2)};
    struct hold hold;
    inserts[1].operation.run = run_losing_transaction;
    assert_int_equal(store_start(store), CSIGN_OK);
    hold_writer(store, &hold);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(store_submit(store, &inserts[i].operation), CSIGN_OK);
    release_writer(&hold);
    store_close(&store);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(inserts[i].code, CSIGN_E_UNAVAILABLE);
    store = open_store(state);
    assert_int_equal(count_entries(store), 0);
    assert_int_equal(insert_one(store, 0), CSIGN_OK);
    store_close(&store);
}

/* --- writing much --- */

struct set_bulk {
    struct operation operation;
    bool is_on;
};

static csign_code run_set_bulk(struct operation *operation, struct session *session)
{
    return session_bulk(session, ((struct set_bulk *)operation)->is_on);
}

static void set_bulk(struct store *store, bool is_on)
{
    struct set_bulk set = {.operation = {.run = run_set_bulk}, .is_on = is_on};
    assert_int_equal(store_perform(store, &set.operation), CSIGN_OK);
}

static void test_failure_is_its_own_where_much_is_written(void **state)
{
    struct store *store = open_store(state);
    struct sequence s = {.rolled_back_to = -1};
    const struct store_sequencer sequencer = {sequence_before, sequence_mark, sequence_rollback, sequence_seal, sequence_after, &s};
    struct insert fails = insert_of(7), inserts[] = {insert_of(0), insert_of(1), insert_of(2)};
    struct store_counters counters;
    struct hold hold;
    store_set_sequencer(store, &sequencer);
    fails.returns = inserts[1].returns = CSIGN_E_FORBIDDEN;
    assert_int_equal(store_start(store), CSIGN_OK);
    set_bulk(store, true);
    assert_int_equal(store_perform(store, &fails.operation), CSIGN_E_FORBIDDEN); /* alone: with its transaction */
    assert_int_equal(s.failed, 1);
    assert_int_equal(s.rolled_back_to, -1);
    assert_int_equal(count_entries(store), 0);
    hold_writer(store, &hold);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(store_submit(store, &inserts[i].operation), CSIGN_OK);
    release_writer(&hold);
    assert_int_equal(insert_one(store, 3), CSIGN_OK); /* behind them all */
    assert_int_equal(inserts[0].code, CSIGN_OK);
    assert_int_equal(inserts[1].code, CSIGN_E_FORBIDDEN); /* among others: by itself */
    assert_int_equal(inserts[2].code, CSIGN_OK);
    s.seal_returns = CSIGN_E_CONFLICT;
    assert_int_equal(insert_one(store, 4), CSIGN_E_UNAVAILABLE);
    s.seal_returns = CSIGN_OK;
    store_count(store, &counters);
    assert_int_equal(counters.failed_commits, 1);
    assert_int_equal(count_entries(store), 3);
    set_bulk(store, false);
    store_close(&store);
}

struct look {
    struct hold hold;
    bool before, after; /* whether others waited */
};

static csign_code run_look(struct operation *operation, struct session *session)
{
    struct look *look = (struct look *)operation;
    look->before = session_is_awaited(session);
    csign_code code = run_hold(operation, session);
    look->after = session_is_awaited(session);
    return code;
}

static void test_who_waits_is_seen(void **state)
{
    struct store *store = open_store(state);
    struct look look = {.before = true};
    struct insert insert = insert_of(0);
    assert_int_equal(store_start(store), CSIGN_OK);
    hold_writer_in(store, &look.hold, run_look);
    assert_false(look.before);
    assert_int_equal(store_submit(store, &insert.operation), CSIGN_OK);
    release_writer(&look.hold);
    store_close(&store);
    assert_true(look.after);
    assert_int_equal(insert.code, CSIGN_OK);
}

static csign_code run_fill_much(struct operation *operation, struct session *session)
{
    struct fill *fill = (struct fill *)operation;
    for (int i = 0; i < 100; i++, fill->position++)
        TRY(run_fill(operation, session));
    return CSIGN_OK;
}

static int64_t size_of(void **state, const char *name)
{
    struct stat status;
    char *path = folder_file(state, name);
    assert_int_equal(stat(path, &status), 0);
    free(path);
    return (int64_t)status.st_size;
}

static void test_checkpoint_is_left_to_who_writes_much(void **state)
{
    struct store *store = open_store(state);
    struct fill fill = {.operation = {.run = run_fill_much}};
    bool moved = true;
    set_bulk(store, true);
    for (int i = 0; i < 3; i++)
        assert_int_equal(store_perform(store, &fill.operation), CSIGN_OK);
    assert_int_equal(store_checkpoint(store, &moved), CSIGN_OK);
    assert_false(moved);
    assert_in_range(size_of(state, "store"), 0, 1000000); /* 30 MB are not worth it */
    for (int i = 3; i < 14; i++)
        assert_int_equal(store_perform(store, &fill.operation), CSIGN_OK);
    assert_in_range(size_of(state, "store"), 0, 1000000);
    assert_int_equal(store_checkpoint(store, &moved), CSIGN_OK);
    assert_true(moved);
    assert_in_range(size_of(state, "store"), 140000000, 150000000);
    int64_t wal = size_of(state, "store-wal");
    assert_int_equal(store_perform(store, &fill.operation), CSIGN_OK);
    assert_in_range(size_of(state, "store-wal"), 0, wal); /* begun anew */
    set_bulk(store, false);
    assert_int_equal(count_entries(store), 1500);
    store_close(&store);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_operation_is_there_after_reopening),
        CASE(test_failure_is_its_own),
        CASE(test_those_that_wait_share_a_transaction),
        CASE(test_queue_is_bounded),
        CASE(test_many_submit_at_once),
        CASE(test_failed_seal_fails_all),
        CASE(test_full_disk_fails_and_recovers),
        CASE(test_lost_transaction_fails_all),
        CASE(test_failure_is_its_own_where_much_is_written),
        CASE(test_who_waits_is_seen),
        CASE(test_checkpoint_is_left_to_who_writes_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
