#include "key.h"
#include "base64.h"
#include "hash.h"

#include <sodium.h>

bool public_key_is_sound(const struct public_key *key)
{
    return crypto_core_ed25519_is_valid_point(key->bytes) == 1;
}

bool public_key_verify(const struct public_key *key, span message, const uint8_t signature[CSIGN_SIGNATURE_SIZE])
{
    return crypto_sign_verify_detached(signature, message.data, message.size, key->bytes) == 0;
}

bool public_key_read(span b64u, struct public_key *ret)
{
    return base64url_exact(b64u, ret->bytes, sizeof ret->bytes);
}

void public_key_thumbprint(const struct public_key *key, uint8_t ret[CSIGN_HASH_SIZE])
{
    uint8_t memory[96];
    struct buffer jwk = buffer_open(memory, sizeof memory);
    buffer_text(&jwk, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"");
    base64url_encode(&jwk, span_of(key->bytes, sizeof key->bytes));
    buffer_text(&jwk, "\"}");
    hash_of(buffer_span(&jwk), ret);
}

void signing_key_from_seed(const uint8_t seed[32], struct signing_key *ret)
{
    uint8_t public_bytes[32];
    crypto_sign_seed_keypair(public_bytes, ret->seed_and_public, seed);
}

void signing_key_public(const struct signing_key *key, struct public_key *ret)
{
    memcpy(ret->bytes, key->seed_and_public + 32, sizeof ret->bytes);
}

void signing_key_sign(const struct signing_key *key, span message, uint8_t ret[CSIGN_SIGNATURE_SIZE])
{
    crypto_sign_detached(ret, NULL, message.data, message.size, key->seed_and_public);
}

void signing_key_wipe(struct signing_key *key)
{
    sodium_memzero(key, sizeof *key);
}
