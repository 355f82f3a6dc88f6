/* Deeds that are refused, each by its code: signatures, people, time, replay, and what the data do not allow. */
#include "deeds_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int begin(void **state)
{
    if (world_make(state) != 0)
        return -1;
    world_institutions(*state);
    return 0;
}

static void refused(struct world *w, csign_code code, csign_code expected, const char *field)
{
    if (code != expected || strcmp(w->fault.field, field) != 0)
        print_error("%s (%s: %s), expected %s (%s)\n%s\n", csign_code_name(code), w->fault.field, w->fault.reason,
                    csign_code_name(expected), field, w->text);
    assert_int_equal(code, expected);
    assert_string_equal(w->fault.field, field);
}

static csign_code give_enrol(struct world *w, const char *signers, unsigned number)
{
    return give(w, signers, "enrol", "clinic-1", "%s", enrolment("clinic-1", NULL, number, "\"US-KS\""));
}

/* --- signatures --- */

static void a_text_without_signature(void **state)
{
    struct world *w = *state;
    (void)give_enrol(w, "clinic-1/h1", 1);
    refused(w, submit(w, span_text(w->text)), CSIGN_E_NOTE_UNSIGNED, "signature");
}

static void bytes_that_are_no_note(void **state)
{
    struct world *w = *state;
    w->text[0] = 0;
    refused(w, submit(w, SPAN("countersign/deed/v1\n\n\xE2\x80\x94 x\n")), CSIGN_E_NOTE_MALFORMED, "signature");
    static char large[DEED_NOTE_MAX + 1];
    refused(w, submit(w, span_of(large, sizeof large)), CSIGN_E_TOO_LARGE, "");
}

static void a_note_that_is_no_deed(void **state)
{
    struct world *w = *state;
    (void)snprintf(w->text, sizeof w->text, "countersign/policy/v1\nregistry.test\n");
    refused(w, sign(w, "clinic-1/h1"), CSIGN_E_DEED_MALFORMED, "");
}

static void another_registry(void **state)
{
    struct world *w = *state;
    (void)give_enrol(w, "clinic-1/h1", 1);
    memcpy(strstr(w->text, "registry.test"), "registry.tess", 13);
    refused(w, sign(w, C1), CSIGN_E_DEED_MALFORMED, "origin");
}

static void an_altered_text(void **state)
{
    struct world *w = *state;
    char memory[32768], text[sizeof w->text];
    (void)give_enrol(w, "us-ks/o1", 1);
    struct signer h1 = signer_make("clinic-1/h1", NOTE_ED25519);
    struct buffer note = buffer_open(memory, sizeof memory);
    memcpy(text, w->text, sizeof text);
    memcpy(strstr(text, "REG-1"), "REG-2", 5);
    buffer_text(&note, text);
    buffer_byte(&note, '\n');
    note_sign(&note, span_text(w->text), &h1.vkey, &h1.key);
    refused(w, submit(w, buffer_span(&note)), CSIGN_E_NOTE_SIGNATURE_BAD, "signature");
}

static void who_is_no_officer(void **state)
{
    struct world *w = *state;
    refused(w, give_enrol(w, "clinic-1/h9", 1), CSIGN_E_OFFICER_UNKNOWN, "signature");
    refused(w, sign(w, "somebody"), CSIGN_E_OFFICER_UNKNOWN, "signature");
    refused(w, sign(w, "nobody/h1"), CSIGN_E_OFFICER_UNKNOWN, "signature");
    /* The name of an officer over the key of nobody. */
    refused(w, sign_as(w, "another key", "clinic-1/h1"), CSIGN_E_OFFICER_UNKNOWN, "signature");
}

static void one_person_twice(void **state)
{
    struct world *w = *state;
    must_be(w, give_enrol(w, "clinic-1/h1", 1), DEED_WAITING);
    refused(w, sign(w, "clinic-1/h1"), CSIGN_E_SAME_PERSON, "signature");
    assert_int_equal(number(w, "select count(*) from practitioner"), 0);
    must_be(w, sign(w, "clinic-1/h2"), DEED_EFFECTIVE);
}

static void one_key_under_two_names(void **state)
{
    struct world *w = *state;
    must_be(w, give_enrol(w, "clinic-1/h1", 1), DEED_WAITING);
    refused(w, sign_as(w, "clinic-1/h1", "clinic-1/h2"), CSIGN_E_SAME_KEY, "signature");
}

static void one_key_for_two_officers(void **state)
{
    struct world *w = *state;
    struct signer as = signer_of("clinic-1/h1", "clinic-1/h5", NOTE_ED25519);
    char text[320];
    refused(w,
            give(w, C1, "officer.add", "clinic-1",
                 "\"body\":\"clinic-1\",\"officer\":{\"id\":\"h5\",\"name\":\"H\",\"role\":\"r\","
                 "\"vkey\":\"%s\"}",
                 signer_text(&as, text)),
            CSIGN_E_CONFLICT, "vkey");
    as = signer_of("log.registry.test", "clinic-1/h5", NOTE_ED25519);
    refused(w,
            give(w, C1, "officer.add", "clinic-1",
                 "\"body\":\"clinic-1\",\"officer\":{\"id\":\"h5\",\"name\":\"H\",\"role\":\"r\","
                 "\"vkey\":\"%s\"}",
                 signer_text(&as, text)),
            CSIGN_E_CONFLICT, "vkey");
    refused(w,
            give(w, C1, "officer.add", "clinic-1",
                 "\"body\":\"clinic-1\",\"officer\":{\"id\":\"h1\",\"name\":\"H\",\"role\":\"r\","
                 "\"vkey\":\"%s\"}",
                 vkey_of("clinic-1/h1")),
            CSIGN_E_CONFLICT, "id");
}

static void an_officer_who_ended(void **state)
{
    struct world *w = *state;
    must_be(w, give_enrol(w, "clinic-1/h1", 1), DEED_WAITING);
    char waiting[sizeof w->text];
    memcpy(waiting, w->text, sizeof waiting);
    must_be(w,
            give(w, "clinic-1/h2", "officer.end", "clinic-1",
                 "\"body\":\"clinic-1\",\"officer\":\"h1\",\"reason\":\"administrative\""),
            DEED_EFFECTIVE);
    refused(w, give_enrol(w, C1, 2), CSIGN_E_OFFICER_ENDED, "signature");
    /* An approval of one who is no longer in office does not count. */
    memcpy(w->text, waiting, sizeof waiting);
    must_be(w, sign(w, "clinic-1/h2"), DEED_WAITING);
    assert_non_null(strstr(w->view, "\"needs\":1"));
}

/* --- bodies --- */

static void officers_of_another_body(void **state)
{
    struct world *w = *state;
    refused(w, give_enrol(w, "clinic-2/h1", 1), CSIGN_E_FOREIGN_INSTITUTION, "at");
    refused(w, give_enrol(w, "clinic-1/h1 clinic-2/h1", 2), CSIGN_E_FOREIGN_INSTITUTION, "at");
    refused(w, give_enrol(w, "us-mo/o1", 3), CSIGN_E_FOREIGN_JURISDICTION, "at");
    assert_int_equal(number(w, "select count(*) from deed where state = 1"), 0);
}

static void what_concerns_their_own_licence(void **state)
{
    struct world *w = *state;
    /* An officer whose id is an identifier of the person enrolled. */
    must_be(w,
            give(w, C1, "officer.add", "clinic-1",
                 "\"body\":\"clinic-1\",\"officer\":{\"id\":\"77\",\"name\":\"H\",\"role\":\"r\","
                 "\"vkey\":\"%s\"}",
                 vkey_of("clinic-1/77")),
            DEED_EFFECTIVE);
    refused(w, give_enrol(w, "clinic-1/77 clinic-1/h1", 77), CSIGN_E_FORBIDDEN, "practitioner");
    struct person p = enrol(w, "clinic-1", 77);
    refused(w,
            give(w, "clinic-1/77", "affiliation.end", "clinic-1",
                 "\"practitioner\":\"%s\",\"site\":\"clinic-1\",\"effective\":5,"
                 "\"reason\":\"affiliation_ended\"",
                 p.practitioner),
            CSIGN_E_FORBIDDEN, "practitioner");
}

static void bodies_that_are_none(void **state)
{
    struct world *w = *state;
    refused(w,
            give(w, "us-ks/o1", "institution.add", "us-ks",
                 "\"id\":\"us-mo\",\"name\":\"X\",\"jurisdiction\":\"US-KS\",\"identifiers\":[]"),
            CSIGN_OK, "");
    refused(w, sign(w, "us-ks/o2"), CSIGN_E_CONFLICT, "id");
    refused(w,
            give(w, KS, "institution.add", "us-ks",
                 "\"id\":\"clinic-1\",\"name\":\"X\",\"jurisdiction\":\"US-KS\",\"identifiers\":[]"),
            CSIGN_E_CONFLICT, "id");
    refused(w, give(w, KS, "officer.end", "us-ks", "\"body\":\"nowhere\",\"officer\":\"h1\",\"reason\":\"administrative\""),
            CSIGN_E_NOT_FOUND, "body");
    refused(w, give(w, KS, "officer.end", "us-ks", "\"body\":\"us-ks\",\"officer\":\"o9\",\"reason\":\"administrative\""),
            CSIGN_E_NOT_FOUND, "officer");
}

static void an_authority_adds_officers_only_while_there_are_too_few(void **state)
{
    struct world *w = *state;
    refused(w,
            give(w, KS, "officer.add", "us-ks",
                 "\"body\":\"clinic-1\",\"officer\":{\"id\":\"h3\",\"name\":\"H\",\"role\":\"r\","
                 "\"vkey\":\"%s\"}",
                 vkey_of("clinic-1/h3")),
            CSIGN_E_FORBIDDEN, "body");
}

static void files_of_an_unknown_template(void **state)
{
    struct world *w = *state;
    static const char *const members =
        "\"file\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"template\":\"csv-1\",\"counts\":{\"added\":1,"
        "\"updated\":2,\"unchanged\":3,\"flagged\":4,\"rejected\":5}";
    refused(w, give(w, C1, "enrol.import", "clinic-1", "%s", members), CSIGN_E_FIELD_INVALID, "template");
    refused(w, give(w, KS, "roll.import", "us-ks", "%s", members), CSIGN_E_FIELD_INVALID, "template");
}

/* --- time and replay --- */

static void a_deed_whose_time_is_over(void **state)
{
    struct world *w = *state;
    w->valid_until = NOW_S;
    refused(w, give_enrol(w, C1, 1), CSIGN_E_DEED_EXPIRED, "valid_until");
    w->valid_until = NOW_S + 1;
    must_be(w, give_enrol(w, "clinic-1/h1", 1), DEED_WAITING);
    clock_set(CLOCK_START + 1000);
    refused(w, sign(w, "clinic-1/h2"), CSIGN_E_DEED_EXPIRED, "valid_until");
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(number(w, "select count(*) from deed where state = 4"), 1);
    refused(w, sign(w, "clinic-1/h2"), CSIGN_E_DEED_EXPIRED, "valid_until");
}

static void a_deed_that_was_used(void **state)
{
    struct world *w = *state;
    must_be(w, give_enrol(w, C1, 1), DEED_EFFECTIVE);
    refused(w, sign(w, C1), CSIGN_E_DEED_REPLAYED, "id");
    memcpy(strstr(w->text, "REG-1"), "REG-2", 5);
    refused(w, sign(w, C1), CSIGN_E_DEED_REPLAYED, "id");
}

/* --- enrolment --- */

static void a_person_twice(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    refused(w, give_enrol(w, C1, 1), CSIGN_E_DUPLICATE_PERSON, "identifiers");
    /* The licence of somebody else under another identifier. */
    const char *other = enrolment("clinic-1", NULL, 2, "\"US-KS\"");
    char text[2048];
    (void)snprintf(text, sizeof text, "%s", other);
    memcpy(strstr(text, "REG-2"), "REG-1", 5);
    refused(w, give(w, C1, "enrol", "clinic-1", "%s", text), CSIGN_E_DUPLICATE_PERSON, "number");
    refused(w, give(w, C1, "enrol", "clinic-1", "%s", enrolment("clinic-1", p.practitioner, 1, "\"US-KS\"")), CSIGN_E_CONFLICT,
            "site");
    refused(w, give(w, C1, "enrol", "clinic-1", "%s", enrolment("clinic-1", "nobody", 3, "\"US-KS\"")), CSIGN_E_NOT_FOUND,
            "practitioner");
    /* Two waiting: the second finds what the first made. */
    must_be(w, give_enrol(w, "clinic-1/h1", 4), DEED_WAITING);
    char waiting[sizeof w->text];
    memcpy(waiting, w->text, sizeof waiting);
    must_be(w, give_enrol(w, C1, 4), DEED_EFFECTIVE);
    memcpy(w->text, waiting, sizeof waiting);
    refused(w, sign(w, "clinic-1/h2"), CSIGN_E_DUPLICATE_PERSON, "identifiers");
}

static void claims_that_differ(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *find, *put, *field;
    } cases[] = {{"Dr B.", "Dr X.", "name"},
                 {"1980-02-29", "1981-02-28", "birth_date"},
                 {"independent\"", "provisional\"", "level"},
                 {"2085R0202X", "2085R0203X", "specialty"},
                 {"\"antimicrobial_grade\":1", "\"antimicrobial_grade\":2", "privileges"},
                 {"2030-01-01", "2031-01-01", "licensed_until"}};
    struct person p = enrol(w, "clinic-1", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2048], edited[2048];
        (void)snprintf(text, sizeof text, "%s", enrolment("clinic-2", p.practitioner, 1, "\"US-KS\""));
        const char *at = strstr(text, cases[i].find);
        (void)snprintf(edited, sizeof edited, "%.*s%s%s", (int)(at - text), text, cases[i].put, at + strlen(cases[i].find));
        refused(w, give(w, C2, "enrol", "clinic-2", "%s", edited), CSIGN_E_CONFLICT, cases[i].field);
    }
    refused(w, give(w, C2, "enrol", "clinic-2", "%s", enrolment("clinic-2", p.practitioner, 1, "\"US-KS\",\"US-MO\"")),
            CSIGN_E_CONFLICT, "jurisdiction");
    refused(w, give(w, C1, "enrol", "clinic-1", "%s", enrolment("clinic-1", NULL, 5, "\"CN-11\"")), CSIGN_E_FIELD_INVALID,
            "jurisdiction");
}

static void grants_under_a_standing_order(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    must_be(w,
            give(w, KS, "suspend", "us-ks", "\"licence\":\"%s\",\"effective\":1,\"reason\":\"licence_action\"," WHY, p.licence),
            DEED_EFFECTIVE);
    refused(w,
            give(w, C1, "activate", "clinic-1",
                 "\"practitioner\":\"%s\",\"licence\":\"%s\",\"affiliation\":\"%s\",\"code\":\"%s\"", p.practitioner, p.licence,
                 p.affiliation, b64(span_of(w->hash, 32))),
            CSIGN_E_STANDING_ORDER, "licence");
    refused(w, give(w, C2, "enrol", "clinic-2", "%s", enrolment("clinic-2", p.practitioner, 1, "\"US-KS\"")),
            CSIGN_E_STANDING_ORDER, "licence");
    struct person other = enrol(w, "clinic-1", 2);
    refused(w,
            give(w, C1, "activate", "clinic-1",
                 "\"practitioner\":\"%s\",\"licence\":\"%s\",\"affiliation\":\"%s\",\"code\":\"%s\"", p.practitioner,
                 other.licence, other.affiliation, b64(span_of(w->hash, 32))),
            CSIGN_E_FIELD_INVALID, "practitioner");
    refused(
        w,
        give(w, KS, "reinstate", "us-ks", "\"licence\":\"%s\",\"effective\":1,\"reason\":\"reinstated\"," WHY, other.licence),
        CSIGN_E_CONFLICT, "licence");
}

static void another_authoritys_order_is_not_lifted(void **state)
{
    struct world *w = *state;
    must_be(w, give(w, C1, "enrol", "clinic-1", "%s", enrolment("clinic-1", NULL, 1, "\"US-KS\",\"US-MO\"")), DEED_EFFECTIVE);
    const char *licence = member(w->view, "licence");
    must_be(w,
            give(w, KS, "suspend", "us-ks", "\"licence\":\"%s\",\"effective\":1,\"reason\":\"licence_action\"," WHY, licence),
            DEED_EFFECTIVE);
    refused(w, give(w, MO, "reinstate", "us-mo", "\"licence\":\"%s\",\"effective\":1,\"reason\":\"reinstated\"," WHY, licence),
            CSIGN_E_FOREIGN_JURISDICTION, "licence");
    must_be(w, give(w, KS, "reinstate", "us-ks", "\"licence\":\"%s\",\"effective\":1,\"reason\":\"reinstated\"," WHY, licence),
            DEED_EFFECTIVE);
}

static void endings_of_nothing(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    static const char end[] = "\"practitioner\":\"%s\",\"site\":\"clinic-1\",\"effective\":5,\"reason\":\"affiliation_ended\"";
    must_be(w, give(w, "clinic-1/h1", "affiliation.end", "clinic-1", end, p.practitioner), DEED_EFFECTIVE);
    refused(w, give(w, "clinic-1/h1", "affiliation.end", "clinic-1", end, p.practitioner), CSIGN_E_CONFLICT, "practitioner");
    refused(w, give(w, "clinic-1/h1", "affiliation.end", "clinic-1", end, "nobody"), CSIGN_E_NOT_FOUND, "practitioner");
    refused(w,
            give(w, "clinic-1/h1", "key.end", "clinic-1", "\"holder\":\"%s\",\"reason\":\"administrative\"",
                 b64(holder_thumbprint(9))),
            CSIGN_E_NOT_FOUND, "holder");
    refused(w, give(w, "clinic-1/h1", "app.end", "clinic-1", "\"id\":\"app-9\",\"reason\":\"administrative\""),
            CSIGN_E_NOT_FOUND, "id");
    refused(w, give(w, KS, "suspend", "us-ks", "\"licence\":\"nobody\",\"effective\":1,\"reason\":\"licence_action\"," WHY),
            CSIGN_E_NOT_FOUND, "licence");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, world_remove)
    const struct CMUnitTest tests[] = {
        TEST(a_text_without_signature),
        TEST(bytes_that_are_no_note),
        TEST(a_note_that_is_no_deed),
        TEST(another_registry),
        TEST(an_altered_text),
        TEST(who_is_no_officer),
        TEST(one_person_twice),
        TEST(one_key_under_two_names),
        TEST(one_key_for_two_officers),
        TEST(an_officer_who_ended),
        TEST(officers_of_another_body),
        TEST(what_concerns_their_own_licence),
        TEST(bodies_that_are_none),
        TEST(an_authority_adds_officers_only_while_there_are_too_few),
        TEST(files_of_an_unknown_template),
        TEST(a_deed_whose_time_is_over),
        TEST(a_deed_that_was_used),
        TEST(a_person_twice),
        TEST(claims_that_differ),
        TEST(grants_under_a_standing_order),
        TEST(another_authoritys_order_is_not_lifted),
        TEST(endings_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
