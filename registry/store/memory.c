/*
 * The memory of the engine's page caches, taken whole before the first page is read: it neither grows nor is given back. What exceeds it, as
 * an import may, is of the heap. The engine's own pool for pages is not for that: once it is full, it has every cache make do with less than
 * it was allowed, and makes all connections share one lock.
 */
#include "session.h"
#include "store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mman.h>

#define CACHE_SIZE (12u << 20) /* what session.c allows the writer and all readers together */

struct slot {
    struct slot *next;
};

static struct {
    sqlite3_mem_methods heap; /* the engine's, for everything else */
    int size;                 /* of a slot: a page with what the engine keeps beside it */
    uint8_t *begin, *end;
    pthread_mutex_t lock; /* of `idle` */
    struct slot *idle;
} pages = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_slot(const void *memory)
{
    return (const uint8_t *)memory >= pages.begin && (const uint8_t *)memory < pages.end;
}

static void *take_slot(void)
{
    pthread_mutex_lock(&pages.lock);
    struct slot *slot = pages.idle;
    if (slot)
        pages.idle = slot->next;
    pthread_mutex_unlock(&pages.lock);
    return slot;
}

static void *pages_malloc(int size)
{
    void *slot = size == pages.size ? take_slot() : NULL;
    return slot ? slot : pages.heap.xMalloc(size);
}

static void pages_free(void *memory)
{
    if (!is_slot(memory)) {
        pages.heap.xFree(memory);
        return;
    }
    struct slot *slot = memory;
    pthread_mutex_lock(&pages.lock);
    slot->next = pages.idle;
    pages.idle = slot;
    pthread_mutex_unlock(&pages.lock);
}

static int pages_size(void *memory)
{
    return is_slot(memory) ? pages.size : pages.heap.xSize(memory);
}

static void *pages_realloc(void *memory, int size)
{
    if (!is_slot(memory))
        return pages.heap.xRealloc(memory, size);
    void *other = pages.heap.xMalloc(size);
    if (other) {
        memcpy(other, memory, (size_t)(size < pages.size ? size : pages.size));
        pages_free(memory);
    }
    return other;
}

csign_code store_take_memory(void)
{
    int header = 0;
    if (sqlite3_config(SQLITE_CONFIG_PCACHE_HDRSZ, &header) != SQLITE_OK || sqlite3_config(SQLITE_CONFIG_GETMALLOC, &pages.heap) != SQLITE_OK)
        return CSIGN_E_INTERNAL;
    pages.size = pages.heap.xRoundup(PAGE_SIZE + header);
    const size_t count = CACHE_SIZE / PAGE_SIZE, size = (size_t)pages.size * count;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED)
        return CSIGN_E_NO_SPACE;
    pages.begin = memory;
    pages.end = pages.begin + size;
    for (size_t i = 0; i < count; i++)
        pages_free(pages.begin + (size_t)pages.size * i);
    sqlite3_mem_methods methods = pages.heap;
    methods.xMalloc = pages_malloc;
    methods.xFree = pages_free;
    methods.xRealloc = pages_realloc;
    methods.xSize = pages_size;
    /* And no pages by the dozen, which would come from the heap. */
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK && sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0) == SQLITE_OK
               ? CSIGN_OK
               : CSIGN_E_INTERNAL;
}
