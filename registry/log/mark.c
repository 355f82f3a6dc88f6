#include "mark.h"
#include "base64.h"
#include "cursor.h"
#include "hash.h"
#include "note.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <unistd.h>

#define SECTOR     512u
#define SECTOR_GAP 4096u /* also on disks whose sectors are larger, a torn write takes one */
#define SECTORS    2u

/* --- one sector: text for people, then zeros --- */

static void write_sector(uint8_t sector[SECTOR], span origin, const struct mark_value *value)
{
    uint8_t checksum[CSIGN_HASH_SIZE];
    struct buffer b = buffer_open(sector, SECTOR);
    memset(sector, 0, SECTOR);
    buffer_text(&b, "countersign/mark/v1\n");
    buffer_put(&b, origin);
    buffer_byte(&b, '\n');
    buffer_decimal(&b, value->size);
    buffer_byte(&b, '\n');
    base64_encode(&b, span_of(value->root.bytes, sizeof value->root.bytes));
    buffer_byte(&b, '\n');
    hash_of(buffer_span(&b), checksum);
    base64_encode(&b, span_of(checksum, sizeof checksum));
    buffer_byte(&b, '\n');
}

/* False if the sector is not whole. */
static bool read_sector(const uint8_t sector[SECTOR], span *ret_origin, struct mark_value *ret)
{
    struct cursor c = cursor_open(span_of(sector, SECTOR));
    uint8_t checksum[CSIGN_HASH_SIZE], expected[CSIGN_HASH_SIZE];
    span root, line;
    if (!cursor_literal(&c, SPAN("countersign/mark/v1\n")) || !cursor_line(&c, ret_origin) ||
        !cursor_decimal(&c, MERKLE_SIZE_MAX, &ret->size) || !cursor_literal(&c, SPAN("\n")) || !cursor_line(&c, &root) ||
        !base64_exact(root, ret->root.bytes, sizeof ret->root.bytes))
        return false;
    hash_of(span_of(sector, cursor_offset(&c)), expected);
    return cursor_line(&c, &line) && base64_exact(line, checksum, sizeof checksum) && hash_equal(checksum, expected);
}

static bool is_empty(const uint8_t sector[SECTOR])
{
    for (size_t i = 0; i < SECTOR; i++)
        if (sector[i] != 0)
            return false;
    return true;
}

/* --- the file --- */

static csign_code refused(csign_fault *fault, const char *reason)
{
    return fault_set(fault, CSIGN_E_UNAVAILABLE, "mark", reason);
}

static bool sync_folder(const char *path)
{
    char *copy = strdup(path);
    int folder = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool good = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0)
        close(folder);
    free(copy);
    return good;
}

/* All of its bytes at once, so that moving it never changes its size. */
static csign_code make_file(const char *path, int file, csign_fault *fault)
{
    static const uint8_t zeros[SECTOR_GAP * SECTORS];
    if (pwrite(file, zeros, sizeof zeros, 0) != (ssize_t)sizeof zeros || fsync(file) != 0 || !sync_folder(path))
        return refused(fault, "its file cannot be made durable");
    return CSIGN_OK;
}

static csign_code read_file(struct mark *mark, csign_fault *fault)
{
    bool has_bytes = false;
    for (unsigned i = 0; i < SECTORS; i++) {
        uint8_t sector[SECTOR] = {0};
        struct mark_value value;
        span origin;
        if (pread(mark->file, sector, sizeof sector, (off_t)(i * SECTOR_GAP)) < 0)
            return refused(fault, "its file cannot be read");
        has_bytes |= !is_empty(sector);
        if (!read_sector(sector, &origin, &value))
            continue;
        if (!span_equal(origin, mark->origin))
            return fault_set(fault, CSIGN_E_CONFLICT, "mark", "it is of another log");
        if (mark->is_set && value.size <= mark->value.size)
            continue;
        mark->is_set = true;
        mark->value = value;
        mark->next = (i + 1) % SECTORS;
    }
    if (has_bytes && !mark->is_set)
        return fault_set(fault, CSIGN_E_CONFLICT, "mark", "its file is damaged");
    return CSIGN_OK;
}

csign_code mark_open(const char *path, span origin, bool only_read, struct mark *ret, csign_fault *fault)
{
    *ret = (struct mark){.file = -1, .origin = origin};
    if (!path)
        return CSIGN_OK;
    bool is_new = false;
    ret->file = open(path, (only_read ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
    if (ret->file < 0 && errno == ENOENT && only_read)
        return CSIGN_OK;
    if (ret->file < 0 && errno == ENOENT) {
        is_new = true;
        ret->file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (ret->file < 0)
        return refused(fault, "its file cannot be opened: does its folder exist, and may this user write there?");
    csign_code code = is_new ? make_file(path, ret->file, fault) : read_file(ret, fault);
    if (code != CSIGN_OK)
        mark_close(ret);
    return code;
}

csign_code mark_move(struct mark *mark, const struct mark_value *value)
{
    uint8_t sector[SECTOR];
    if (mark->file < 0)
        return CSIGN_OK;
    write_sector(sector, mark->origin, value);
    if (pwrite(mark->file, sector, sizeof sector, (off_t)(mark->next * SECTOR_GAP)) != (ssize_t)sizeof sector ||
        fdatasync(mark->file) != 0)
        return CSIGN_E_UNAVAILABLE;
    mark->is_set = true;
    mark->value = *value;
    mark->next = (mark->next + 1) % SECTORS;
    return CSIGN_OK;
}

void mark_close(struct mark *mark)
{
    if (mark->file >= 0)
        close(mark->file);
    mark->file = -1;
}
