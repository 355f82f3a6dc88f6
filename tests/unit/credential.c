/* Credentials: what is written reads back, and each claim that is missing, of another type or twice refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base64.h"
#include "credential.h"
#include "cursor.h"
#include "inputs.h"

#define ISS    "https://registry.test"
#define DIGEST "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define PAYLOAD                                                                                                \
    "{\"vct\":\"" ISS "/vct/practitioner/1\",\"iss\":\"" ISS                                                   \
    "\",\"nbf\":1000,\"exp\":2000,\"cnf\":{\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\","                      \
    "\"x\":\"" DIGEST "\"}},\"status\":{\"status_list\":{\"idx\":5,\"uri\":\"" ISS                             \
    "/status/list/1\"},\"countersign\":{\"origin\":\"log.test\","                                              \
    "\"idx\":16777221}},\"iat\":1000,\"sub\":\"practitioner-1\",\"profession\":\"physician\",\"level\":"       \
    "\"supervised\",\"jurisdiction\":[\"US\","                                                                 \
    "\"CN-11\"],\"specialty\":[{\"system\":\"nucc\",\"code\":\"2085R0202X\"}],\"privileges\":{\"prescribe\":"  \
    "true,\"schedules\":[\"II\"],"                                                                             \
    "\"antimicrobial_grade\":3,\"narcotic\":true,\"imaging_report\":true,\"pathology\":true,"                  \
    "\"psychotherapy\":true,\"tcm\":true,"                                                                     \
    "\"certify_death\":true,\"supplementary_only\":true},\"site\":{\"id\":\"h-1\",\"basis\":\"filed\","        \
    "\"consent\":false},"                                                                                      \
    "\"independent_since\":\"2015-04-01\",\"licensed_until\":\"2028-02-29\",\"conditions\":[{\"code\":\"c-"    \
    "1\",\"acts_denied\":[\"prescribe\"],"                                                                     \
    "\"needs_cosign\":true,\"until\":\"2027-01-01\"}],\"assurance\":{\"level\":\"validated\",\"validated_"     \
    "at\":900},\"authenticator\":{"                                                                            \
    "\"storage\":\"hardware\",\"user_auth\":\"biometric\",\"attested\":true,\"proofing\":\"in_person\"},"      \
    "\"test\":true}"
#define HEADER "{\"alg\":\"Ed25519\",\"kid\":\"k-1\",\"typ\":\"dc+sd-jwt\"}"

static uint8_t memory[1 << 16];
static struct credential credential;

/* Reads header and payload as if decoded; no disclosure. */
static csign_code read_parts(span header, span payload, csign_fault *fault)
{
    struct presentation p = {.disclosure_count = 0, .jwt = {.header = header, .payload = payload}};
    struct buffer scratch = buffer_open(memory, sizeof memory);
    return credential_read(&p, NULL, &scratch, &credential, fault);
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

static void every_claim(void **state)
{
    (void)state;
    is(PAYLOAD, CSIGN_OK, "");
    const struct credential *c = &credential;
    const struct condition *condition = c->conditions.items;
    assert_true(credential_type_matches(c) && c->nbf == 1000 && c->exp == 2000 && c->iat == 1000);
    assert_true(c->status.status_list.idx == 5 && c->status.countersign.idx == 16777221);
    assert_true(c->level == LEVEL_SUPERVISED && c->jurisdiction.count == 2 && c->specialty.count == 1);
    assert_true(c->privileges.narcotic && c->privileges.supplementary_only && c->privileges.certify_death);
    assert_true(c->site.basis == BASIS_FILED && !c->site.consent && c->independent_since == 20150401 &&
                c->licensed_until == 20280229);
    assert_true(c->conditions.count == 1 && condition->needs_cosign && condition->until == 20270101 &&
                condition->acts_denied.count == 1);
    assert_true(c->assurance.validated_at == 900 && c->authenticator.attested && c->test && !c->name.data);
    assert_true(span_equal(c->kid, SPAN("k-1")));
}

/* N17 to N20 as far as they are form. */
static void members_fail(void **state)
{
    static const struct closed_exception claims[] = {{"imaging_report", NULL, true, false},
                                                     {"pathology", NULL, true, false},
                                                     {"psychotherapy", NULL, true, false},
                                                     {"tcm", NULL, true, false},
                                                     {"certify_death", NULL, true, false},
                                                     {"supplementary_only", NULL, true, false},
                                                     {"independent_since", NULL, true, false},
                                                     {"licensed_until", NULL, true, false},
                                                     {"until", NULL, true, false},
                                                     {"validated_at", NULL, true, false},
                                                     {"test", NULL, true, false},
                                                     {NULL, NULL, false, false}};
    static const struct closed closed = {
        read_payload, CSIGN_E_MALFORMED_JSON, CSIGN_E_MALFORMED_CLAIMS, claims, true, true};
    (void)state;
    closed_check(&closed, PAYLOAD);
}

static void values_fail(void **state)
{
    static const char *const cases[][3] = {
        {"\"exp\":2000", "\"exp\":1000", "exp"},
        {"\"exp\":2000", "\"exp\":999", "exp"},
        {"\"exp\":2000", "\"exp\":9007199254740992", "exp"},
        {"\"exp\":2000", "\"exp\":2000.0", "exp"},
        {"\"exp\":2000", "\"exp\":2e3", "exp"},
        {"\"exp\":2000", "\"exp\":-1", "exp"},
        {"\"nbf\":1000", "\"nbf\":\"1000\"", "nbf"},
        {"\"iat\":1000", "\"iat\":1000.5", "iat"},
        {"\"kty\":\"OKP\"", "\"kty\":\"EC\"", "kty"},
        {"\"crv\":\"Ed25519\"", "\"crv\":\"Ed448\"", "crv"},
        {"\"crv\":\"Ed25519\"", "\"crv\":\"X25519\"", "crv"},
        {"\"x\":\"" DIGEST "\"", "\"x\":\"AAAA\"", "x"},
        {"\"x\":\"" DIGEST "\"", "\"x\":\"" DIGEST "\",\"d\":\"" DIGEST "\"", ""},
        {"\"cnf\":{", "\"cnf\":{\"kid\":\"k\",", ""},
        {"\"cnf\":{", "\"cnf\":{\"webauthn\":{},", ""},
        {"\"cnf\":{", "\"cnf\":{\"jku\":\"https://a\",", ""},
        {"\"physician\"", "\"wizard\"", "profession"},
        {"\"supervised\"", "\"Supervised\"", "level"},
        {"[\"US\",\"CN-11\"]", "[]", "jurisdiction"},
        {"[\"US\",\"CN-11\"]", "[\"US\",\"US\"]", "jurisdiction"},
        {"\"CN-11\"", "\"cn-11\"", "jurisdiction"},
        {"\"pathology\":true", "\"pathology\":false", "pathology"},
        {"\"tcm\":true", "\"tcm\":false", "tcm"},
        {"\"antimicrobial_grade\":3", "\"antimicrobial_grade\":4", "antimicrobial_grade"},
        {"\"2028-02-29\"", "\"2027-02-29\"", "licensed_until"},
        {"\"h-1\"", "\"h 1\"", "id"},
        {"\"filed\"", "\"any\"", "basis"},
        {"\"validated\"", "\"none\"", "level"},
        {"\"hardware\"", "\"tpm\"", "storage"},
        {"\"practitioner-1\"", "\"\"", "sub"},
        {"\"log.test\"", "\"\"", "origin"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        is(edited(PAYLOAD, cases[i][0], cases[i][1]), CSIGN_E_MALFORMED_CLAIMS, cases[i][2]);
}

/* The payload is open at its top, and what it knows there it reads; everything below is closed. */
static void claims_that_nobody_knows(void **state)
{
    (void)state;
    is(edited(PAYLOAD, "{\"vct\"", "{\"aka_vcts\":[\"x\"],\"__proto__\":{},\"vct\""), CSIGN_OK, "");
    is(edited(PAYLOAD, "{\"vct\"",
              "{\"name\":\"Dr "
              "A\",\"licence_number\":\"1\",\"identifiers\":[{\"system\":\"s\",\"value\":\"v\"}],\"vct\""),
       CSIGN_OK, "");
    assert_true(span_equal(credential.name, SPAN("Dr A")) && credential.identifiers.count == 1);
    is(edited(PAYLOAD, "{\"vct\"", "{\"name\":\"\",\"vct\""), CSIGN_E_MALFORMED_CLAIMS, "name");
    is(edited(PAYLOAD, "{\"vct\"", "{\"identifiers\":[{\"system\":\"s\",\"code\":\"v\"}],\"vct\""),
       CSIGN_E_MALFORMED_CLAIMS, "");
}

static void header_fail(void **state)
{
    static const char *const headers[][2] = {{"\"dc+sd-jwt\"", "\"kb+jwt\""},
                                             {"\"dc+sd-jwt\"", "\"vc+sd-jwt\""},
                                             {"\"dc+sd-jwt\"", "\"statuslist+jwt\""},
                                             {"\"dc+sd-jwt\"", "\"countersign-proof+jwt\""}};
    csign_fault fault = {CSIGN_OK, "", "", 0};
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_refused(
            read_parts(span_text(edited(HEADER, headers[i][0], headers[i][1])), SPAN(PAYLOAD), &fault), &fault,
            CSIGN_E_MALFORMED_HEADER, "typ", headers[i][1]);
    assert_refused(read_parts(span_text(edited(HEADER, "\"kid\":\"k-1\",", "")), SPAN(PAYLOAD), &fault), &fault,
                   CSIGN_E_MALFORMED_HEADER, "kid", "no kid");
}

static void types(void **state)
{
    static const struct {
        const char *iss, *vct;
        bool matches;
    } cases[] = {{ISS, ISS "/vct/practitioner/1", true},
                 {ISS, ISS "/vct/practitioner/2", false},
                 {ISS, ISS "/vct/practitioner/11", false},
                 {ISS, ISS "/vct/practitioner/", false},
                 {ISS, ISS "/x/vct/practitioner/1", false},
                 {ISS, "https://other.test/vct/practitioner/1", false},
                 {ISS, "https://registry.tesu/vct/practitioner/1", false},
                 {ISS, "/vct/practitioner/1", false},
                 {ISS, ISS "/VCT/practitioner/1", false},
                 {ISS "/", ISS "/vct/practitioner/1", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct credential c = {.iss = span_text(cases[i].iss), .vct = span_text(cases[i].vct)};
        assert_int_equal(credential_type_matches(&c), cases[i].matches);
    }
}

/* --- writing --- */

static struct signing_key issuer_key(void)
{
    uint8_t seed[32] = {7};
    struct signing_key key;
    signing_key_from_seed(seed, &key);
    return key;
}

static const struct specialty identifiers[] = {{3, {(const uint8_t *)"npi", 3}, {(const uint8_t *)"1\"\\", 3}}};

/* What PAYLOAD says, with something to disclose. */
static struct credential full(void)
{
    csign_fault fault;
    assert_int_equal(read_payload(SPAN(PAYLOAD), &fault), CSIGN_OK);
    struct credential c = credential;
    c.name = SPAN("Dr M\xC3\xBCller \"M\"");
    c.licence_number = SPAN("REG-1");
    c.identifiers = (struct object_list){identifiers, 1};
    return c;
}

static csign_code read_issued(span text, csign_fault *fault)
{
    static uint8_t scratch_memory[1 << 16];
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    struct presentation p;
    span decoded[DISCLOSURES_MAX];
    struct signing_key key = issuer_key();
    struct public_key public;
    signing_key_public(&key, &public);
    csign_code code = presentation_split(placed(text), false, &p, fault);
    if (code == CSIGN_OK)
        code = jws_decode(&p.jwt, &scratch, fault);
    if (code == CSIGN_OK)
        code = disclosure_decode(&p, &scratch, decoded, fault);
    if (code == CSIGN_OK)
        code = credential_read(&p, decoded, &scratch, &credential, fault);
    if (code == CSIGN_OK)
        assert_true(jws_verify(&p.jwt, &public));
    return code;
}

static void round_trip(void **state)
{
    static uint8_t made_memory[1 << 14];
    struct signing_key key = issuer_key();
    struct credential_secrets secrets = {{{1}, {2}, {3}}};
    csign_fault fault = {CSIGN_OK, "", "", 0};
    (void)state;
    for (unsigned disclosed = 0; disclosed < 8; disclosed++) { /* each choice of what is disclosable */
        struct credential c = full();
        struct buffer made = buffer_open(made_memory, sizeof made_memory);
        if (!(disclosed & 1))
            c.name = span_of(NULL, 0);
        if (!(disclosed & 2))
            c.licence_number = span_of(NULL, 0);
        if (!(disclosed & 4))
            c.identifiers.count = 0;
        assert_int_equal(credential_write(&made, &c, &secrets, &key), CSIGN_OK);
        span text = buffer_span(&made), payload;
        assert_refused(read_issued(text, &fault), &fault, CSIGN_OK, "", "issued");
        assert_true(span_equal(credential.name, c.name) &&
                    span_equal(credential.licence_number, c.licence_number));
        assert_int_equal(credential.identifiers.count, c.identifiers.count);
        if (disclosed & 4)
            assert_true(
                span_equal(((const struct specialty *)credential.identifiers.items)->code, SPAN("1\"\\")));

        /* The payload is the text above, with the digests behind it; without any there is no `_sd`
         * (TOKENS 4.1). */
        struct presentation p;
        struct buffer scratch = buffer_open(memory, sizeof memory);
        assert_int_equal(presentation_split(text, false, &p, NULL), CSIGN_OK);
        assert_true(base64url_decode(&scratch, p.jwt.segments[1], &payload));
        assert_true(span_starts(payload, span_of(PAYLOAD, sizeof PAYLOAD - 2)));
        assert_int_equal(p.disclosure_count, (disclosed & 1) + (disclosed >> 1 & 1) + (disclosed >> 2));
        if (!disclosed)
            assert_true(span_equal(payload, SPAN(PAYLOAD)));
        else
            assert_true(span_ends(payload, SPAN("],\"_sd_alg\":\"sha-256\"}")));
        /* The digests stand in the order of their text, which tells nothing of the names. */
        struct cursor c_at =
            cursor_open(span_of(payload.data + sizeof PAYLOAD - 2, payload.size - sizeof PAYLOAD + 2));
        span last = SPAN(""), digest;
        if (disclosed) {
            assert_true(cursor_literal(&c_at, SPAN(",\"_sd\":[")));
            for (size_t i = 0; i < p.disclosure_count; i++) {
                assert_true((i == 0 || cursor_literal(&c_at, SPAN(","))) && cursor_literal(&c_at, SPAN("\"")) &&
                            cursor_until(&c_at, '"', &digest));
                assert_int_equal(digest.size, 43);
                assert_true(i == 0 || memcmp(last.data, digest.data, 43) < 0);
                last = digest;
            }
        }
    }
}

/* A presentation with fewer disclosures reads; a disclosed value is as closed as a claim. */
static void disclosed_values_fail(void **state)
{
    static const char *const cases[][3] = {{"name", "5", "name"},
                                           {"name", "\"\"", "name"},
                                           {"name", "null", "name"},
                                           {"licence_number", "[]", "licence_number"},
                                           {"identifiers", "{}", "identifiers"},
                                           {"identifiers", "[{\"system\":\"s\"}]", "value"},
                                           {"identifiers", "[{\"system\":\"s\",\"value\":\"v\",\"x\":1}]", ""}};
    static uint8_t made_memory[1 << 14];
    struct signing_key key = issuer_key();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t salt[16] = {0}, disclosure_memory[512];
        char payload[4096];
        struct buffer disclosure = buffer_open(disclosure_memory, sizeof disclosure_memory), digest,
                      made = buffer_open(made_memory, sizeof made_memory);
        uint8_t digest_memory[43];
        csign_fault fault = {CSIGN_OK, "", "", 0};
        digest = buffer_open(digest_memory, sizeof digest_memory);
        disclosure_write(&disclosure, span_of(salt, 16), cases[i][0], span_text(cases[i][1]));
        disclosure_digest(buffer_span(&disclosure), &digest);
        (void)snprintf(payload, sizeof payload, "%.*s,\"_sd\":[\"%.43s\"]}", (int)sizeof PAYLOAD - 2, PAYLOAD,
                       (const char *)digest_memory);
        jws_write(&made, SPAN(HEADER), span_text(payload), &key);
        buffer_byte(&made, '~');
        buffer_put(&made, buffer_span(&disclosure));
        buffer_byte(&made, '~');
        assert_refused(read_issued(buffer_span(&made), &fault), &fault, CSIGN_E_MALFORMED_DISCLOSURE,
                       cases[i][2], cases[i][1]);
    }
}

static void writing_fail(void **state)
{
    static uint8_t made_memory[1 << 14];
    static uint8_t long_text[ISSUER_JWT_MAX], small_memory[1 << 14];
    struct signing_key key = issuer_key();
    struct credential_secrets secrets = {{{0}}};
    struct credential c = full();
    struct buffer made = buffer_open(made_memory, sizeof made_memory);
    (void)state;
    assert_int_equal(credential_write(&made, &c, &secrets, &key), CSIGN_OK);
    struct buffer small = buffer_open(small_memory, made.size - 1);
    assert_int_equal(credential_write(&small, &c, &secrets, &key), CSIGN_E_NO_SPACE);
    memset(long_text, 'a', sizeof long_text);
    c.sub = span_of(long_text, sizeof long_text);
    made = buffer_open(made_memory, sizeof made_memory);
    assert_int_equal(credential_write(&made, &c, &secrets, &key), CSIGN_E_TOO_LARGE);
    c = full();
    c.name = span_of(long_text, DISCLOSURE_MAX);
    made = buffer_open(made_memory, sizeof made_memory);
    assert_int_equal(credential_write(&made, &c, &secrets, &key), CSIGN_E_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_claim),  cmocka_unit_test(members_fail),
        cmocka_unit_test(values_fail),  cmocka_unit_test(claims_that_nobody_knows),
        cmocka_unit_test(header_fail),  cmocka_unit_test(types),
        cmocka_unit_test(round_trip),   cmocka_unit_test(disclosed_values_fail),
        cmocka_unit_test(writing_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
