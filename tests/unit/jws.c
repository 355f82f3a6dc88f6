/* Compact JWS: form, header and signature (N01 to N07, N09, N10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base64.h"
#include "inputs.h"
#include "jws.h"

#define HEADER "{\"alg\":\"Ed25519\",\"typ\":\"kb+jwt\"}"
#define KID_64 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

static uint8_t memory[1 << 14];

static void split_refuses(const char *text)
{
    struct jws jws;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_refused(jws_split(placed_text(text), &jws, &fault), &fault, CSIGN_E_MALFORMED_TOKEN, "", text);
}

static void not_three_segments_fail(void **state)
{
    static const char *const texts[] = {"",        ".",      "..",        "...",    "a",      "a.",
                                        "a.b",     "a.b.",   "a..c",      ".b.c",   "a.b.c.", ".a.b.c",
                                        "a.b.c.d", "a.b..c", "a.b.c.d.e", "a.b.c.."};
    struct jws jws;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        split_refuses(texts[i]);
    assert_int_equal(jws_split(placed_text("a.bc.def"), &jws, NULL), CSIGN_OK);
    assert_true(span_equal(jws.signing_input, SPAN("a.bc")) && span_equal(jws.segments[0], SPAN("a")) &&
                span_equal(jws.segments[1], SPAN("bc")) && span_equal(jws.segments[2], SPAN("def")));
}

/* N08 and N09 in each segment: the segment is named. */
static void not_base64url_fail(void **state)
{
    static const char *const parts[] = {
        "A", "AB", "AA==", "A+AA", "A/AA", "A AA", " AAA", "AAA ", "AA\n", "\xD0\x90\x41\x41", "{\"a\":1}"};
    static const char *const names[] = {"header", "payload", "signature"};
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (size_t at = 0; at < 3; at++) {
            char text[64];
            struct jws jws;
            struct buffer scratch = buffer_open(memory, sizeof memory);
            csign_fault fault = {CSIGN_OK, "", "", 0};
            (void)snprintf(text, sizeof text, "%s.%s.%s", at == 0 ? parts[i] : "AAAA",
                           at == 1 ? parts[i] : "AAAA", at == 2 ? parts[i] : "AAAA");
            assert_int_equal(jws_split(placed_text(text), &jws, NULL), CSIGN_OK);
            assert_refused(jws_decode(&jws, &scratch, &fault), &fault, CSIGN_E_MALFORMED_BASE64, names[at],
                           text);
        }
}

static void no_room_fail(void **state)
{
    static const char *const names[] = {"header", "payload", "signature"};
    (void)state;
    for (size_t room = 0; room < 9; room++) {
        struct jws jws;
        struct buffer scratch = buffer_open(memory, room);
        csign_fault fault = {CSIGN_OK, "", "", 0};
        assert_int_equal(jws_split(placed_text("AAAA.AAAA.AAAA"), &jws, NULL), CSIGN_OK);
        assert_refused(jws_decode(&jws, &scratch, &fault), &fault, CSIGN_E_NO_SPACE, names[room / 3], "room");
    }
}

static csign_code read_header(const char *json, bool with_kid, csign_fault *fault)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct jws_header header;
    csign_code code = jws_header_read(placed_text(json), "kb+jwt", with_kid, &scratch, &header, fault);
    if (code == CSIGN_OK)
        assert_int_equal(header.kid.data != NULL, with_kid);
    return code;
}

static void header_is(const char *json, bool with_kid, csign_code code, const char *field)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_refused(read_header(json, with_kid, &fault), &fault, code, field, json);
}

/* N01 to N03. */
static void algorithm_fail(void **state)
{
    static const char *const values[] = {
        "\"none\"",         "\"None\"",  "\"noNE\"",    "\"\"",          "\"HS256\"", "\"RS256\"",
        "\"ES256\"",        "\"eddsa\"", "\"ED25519\"", "\"Ed25519 \"",  "\"Ed448\"", "\"X25519\"",
        "\"EdDSA\\u0020\"", "null",      "1",           "[\"Ed25519\"]", "{}",        "true"};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        header_is(edited(HEADER, "\"Ed25519\"", values[i]), false, CSIGN_E_MALFORMED_HEADER, "alg");
    header_is(edited(HEADER, "\"alg\":\"Ed25519\",", ""), false, CSIGN_E_MALFORMED_HEADER, "alg");
    header_is(edited(HEADER, "Ed25519", "EdDSA"), false, CSIGN_OK, "");
    header_is(edited(HEADER, "Ed25519", "Ed2551\\u0039"), false, CSIGN_OK, "");
}

/* N07. */
static void type_fail(void **state)
{
    static const char *const values[] = {"\"JWT\"",
                                         "\"dc+sd-jwt\"",
                                         "\"vc+sd-jwt\"",
                                         "\"statuslist+jwt\"",
                                         "\"countersign-proof+jwt\"",
                                         "\"KB+JWT\"",
                                         "\"kb+JWT\"",
                                         "\"application/kb+jwt\"",
                                         "\"kb+jwt \"",
                                         "\"kb+jw\"",
                                         "\"\"",
                                         "null",
                                         "1",
                                         "[\"kb+jwt\"]"};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        header_is(edited(HEADER, "\"kb+jwt\"", values[i]), false, CSIGN_E_MALFORMED_HEADER, "typ");
    header_is("{\"alg\":\"Ed25519\"}", false, CSIGN_E_MALFORMED_HEADER, "typ");
    header_is("{\"typ\":\"kb+jwt\",\"alg\":\"Ed25519\"}", false, CSIGN_OK, "");
}

/* N04, N06: no member but those, whatever it says. */
static void further_members_fail(void **state)
{
    static const char *const members[] = {"\"crit\":[]",
                                          "\"crit\":[\"exp\"]",
                                          "\"crit\":\"b64\"",
                                          "\"crit\":null",
                                          "\"b64\":false",
                                          "\"b64\":true",
                                          "\"crit\":[\"b64\"],\"b64\":false",
                                          "\"jwk\":{}",
                                          "\"jku\":\"http://127.0.0.1/\"",
                                          "\"x5u\":\"https://a.example/\"",
                                          "\"x5c\":[]",
                                          "\"x5t\":\"\"",
                                          "\"x5t#S256\":\"\"",
                                          "\"zip\":\"DEF\"",
                                          "\"enc\":\"A256GCM\"",
                                          "\"cty\":\"json\"",
                                          "\"kid\":\"k\"",
                                          "\"\":1",
                                          "\"__proto__\":{}",
                                          "\"constructor\":1"};
    char json[256];
    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        (void)snprintf(json, sizeof json, "{\"alg\":\"Ed25519\",%s,\"typ\":\"kb+jwt\"}", members[i]);
        header_is(json, false, CSIGN_E_MALFORMED_HEADER, "");
        (void)snprintf(json, sizeof json, "{%s,\"kid\":\"k\",\"alg\":\"Ed25519\",\"typ\":\"kb+jwt\"}",
                       members[i]);
        if (strstr(members[i], "kid") == NULL)
            header_is(json, true, CSIGN_E_MALFORMED_HEADER, "");
    }
}

/* N05. */
static void kid_fail(void **state)
{
    static const char *const values[] = {"\"\"", "null", "1", "[]", "{}", "\"" KID_64 KID_64 "k\""};
    static const char with[] = "{\"alg\":\"Ed25519\",\"kid\":\"k\",\"typ\":\"kb+jwt\"}";
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        header_is(edited(with, "\"k\"", values[i]), true, CSIGN_E_MALFORMED_HEADER, "kid");
    header_is(HEADER, true, CSIGN_E_MALFORMED_HEADER, "kid");
    header_is(with, true, CSIGN_OK, "");
    header_is(edited(with, "\"k\"", "\"" KID_64 KID_64 "\""), true, CSIGN_OK, "");
    header_is(edited(with, "\"k\"", "\"../../x' OR 1=1\""), true, CSIGN_OK,
              ""); /* a text to compare, never to use */
}

/* N13 to N15 in a header. */
static void header_json_fail(void **state)
{
    (void)state;
    header_is(edited(HEADER, "}", ",\"alg\":\"Ed25519\"}"), false, CSIGN_E_MALFORMED_JSON, "alg");
    header_is(edited(HEADER, "}", ",\"\\u0061lg\":\"none\"}"), false, CSIGN_E_MALFORMED_JSON, "alg");
    header_is(edited(HEADER, "}", ",\"t\\u0079p\":\"kb+jwt\"}"), false, CSIGN_E_MALFORMED_JSON, "typ");
    header_is(edited(HEADER, "}", "}x"), false, CSIGN_E_MALFORMED_JSON, "");
    header_is(edited(HEADER, "}", ",}"), false, CSIGN_E_MALFORMED_JSON, "");
    header_is("\xEF\xBB\xBF" HEADER, false, CSIGN_E_MALFORMED_JSON, "");
    header_is("[" HEADER "]", false, CSIGN_E_MALFORMED_HEADER, "");
    header_is("{}", false, CSIGN_E_MALFORMED_HEADER, "alg");
    header_is("\"kb+jwt\"", false, CSIGN_E_MALFORMED_HEADER, "");
}

static struct signing_key key_of(uint8_t first)
{
    uint8_t seed[32] = {first};
    struct signing_key key;
    signing_key_from_seed(seed, &key);
    return key;
}

/* Writes a token and splits it again; `made` keeps its bytes. */
static struct jws token(const struct signing_key *key, struct buffer *made)
{
    struct jws jws;
    jws_write(made, SPAN(HEADER), SPAN("{\"a\":1}"), key);
    assert_int_equal(buffer_code(made), CSIGN_OK);
    assert_int_equal(jws_split(buffer_span(made), &jws, NULL), CSIGN_OK);
    assert_int_equal(jws_decode(&jws, made, NULL), CSIGN_OK);
    return jws;
}

/* N10. */
static void signature_fail(void **state)
{
    /* L, the order of the group, little-endian. */
    static const uint8_t order[32] = {0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7,
                                      0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
    struct signing_key key = key_of(1), other = key_of(2);
    struct public_key public, stranger;
    struct buffer made = buffer_open(memory, sizeof memory);
    struct jws jws = token(&key, &made), changed = jws;
    uint8_t bytes[65] = {0};
    (void)state;
    signing_key_public(&key, &public);
    signing_key_public(&other, &stranger);
    assert_true(span_equal(jws.header, SPAN(HEADER)) && span_equal(jws.payload, SPAN("{\"a\":1}")));
    assert_true(jws_verify(&jws, &public));
    assert_false(jws_verify(&jws, &stranger));

    memcpy(bytes, jws.signature.data, 64);
    for (size_t size = 0; size <= 65; size++) {
        changed.signature = span_of(bytes, size);
        assert_int_equal(jws_verify(&changed, &public), size == 64);
    }
    for (size_t at = 0; at < 64; at++) { /* each byte counts */
        bytes[at] ^= 1;
        changed.signature = span_of(bytes, 64);
        assert_false(jws_verify(&changed, &public));
        bytes[at] ^= 1;
    }
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) { /* S + L: the same signature to a verifier that does not look */
        carry += bytes[32 + i] + order[i];
        bytes[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_false(jws_verify(&changed, &public));
    memcpy(bytes, public.bytes, 32); /* R is A */
    assert_false(jws_verify(&changed, &public));
    memset(bytes, 0, sizeof bytes);
    assert_false(jws_verify(&changed, &public));

    /* Over the decoded bytes, or over another input. */
    signing_key_sign(&key, jws.payload, bytes);
    assert_false(jws_verify(&changed, &public));
    signing_key_sign(&key, SPAN(HEADER ".{\"a\":1}"), bytes);
    assert_false(jws_verify(&changed, &public));
    changed = jws;
    changed.signing_input.size--;
    assert_false(jws_verify(&changed, &public));
}

/* N11: what is no key verifies nothing. */
static void keys_fail(void **state)
{
    static const uint8_t small_order[][32] = {{0}, {1}, {0xEC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                         0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                         0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                         0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}};
    struct signing_key key = key_of(1);
    struct public_key public, read;
    char text[64];
    struct buffer x = buffer_open(text, sizeof text);
    (void)state;
    signing_key_public(&key, &public);
    assert_true(public_key_is_sound(&public));
    for (size_t i = 0; i < sizeof small_order / sizeof *small_order; i++) {
        struct public_key bad;
        uint8_t signature[64] = {0};
        memcpy(bad.bytes, small_order[i], 32);
        assert_false(public_key_is_sound(&bad));
        signature[0] =
            1; /* R the neutral element, S zero: verifies under a key of small order where nobody looks */
        assert_false(public_key_verify(&bad, SPAN("message"), signature));
    }
    base64url_encode(&x, span_of(public.bytes, 32));
    assert_true(public_key_read(placed(buffer_span(&x)), &read) && public_key_equal(&read, &public));
    assert_false(public_key_read(placed(span_of(text, 42)), &read));
    buffer_byte(&x, 'A');
    assert_false(public_key_read(placed(buffer_span(&x)), &read));
    assert_false(public_key_read(placed_text(""), &read));
    signing_key_wipe(&key);
    for (size_t i = 0; i < sizeof key; i++)
        assert_int_equal(((const uint8_t *)&key)[i], 0);
}

static void writing_overflows_fail(void **state)
{
    struct signing_key key = key_of(1);
    struct buffer whole = buffer_open(memory, sizeof memory);
    (void)state;
    jws_write(&whole, SPAN(HEADER), SPAN("{}"), &key);
    for (size_t room = 0; room < whole.size; room++) {
        uint8_t small[256];
        struct buffer out = buffer_open(small, room);
        jws_write(&out, SPAN(HEADER), SPAN("{}"), &key);
        assert_int_equal(buffer_code(&out), CSIGN_E_NO_SPACE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_three_segments_fail),
        cmocka_unit_test(not_base64url_fail),
        cmocka_unit_test(no_room_fail),
        cmocka_unit_test(algorithm_fail),
        cmocka_unit_test(type_fail),
        cmocka_unit_test(further_members_fail),
        cmocka_unit_test(kid_fail),
        cmocka_unit_test(header_json_fail),
        cmocka_unit_test(signature_fail),
        cmocka_unit_test(keys_fail),
        cmocka_unit_test(writing_overflows_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
