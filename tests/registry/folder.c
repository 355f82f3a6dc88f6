#include "folder.h"

#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <string.h>
#include <unistd.h>

static _Atomic uint64_t now;
static uint64_t runs_from; /* of the monotonic clock; 0: it stands */

int folder_make(void **state)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;
    clock_set(CLOCK_START);
    if (asprintf(&path, "%s/countersign-XXXXXX", base && *base ? base : "/tmp") < 0 || !mkdtemp(path))
        return -1;
    *state = path;
    return 0;
}

static int drop(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

int folder_remove(void **state)
{
    int code = nftw(*state, drop, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return code;
}

char *folder_file(void **state, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", (const char *)*state, name) < 0)
        abort();
    return path;
}

void clock_set(uint64_t now_ms)
{
    now = now_ms;
}

uint64_t clock_ms(void)
{
    struct timespec at;
    if (!runs_from)
        return now;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return now + ((uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000 - runs_from);
}

void clock_run(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    runs_from = (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}
