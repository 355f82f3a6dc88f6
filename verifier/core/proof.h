/*
 * Proof of possession (PROTOCOL 9): a compact JWS over the registry's nonce by which a client shows that it
 * holds a key.
 *
 * It is the one token that brings its key along, in the header's `jwk`. Every other signature is checked by a
 * key that somebody else vouched for; this one has to be checked before anybody vouches: when a key is bound,
 * the registry does not know it yet. So nothing is believed of the key but that it is sound and made this
 * signature. Whose it is, the caller looks up by its thumbprint, and no other reader of tokens takes a `jwk`
 * (N04).
 */
#ifndef CORE_PROOF_H
#define CORE_PROOF_H

#include "jws.h"
#include "vocabulary.h"

#define PROOF_MAX 2048u /* bytes of the token; what it holds is shorter by half */

enum { PROOF_TOKEN = 1, PROOF_BINDING, PROOF_CREDENTIAL, PROOF_END };
extern const struct vocabulary proof_uses;

struct proof {
    uint64_t present;
    span aud;   /* `iss` of the registry */
    span nonce; /* as text */
    uint64_t iat;
    uint8_t use;
    span code;    /* of a binding, absent else */
    uint64_t idx; /* of a credential, 0 else */
    struct public_key key;
};

/*
 * Reads a proof and verifies it by its own key, which must be a sound point. body-malformed with the member for
 * its form, possession-bad for key or signature; no-space. What is asked for it does not know: proof_check()
 * does.
 */
csign_code proof_read(span compact, struct buffer *scratch, struct proof *ret, csign_fault *fault);

/*
 * Whether a proof was made for this registry, this use and this nonce: possession-bad with aud, use or nonce.
 * That the nonce is one that the registry gave, not yet used and not older than it may be, is the caller's to
 * know.
 */
csign_code proof_check(const struct proof *proof, span aud, uint8_t use, span nonce, csign_fault *fault);

/* Appends a proof by `key`; the struct's key is not used. */
csign_code proof_write(struct buffer *out, const struct proof *proof, const struct signing_key *key);

#endif
