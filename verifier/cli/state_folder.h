/*
 * A state folder (PROTOCOL 9): what a registry serves, under the same paths. Reading one builds a gate of it, which verifies
 * everything; changing one is tried on that gate before a byte is written, and the checkpoint is written last.
 */
#ifndef CLI_STATE_FOLDER_H
#define CLI_STATE_FOLDER_H

#include "gate.h"
#include "keys.h"

#define STATE_LEAVES_MAX (UINT64_C(1) << 24) /* 768 MiB of leaves: a gate for more follows a registry */
#define STATE_ROOTS_MAX  1000u

struct state_folder {
    struct call *call;
    const char *path;
    csign_gate *gate;
    uint8_t *leaves; /* all that the checkpoint covers */
    uint64_t size;
    int lock; /* -1: only read */
    struct state_change {
        uint64_t size; /* of the log with it */
        span checkpoint;
        const struct state_policy *policies;
        size_t policy_count;
    } change;
};

/* A policy that a leaf is to name, and the file that it came in. */
struct state_policy {
    span note;
    const char *path;
};

/* How a folder is to be read. */
struct state_reading {
    const uint8_t *root_hash; /* the root that is pinned; NULL: the first in the folder, for changing one's own */
    span deployment;
    bool accept_test;
    span overlay; /* the app's own rule, or absent */
};

/*
 * Reads a folder. What is malformed is an error, CANNOT; what is missing but named by the log is left to the decision.
 * state_close() in any case.
 */
int state_open(struct call *call, const char *path, const struct state_reading *how, struct state_folder *ret);
/* One's own test registry: nothing to pin. */
extern const struct state_reading state_own;
/* The same under a lock, to be changed. */
int state_open_to_change(struct call *call, const char *path, struct state_folder *ret);
void state_close(struct state_folder *folder);

/* The keys that sign a change. */
struct state_keys {
    struct key statuslog, fresh;
};
int state_keys_open(struct keyring *ring, const char *folder, struct state_keys *ret);

/*
 * Appends leaves, as of `at`; no leaves: a new cosignature alone. Where they are P leaves, `policies` are their notes, else
 * NULL. This signs and tries the change; nothing is written before state_commit().
 */
int state_propose(struct state_folder *folder, const struct state_keys *keys, const struct leaf *leaves, size_t count,
                  int64_t at, const struct state_policy *policies);
int state_commit(struct state_folder *folder);

/* Writes the first version of the root into an empty folder, and opens it to be changed. */
int state_begin(struct call *call, const char *path, span root_note, struct state_folder *ret);

/* The root that the folder's gate holds, and what its log says. */
static inline const struct root *state_root(const struct state_folder *folder)
{
    return &folder->gate->root->root;
}
static inline const struct status *state_status(const struct state_folder *folder)
{
    return &folder->gate->status;
}

#endif
