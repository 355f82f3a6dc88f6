/* Transaction data: a closed object, its conditions, and equality member by member (N33). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inputs.h"
#include "transaction.h"

#define DIGEST "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define OTHER  "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
/* The second of two signers; every member is there. */
#define TEXT                                                                                                   \
    "{\"type\":\"urn:countersign:sign-off:1\",\"credential_ids\":[\"practitioner\"],\"transaction_data_"       \
    "hashes_alg\":[\"sha-256\"],"                                                                              \
    "\"request_id\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"slot\":2,\"act\":\"imaging_report\",\"meaning\":"             \
    "\"approval\",\"disposition\":\"accepted\","                                                               \
    "\"authorship\":\"ai_draft\",\"document\":{\"digest\":\"" DIGEST                                           \
    "\",\"digest_alg\":\"sha-256\",\"media_type\":\"text/plain\","                                             \
    "\"size\":37,\"label\":\"Report\"},\"draft\":{\"digest\":\"" DIGEST                                        \
    "\",\"digest_alg\":\"sha-256\"},\"tool\":{\"id\":\"tool-1\","                                              \
    "\"model\":\"m\",\"version\":\"4.2\"},\"jurisdiction\":\"CN-11\",\"site\":\"h-1\",\"setting\":\"online\"," \
    "\"patient_ref\":\"" DIGEST "\","                                                                          \
    "\"encounter_ref\":\"" DIGEST "\",\"facts\":{\"visit\":\"revisit\",\"prior_diagnosis\":true,\"patient_"    \
                                  "age\":5,\"guardian_present\":true,"                                         \
    "\"consent\":[\"online\",\"ai\"],\"disclosure\":[\"d-1\"],\"schedule\":\"II\",\"antimicrobial_grade\":3,"  \
    "\"off_label\":false,\"stop\":false,"                                                                      \
    "\"exception\":\"break_glass\"},\"opened_at\":1000,\"prior\":\"" DIGEST "\"}"

static uint8_t memory[1 << 14];
static struct transaction transaction;

static csign_code read_json(span json, csign_fault *fault)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    return transaction_read(json, &scratch, &transaction, fault);
}

static void is(const char *json, csign_code code, const char *field)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_refused(read_json(placed_text(json), &fault), &fault, code, field, json);
}

static void both_ways(void **state)
{
    uint8_t made_memory[4096];
    const char *texts[] = {
        TEXT, edited(edited(TEXT, "\"slot\":2", "\"slot\":1"), ",\"prior\":\"" DIGEST "\"", ""), NULL};
    (void)state;
    for (size_t i = 0; texts[i]; i++) {
        struct buffer made = buffer_open(made_memory, sizeof made_memory);
        is(texts[i], CSIGN_OK, "");
        transaction_write(&made, &transaction);
        assert_true(span_equal(buffer_span(&made), span_text(texts[i])));
        made = buffer_open(made_memory, made.size - 1);
        transaction_write(&made, &transaction);
        assert_true(made.overflow);
    }
}

static void members_fail(void **state)
{
    static const struct closed_exception members[] = {{"draft", NULL, true, false},
                                                      {"encounter_ref", NULL, true, false},
                                                      {"facts", NULL, true, false},
                                                      {"visit", NULL, true, false},
                                                      {"prior_diagnosis", NULL, true, false},
                                                      {"patient_age", NULL, true, false},
                                                      {"guardian_present", NULL, true, false},
                                                      {"consent", NULL, true, false},
                                                      {"disclosure", NULL, true, false},
                                                      {"schedule", NULL, true, false},
                                                      {"antimicrobial_grade", NULL, true, false},
                                                      {"off_label", NULL, true, false},
                                                      {"stop", NULL, true, false},
                                                      {"exception", NULL, true, false},
                                                      {NULL, NULL, false, false}};
    static const struct closed closed = {
        read_json, CSIGN_E_MALFORMED_JSON, CSIGN_E_MALFORMED_TRANSACTION, members, false, false};
    (void)state;
    closed_check(&closed, TEXT);
}

static void values_fail(void **state)
{
    static const char *const cases[][3] = {
        {"sign-off:1", "sign-off:2", "type"},
        {"urn:countersign:sign-off:1", "URN:countersign:sign-off:1", "type"},
        {"[\"practitioner\"]", "[]", "credential_ids"},
        {"[\"practitioner\"]", "[\"other\"]", "credential_ids"},
        {"[\"practitioner\"]", "[\"practitioner\",\"practitioner\"]", "credential_ids"},
        {"[\"practitioner\"]", "\"practitioner\"", "credential_ids"},
        {"[\"practitioner\"]", "[1]", "credential_ids"},
        {"[\"sha-256\"]", "[\"sha-512\"]", "transaction_data_hashes_alg"},
        {"[\"sha-256\"]", "[\"sha-256\",\"sha-512\"]", "transaction_data_hashes_alg"},
        {"\"AAAAAAAAAAAAAAAAAAAAAA\"", "\"AAAAAAAAAAAAAAAAAAAA\"", "request_id"},
        {"\"slot\":2", "\"slot\":0", "slot"},
        {"\"slot\":2", "\"slot\":5", "slot"},
        {"\"slot\":2", "\"slot\":2.0", "slot"},
        {"\"slot\":2", "\"slot\":1", "prior"},
        {",\"prior\":\"" DIGEST "\"", "", "prior"},
        {"\"imaging_report\"", "\"imaging report\"", "act"},
        {"\"approval\"", "\"approved\"", "meaning"},
        {"\"accepted\"", "\"released\"", "disposition"},
        {"\"ai_draft\"", "\"ai\"", "authorship"},
        {"\"digest\":\"" DIGEST "\"", "\"digest\":\"AAAA\"", "digest"},
        {"\"digest_alg\":\"sha-256\"", "\"digest_alg\":\"sha-1\"", "digest_alg"},
        {"\"size\":37", "\"size\":9007199254740992", "size"},
        {"\"label\":\"Report\"", "\"label\":\"\"", "label"},
        {"\"CN-11\"", "\"cn-11\"", "jurisdiction"},
        {"\"h-1\"", "\"\"", "site"},
        {"\"online\",\"patient_ref\"", "\"Online\",\"patient_ref\"", "setting"},
        {"\"patient_age\":5", "\"patient_age\":151", "patient_age"},
        {"\"antimicrobial_grade\":3", "\"antimicrobial_grade\":0", "antimicrobial_grade"},
        {"\"antimicrobial_grade\":3", "\"antimicrobial_grade\":4", "antimicrobial_grade"},
        {"[\"online\",\"ai\"]", "[\"online\",\"online\"]", "consent"},
        {"[\"d-1\"]", "[\"d 1\"]", "disclosure"},
        {"\"break_glass\"", "\"broken\"", "exception"},
        {"\"opened_at\":1000", "\"opened_at\":-1", "opened_at"},
        {"\"patient_ref\":\"" DIGEST "\"", "\"patient_ref\":\"MRN-12345\"", "patient_ref"},
        {"\"encounter_ref\":\"" DIGEST "\"", "\"encounter_ref\":\"e-1\"", "encounter_ref"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        is(edited(TEXT, cases[i][0], cases[i][1]), CSIGN_E_MALFORMED_TRANSACTION, cases[i][2]);
    is(edited(TEXT, "\"label\":\"Report\"", "\"label\":\"\xC3\x28\""), CSIGN_E_MALFORMED_JSON, "label");
    is(TEXT "x", CSIGN_E_MALFORMED_JSON, "");
    is("[]", CSIGN_E_MALFORMED_TRANSACTION, "");
}

static struct transaction read_copy(const char *json, void *scratch_memory, size_t size)
{
    struct transaction t;
    struct buffer scratch = buffer_open(scratch_memory, size);
    assert_int_equal(transaction_read(span_text(json), &scratch, &t, NULL), CSIGN_OK);
    return t;
}

/* Each fact, tool member, draft and reference by itself. */
static void equality_fail(void **state)
{
    static const char *const facts[][2] = {{"\"revisit\"", "\"first\""},
                                           {"\"prior_diagnosis\":true", "\"prior_diagnosis\":false"},
                                           {"\"patient_age\":5", "\"patient_age\":6"},
                                           {"\"guardian_present\":true", "\"guardian_present\":false"},
                                           {"[\"online\",\"ai\"]", "[\"ai\",\"online\"]"},
                                           {"[\"online\",\"ai\"]", "[\"online\"]"},
                                           {"[\"d-1\"]", "[\"d-2\"]"},
                                           {"\"schedule\":\"II\"", "\"schedule\":\"III\""},
                                           {"\"antimicrobial_grade\":3", "\"antimicrobial_grade\":2"},
                                           {"\"off_label\":false", "\"off_label\":true"},
                                           {"\"stop\":false", "\"stop\":true"},
                                           {"\"break_glass\"", "\"emergency\""},
                                           {"\"off_label\":false,", ""},
                                           {"\"stop\":false,", ""},
                                           {"\"visit\":\"revisit\",", ""}};
    static const char *const tools[][2] = {
        {"\"tool-1\"", "\"tool-2\""}, {"\"model\":\"m\"", "\"model\":\"M\""}, {"\"4.2\"", "\"4.20\""}};
    static uint8_t mine[4096], theirs[4096];
    struct transaction a = read_copy(TEXT, mine, sizeof mine), b = read_copy(TEXT, theirs, sizeof theirs);
    (void)state;
    assert_true(facts_equal(&a.facts, &b.facts) && tool_equal(&a.tool, &b.tool) &&
                draft_equal(&a.draft, &b.draft) && reference_equal(&a.prior, &b.prior));
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        b = read_copy(edited(TEXT, facts[i][0], facts[i][1]), theirs, sizeof theirs);
        assert_false(facts_equal(&a.facts, &b.facts));
        assert_false(facts_equal(&b.facts, &a.facts));
    }
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        b = read_copy(edited(TEXT, tools[i][0], tools[i][1]), theirs, sizeof theirs);
        assert_false(tool_equal(&a.tool, &b.tool));
    }
    b = read_copy(edited(TEXT, "\"draft\":{\"digest\":\"" DIGEST, "\"draft\":{\"digest\":\"" OTHER), theirs,
                  sizeof theirs);
    assert_false(draft_equal(&a.draft, &b.draft));
    b = read_copy(edited(TEXT, "\"draft\":{\"digest\":\"" DIGEST "\",\"digest_alg\":\"sha-256\"},", ""), theirs,
                  sizeof theirs);
    assert_false(draft_equal(&a.draft, &b.draft)); /* a digest of zeros is not an absent one */
    b = read_copy(edited(TEXT, "\"encounter_ref\":\"" DIGEST "\",", ""), theirs, sizeof theirs);
    assert_false(reference_equal(&a.encounter_ref, &b.encounter_ref));
    b = read_copy(edited(TEXT, "\"prior\":\"" DIGEST, "\"prior\":\"" OTHER), theirs, sizeof theirs);
    assert_false(reference_equal(&a.prior, &b.prior));
}

static void no_space_fail(void **state)
{
    struct buffer scratch = buffer_open(memory, 16);
    (void)state;
    assert_int_equal(transaction_read(SPAN(TEXT), &scratch, &transaction, NULL), CSIGN_E_NO_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),     cmocka_unit_test(members_fail),  cmocka_unit_test(values_fail),
        cmocka_unit_test(equality_fail), cmocka_unit_test(no_space_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
