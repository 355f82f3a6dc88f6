#include "rows.h"

csign_code log_head_read(struct session *session, struct log_head *ret)
{
    struct query q = query_open(session, SQL_LOG_HEAD, NULL, 0);
    bool found = query_row(&q), fits = false;
    if (found) {
        struct buffer origin = buffer_open(ret->origin_memory, sizeof ret->origin_memory);
        struct buffer note = buffer_open(ret->note_memory, sizeof ret->note_memory);
        buffer_put(&origin, query_text(&q, 0));
        ret->size = (uint64_t)query_integer(&q, 1);
        query_bytes(&q, 2, ret->root.bytes, sizeof ret->root.bytes);
        buffer_put(&note, query_text(&q, 3));
        ret->fresh_s = (uint64_t)query_integer(&q, 4);
        ret->term = (uint64_t)query_integer(&q, 5);
        ret->next_index = (uint64_t)query_integer(&q, 6);
        ret->origin = buffer_span(&origin);
        ret->note = buffer_span(&note);
        fits = !origin.overflow && !note.overflow;
    }
    TRY(query_close(&q));
    return !found ? CSIGN_E_NOT_FOUND : fits ? CSIGN_OK : CSIGN_E_CHECKPOINT_MALFORMED;
}

/* --- tiles --- */

static csign_code get_tile(void *context, unsigned level, uint64_t index, uint32_t width, uint8_t *ret)
{
    struct query q = QUERY(context, SQL_LOG_TILE, VALUE_INTEGER(level), VALUE_INTEGER(index));
    size_t size = (size_t)width * CSIGN_HASH_SIZE;
    bool fits = false;
    if (query_row(&q)) {
        span hashes = query_blob(&q, 1);
        fits = hashes.data && hashes.size >= size && query_integer(&q, 0) >= (int64_t)width;
        if (fits)
            memcpy(ret, hashes.data, size);
    }
    TRY(query_close(&q));
    return fits ? CSIGN_OK : CSIGN_E_TILE_MALFORMED;
}

static csign_code put_tile(void *context, unsigned level, uint64_t index, uint32_t width, const uint8_t *hashes)
{
    return RUN(context, SQL_LOG_TILE_PUT, VALUE_INTEGER(level), VALUE_INTEGER(index), VALUE_INTEGER(width),
               VALUE_BLOB(span_of(hashes, (size_t)width * CSIGN_HASH_SIZE)));
}

struct tile_store log_tiles(struct session *session)
{
    return (struct tile_store){get_tile, put_tile, session};
}

/* --- checkpoints --- */

csign_code log_note_check(span bytes, span origin, const struct vkey *statuslog, uint64_t size, const struct merkle_hash *root,
                          csign_fault *fault)
{
    uint8_t memory[CHECKPOINT_MAX];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct note note;
    struct checkpoint checkpoint;
    TRY(note_read(bytes, &scratch, &note, fault));
    csign_code code = note_verify(&note, statuslog, NULL);
    if (code != CSIGN_OK)
        return fault_set(fault, code, "checkpoint", "the log's key did not sign it");
    TRY(checkpoint_read(note.text, &checkpoint, fault));
    if (!span_equal(checkpoint.origin, origin))
        return fault_set(fault, CSIGN_E_CHECKPOINT_MALFORMED, "origin", "the checkpoint is of another log");
    if (checkpoint.size != size || !merkle_hash_equal(&checkpoint.root, root))
        return fault_set(fault, CSIGN_E_CHECKPOINT_MALFORMED, "root", "the checkpoint is of another tree");
    return CSIGN_OK;
}
