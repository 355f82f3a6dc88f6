/*
 * Ed25519 keys: public keys, signing keys, RFC 8037 JWK and RFC 7638 thumbprint. Verification is libsodium's,
 * which refuses small-order and non-canonical keys and malleable signatures.
 */
#ifndef CORE_KEY_H
#define CORE_KEY_H

#include "buffer.h"

struct public_key {
    uint8_t bytes[CSIGN_PUBLIC_KEY_SIZE];
};

/* A type of its own, so that no other call can take it: a secret is never logged, compared or encoded. */
struct signing_key {
    uint8_t seed_and_public[64];
};

static inline bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* Whether the key is a canonical point of the main subgroup (TOKENS 8.1, N11). Costs about one verification. */
bool public_key_is_sound(const struct public_key *key);

/* Whether `signature` is this key's over the concatenation of the message. */
bool public_key_verify(const struct public_key *key, span message, const uint8_t signature[CSIGN_SIGNATURE_SIZE]);

/* Reads B64U of 32 bytes. It does not check that they are a sound key. */
bool public_key_read(span b64u, struct public_key *ret);

/* RFC 7638: SHA-256 of {"crv":"Ed25519","kty":"OKP","x":"…"}. */
void public_key_thumbprint(const struct public_key *key, uint8_t ret[CSIGN_HASH_SIZE]);

void signing_key_from_seed(const uint8_t seed[32], struct signing_key *ret);
void signing_key_public(const struct signing_key *key, struct public_key *ret);
void signing_key_sign(const struct signing_key *key, span message, uint8_t ret[CSIGN_SIGNATURE_SIZE]);
void signing_key_wipe(struct signing_key *key);

#endif
