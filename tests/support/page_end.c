#define _DEFAULT_SOURCE
#include "page_end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct page_end page_end_open(size_t capacity)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = (capacity / page + 1) * page;
    void *map = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect((uint8_t *)map + size, page, PROT_NONE) != 0) {
        perror("page_end_open");
        exit(1);
    }
    return (struct page_end){map, size, page};
}

const uint8_t *page_end_place(struct page_end *p, const void *bytes, size_t size)
{
    if (size > p->size) {
        fprintf(stderr, "page_end_place: %zu bytes do not fit into %zu\n", size, p->size);
        exit(1);
    }
    uint8_t *at = p->map + p->size - size;
    if (size)
        memcpy(at, bytes, size);
    return at;
}

void page_end_close(struct page_end *p)
{
    munmap(p->map, p->size + p->guard);
    *p = (struct page_end){NULL, 0, 0};
}
