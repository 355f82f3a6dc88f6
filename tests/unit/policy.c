/* Policies: closed rules, what must not load, and which rule holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "counting.h"
#include "inputs.h"
#include "policy.h"

#define TEXT(json) "countersign/policy/v1\nregistry.test\n" json "\n"
#define HEAD                                                                                                   \
    "{\"id\":\"cn-rx\",\"version\":3,\"authority\":\"nhc\",\"title\":\"Rules\",\"applies_to\":[\"CN\",\"US-"   \
    "KS\"],\"effective_from\":1000,"                                                                           \
    "\"effective_to\":2000,\"utc_offset\":\"+08:00\",\"sources\":[\"law\"],\"rules\":["
#define SIGNER "{\"professions\":[\"physician\"],\"meanings\":[\"approval\"]}"
#define RULE(acts, settings)                                                                                   \
    "{\"acts\":[" acts "],\"settings\":[" settings "],\"ai_authorship\":\"human_only\",\"signers\":[" SIGNER   \
    "],\"max_status_age_s\":60,"                                                                               \
    "\"signoff_to_release_s\":600}"
#define POLICY(rules) TEXT(HEAD rules "]}")
#define LEAST         POLICY(RULE("\"prescribe\"", "\"*\""))
/* Every member that a check evaluates. */
#define EXCEPTIONS "\"exceptions\":{\"consultation\":{\"bridges\":[\"site\"]},\"alliance\":{\"bridges\":[\"jurisdiction\",\"first-visit\"]}}"
#define EMERGENCY  "\"emergency\":{\"max_status_age_s\":3600,\"bridges\":[\"site\"],\"review_h\":24}"
#define FULL                                                                                                   \
    HEAD "{\"acts\":[\"prescribe\"],\"settings\":[\"online\"],\"ai_authorship\":\"assist_only\","              \
         "\"provenance\":true,\"signers\":["                                                                   \
         "{\"professions\":[\"physician\",\"dentist\"],\"levels\":[\"supervised\"],\"specialties\":[{"         \
         "\"system\":\"s\",\"code\":\"c\"}],"                                                                  \
         "\"privileges\":[\"prescribe\",\"antimicrobial_grade\"],\"schedule\":true,\"antimicrobial\":true,"    \
         "\"independent_years\":3,"                                                                            \
         "\"jurisdiction\":false,\"site\":\"any\",\"consent_employer\":true,\"unrestricted\":true,\"licence_"  \
         "date\":true,"                                                                                        \
         "\"assurance\":\"validated\",\"meanings\":[\"approval\",\"review\"]},{\"professions\":["              \
         "\"pharmacist\"],\"meanings\":[\"review\"],"                                                          \
         "\"only_if\":\"supervised\"}],\"max_status_age_s\":60,\"signoff_to_release_s\":600,\"auth_max_age_"   \
         "s\":0,\"factors\":{\"storage\":"                                                                     \
         "[\"hardware\"],\"user_auth\":[\"pin\"],\"attested\":true},\"batch\":16,\"visit\":\"revisit\","       \
         "\"facts\":[\"patient_age\"],"                                                                        \
         "\"consent\":[\"online\"],\"ai_notice\":[\"ai-1\"],\"hard_deny\":[{\"code\":\"age-rule\",\"if\":[{"   \
         "\"fact\":\"patient_age\",\"op\":\"lt\","                                                             \
         "\"value\":6}],\"unless\":{\"guardian_present\":true}}]," EXCEPTIONS "," EMERGENCY ",\"identity\":[\"name\",\"identifiers\"],"     \
         "\"no_signoff_text\":\"Ask.\","                                                                       \
         "\"retention\":{\"record_y\":15,\"process_y\":3,\"log_m\":6}}],\"documents\":{\"MedicationRequest\":" \
         "[\"prescribe\"]}}"

static uint8_t memory[1 << 17];
static struct policy policy;

static csign_code read_text(span text, csign_fault *fault)
{
    struct note note = {.text = text, .signature_count = 0};
    struct buffer scratch = buffer_open(memory, sizeof memory);
    return policy_read(&note, &scratch, &policy, fault);
}

/* The JSON alone, in the note's frame. */
static csign_code read_json(span json, csign_fault *fault)
{
    static char text[1 << 15];
    int size = snprintf(text, sizeof text, "countersign/policy/v1\nregistry.test\n%.*s\n", (int)json.size,
                        (const char *)json.data);
    return read_text(placed(span_of(text, (size_t)size)), fault);
}

static void is(const char *text, csign_code code, const char *field)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_refused(read_text(placed_text(text), &fault), &fault, code, field, text);
}

static void refuses(const char *text, const char *field)
{
    is(text, CSIGN_E_POLICY_MALFORMED, field);
}

static void every_member(void **state)
{
    (void)state;
    is(TEXT(FULL), CSIGN_OK, "");
    const struct rule *rule = policy_find(&policy, SPAN("prescribe"), SETTING_ONLINE);
    assert_non_null(rule);
    const struct rule_signer *signers = rule->signers.items;
    const struct rule_deny *deny = rule->hard_deny.items;
    assert_true(span_equal(policy.id, SPAN("cn-rx")) && policy.version == 3 && policy.utc_offset_s == 28800 &&
                span_equal(policy.origin, SPAN("registry.test")));
    assert_true(policy.has_effective_to && policy.effective_to == 2000 && policy.applies_to.count == 2);
    assert_true(rule->provenance && rule->has_auth_max_age && rule->auth_max_age_s == 0 && rule->batch == 16 &&
                rule->revisit);
    assert_true(rule->factors.attested && rule->factors.storage && rule->factors.user_auth &&
                rule->retention.log_m == 6);
    assert_true(rule_bridges(rule, EXCEPTION_CONSULTATION) == UINT64_C(1) << BRIDGE_SITE &&
                rule_bridges(rule, EXCEPTION_ALLIANCE) == (UINT64_C(1) << BRIDGE_JURISDICTION | UINT64_C(1) << BRIDGE_FIRST_VISIT) &&
                rule_bridges(rule, EXCEPTION_EMERGENCY) == 0 && rule_bridges(rule, 0) == 0 &&
                rule_bridges(rule, EXCEPTION_BREAK_GLASS) == UINT64_C(1) << BRIDGE_SITE && rule->emergency.review_h == 24);
    assert_true(rule->signers.count == 2 && signers[0].validated && !signers[0].jurisdiction &&
                signers[0].site == SITE_ANY && signers[0].independent_years == 3);
    assert_true(signers[1].only_supervised && signers[1].jurisdiction && signers[1].site == SITE_FILED &&
                signers[1].levels == UINT64_C(1) << LEVEL_INDEPENDENT);
    assert_true(deny->code == DENY_AGE_RULE && deny->conditions.count == 1 && deny->unless.count == 1);
    assert_true(policy_document_acts(&policy, SPAN("MedicationRequest"))->count == 1);
    assert_null(policy_document_acts(&policy, SPAN("Medication")));
    /* What an absent member means. */
    is(LEAST, CSIGN_OK, "");
    rule = policy_find(&policy, SPAN("prescribe"), SETTING_PAYER);
    assert_true(rule && !rule->has_emergency && rule_bridges(rule, EXCEPTION_BREAK_GLASS) == 0 &&
                rule_bridges(rule, EXCEPTION_CONSULTATION) == 0);
    assert_true(rule && rule->batch == 1 && !rule->has_auth_max_age && !rule->revisit && rule->identity == 0 &&
                rule->facts == 0);
    assert_null(policy_document_acts(&policy, SPAN("MedicationRequest")));
}

/* Every closed object of it: a member left out, null, of another type, twice, and one that nobody knows. */
static void members_fail(void **state)
{
    static const struct closed_exception members[] = {{"title", NULL, true, false},
                                                      {"effective_to", NULL, true, false},
                                                      {"provenance", NULL, true, false},
                                                      {"levels", NULL, true, false},
                                                      {"specialties", NULL, true, false},
                                                      {"privileges", NULL, true, false},
                                                      {"schedule", NULL, true, false},
                                                      {"antimicrobial", NULL, true, false},
                                                      {"independent_years", NULL, true, false},
                                                      {"jurisdiction", NULL, true, false},
                                                      {"site", NULL, true, false},
                                                      {"consent_employer", NULL, true, false},
                                                      {"unrestricted", NULL, true, false},
                                                      {"licence_date", NULL, true, false},
                                                      {"assurance", NULL, true, false},
                                                      {"only_if", NULL, true, false},
                                                      {"auth_max_age_s", NULL, true, false},
                                                      {"factors", NULL, true, false},
                                                      {"storage", NULL, true, false},
                                                      {"user_auth", NULL, true, false},
                                                      {"attested", NULL, true, false},
                                                      {"batch", NULL, true, false},
                                                      {"visit", NULL, true, false},
                                                      {"facts", NULL, true, false},
                                                      {"consent", NULL, true, false},
                                                      {"ai_notice", NULL, true, false},
                                                      {"hard_deny", NULL, true, false},
                                                      {"unless", NULL, true, false},
                                                      {"exceptions", NULL, true, false},
                                                      {"consultation", NULL, true, false},
                                                      {"alliance", NULL, true, false},
                                                      {"emergency", NULL, true, false},
                                                      {"identity", NULL, true, false},
                                                      {"no_signoff_text", NULL, true, false},
                                                      {"retention", NULL, true, false},
                                                      {"record_y", NULL, true, false},
                                                      {"process_y", NULL, true, false},
                                                      {"log_m", NULL, true, false},
                                                      {"documents", NULL, true, false},
                                                      {"value", "if", false, false},
                                                      {NULL, NULL, false, false}};
    static const struct closed closed = {
        read_json, CSIGN_E_POLICY_MALFORMED, CSIGN_E_POLICY_MALFORMED, members, false, false};
    /* `documents` and `unless` have names of their own making: their inner members are tested below. */
    const char *text = edited(edited(FULL, ",\"unless\":{\"guardian_present\":true}", ""),
                              ",\"documents\":{\"MedicationRequest\":[\"prescribe\"]}", "");
    (void)state;
    closed_check(&closed, text);
}

/* A rule without acts of its own. */
static csign_code read_overlay(span json, csign_fault *fault)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    return overlay_read(placed(json), &scratch, &policy, fault);
}

/* An app's overlay is one rule for all acts, in the settings that it names. */
static void overlays(void **state)
{
    static const char sound[] = "{\"settings\":[\"on*\"],\"ai_authorship\":\"human_only\",\"signers\":[" SIGNER
                                "],\"max_status_age_s\":60,\"signoff_to_release_s\":600}";
    static const struct closed_exception members[] = {{NULL, NULL, false, false}};
    static const struct closed closed = {
        read_overlay, CSIGN_E_POLICY_MALFORMED, CSIGN_E_POLICY_MALFORMED, members, false, false};
    csign_fault fault = {CSIGN_OK, "", "", 0};
    (void)state;
    assert_int_equal(read_overlay(span_text(sound), &fault), CSIGN_OK);
    assert_non_null(policy_find(&policy, SPAN("anything"), SETTING_ONLINE));
    assert_null(policy_find(&policy, SPAN("anything"), SETTING_PAYER));
    closed_check(&closed, sound);
    const char *with_acts = edited(sound, "{\"settings\"", "{\"acts\":[\"*\"],\"settings\"");
    assert_refused(read_overlay(span_text(with_acts), &fault), &fault, CSIGN_E_POLICY_MALFORMED, "", with_acts);
    const char *nowhere = edited(sound, "on*", "moon");
    assert_refused(read_overlay(span_text(nowhere), &fault), &fault, CSIGN_E_POLICY_MALFORMED, "settings", nowhere);
    for (size_t room = 0; room < sizeof(struct rule) + 16 * sizeof(struct policy_index); room += 100) {
        struct buffer scratch = buffer_open(memory, room);
        assert_int_equal(overlay_read(span_text(sound), &scratch, &policy, &fault), CSIGN_E_NO_SPACE);
    }
    static char large[CSIGN_OVERLAY_MAX + 1];
    memset(large, ' ', sizeof large);
    assert_int_equal(read_overlay(span_of(large, sizeof large), &fault), CSIGN_E_TOO_LARGE);
}

static void values_fail(void **state)
{
    static const char *const cases[][3] = {
        {"\"version\":3", "\"version\":0", "version"},
        {"\"version\":3", "\"version\":4294967296", "version"},
        {"\"effective_to\":2000", "\"effective_to\":1000", "effective_to"},
        {"\"effective_to\":2000", "\"effective_to\":999", "effective_to"},
        {"[\"CN\",\"US-KS\"]", "[]", "applies_to"},
        {"[\"CN\",\"US-KS\"]", "[\"CN\",\"CN\"]", "applies_to"},
        {"[\"CN\",\"US-KS\"]", "[\"*\"]", "applies_to"},
        {"\"+08:00\"", "\"+0800\"", "utc_offset"},
        {"\"+08:00\"", "\"+15:00\"", "utc_offset"},
        {"\"acts\":[\"prescribe\"]", "\"acts\":[]", "acts"},
        {"\"acts\":[\"prescribe\"]", "\"acts\":[\"a b\"]", "acts"},
        {"\"acts\":[\"prescribe\"]", "\"acts\":[\"a*b\"]", "acts"},
        {"\"acts\":[\"prescribe\"]", "\"acts\":[\"**\"]", "acts"},
        {"\"acts\":[\"prescribe\"]", "\"acts\":[\"a b*\"]", "acts"},
        {"\"acts\":[\"prescribe\"]", "\"acts\":[\"prescribe\",\"prescribe\"]", "acts"},
        {"\"settings\":[\"online\"]", "\"settings\":[]", "settings"},
        {"\"settings\":[\"online\"]", "\"settings\":[\"home\"]", "settings"},
        {"\"settings\":[\"online\"]", "\"settings\":[\"x*\"]", "settings"},
        {"\"settings\":[\"online\"]", "\"settings\":[\"Online\"]", "settings"},
        {"\"settings\":[\"online\"]", "\"settings\":[\"on line\"]", "settings"},
        {"\"assist_only\"", "\"anything\"", "ai_authorship"},
        {"[\"physician\",\"dentist\"]", "[]", "professions"},
        {"[\"physician\",\"dentist\"]", "[\"wizard\"]", "professions"},
        {"[\"physician\",\"dentist\"]", "[\"dentist\",\"dentist\"]", "professions"},
        {"\"levels\":[\"supervised\"]", "\"levels\":[]", "levels"},
        {"\"privileges\":[\"prescribe\",\"antimicrobial_grade\"]", "\"privileges\":[\"schedules\"]",
         "privileges"},
        {"\"site\":\"any\"", "\"site\":\"all\"", "site"},
        {"\"assurance\":\"validated\"", "\"assurance\":\"attested\"", "assurance"},
        {"\"only_if\":\"supervised\"", "\"only_if\":\"always\"", "only_if"},
        {"\"meanings\":[\"review\"]", "\"meanings\":[]", "meanings"},
        {"\"meanings\":[\"review\"]", "\"meanings\":[\"blessing\"]", "meanings"},
        {"\"licence_date\":true", "\"licence_date\":true,\"only_if\":\"supervised\"", "only_if"},
        {"\"max_status_age_s\":60", "\"max_status_age_s\":315360001", "max_status_age_s"},
        {"\"signoff_to_release_s\":600", "\"signoff_to_release_s\":-1", "signoff_to_release_s"},
        {"\"batch\":16", "\"batch\":17", "batch"},
        {"\"batch\":16", "\"batch\":0", "batch"},
        {"\"visit\":\"revisit\"", "\"visit\":\"first\"", "visit"},
        {"\"facts\":[\"patient_age\"]", "\"facts\":[]", "facts"},
        {"\"facts\":[\"patient_age\"]", "\"facts\":[\"weight\"]", "facts"},
        {"\"facts\":[\"patient_age\"]", "\"facts\":[\"exception\"]", "facts"},
        {"\"consent\":[\"online\"]", "\"consent\":[\"a b\"]", "consent"},
        {"\"identity\":[\"name\",\"identifiers\"]", "\"identity\":[\"address\"]", "identity"},
        {"\"storage\":[\"hardware\"]", "\"storage\":[]", "storage"},
        {"\"user_auth\":[\"pin\"]", "\"user_auth\":[\"retina\"]", "user_auth"},
        {"\"no_signoff_text\":\"Ask.\"", "\"no_signoff_text\":\"\"", "no_signoff_text"},
        {"\"record_y\":15", "\"record_y\":201", "record_y"},
        {"\"documents\":{\"MedicationRequest\":[\"prescribe\"]}", "\"documents\":{\"a b\":[\"prescribe\"]}",
         "documents"},
        {"\"documents\":{\"MedicationRequest\":[\"prescribe\"]}", "\"documents\":{\"M\":\"prescribe\"}",
         "documents"},
        {"\"documents\":{\"MedicationRequest\":[\"prescribe\"]}", "\"documents\":{\"M\":[1]}", "documents"},
        {"\"documents\":{\"MedicationRequest\":[\"prescribe\"]}", "\"documents\":{\"M\":[\"a\"],\"M\":[\"a\"]}",
         "documents"},
        {"\"documents\":{\"MedicationRequest\":[\"prescribe\"]}", "\"documents\":{\"Ma\":[\"a\"],\"MA\":[\"b\"]}",
         "documents"},
        {"\"documents\":{\"MedicationRequest\":[\"prescribe\"]}", "\"documents\":[]", "documents"},
        {EXCEPTIONS, "\"exceptions\":{}", "exceptions"},
        {EXCEPTIONS, "\"exceptions\":{\"break_glass\":{\"bridges\":[\"site\"]}}", ""},
        {EXCEPTIONS, "\"exceptions\":{\"alliance\":{\"bridges\":[]}}", "bridges"},
        {EXCEPTIONS, "\"exceptions\":{\"alliance\":{\"bridges\":[\"level\"]}}", "bridges"},
        {EMERGENCY, "\"emergency\":{\"max_status_age_s\":1,\"bridges\":[\"jurisdiction\"],\"review_h\":1}", "bridges"},
        {EMERGENCY, "\"emergency\":{\"max_status_age_s\":1,\"bridges\":[\"site\",\"site\"],\"review_h\":1}", "bridges"},
        {EMERGENCY, "\"emergency\":{\"max_status_age_s\":-1,\"bridges\":[],\"review_h\":1}", "max_status_age_s"},
        {EMERGENCY, "\"emergency\":{\"max_status_age_s\":1,\"bridges\":[],\"review_h\":87601}", "review_h"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuses(edited(TEXT(FULL), cases[i][0], cases[i][1]), cases[i][2]);
    refuses(TEXT(HEAD "]}"), "rules");
    refuses(edited(LEAST, "\"signers\":[" SIGNER "]", "\"signers\":[]"), "signers");
    refuses(edited(LEAST, "\"signers\":[" SIGNER "]",
                   "\"signers\":[" SIGNER "," SIGNER "," SIGNER "," SIGNER "," SIGNER "]"),
            "signers");
    is(edited(LEAST, "\"signers\":[" SIGNER "]", "\"signers\":[" SIGNER "," SIGNER "," SIGNER "," SIGNER "]"),
       CSIGN_OK, "");
}

/* A hard denial whose value does not suit its fact, or whose operator does not suit the value, must not load.
 */
static void hard_deny_fail(void **state)
{
    static const char *const good[] = {
        "\"patient_age\",\"op\":\"lt\",\"value\":6",
        "\"patient_age\",\"op\":\"ge\",\"value\":150",
        "\"patient_age\",\"op\":\"in\",\"value\":[1,2]",
        "\"off_label\",\"op\":\"eq\",\"value\":true",
        "\"stop\",\"op\":\"ne\",\"value\":false",
        "\"schedule\",\"op\":\"in\",\"value\":[\"I\",\"II\"]",
        "\"visit\",\"op\":\"eq\",\"value\":\"first\"",
        "\"exception\",\"op\":\"eq\",\"value\":\"alliance\"",
        "\"antimicrobial_grade\",\"op\":\"ge\",\"value\":2",
        "\"schedule\",\"op\":\"eq\",\"value\":\"any text\"",
        "\"stop\",\"op\":\"in\",\"value\":[true,false]",
        "\"patient_age\",\"op\":\"in\",\"value\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]"};
    static const char *const bad[] = {
        "\"patient_age\",\"op\":\"lt\",\"value\":\"6\"",
        "\"patient_age\",\"op\":\"lt\",\"value\":151",
        "\"patient_age\",\"op\":\"lt\",\"value\":-1",
        "\"patient_age\",\"op\":\"lt\",\"value\":6.5",
        "\"patient_age\",\"op\":\"lt\",\"value\":[6]",
        "\"patient_age\",\"op\":\"in\",\"value\":6",
        "\"patient_age\",\"op\":\"in\",\"value\":[]",
        "\"patient_age\",\"op\":\"in\",\"value\":[1,\"2\"]",
        "\"patient_age\",\"op\":\"eq\",\"value\":true",
        "\"patient_age\",\"op\":\"eq\",\"value\":null",
        "\"off_label\",\"op\":\"lt\",\"value\":true",
        "\"off_label\",\"op\":\"ge\",\"value\":1",
        "\"off_label\",\"op\":\"eq\",\"value\":1",
        "\"off_label\",\"op\":\"eq\",\"value\":\"true\"",
        "\"visit\",\"op\":\"eq\",\"value\":\"second\"",
        "\"visit\",\"op\":\"lt\",\"value\":\"first\"",
        "\"schedule\",\"op\":\"lt\",\"value\":\"II\"",
        "\"schedule\",\"op\":\"eq\",\"value\":2",
        "\"exception\",\"op\":\"eq\",\"value\":\"none\"",
        "\"consent\",\"op\":\"eq\",\"value\":\"online\"",
        "\"disclosure\",\"op\":\"in\",\"value\":[\"a\"]",
        "\"stop\",\"op\":\"in\",\"value\":[[true]]",
        "\"patient_age\",\"op\":\"in\",\"value\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]"};
    static const char *const unless_bad[] = {
        "{}",
        "[]",
        "{\"weight\":1}",
        "{\"guardian_present\":1}",
        "{\"consent\":\"a\"}",
        "{\"patient_age\":[1]}",
        "{\"guardian_present\":null}",
        "{\"visit\":\"first\",\"stop\":true,\"off_label\":true,\"patient_age\":1,\"schedule\":\"a\"}"};
    char text[4096];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        (void)snprintf(text, sizeof text,
                       "\"hard_deny\":[{\"code\":\"stop\",\"if\":[{\"fact\":%s}]}],\"max_status_age_s\":60",
                       good[i]);
        is(edited(LEAST, "\"max_status_age_s\":60", text), CSIGN_OK, "");
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(text, sizeof text,
                       "\"hard_deny\":[{\"code\":\"stop\",\"if\":[{\"fact\":%s}]}],\"max_status_age_s\":60",
                       bad[i]);
        refuses(edited(LEAST, "\"max_status_age_s\":60", text), "if");
    }
    for (size_t i = 0; i < sizeof unless_bad / sizeof *unless_bad; i++) {
        (void)snprintf(text, sizeof text, "\"unless\":%s", unless_bad[i]);
        refuses(edited(TEXT(FULL), "\"unless\":{\"guardian_present\":true}", text), "unless");
    }
    refuses(edited(TEXT(FULL), "\"unless\":{\"guardian_present\":true}",
                   "\"unless\":{\"stop\":true,\"stop\":true}"),
            "rules");
    is(edited(TEXT(FULL), "\"unless\":{\"guardian_present\":true}",
              "\"unless\":{\"visit\":\"first\",\"stop\":true,\"off_label\":true,\"patient_age\":1}"),
       CSIGN_OK, "");
    refuses(edited(TEXT(FULL), "\"if\":[{\"fact\":\"patient_age\",\"op\":\"lt\",\"value\":6}]", "\"if\":[]"),
            "if");
    refuses(edited(TEXT(FULL), "\"fact\":\"patient_age\"", "\"fact\":\"weight\""), "fact");
    refuses(edited(TEXT(FULL), "\"op\":\"lt\"", "\"op\":\"gt\""), "op");
    refuses(edited(TEXT(FULL), "\"code\":\"age-rule\"", "\"code\":\"revoked\""), "code");
    is(TEXT(FULL), CSIGN_OK, "");
}

static void frame_fail(void **state)
{
    (void)state;
    refuses("", "");
    refuses("countersign/policy/v2\nregistry.test\n{}\n", "");
    refuses("countersign/policy/v1\n", "");
    refuses("countersign/policy/v1\nregistry.test", "");
    refuses("countersign/policy/v1\n\n{}\n", "");
    refuses("countersign/policy/v1\nregistry.test\n", "");
    refuses("countersign/policy/v1\nregistry.test\n{}\n", "id");
    refuses(edited(LEAST, "]}\n", "]}\n{}\n"), "");
    is(edited(LEAST, "\"rules\":[", "\n \"rules\" :\t[\r\n"), CSIGN_OK, ""); /* for people: lines and spaces */
}

#define FRAME (sizeof TEXT("") - 2) /* before the JSON */

static void size_fail(void **state)
{
    char *text = counting_spare(FRAME + CSIGN_POLICY_MAX + 3);
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        (void)snprintf(text, FRAME + CSIGN_POLICY_MAX + 3, "%-*.*s\n", (int)(FRAME + CSIGN_POLICY_MAX + more), (int)sizeof LEAST - 2, LEAST);
        is(text, more ? CSIGN_E_TOO_LARGE : CSIGN_OK, more ? "policy" : "");
    }
    free(text);
}

static void where_two_rules_are_alike(void **state)
{
    static const char two[] = POLICY(RULE("\"a\"", "\"*\"") ",\n" RULE("\"b\",\"a\"", "\"*\""));
    csign_fault fault = {CSIGN_OK, "", "", 0};
    (void)state;
    assert_refused(read_text(span_text(two), &fault), &fault, CSIGN_E_POLICY_MALFORMED, "rules", two);
    assert_ptr_equal(two + FRAME + fault.offset, strstr(two, "\"b\",\"a\"") + 5);
}

/* --- which rule --- */

#define R(acts, settings, limit)                                                                               \
    "{\"acts\":[" acts "],\"settings\":[" settings "],\"ai_authorship\":\"human_only\",\"signers\":[" SIGNER   \
    "],\"max_status_age_s\":" limit ",\"signoff_to_release_s\":600}"

/* Rules are told apart by their age limit. */
static void finds(const char *act, uint8_t setting, uint64_t limit)
{
    const struct rule *rule = policy_find(&policy, span_text(act), setting);
    if ((rule ? rule->max_status_age_s : 0) != limit)
        print_error("%s in %s\n", act, vocabulary_word(&settings, setting));
    assert_int_equal(rule ? rule->max_status_age_s : 0, limit);
}

static void most_specific(void **state)
{
    (void)state;
    is(POLICY(R("\"*\"", "\"*\"", "1") "," R("\"rx*\"", "\"*\"", "2") "," R("\"rx_new*\"", "\"*\"", "3") "," R(
           "\"rx_new_a\"", "\"*\"", "4") "," R("\"rx_new_a\"", "\"online\"",
                                               "5") "," R("\"rx*\"", "\"online\"", "6") "," R("\"*\"",
                                                                                              "\"in*\"", "7")),
       CSIGN_OK, "");
    finds("x", SETTING_ONLINE, 1);
    finds("x", SETTING_INPATIENT, 7); /* a prefix of a setting before the star */
    finds("r", SETTING_PAYER, 1);
    finds("rx", SETTING_PAYER, 2); /* a prefix matches itself */
    finds("rx_old", SETTING_PAYER, 2);
    finds("rx_old", SETTING_ONLINE, 6);   /* a literal setting before the star, of one prefix */
    finds("rx_new", SETTING_PAYER, 3);    /* the longest prefix */
    finds("rx_new_b", SETTING_ONLINE, 3); /* the act counts before the setting */
    finds("rx_new_a", SETTING_PAYER, 4);
    finds("rx_new_a", SETTING_ONLINE, 5);
    finds("rx_new_ab", SETTING_ONLINE, 3); /* a literal is no prefix */
    finds("rx_old", SETTING_INPATIENT, 2);
    finds("", SETTING_PAYER, 1);
    finds("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", SETTING_PAYER,
          1); /* longer than an act may be */
}

static void none_fits(void **state)
{
    (void)state;
    is(POLICY(R("\"rx\",\"lab*\"", "\"online\",\"out*\"", "9")), CSIGN_OK, "");
    finds("rx", SETTING_ONLINE, 9);
    finds("rx", SETTING_OUTPATIENT, 9);
    finds("rx", SETTING_INPATIENT, 0);
    finds("rx", SETTING_EMERGENCY, 0);
    finds("rxx", SETTING_ONLINE, 0);
    finds("r", SETTING_ONLINE, 0);
    finds("lab", SETTING_ONLINE, 9);
    finds("lab_x", SETTING_OUTPATIENT, 9);
    finds("la", SETTING_ONLINE, 0);
    finds("Rx", SETTING_ONLINE, 0);
    /* The longest prefix there may be, 63 bytes, and acts of 63 and 64 that it matches. */
    is(POLICY(R("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa*\"", "\"online\"", "8")),
       CSIGN_OK, "");
    finds("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", SETTING_ONLINE, 8);
    finds("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", SETTING_ONLINE, 8);
    finds("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", SETTING_ONLINE, 0);
    refuses(
        POLICY(R("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa*\"", "\"online\"", "8")),
        "acts");
}

/* Two rules alike for one act and setting: nobody could say which holds. */
static void alike_fail(void **state)
{
    (void)state;
    refuses(POLICY(R("\"rx\"", "\"*\"", "1") "," R("\"rx\"", "\"*\"", "2")), "rules");
    refuses(POLICY(R("\"rx*\"", "\"online\"", "1") "," R("\"lab\",\"rx*\"", "\"payer\",\"online\"", "2")),
            "rules");
    refuses(POLICY(R("\"*\"", "\"*\"", "1") "," R("\"*\"", "\"*\"", "2")), "rules");
    refuses(POLICY(R("\"rx\"", "\"in*\"", "1") "," R("\"rx\"", "\"in*\"", "2")), "rules");
    refuses(POLICY(R("\"rx\"", "\"*\",\"*\"", "1")), "settings");
    /* Not alike: a literal and a prefix of the same letters, or another rank of setting. */
    is(POLICY(R("\"rx\"", "\"*\"", "1") "," R("\"rx*\"", "\"*\"", "2")), CSIGN_OK, "");
    finds("rx", SETTING_ONLINE, 1);
    is(POLICY(R("\"rx\"", "\"online\"", "1") "," R("\"rx\"", "\"o*\"", "2") "," R(
           "\"rx\"", "\"on*\"", "3") "," R("\"rx\"", "\"*\"", "4")),
       CSIGN_OK, "");
    finds("rx", SETTING_ONLINE, 1);
    finds("rx", SETTING_OUTPATIENT, 2);
    finds("rx", SETTING_PAYER, 4);
    is(POLICY(R("\"rx\"", "\"*\"", "4") "," R("\"rx\"", "\"on*\"", "3") "," R("\"rx\"", "\"o*\"", "2")),
       CSIGN_OK, ""); /* in any order */
    finds("rx", SETTING_ONLINE, 3);
}

static void covered(void **state)
{
    (void)state;
    is(LEAST, CSIGN_OK, "");
    assert_true(policy_covers(&policy, SPAN("CN")) && policy_covers(&policy, SPAN("CN-11")) &&
                policy_covers(&policy, SPAN("US-KS")));
    assert_false(policy_covers(&policy, SPAN("US")));
    assert_false(policy_covers(&policy, SPAN("US-NY")));
    assert_false(policy_covers(&policy, SPAN("")));
}

/* The scratch that policy.h promises is enough, at the most rules, with the longest lists, and at the shortest
 * rule there is. */
static void scratch_is_enough(void **state)
{
    (void)state;
    for (int shape = 0; shape < 3; shape++) {
        size_t capacity = CSIGN_POLICY_MAX + 4096;
        struct buffer text = buffer_open(counting_spare(capacity), capacity);
        unsigned rules = 0;
        buffer_text(&text, "countersign/policy/"
                           "v1\nr\n{\"id\":\"p\",\"version\":1,\"authority\":\"a\",\"applies_to\":[\"CN\"],"
                           "\"effective_from\":1,\"utc_offset\":\"+08:00\",\"sources\":[],\"rules\":[");
        while (rules < POLICY_RULES_MAX && text.size < CSIGN_POLICY_MAX - 1000) {
            char name[64];
            if (rules)
                buffer_byte(&text, ',');
            buffer_text(&text, "{\"acts\":[");
            for (unsigned i = 0; i < (shape == 1 ? 64u : 1u); i++) {
                static const char letters[] =
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._";
                unsigned n = rules * 64 + i; /* three letters: the shortest of so many names */
                (void)snprintf(name, sizeof name, "%s\"%c%c%c\"", i ? "," : "", letters[n / 4096],
                               letters[n / 64 % 64], letters[n % 64]);
                buffer_text(&text, name);
            }
            buffer_text(&text, "],\"settings\":[\"*\"],\"ai_authorship\":\"human_only\",\"signers\":[");
            for (unsigned i = 0; i < (shape == 2 ? 4u : 1u); i++)
                buffer_text(&text, i ? "," SIGNER : SIGNER);
            buffer_text(&text, "],\"max_status_age_s\":1,\"signoff_to_release_s\":1");
            if (shape == 2)
                buffer_text(
                    &text,
                    ",\"hard_deny\":[{\"code\":\"stop\",\"if\":[{\"fact\":\"stop\",\"op\":\"in\",\"value\":["
                    "true,true,true,true,true,true,true,true]}],\"unless\":{\"stop\":true}}]");
            buffer_text(&text, "}");
            rules++;
        }
        buffer_text(&text, "]}\n");
        assert_false(text.overflow);
        if (shape == 0)
            assert_int_equal(rules, POLICY_RULES_MAX);
        size_t size = POLICY_SCRATCH(text.size);
        struct buffer scratch = buffer_open(counting_spare(size), size);
        struct note note = {.text = buffer_span(&text), .signature_count = 0};
        csign_fault fault = {CSIGN_OK, "", "", 0};
        assert_refused(policy_read(&note, &scratch, &policy, &fault), &fault, CSIGN_OK, "", "large policy");
        assert_int_equal(policy.rules.count, rules);
        for (unsigned i = 0; i < rules; i++) {
            const struct rule *rule = (const struct rule *)policy.rules.items + i;
            assert_ptr_equal(policy_find(&policy, rule->acts.items[0], SETTING_ONLINE), rule);
        }
        free(text.data);
        free(scratch.data);
    }
}

/* One rule more than 500; and too little scratch is no-space at every size, never another answer. */
static void limits_fail(void **state)
{
    static char text[1 << 18];
    (void)state;
    for (unsigned rules = POLICY_RULES_MAX; rules <= POLICY_RULES_MAX + 1; rules++) {
        int size = snprintf(text, sizeof text, "countersign/policy/v1\nr\n" HEAD);
        for (unsigned i = 0; i < rules; i++)
            size += snprintf(text + size, sizeof text - (size_t)size,
                             "%s{\"acts\":[\"a%u\"],\"settings\":[\"*\"],\"ai_authorship\":\"human_only\","
                             "\"signers\":[" SIGNER "],\"max_status_age_s\":1,\"signoff_to_release_s\":1}",
                             i ? "," : "", i);
        size += snprintf(text + size, sizeof text - (size_t)size, "]}\n");
        struct note note = {.text = span_of(text, (size_t)size), .signature_count = 0};
        struct buffer scratch =
            buffer_open(counting_spare(POLICY_SCRATCH((size_t)size)), POLICY_SCRATCH((size_t)size));
        csign_fault fault = {CSIGN_OK, "", "", 0};
        assert_refused(policy_read(&note, &scratch, &policy, &fault), &fault,
                       rules > POLICY_RULES_MAX ? CSIGN_E_POLICY_MALFORMED : CSIGN_OK, "rules", "many rules");
        free(scratch.data);
    }
    struct note note = {.text = placed_text(TEXT(FULL)), .signature_count = 0};
    csign_code code = CSIGN_E_NO_SPACE;
    size_t size = 0;
    for (; code != CSIGN_OK; size += 8) {
        struct buffer scratch = buffer_open(memory, size);
        code = policy_read(&note, &scratch, &policy, NULL);
        assert_true(code == CSIGN_OK || code == CSIGN_E_NO_SPACE);
    }
    assert_true(size > sizeof(struct rule));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member),      cmocka_unit_test(members_fail), cmocka_unit_test(overlays),
        cmocka_unit_test(values_fail),
        cmocka_unit_test(hard_deny_fail),    cmocka_unit_test(frame_fail),
        cmocka_unit_test(size_fail),
        cmocka_unit_test(where_two_rules_are_alike),   cmocka_unit_test(most_specific),
        cmocka_unit_test(none_fits),         cmocka_unit_test(alike_fail),   cmocka_unit_test(covered),
        cmocka_unit_test(scratch_is_enough), cmocka_unit_test(limits_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
