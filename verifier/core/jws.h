/*
 * Compact JWS (RFC 7515) with Ed25519 (RFC 8037, RFC 9864): exactly three non-empty segments. The key record decides the
 * algorithm; a token never brings its own key, but for the one whose purpose that is (proof.h).
 */
#ifndef CORE_JWS_H
#define CORE_JWS_H

#include "key.h"
#include "schema.h"

struct jws {
    span signing_input; /* seg1 "." seg2, as received */
    span segments[3];   /* as received */
    span header, payload, signature; /* decoded */
};

/* Splits; malformed-token if there are not three non-empty segments. */
csign_code jws_split(span compact, struct jws *ret, csign_fault *fault);
/* Decodes the segments into scratch; malformed-base64. */
csign_code jws_decode(struct jws *jws, struct buffer *scratch, csign_fault *fault);
/* Whether the signature is 64 bytes and this key's over the signing input. */
bool jws_verify(const struct jws *jws, const struct public_key *key);

struct jws_header {
    uint64_t present;
    span kid; /* absent if the profile has none */
};
/*
 * Reads a header of the profile: `alg` Ed25519 or EdDSA, `typ` exactly this one, `kid` of 1 to 128 bytes if `with_kid`, and
 * nothing else: crit, b64, jku, jwk, x5u, x5c, zip, enc all refuse. malformed-json, malformed-header.
 */
csign_code jws_header_read(span json, const char *typ, bool with_kid, struct buffer *scratch, struct jws_header *ret,
                           csign_fault *fault);

/* Reads `alg`, for a table's FIELD_CALL: Ed25519 or EdDSA, which mean the same, and nothing else. */
bool jws_algorithm_read(struct json *j, const struct schema_field *field, void *into);

/* Appends a token: header and payload are JSON. */
void jws_write(struct buffer *out, span header, span payload, const struct signing_key *key);

#endif
