/* The log's state, and its part in every transaction. Of this folder only; all of it belongs to the writer's thread. */
#ifndef LOG_SEQUENCER_H
#define LOG_SEQUENCER_H

#include "log.h"
#include "mark.h"
#include "rows.h"

#include <pthread.h>

/* What will be told once it is durable. */
struct news {
    struct news *next;
    enum log_news_kind kind;
    uint64_t size;
    size_t length;
    uint8_t bytes[];
};

struct news_list {
    struct news *first, **last;
};

/* As committed. */
struct log_state {
    uint64_t size, next_index, fresh_s, term;
    struct merkle_hash root;
    struct tile_writer edge;
};

/* An operation that renews the cosignatures for nobody in particular. */
struct beat {
    struct operation operation;
    struct log *log;
};

struct heartbeat {
    pthread_t thread;
    pthread_mutex_t lock; /* of the rest */
    pthread_cond_t changed;
    bool is_running, is_ending, is_on_its_way; /* a beat waits or runs */
    struct beat beat;
};

struct log {
    struct log_options options;
    struct mark mark;
    struct log_state state;
    bool is_stale; /* the state is read again before the next transaction */
    bool (*overdue)(void *context, struct session *session, uint64_t now_ms);
    void *overdue_context;
    struct news_list unpublished; /* committed; empty but for a mark that could not be moved */
    struct heartbeat heartbeat;

    /* within a transaction */
    struct session *session; /* NULL outside */
    uint8_t *pending;        /* leaves appended */
    size_t pending_count, pending_capacity;
    uint64_t pending_bindings;
    bool is_renewed;         /* a fresher cosignature was asked for, */
    struct log_fresh *asked; /* also for nonces */
    bool has_time;           /* asked for already: */
    uint64_t time_s;
    bool is_staged;          /* by `seal`, which makes of the state: */
    struct log_state staged;
    struct news_list staged_news;
};

/* sequence.c */
struct store_sequencer log_sequencer(struct log *log);
/* Reads the state from its rows: CSIGN_E_CONFLICT if they contradict each other. `ret_head` may be NULL. */
csign_code log_load(struct log *log, struct session *session, struct log_head *ret_head, csign_fault *fault);
/* Appends a cosignature line of each freshness key. */
void log_cosign(const struct log *log, struct buffer *note, span text, uint64_t time_s);
/* Writes the checkpoint of a size and root as a note, signed and cosigned. CSIGN_E_NO_SPACE if there are too many keys. */
csign_code log_write_checkpoint(const struct log *log, struct buffer *note, uint64_t size, const struct merkle_hash *root,
                                uint64_t time_s);
/* The time that cosignatures of this transaction carry: now, or the one before while time stands still. */
uint64_t log_evidence_time(struct log *log);
void log_drop_news(struct news_list *list);

/* heartbeat.c */
csign_code heartbeat_open(struct log *log);
void heartbeat_close(struct log *log);
void beat_init(struct beat *beat, struct log *log);

#endif
