/* Selective disclosure: digests, disclosures and what may stand in for what (N23 to N28). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base64.h"
#include "disclosure.h"
#include "inputs.h"

#define SALT  "AAAAAAAAAAAAAAAAAAAAAA"
#define NAME  "[\"" SALT "\",\"name\",\"Dr A. Example\"]"
#define DECOY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static uint8_t memory[1 << 16];
static char kept_memory[1 << 16];
static struct buffer kept;

/* A text that is kept for one test: B64U of JSON, or its digest. */
static span keep_encoded(const char *json)
{
    size_t from = kept.size;
    base64url_encode(&kept, span_text(json));
    return buffer_since(&kept, from);
}

static const char *digest_of(const char *json)
{
    span text = keep_encoded(json);
    size_t from = kept.size;
    disclosure_digest(text, &kept);
    buffer_byte(&kept, 0);
    return (const char *)kept.data + from;
}

static int begin(void **state)
{
    (void)state;
    kept = buffer_open(kept_memory, sizeof kept_memory);
    return 0;
}

static struct disclosed disclosed;

/* Matches disclosures, given as JSON texts, with a payload. */
static csign_code match(const char *payload, const char *const *texts, csign_fault *fault)
{
    struct presentation p = {.disclosure_count = 0};
    span decoded[DISCLOSURES_MAX];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    *fault = (csign_fault){CSIGN_OK, "", "", 0};
    while (texts[p.disclosure_count]) {
        p.disclosures[p.disclosure_count] = keep_encoded(texts[p.disclosure_count]);
        p.disclosure_count++;
    }
    csign_code code = disclosure_decode(&p, &scratch, decoded, fault);
    return code != CSIGN_OK ? code
                            : disclosure_match(&p, decoded, placed_text(payload), &scratch, &disclosed, fault);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})
static const char *const none[] = {NULL};

static void is(const char *payload, const char *const *texts, csign_code code, const char *field)
{
    csign_fault fault;
    assert_refused(match(payload, texts, &fault), &fault, code, field, payload);
}

static const char *payload_of(const char *members, const char *digests)
{
    static char text[4][1 << 14];
    static unsigned next;
    char *into = text[next++ % 4];
    assert_true(snprintf(into, sizeof text[0], "{%s\"_sd\":[%s]}", members, digests) < (int)sizeof text[0]);
    return into;
}

/* The payload that commits to one disclosure. */
static const char *committing(const char *json)
{
    static char digest[64];
    (void)snprintf(digest, sizeof digest, "\"%s\"", digest_of(json));
    return payload_of("", digest);
}

static void matches(void **state)
{
    static const char identifiers[] = "[\"" SALT "\",\"identifiers\",[{\"system\":\"npi\",\"value\":\"1\"}]]";
    char digests[256];
    (void)state;
    is(committing(NAME), TEXTS(NAME), CSIGN_OK, "");
    assert_true(span_equal(disclosed.values[DISCLOSED_NAME], SPAN("\"Dr A. Example\"")));
    assert_null(disclosed.values[DISCLOSED_LICENCE_NUMBER].data);
    is(committing(NAME), none, CSIGN_OK, ""); /* not disclosed */
    assert_null(disclosed.values[DISCLOSED_NAME].data);
    is("{}", none, CSIGN_OK, "");
    is("{\"_sd\":[]}", none, CSIGN_OK, "");
    is("{\"_sd\":[\"" DECOY "\"],\"_sd_alg\":\"sha-256\"}", none, CSIGN_OK, "");
    (void)snprintf(digests, sizeof digests, "\"%s\",\"" DECOY "\",\"%s\"", digest_of(identifiers),
                   digest_of(NAME));
    is(payload_of("\"a\":{\"b\":[1]},", digests), TEXTS(NAME, identifiers), CSIGN_OK, "");
    assert_true(span_starts(disclosed.values[DISCLOSED_IDENTIFIERS], SPAN("[{")));
}

/* N23. */
static void references_fail(void **state)
{
    static const char other[] = "[\"" SALT "\",\"licence_number\",\"1\"]";
    char digests[256];
    (void)state;
    is("{\"_sd\":[\"" DECOY "\"]}", TEXTS(NAME), CSIGN_E_MALFORMED_DISCLOSURE, "disclosure");
    is("{}", TEXTS(NAME), CSIGN_E_MALFORMED_DISCLOSURE, "disclosure");
    is(committing(NAME), TEXTS(NAME, NAME), CSIGN_E_MALFORMED_DISCLOSURE, "name");
    is(committing(NAME), TEXTS(NAME, other), CSIGN_E_MALFORMED_DISCLOSURE, "disclosure");
    (void)snprintf(digests, sizeof digests, "\"%s\",\"%s\"", digest_of(NAME), digest_of(NAME));
    is(payload_of("", digests), TEXTS(NAME), CSIGN_E_MALFORMED_DISCLOSURE, "_sd");
    is("{\"_sd\":[\"" DECOY "\",\"" DECOY "\"]}", none, CSIGN_E_MALFORMED_DISCLOSURE, "_sd");
    /* Of one name two disclosures, both committed to. */
    static const char again[] = "[\"AAAAAAAAAAAAAAAAAAAAAQ\",\"name\",\"Dr B. Example\"]";
    (void)snprintf(digests, sizeof digests, "\"%s\",\"%s\"", digest_of(NAME), digest_of(again));
    is(payload_of("", digests), TEXTS(NAME, again), CSIGN_E_MALFORMED_DISCLOSURE, "name");
}

/* N24. */
static void disclosures_fail(void **state)
{
    static const char *const shapes[] = {"[]",
                                         "[\"" SALT "\"]",
                                         "[\"" SALT "\",\"name\"]",
                                         "[\"" SALT "\",\"name\",1,2]",
                                         "[\"" SALT "\",\"name\",1,]",
                                         "{}",
                                         "\"" SALT "\"",
                                         "1",
                                         "null",
                                         "[1,\"name\",1]",
                                         "[null,\"name\",1]",
                                         "[\"" SALT "\",1,1]",
                                         "[\"" SALT "\",null,1]",
                                         "[[\"" SALT "\"],\"name\",1]",
                                         "[\"AAAAAAAAAAAAAAAAAAAAA\",\"name\",1]",
                                         "[\"\",\"name\",1]",
                                         "[\"" SALT "\",\"Dr A. Example\"]"};
    static const char *const syntax[] = {"",
                                         "[",
                                         "[\"" SALT "\",\"name\",1]x",
                                         "[\"" SALT "\",\"name\",01]",
                                         "[\"" SALT "\",\"name\",\"\xFF\"]",
                                         "[\"" SALT "\",\"name\",{\"a\":1,\"a\":2}]",
                                         "[\"" SALT "\",\"name\",\"a\\u0000\"]"};
    static const char *const names[] = {"_sd", "...",        "_sd_alg", "exp",  "iss",   "cnf", "status", "sub",
                                        "iat", "profession", "test",    "Name", "name ", "",    "licence"};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        is(committing(shapes[i]), TEXTS(shapes[i]), CSIGN_E_MALFORMED_DISCLOSURE, "disclosure");
    for (size_t i = 0; i < sizeof syntax / sizeof *syntax; i++) {
        is(committing(syntax[i]), TEXTS(syntax[i]), CSIGN_E_MALFORMED_JSON, "disclosure");
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char json[128];
        (void)snprintf(json, sizeof json, "[\"" SALT "\",\"%s\",1]", names[i]);
        is(committing(json), TEXTS(json), CSIGN_E_MALFORMED_DISCLOSURE, "disclosure");
    }
    /* A claim that the payload has itself, whatever the disclosure says. */
    char digest[64];
    (void)snprintf(digest, sizeof digest, "\"%s\"", digest_of(NAME));
    is(payload_of("\"name\":\"Dr A. Example\",", digest), TEXTS(NAME), CSIGN_E_MALFORMED_DISCLOSURE, "name");
    is(payload_of("\"n\\u0061me\":\"Dr A. Example\",", digest), TEXTS(NAME), CSIGN_E_MALFORMED_DISCLOSURE,
       "name");
    is(payload_of("\"name\":\"Dr A. Example\",", digest), none, CSIGN_OK, "");
}

/* N25, N26. */
static void digests_fail(void **state)
{
    static const char *const payloads[][2] = {
        {"{\"_sd\":\"" DECOY "\"}", "_sd"},
        {"{\"_sd\":{}}", "_sd"},
        {"{\"_sd\":null}", "_sd"},
        {"{\"_sd\":[1]}", "_sd"},
        {"{\"_sd\":[null]}", "_sd"},
        {"{\"_sd\":[[\"" DECOY "\"]]}", "_sd"},
        {"{\"_sd\":[\"\"]}", "_sd"},
        {"{\"_sd\":[\"AAAA\"]}", "_sd"},
        {"{\"_sd\":[\"" DECOY "A\"]}", "_sd"},
        {"{\"a\":{\"_sd\":[\"" DECOY "\"]}}", "_sd"},
        {"{\"a\":[{\"_sd\":[]}]}", "_sd"},
        {"{\"a\":[{\"...\":\"" DECOY "\"}]}", "_sd"},
        {"{\"a\":[{\"...\":\"" DECOY "\",\"x\":1}]}", "_sd"},
        {"{\"a\":[{\"...\":5}]}", "_sd"},
        {"{\"a\":{\"...\":\"" DECOY "\"}}", "_sd"},
        {"{\"...\":\"" DECOY "\"}", "..."},
        {"{\"a\":{\"_sd_alg\":\"sha-256\"}}", "_sd"},
        {"{\"_sd_alg\":\"md5\"}", "_sd_alg"},
        {"{\"_sd_alg\":\"sha-256-32\"}", "_sd_alg"},
        {"{\"_sd_alg\":\"SHA-256\"}", "_sd_alg"},
        {"{\"_sd_alg\":256}", "_sd_alg"},
        {"{\"_sd_alg\":null}", "_sd_alg"},
        {"{\"_sd_alg\":\"\"}", "_sd_alg"},
        {"{\"\\u005fsd\":[1]}", "_sd"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++)
        is(payloads[i][0], none, CSIGN_E_MALFORMED_DISCLOSURE, payloads[i][1]);
    /* The same inside a disclosed value: no claim is disclosed in parts (N27). */
    static const char *const values[] = {"{\"_sd\":[\"" DECOY "\"]}", "[{\"...\":\"" DECOY "\"}]",
                                         "{\"_sd_alg\":\"sha-256\"}", "[[{\"a\":{\"_sd\":[]}}]]"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char json[256];
        (void)snprintf(json, sizeof json, "[\"" SALT "\",\"name\",%s]", values[i]);
        is(committing(json), TEXTS(json), CSIGN_E_MALFORMED_DISCLOSURE, "_sd");
    }
}

static void how_many(void **state)
{
    char digests[8192];
    (void)state;
    for (unsigned count = DIGESTS_MAX; count <= DIGESTS_MAX + 1; count++) {
        int size = 0;
        for (unsigned i = 0; i < count; i++)
            size += snprintf(digests + size, sizeof digests - (size_t)size, "%s\"%043u\"", i ? "," : "", i);
        is(payload_of("", digests), none, count > DIGESTS_MAX ? CSIGN_E_MALFORMED_DISCLOSURE : CSIGN_OK, "_sd");
    }
}

static void payload_fail(void **state)
{
    csign_fault fault;
    (void)state;
    is("[]", none, CSIGN_E_MALFORMED_CLAIMS, "");
    is("1", none, CSIGN_E_MALFORMED_CLAIMS, "");
    is("\"a\"", none, CSIGN_E_MALFORMED_CLAIMS, "");
    assert_int_equal(match("", none, &fault), CSIGN_E_MALFORMED_JSON);
    assert_int_equal(match("{", none, &fault), CSIGN_E_MALFORMED_JSON);
    assert_int_equal(match("{}x", none, &fault), CSIGN_E_MALFORMED_JSON);
    assert_int_equal(match("[]x", none, &fault), CSIGN_E_MALFORMED_JSON);
    assert_int_equal(match("{\"exp\":1,\"exp\":1}", none, &fault), CSIGN_E_MALFORMED_JSON);
    assert_int_equal(match("{\"_sd\":[],\"_sd\":[]}", none, &fault), CSIGN_E_MALFORMED_JSON);
    assert_int_equal(match("{\"exp\":1,\"e\\u0078p\":1}", none, &fault), CSIGN_E_MALFORMED_JSON);
    assert_int_equal(match("{\"a\":{\"b\":1,\"b\":1}}", none, &fault), CSIGN_E_MALFORMED_JSON);
    assert_int_equal(match("{\"a\":[[[[[[[[1]]]]]]]]}", none, &fault), CSIGN_E_MALFORMED_JSON);
}

/* N08, N28. */
static void encoding_fail(void **state)
{
    static const char *const texts[] = {"AB", "A", "AAA=", "AA+A", "AA/A", "AA A", "AAA\n", "[]"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct presentation p = {.disclosure_count = 1, .disclosures = {placed_text(texts[i])}};
        span decoded[DISCLOSURES_MAX];
        struct buffer scratch = buffer_open(memory, sizeof memory);
        csign_fault fault = {CSIGN_OK, "", "", 0};
        assert_refused(disclosure_decode(&p, &scratch, decoded, &fault), &fault, CSIGN_E_MALFORMED_BASE64,
                       "disclosure", texts[i]);
    }
    struct presentation p = {.disclosure_count = 1, .disclosures = {placed_text("AAAA")}};
    span decoded[DISCLOSURES_MAX];
    struct buffer scratch = buffer_open(memory, 2);
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_refused(disclosure_decode(&p, &scratch, decoded, &fault), &fault, CSIGN_E_NO_SPACE, "disclosure",
                   "no room");
    /* Encoded again with white space it is another disclosure. */
    is(committing(NAME), TEXTS("[\"" SALT "\", \"name\",\"Dr A. Example\"]"), CSIGN_E_MALFORMED_DISCLOSURE,
       "disclosure");
}

static void written(void **state)
{
    static const uint8_t salt[16] = {0};
    struct buffer out = buffer_open(memory, sizeof memory);
    (void)state;
    disclosure_write(&out, span_of(salt, 16), "name", SPAN("\"Dr A. Example\""));
    assert_true(span_equal(buffer_span(&out), keep_encoded(NAME)));
    out = buffer_open(memory, sizeof memory);
    disclosure_write(&out, span_of(salt, 16), "name", span_of(memory + 4096, DISCLOSURE_MAX));
    assert_true(out.overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(matches, begin),          cmocka_unit_test_setup(references_fail, begin),
        cmocka_unit_test_setup(disclosures_fail, begin), cmocka_unit_test_setup(digests_fail, begin),
        cmocka_unit_test_setup(how_many, begin),         cmocka_unit_test_setup(payload_fail, begin),
        cmocka_unit_test_setup(encoding_fail, begin),    cmocka_unit_test_setup(written, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
