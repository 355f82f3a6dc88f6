/* The encodings of the Token Status List draft: what its `lst` inflates to is what our array holds. */
#include "base64.h"
#include "cursor.h"
#include "status_list.h"
#include "vectors.h"

#include <zlib.h>

#define LIST_MAX (1u << 20) /* 2^20 entries of 8 bits */

static uint8_t inflated[LIST_MAX + 1], made[LIST_MAX];

/* What stands behind `"lst": "`, without the line breaks and spaces that the draft folds it with; and the bits. */
static bool read_encoding(span text, struct buffer *lst, uint64_t *bits)
{
    struct cursor c = cursor_open(text);
    span rest;
    while (!cursor_done(&c) && !cursor_literal(&c, SPAN("\"bits\": ")))
        c.at++;
    if (!cursor_decimal(&c, 8, bits))
        return false;
    while (!cursor_done(&c) && !cursor_literal(&c, SPAN("\"lst\": \"")))
        c.at++;
    if (!cursor_until(&c, '"', &rest))
        return false;
    for (size_t i = 0; i < rest.size; i++)
        if (rest.data[i] != '\n' && rest.data[i] != ' ')
            buffer_byte(lst, rest.data[i]);
    return !lst->overflow;
}

struct entry {
    uint64_t index;
    uint8_t value;
};

struct encoding {
    const char *file;
    uint64_t bits, count;
    const struct entry *entries; /* those that are not zero; NULL: read back only */
    size_t entry_count;
};

static void check_encoding(const struct encoding *e)
{
    static uint8_t text_memory[8192], compressed[8192];
    struct group group = {e->file, 0, 0};
    struct buffer lst = buffer_open(text_memory, sizeof text_memory), bytes = buffer_open(compressed, sizeof compressed);
    span text = vectors_read(e->file);
    uint64_t bits = 0;
    uLongf size = sizeof inflated;
    if (!text.data) {
        skip(e->file, "not in the vectors' folder");
        return;
    }
    bool read = read_encoding(text, &lst, &bits) && base64url_decode(&bytes, buffer_span(&lst), NULL) &&
                uncompress(inflated, &size, bytes.data, bytes.size) == Z_OK;
    check(&group, read && bits == e->bits, "reads");
    check(&group, read && size == status_list_size(e->count, (unsigned)e->bits), "size");
    if (!read)
        return;

    /* Every entry, read from theirs and written to ours. */
    memset(made, 0, sizeof made);
    size_t set = 0;
    for (uint64_t i = 0; i < e->count; i++) {
        uint8_t value = 0;
        if (!status_list_get(span_of(inflated, size), (unsigned)bits, i, &value) ||
            !status_list_set(made, size, (unsigned)bits, i, value))
            check(&group, false, "an entry is outside");
        set += value != 0;
    }
    check(&group, memcmp(made, inflated, size) == 0, "written again");
    for (size_t i = 0; i < e->entry_count; i++) {
        uint8_t value = 0;
        check(&group, status_list_get(span_of(inflated, size), (unsigned)bits, e->entries[i].index, &value) &&
                          value == e->entries[i].value, "entry");
    }
    if (e->entries)
        check(&group, set == e->entry_count, "no other entry is set");
    if (report(&group))
        exit(1);
}

int main(void)
{
    /* Section 4.1 and the appendix of the draft. */
    static const struct entry short_1[] = {{0, 1}, {3, 1}, {4, 1}, {5, 1}, {7, 1}, {8, 1}, {9, 1}, {13, 1}, {15, 1}};
    static const struct entry short_2[] = {{0, 1}, {1, 2}, {3, 3}, {5, 1}, {7, 1}, {8, 1}, {9, 2}, {10, 3}, {11, 3}};
    static const struct entry long_1[] = {{0, 1},      {1993, 1},   {25460, 1},  {159495, 1}, {495669, 1}, {554353, 1},
                                          {645645, 1}, {723232, 1}, {854545, 1}, {934534, 1}, {1000345, 1}};
    static const struct entry long_2[] = {{0, 1},      {1993, 2},   {25460, 1},  {159495, 3}, {495669, 1}, {554353, 1},
                                          {645645, 2}, {723232, 1}, {854545, 1}, {934534, 2}, {1000345, 3}};
    static const struct entry long_4[] = {{0, 1},       {1993, 2},    {35460, 3},    {459495, 4},   {595669, 5},
                                          {754353, 6},  {845645, 7},  {923232, 8},   {924445, 9},   {934534, 10},
                                          {1004534, 11}, {1000345, 12}, {1030203, 13}, {1030204, 14}, {1030205, 15}};
#define ENTRIES(list) list, sizeof list / sizeof *list
    const struct encoding encodings[] = {
        {"status-list/status_list_encoding_json.txt", 1, 16, ENTRIES(short_1)},
        {"status-list/status_list_encoding2_json.txt", 2, 12, ENTRIES(short_2)},
        {"status-list/status_list_encoding1_long_json.txt", 1, 1u << 20, ENTRIES(long_1)},
        {"status-list/status_list_encoding2_long_json.txt", 2, 1u << 20, ENTRIES(long_2)},
        {"status-list/status_list_encoding4_json.txt", 4, 1u << 20, ENTRIES(long_4)},
        {"status-list/status_list_encoding8_json.txt", 8, 1u << 20, NULL, 0},
    };
    if (!vectors_read(encodings[0].file).data) {
        skip("status-list", "no status-list in the vectors' folder");
        return VECTORS_SKIPPED;
    }
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        check_encoding(&encodings[i]);
    return 0;
}
