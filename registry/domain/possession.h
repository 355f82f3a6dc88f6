/*
 * Proof of possession, as the registry takes it (PROTOCOL 9): a proof that verifies, was made for this registry and this use, and
 * whose nonce the registry gave and now uses up. What it says is copied out, so that nothing points into the body.
 *
 * `iat` is read and not compared: the clock of a device proves nothing, the nonce does.
 */
#ifndef DOMAIN_POSSESSION_H
#define DOMAIN_POSSESSION_H

#include "proof.h"
#include "registry.h"

struct possession {
    struct public_key key;
    uint8_t thumbprint[CSIGN_HASH_SIZE]; /* RFC 7638: by it a holder is found */
    uint64_t idx;                        /* of PROOF_CREDENTIAL: 0, or the index that the holder expects */
    size_t code_size;                    /* of PROOF_BINDING */
    char code[CSIGN_STRING_MAX];
};

/* body-malformed, possession-bad, nonce-unknown, too-many. Takes about two verifications: never on the writer's thread. */
csign_code possession_read(const struct registry *registry, uint8_t use, span proof, uint64_t now_ms, struct possession *ret,
                           csign_fault *fault);

#endif
