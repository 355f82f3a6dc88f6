/*
 * What the follower holds: the newest gate, made by applying what came, shown to those who decide, and kept in the ledger. An
 * ending is shown before it is kept; a trust root is kept before it is used (PROTOCOL 2).
 *
 * One thread, the follower's.
 */
#ifndef SYNC_HOLDING_H
#define SYNC_HOLDING_H

#include "checkpoint.h"
#include "kept.h"
#include "problems.h"
#include "newest.h"

struct holding {
    struct ledger *ledger;
    struct newest *newest;
    struct problems *problems;
    struct connection reader;
    csign_gate *gate; /* the newest snapshot's */
    uint8_t nonce[CSIGN_NONCE_SIZE];
    bool offline, nonce_answered;
    uint64_t replayed;  /* leaves that the gate holds */
    int64_t kept_time;  /* the time of the checkpoint that is kept */
    uint64_t kept_size; /* leaves in the ledger, without a gap */
    size_t checkpoint_size;
    uint8_t checkpoint[CHECKPOINT_MAX]; /* the newest that was taken */
};

/* Opens the gate with the newest kept root, or with what the options say, and replays what is kept. `options` needs no nonce. */
csign_code holding_open(struct holding *h, const csign_gate_options *options, csign_fault *fault);
void holding_close(struct holding *h);

bool holding_has_root(const struct holding *h);

/* Each is the apply function of its name; an equivocation is shown, kept with both notes, and returned. */
csign_code hold_root(struct holding *h, span note, csign_fault *fault);
csign_code hold_policy(struct holding *h, span note, const uint8_t name[24], bool is_new, csign_fault *fault);
csign_code hold_leaves(struct holding *h, const uint8_t *leaves, uint64_t count, span checkpoint, csign_fault *fault);
csign_code hold_event(struct holding *h, span event, csign_fault *fault);
csign_code hold_fresh(struct holding *h, span note, csign_fault *fault);
/* Takes the policies that are kept and wanted. */
void hold_kept_policies(struct holding *h);
/* The kept leaves led to no signed tree: they are fetched again. */
csign_code holding_drop_leaves(struct holding *h);

#endif
