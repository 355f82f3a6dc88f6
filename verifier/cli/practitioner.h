/* The practitioners of a test registry: their facts and keys, in DIR/practitioners/<index>.json, and their credentials. */
#ifndef CLI_PRACTITIONER_H
#define CLI_PRACTITIONER_H

#include "credential.h"
#include "state_folder.h"

struct practitioner {
    span json;               /* the facts as they were given */
    struct credential facts; /* with `sub` */
    struct public_key holder;
};

/* Reads the facts from a file; `holder` is a public key in base64url or the path of a key file. */
int practitioner_read(struct call *call, const char *path, const char *holder, struct practitioner *ret);
/* Who was bound before, one an index. */
struct bound {
    span sub;
    struct public_key holder;
};
int practitioners_load(struct state_folder *folder, struct bound **ret);

/*
 * Whether this registry may bind her at `at`, after the `count` in `bound`: place and key. It gives her a `sub` if she has
 * none. Indexes that the log does not have yet are about to be live.
 */
int practitioner_admit(struct state_folder *folder, const struct bound *bound, uint64_t count, struct practitioner *person,
                       int64_t at);
/* The commitment of her B leaf. */
void practitioner_commit(const struct root *root, const struct practitioner *person, uint8_t ret[CSIGN_HASH_SIZE]);

int practitioner_store(struct state_folder *folder, const struct practitioner *person, uint64_t index);
/* Whom an index was given to; REFUSED if it is not live. */
int practitioner_load(struct state_folder *folder, uint64_t index, struct practitioner *ret);

/* The credential of an index (TOKENS 4.1), as issued. */
int practitioner_credential(struct state_folder *folder, const struct practitioner *person, uint64_t index,
                            const struct key *issuer, int64_t at, int64_t life, span *ret);

#endif
