/* What a registry knows of a practitioner: the claims of a credential that are not the registry's own, closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "credential.h"

#define HEAD   "{\"sub\":\"person-1\",\"profession\":\"physician\",\"level\":\"independent\",\"jurisdiction\":[\"US-KS\"],\"specialty\":[],"
#define MAY    "\"privileges\":{\"prescribe\":true,\"schedules\":[],\"antimicrobial_grade\":0,\"narcotic\":false},"
#define WHERE  "\"site\":{\"id\":\"mercy\",\"basis\":\"primary\",\"consent\":true},\"conditions\":[],"
#define HOW    "\"assurance\":{\"level\":\"validated\"},\"authenticator\":{\"storage\":\"file\",\"user_auth\":\"none\","       \
               "\"attested\":false,\"proofing\":\"none\"}"
#define PERSON HEAD MAY WHERE HOW

static struct credential person;
static uint8_t memory[8192];

static csign_code read_person(const char *json, csign_fault *fault)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    return credential_read_practitioner(span_text(json), &scratch, &person, fault);
}

static void fails(const char *json, csign_code code, const char *field)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_int_equal(read_person(json, &fault), code);
    assert_string_equal(fault.field, field);
}

static void is_read(void **state)
{
    (void)state;
    assert_int_equal(read_person(PERSON ",\"name\":\"Dr A\",\"licence_number\":\"1\",\"licensed_until\":\"2030-03-31\","
                                        "\"identifiers\":[{\"system\":\"npi\",\"value\":\"1234567893\"}]}", NULL), CSIGN_OK);
    assert_true(span_equal(person.sub, SPAN("person-1")));
    assert_true(span_equal(person.name, SPAN("Dr A")));
    assert_int_equal(person.licensed_until, 20300331);
    assert_int_equal(person.identifiers.count, 1);
    const struct specialty *identifier = person.identifiers.items;
    assert_true(span_equal(identifier->code, SPAN("1234567893")));
    assert_int_equal(person.exp, 0);
    assert_int_equal(person.status.countersign.idx, 0);
}

static void what_is_the_registrys_own_fail(void **state)
{
    static const char *const members[] = {",\"iss\":\"https://x.test\"}", ",\"exp\":1}", ",\"vct\":\"x\"}", ",\"test\":true}",
                                          ",\"status\":{}}", ",\"cnf\":{}}", ",\"banana\":1}"};
    char json[2048];
    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        memcpy(json, PERSON, sizeof PERSON);
        memcpy(json + sizeof PERSON - 1, members[i], strlen(members[i]) + 1);
        fails(json, CSIGN_E_MALFORMED_CLAIMS, "");
    }
}

static void missing_and_wrong_members_fail(void **state)
{
    (void)state;
    fails(HEAD MAY HOW ",\"conditions\":[]}", CSIGN_E_MALFORMED_CLAIMS, "site");
    fails(HEAD MAY WHERE HOW ",\"licensed_until\":\"2030-02-30\"}", CSIGN_E_MALFORMED_CLAIMS, "licensed_until");
    fails(HEAD MAY WHERE HOW ",\"identifiers\":[{\"system\":\"npi\"}]}", CSIGN_E_MALFORMED_CLAIMS, "value");
    fails(PERSON, CSIGN_E_MALFORMED_JSON, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read),
        cmocka_unit_test(what_is_the_registrys_own_fail),
        cmocka_unit_test(missing_and_wrong_members_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
