/*
 * The gate: what is known of one registry, as an immutable state built from its trust root, its policies and its
 * replayed status log. Every apply function makes the next state and leaves the old one as it was, so that one thread
 * can build while others decide.
 *
 * A gate opens no socket and no file and asks no clock: the caller brings bytes and times. What a state holds was
 * verified against the root; nothing is trusted that the root does not name, and the first root is the one that the
 * caller pins. For a program that wants all this done for it, libcountersign-sync follows a registry by itself.
 *
 * Thread safety: a csign_gate may be read by any number of threads at once. Applying, and freeing a state that shares
 * memory with another, must be done by one thread at a time; that thread frees a state when no other uses it.
 */
#ifndef COUNTERSIGN_GATE_H
#define COUNTERSIGN_GATE_H

#include <countersign/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csign_gate csign_gate;

/*
 * What a gate must never fall behind, kept by the caller across restarts: the size and root of the status log, the
 * time of the newest evidence and the version of the trust root. Zeroed: nothing is known yet.
 */
typedef struct csign_marks {
    uint64_t log_size;
    uint8_t log_root[CSIGN_HASH_SIZE];
    int64_t evidence_time; /* NumericDate, seconds */
    uint64_t root_version;
    int is_distrusted; /* 1: the log was seen with two histories; it stays so until the root names another log */
} csign_marks;

/* How a gate is opened. Zero the struct first; absent members are zero. */
typedef struct csign_gate_options {
    size_t struct_size;       /* sizeof(csign_gate_options) */
    csign_span deployment;    /* id of this deployment: the audience that sign-offs must name */
    csign_span root;          /* a trust root note that the caller holds, or */
    const uint8_t *root_hash; /* the SHA-256 of its text, 32 bytes, from configuration: never on first use */
    int accept_test;          /* 1: test roots are accepted, and production roots are not */
    int offline;              /* 1: declared offline. Else an ALLOW needs a fresh note for `nonce` after each start */
    uint8_t nonce[CSIGN_NONCE_SIZE]; /* random, made anew by each start */
    const csign_marks *marks;        /* from the last run, or NULL */
    csign_span overlay;              /* the app's own rule, JSON (docs/protocol.md, section 8), or absent: it can only restrict */
} csign_gate_options;

/*
 * Opens a gate. With only a hash, every decision is `root-missing` until csign_gate_apply_root() brings the note.
 * On success *ret_gate is the caller's, to be freed with csign_gate_free(). Copies all it needs.
 * Errors: argument; policy-malformed with the member of the overlay; root-hash; root-kind for a production root where test roots are asked for; root-…, note-….
 * A test root where production roots are asked for is held, and every decision is `root-test`.
 */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_gate_open(const csign_gate_options *options, csign_gate **ret_gate,
                                                      csign_fault *fault);

/* Frees a state and sets the pointer to NULL. NULL and a pointer to NULL are allowed. */
CSIGN_EXPORT void csign_gate_free(csign_gate **gate);

/*
 * The next trust root: the note whose hash the gate was opened with, or version n+1, signed by the thresholds of both.
 * Policies whose signer the new root no longer names are dropped; evidence is asked for again if the root changes who vouches
 * for it, and all that was known of the log if it names another log. Errors: root-version, root-threshold, root-kind, ….
 *
 * This and each of the following: on success *ret_gate is a new state, and `gate` stays valid; both are freed by
 * csign_gate_free(). On an error *ret_gate is untouched, but for CSIGN_E_EQUIVOCATION: then it is a state that refuses
 * everything with `log-inconsistent`, and the caller must go on with it. `fault` may be NULL.
 */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_gate_apply_root(const csign_gate *gate, csign_span note,
                                                            csign_gate **ret_gate, csign_fault *fault);

/*
 * A policy that a leaf of the log names: its note, signed by a policy key of the root. Errors: policy-unnamed if no leaf
 * names it, policy-rolled-back if the log names a higher version in force before it, policy-signer, policy-malformed with
 * the member, note-….
 */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_gate_apply_policy(const csign_gate *gate, csign_span note,
                                                              csign_gate **ret_gate, csign_fault *fault);

/*
 * The policy that csign_gate_wants() asks for by its name, `note` of the want, and nothing else: after a success it is wanted
 * no more, so who fetches one after the other comes to an end whatever is served. policy-unnamed for another note, also
 * for one that the log names elsewhere; else as csign_gate_apply_policy().
 */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_gate_apply_wanted(const csign_gate *gate, const uint8_t name[24],
                                                              csign_span note, csign_gate **ret_gate, csign_fault *fault);

/*
 * An event object: the leaves of one commit and the checkpoint that it led to. An ending acts at once, on the log's
 * signature alone; a binding or a policy counts, and the evidence grows younger, only when freshness keys cosigned.
 * Errors: leaf-malformed, proof-bad if the leaves do not lead to the signed root, checkpoint-malformed,
 * checkpoint-rolled-back, equivocation, note-….
 */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_gate_apply_event(const csign_gate *gate, csign_span event,
                                                             csign_gate **ret_gate, csign_fault *fault);

/*
 * The same with the leaves as they lie in entry tiles: `count` leaves of 48 bytes behind those that the gate holds, and
 * a checkpoint of exactly that many. For catching up.
 */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_gate_apply_leaves(const csign_gate *gate, const uint8_t *leaves,
                                                              uint64_t count, csign_span checkpoint,
                                                              csign_gate **ret_gate, csign_fault *fault);

/* A checkpoint of the size that the gate holds, with newer cosignatures: the heartbeat. The same as no leaves. */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_gate_apply_checkpoint(const csign_gate *gate, csign_span checkpoint,
                                                                  csign_gate **ret_gate, csign_fault *fault);

/*
 * A fresh note for this gate's nonce and for the tree that it holds. Errors: argument for another nonce,
 * checkpoint-rolled-back if it is older than evidence seen before, ….
 */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_gate_apply_fresh(const csign_gate *gate, csign_span note,
                                                             csign_gate **ret_gate, csign_fault *fault);

/* What a state holds. Views are valid as long as the state. */
typedef struct csign_gate_info {
    csign_span origin; /* the registry's name; absent while no root is held */
    csign_marks marks; /* to be kept for the next start */
    uint64_t bindings; /* status indexes allocated */
    uint64_t floor;    /* below it every index is retired */
    int is_test;       /* 1: the root is a test root */
    int is_distrusted; /* 1: the log was seen with two histories */
} csign_gate_info;

CSIGN_EXPORT void csign_gate_describe(const csign_gate *gate, csign_gate_info *ret_info);

/* Something that the log names and the state does not hold: a root version, or a policy note by its hash. */
typedef struct csign_gate_want {
    int is_policy;          /* 0: the trust root of `version` */
    uint64_t version;
    uint8_t note[24];       /* of a policy: the first 24 bytes of the note's hash */
    int64_t effective_time; /* of a policy: from then on it is in force */
} csign_gate_want;

/*
 * The place-th thing wanted, from 0. Returns 1, or 0 when there are no more. A policy that was fetched may be another than
 * the one asked for: give it to csign_gate_apply_wanted(), and go on to the next place where that refuses it.
 */
CSIGN_EXPORT int csign_gate_wants(const csign_gate *gate, size_t place, csign_gate_want *ret_want);

#ifdef __cplusplus
}
#endif

#endif
