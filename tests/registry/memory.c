/* The memory of page caches: taken at the start and enough for every day; who writes much has more, from the heap, and gives it back. */
#include "inserts.h"
#include "session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdatomic.h>

/* The heap as the engine knows it, with what is as large as a page with its header counted: nothing else is. */
static sqlite3_mem_methods heap;
static int page_size;
static _Atomic long taken, live;

static bool is_page(int size)
{
    return size == page_size;
}

static void *count_malloc(int size)
{
    void *memory = heap.xMalloc(size);
    taken += is_page(size);
    live += memory && is_page(heap.xSize(memory));
    return memory;
}

static void count_free(void *memory)
{
    live -= is_page(heap.xSize(memory));
    heap.xFree(memory);
}

static void *count_realloc(void *memory, int size)
{
    live -= is_page(heap.xSize(memory));
    void *other = heap.xRealloc(memory, size);
    void *now = other ? other : memory;
    live += is_page(heap.xSize(now));
    return other;
}

struct fill {
    struct operation operation;
    int64_t position;
};

/* 10 MB. */
static csign_code run_fill(struct operation *operation, struct session *session)
{
    static const uint8_t large[100000];
    struct fill *fill = (struct fill *)operation;
    for (int i = 0; i < 100; i++)
        TRY(RUN(session, SQL_LOG_ENTRY_INSERT, VALUE_INTEGER(fill->position++), VALUE_BLOB(span_of(large, sizeof large))));
    return CSIGN_OK;
}

static csign_code run_bulk(struct operation *operation, struct session *session)
{
    return session_bulk(session, ((struct fill *)operation)->position != 0);
}

static void set_bulk(struct store *store, bool is_on)
{
    struct fill bulk = {.operation = {.run = run_bulk}, .position = is_on};
    assert_int_equal(store_perform(store, &bulk.operation), CSIGN_OK);
}

static void test_pages_are_of_what_was_taken(void **state)
{
    struct store *store = open_store(state);
    struct fill fill = {.operation = {.run = run_fill}};
    assert_int_equal(insert_one(store, -1), CSIGN_OK);
    assert_int_equal(store_perform(store, &fill.operation), CSIGN_OK);
    assert_int_equal(count_entries(store), 101);
    assert_int_equal(taken, 0); /* ten megabytes through the writer and a reader, and nothing of the heap */

    set_bulk(store, true);
    for (int i = 0; i < 4; i++)
        assert_int_equal(store_perform(store, &fill.operation), CSIGN_OK);
    assert_in_range(live, 3000, 6000); /* 40 MB are kept, though 12 were taken */
    set_bulk(store, false);
    assert_in_range(live, 0, 50);
    store_close(&store);
    assert_int_equal(live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_pages_are_of_what_was_taken, folder_make, folder_remove)};
    sqlite3_mem_methods methods;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &heap) != SQLITE_OK || sqlite3_config(SQLITE_CONFIG_PCACHE_HDRSZ, &page_size) != SQLITE_OK)
        return 1;
    page_size = heap.xRoundup(page_size + PAGE_SIZE);
    methods = heap;
    methods.xMalloc = count_malloc;
    methods.xFree = count_free;
    methods.xRealloc = count_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK || store_take_memory() != CSIGN_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
