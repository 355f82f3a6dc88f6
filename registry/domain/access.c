/*
 * A token is B64U of: role, 1 byte; expiry, 8; key, 32; name; a MAC of all that, 32. Nobody but this process reads it, so that it
 * needs no format for others.
 */
#include "access.h"
#include "base64.h"
#include "cursor.h"
#include "nonce.h"
#include "possession.h"

#include <sodium.h>

#define TOKEN_BYTES_MAX (1 + 8 + CSIGN_PUBLIC_KEY_SIZE + ACCESS_NAME_MAX + NONCE_SEAL_SIZE)
_Static_assert(BASE64URL_SIZE(TOKEN_BYTES_MAX) < ACCESS_TOKEN_MAX, "a token and its terminator fit");

/* --- whose key it is --- */

static void set_name(struct access *access, span body, span id)
{
    struct buffer name = buffer_open(access->name, ACCESS_NAME_MAX);
    if (body.size) {
        buffer_put(&name, body);
        buffer_byte(&name, '/');
    }
    buffer_put(&name, id);
    access->name_size = name.size;
    access->name[name.size] = 0;
}

static csign_code unknown(csign_fault *fault)
{
    return fault_set(fault, CSIGN_E_UNAUTHENTICATED, "key", "nobody's, or it has ended");
}

static csign_code find_officer(struct session *session, struct access *access, csign_fault *fault)
{
    struct query q = QUERY(session, SQL_ACCESS_FIND_OFFICER, VALUE_BLOB(span_of(access->key.bytes, sizeof access->key.bytes)));
    const bool found = query_row(&q), ended = found && query_integer(&q, 2);
    if (found)
        set_name(access, query_text(&q, 0), query_text(&q, 1));
    TRY(query_close(&q));
    if (ended)
        return fault_set(fault, CSIGN_E_OFFICER_ENDED, "key", "the officer's appointment has ended");
    return found ? CSIGN_OK : unknown(fault);
}

/* Of an app by its key, of a holder by the thumbprint. */
static csign_code find_other(struct session *session, enum sql_statement statement, span by, struct access *access,
                             csign_fault *fault)
{
    struct query q = QUERY(session, statement, VALUE_BLOB(by));
    const bool found = query_row(&q), holds = found && !query_integer(&q, 1);
    if (found)
        set_name(access, span_of(NULL, 0), query_text(&q, 0));
    TRY(query_close(&q));
    return holds ? CSIGN_OK : unknown(fault);
}

static csign_code find(struct session *session, struct access *access, csign_fault *fault)
{
    uint8_t thumbprint[CSIGN_HASH_SIZE];
    switch (access->role) {
    case ACCESS_OFFICER:
        return find_officer(session, access, fault);
    case ACCESS_APP:
        return find_other(session, SQL_ACCESS_FIND_APP, span_of(access->key.bytes, sizeof access->key.bytes), access, fault);
    case ACCESS_CLINICIAN:
        public_key_thumbprint(&access->key, thumbprint);
        return find_other(session, SQL_ACCESS_FIND_HOLDER, span_of(thumbprint, sizeof thumbprint), access, fault);
    }
    return unknown(fault);
}

/* --- giving --- */

static void write_token(const struct registry *registry, const struct access *access, char ret[ACCESS_TOKEN_MAX])
{
    uint8_t memory[TOKEN_BYTES_MAX], seal[NONCE_SEAL_SIZE];
    struct buffer bytes = buffer_open(memory, sizeof memory), text = buffer_open(ret, ACCESS_TOKEN_MAX - 1);
    buffer_byte(&bytes, (uint8_t)access->role);
    buffer_u64(&bytes, access->expires_s);
    buffer_put(&bytes, span_of(access->key.bytes, sizeof access->key.bytes));
    buffer_put(&bytes, span_of(access->name, access->name_size));
    nonces_seal(registry->nonces, "access token", buffer_span(&bytes), seal);
    buffer_put(&bytes, span_of(seal, sizeof seal));
    base64url_encode(&text, buffer_span(&bytes));
    ret[text.size] = 0;
}

csign_code access_grant(const struct registry *registry, span proof, uint64_t now_ms, struct access *ret,
                        char ret_token[ACCESS_TOKEN_MAX], csign_fault *fault)
{
    struct possession possession;
    csign_code code = CSIGN_E_UNAUTHENTICATED;
    TRY(possession_read(registry, PROOF_TOKEN, proof, now_ms, &possession, fault));
    *ret = (struct access){.key = possession.key, .expires_s = now_ms / 1000 + ACCESS_LIFE_S};
    struct session *session = store_reader(registry->store);
    if (!session)
        return CSIGN_E_UNAVAILABLE;
    /* A key has one of the three: none is bound that is an officer's or an app's. */
    for (int role = ACCESS_OFFICER; role <= ACCESS_CLINICIAN && code == CSIGN_E_UNAUTHENTICATED; role++) {
        ret->role = (enum access_role)role;
        code = find(session, ret, fault);
    }
    store_reader_end(registry->store, session);
    if (code == CSIGN_OK)
        write_token(registry, ret, ret_token);
    return code;
}

/* --- checking --- */

static csign_code bad_token(csign_fault *fault, const char *reason)
{
    return fault_set(fault, CSIGN_E_UNAUTHENTICATED, "token", reason);
}

static csign_code read_token(const struct registry *registry, span token, uint64_t now_ms, struct access *ret, csign_fault *fault)
{
    uint8_t memory[TOKEN_BYTES_MAX + 3], seal[NONCE_SEAL_SIZE], role; /* 3: what a decoder may round up */
    struct buffer scratch = buffer_open(memory, sizeof memory);
    span bytes, sealed, name;
    if (!base64url_decode(&scratch, token, &bytes) || bytes.size < NONCE_SEAL_SIZE)
        return bad_token(fault, "not an access token of this registry");
    sealed = span_of(bytes.data, bytes.size - NONCE_SEAL_SIZE);
    nonces_seal(registry->nonces, "access token", sealed, seal);
    if (sodium_memcmp(seal, bytes.data + sealed.size, sizeof seal) != 0)
        return bad_token(fault, "not given since the registry was started");

    struct cursor c = cursor_open(sealed);
    *ret = (struct access){0};
    if (!cursor_u8(&c, &role) || !cursor_u64(&c, &ret->expires_s) || !cursor_copy(&c, ret->key.bytes, sizeof ret->key.bytes))
        return CSIGN_E_INTERNAL;
    ret->role = (enum access_role)role;
    name = cursor_rest(&c);
    set_name(ret, span_of(NULL, 0), name);
    return now_ms / 1000 < ret->expires_s ? CSIGN_OK : bad_token(fault, "expired");
}

csign_code access_check(const struct registry *registry, span token, uint64_t now_ms, struct access *ret, csign_fault *fault)
{
    struct access named, found;
    TRY(read_token(registry, token, now_ms, &named, fault));
    struct session *session = store_reader(registry->store);
    if (!session)
        return CSIGN_E_UNAVAILABLE;
    found = named;
    csign_code code = find(session, &found, fault);
    store_reader_end(registry->store, session);
    TRY(code);
    if (strcmp(found.name, named.name) != 0)
        return unknown(fault);
    *ret = found;
    return CSIGN_OK;
}
