/* The memory of the engine's page caches, taken whole before the first page is read: it neither grows nor is given back. */
#include "session.h"
#include "store.h"

#include <sqlite3.h>
#include <sys/mman.h>

#define PAGE_SIZE  4096u /* the engine's own choice for a new database */
#define CACHE_SIZE (12u << 20) /* what session.c allows the writer and all readers together */

csign_code store_take_memory(void)
{
    int header = 0;
    if (sqlite3_config(SQLITE_CONFIG_PCACHE_HDRSZ, &header) != SQLITE_OK)
        return CSIGN_E_INTERNAL;
    const int slot = (int)PAGE_SIZE + header, count = (int)(CACHE_SIZE / PAGE_SIZE);
    void *memory = mmap(NULL, (size_t)slot * (size_t)count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED)
        return CSIGN_E_NO_SPACE;
    return sqlite3_config(SQLITE_CONFIG_PAGECACHE, memory, slot, count) == SQLITE_OK ? CSIGN_OK : CSIGN_E_INTERNAL;
}
