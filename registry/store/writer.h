/* The writer: a bounded queue, a thread, and one transaction for all that waits. Of this folder only. */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "session.h"
#include "store.h"

struct writer {
    struct session session;
    struct store_sequencer sequencer; /* zeroed: there is none */
    bool has_sequencer;

    pthread_mutex_t turn; /* held during a transaction: before the thread runs, callers take turns */

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t more;
    struct operation *first, **last;
    bool is_running, is_ending;
    pthread_t thread;
    struct store_counters counters;
    uint64_t busy_since_ms; /* on the steady clock, of the batch that runs; 0: none does */
};

csign_code writer_open(struct writer *writer);
csign_code writer_start(struct writer *writer);
/* Finishes what waits and closes the session. */
void writer_close(struct writer *writer);
csign_code writer_submit(struct writer *writer, struct operation *operation);
void writer_begin(struct writer *writer, struct errand *errand, struct operation *operation);
struct store_counters writer_count(struct writer *writer);

#endif
