/*
 * Bindings: a holder's key becomes hers by a one-time code that two officers gave, and ends by her own word.
 *
 * A refusal that has to be remembered, the wrong code, commits: `run` then returns CSIGN_OK, and the refusal stands in the struct.
 */
#ifndef DOMAIN_BINDING_H
#define DOMAIN_BINDING_H

#include "possession.h"
#include "uuid.h"

#define CODE_HANDLE_SIZE  12u /* what a code begins with: the last characters of its deed's id; then '-' and the secret */
#define CODE_FAILURES_MAX 5u  /* wrong secrets, after which a code is locked */

/*
 * POST /v1/bindings. The binding's authenticator is storage file, user_auth none, attested false, proofing in_person: the proof says
 * nothing of where the key lies, so the least is assumed, and who brought the code had it from officers of the institution.
 */
struct binding_make {
    struct operation operation;
    const struct registry *registry;
    struct possession possession;
    csign_fault fault;
    csign_code refusal; /* after CSIGN_OK: CSIGN_OK, or code-wrong or code-locked, with `fault` and without results */
    uint64_t index;
    char practitioner[UUID_SIZE + 1];
};
/*
 * body-malformed, possession-bad, nonce-unknown. Then by `run`: code-wrong, code-expired, code-locked; key-already-bound, also for the
 * key of an officer or app; standing-order; conflict where the institution, affiliation or licence has ended.
 */
csign_code binding_make_prepare(struct binding_make *make, const struct registry *registry, span proof, uint64_t now_ms);

/* POST /v1/bindings/end: the holder ends her own key. */
struct binding_end {
    struct operation operation;
    const struct registry *registry;
    struct possession possession;
    csign_fault fault;
    bool has_index; /* false: it had ended before, as had the key */
    uint64_t index;
};
/* Then by `run`: not-found for a key that was never bound. */
csign_code binding_end_prepare(struct binding_end *end, const struct registry *registry, span proof, uint64_t now_ms);

#endif
