/*
 * The key binding (RFC 9901 section 4.3, TOKENS 5): the JWT by which the clinician's own key signs the presentation, the
 * transaction data and the request's nonce.
 */
#ifndef CORE_KEY_BINDING_H
#define CORE_KEY_BINDING_H

#include "presentation.h"
#include "transaction.h"

struct key_binding {
    uint64_t present;
    uint64_t iat, auth_time;
    span aud, nonce, jti;
    uint8_t sd_hash[CSIGN_HASH_SIZE];
    size_t hash_count;
    uint8_t hashes[CSIGN_ENTRIES_MAX][CSIGN_HASH_SIZE]; /* of the entry strings, in order */
};

/* Reads a decoded key binding JWT; it verifies nothing. malformed-header, malformed-json, malformed-key-binding. */
csign_code key_binding_read(const struct jws *jws, struct buffer *scratch, struct key_binding *ret, csign_fault *fault);

/* Appends the signed JWT. */
csign_code key_binding_write(struct buffer *out, const struct key_binding *binding, const struct signing_key *key);

/* The id of a sign-off (PROTOCOL 4): SHA-256(signing input in ASCII ‖ SHA-256 of the entry's string). */
void sign_off_id(span signing_input, const uint8_t entry_hash[CSIGN_HASH_SIZE], uint8_t ret[CSIGN_HASH_SIZE]);

#endif
