/*
 * Tokens of other makers: the golden set with Ed25519 and with passkeys, which three other implementations
 * agree on and whose claims are an older profile, and the examples of OpenID4VP 1.0. What is checked is what
 * lies below the claims: base64url, JWS, disclosures, hashes, signatures, thumbprints and status lists.
 */
#include "credential.h"
#include "key_binding.h"
#include "page_end.h"
#include "status_list.h"
#include "value.h"

#include <zlib.h>

static uint8_t memory[1u << 16], made_memory[1u << 14];
static struct page_end page;

static span placed(span text)
{
    return span_of(page_end_place(&page, text.data, text.size), text.size);
}

static struct buffer made_open(void)
{
    return buffer_open(made_memory, sizeof made_memory);
}

static bool made_is(const struct buffer *made, span expected)
{
    return !made->overflow && span_equal(buffer_span(made), expected);
}

static bool hash_is(span bytes, span expected_b64u)
{
    uint8_t hash[32];
    hash_of(bytes, hash);
    return span_equal(value_base64url(span_of(hash, sizeof hash)), expected_b64u);
}

static struct signing_key key_of(span party)
{
    struct signing_key key;
    signing_key_from_seed(value_hex(party, "seed_hex").data, &key);
    return key;
}

/* --- golden_ed25519.json --- */

static void keys(struct group *g, span file)
{
    static const char *const parties[] = {"registry", "holder"}, *const thumbprints[] = {"kid", "thumbprint"};
    for (size_t i = 0; i < 2; i++) {
        span party = value_at(file, parties[i]), label = value_text(party, "label");
        struct signing_key key = key_of(party);
        struct public_key public, read;
        uint8_t seed[32], thumbprint[32];
        hash_of(label, seed);
        check(g, span_equal(span_of(seed, 32), value_hex(party, "seed_hex")), "seed");
        signing_key_public(&key, &public);
        check(g, public_key_read(value_text(party, "x"), &read) && public_key_equal(&public, &read), "x");
        check(g, public_key_is_sound(&public), "sound");
        public_key_thumbprint(&public, thumbprint);
        check(g, span_equal(value_base64url(span_of(thumbprint, 32)), value_text(party, thumbprints[i])),
              "thumbprint");
    }
    span jwk = value_nth(value_at(value_at(file, "jwks"), "keys"), 0);
    struct public_key listed;
    uint8_t thumbprint[32];
    check(g, public_key_read(value_text(jwk, "x"), &listed), "x of the JWKS");
    public_key_thumbprint(&listed, thumbprint);
    check(g, span_equal(value_base64url(span_of(thumbprint, 32)), value_text(jwk, "kid")), "kid of the JWKS");
}

/* Splits, decodes and verifies a token, and makes it again from its parts. */
static void token(struct group *g, span compact, const char *typ, bool with_kid, const struct signing_key *key,
                  const struct signing_key *other, const char *what)
{
    struct buffer scratch = buffer_open(memory, sizeof memory), made = made_open();
    struct public_key public, stranger;
    struct jws jws;
    struct jws_header header;
    signing_key_public(key, &public);
    signing_key_public(other, &stranger);
    bool read =
        jws_split(placed(compact), &jws, NULL) == CSIGN_OK && jws_decode(&jws, &scratch, NULL) == CSIGN_OK;
    check(g, read && jws.signature.size == 64, what);
    if (!read)
        return;
    check(g, jws_verify(&jws, &public) && !jws_verify(&jws, &stranger), "signature");
    check(g, jws_header_read(jws.header, typ, with_kid, &scratch, &header, NULL) == CSIGN_OK, "header");
    jws_write(&made, jws.header, jws.payload, key);
    check(g, made_is(&made, compact), "made again");
}

static void tokens(struct group *g, span file)
{
    struct signing_key registry = key_of(value_at(file, "registry")), holder = key_of(value_at(file, "holder"));
    struct presentation p;
    span issued = value_text(file, "issued_sd_jwt"), presented = value_text(file, "presented_sd_jwt");
    span sign_off = value_text(file, "sign_off"), kb_jwt = value_text(file, "kb_jwt");
    check(g,
          presentation_split(issued, false, &p, NULL) == CSIGN_OK && p.disclosure_count == 2 &&
              span_equal(p.bound, issued),
          "issued");
    token(g, span_of(issued.data, p.jwt.signing_input.size + 87), "dc+sd-jwt", true, &registry, &holder,
          "credential");
    token(g, kb_jwt, "kb+jwt", false, &holder, &registry, "key binding");
    token(g, value_text(file, "status_list_valid"), "statuslist+jwt", true, &registry, &holder, "status list");
    token(g, value_text(file, "status_list_idx412_revoked"), "statuslist+jwt", true, &registry, &holder,
          "another");

    for (size_t i = 0; i < 2; i++) {
        span text = value_string(value_nth(value_at(file, "disclosures"), i)), decoded, salt, name;
        struct buffer scratch = buffer_open(memory, sizeof memory), made = made_open();
        uint8_t salt_bytes[16];
        check(g, span_equal(p.disclosures[i], text), "a disclosure");
        disclosure_digest(text, &made);
        check(g, made_is(&made, value_string(value_nth(value_at(file, "digests"), i))), "its digest");
        /* ["salt","name","value"] */
        bool read = base64url_decode(&scratch, placed(text), &decoded);
        struct cursor c = cursor_open(decoded);
        read = read && cursor_literal(&c, SPAN("[\"")) && cursor_until(&c, '"', &salt) &&
               cursor_literal(&c, SPAN(",\"")) && cursor_until(&c, '"', &name) &&
               cursor_literal(&c, SPAN(",")) && base64url_exact(salt, salt_bytes, 16);
        check(g, read, "its JSON");
        if (!read)
            continue;
        char name_text[64];
        (void)snprintf(name_text, sizeof name_text, "%.*s", (int)name.size, (const char *)name.data);
        made = made_open();
        disclosure_write(&made, span_of(salt_bytes, 16), name_text, span_of(c.at, cursor_left(&c) - 1));
        check(g, made_is(&made, text), "made again");
    }

    check(g, presentation_split(sign_off, true, &p, NULL) == CSIGN_OK && p.disclosure_count == 1, "sign-off");
    check(g, span_equal(p.bound, presented) && hash_is(p.bound, value_text(file, "sd_hash")), "sd_hash");
    check(g, span_ends(sign_off, kb_jwt), "its key binding");
    span json = value_text(file, "transaction_data_json"), entry = value_text(file, "transaction_data");
    check(g, span_equal(value_base64url(json), entry), "transaction data");
    check(g, hash_is(entry, value_text(file, "transaction_data_hash")), "its hash");
    check(g, !hash_is(json, value_text(file, "transaction_data_hash")), "not the hash of the JSON");
    check(g, hash_is(value_text(file, "document_utf8"), value_text(file, "document_sha256_b64u")), "document");

    /* The payload of the key binding lacks jti and auth_time of our profile: it must not read as one of ours.
     */
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct key_binding binding;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    check(g,
          jws_decode(&p.key_binding, &scratch, NULL) == CSIGN_OK &&
              key_binding_read(&p.key_binding, &scratch, &binding, &fault) == CSIGN_E_MALFORMED_KEY_BINDING &&
              strcmp(fault.field, "jti") == 0,
          "the older profile refuses by its missing claim");
}

/* What stands under index 412, 0xFF if it cannot be read. */
static uint8_t status_at_412(span compact)
{
    static uint8_t inflated[1u << 16];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct jws jws;
    span list;
    uint8_t value;
    uLongf size = sizeof inflated;
    if (jws_split(compact, &jws, NULL) != CSIGN_OK || jws_decode(&jws, &scratch, NULL) != CSIGN_OK)
        return 0xFF;
    span claim = value_at(jws.payload, "status_list");
    if (value_integer(claim, "bits") != 2 || !base64url_decode(&scratch, value_text(claim, "lst"), &list) ||
        uncompress(inflated, &size, list.data, list.size) != Z_OK ||
        !status_list_get(span_of(inflated, size), 2, 412, &value))
        return 0xFF;
    return value;
}

static void status_lists(struct group *g, span file)
{
    check(g, status_at_412(value_text(file, "status_list_valid")) == 0, "valid");
    check(g, status_at_412(value_text(file, "status_list_idx412_revoked")) == 1, "revoked");
}

/* TOKENS 4.2 and 5.2. */
static void check_values(struct group *g, span file)
{
    (void)file;
    span entry = SPAN("eyJ0eXBlIjoiZXhhbXBsZV90eXBlIiwiY3JlZGVudGlhbF9pZHMiOlsiaWRfY2FyZF9jcmVkZW50aWFsIl0sImFj"
                      "dGlvbiI6IkFwcHJv"
                      "dmUgZXhhbXBsZSJ9"),
         json;
    struct buffer scratch = buffer_open(memory, sizeof memory);
    check(g,
          hash_is(SPAN("WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"),
                  SPAN("X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0")),
          "a disclosure of a member");
    check(g,
          hash_is(SPAN("WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"),
                  SPAN("w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs")),
          "a disclosure of an element");
    check(g, hash_is(entry, SPAN("TMFpAW0ZtFYNPi0p1trEWMu1XNVOMFXj9d-23lVPE8Y")), "transaction data");
    check(g,
          base64url_decode(&scratch, entry, &json) &&
              !hash_is(json, SPAN("TMFpAW0ZtFYNPi0p1trEWMu1XNVOMFXj9d-23lVPE8Y")),
          "not the hash of the JSON");
}

/* --- golden_passkey.json --- */

/* The segment: each part behind its length in two bytes. */
static bool read_wrapper(span segment, span parts[3])
{
    struct buffer *kept = value_memory();
    span bytes;
    if (!base64url_decode(kept, segment, &bytes))
        return false;
    struct cursor c = cursor_open(bytes);
    for (size_t i = 0; i < 3; i++) {
        uint16_t size;
        if (!cursor_u16(&c, &size) || !cursor_take(&c, size, &parts[i]))
            return false;
    }
    return cursor_done(&c);
}

static void passkey(struct group *g, span vector)
{
    span kb_jwt = value_text(vector, "kb_jwt"), input = value_text(vector, "signing_input"), parts[3];
    span client_data = value_text(vector, "clientDataJSON"),
         authenticator = value_hex(vector, "authenticatorData_hex");
    span challenge = value_text(vector, "challenge_b64u"), jwk = value_at(vector, "jwk");
    struct buffer scratch = buffer_open(memory, sizeof memory), message = made_open();
    struct jws jws;
    struct key_binding binding;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    check(g,
          jws_split(placed(kb_jwt), &jws, NULL) == CSIGN_OK && span_equal(jws.signing_input, input) &&
              span_equal(jws.segments[2], value_text(vector, "jws_signature_segment")),
          "split");
    check(g,
          read_wrapper(jws.segments[2], parts) && span_equal(parts[0], authenticator) &&
              span_equal(parts[1], client_data) && span_equal(parts[2], value_hex(vector, "signature_hex")),
          "wrapper");
    check(g, hash_is(input, challenge) && span_equal(value_text(client_data, "challenge"), challenge),
          "challenge");
    uint8_t rp[32];
    hash_of(value_text(vector, "rpId"), rp);
    check(g, authenticator.size == 37 && memcmp(authenticator.data, rp, 32) == 0, "relying party");
    /* N38: the algorithm of a passkey is none of ours yet, so that the token refuses whatever its signature. */
    check(g,
          jws_decode(&jws, &scratch, NULL) == CSIGN_OK &&
              key_binding_read(&jws, &scratch, &binding, &fault) == CSIGN_E_MALFORMED_HEADER &&
              strcmp(fault.field, "alg") == 0,
          "refused as a plain key binding");

    if (!span_equal(value_text(jwk, "kty"), SPAN("OKP"))) {
        skip("golden_passkey.json, es256: signature", "ECDSA P-256 is not built here (TOKENS 6 comes later)");
        return;
    }
    struct public_key key;
    uint8_t client_hash[32];
    hash_of(client_data, client_hash);
    buffer_put(&message, authenticator);
    buffer_put(&message, span_of(client_hash, sizeof client_hash));
    check(g,
          public_key_read(value_text(jwk, "x"), &key) && public_key_is_sound(&key) && parts[2].size == 64 &&
              public_key_verify(&key, buffer_span(&message), parts[2].data),
          "signature");
    check(g, !jws_verify(&jws, &key), "no signature over the signing input itself");
}

static void passkeys(struct group *g, span file)
{
    for (size_t i = 0; i < 2; i++)
        passkey(g, value_nth(file, i));
    skip("golden_passkey.json: flags, origin, method", "no passkey signs here yet (TOKENS 6 comes later)");
}

/* --- openid4vp/ --- */

/* A file without the line breaks that the text folds it with. */
static span unfolded(const char *name)
{
    struct buffer *kept = value_memory();
    size_t from = kept->size;
    span text = vectors_read(name);
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != '\n' && text.data[i] != '\r')
            buffer_byte(kept, text.data[i]);
    return buffer_since(kept, from);
}

/* Whether the payload's `_sd` has the digest of each disclosure; the payload of these examples is not of our
 * profile. */
static void commits(struct group *g, const struct presentation *p, span payload)
{
    span digests = value_at(value_at(value_at(payload, "ld"), "credentialSubject"), "_sd"), one;
    for (size_t i = 0; i < p->disclosure_count; i++) {
        static struct values at;
        struct buffer made = made_open();
        bool found = false;
        disclosure_digest(p->disclosures[i], &made);
        at.open = false;
        while (value_next(&at, digests, &one))
            found |= made_is(&made, value_string(one));
        check(g, found, "digest of a disclosure");
    }
}

static unsigned openid4vp(void)
{
    struct group g = {"openid4vp", 0, 0};
    span issued = unfolded("openid4vp/sd_jwt_issuance.txt"),
         presented = unfolded("openid4vp/sd_jwt_presentation.txt");
    span kb_jwt = unfolded("openid4vp/kb_jwt_serialized.txt");
    struct presentation p;
    struct buffer scratch = buffer_open(memory, sizeof memory);
    if (!issued.size || !presented.size || !kb_jwt.size) {
        skip("openid4vp", "not in the vectors' folder");
        return 0;
    }
    check(&g, presentation_split(placed(issued), false, &p, NULL) == CSIGN_OK && p.disclosure_count == 3,
          "issued");
    check(&g, jws_decode(&p.jwt, &scratch, NULL) == CSIGN_OK, "credential");
    commits(&g, &p, p.jwt.payload);
    check(&g, presentation_split(placed(presented), true, &p, NULL) == CSIGN_OK && p.disclosure_count == 1,
          "presented");
    check(&g,
          jws_decode(&p.jwt, &scratch, NULL) == CSIGN_OK &&
              jws_decode(&p.key_binding, &scratch, NULL) == CSIGN_OK && p.jwt.signature.size == 64 &&
              p.key_binding.signature.size == 64,
          "decoded");
    commits(&g, &p, p.jwt.payload);
    check(&g, span_ends(presented, kb_jwt), "key binding");
    check(&g, hash_is(p.bound, value_text(p.key_binding.payload, "sd_hash")), "sd_hash");
    struct jws_header header;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    check(&g,
          jws_header_read(p.key_binding.header, "kb+jwt", false, &scratch, &header, &fault) ==
                  CSIGN_E_MALFORMED_HEADER &&
              strcmp(fault.field, "alg") == 0,
          "ES256 refuses");
    skip("openid4vp: two signatures", "ES256 is not built here (TOKENS 6 comes later)");
    return report(&g);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(struct group *, span);
    } groups[] = {
        {"keys", keys}, {"tokens", tokens}, {"status lists", status_lists}, {"check values", check_values}};
    unsigned failures = 0;
    page = page_end_open(1u << 14);
    span file = vectors_read_own("golden_ed25519.json");
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct group g = {groups[i].name, 0, 0};
        groups[i].run(&g, file);
        failures += report(&g);
    }
    struct group g = {"golden_passkey.json", 0, 0};
    passkeys(&g, vectors_read_own("golden_passkey.json"));
    failures += report(&g);
    failures += openid4vp();
    return failures ? 1 : 0;
}
