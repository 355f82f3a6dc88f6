/*
 * The ledger: the one SQLite file of a gate, and group commit without a thread of its own. Whoever writes hands over a
 * `struct entry`; the first of those who wait writes for all, each in a savepoint of its own inside one transaction, commits
 * once at full durability, and only then tells each how it ended.
 *
 * Thread safety: ledger_write() and ledger_reader() may be called from any thread; a reader belongs to one thread at a time.
 */
#ifndef SYNC_LEDGER_H
#define SYNC_LEDGER_H

#include "sql.h"

#include <pthread.h>

struct ledger;

/* The chain of receipts as the transaction under way has it (PROTOCOL 6): what is rolled back takes its receipts along. */
struct chain {
    uint64_t next_seq;
    uint8_t head[CSIGN_HASH_SIZE];
    uint64_t acked_seq;
    uint8_t acked_head[CSIGN_HASH_SIZE];
    uint64_t permits; /* that wait to be sent */
};

/* One write, embedded as the first member of what it writes. */
struct entry {
    /* Does the work; anything but CSIGN_OK rolls back what it did, and that alone. */
    csign_code (*write)(struct entry *entry, struct ledger *ledger);
    struct entry *next; /* the ledger's, as all below */
    csign_code code;
    bool is_done;
};

struct ledger {
    struct connection writer; /* of who leads a commit, and of nobody else */
    struct chain chain;       /* as committed; while an entry is written, as it leaves it */
    char *path;
    int lock;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool is_led;
    struct entry *first, **last;
    uint64_t commits; /* for tests and benchmarks */
    void (*receipts_added)(void *context); /* called behind a commit that made the chain longer; may be NULL */
    void *context;
};

struct ledger_options {
    const char *path;
    span deployment;
    uint64_t size_max; /* bytes of the file: beyond them writes end with outbox-full */
};

/*
 * Opens the file, or makes it, readable by its owner alone. conflict where another process has it; argument where it is another
 * deployment's; unavailable with the reason of the system.
 */
csign_code ledger_open(const struct ledger_options *options, struct ledger **ret, csign_fault *fault);
void ledger_close(struct ledger **ledger);

/* Writes durably: what the entry returned, or unavailable or outbox-full if the commit failed. */
csign_code ledger_write(struct ledger *ledger, struct entry *entry);
/* A connection that only reads; it never waits for the writer. connection_close() ends it. */
csign_code ledger_reader(struct ledger *ledger, struct connection *ret);
/* The chain as committed. */
struct chain ledger_chain(struct ledger *ledger);

#endif
