/* The store: what is committed together, what is not, and what happens when the disk or a neighbour fails. */
#include "folder.h"
#include "query.h"
#include "session.h"
#include "store.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

/* --- operations for the tests: entries of the log are rows like any other --- */

struct insert {
    struct operation operation;
    int64_t position;
    csign_code returns; /* after inserting */
    csign_code code;    /* as `done` was told */
    bool is_done;
};

static csign_code run_insert(struct operation *operation, struct session *session)
{
    struct insert *insert = (struct insert *)operation;
    TRY(RUN(session, SQL_LOG_ENTRY_INSERT, VALUE_INTEGER(insert->position), VALUE_BLOB(SPAN("leaf"))));
    return insert->returns;
}

static void insert_done(struct operation *operation, csign_code code)
{
    struct insert *insert = (struct insert *)operation;
    insert->code = code;
    insert->is_done = true;
}

static struct insert insert_of(int64_t position)
{
    return (struct insert){.operation = {.run = run_insert, .done = insert_done}, .position = position};
}

static struct store *open_store(void **state)
{
    char *path = folder_file(state, "store");
    struct store *store = NULL;
    csign_fault fault = {0};
    const struct store_options options = {.path = path, .create = true, .clock_ms = clock_ms};
    assert_int_equal(store_open(&options, &store, &fault), CSIGN_OK);
    free(path);
    return store;
}

static csign_code insert_one(struct store *store, int64_t position)
{
    struct insert insert = insert_of(position);
    return store_perform(store, &insert.operation);
}

static int64_t count_entries(struct store *store)
{
    struct session *reader = store_reader(store);
    struct query q = query_open(reader, SQL_LOG_ENTRY_ALL, NULL, 0);
    int64_t count = 0;
    while (query_row(&q))
        count++;
    assert_int_equal(query_close(&q), CSIGN_OK);
    store_reader_end(store, reader);
    return count;
}

/* --- tests --- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_operation_is_there_after_reopening, folder_make, folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
