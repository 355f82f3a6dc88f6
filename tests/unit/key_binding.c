/* Key bindings: header and payload, both closed, and the id of a sign-off (N29, N30, N32 as far as they are
 * form). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inputs.h"
#include "key_binding.h"

#define DIGEST "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HEADER "{\"alg\":\"Ed25519\",\"typ\":\"kb+jwt\"}"
#define PAYLOAD                                                                                                \
    "{\"iat\":1000,\"aud\":\"deployment-1\",\"nonce\":\"n-1\",\"sd_hash\":\"" DIGEST                           \
    "\",\"transaction_data_hashes\":[\"" DIGEST "\"],"                                                         \
    "\"transaction_data_hashes_alg\":\"sha-256\",\"jti\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"auth_time\":900}"

static uint8_t memory[1 << 14];
static struct key_binding binding;

static csign_code read_parts(span header, span payload, csign_fault *fault)
{
    struct jws jws = {.header = header, .payload = payload};
    struct buffer scratch = buffer_open(memory, sizeof memory);
    return key_binding_read(&jws, &scratch, &binding, fault);
}

static csign_code read_payload(span payload, csign_fault *fault)
{
    return read_parts(SPAN(HEADER), payload, fault);
}

static void is(const char *payload, csign_code code, const char *field)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_refused(read_payload(placed_text(payload), &fault), &fault, code, field, payload);
}

static struct signing_key holder(void)
{
    uint8_t seed[32] = {3};
    struct signing_key key;
    signing_key_from_seed(seed, &key);
    return key;
}

static void both_ways(void **state)
{
    uint8_t made_memory[KEY_BINDING_JWT_MAX];
    struct signing_key key = holder();
    struct public_key public;
    struct jws jws;
    struct buffer made = buffer_open(made_memory, sizeof made_memory),
                  scratch = buffer_open(memory, sizeof memory);
    (void)state;
    is(PAYLOAD, CSIGN_OK, "");
    assert_true(binding.iat == 1000 && binding.auth_time == 900 &&
                span_equal(binding.aud, SPAN("deployment-1")) && span_equal(binding.nonce, SPAN("n-1")));
    assert_int_equal(binding.hash_count, 1);
    assert_int_equal(key_binding_write(&made, &binding, &key), CSIGN_OK);
    signing_key_public(&key, &public);
    assert_int_equal(jws_split(buffer_span(&made), &jws, NULL), CSIGN_OK);
    assert_int_equal(jws_decode(&jws, &scratch, NULL), CSIGN_OK);
    assert_true(span_equal(jws.header, SPAN(HEADER)) && span_equal(jws.payload, SPAN(PAYLOAD)) &&
                jws_verify(&jws, &public));

    made = buffer_open(made_memory, made.size - 1);
    assert_int_equal(key_binding_write(&made, &binding, &key), CSIGN_E_NO_SPACE);
    static uint8_t long_text[KEY_BINDING_JWT_MAX];
    memset(long_text, 'a', sizeof long_text);
    binding.aud = span_of(long_text, sizeof long_text);
    made = buffer_open(made_memory, sizeof made_memory);
    assert_int_equal(key_binding_write(&made, &binding, &key), CSIGN_E_TOO_LARGE);
}

static void members_fail(void **state)
{
    static const struct closed closed = {
        read_payload, CSIGN_E_MALFORMED_JSON, CSIGN_E_MALFORMED_KEY_BINDING, NULL, false, false};
    (void)state;
    closed_check(&closed, PAYLOAD);
}

static void values_fail(void **state)
{
    static const char *const cases[][3] = {
        {"\"iat\":1000", "\"iat\":9007199254740992", "iat"},
        {"\"iat\":1000", "\"iat\":1000.0", "iat"},
        {"\"iat\":1000", "\"iat\":-1", "iat"},
        {"\"iat\":1000", "\"iat\":1e3", "iat"},
        {"\"deployment-1\"", "[\"deployment-1\"]", "aud"},
        {"\"deployment-1\"", "\"\"", "aud"},
        {"\"n-1\"", "\"\"", "nonce"},
        {"\"n-1\"", "1", "nonce"},
        {"\"sd_hash\":\"" DIGEST "\"", "\"_sd_hash\":\"" DIGEST "\"", ""},
        {"\"sd_hash\":\"" DIGEST "\"", "\"sd_hash\":\"" DIGEST "=\"", "sd_hash"},
        {"[\"" DIGEST "\"]", "\"" DIGEST "\"", "transaction_data_hashes"},
        {"[\"" DIGEST "\"]", "[\"AAAA\"]", "transaction_data_hashes"},
        {"[\"" DIGEST "\"]", "[1]", "transaction_data_hashes"},
        {"[\"" DIGEST "\"]", "[\"" DIGEST "=\"]", "transaction_data_hashes"},
        {"\"sha-256\"", "\"sha-512\"", "transaction_data_hashes_alg"},
        {"\"sha-256\"", "[\"sha-256\"]", "transaction_data_hashes_alg"},
        {"\"jti\":\"AAAAAAAAAAAAAAAAAAAAAA\"", "\"jti\":\"AAAA\"", "jti"},
        {"\"auth_time\":900", "\"auth_time\":null", "auth_time"},
        {"\"auth_time\":900", "\"auth_time\":900,\"exp\":1", ""}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        is(edited(PAYLOAD, cases[i][0], cases[i][1]), CSIGN_E_MALFORMED_KEY_BINDING, cases[i][2]);
    is(edited(PAYLOAD, "[\"" DIGEST "\"]", "[]"), CSIGN_OK,
       ""); /* as many as entries, and there is one: hash-mismatch is the gate's */
    assert_int_equal(binding.hash_count, 0);
}

static void how_many_hashes(void **state)
{
    char list[2048], payload[4096];
    (void)state;
    for (unsigned count = CSIGN_ENTRIES_MAX; count <= CSIGN_ENTRIES_MAX + 1; count++) {
        int size = snprintf(list, sizeof list, "[");
        for (unsigned i = 0; i < count; i++)
            size += snprintf(list + size, sizeof list - (size_t)size, "%s\"" DIGEST "\"", i ? "," : "");
        (void)snprintf(list + size, sizeof list - (size_t)size, "]");
        (void)snprintf(payload, sizeof payload, "%s", edited(PAYLOAD, "[\"" DIGEST "\"]", list));
        is(payload, count > CSIGN_ENTRIES_MAX ? CSIGN_E_MALFORMED_KEY_BINDING : CSIGN_OK,
           "transaction_data_hashes");
    }
    assert_int_equal(binding.hash_count, CSIGN_ENTRIES_MAX);
}

static void header_fail(void **state)
{
    static const char *const cases[][3] = {
        {"\"kb+jwt\"", "\"dc+sd-jwt\"", "typ"},
        {"\"kb+jwt\"", "\"JWT\"", "typ"},
        {"\"typ\":", "\"kid\":\"k\",\"typ\":", ""},
        {"\"typ\":", "\"jwk\":{},\"typ\":", ""},
        {"\"Ed25519\"", "\"ES256\"", "alg"},
        {"\"Ed25519\"", "\"https://registry.example/alg/webauthn-ed25519\"", "alg"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csign_fault fault = {CSIGN_OK, "", "", 0};
        const char *header = edited(HEADER, cases[i][0], cases[i][1]);
        assert_refused(read_parts(placed_text(header), SPAN(PAYLOAD), &fault), &fault, CSIGN_E_MALFORMED_HEADER,
                       cases[i][2], header);
    }
}

/* PROTOCOL 4: SHA-256(signing input ‖ SHA-256 of the entry). By hand of two hashes. */
static void ids(void **state)
{
    uint8_t entry[32] = {0}, expected[32], id[32], other[32], joined[35];
    (void)state;
    memcpy(joined, "a.b", 3);
    memcpy(joined + 3, entry, 32);
    hash_of(span_of(joined, sizeof joined), expected);
    sign_off_id(placed_text("a.b"), entry, id);
    assert_memory_equal(id, expected, 32);
    entry[31] = 1;
    sign_off_id(placed_text("a.b"), entry, other);
    assert_memory_not_equal(id, other, 32);
    sign_off_id(placed_text("a.c"), entry, id);
    assert_memory_not_equal(id, other, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),       cmocka_unit_test(members_fail), cmocka_unit_test(values_fail),
        cmocka_unit_test(how_many_hashes), cmocka_unit_test(header_fail),  cmocka_unit_test(ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
