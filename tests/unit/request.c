/* Requests: a closed object, and the sign-off that answers it or does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inputs.h"
#include "request.h"

#define DIGEST "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define TEXT                                                                                                   \
    "{\"v\":1,\"request_id\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"slot\":2,\"act\":\"imaging_report\",\"setting\":"    \
    "\"online\",\"jurisdiction\":\"CN-11\","                                                                   \
    "\"site\":\"h-1\",\"tool\":{\"id\":\"tool-1\",\"model\":\"m\",\"version\":\"4.2\"},\"patient_ref\":"       \
    "\"" DIGEST "\",\"encounter_ref\":\"" DIGEST                                                               \
    "\",\"facts\":{\"visit\":\"revisit\"},\"draft\":{\"digest\":\"" DIGEST                                     \
    "\",\"digest_alg\":\"sha-256\"},\"prior\":\"" DIGEST "\","                                                 \
    "\"audience\":\"deployment-1\",\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"authorship\":\"ai_draft\","          \
    "\"meaning\":\"approval\",\"document\":{"                                                                  \
    "\"url\":\"https://app.test/d\",\"media_type\":\"text/"                                                    \
    "plain\",\"label\":\"Report\"},\"issued_at\":1000,\"expires_at\":2000,"                                    \
    "\"answer_to\":\"https://app.test/a\"}"

static uint8_t memory[1 << 14];
static struct request request;

static csign_code read_json(span json, csign_fault *fault)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    return request_read(json, &scratch, &request, fault);
}

static void is(const char *json, csign_code code, const char *field)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_refused(read_json(placed_text(json), &fault), &fault, code, field, json);
}

static void both_ways(void **state)
{
    uint8_t made_memory[4096];
    const char *first = edited(edited(TEXT, "\"slot\":2", "\"slot\":1"), "\"prior\":\"" DIGEST "\",", "");
    const char *least = edited(edited(edited(edited(first, "\"encounter_ref\":\"" DIGEST "\",", ""),
                                             "\"facts\":{\"visit\":\"revisit\"},", ""),
                                      "\"draft\":{\"digest\":\"" DIGEST "\",\"digest_alg\":\"sha-256\"},", ""),
                               "\"meaning\":\"approval\",", "");
    const char *texts[] = {TEXT, first, least};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct buffer made = buffer_open(made_memory, sizeof made_memory);
        is(texts[i], CSIGN_OK, "");
        request_write(&made, &request);
        assert_true(span_equal(buffer_span(&made), span_text(texts[i])));
        made = buffer_open(made_memory, made.size - 1);
        request_write(&made, &request);
        assert_true(made.overflow);
    }
}

static void members_fail(void **state)
{
    static const struct closed_exception members[] = {
        {"encounter_ref", NULL, true, false}, {"facts", NULL, true, false}, {"draft", NULL, true, false},
        {"meaning", NULL, true, false},       {"visit", NULL, true, false}, {NULL, NULL, false, false}};
    static const struct closed closed = {
        read_json, CSIGN_E_REQUEST_MISMATCH, CSIGN_E_REQUEST_MISMATCH, members, false, false};
    (void)state;
    closed_check(&closed, TEXT);
}

static void values_fail(void **state)
{
    static const char *const cases[][3] = {
        {"\"v\":1", "\"v\":0", "v"},
        {"\"v\":1", "\"v\":2", "v"},
        {"\"v\":1", "\"v\":1.0", "v"},
        {"\"slot\":2", "\"slot\":0", "slot"},
        {"\"slot\":2", "\"slot\":5", "slot"},
        {"\"slot\":2", "\"slot\":1", "prior"},
        {"\"prior\":\"" DIGEST "\",", "", "prior"},
        {"\"expires_at\":2000", "\"expires_at\":1000", "expires_at"},
        {"\"expires_at\":2000", "\"expires_at\":999", "expires_at"},
        {"\"deployment-1\"", "\"deployment 1\"", "audience"},
        {"\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\"", "\"nonce\":\"AAAAAAAAAAAAAAAAAAAA\"", "nonce"},
        {"\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\"", "\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA==\"", "nonce"},
        {"\"authorship\":\"ai_draft\"", "\"authorship\":\"none\"", "authorship"},
        {"\"meaning\":\"approval\"", "\"meaning\":\"\"", "meaning"},
        {"\"url\":\"https://app.test/d\"", "\"url\":\"\"", "url"},
        {"\"setting\":\"online\"", "\"setting\":\"home\"", "setting"},
        {"\"issued_at\":1000", "\"issued_at\":1e3", "issued_at"}};
    static char long_text[REQUEST_MAX + 64];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        is(edited(TEXT, cases[i][0], cases[i][1]), CSIGN_E_REQUEST_MISMATCH, cases[i][2]);
    is(TEXT "{}", CSIGN_E_REQUEST_MISMATCH, "");
    /* Exactly as long as it may be, by white space behind it; then a byte more. */
    (void)snprintf(long_text, sizeof long_text, "%s%*s", TEXT, (int)(REQUEST_MAX - strlen(TEXT)), "");
    is(long_text, CSIGN_OK, "");
    (void)snprintf(long_text, sizeof long_text, "%s%*s", TEXT, (int)(REQUEST_MAX - strlen(TEXT) + 1), "");
    is(long_text, CSIGN_E_REQUEST_MISMATCH, "request");
    struct buffer scratch = buffer_open(memory, 1);
    assert_int_equal(request_read(SPAN("{\"act\":\"\\u0061bc\"}"), &scratch, &request, NULL), CSIGN_E_NO_SPACE);
}

/* The transaction data that a client composes for the request. */
static struct transaction answer(void)
{
    struct transaction t = {
        .request_id = request.request_id,
        .slot = request.slot,
        .act = request.act,
        .meaning = request.meaning,
        .setting = request.setting,
        .jurisdiction = request.jurisdiction,
        .site = request.site,
        .tool = request.tool,
        .encounter_ref = request.encounter_ref,
        .facts = request.facts,
        .draft = request.draft,
        .prior = request.prior,
        .document = {.media_type = request.document.media_type, .label = request.document.label}};
    memcpy(t.patient_ref, request.patient_ref, sizeof t.patient_ref);
    return t;
}

static void answered_is(const struct transaction *t, const char *field)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_refused(request_check(&request, t, &fault), &fault, field ? CSIGN_E_SIGNOFF_MISMATCH : CSIGN_OK,
                   field ? field : "", "answer");
}

/* Every member that the request fixes, changed by itself. */
static void answers_fail(void **state)
{
    struct transaction t;
    (void)state;
    is(TEXT, CSIGN_OK, "");
    t = answer();
    answered_is(&t, NULL);
    t.authorship = AUTHORSHIP_AI_DRAFT; /* what the signer sets is free */
    t.disposition = DISPOSITION_MODIFIED;
    t.opened_at = 7;
    t.document.size = 9;
    t.document.digest[0] = 1;
    answered_is(&t, NULL);
#define CHANGED(member, change)                                                                                \
    t = answer();                                                                                              \
    change;                                                                                                    \
    answered_is(&t, member)
    CHANGED("request_id", t.request_id = SPAN("AAAAAAAAAAAAAAAAAAAAAQ"));
    CHANGED("slot", t.slot = 1);
    CHANGED("act", t.act = SPAN("imaging_repor"));
    CHANGED("setting", t.setting = SETTING_INPATIENT);
    CHANGED("jurisdiction", t.jurisdiction = SPAN("CN"));
    CHANGED("site", t.site = SPAN("h-2"));
    CHANGED("tool", t.tool.version = SPAN("4.3"));
    CHANGED("tool", t.tool.model = SPAN("n"));
    CHANGED("tool", t.tool.id = SPAN("tool-2"));
    CHANGED("patient_ref", t.patient_ref[31] ^= 1);
    CHANGED("encounter_ref", t.encounter_ref.present = false);
    CHANGED("encounter_ref", t.encounter_ref.bytes[0] ^= 1);
    CHANGED("facts", t.facts.visit = VISIT_FIRST);
    CHANGED("facts", t.facts.present |= 2);
    CHANGED("draft", t.draft.digest[0] ^= 1);
    CHANGED("draft", t.draft.present = 0);
    CHANGED("prior", t.prior.bytes[31] ^= 1);
    CHANGED("meaning", t.meaning = 1);
    CHANGED("media_type", t.document.media_type = SPAN("text/html"));
    CHANGED("label", t.document.label = SPAN("report"));
#undef CHANGED
    is(edited(TEXT, "\"meaning\":\"approval\",", ""), CSIGN_OK, "");
    t = answer();
    t.meaning = 1; /* not fixed: the signer chooses */
    answered_is(&t, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),
        cmocka_unit_test(members_fail),
        cmocka_unit_test(values_fail),
        cmocka_unit_test(answers_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
