/*
 * Access tokens (PROTOCOL 7): who proved their key gets a token for 15 minutes. It is stateless, under a key that lives as long as
 * the process; but that the officer, the app or the holder's key has not ended is asked of the data at each request, so that an
 * ending bites at once and not when the token does.
 */
#ifndef DOMAIN_ACCESS_H
#define DOMAIN_ACCESS_H

#include "registry.h"

#define ACCESS_LIFE_S    900u
#define ACCESS_NAME_MAX  (2 * CSIGN_ID_MAX + 1) /* "body/officer" */
#define ACCESS_TOKEN_MAX 288u

enum access_role { ACCESS_OFFICER = 1, ACCESS_APP, ACCESS_CLINICIAN };

struct access {
    enum access_role role;
    struct public_key key;
    uint64_t expires_s;
    size_t name_size;
    char name[ACCESS_NAME_MAX + 1]; /* "body/officer", deployment, or practitioner; NUL-terminated */
};

/*
 * POST /v1/tokens: whose key a proof (use token) shows, and the token itself, NUL-terminated. A clinician needs a bound key, not a
 * live index: the inbox is hers while she is suspended. body-malformed, possession-bad, nonce-unknown; unauthenticated for a key that
 * nobody has or that has ended, officer-ended for an officer's.
 */
csign_code access_grant(const struct registry *registry, span proof, uint64_t now_ms, struct access *ret,
                        char ret_token[ACCESS_TOKEN_MAX], csign_fault *fault);

/*
 * Whom a token names, at each request: unauthenticated if this process did not give it, it has expired, or its app or key has ended
 * since; officer-ended. One indexed read, in a session of its own.
 */
csign_code access_check(const struct registry *registry, span token, uint64_t now_ms, struct access *ret, csign_fault *fault);

#endif
