/* The state of a gate, as its own files see it. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "checkpoint.h"
#include "event.h"
#include "hash.h"
#include "policy.h"
#include "root.h"
#include "status.h"

#include <countersign/gate.h>

/* How the gate was opened: the same for all its states. A shared block; the texts lie behind it. */
struct opening {
    span deployment;
    bool accept_test, offline, by_hash, has_overlay;
    struct policy overlay; /* of that one rule */
    uint8_t root_hash[CSIGN_HASH_SIZE];
    uint8_t nonce[CSIGN_NONCE_SIZE];
};

/* A trust root or a policy with all it points to, as one shared block. */
struct held_root {
    struct root root;
    span note;
};
struct held_policy {
    struct policy policy;
    span note;
};

struct csign_gate {
    struct opening *opening;
    struct held_root *root; /* NULL: opened by a hash, and not yet given */
    struct status status;
    struct merkle_hash tree_root; /* of status.range */
    bool has_evidence;            /* a signed tree was replayed and freshness keys vouched for it */
    bool nonce_answered;
    bool distrusted; /* the log was seen with two histories */
    int64_t evidence_time;
    /*
     * What the freshness keys vouched for. An ending acts on the log's signature alone; a binding or a policy behind this
     * counts for nothing until it is vouched for too (DESIGN 5: asymmetric evidence).
     */
    uint64_t vouched_size, vouched_bindings;
    struct csign_marks marks; /* what must not be fallen behind */
    struct held_policy **policies; /* one a row of status.policies, NULL where it is not held; an array of our own */
    size_t policy_count;           /* of that array */
};

/* The next state, as yet the same; NULL without memory. */
csign_gate *gate_copy(const csign_gate *gate);

/* policies.c: reads a policy that a leaf names and puts it in its place; with a name, only into one that waits for it. */
csign_code gate_hold_policy(csign_gate *gate, span note, const uint8_t *name, csign_fault *fault);
/* policies.c: replaces the array by one of what the log names now, with what `before` held of it. */
csign_code gate_match_policies(csign_gate *gate, const csign_gate *before, csign_fault *fault);
void gate_drop_policies(csign_gate *gate);
/* policies.c: drops the policies whose signer the root does not name any more. */
void gate_recheck_policies(csign_gate *gate);

/* evidence.c: verifies a checkpoint by the root's status log keys, and what freshness keys say of it. */
struct evidence {
    struct checkpoint checkpoint;
    bool has_time;
    int64_t time; /* the k-th newest cosignature's */
};
csign_code evidence_read(const struct root *root, span note, struct buffer *scratch, struct evidence *ret,
                         csign_fault *fault);
/* evidence.c: the time that k freshness keys vouch for on a note; false if fewer do. */
csign_code evidence_time(const struct root *root, const struct note *note, bool *ret_has_time, int64_t *ret_time,
                         csign_fault *fault);

#endif
