/* Opening a store, and its sessions: who is refused, how durable it is, what queries give. */
#include "inserts.h"
#include "session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* --- opening --- */

static csign_code try_open(void **state, bool create, bool read_only, struct store **ret, csign_fault *fault)
{
    char *path = folder_file(state, "store");
    const struct store_options options = {.path = path, .create = create, .read_only = read_only, .clock_ms = clock_ms};
    csign_code code = store_open(&options, ret, fault);
    free(path);
    return code;
}

static void test_second_writer_fail(void **state)
{
    csign_fault fault = {0};
    struct store *store = open_store(state), *second = NULL;
    assert_int_equal(try_open(state, true, false, &second, &fault), CSIGN_E_CONFLICT);
    assert_null(second);
    assert_int_equal(insert_one(store, 0), CSIGN_OK);
    assert_int_equal(try_open(state, false, true, &second, &fault), CSIGN_OK); /* who only reads may */
    assert_int_equal(count_entries(second), 1);
    assert_int_equal(store_start(second), CSIGN_E_ARGUMENT);
    assert_int_equal(insert_one(second, 1), CSIGN_E_UNAVAILABLE);
    store_close(&second);
    store_close(&store);
    assert_int_equal(try_open(state, false, true, &second, &fault), CSIGN_OK);
    assert_int_equal(count_entries(second), 1);
    store_close(&second);
}

static void test_opening_fail(void **state)
{
    csign_fault fault = {0};
    struct store *store = NULL;
    assert_int_equal(try_open(state, false, false, &store, &fault), CSIGN_E_UNAVAILABLE);
    assert_int_equal(try_open(state, false, true, &store, &fault), CSIGN_E_UNAVAILABLE);
    char *path = folder_file(state, "store");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 100; i++)
        fputs("this is no database at all\n", file);
    fclose(file);
    assert_int_equal(try_open(state, true, false, &store, &fault), CSIGN_E_UNAVAILABLE);
    assert_string_equal(fault.reason, "the file is no database");
    free(path);
}

static void change_migrations(void **state, const char *sql)
{
    char *path = folder_file(state, "store");
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open(path, &connection), SQLITE_OK);
    assert_int_equal(sqlite3_exec(connection, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(connection);
    free(path);
}

static void refuse_schema(void **state, const char *change)
{
    csign_fault fault = {0};
    struct store *store = open_store(state);
    store_close(&store);
    change_migrations(state, change);
    assert_int_equal(try_open(state, true, false, &store, &fault), CSIGN_E_CONFLICT);
    assert_string_equal(fault.field, "migration");
    assert_int_equal(try_open(state, false, true, &store, &fault), CSIGN_E_CONFLICT);
    assert_string_equal(fault.field, "migration");
}

static void test_migration_of_another_text_fail(void **state)
{
    refuse_schema(state, "update migration set hash = zeroblob(32) where number = 1");
}

static void test_newer_schema_fail(void **state)
{
    refuse_schema(state, "insert into migration values ((select max(number) + 1 from migration), zeroblob(32), 1)");
}

static void test_database_of_others_fail(void **state)
{
    refuse_schema(state, "drop table migration");
}

/* --- sessions --- */

static csign_code run_settings(struct operation *operation, struct session *session)
{
    static const char *const expected[][2] = {{"pragma synchronous", "2"}, {"pragma journal_mode", "wal"}, {"pragma foreign_keys", "1"}};
    (void)operation;
    for (size_t i = 0; i < 3; i++) {
        sqlite3_stmt *statement = NULL;
        assert_int_equal(sqlite3_prepare_v2(session->connection, expected[i][0], -1, &statement, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(statement, 0), expected[i][1]);
        sqlite3_finalize(statement);
    }
    return CSIGN_OK;
}

static void test_settings_are_durable_ones(void **state)
{
    struct store *store = open_store(state);
    struct operation operation = {.run = run_settings};
    assert_int_equal(store_perform(store, &operation), CSIGN_OK);
    store_close(&store);
}

static void test_reader_sees_one_state(void **state)
{
    struct store *store = open_store(state);
    assert_int_equal(insert_one(store, 0), CSIGN_OK);
    struct session *reader = store_reader(store);
    clock_set(5000);
    assert_int_equal(session_time_ms(reader), 5000);
    clock_set(6000);
    assert_int_equal(session_time_ms(reader), 5000);
    for (int i = 0; i < 2; i++) {
        struct query q = QUERY(reader, SQL_LOG_ENTRIES, VALUE_INTEGER(0), VALUE_INTEGER(10));
        assert_true(query_row(&q));
        assert_false(query_row(&q));
        assert_int_equal(query_close(&q), CSIGN_OK);
        assert_int_equal(insert_one(store, i + 1), CSIGN_OK);
    }
    assert_int_equal(RUN(reader, SQL_LOG_ENTRY_INSERT, VALUE_INTEGER(9), VALUE_BLOB(SPAN(""))), CSIGN_E_UNAVAILABLE);
    store_reader_end(store, reader);
    assert_int_equal(count_entries(store), 3);
    reader = store_reader(store);
    assert_int_equal(session_time_ms(reader), 6000);
    store_reader_end(store, reader);
    store_close(&store);
}

static csign_code run_out_of_order(struct operation *operation, struct session *session)
{
    (void)operation;
    /* set term = $2 where term = $1: by order of appearance the two would change places */
    const struct value values[] = {VALUE_INTEGER(41), VALUE_INTEGER(42)};
    uint64_t changed = 0;
    TRY(RUN(session, SQL_LOG_HEAD_INSERT, VALUE_TEXT(SPAN("origin")), VALUE_INTEGER(1), VALUE_BLOB(SPAN("")), VALUE_TEXT(SPAN("")),
            VALUE_INTEGER(5), VALUE_INTEGER(41), VALUE_INTEGER(7)));
    TRY(query_run(session, SQL_LOG_HEAD_TERM, values, 2, &changed));
    assert_int_equal(changed, 1);
    struct query q = query_open(session, SQL_LOG_HEAD, NULL, 0);
    assert_true(query_row(&q));
    assert_int_equal(query_integer(&q, 5), 42);
    assert_true(span_equal(query_text(&q, 0), SPAN("origin")));
    assert_false(query_null(&q, 2));
    assert_non_null(query_blob(&q, 2).data); /* empty, not absent */
    uint8_t bytes[4] = {1, 1, 1, 1};
    query_bytes(&q, 2, bytes, sizeof bytes);
    assert_int_equal(bytes[0], 0);
    assert_int_equal(query_integer(&q, 5), 0); /* failed, and stays so */
    assert_false(query_row(&q));
    assert_int_equal(query_close(&q), CSIGN_E_INTERNAL);
    return CSIGN_OK;
}

static csign_code run_nested(struct operation *operation, struct session *session)
{
    int outer = 0, inner = 0;
    TRY(run_insert(operation, session));
    struct query q = QUERY(session, SQL_LOG_ENTRIES, VALUE_INTEGER(0), VALUE_INTEGER(10));
    while (query_row(&q)) {
        struct query again = QUERY(session, SQL_LOG_ENTRIES, VALUE_INTEGER(0), VALUE_INTEGER(10));
        outer++;
        while (query_row(&again))
            inner++;
        TRY(query_close(&again));
    }
    assert_int_equal(outer, 2);
    assert_int_equal(inner, 4);
    return query_close(&q);
}

static csign_code run_leaving_open(struct operation *operation, struct session *session)
{
    struct query q = QUERY(session, SQL_LOG_ENTRIES, VALUE_INTEGER(0), VALUE_INTEGER(10));
    (void)query_row(&q);
    return ((struct insert *)operation)->returns;
}

static csign_code run_wrong_count(struct operation *operation, struct session *session)
{
    (void)operation;
    return RUN(session, SQL_LOG_ENTRIES, VALUE_INTEGER(1));
}

static void test_queries(void **state)
{
    struct store *store = open_store(state);
    struct insert insert = insert_of(3);
    insert.operation.run = run_out_of_order;
    assert_int_equal(store_perform(store, &insert.operation), CSIGN_OK);
    assert_int_equal(insert_one(store, 2), CSIGN_OK);
    insert.operation.run = run_nested;
    assert_int_equal(store_perform(store, &insert.operation), CSIGN_OK);
    insert.operation.run = run_leaving_open;
    assert_int_equal(store_perform(store, &insert.operation), CSIGN_E_INTERNAL);
    insert.returns = CSIGN_E_FORBIDDEN;
    assert_int_equal(store_perform(store, &insert.operation), CSIGN_E_FORBIDDEN);
    insert.operation.run = run_wrong_count;
    assert_int_equal(store_perform(store, &insert.operation), CSIGN_E_INTERNAL);
    assert_int_equal(count_entries(store), 2);
    store_close(&store);
}

/* Every statement of sql/ fits the schema: it is prepared, with as many parameters as it has. */
static void test_all_statements_prepare(void **state)
{
    static const struct value nulls[SQL_PARAMETERS_MAX];
    struct store *store = open_store(state);
    struct session *reader = store_reader(store);
    for (unsigned i = 0; i < SQL_STATEMENT_COUNT; i++) {
        struct query q = query_open(reader, (enum sql_statement)i, nulls, sql_texts[i].parameters);
        csign_code code = query_close(&q);
        if (code != CSIGN_OK)
            print_error("%s: %s\n", sql_texts[i].name, sqlite3_errmsg(reader->connection));
        assert_int_equal(code, CSIGN_OK);
    }
    store_reader_end(store, reader);
    store_close(&store);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_second_writer_fail),
        CASE(test_opening_fail),
        CASE(test_migration_of_another_text_fail),
        CASE(test_newer_schema_fail),
        CASE(test_database_of_others_fail),
        CASE(test_settings_are_durable_ones),
        CASE(test_reader_sees_one_state),
        CASE(test_queries),
        CASE(test_all_statements_prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
