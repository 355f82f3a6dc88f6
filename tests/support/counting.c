#include "counting.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static _Atomic size_t allocations, live, until_failure;
static _Atomic bool all_after, failed;

size_t counting_allocations(void)
{
    return allocations;
}

size_t counting_live(void)
{
    return live;
}

void counting_fail_at(size_t n, bool and_after)
{
    until_failure = n;
    all_after = and_after;
    failed = false;
}

bool counting_failed(void)
{
    return failed;
}

void *counting_spare(size_t size)
{
    void *block = __real_malloc(size);
    if (!block) {
        perror("counting_spare");
        exit(1);
    }
    live++;
    return block;
}

static bool may_allocate(void)
{
    allocations++;
    if (failed && all_after)
        return false;
    if (until_failure == 0 || --until_failure > 0)
        return true;
    failed = true;
    return false;
}

static void *counted(void *block)
{
    live += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? counted(__real_malloc(size)) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? counted(__real_calloc(count, size)) : NULL;
}

void *__wrap_realloc(void *block, size_t size)
{
    if (!may_allocate())
        return NULL;
    return block ? __real_realloc(block, size) : counted(__real_realloc(NULL, size));
}

void __wrap_free(void *block)
{
    live -= block != NULL;
    __real_free(block);
}
