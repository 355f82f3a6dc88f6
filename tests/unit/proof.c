/* Proofs of possession: form, the key they bring along, and what they were made for (N46). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base64.h"
#include "inputs.h"
#include "proof.h"

#define ISS   "https://registry.test"
#define NONCE "AAAAAAAAAAAAAAAAAAAAAA"
#define HEADER                                                                                                 \
    "{\"alg\":\"Ed25519\",\"typ\":\"countersign-proof+jwt\",\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\","     \
    "\"x\":\"%s\"}}"
#define TOKEN "{\"aud\":\"" ISS "\",\"nonce\":\"" NONCE "\",\"iat\":1000,\"use\":\"token\"}"
#define BINDING                                                                                                \
    "{\"aud\":\"" ISS "\",\"nonce\":\"" NONCE "\",\"iat\":1000,\"use\":\"binding\",\"code\":\"123-456\"}"
#define CREDENTIAL "{\"aud\":\"" ISS "\",\"nonce\":\"" NONCE "\",\"iat\":1000,\"use\":\"credential\",\"idx\":7}"

static uint8_t memory[1 << 14];
static struct proof proof;

static struct signing_key key_of(uint8_t first)
{
    uint8_t seed[32] = {first};
    struct signing_key key;
    signing_key_from_seed(seed, &key);
    return key;
}

static csign_code read_token(span token, csign_fault *fault)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    *fault = (csign_fault){CSIGN_OK, "", "", 0};
    return proof_read(placed(token), &scratch, &proof, fault);
}

/* The header that brings this key along. */
static const char *header_of(const struct public_key *key)
{
    static char text[2][256];
    static unsigned next;
    char x[44], *into = text[next++ % 2];
    struct buffer out = buffer_open(x, sizeof x);
    base64url_encode(&out, span_of(key->bytes, 32));
    buffer_byte(&out, 0);
    (void)snprintf(into, sizeof text[0], HEADER, x);
    return into;
}

/* Signs header and payload by `signer` and reads the token. */
static csign_code read_signed(const char *header, span payload, const struct signing_key *signer,
                              csign_fault *fault)
{
    static uint8_t made_memory[1 << 14];
    struct buffer made = buffer_open(made_memory, sizeof made_memory);
    jws_write(&made, span_text(header), payload, signer);
    assert_int_equal(buffer_code(&made), CSIGN_OK);
    return read_token(buffer_span(&made), fault);
}

static csign_code read_payload(span payload, csign_fault *fault)
{
    struct signing_key key = key_of(1);
    struct public_key public;
    signing_key_public(&key, &public);
    return read_signed(header_of(&public), payload, &key, fault);
}

static csign_code read_header(span header, csign_fault *fault)
{
    struct signing_key key = key_of(1);
    char text[2048];
    (void)snprintf(text, sizeof text, "%.*s", (int)header.size, (const char *)header.data);
    return read_signed(text, SPAN(TOKEN), &key, fault);
}

static void payload_is(const char *payload, csign_code code, const char *field)
{
    csign_fault fault;
    assert_refused(read_payload(span_text(payload), &fault), &fault, code, field, payload);
}

static void each_use_both_ways(void **state)
{
    static const char *const payloads[] = {TOKEN, BINDING, CREDENTIAL,
                                           "{\"aud\":\"" ISS "\",\"nonce\":\"" NONCE
                                           "\",\"iat\":1000,\"use\":\"end\"}"};
    struct signing_key key = key_of(1);
    struct public_key public;
    (void)state;
    signing_key_public(&key, &public);
    for (size_t i = 0; i < 4; i++) {
        uint8_t made_memory[PROOF_MAX], again_memory[PROOF_MAX];
        struct buffer made = buffer_open(made_memory, sizeof made_memory),
                      again = buffer_open(again_memory, sizeof again_memory);
        csign_fault fault;
        jws_write(&again, span_text(header_of(&public)), span_text(payloads[i]), &key);
        assert_refused(read_token(buffer_span(&again), &fault), &fault, CSIGN_OK, "", payloads[i]);
        assert_int_equal(proof.use, i + 1);
        assert_true(public_key_equal(&proof.key, &public) && proof.iat == 1000 &&
                    span_equal(proof.aud, SPAN(ISS)));
        assert_true(span_equal(proof.code, i == 1 ? SPAN("123-456") : SPAN("")) &&
                    proof.idx == (i == 2 ? 7 : 0));
        assert_int_equal(proof_write(&made, &proof, &key), CSIGN_OK);
        assert_true(span_equal(buffer_span(&made), buffer_span(&again)));
        made = buffer_open(made_memory, made.size - 1);
        assert_int_equal(proof_write(&made, &proof, &key), CSIGN_E_NO_SPACE);
    }
    static uint8_t long_text[PROOF_MAX];
    struct buffer made = buffer_open(memory, sizeof memory);
    memset(long_text, 'a', sizeof long_text);
    proof.aud = span_of(long_text, 1400);
    assert_int_equal(proof_write(&made, &proof, &key), CSIGN_E_TOO_LARGE);
}

static void members_fail(void **state)
{
    static const struct closed payload = {
        read_payload, CSIGN_E_BODY_MALFORMED, CSIGN_E_BODY_MALFORMED, NULL, false, false};
    static const struct closed header = {
        read_header, CSIGN_E_BODY_MALFORMED, CSIGN_E_BODY_MALFORMED, NULL, false, false};
    struct signing_key key = key_of(1);
    struct public_key public;
    (void)state;
    closed_check(&payload, TOKEN);
    closed_check(&payload, BINDING);
    closed_check(&payload, CREDENTIAL);
    signing_key_public(&key, &public);
    closed_check(&header, header_of(&public));
}

static void values_fail(void **state)
{
    (void)state;
    payload_is(edited(TOKEN, "}", ",\"code\":\"1\"}"), CSIGN_E_BODY_MALFORMED, "code");
    payload_is(edited(TOKEN, "}", ",\"idx\":1}"), CSIGN_E_BODY_MALFORMED, "idx");
    payload_is(edited(BINDING, "}", ",\"idx\":1}"), CSIGN_E_BODY_MALFORMED, "idx");
    payload_is(edited(CREDENTIAL, "}", ",\"code\":\"1\"}"), CSIGN_E_BODY_MALFORMED, "code");
    payload_is(edited(TOKEN, "\"token\"", "\"end\""), CSIGN_OK, "");
    payload_is(edited(TOKEN, "\"token\"", "\"Token\""), CSIGN_E_BODY_MALFORMED, "use");
    payload_is(edited(TOKEN, "\"token\"", "\"binding\""), CSIGN_E_BODY_MALFORMED, "code");
    payload_is(edited(TOKEN, "\"token\"", "\"credential\""), CSIGN_E_BODY_MALFORMED, "idx");
    payload_is(edited(TOKEN, NONCE, "AAAA"), CSIGN_E_BODY_MALFORMED, "nonce");
    payload_is(edited(TOKEN, "\"" ISS "\"", "[\"" ISS "\"]"), CSIGN_E_BODY_MALFORMED, "aud");
    payload_is(edited(TOKEN, "1000", "1000.5"), CSIGN_E_BODY_MALFORMED, "iat");
    payload_is(edited(TOKEN, "1000", "9007199254740992"), CSIGN_E_BODY_MALFORMED, "iat");
    payload_is("[]", CSIGN_E_BODY_MALFORMED, "");
    payload_is(TOKEN "x", CSIGN_E_BODY_MALFORMED, "");
}

static void header_fail(void **state)
{
    static const char *const cases[][3] = {{"\"Ed25519\",\"typ\"", "\"none\",\"typ\"", "alg"},
                                           {"\"Ed25519\",\"typ\"", "\"HS256\",\"typ\"", "alg"},
                                           {"countersign-proof+jwt", "openid4vci-proof+jwt", "typ"},
                                           {"countersign-proof+jwt", "kb+jwt", "typ"},
                                           {"countersign-proof+jwt", "Countersign-proof+jwt", "typ"},
                                           {"\"kty\":\"OKP\"", "\"kty\":\"oct\"", "kty"},
                                           {"\"crv\":\"Ed25519\"", "\"crv\":\"P-256\"", "crv"},
                                           {"\"kty\"", "\"d\":\"AAAA\",\"kty\"", ""},
                                           {"\"jwk\"", "\"kid\":\"k\",\"jwk\"", ""},
                                           {"\"jwk\"", "\"crit\":[],\"jwk\"", ""}};
    struct signing_key key = key_of(1);
    struct public_key public;
    (void)state;
    signing_key_public(&key, &public);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csign_fault fault;
        const char *header = edited(header_of(&public), cases[i][0], cases[i][1]);
        assert_refused(read_header(span_text(header), &fault), &fault, CSIGN_E_BODY_MALFORMED, cases[i][2],
                       header);
    }
}

static void form_fail(void **state)
{
    static const char *const texts[][2] = {{"", ""},
                                           {"a.b", ""},
                                           {"a.b.c.d", ""},
                                           {"a..c", ""},
                                           {"{}", ""},
                                           {"A.AAAA.AAAA", "header"},
                                           {"AAAA.AB.AAAA", "payload"},
                                           {"AAAA.AAAA.AA==", "signature"}};
    static char long_text[PROOF_MAX + 2];
    csign_fault fault;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_refused(read_token(span_text(texts[i][0]), &fault), &fault, CSIGN_E_BODY_MALFORMED, texts[i][1],
                       texts[i][0]);
        assert_int_equal(fault.code, CSIGN_E_BODY_MALFORMED);
    }
    memset(long_text, 'A', sizeof long_text - 1);
    assert_refused(read_token(span_text(long_text), &fault), &fault, CSIGN_E_BODY_MALFORMED, "proof",
                   "too long");
    long_text[PROOF_MAX] = 0;
    assert_refused(read_token(span_text(long_text), &fault), &fault, CSIGN_E_BODY_MALFORMED, "",
                   "not too long, but no token");
    struct buffer scratch = buffer_open(memory, 1);
    assert_int_equal(proof_read(SPAN("AAAA.AAAA.AAAA"), &scratch, &proof, NULL), CSIGN_E_NO_SPACE);
}

/* N04, N11: its own key must have signed, and be one. */
static void possession_fail(void **state)
{
    struct signing_key key = key_of(1), other = key_of(2);
    struct public_key public, bad = {{1}};
    csign_fault fault;
    (void)state;
    signing_key_public(&key, &public);
    assert_refused(read_signed(header_of(&public), SPAN(TOKEN), &other, &fault), &fault, CSIGN_E_POSSESSION_BAD,
                   "signature", "another key signed");
    assert_refused(read_signed(header_of(&bad), SPAN(TOKEN), &key, &fault), &fault, CSIGN_E_POSSESSION_BAD,
                   "jwk", "a key of small order");
    memset(bad.bytes, 0xFF, sizeof bad.bytes);
    assert_refused(read_signed(header_of(&bad), SPAN(TOKEN), &key, &fault), &fault, CSIGN_E_POSSESSION_BAD,
                   "jwk", "a key that is not canonical");
    bad = (struct public_key){
        {0x95}}; /* the base point with a part of order two, and a signature that fits no key */
    memset(bad.bytes + 1, 0x99, 31);
    assert_refused(read_signed(header_of(&bad), SPAN(TOKEN), &key, &fault), &fault, CSIGN_E_POSSESSION_BAD,
                   "jwk", "a torsioned key");

    uint8_t made_memory[PROOF_MAX];
    struct buffer made = buffer_open(made_memory, sizeof made_memory);
    jws_write(&made, span_text(header_of(&public)), SPAN(TOKEN), &key);
    for (size_t cut = 1; cut < 86;
         cut += 12) { /* a shorter signature: of the form of another size, or of none */
        csign_code code = read_token(span_of(made.data, made.size - cut), &fault);
        assert_true(code == CSIGN_E_POSSESSION_BAD || code == CSIGN_E_BODY_MALFORMED);
        assert_string_equal(fault.field, "signature");
    }
    made.data[made.size - 30] ^= 1; /* still in the alphabet, or not: either refuses */
    assert_int_not_equal(read_token(buffer_span(&made), &fault), CSIGN_OK);
}

static void what_it_was_made_for_fail(void **state)
{
    static const struct {
        span aud, nonce;
        uint8_t use;
        const char *field;
    } cases[] = {
        {{(const uint8_t *)ISS, 21}, {(const uint8_t *)NONCE, 22}, PROOF_TOKEN, NULL},
        {{(const uint8_t *)ISS "/", 22}, {(const uint8_t *)NONCE, 22}, PROOF_TOKEN, "aud"},
        {{(const uint8_t *)ISS, 20}, {(const uint8_t *)NONCE, 22}, PROOF_TOKEN, "aud"},
        {{(const uint8_t *)ISS, 21}, {(const uint8_t *)NONCE, 22}, PROOF_END, "use"},
        {{(const uint8_t *)ISS, 21}, {(const uint8_t *)NONCE, 22}, PROOF_BINDING, "use"},
        {{(const uint8_t *)ISS, 21}, {(const uint8_t *)"AAAAAAAAAAAAAAAAAAAAAQ", 22}, PROOF_TOKEN, "nonce"},
        {{(const uint8_t *)ISS, 21}, {NULL, 0}, PROOF_TOKEN, "nonce"}};
    (void)state;
    payload_is(TOKEN, CSIGN_OK, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csign_fault fault = {CSIGN_OK, "", "", 0};
        assert_refused(proof_check(&proof, cases[i].aud, cases[i].use, cases[i].nonce, &fault), &fault,
                       cases[i].field ? CSIGN_E_POSSESSION_BAD : CSIGN_OK, cases[i].field ? cases[i].field : "",
                       "asked for");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_use_both_ways),
        cmocka_unit_test(members_fail),
        cmocka_unit_test(values_fail),
        cmocka_unit_test(header_fail),
        cmocka_unit_test(form_fail),
        cmocka_unit_test(possession_fail),
        cmocka_unit_test(what_it_was_made_for_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
