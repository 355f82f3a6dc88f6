#include "inserts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

csign_code run_insert(struct operation *operation, struct session *session)
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

struct insert insert_of(int64_t position)
{
    return (struct insert){.operation = {.run = run_insert, .done = insert_done}, .position = position};
}

struct store *open_store(void **state)
{
    char *path = folder_file(state, "store");
    struct store *store = NULL;
    csign_fault fault = {0};
    const struct store_options options = {.path = path, .create = true, .clock_ms = clock_ms};
    assert_int_equal(store_open(&options, &store, &fault), CSIGN_OK);
    free(path);
    return store;
}

csign_code insert_one(struct store *store, int64_t position)
{
    struct insert insert = insert_of(position);
    return store_perform(store, &insert.operation);
}

int64_t count_entries(struct store *store)
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
