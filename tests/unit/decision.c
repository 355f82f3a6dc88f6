/* Decisions as JSON and as text: what each verdict shows, what a name must not do to a terminal, and no room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inputs.h"

#include <countersign/decide.h>

#define ALL    0x3FFFu
#define DIGEST "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static char json[CSIGN_DECISION_TEXT_MAX], text[CSIGN_DECISION_TEXT_MAX];

static csign_decision allowed(void)
{
    csign_decision d = {
        .struct_size = sizeof d,
        .verdict = CSIGN_ALLOW,
        .field = "",
        .reason = "",
        .checks = ALL,
        .release_id = SPAN("r-1"),
        .act = SPAN("imaging_report"),
        .decided_at = 1000,
        .not_after = 1010,
        .document_hashed = 1,
        .media_type = SPAN("text/plain"),
        .label = SPAN("Report"),
        .document_size = 37,
        .status_origin = SPAN("log.test"),
        .status_size = 12,
        .status_time = 993,
        .status_limit = 60,
        .policies = {{SPAN("us"), 3}},
        .policy_count = 1,
        .root_version = 2,
        .signer_count = 1,
        .signers = {{.slot = 1,
                     .name = SPAN("Dr A"),
                     .licence_number = SPAN("N-1"),
                     .profession = "physician",
                     .level = "independent",
                     .assurance = "validated",
                     .meaning = "approval",
                     .disposition = "accepted",
                     .authorship = "human",
                     .jurisdiction = SPAN("US"),
                     .licensed_until = 20270331,
                     .signed_at = 970,
                     .opened_at = 900}},
    };
    return d;
}

static csign_decision refused(csign_code code)
{
    csign_decision d = {.struct_size = sizeof d,
                        .verdict = CSIGN_REFUSE,
                        .code = code,
                        .field = "",
                        .reason = "",
                        .release_id = SPAN("r-1"),
                        .decided_at = 1000};
    return d;
}

static void write_both(const csign_decision *d)
{
    size_t size;
    assert_int_equal(csign_decision_json(d, json, sizeof json, &size), CSIGN_OK);
    assert_int_equal(strlen(json), size);
    assert_int_equal(csign_decision_text(d, text, sizeof text, &size), CSIGN_OK);
    assert_int_equal(strlen(text), size);
}

static void allow(void **state)
{
    csign_decision d = allowed();
    (void)state;
    write_both(&d);
    assert_string_equal(json,
                        "{\"verdict\":\"allow\",\"sentence\":\"A currently licensed, in-scope clinician signed "
                        "exactly these bytes; the licence status is 7 seconds old.\","
                        "\"release_id\":\"r-1\",\"not_after\":1010,\"signers\":[{\"slot\":1,\"name\":\"Dr "
                        "A\",\"licence_number\":\"N-1\",\"profession\":\"physician\","
                        "\"jurisdiction\":\"US\",\"assurance\":\"validated\",\"meaning\":\"approval\","
                        "\"disposition\":\"accepted\",\"authorship\":\"human\",\"iat\":970}],"
                        "\"document\":{\"digest\":\"" DIGEST
                        "\",\"media_type\":\"text/"
                        "plain\",\"size\":37},\"status\":{\"origin\":\"log.test\",\"size\":12,\"time\":993,"
                        "\"age_s\":7,\"limit_s\":60},\"policies\":[{\"id\":\"us\",\"version\":3}],\"root\":2,"
                        "\"checks\":[\"root\",\"policy\",\"evidence\",\"request\","
                        "\"sign-off\",\"credential\",\"holder\",\"binding\",\"document\",\"disposition\","
                        "\"authorship\",\"qualification\",\"signers\",\"circumstances\"]}");
    assert_string_equal(
        text,
        "ALLOW   Report  sha256:0000000000000000000000000000000000000000000000000000000000000000  "
        "imaging_report\n"
        "  signer    Dr A  N-1  physician (US)   licence current to 2027-03-31   validated\n"
        "  signed    1970-01-01T00:16:10Z   disposition: accepted   meaning: approval   authorship: human\n"
        "  status    log 12   as of 1970-01-01T00:16:33Z   age 7s (limit 60s)\n"
        "  checks    14/14      this does not show that the diagnosis is right\n");
    d.signers[1] = d.signers[0];
    d.signers[1].slot = 2;
    d.signer_count = 2;
    d.signers[1].name = d.signers[1].licence_number = (span){NULL, 0};
    d.signers[1].licensed_until = 0;
    d.status_time = 999;
    write_both(&d);
    assert_non_null(strstr(json, "\"sentence\":\"Currently licensed, in-scope clinicians signed exactly these "
                                 "bytes; the licence status is 1 second old.\""));
    assert_non_null(strstr(json, "{\"slot\":2,\"profession\":"));
    assert_non_null(
        strstr(text, "(name not disclosed)  (number not disclosed)  physician (US)   end of licence unknown"));
    d.status_time = 1003; /* within the skew: never a negative age */
    write_both(&d);
    assert_non_null(strstr(json, "\"age_s\":0,"));
    d.verdict = CSIGN_BREAK_GLASS;
    write_both(&d);
    assert_non_null(strstr(json, "{\"verdict\":\"break-glass\",\"sentence\""));
    assert_int_equal(strncmp(text, "BREAK-GLASS   Report", 20), 0);
    d.exception = "break_glass";
    write_both(&d);
    assert_non_null(strstr(json, "Break-glass, to be reviewed: "));
    assert_non_null(strstr(json, "\"circumstances\"],\"exception\":\"break_glass\"}"));
    assert_non_null(strstr(text, "\n  exception break_glass   a person must look at this release afterwards\n"));
    d.verdict = CSIGN_ALLOW;
    d.exception = "consultation";
    write_both(&d);
    assert_non_null(strstr(text, "\n  exception consultation   excused a demand of the rule, and is counted\n"));
}

static void refuse(void **state)
{
    csign_decision d = refused(CSIGN_E_REVOKED);
    (void)state;
    d.slot = 2;
    d.field = "idx";
    d.reason = "revoked";
    d.checks = 0x7F;
    write_both(&d);
    assert_non_null(strstr(json, "{\"verdict\":\"refuse\",\"code\":\"revoked\",\"sentence\":\""));
    assert_non_null(strstr(json, " (slot 2, idx: revoked)\",\"fix\":\""));
    assert_non_null(
        strstr(json, "\"release_id\":\"r-1\",\"signers\":[],\"policies\":[],\"checks\":[\"root\",\"policy\","
                     "\"evidence\",\"request\",\"sign-off\",\"credential\",\"holder\"]}"));
    assert_null(strstr(json, "not_after"));
    assert_null(strstr(json, "\"document\""));
    assert_int_equal(strncmp(text, "REFUSE  revoked   ", 18), 0);
    assert_non_null(strstr(text, "\n  fix: "));
    d = refused(CSIGN_E_STATUS_STALE);
    d.status_time = 900;
    d.status_limit = 60;
    d.field = "status";
    d.reason = "older";
    write_both(&d);
    assert_non_null(strstr(text, "(status: older (100s old, limit 60s))"));
    d = refused(CSIGN_E_NO_SIGNOFF);
    d.no_signoff_text = SPAN("Ask the\nregistrar.");
    write_both(&d);
    assert_non_null(strstr(json, "Nobody signed. Ask the\\nregistrar.\""));
    assert_non_null(strstr(text, "Nobody signed. Ask the?registrar.\n"));
    /* Zeroed it is a refusal, and still can be written. */
    memset(&d, 0, sizeof d);
    d.field = d.reason = "";
    write_both(&d);
    assert_int_equal(strncmp(json, "{\"verdict\":\"refuse\",", 20), 0);
    assert_int_equal(strncmp(text, "REFUSE  ", 8), 0);
}

static void cannot_decide(void **state)
{
    csign_decision d = refused(CSIGN_E_ROOT_MISSING);
    (void)state;
    d.verdict = CSIGN_CANNOT_DECIDE;
    write_both(&d);
    assert_non_null(strstr(json, "{\"verdict\":\"cannot-decide\",\"code\":\"root-missing\""));
    assert_int_equal(strncmp(text, "CANNOT DECIDE  root-missing   ", 30), 0);
    d.verdict = 7; /* no verdict of ours is never a release */
    write_both(&d);
    assert_non_null(strstr(json, "\"cannot-decide\""));
    assert_int_equal(strncmp(text, "CANNOT DECIDE  ", 15), 0);
    d.code = (csign_code)9999;
    write_both(&d);
    assert_null(strstr(json, "\"code\""));
    assert_non_null(strstr(text, "internal"));
}

/* Whatever a terminal would obey, or what turns the direction of writing, becomes one '?'; letters of any
 * script stay. */
static void terminal_injection_fail(void **state)
{
    static const char *const cases[][2] = {{"\x1b[2J", "?[2J"},
                                           {"\n", "?"},
                                           {"\r", "?"},
                                           {"\t", "?"},
                                           {"\x07", "?"},
                                           {"\x08", "?"},
                                           {"\x7f", "?"},
                                           {"\x01", "?"},
                                           {"\x1f", "?"},
                                           {" ~", " ~"},
                                           {"\xC2\x80", "?"},
                                           {"\xC2\x9B"
                                            "2J",
                                            "?2J"},
                                           {"\xC2\x9F", "?"},
                                           {"\xC2\xA0", "\xC2\xA0"},
                                           {"\xC3\xA9", "\xC3\xA9"},
                                           {"\xE2\x80\xA8", "?"},
                                           {"\xE2\x80\xA9", "?"},
                                           {"\xE2\x80\xAA", "?"},
                                           {"\xE2\x80\xAE", "?"},
                                           {"\xE2\x80\xAF", "\xE2\x80\xAF"},
                                           {"\xE2\x80\x8E", "?"},
                                           {"\xE2\x80\x8F", "?"},
                                           {"\xE2\x80\x8D", "\xE2\x80\x8D"},
                                           {"\xE2\x81\xA5", "\xE2\x81\xA5"},
                                           {"\xE2\x81\xA6", "?"},
                                           {"\xE2\x81\xA9", "?"},
                                           {"\xE2\x81\xAA", "\xE2\x81\xAA"},
                                           {"\xD8\x9C", "?"},
                                           {"\xD8\x9B", "\xD8\x9B"},
                                           {"\xE6\x9D\x8E", "\xE6\x9D\x8E"},
                                           {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
                                           {"a\xE2\x80\xAE"
                                            "b\x1b"
                                            "c",
                                            "a?b?c"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned place = 0; place < 5; place++) {
            csign_decision d = allowed();
            char expected[64];
            span *const places[] = {&d.signers[0].name, &d.signers[0].licence_number, &d.label, &d.act,
                                    &d.signers[0].jurisdiction};
            *places[place] =
                placed_text(cases[i][0]); /* cut off behind its first byte, it is not read over its end */
            write_both(&d);
            (void)snprintf(expected, sizeof expected,
                           place == 0   ? "signer    %s  N-1"
                           : place == 1 ? "Dr A  %s  physician"
                           : place == 2 ? "ALLOW   %s  sha256"
                           : place == 3 ? "  %s\n  signer"
                                        : "(%s)",
                           cases[i][1]);
            if (!strstr(text, expected))
                print_error("case %zu: %s\n", i, text);
            assert_non_null(strstr(text, expected));
        }
    csign_decision d = allowed();
    d.signers[0].name = SPAN("\"\\\n\x1b");
    write_both(&d);
    assert_non_null(strstr(json, "\"name\":\"\\\"\\\\\\n\\u001b\""));
}

static void no_space_fail(void **state)
{
    csign_decision decisions[2] = {allowed(), refused(CSIGN_E_REVOKED)};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        write_both(&decisions[i]);
        size_t sizes[2] = {strlen(json), strlen(text)};
        for (size_t k = 0; k < 2; k++)
            for (size_t size = 0; size <= sizes[k] + 1; size++) {
                static char small[CSIGN_DECISION_TEXT_MAX];
                size_t told = 12345;
                memset(small, 0x55, sizes[k] + 8);
                csign_code code =
                    (k ? csign_decision_text : csign_decision_json)(&decisions[i], small, size, &told);
                assert_int_equal(code, size > sizes[k]
                                           ? CSIGN_OK
                                           : CSIGN_E_NO_SPACE); /* the terminator needs its byte too */
                assert_int_equal(told, size > sizes[k] ? sizes[k] : 12345);
                assert_int_equal(small[size], 0x55);
            }
    }
}

static void arguments_fail(void **state)
{
    csign_decision d = allowed();
    size_t size;
    (void)state;
    assert_int_equal(csign_decision_json(NULL, json, sizeof json, &size), CSIGN_E_ARGUMENT);
    assert_int_equal(csign_decision_json(&d, NULL, sizeof json, &size), CSIGN_E_ARGUMENT);
    assert_int_equal(csign_decision_json(&d, json, sizeof json, NULL), CSIGN_E_ARGUMENT);
    assert_int_equal(csign_decision_text(NULL, text, sizeof text, &size), CSIGN_E_ARGUMENT);
    assert_int_equal(csign_decision_text(&d, NULL, sizeof text, &size), CSIGN_E_ARGUMENT);
    assert_int_equal(csign_decision_text(&d, text, sizeof text, NULL), CSIGN_E_ARGUMENT);
}

/* CSIGN_DECISION_TEXT_MAX: every text as long as it may be, of characters that JSON writes with six. */
static void longest(void **state)
{
    static char controls[2000];
    csign_decision d = allowed();
    (void)state;
    memset(controls, 1, sizeof controls);
    const span most = span_of(controls, CSIGN_STRING_MAX);
    d.media_type = d.label = most;
    d.release_id = SPAN("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    d.status_origin = most;
    d.document_size = d.status_size = d.root_version = UINT64_MAX;
    d.signer_count = CSIGN_SLOTS_MAX;
    d.policy_count = CSIGN_POLICIES_MAX;
    for (size_t i = 0; i < CSIGN_SLOTS_MAX; i++) {
        d.signers[i] = d.signers[0];
        d.signers[i].name = d.signers[i].licence_number = most;
        d.signers[i].profession = "public_health_physician";
        d.signers[i].authorship = "human_with_ai_assist";
    }
    for (size_t i = 0; i < CSIGN_POLICIES_MAX; i++)
        d.policies[i] = (csign_policy_used){d.release_id, UINT32_MAX};
    write_both(&d);
    d.verdict = CSIGN_REFUSE; /* refused at the last check, with all of it */
    d.code = CSIGN_E_HARD_DENY;
    d.checks = ALL >> 1;
    write_both(&d);
    d = refused(CSIGN_E_NO_SIGNOFF);
    d.no_signoff_text = span_of(controls, 2000);
    write_both(&d);
    assert_int_equal(strlen(text) > 2000, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allow),         cmocka_unit_test(refuse),
        cmocka_unit_test(cannot_decide), cmocka_unit_test(terminal_injection_fail),
        cmocka_unit_test(no_space_fail), cmocka_unit_test(arguments_fail),
        cmocka_unit_test(longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
