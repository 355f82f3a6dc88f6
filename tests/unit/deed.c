/* Deeds: one valid deed of each kind, then each member left out, repeated, null and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "deed.h"
#include "signer.h"
#include "uuid.h"

#define ID     "0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234"
#define DIGEST "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HEAD(kind) "{\"do\":\"" kind "\",\"at\":\"nhc\",\"valid_until\":1800000000,"
#define WHY        "\"why\":{\"text\":\"complaint 17\",\"basis\":\"art. 42\",\"decided\":1,\"reported\":2}"
#define ORDER(kind) \
    HEAD(kind) "\"licence\":\"l-1\",\"effective\":100,\"reason\":\"licence_action\",\"until\":200," WHY "}"
#define IDENTIFIERS "\"identifiers\":[{\"system\":\"npi\",\"value\":\"1234567893\"}]"
#define CONDITIONS                                                                                                \
    "\"conditions\":[{\"code\":\"supervised\",\"acts_denied\":[\"prescription_new\"],\"needs_cosign\":true,"     \
    "\"until\":\"2027-03-31\"}]"
#define VKEY "@VKEY@" /* replaced by a key named h-1/o-1, or by one named app-1 */

static const char *const valid[] = {
    HEAD("institution.add") "\"id\":\"h-1\",\"name\":\"General\",\"jurisdiction\":\"CN-11\"," IDENTIFIERS "}",
    HEAD("officer.add") "\"body\":\"h-1\",\"officer\":{\"id\":\"o-1\",\"name\":\"Li\",\"role\":\"registrar\",\"vkey\":\"" VKEY
                        "\"}}",
    HEAD("officer.end") "\"body\":\"h-1\",\"officer\":\"o-1\",\"reason\":\"administrative\"}",
    HEAD("enrol") "\"practitioner\":{\"id\":\"p-1\",\"name\":\"Dr A\",\"birth_date\":\"1980-02-29\"," IDENTIFIERS "},"
                  "\"licence\":{\"profession\":\"physician\",\"level\":\"independent\",\"jurisdiction\":[\"CN-11\"],"
                  "\"number\":\"110\",\"specialty\":[{\"system\":\"nucc\",\"code\":\"207R00000X\"}],"
                  "\"privileges\":{\"prescribe\":true,\"schedules\":[\"2\"],\"antimicrobial_grade\":2,\"narcotic\":false,"
                  "\"tcm\":true}," CONDITIONS ",\"independent_since\":\"2015-01-01\",\"licensed_until\":\"2030-01-01\"},"
                  "\"affiliation\":{\"site\":\"h-1\",\"basis\":\"primary\",\"consent\":true,\"from\":1,\"to\":2}}",
    HEAD("enrol.import") "\"file\":\"" DIGEST "\",\"template\":\"csv-1\",\"counts\":{\"added\":1,\"updated\":2,"
                         "\"unchanged\":3,\"flagged\":4,\"rejected\":5}}",
    HEAD("roll.import") "\"file\":\"" DIGEST "\",\"template\":\"csv-1\",\"counts\":{\"added\":1,\"updated\":2,"
                        "\"unchanged\":3,\"flagged\":4,\"rejected\":5}}",
    HEAD("activate") "\"practitioner\":\"p-1\",\"licence\":\"l-1\",\"affiliation\":\"a-1\",\"code\":\"" DIGEST "\"}",
    HEAD("affiliation.end") "\"practitioner\":\"p-1\",\"site\":\"h-1\",\"effective\":5,\"reason\":\"affiliation_ended\"}",
    HEAD("key.end") "\"holder\":\"" DIGEST "\",\"reason\":\"key_lost_or_compromised\"}",
    HEAD("app.add") "\"id\":\"app-1\",\"tool\":\"tool-1\",\"acts\":[\"imaging_report\"],\"settings\":[\"inpatient\",\"online\"],"
                    "\"jurisdictions\":[\"CN\"],\"vkey\":\"" VKEY "\"}",
    HEAD("app.end") "\"id\":\"app-1\",\"reason\":\"administrative\"}",
    HEAD("suspend.interim") "\"licence\":\"l-1\",\"effective\":100,\"reason\":\"emergency\",\"confirm_by\":200," WHY "}",
    ORDER("suspend"),
    ORDER("revoke"),
    ORDER("rescind"),
    ORDER("deregister"),
    HEAD("condition") "\"licence\":\"l-1\",\"effective\":100," CONDITIONS "," WHY "}",
    HEAD("reinstate") "\"licence\":\"l-1\",\"effective\":100,\"reason\":\"reinstated\"," WHY "}",
    HEAD("deceased") "\"practitioner\":\"p-1\",\"effective\":100}",
    HEAD("correct") "\"deed\":\"" DIGEST "\",\"with\":{\"effective\":99}," WHY "}",
    HEAD("void") "\"deed\":\"" DIGEST "\"," WHY "}",
    HEAD("cut") "\"kind\":\"tool\",\"id\":\"tool-1\",\"cut_ms\":9223372036854775807,\"reason\":\"emergency\"," WHY "}",
    HEAD("policy.publish") "\"id\":\"cn-rx\",\"version\":2,\"note\":\"" DIGEST "\",\"effective_ms\":1800000000000}",
};
#define KINDS (sizeof valid / sizeof *valid)

static uint8_t scratch_memory[1 << 16];
static struct deed deed;
static char officer_vkey[320], app_vkey[320];

static int make_keys(void **state)
{
    struct signer officer = signer_make("h-1/o-1", NOTE_ED25519), app = signer_make("app-1", NOTE_ED25519);
    (void)state;
    (void)signer_text(&officer, officer_vkey);
    (void)signer_text(&app, app_vkey);
    return 0;
}

static csign_code read_text(span text, const char **ret_field)
{
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code code = deed_read(exact(text), &scratch, &deed, &fault);
    assert_int_equal(fault.code, code);
    *ret_field = fault.field;
    return code;
}

/* Reads the deed of a line of JSON, whose key is put in. */
static csign_code read_json(const char *json, const char **ret_field)
{
    static char text[1 << 14];
    struct buffer out = buffer_open(text, sizeof text);
    char line[1 << 13];
    const char *mark = strstr(json, VKEY);
    (void)snprintf(line, sizeof line, "%.*s%s%s", mark ? (int)(mark - json) : 0, json,
                   !mark                     ? ""
                   : strstr(json, "app.add") ? app_vkey
                                             : officer_vkey,
                   mark ? mark + strlen(VKEY) : json);
    deed_write(&out, SPAN("registry.test"), SPAN(ID), span_text(line));
    assert_int_equal(buffer_code(&out), CSIGN_OK);
    csign_code code = read_text(buffer_span(&out), ret_field);
    if (code == CSIGN_OK)
        assert_true(span_equal(deed.json, span_text(line)));
    return code;
}

static void accepts(const char *json)
{
    const char *field;
    csign_code code = read_json(json, &field);
    if (code != CSIGN_OK)
        print_error("%s: %s\n", field, json);
    assert_int_equal(code, CSIGN_OK);
}

static void refuses(const char *json, const char *field)
{
    const char *got;
    csign_code code = read_json(json, &got);
    if (code != CSIGN_E_DEED_MALFORMED || strcmp(got, field) != 0)
        print_error("%s: %s\n", got, json);
    assert_int_equal(code, CSIGN_E_DEED_MALFORMED);
    assert_string_equal(got, field);
}

static const char *edit(const char *text, const char *find, const char *replacement)
{
    char edited[1 << 13];
    const char *at = strstr(text, find);
    assert_non_null(at);
    int size = snprintf(edited, sizeof edited, "%.*s%s%s", (int)(at - text), text, replacement, at + strlen(find));
    return (const char *)exact(span_of(edited, (size_t)size + 1)).data;
}

static const char *of(enum deed_kind kind)
{
    return valid[kind - 1];
}

static void every_kind_reads(void **state)
{
    (void)state;
    assert_int_equal(KINDS, deed_kinds.count);
    for (size_t i = 0; i < KINDS; i++) {
        accepts(valid[i]);
        assert_int_equal(deed.head.kind, i + 1);
        assert_true(span_equal(deed.origin, SPAN("registry.test")));
        assert_true(span_equal(deed.id, SPAN(ID)));
        assert_true(span_equal(deed.head.at, SPAN("nhc")));
        assert_int_equal(deed.head.valid_until, 1800000000);
    }
}

/* The places of the members of one object, found by the reader itself. */
struct member {
    char name[32];
    size_t begin, value, end;
};

static size_t members_of(const char *json, struct member *ret)
{
    static struct json j;
    span name, value;
    size_t count = 0;
    json_open(&j, span_text(json), 16, NULL);
    assert_true(json_object(&j));
    while (json_member(&j, &name)) {
        assert_true(json_skip(&j, &value));
        struct member *m = &ret[count++];
        (void)snprintf(m->name, sizeof m->name, "%.*s", (int)name.size, (const char *)name.data);
        m->begin = (size_t)((const char *)name.data - json) - 1;
        m->value = (size_t)((const char *)value.data - json);
        m->end = m->value + value.size;
    }
    assert_true(json_finish(&j));
    return count;
}

static bool may_be_absent(const char *json, const char *name)
{
    return strcmp(name, "until") == 0 || (strcmp(name, "id") == 0 && strstr(json, "\"cut\"") != NULL);
}

/* For each member of each kind: left out, named twice, null, and of another type. */
static void closed_schemas(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct member members[16];
        size_t count = members_of(valid[i], members);
        const char *json = valid[i];
        refuses(edit(json, "{", "{\"unknown\":1,"), "");
        for (size_t m = 0; m < count; m++) {
            char text[1 << 13];
            const struct member *at = &members[m];
            size_t from = at->begin - (m > 0), to = at->end + (m == 0); /* with a comma */
            (void)snprintf(text, sizeof text, "%.*s%s", (int)from, json, json + to);
            if (may_be_absent(json, at->name) && !strstr(json, "\"cut\""))
                accepts(text);
            else
                refuses(text, at->name);
            (void)snprintf(text, sizeof text, "%.*s,%.*s%s", (int)at->end, json, (int)(at->end - at->begin), json + at->begin,
                           json + at->end);
            refuses(text, at->name);
            (void)snprintf(text, sizeof text, "%.*snull%s", (int)at->value, json, json + at->end);
            refuses(text, at->name);
            (void)snprintf(text, sizeof text, "%.*s%s%s", (int)at->value, json, json[at->value] == '"' ? "7" : "\"x y\"",
                           json + at->end);
            refuses(text, at->name);
        }
    }
}

static void members_of_another_kind_fail(void **state)
{
    (void)state;
    refuses(edit(of(DEED_REINSTATE), "\"why\"", "\"until\":200,\"why\""), "");
    refuses(edit(of(DEED_SUSPEND), "\"until\"", "\"confirm_by\""), "");
    refuses(edit(of(DEED_VOID), "\"why\"", "\"with\":{},\"why\""), "");
    refuses(edit(of(DEED_CONDITION), "\"why\"", "\"reason\":\"lapsed\",\"why\""), "");
    refuses(edit(of(DEED_DECEASED), "\"effective\"", "\"reason\":\"deceased\",\"effective\""), "");
    refuses(edit(of(DEED_SUSPEND), "suspend", "Suspend"), "do");
    refuses(edit(of(DEED_SUSPEND), "suspend", "suspend.final"), "do");
}

static void values_fail(void **state)
{
    (void)state;
    refuses(edit(of(DEED_VOID), "\"at\":\"nhc\"", "\"at\":\"n/hc\""), "at");
    refuses(edit(of(DEED_VOID), "1800000000", "9007199254740992"), "valid_until");
    refuses(edit(of(DEED_VOID), "1800000000", "-1"), "valid_until");
    refuses(edit(of(DEED_VOID), "1800000000", "1.5"), "valid_until");
    refuses(edit(of(DEED_INSTITUTION_ADD), "CN-11", "cn-11"), "jurisdiction");
    refuses(edit(of(DEED_INSTITUTION_ADD), "\"system\":\"npi\",", ""), "system");
    refuses(edit(of(DEED_INSTITUTION_ADD), "\"system\":\"npi\"", "\"system\":\"\""), "system");
    refuses(edit(of(DEED_OFFICER_END), "administrative", "because"), "reason");
    refuses(edit(of(DEED_ENROL), "physician", "wizard"), "profession");
    refuses(edit(of(DEED_ENROL), "1980-02-29", "1981-02-29"), "birth_date");
    refuses(edit(of(DEED_ENROL), "[\"CN-11\"]", "[]"), "jurisdiction");
    refuses(edit(of(DEED_ENROL), "\"tcm\":true", "\"tcm\":false"), "tcm");
    refuses(edit(of(DEED_ENROL), "\"antimicrobial_grade\":2", "\"antimicrobial_grade\":4"), "antimicrobial_grade");
    refuses(edit(of(DEED_ENROL), "\"needs_cosign\":true,", ""), "needs_cosign");
    refuses(edit(of(DEED_ENROL), "\"basis\":\"primary\"", "\"basis\":\"any\""), "basis");
    refuses(edit(of(DEED_ENROL), "\"from\":1,\"to\":2", "\"from\":2,\"to\":2"), "to");
    refuses(edit(of(DEED_ENROL_IMPORT), DIGEST, "AAAA"), "file");
    refuses(edit(of(DEED_ENROL_IMPORT), "\"flagged\":4,", ""), "flagged");
    refuses(edit(of(DEED_APP_ADD), "\"inpatient\",\"online\"", ""), "settings");
    refuses(edit(of(DEED_APP_ADD), "\"inpatient\",\"online\"", "\"online\",\"online\""), "settings");
    refuses(edit(of(DEED_APP_ADD), "[\"imaging_report\"]", "[]"), "acts");
    refuses(edit(of(DEED_SUSPEND), "\"text\":\"complaint 17\",", ""), "text");
    refuses(edit(of(DEED_SUSPEND), "\"text\":", "\"note\":\"\",\"text\":"), "");
    refuses(edit(of(DEED_SUSPEND), "\"until\":200", "\"until\":100"), "until");
    refuses(edit(of(DEED_SUSPEND_INTERIM), "\"confirm_by\":200", "\"confirm_by\":100"), "confirm_by");
    refuses(edit(of(DEED_CORRECT), "{\"effective\":99}", "[]"), "with");
    refuses(edit(of(DEED_CORRECT), "{\"effective\":99}", "{\"a\":1,\"a\":2}"), "with");
    refuses(edit(of(DEED_POLICY_PUBLISH), "\"version\":2", "\"version\":0"), "version");
    refuses(edit(of(DEED_POLICY_PUBLISH), "\"version\":2", "\"version\":4294967296"), "version");
    refuses(edit(of(DEED_POLICY_PUBLISH), "1800000000000", "9223372036854775808"), "effective_ms");
}

static void keys_are_named_as_their_holder(void **state)
{
    struct signer other = signer_make("h-1/o-2", NOTE_ED25519), cosigner = signer_make("h-1/o-1", NOTE_COSIGNATURE);
    char text[320];
    (void)state;
    refuses(edit(of(DEED_OFFICER_ADD), VKEY, signer_text(&other, text)), "vkey");
    refuses(edit(of(DEED_OFFICER_ADD), VKEY, signer_text(&cosigner, text)), "vkey");
    refuses(edit(of(DEED_OFFICER_ADD), VKEY, "h-1/o-1"), "vkey");
    refuses(edit(of(DEED_APP_ADD), VKEY, officer_vkey), "vkey");
}

static void cuts_name_their_scope(void **state)
{
    const char *cut = of(DEED_CUT);
    (void)state;
    accepts(edit(cut, "\"kind\":\"tool\",\"id\":\"tool-1\"", "\"kind\":\"model\",\"id\":\"tool-1\\nmodel 4\""));
    assert_int_equal(deed.cut.kind, CUT_MODEL);
    assert_true(span_equal(deed.cut.id, SPAN("tool-1")));
    assert_true(span_equal(deed.cut.model, SPAN("model 4")));
    accepts(edit(cut, "\"kind\":\"tool\",\"id\":\"tool-1\"", "\"kind\":\"issuer\",\"id\":\"" DIGEST "\""));
    assert_int_equal(deed.cut.kind, CUT_ISSUER);
    accepts(edit(cut, "\"kind\":\"tool\",\"id\":\"tool-1\"", "\"kind\":\"institution\",\"id\":\"h-1\""));
    assert_int_equal(deed.cut.kind, CUT_INSTITUTION);
    accepts(edit(cut, "\"kind\":\"tool\",\"id\":\"tool-1\"", "\"kind\":\"all\""));
    assert_int_equal(deed.cut.kind, CUT_ALL);
    refuses(edit(cut, "\"kind\":\"tool\"", "\"kind\":\"all\""), "id");
    refuses(edit(cut, "\"id\":\"tool-1\",", ""), "id");
    refuses(edit(cut, "tool-1", "tool-1\\nmodel"), "id");
    refuses(edit(cut, "\"kind\":\"tool\"", "\"kind\":\"model\""), "id");
    refuses(edit(cut, "\"kind\":\"tool\",\"id\":\"tool-1\"", "\"kind\":\"model\",\"id\":\"tool-1\\n\""), "id");
    refuses(edit(cut, "\"kind\":\"tool\",\"id\":\"tool-1\"", "\"kind\":\"model\",\"id\":\"tool-1\\na\\nb\""), "id");
    refuses(edit(cut, "\"kind\":\"tool\",\"id\":\"tool-1\"", "\"kind\":\"model\",\"id\":\"\\nb\""), "id");
    refuses(edit(cut, "\"kind\":\"tool\"", "\"kind\":\"issuer\""), "id");
    refuses(edit(cut, "9223372036854775807", "9223372036854775808"), "cut_ms");
}

static void text_case(const char *text, csign_code code, const char *field)
{
    const char *got;
    assert_int_equal(read_text(span_text(text), &got), code);
    assert_string_equal(got, field);
}

static void texts(void **state)
{
    static char longest[DEED_MAX + 200];
#define JSON HEAD("app.end") "\"id\":\"app-1\",\"reason\":\"administrative\"}"
    (void)state;
    text_case("countersign/deed/v1\nr.test\n" ID "\n" JSON "\n", CSIGN_OK, "");
    text_case("countersign/deed/v2\nr.test\n" ID "\n" JSON "\n", CSIGN_E_DEED_MALFORMED, "");
    text_case("countersign/deed/v1\nr test\n" ID "\n" JSON "\n", CSIGN_E_DEED_MALFORMED, "origin");
    text_case("countersign/deed/v1\n\n" ID "\n" JSON "\n", CSIGN_E_DEED_MALFORMED, "origin");
    text_case("countersign/deed/v1\nr.test\n" JSON "\n", CSIGN_E_DEED_MALFORMED, "id");
    text_case("countersign/deed/v1\nr.test\n" ID "\n" JSON, CSIGN_E_DEED_MALFORMED, "");
    text_case("countersign/deed/v1\nr.test\n" ID "\n" JSON "\n\n", CSIGN_E_DEED_MALFORMED, "");
    text_case("countersign/deed/v1\nr.test\n" ID "\n" JSON "\n" JSON "\n", CSIGN_E_DEED_MALFORMED, "");
    text_case("countersign/deed/v1\nr.test\n" ID "\n" JSON JSON "\n", CSIGN_E_DEED_MALFORMED, "");
    text_case("countersign/deed/v1\nr.test\n" ID "\n[]\n", CSIGN_E_DEED_MALFORMED, "");
    text_case("countersign/deed/v1\nr.test\n" ID "\n{}\n", CSIGN_E_DEED_MALFORMED, "do");
    (void)snprintf(longest, sizeof longest, "countersign/deed/v1\nr.test\n" ID "\n%*s" JSON "\n", (int)DEED_MAX, "");
    text_case(longest, CSIGN_E_DEED_MALFORMED, "");
}

static void ids_are_uuid_7(void **state)
{
    static const char *const bad[] = {"0192F0C1-2D3E-7F4A-8B5C-6D7E8F901234", "0192f0c1-2d3e-4f4a-8b5c-6d7e8f901234",
                                      "0192f0c1-2d3e-7f4a-cb5c-6d7e8f901234", "0192f0c1-2d3e-7f4a-7b5c-6d7e8f901234",
                                      "0192f0c12d3e7f4a8b5c6d7e8f901234", "0192f0c1-2d3e-7f4a-8b5c-6d7e8f90123",
                                      "0192f0c1-2d3e-7f4a-8b5c-6d7e8f9012345", "0192f0c1-2d3e-7f4a-8b5c-6d7e8f90123g",
                                      "0192f0c1+2d3e-7f4a-8b5c-6d7e8f901234", "{0192f0c1-2d3e-7f4a-8b5c-6d7e8f9012}", ""};
    const uint8_t random[10] = {0xFF, 0xFE, 0xFF, 4, 5, 6, 7, 8, 9, 10};
    uint8_t text[UUID_SIZE];
    struct buffer out = buffer_open(text, sizeof text);
    (void)state;
    assert_true(text_is_uuid7(SPAN(ID)));
    assert_true(text_is_uuid7(SPAN("0192f0c1-2d3e-7f4a-bb5c-6d7e8f901234")));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_is_uuid7(exact(span_text(bad[i]))));
    uuid7_write(&out, UINT64_C(0x0192f0c12d3e), random);
    assert_true(span_equal(buffer_span(&out), SPAN("0192f0c1-2d3e-7ffe-bf04-05060708090a")));
    assert_true(text_is_uuid7(buffer_span(&out)));
    assert_int_equal(uuid7_time_ms(exact(buffer_span(&out))), UINT64_C(0x0192f0c12d3e));
    assert_int_equal(uuid7_time_ms(SPAN("0192f0c1-2d3e-4f4a-bb5c-6d7e8f901234")), 0);
}

static void chains_as_protocol_5_says(void **state)
{
    uint8_t chain[32], expected[32], hash[32], message[128];
    struct buffer out = buffer_open(message, sizeof message);
    (void)state;
    deed_chain_start(SPAN("registry.test"), chain);
    hash_of(SPAN("countersign/deeds/v1\nregistry.test"), expected);
    assert_memory_equal(chain, expected, 32);
    deed_hash(SPAN("text\n"), hash);
    hash_of(SPAN("text\n"), message);
    assert_memory_equal(hash, message, 32);
    buffer_byte(&out, 3);
    buffer_put(&out, span_of(expected, 32));
    buffer_u64(&out, 1);
    buffer_put(&out, span_of(hash, 32));
    deed_chain_next(chain, 1, hash);
    hash_of(buffer_span(&out), expected);
    assert_memory_equal(chain, expected, 32);
}

static void no_room_fail(void **state)
{
    static char text[1 << 13];
    struct buffer out = buffer_open(text, sizeof text);
    csign_code code = CSIGN_E_NO_SPACE;
    (void)state;
    deed_write(&out, SPAN("registry.test"), SPAN(ID), span_text(of(DEED_ENROL)));
    size_t room = 0;
    while (code == CSIGN_E_NO_SPACE) {
        struct buffer scratch = buffer_open(scratch_memory, room++);
        code = deed_read(buffer_span(&out), &scratch, &deed, NULL);
    }
    assert_int_equal(code, CSIGN_OK);
    assert_true(room > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_reads),
        cmocka_unit_test(closed_schemas),
        cmocka_unit_test(members_of_another_kind_fail),
        cmocka_unit_test(values_fail),
        cmocka_unit_test(keys_are_named_as_their_holder),
        cmocka_unit_test(cuts_name_their_scope),
        cmocka_unit_test(texts),
        cmocka_unit_test(ids_are_uuid_7),
        cmocka_unit_test(chains_as_protocol_5_says),
        cmocka_unit_test(no_room_fail),
    };
    return cmocka_run_group_tests(tests, make_keys, NULL);
}
