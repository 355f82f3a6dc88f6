/*
 * The store: one database, one writer, and durability before every answer.
 *
 * Whatever changes the registry is an operation. The writer thread takes all that wait, runs each in a savepoint of its own
 * inside one transaction, commits once, and only then tells each how it ended: group commit, at full durability. An operation
 * that fails leaves nothing behind and does not disturb its neighbours; a commit that fails fails them all.
 *
 * Which engine keeps the data is known here and in no other folder: callers see sessions, statements of sql/ and rows
 * (query.h). The log takes part in each transaction through `store_sequencer`.
 *
 * Thread safety: everything here may be called from any thread, but for what has a session, which one thread uses at a time.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "fault.h"

#include <pthread.h>
#include <stdbool.h>

struct store;
struct session; /* one connection, see query.h */

#define STORE_QUEUE_MAX 8192u /* operations that wait; more are refused with CSIGN_E_UNAVAILABLE */
#define STORE_BATCH_MAX 512u  /* operations in one transaction */
#define STORE_HUNG_MS   5000u /* a transaction that takes longer hangs: what comes meanwhile is refused, as by a full queue */

/* Part of what an operation does, embedded as the first member of a struct with its arguments and results. */
struct operation {
    /*
     * Does the work. Anything but CSIGN_OK rolls back what it did, and that alone. It runs on the writer's thread: what takes
     * long and needs no row (verifying a signature, making one) is done before or after.
     */
    csign_code (*run)(struct operation *operation, struct session *session);
    /*
     * Called once, on the writer's thread, when the outcome is durable: CSIGN_OK after the commit, else what `run` returned, or
     * CSIGN_E_UNAVAILABLE if the commit failed. It must not wait. The operation is the caller's again.
     */
    void (*done)(struct operation *operation, csign_code code);
    void *context;          /* the caller's, for `done` */
    struct operation *next; /* the store's */
};

/*
 * Who takes part in every transaction: the sequencer of the log. Its calls come from the writer's thread. `before` is asked
 * before the first operation of a transaction. An operation's rollback undoes what it had the sequencer do since `mark`:
 * `rollback` is called with what `mark` returned before the operation ran. `seal` runs last before the commit; a failure, for
 * instance a lost compare-and-swap, rolls back the whole transaction. `after` hears whether it was committed, also where `before`
 * failed, and before any operation does: what is published there is durable.
 */
struct store_sequencer {
    csign_code (*before)(void *context, struct session *session);
    uint64_t (*mark)(void *context);
    void (*rollback)(void *context, uint64_t mark);
    csign_code (*seal)(void *context, struct session *session);
    void (*after)(void *context, bool committed);
    void *context;
};

struct store_options {
    const char *path;           /* of the database file; made if it is not there and `create` is set */
    bool create;
    bool read_only;             /* no writer: for fsck */
    uint64_t (*clock_ms)(void); /* milliseconds since 1970 */
};

/*
 * Takes the memory of all page caches at once, so that a process that serves for long needs on its first day what it needs on its
 * last. Once in a process, before the first store_open(); without it memory is taken as pages are read. CSIGN_E_NO_SPACE.
 */
csign_code store_take_memory(void);
/*
 * Opens the database and brings its schema up to date: each migration once, in order, each remembered with the SHA-256 of its
 * text; one that differs from what was applied is refused (CSIGN_E_CONFLICT), and so is a database of a newer version. Two
 * processes cannot have the same store open for writing: CSIGN_E_CONFLICT. CSIGN_E_UNAVAILABLE for what the system refuses, with
 * the reason in `fault`.
 */
csign_code store_open(const struct store_options *options, struct store **ret, csign_fault *fault);
/* Must be called before store_start(). */
void store_set_sequencer(struct store *store, const struct store_sequencer *sequencer);
/* Starts the writer. Until then store_perform() runs on the caller's thread, which start-up and tools use. */
csign_code store_start(struct store *store);
/* Finishes what waits, refuses what comes, ends the writer and closes everything. */
void store_close(struct store **store);

/* Hands an operation to the writer: CSIGN_OK, and `done` will be called; CSIGN_E_UNAVAILABLE, and it will not. */
csign_code store_submit(struct store *store, struct operation *operation);
/* Submits and waits; the operation's own `done` is not called. */
csign_code store_perform(struct store *store, struct operation *operation);

/* An operation on its way, for a thread that has something else to do meanwhile. Its members are the store's. */
struct errand {
    struct operation operation;
    struct operation *inner;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool has_ended;
    csign_code code;
};
/* The two halves of store_perform(). Whoever has begun must await, and may touch the operation again only then. */
void store_begin(struct store *store, struct errand *errand, struct operation *operation);
csign_code store_await(struct errand *errand);

/*
 * A session that only reads, and sees one state of the data from its first statement until it is given back. There are a few: the
 * call waits while all are lent, so a thread takes one at a time and does not wait for others meanwhile. Where no connection can
 * be had, its queries fail with CSIGN_E_UNAVAILABLE.
 */
struct session *store_reader(struct store *store);
void store_reader_end(struct store *store, struct session *reader);

/*
 * Where much is written (session_bulk()): moves what was committed into the database file, if it is worth it, while others read and
 * write; `ret_moved` tells whether it was. For the thread that writes much. The WAL begins anew only when nothing is left to be moved as an
 * operation begins: who calls it while one runs, calls it again behind it.
 */
csign_code store_checkpoint(struct store *store, bool *ret_moved);

/* Whether the database file is whole, page by page, and every reference leads somewhere: CSIGN_E_CONFLICT, with what is not in `fault`. */
csign_code store_check_integrity(struct session *session, csign_fault *fault);

struct store_counters {
    uint64_t transactions, operations, failed_commits, waiting;
};
void store_count(struct store *store, struct store_counters *ret);

#endif
