/*
 * The status of every index, as the log's leaves made it: what is live, what ended, what was cut, retired, and which
 * policies and root the log names. Status is monotone: an index that ends never comes back (PROTOCOL 3).
 */
#ifndef GATE_STATUS_H
#define GATE_STATUS_H

#include "leaf.h"
#include "merkle.h"

#define STATUS_CHUNK  1024u
#define STATUS_COMMIT 16u /* bytes of a commitment that are kept: a credential key alone cannot mint a clinician unseen */

struct status_chunk {
    uint8_t commit[STATUS_CHUNK][STATUS_COMMIT];
    uint8_t ended[STATUS_CHUNK]; /* 0: live; else end_code */
};

struct status_cut {
    enum cut_kind kind;
    uint8_t id[16];
    uint64_t cut_ms;
};

/* A policy version that a P leaf names, ordered by id, then version. */
struct status_policy {
    uint8_t id[8], note[24];
    uint32_t version;
    uint64_t effective_ms;
    uint64_t leaf; /* the place of the leaf in the log */
};

struct status {
    struct merkle_range range;
    uint64_t bindings, floor;
    struct status_chunk **chunks; /* shared blocks in an array of our own */
    size_t chunk_count;
    struct status_cut *cuts; /* shared block, ordered by kind, then id */
    size_t cut_count;
    struct status_policy *policies; /* shared block */
    size_t policy_count;
    uint64_t root_version; /* 0: no K leaf yet */
    uint8_t root_hash[CSIGN_HASH_SIZE];
};

/* A copy that shares its blocks; false without memory, and then `to` holds nothing. */
bool status_copy(struct status *to, const struct status *from);
void status_free(struct status *status);

/* Applies the next leaf. leaf-malformed with the field, or no-space without memory. */
csign_code status_apply(struct status *status, span leaf, csign_fault *fault);

/* The commitment of an index below `bindings`, and how it ended: 0 while it is live. */
const uint8_t *status_commit(const struct status *status, uint64_t index);
uint8_t status_ended(const struct status *status, uint64_t index);

/* The time of a cut in milliseconds, 0 if there is none: what came before it falls. */
uint64_t status_cut_ms(const struct status *status, enum cut_kind kind, const uint8_t id[16]);

#endif
