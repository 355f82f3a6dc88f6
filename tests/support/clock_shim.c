/*
 * A clock that tests set: CLOCK_REALTIME is the system's plus an offset. A program that links this has clock_shim_set(); one
 * that is started with LD_PRELOAD=clock_shim.so reads the offset, 64 bits of seconds, from the file that CLOCK_SHIM names,
 * which is mapped and may change at any time. No other clock is touched.
 */
#include "clock_shim.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t own_offset;
static _Atomic int64_t *offset = &own_offset;

__attribute__((constructor)) static void map_offset(void)
{
    const char *path = getenv("CLOCK_SHIM");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *map = file >= 0 ? mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    if (file >= 0)
        close(file);
    if (map != MAP_FAILED)
        offset = map;
}

void clock_shim_set(int64_t now)
{
    struct timespec t;
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &t);
    atomic_store(&own_offset, now - (int64_t)t.tv_sec);
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *ret)
{
    int result = (int)syscall(SYS_clock_gettime, clock, ret);
    if (result == 0 && clock == CLOCK_REALTIME)
        ret->tv_sec += (time_t)atomic_load(offset);
    return result;
}
