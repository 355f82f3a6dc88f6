/* What is served of the log, from any session: static public objects (PROTOCOL 3). */
#include "log.h"
#include "rows.h"

csign_code log_read_checkpoint(struct session *session, struct buffer *out, uint64_t *ret_size)
{
    struct log_head head;
    TRY(log_head_read(session, &head));
    buffer_put(out, head.note);
    TRY(buffer_code(out));
    *ret_size = head.size;
    return CSIGN_OK;
}

csign_code log_read_time(struct session *session, uint64_t *ret_time_s)
{
    struct log_head head;
    TRY(log_head_read(session, &head));
    *ret_time_s = head.fresh_s;
    return CSIGN_OK;
}

/* Copies the leaves [first, first + count); CSIGN_E_NOT_FOUND if one is missing. */
static csign_code read_leaves(struct session *session, uint64_t first, uint64_t count, uint8_t *ret)
{
    struct query q = QUERY(session, SQL_LOG_ENTRIES, VALUE_INTEGER(first), VALUE_INTEGER(first + count));
    uint64_t found = 0;
    while (found < count && query_row(&q))
        query_bytes(&q, 0, ret + found++ * LEAF_SIZE, LEAF_SIZE);
    TRY(query_close(&q));
    return found == count ? CSIGN_OK : CSIGN_E_NOT_FOUND;
}

csign_code log_read_event(struct session *session, uint64_t size, struct buffer *out)
{
    uint8_t leaves[EVENT_LEAVES_MAX * LEAF_SIZE], memory[CHECKPOINT_MAX];
    struct buffer note = buffer_open(memory, sizeof memory);
    if (size > MERKLE_SIZE_MAX)
        return CSIGN_E_NOT_FOUND;
    struct query q = QUERY(session, SQL_LOG_COMMIT, VALUE_INTEGER(size));
    bool found = query_row(&q);
    uint64_t first = (uint64_t)query_integer(&q, 0);
    buffer_put(&note, query_text(&q, 1));
    TRY(query_close(&q));
    if (!found)
        return CSIGN_E_NOT_FOUND;
    if (first >= size || size - first > EVENT_LEAVES_MAX || note.overflow)
        return CSIGN_E_INTERNAL;
    TRY(read_leaves(session, first, size - first, leaves));
    event_write(out, first, (size_t)(size - first), leaves, buffer_span(&note));
    return buffer_code(out);
}

static csign_code read_entries(struct session *session, const struct tile *tile, struct buffer *out)
{
    uint8_t leaves[TILE_WIDTH * LEAF_SIZE];
    TRY(read_leaves(session, tile->index * TILE_WIDTH, tile->width, leaves));
    for (uint32_t i = 0; i < tile->width; i++)
        tile_entry_write(out, span_of(leaves + i * LEAF_SIZE, LEAF_SIZE));
    return buffer_code(out);
}

csign_code log_read_tile(struct session *session, const struct tile *tile, struct buffer *out)
{
    struct log_head head;
    TRY(log_head_read(session, &head));
    if (tile->level >= TILE_LEVELS || tile->width == 0 || tile->width > tile_width(head.size, tile->level, tile->index))
        return CSIGN_E_NOT_FOUND;
    if (tile->entries)
        return read_entries(session, tile, out);
    const struct tile_store tiles = log_tiles(session);
    uint8_t *room = buffer_room(out, (size_t)tile->width * CSIGN_HASH_SIZE);
    return room ? tiles.get(tiles.context, tile->level, tile->index, tile->width, room) : CSIGN_E_NO_SPACE;
}

csign_code log_read_boundaries(struct session *session, uint64_t *ret_sizes, size_t max, size_t *ret_count)
{
    struct query q = QUERY(session, SQL_LOG_COMMIT_NEWEST, VALUE_INTEGER(max));
    size_t count = 0;
    while (count < max && query_row(&q))
        ret_sizes[count++] = (uint64_t)query_integer(&q, 0);
    TRY(query_close(&q));
    *ret_count = count;
    return CSIGN_OK;
}
