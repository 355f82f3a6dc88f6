/*
 * A registry as it is watched: what it serves, replayed by a gate that verifies all of it, in memory alone. Nothing is printed
 * and nothing is kept here; a gate that keeps itself up to date is libcountersign-sync's.
 */
#ifndef CLI_WATCHED_H
#define CLI_WATCHED_H

#include "events.h"
#include "gate.h"
#include "remote.h"

struct watched {
    struct remote *remote;
    csign_gate *gate;
    uint8_t nonce[CSIGN_NONCE_SIZE];
    struct buffer scratch;
    const struct watched_calls *calls; /* NULL: nobody looks on */
    void *context;
};

/* Called with what the gate has taken, when it has. */
struct watched_calls {
    void (*leaf)(void *context, uint64_t place, const struct leaf *leaf);
    /* Of exactly the leaves so far, newer than the one before. */
    void (*checkpoint)(void *context, span note);
    /* A trust root or a policy, by the path where it is served; also the roots before the pinned one, which nobody vouches for. */
    void (*note)(void *context, const char *path, span note);
};

/* A gate for the root of this hash, which is not fetched yet. */
csign_code watched_open(struct remote *remote, const uint8_t root_hash[CSIGN_HASH_SIZE], struct watched *ret, csign_fault *fault);

/* The pinned root, and all that follow it. */
csign_code watched_roots(struct watched *watched, csign_fault *fault);
/* The checkpoint, and the leaves up to it by entries tiles. */
csign_code watched_log(struct watched *watched, csign_fault *fault);
/* An answer to this run's own nonce: what is fresh, and no replay. */
csign_code watched_fresh(struct watched *watched, csign_fault *fault);
/* The policies that the log names; on a failure the others are fetched all the same. *ret_missing is how many are not held. */
csign_code watched_policies(struct watched *watched, size_t *ret_missing, csign_fault *fault);
/* One event of the stream. What is older than what is held is passed over. */
csign_code watched_take(struct watched *watched, const struct server_event *event, csign_fault *fault);

/* Leaves that the gate has taken. */
uint64_t watched_size(const struct watched *watched);
/* NumericDate of the newest evidence; 0: there is none. */
int64_t watched_evidence(const struct watched *watched);

#endif
