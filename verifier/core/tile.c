#include "tile.h"
#include "cursor.h"

#define ENTRY_BITS 8u /* 256 entries: a tile spans eight levels of the tree */

/* --- names --- */

/* N in groups of three digits, all but the last with an x before it: 1234067 is x001/x234/067. */
static void write_index(struct buffer *out, uint64_t index)
{
    uint64_t unit = 1;
    while (index / unit >= 1000)
        unit *= 1000;
    for (; unit; unit /= 1000) {
        uint64_t group = index / unit % 1000;
        if (unit > 1)
            buffer_byte(out, 'x');
        buffer_byte(out, (uint8_t)('0' + group / 100));
        buffer_byte(out, (uint8_t)('0' + group / 10 % 10));
        buffer_byte(out, (uint8_t)('0' + group % 10));
        if (unit > 1)
            buffer_byte(out, '/');
    }
}

void tile_path_write(struct buffer *out, const struct tile *tile)
{
    buffer_text(out, "tile/");
    if (tile->entries)
        buffer_text(out, "entries");
    else
        buffer_decimal(out, tile->level);
    buffer_byte(out, '/');
    write_index(out, tile->index);
    if (tile->width < TILE_WIDTH) {
        buffer_text(out, ".p/");
        buffer_decimal(out, tile->width);
    }
}

static bool read_group(struct cursor *c, uint64_t *index)
{
    span digits;
    if (!cursor_take(c, 3, &digits))
        return false;
    uint64_t group = 0;
    for (size_t i = 0; i < 3; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        group = group * 10 + (uint64_t)(digits.data[i] - '0');
    }
    if (*index > (MERKLE_SIZE_MAX / TILE_WIDTH - group) / 1000)
        return false; /* no log has this tile */
    *index = *index * 1000 + group;
    return true;
}

static bool read_index(struct cursor *c, uint64_t *ret)
{
    uint64_t index = 0;
    while (cursor_literal(c, SPAN("x"))) {
        if (!read_group(c, &index) || index == 0 || !cursor_literal(c, SPAN("/")))
            return false; /* x000 in front would be a second name of the same tile */
    }
    if (!read_group(c, &index))
        return false;
    *ret = index;
    return true;
}

bool tile_path_read(span path, struct tile *ret)
{
    struct cursor c = cursor_open(path);
    struct tile tile = {.width = TILE_WIDTH};
    uint64_t level = 0, width = TILE_WIDTH;
    if (!cursor_literal(&c, SPAN("tile/")))
        return false;
    tile.entries = cursor_literal(&c, SPAN("entries"));
    if (!tile.entries && !cursor_decimal(&c, 63, &level))
        return false;
    if (!cursor_literal(&c, SPAN("/")) || !read_index(&c, &tile.index))
        return false;
    if (cursor_literal(&c, SPAN(".p/")) && (!cursor_decimal(&c, TILE_WIDTH - 1, &width) || width == 0))
        return false;
    tile.level = (unsigned)level;
    tile.width = (uint32_t)width;
    if (!cursor_done(&c))
        return false;
    *ret = tile;
    return true;
}

/* Entries of a level: complete subtrees of 256^level leaves. Partial ones are never hashed upward. */
static uint64_t entry_count(uint64_t size, unsigned level)
{
    return level < TILE_LEVELS ? size >> level * ENTRY_BITS : 0;
}

uint32_t tile_width(uint64_t size, unsigned level, uint64_t index)
{
    uint64_t count = entry_count(size, level);
    if (index > count / TILE_WIDTH)
        return 0;
    return index < count / TILE_WIDTH ? TILE_WIDTH : (uint32_t)(count % TILE_WIDTH);
}

struct tile tile_of_entry(uint64_t size, uint64_t place)
{
    const uint64_t index = place / TILE_WIDTH;
    return (struct tile){.entries = true, .index = index, .width = tile_width(size, 0, index)};
}

/* --- entries tiles --- */

void tile_entry_write(struct buffer *out, span leaf)
{
    if (leaf.size > UINT16_MAX) {
        out->overflow = true;
        return;
    }
    buffer_u16(out, (uint16_t)leaf.size);
    buffer_put(out, leaf);
}

csign_code tile_entries_read(span bytes, uint32_t width, size_t leaf_size, struct buffer *out, csign_fault *fault)
{
    struct cursor c = cursor_open(bytes);
    for (uint32_t i = 0; i < width; i++) {
        uint16_t size;
        span leaf;
        if (!cursor_u16(&c, &size))
            return fault_at(fault, CSIGN_E_TILE_MALFORMED, "width", "less entries than its name says", cursor_offset(&c));
        if (size != leaf_size || !cursor_take(&c, size, &leaf))
            return fault_at(fault, CSIGN_E_TILE_MALFORMED, "leaf", "not a leaf of this log", cursor_offset(&c));
        buffer_put(out, leaf);
    }
    if (!cursor_done(&c))
        return fault_at(fault, CSIGN_E_TILE_MALFORMED, "width", "more entries than its name says", cursor_offset(&c));
    return out->overflow ? fault_set(fault, CSIGN_E_NO_SPACE, "leaf", "no room for the leaves") : CSIGN_OK;
}

/* --- nodes inside a tile --- */

static struct merkle_hash hash_at(const uint8_t *hashes, uint64_t place)
{
    struct merkle_hash ret;
    memcpy(ret.bytes, hashes + place * CSIGN_HASH_SIZE, sizeof ret.bytes);
    return ret;
}

/* The node over `count` entries from `first`; `count` is a power of two. */
static struct merkle_hash fold(const uint8_t *hashes, uint64_t first, uint64_t count)
{
    struct merkle_range range = {0};
    for (uint64_t i = 0; i < count; i++) {
        struct merkle_hash entry = hash_at(hashes, first + i);
        (void)merkle_range_append(&range, &entry);
    }
    return merkle_range_root(&range);
}

/* --- writing --- */

csign_code tile_writer_open(struct tile_writer *writer, uint64_t size, const struct tile_store *store)
{
    if (size > MERKLE_SIZE_MAX)
        return CSIGN_E_ARGUMENT;
    writer->size = size;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        uint64_t index = entry_count(size, level) / TILE_WIDTH;
        uint32_t width = tile_width(size, level, index);
        writer->changed[level] = false;
        if (width > 0)
            TRY(store->get(store->context, level, index, width, writer->edge[level]));
    }
    return CSIGN_OK;
}

csign_code tile_writer_append(struct tile_writer *writer, const struct merkle_hash *leaf, const struct tile_store *store)
{
    struct merkle_hash entry = *leaf;
    if (writer->size >= MERKLE_SIZE_MAX)
        return CSIGN_E_TOO_LARGE;
    /* As a counter in base 256: a level that is full is put, and its hash is the next entry of the level above. */
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        uint64_t place = entry_count(writer->size, level);
        uint8_t *edge = writer->edge[level];
        memcpy(edge + place % TILE_WIDTH * CSIGN_HASH_SIZE, entry.bytes, CSIGN_HASH_SIZE);
        writer->changed[level] = true;
        if (place % TILE_WIDTH != TILE_WIDTH - 1)
            break;
        TRY(store->put(store->context, level, place / TILE_WIDTH, TILE_WIDTH, edge));
        writer->changed[level] = false;
        entry = fold(edge, 0, TILE_WIDTH);
    }
    writer->size++;
    return CSIGN_OK;
}

csign_code tile_writer_flush(struct tile_writer *writer, const struct tile_store *store)
{
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        uint64_t index = entry_count(writer->size, level) / TILE_WIDTH;
        if (!writer->changed[level])
            continue;
        TRY(store->put(store->context, level, index, tile_width(writer->size, level, index), writer->edge[level]));
        writer->changed[level] = false;
    }
    return CSIGN_OK;
}

/* LOG 2.5: one subtree for each bit of each partial width, folded low bit first, level by level. */
struct merkle_hash tile_writer_root(const struct tile_writer *writer)
{
    struct merkle_range empty = {0};
    struct merkle_hash root = merkle_range_root(&empty);
    bool started = false;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        uint64_t width = entry_count(writer->size, level) % TILE_WIDTH;
        for (unsigned bit = 0; bit < ENTRY_BITS; bit++) {
            if (!(width >> bit & 1))
                continue;
            struct merkle_hash node = fold(writer->edge[level], ((width >> bit) - 1) << bit, UINT64_C(1) << bit);
            root = started ? merkle_node(&node, &root) : node;
            started = true;
        }
    }
    return root;
}

/* --- reading --- */

void tile_reader_open(struct tile_reader *reader, uint64_t size, const struct tile_store *store)
{
    reader->store = store;
    reader->size = size;
    reader->held = (struct tile){0};
}

static csign_code stored_node(void *context, unsigned level, uint64_t index, struct merkle_hash *ret)
{
    struct tile_reader *reader = context;
    struct tile *held = &reader->held;
    unsigned tile_level = level / ENTRY_BITS;
    uint64_t first = index << level % ENTRY_BITS, count = UINT64_C(1) << level % ENTRY_BITS;
    uint64_t tile_index = first / TILE_WIDTH, place = first % TILE_WIDTH;
    uint32_t width = tile_width(reader->size, tile_level, tile_index);
    if (place + count > width)
        return CSIGN_E_ARGUMENT;
    if (held->width == 0 || held->level != tile_level || held->index != tile_index) {
        held->width = 0;
        TRY(reader->store->get(reader->store->context, tile_level, tile_index, width, reader->hashes));
        *held = (struct tile){.level = tile_level, .index = tile_index, .width = width};
    }
    *ret = fold(reader->hashes, place, count);
    return CSIGN_OK;
}

struct merkle_source tile_reader_source(struct tile_reader *reader)
{
    return (struct merkle_source){stored_node, reader};
}
