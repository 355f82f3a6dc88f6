/*
 * A disk that misbehaves when a test wants it: a program that is started with LD_PRELOAD=disk_shim.so writes to files whose path begins
 * with DISK_SHIM_FILES as the first byte of the file that DISK_SHIM names says, which is mapped and may change at any time:
 * 'h' hangs, as a dead disk does, until it changes; 'r' is read-only; 'f' is full; anything else is sound. Reading works throughout.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const char *files;
static const volatile char *state;

__attribute__((constructor)) static void map_state(void)
{
    const char *path = getenv("DISK_SHIM");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *map = file >= 0 ? mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    if (file >= 0)
        close(file);
    files = getenv("DISK_SHIM_FILES");
    if (map != MAP_FAILED && files)
        state = map;
}

static bool concerns(int file)
{
    char name[64], path[4096];
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    ssize_t size = readlink(name, path, sizeof path - 1);
    return size > 0 && (path[size] = 0, strncmp(path, files, strlen(files)) == 0);
}

/* Whether a write may go on; else errno says why not. */
static bool may_write(int file)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    if (!state || (*state != 'h' && *state != 'r' && *state != 'f') || !concerns(file))
        return true;
    while (*state == 'h')
        nanosleep(&moment, NULL);
    if (*state != 'r' && *state != 'f')
        return true;
    errno = *state == 'r' ? EROFS : ENOSPC;
    return false;
}

/* The function behind the one of this name here: POSIX gives no other way to make a pointer to it. */
static void find(const char *name, void *ret)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(ret, &found, sizeof found);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at)
{
    static ssize_t (*next)(int, const void *, size_t, off64_t);
    if (!next)
        find("pwrite64", &next);
    return may_write(file) ? next(file, bytes, size, at) : -1;
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at)
{
    return pwrite64(file, bytes, size, at);
}

int fdatasync(int file)
{
    static int (*next)(int);
    if (!next)
        find("fdatasync", &next);
    return may_write(file) ? next(file) : -1;
}

int fsync(int file)
{
    static int (*next)(int);
    if (!next)
        find("fsync", &next);
    return may_write(file) ? next(file) : -1;
}
