/*
 * Wycheproof and ed25519-speccheck: what an implementation of Ed25519, JWK and JWS gets wrong. Read from the
 * vectors' folder at run time; algorithms that are not built here are counted as skipped.
 */
#include "credential.h"
#include "value.h"

static uint8_t memory[1u << 18];

static unsigned ed25519(void)
{
    struct group g = {"wycheproof/ed25519_test.json", 0, 0};
    static struct values groups, cases;
    unsigned count = 0, mismatches = 0, valid = 0;
    span file = vectors_read("wycheproof/ed25519_test.json"), group, one;
    if (!file.data) {
        skip(g.name, "not in the vectors' folder");
        return 0;
    }
    while (value_next(&groups, value_at(file, "testGroups"), &group)) {
        struct public_key key, of_jwk;
        span x = value_hex(value_at(group, "publicKey"), "pk");
        memcpy(key.bytes, x.data, sizeof key.bytes);
        check(&g,
              x.size == 32 && public_key_read(value_text(value_at(group, "publicKeyJwk"), "x"), &of_jwk) &&
                  public_key_equal(&key, &of_jwk),
              "x of the JWK");
        cases.open = false;
        while (value_next(&cases, value_at(group, "tests"), &one)) {
            span signature = value_hex(one, "sig"), message = value_hex(one, "msg");
            bool expected = span_equal(value_text(one, "result"), SPAN("valid"));
            /* As jws_verify() does: another size than 64 is no signature. */
            bool verified =
                signature.size == CSIGN_SIGNATURE_SIZE && public_key_verify(&key, message, signature.data);
            count++;
            valid += expected;
            mismatches += verified != expected;
            check(&g, verified == expected, "a signature is judged otherwise");
        }
    }
    check(&g, count == value_integer(file, "numberOfTests") && valid > 0 && valid < count,
          "all cases were read");
    printf("%s: %u cases, %u of them valid, %u mismatches\n", g.name, count, valid, mismatches);
    return report(&g);
}

/* A key of a set that is ours to read: kty OKP. Everything else must refuse as a JWK of a credential. */
static unsigned json_web_key(void)
{
    struct group g = {"wycheproof/json_web_key_test.json", 0, 0};
    static struct values groups, keys;
    unsigned ours = 0, foreign = 0, sets = 0;
    span file = vectors_read("wycheproof/json_web_key_test.json"), group, key;
    if (!file.data) {
        skip(g.name, "not in the vectors' folder");
        return 0;
    }
    while (value_next(&groups, value_at(file, "testGroups"), &group)) {
        static const char *const sides[] = {"public", "private"};
        for (size_t i = 0; i < 2; i++) {
            span set = value_find(group, sides[i]), list;
            if (!set.data)
                continue;
            sets++;
            list = value_find(set, "keys");
            struct buffer one = buffer_open(memory, sizeof memory);
            if (!list.data) {
                buffer_text(&one, "[");
                buffer_put(&one, set);
                buffer_text(&one, "]");
                list = buffer_span(&one);
            }
            keys.open = false;
            while (value_next(&keys, list, &key)) {
                static uint8_t scratch_memory[1u << 14];
                struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
                struct jwk jwk;
                span kty = value_find(key, "kty");
                bool is_ours = kty.data && span_equal(kty, SPAN("\"OKP\""));
                ours += is_ours;
                foreign += !is_ours;
                if (!is_ours)
                    check(&g,
                          schema_read_text(key, 8, &scratch, &jwk_schema, &jwk, CSIGN_E_BODY_MALFORMED,
                                           CSIGN_E_BODY_MALFORMED, NULL) == CSIGN_E_BODY_MALFORMED,
                          "another key's JWK is read");
            }
        }
    }
    check(&g, sets > 0, "sets");
    printf(
        "%s: %u OKP keys; %u of other types refuse, their tests skipped: those algorithms are not built here\n",
        g.name, ours, foreign);
    return report(&g);
}

/* Whether a token has the form of a compact JWS: three segments, canonical base64url. */
static bool has_form(span text)
{
    static uint8_t scratch_memory[1u << 16];
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    struct jws jws;
    return jws_split(text, &jws, NULL) == CSIGN_OK && jws_decode(&jws, &scratch, NULL) == CSIGN_OK;
}

static bool header_reads(span text)
{
    static uint8_t scratch_memory[1u << 16];
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    struct jws jws;
    struct jws_header header;
    return jws_split(text, &jws, NULL) == CSIGN_OK && jws_decode(&jws, &scratch, NULL) == CSIGN_OK &&
           (jws_header_read(jws.header, "JWT", true, &scratch, &header, NULL) == CSIGN_OK ||
            jws_header_read(jws.header, "JWT", false, &scratch, &header, NULL) == CSIGN_OK);
}

static unsigned json_web_signature(void)
{
    struct group g = {"wycheproof/json_web_signature_test.json", 0, 0};
    static struct values groups, cases;
    unsigned ours = 0, foreign = 0, malformed = 0;
    span file = vectors_read("wycheproof/json_web_signature_test.json"), group, one;
    if (!file.data) {
        skip(g.name, "not in the vectors' folder");
        return 0;
    }
    while (value_next(&groups, value_at(file, "testGroups"), &group)) {
        span key = value_find(group, "public");
        key = key.data ? key : value_at(group, "private");
        bool is_ours = span_equal(value_at(key, "kty"), SPAN("\"OKP\""));
        cases.open = false;
        while (value_next(&cases, value_at(group, "tests"), &one)) {
            span token = value_at(one, "jws");
            ours += is_ours;
            foreign += !is_ours;
            if (token.data[0] != '"') { /* the JSON serialisation, which we never take */
                check(&g, !has_form(token), "a JSON serialisation");
                continue;
            }
            token = value_string(token);
            bool valid = span_equal(value_text(one, "result"), SPAN("valid")), form = has_form(token);
            span comment = value_text(one, "comment");
            /* What Wycheproof lets pass, and RFC 7515 too: an empty payload, a decoder that skips characters.
             * We do not. */
            bool lax = span_equal(comment, SPAN("emptyPayload")) ||
                       span_starts(comment, SPAN("InvalidCharacterInserted"));
            malformed += !form;
            check(&g, form ? !lax : !valid || lax, "form");
            check(&g, !header_reads(token), "the header of another algorithm is read");
        }
    }
    check(&g, malformed > 0, "some have no form");
    printf("%s: %u OKP tokens; %u of other keys: their headers refuse, %u have no form already, their "
           "signatures are skipped: "
           "those algorithms are not built here\n",
           g.name, ours, foreign, malformed);
    return report(&g);
}

/* TOKENS 10: libsodium takes case 3 alone as a signature, and no key of these cases but sound ones is ever let
 * in. */
static unsigned speccheck(void)
{
    struct group g = {"speccheck", 0, 0};
    static struct values cases;
    /* The keys A: 0, 1, 10 and 11 of small order, the last two not canonical; 2 to 5, 8 and 9 with a part of
     * it. */
    static const bool sound[12] = {[6] = true, [7] = true};
    span file = vectors_read("speccheck/cases.json"), one;
    size_t place = 0;
    if (!file.data) {
        skip(g.name, "not in the vectors' folder");
        return 0;
    }
    for (; value_next(&cases, file, &one); place++) {
        struct public_key key;
        char what[64];
        span signature = value_hex(one, "signature"), x = value_hex(one, "pub_key");
        if (x.size != 32 || signature.size != 64 || place >= sizeof sound)
            value_die("speccheck");
        memcpy(key.bytes, x.data, 32);
        (void)snprintf(what, sizeof what, "case %zu", place);
        check(&g, public_key_verify(&key, value_hex(one, "message"), signature.data) == (place == 3), what);
        (void)snprintf(what, sizeof what, "key of case %zu", place);
        check(&g, public_key_is_sound(&key) == sound[place], what);
    }
    check(&g, place == sizeof sound, "twelve cases");
    return report(&g);
}

/*
 * CVE-2025-69277: a sound point plus the point of order two, which libsodium took for a point of the main
 * subgroup before the fix. (x, y) + (0, -1) = (-x, -y): the sign of x and y turn. Made of the base point, so it
 * needs no file.
 */
static unsigned torsioned(void)
{
    struct group g = {"torsioned key", 0, 0};
    /* The base point has y = 4/5: 0x6666…58. p - y: */
    struct public_key base = {{0x58}}, torsion = {{0x95}};
    memset(base.bytes + 1, 0x66, 31);
    memset(torsion.bytes + 1, 0x99, 30);
    torsion.bytes[31] = 0x19 | 0x80;
    check(&g, public_key_is_sound(&base), "the base point");
    check(&g, !public_key_is_sound(&torsion), "with a part of order two");
    return report(&g);
}

int main(void)
{
    unsigned failures = torsioned();
    bool present =
        vectors_read("wycheproof/ed25519_test.json").data || vectors_read("speccheck/cases.json").data;
    if (!present)
        skip("wycheproof, speccheck", "not in the vectors' folder");
    else
        failures += ed25519() + json_web_key() + json_web_signature() + speccheck();
    return failures ? 1 : present ? 0 : VECTORS_SKIPPED;
}
