/* The log's rows: its head, and its tiles as a store of tile.h. Of this folder only. */
#ifndef LOG_ROWS_H
#define LOG_ROWS_H

#include "checkpoint.h"
#include "query.h"
#include "tile.h"

struct log_head {
    uint8_t origin_memory[NOTE_NAME_MAX], note_memory[CHECKPOINT_MAX];
    span origin, note;
    uint64_t size, fresh_s, term, next_index;
    struct merkle_hash root;
};

/* CSIGN_E_NOT_FOUND while there is no log. */
csign_code log_head_read(struct session *session, struct log_head *ret);

/* Tiles as rows; the session is the context. A narrower tile than asked for is CSIGN_E_TILE_MALFORMED. */
struct tile_store log_tiles(struct session *session);

/*
 * Reads a checkpoint note and checks that this key signed it for this origin, size and root. CSIGN_E_CHECKPOINT_MALFORMED where it
 * says something else; note-….
 */
csign_code log_note_check(span bytes, span origin, const struct vkey *statuslog, uint64_t size, const struct merkle_hash *root,
                          csign_fault *fault);

#endif
