/* What a gate keeps in the ledger across restarts: trust roots, policies, leaves with their checkpoint, and marks. */
#ifndef SYNC_KEPT_H
#define SYNC_KEPT_H

#include "ledger.h"

#include <countersign/gate.h>

#define KEPT_BLOCK 4096u /* leaves in a row, at most */

/* One change, durable as one: absent members change nothing. */
struct keeping {
    struct entry entry;
    span root_note;
    uint64_t root_version;
    const uint8_t *root_hash;
    span policy_note;
    const uint8_t *policy_name; /* 24 bytes */
    bool drops_leaves;          /* the root names another log */
    span leaves;                /* those behind leaf `first` - 1 */
    uint64_t first;
    span checkpoint;            /* of exactly the leaves that are kept; with it go the marks */
    csign_marks marks;
    int64_t seen;
    span held_note, seen_note; /* two histories */
    uint64_t at_ms;
};
csign_code keep(struct ledger *ledger, struct keeping *keeping);

/* As it was kept. The texts are the caller's to free(); NULL where there is none. */
struct kept {
    csign_marks marks;
    int64_t seen; /* the newest time that any evidence had */
    uint64_t root_version;
    uint8_t *root, *checkpoint;
    size_t root_size, checkpoint_size;
};
csign_code kept_read(struct connection *c, struct kept *ret);
void kept_free(struct kept *kept);
/* Whether a root of this hash is kept: CSIGN_OK or CSIGN_E_NOT_FOUND. */
csign_code kept_find_root(struct connection *c, const uint8_t hash[CSIGN_HASH_SIZE]);
/* The note of a policy, to be freed; NULL if it is not kept. */
csign_code kept_policy(struct connection *c, const uint8_t name[24], uint8_t **ret, size_t *ret_size);
/* The leaves from `first` on, without a gap and at most up to `size`; to be freed. */
csign_code kept_leaves(struct connection *c, uint64_t first, uint64_t size, uint8_t **ret, uint64_t *ret_count);

#endif
