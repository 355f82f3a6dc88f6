#include "files.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char fix_read[] = "correct the path, or let this user read it";
static const char fix_write[] = "give a path in a folder that this user may write to, with room on its disk";

/* --- reading --- */

static int read_all(struct call *call, int fd, const char *path, size_t max, span *ret)
{
    struct stat status;
    size_t capacity = 4096, size = 0;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= 0)
        capacity = (size_t)status.st_size < max ? (size_t)status.st_size + 1 : max + 1;
    uint8_t *memory = call_memory(call, capacity);
    for (;;) {
        ssize_t n = read(fd, memory + size, capacity - size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_system(call, "cannot read", path, fix_read);
        if (n == 0)
            break;
        size += (size_t)n;
        if (size > max)
            return fail(call, CANNOT, "give the right file", "longer than the %zu bytes that it may have, %s", max, path);
        if (size == capacity) {
            size_t larger = capacity * 2 < max + 1 ? capacity * 2 : max + 1;
            uint8_t *next = call_memory(call, larger);
            memcpy(next, memory, size);
            memory = next;
            capacity = larger;
        }
    }
    *ret = span_of(memory, size);
    return DONE;
}

static int read_path(struct call *call, const char *path, size_t max, bool must_be, span *ret)
{
    bool is_input = strcmp(path, "-") == 0;
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    *ret = span_of(NULL, 0);
    if (fd < 0 && !must_be && errno == ENOENT)
        return DONE;
    if (fd < 0)
        return fail_system(call, "cannot open", path, fix_read);
    int code = read_all(call, fd, path, max, ret);
    if (!is_input)
        close(fd);
    return code;
}

int file_read(struct call *call, const char *path, size_t max, span *ret)
{
    return read_path(call, path, max, true, ret);
}

int file_read_if_there(struct call *call, const char *path, size_t max, span *ret)
{
    return read_path(call, path, max, false, ret);
}

int file_map(struct call *call, const char *path, span *ret)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail_system(call, "cannot open", path, fix_read);
    int code = DONE;
    void *memory = "";
    if (fstat(fd, &status) != 0)
        code = fail_system(call, "cannot read", path, fix_read);
    else if (!S_ISREG(status.st_mode))
        code = fail(call, CANNOT, "give a file", "not a file, %s", path);
    else if (status.st_size > 0)
        memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (memory == MAP_FAILED)
        code = fail_system(call, "cannot map", path, fix_read);
    if (code == DONE)
        *ret = span_of(memory, (size_t)status.st_size);
    close(fd);
    return code;
}

/* --- writing --- */

const char *folder_of(struct call *call, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return slash == path ? "/" : call_text(call, span_of(path, (size_t)(slash - path)));
}

static bool write_all(int fd, span content)
{
    while (content.size > 0) {
        ssize_t n = write(fd, content.data, content.size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        content = span_of(content.data + n, content.size - (size_t)n);
    }
    return true;
}

static bool sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced;
}

enum how {
    FOR_ALL,     /* that the mask allows */
    FOR_ALL_NEW, /* the same, and none is replaced */
    OWN,         /* for its owner alone */
    OWN_NEW      /* the same, and none is replaced */
};

static bool is_new(enum how how)
{
    return how == FOR_ALL_NEW || how == OWN_NEW;
}

/* Puts a written file in its place. */
static bool put_in_place(const char *written, const char *path, enum how how)
{
    if (!is_new(how))
        return rename(written, path) == 0;
    if (link(written, path) != 0)
        return false;
    return unlink(written) == 0;
}

static int write_path(struct call *call, const char *path, span content, enum how how)
{
    const char *folder = folder_of(call, path);
    char *beside = (char *)(uintptr_t)call_format(call, "%s/.countersign-XXXXXX", folder);
    int fd = mkstemp(beside);
    if (fd < 0)
        return fail_system(call, "cannot write", path, fix_write);
    mode_t mask = umask(0);
    umask(mask);
    bool good = (how == OWN || how == OWN_NEW || fchmod(fd, 0666 & ~mask) == 0) && write_all(fd, content) && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    good = good && put_in_place(beside, path, how) && sync_folder(folder);
    if (good)
        return DONE;
    int error = errno;
    unlink(beside);
    errno = error;
    if (is_new(how) && error == EEXIST)
        return fail(call, CANNOT, how == OWN_NEW ? "give another path; a key is never overwritten"
                                                 : "give another path, or move that file away: it may be signed, so it is never overwritten",
                    "is there already, %s", path);
    return fail_system(call, "cannot write", path, fix_write);
}

int file_write(struct call *call, const char *path, span content)
{
    return write_path(call, path, content, FOR_ALL);
}

int file_write_new(struct call *call, const char *path, span content)
{
    return write_path(call, path, content, OWN_NEW);
}

int file_write_note(struct call *call, const char *path, span content)
{
    return write_path(call, path, content, FOR_ALL_NEW);
}

int file_write_note_or_print(struct call *call, const char *path, span content)
{
    return path && strcmp(path, "-") != 0 ? file_write_note(call, path, content) : put_out(call, content);
}

int file_write_private(struct call *call, const char *path, span content)
{
    return write_path(call, path, content, OWN);
}

int file_write_or_print(struct call *call, const char *path, span content)
{
    return path && strcmp(path, "-") != 0 ? file_write(call, path, content) : put_out(call, content);
}

int folder_make_above(struct call *call, const char *path)
{
    char *copy = (char *)(uintptr_t)call_text(call, span_text(path));
    for (char *at = copy + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = 0;
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            return fail_system(call, "cannot make the folder", copy, fix_write);
        *at = '/';
    }
    return DONE;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void folder_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
