/*
 * The status log (PROTOCOL 3, LOG 2): the sequencer by which alone it grows, what is served of it, and its heartbeat.
 *
 * The log takes part in the store's transactions. An operation appends leaves; before the commit they become entries, tiles
 * and one checkpoint of at most 1,024 leaves each, signed in the same transaction with a compare-and-swap on the size that was
 * read; after the commit, and after the mark was moved, the world is told. A crash at any instruction leaves either the old log
 * or the new one; what was signed and not committed was seen by nobody. Start-up goes the same way as every append.
 *
 * Freshness: a checkpoint is cosigned when it is made, and again by the heartbeat, which is an operation of its own: a durable
 * compare-and-swap that only moves time forward, through the same writer as every order. A writer that hangs dates nothing.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "checkpoint.h"
#include "event.h"
#include "query.h"
#include "store.h"
#include "tile.h"

#define LOG_FRESH_KEYS_MAX 8u
#define LOG_HEARTBEAT_MS   2000u /* PROTOCOL 3 allows 5 s */
#define LOG_WAITING_MS     2000u /* no heartbeat while an accepted deed that is due has waited longer */

struct log;

/* What the world is told after a commit. */
enum log_news_kind { LOG_COMMIT, LOG_HEARTBEAT };
struct log_news {
    enum log_news_kind kind;
    uint64_t size;
    span bytes; /* of a commit its event object; of a heartbeat the checkpoint note */
};

struct log_key {
    struct vkey vkey;
    struct signing_key *key; /* in guarded memory; the caller's */
};

struct log_options {
    struct store *store;
    span origin; /* the vkey name of the statuslog key */
    struct log_key statuslog;
    struct log_key fresh[LOG_FRESH_KEYS_MAX];
    size_t fresh_count;
    /*
     * Path of the mark: size and root that were published last, in a file that should lie on another volume than the
     * database. A log that is smaller than its mark, or has another root, is a restored backup and would be a second
     * history: the log does not open. NULL: none is kept.
     */
    const char *mark_path;
    /* Called on the writer's thread after each commit, once for each event object; it must not wait. May be NULL. */
    void (*wake)(void *context, const struct log_news *news);
    void *context;
}; /* what it points to must stay until log_close() */

/*
 * Opens the log in the store, whose writer must not run yet, and takes part in its transactions from then on. CSIGN_E_CONFLICT
 * where the log is behind its mark, belongs to another origin or key, or does not lead to its own checkpoint; the fault says which.
 * In a store without a log one of no leaves is made; its first leaf must be K, which is the caller's.
 */
csign_code log_open(const struct log_options *options, struct log **ret, csign_fault *fault);
/* After log_heartbeat_stop() and store_close(): until then transactions ask for it. */
void log_close(struct log **log);

/* --- within an operation --- */

/* Appends a leaf. Its place is known at once, and given back if the operation fails. CSIGN_E_LEAF_MALFORMED for what no gate takes. */
csign_code log_append(struct log *log, const struct leaf *leaf);
/* Appends a B leaf; *ret_index is its status index. */
csign_code log_append_binding(struct log *log, const uint8_t commit[32], uint64_t *ret_index);
/* The size of the log as it stands within this transaction. */
uint64_t log_size(const struct log *log);

/* --- freshness --- */

/*
 * An operation that renews the cosignatures and answers a gate's nonce; without one see log_heartbeat_start(). All that run in
 * one transaction share one renewal. CSIGN_E_UNAVAILABLE while the clock is behind the newest evidence, and while an accepted
 * deed has waited too long: no evidence then grows younger.
 */
struct log_fresh {
    struct operation operation; /* the caller sets `done` and the nonce, and submits it */
    struct log *log;
    uint8_t nonce[CSIGN_NONCE_SIZE];
    uint8_t note[CHECKPOINT_MAX]; /* after success: the fresh note */
    size_t note_size;             /* 0: the commit could not be published, as of the mark; there is no note */
    struct log_fresh *next;       /* the log's */
};
void log_fresh_init(struct log_fresh *fresh, struct log *log);

/*
 * A thread that submits a heartbeat every LOG_HEARTBEAT_MS. `overdue`, which may be NULL, is asked on the writer's thread whether
 * an accepted deed that is due has waited longer than LOG_WAITING_MS; as long as one has, no evidence grows younger, neither by
 * heartbeats and fresh notes nor by commits, whose leaves act all the same.
 */
csign_code log_heartbeat_start(struct log *log, bool (*overdue)(void *context, struct session *session, uint64_t now_ms),
                               void *context);
void log_heartbeat_stop(struct log *log);

/* --- what is served, from any reading session --- */

/* The newest checkpoint note with its cosignatures. */
csign_code log_read_checkpoint(struct session *session, struct buffer *out, uint64_t *ret_size);
/* The time of the newest evidence, in seconds: what a readiness check compares with its clock. */
csign_code log_read_time(struct session *session, uint64_t *ret_time_s);
/* The event object of the commit that ended at `size`: CSIGN_E_NOT_FOUND if none did. At most LOG_EVENT_MAX bytes. */
#define LOG_EVENT_MAX EVENT_BYTES(EVENT_LEAVES_MAX, CHECKPOINT_MAX)
csign_code log_read_event(struct session *session, uint64_t size, struct buffer *out);
/* A tile of the newest size, or narrower: CSIGN_E_NOT_FOUND beyond it. */
csign_code log_read_tile(struct session *session, const struct tile *tile, struct buffer *out);
/* The sizes at which the last commits ended, newest first; at most `max`. */
csign_code log_read_boundaries(struct session *session, uint64_t *ret_sizes, size_t max, size_t *ret_count);

/*
 * Recomputes the log from its entries: every leaf well-formed and in order, each commit's checkpoint signed and leading to its
 * root, every tile, the head, and the mark. CSIGN_OK, or the first thing wrong in `fault`. `progress` may be NULL.
 */
struct log_check {
    span origin;
    struct vkey statuslog;
    const char *mark_path;
    void (*progress)(void *context, uint64_t checked, uint64_t size);
    void *context;
};
csign_code log_fsck(struct session *session, const struct log_check *check, uint64_t *ret_size, csign_fault *fault);

#endif
