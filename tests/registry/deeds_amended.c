/* Correct and void: what each kind allows, what that does to what was given, and what to do instead. */
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
    if (code != expected)
        print_error("%s (%s: %s), expected %s\n%s\n", csign_code_name(code), w->fault.field, w->fault.reason,
                    csign_code_name(expected), w->text);
    assert_int_equal(code, expected);
    assert_string_equal(w->fault.field, field);
}

static csign_code undo(struct world *w, const char *signers, const char *at, const char *hash)
{
    return give(w, signers, "void", at, "\"deed\":\"%s\"," WHY, hash);
}

static csign_code correct(struct world *w, const char *signers, const char *at, const char *hash, const char *with)
{
    return give(w, signers, "correct", at, "\"deed\":\"%s\",\"with\":%s," WHY, hash, with);
}

static csign_code order(struct world *w, const char *kind, const struct person *p, uint64_t effective)
{
    return give(w, KS, kind, "us-ks", "\"licence\":\"%s\",\"effective\":%llu,\"reason\":\"licence_action\"," WHY, p->licence,
                (unsigned long long)effective);
}

/* --- enrolments --- */

static void an_enrolment_is_corrected(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    (void)bind(w, &p, 1);
    must_be(
        w,
        correct(w, C1, "clinic-1", p.enrolment,
                "{\"practitioner\":{\"name\":\"Dr B. Corrected\",\"identifiers\":[{\"system\":\"npi\",\"value\":\"1001\"}]}}"),
        DEED_EFFECTIVE);
    assert_string_equal(member(w->view, "deed"), p.enrolment);
    assert_int_equal(number(w, "select count(*) from practitioner where name = 'Dr B. Corrected' and birth_date = 0"), 1);
    assert_int_equal(number(w, "select count(*) from practitioner_identifier where value = '1'"), 0);
    assert_int_equal(number(w, "select count(*) from practitioner_identifier where value = '1001'"), 1);
    assert_int_equal(live_index(w, &p), 1);
    assert_int_equal(last_leaf(w, LEAF_END).end.code, END_SUPERSEDED);
    assert_int_equal(last_leaf(w, LEAF_END).end.reason, REASON_ADMINISTRATIVE);
    /* Once more: what the first correction said stays where the second says nothing. */
    must_be(w,
            correct(w, C1, "clinic-1", p.enrolment,
                    "{\"affiliation\":{\"site\":\"clinic-1\",\"basis\":\"filed\",\"consent\":false,\"from\":7}}"),
            DEED_EFFECTIVE);
    assert_int_equal(number(w, "select count(*) from affiliation where basis = 2 and consent = 0 and from_s = 7"), 1);
    assert_int_equal(number(w, "select count(*) from deed where corrected like '%%Dr B. Corrected%%filed%%'"), 1);
}

static void a_correction_does_not_undo_an_authoritys_condition(void **state)
{
    struct world *w = *state;
    static const char *const licence =
        "{\"licence\":{\"profession\":\"physician\",\"level\":\"provisional\",\"jurisdiction\":[\"US-KS\"],"
        "\"number\":\"REG-1\",\"specialty\":[],\"privileges\":{\"prescribe\":true,\"schedules\":[],"
        "\"antimicrobial_grade\":1,\"narcotic\":false},\"conditions\":%s}}";
    static const char *const condition = "[{\"code\":\"x\",\"acts_denied\":[],\"needs_cosign\":false}]";
    char text[1024];
    struct person p = enrol(w, "clinic-1", 1);
    must_be(w,
            give(w, KS, "condition", "us-ks",
                 "\"licence\":\"%s\",\"effective\":1,\"conditions\":[{\"code\":\"supervised\",\"acts_denied\":[],"
                 "\"needs_cosign\":true}]," WHY,
                 p.licence),
            DEED_EFFECTIVE);
    (void)snprintf(text, sizeof text, licence, condition);
    refused(w, correct(w, C1, "clinic-1", p.enrolment, text), CSIGN_E_CONFLICT, "conditions");
    (void)snprintf(text, sizeof text, licence, "[]");
    must_be(w, correct(w, C1, "clinic-1", p.enrolment, text), DEED_EFFECTIVE);
    assert_int_equal(number(w, "select count(*) from licence where level = 3 and conditions like '%%supervised%%'"), 1);
}

static void what_no_correction_changes(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)enrol(w, "clinic-1", 2);
    refused(w, correct(w, C1, "clinic-1", p.enrolment, "{\"do\":\"void\"}"), CSIGN_E_FIELD_INVALID, "with");
    refused(w,
            correct(w, C1, "clinic-1", p.enrolment,
                    "{\"affiliation\":{\"site\":\"clinic-2\",\"basis\":\"filed\",\"consent\":false,\"from\":7}}"),
            CSIGN_E_CONFLICT, "site");
    refused(w, correct(w, C1, "clinic-1", p.enrolment, "{\"affiliation\":{\"site\":\"clinic-1\"}}"), CSIGN_E_DEED_MALFORMED,
            "basis");
    refused(w,
            correct(w, C1, "clinic-1", p.enrolment,
                    "{\"practitioner\":{\"name\":\"X\",\"identifiers\":[{\"system\":\"npi\",\"value\":\"2\"}]}}"),
            CSIGN_E_DUPLICATE_PERSON, "identifiers");
    must_be(w, give(w, C2, "enrol", "clinic-2", "%s", enrolment("clinic-2", p.practitioner, 1, "\"US-KS\"")), DEED_EFFECTIVE);
    const char *second = member(w->view, "hash");
    refused(w, correct(w, C2, "clinic-2", second, "{\"practitioner\":{\"name\":\"X\",\"identifiers\":[]}}"), CSIGN_E_CONFLICT,
            "practitioner");
    refused(w, correct(w, C2, "clinic-2", p.enrolment, "{}"), CSIGN_E_FOREIGN_INSTITUTION, "deed");
    refused(w, undo(w, KS, "us-ks", p.enrolment), CSIGN_E_FOREIGN_JURISDICTION, "deed");
    refused(w, undo(w, C1, "clinic-1", b64(span_of(w->hash, 32))), CSIGN_E_NOT_FOUND, "deed");
}

/* By whom a deed may be signed is not another question because it is about the deed that made the person. */
static void nobody_corrects_or_voids_their_own_enrolment(void **state)
{
    struct world *w = *state;
    must_be(w,
            give(w, C1, "officer.add", "clinic-1",
                 "\"body\":\"clinic-1\",\"officer\":{\"id\":\"7\",\"name\":\"H\",\"role\":\"r\",\"vkey\":\"%s\"}", vkey_of("clinic-1/7")),
            DEED_EFFECTIVE);
    struct person p = enrol(w, "clinic-1", 7); /* npi 7 */
    refused(w,
            correct(w, "clinic-1/h1 clinic-1/7", "clinic-1", p.enrolment,
                    "{\"affiliation\":{\"site\":\"clinic-1\",\"basis\":\"primary\",\"consent\":true,\"from\":7}}"),
            CSIGN_E_FORBIDDEN, "practitioner");
    refused(w, undo(w, "clinic-1/h1 clinic-1/7", "clinic-1", p.enrolment), CSIGN_E_FORBIDDEN, "practitioner");
}

static void an_enrolment_is_voided(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    (void)bind(w, &p, 1);
    (void)activate(w, &p);
    must_be(w, undo(w, "clinic-1/h1", "clinic-1", p.enrolment), DEED_WAITING);
    must_be(w, sign(w, "clinic-1/h2"), DEED_EFFECTIVE);
    assert_int_equal(live_index(w, &p), -1);
    assert_int_equal(last_leaf(w, LEAF_END).end.code, END_REVOKED);
    assert_int_equal(last_leaf(w, LEAF_END).end.reason, REASON_RESCINDED);
    assert_int_equal(number(w, "select count(*) from activation where state = 1"), 0);
    assert_int_equal(number(w, "select count(*) from licence where ended_ms is null"), 0);
    refused(w, undo(w, C1, "clinic-1", p.enrolment), CSIGN_E_CONFLICT, "deed");
    /* The person is known, and may be enrolled anew. */
    must_be(w, give(w, C1, "enrol", "clinic-1", "%s", enrolment("clinic-1", p.practitioner, 1, "\"US-KS\"")), DEED_EFFECTIVE);
}

static void a_licence_stays_that_another_enrolment_needs(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    must_be(w, give(w, C2, "enrol", "clinic-2", "%s", enrolment("clinic-2", p.practitioner, 1, "\"US-KS\"")), DEED_EFFECTIVE);
    must_be(w, undo(w, C1, "clinic-1", p.enrolment), DEED_EFFECTIVE);
    assert_int_equal(number(w, "select count(*) from licence where ended_ms is null"), 1);
}

/* --- getting round an order --- */

static void enrol_again(struct world *w, const char *id, unsigned number)
{
    refused(w, give(w, C1, "enrol", "clinic-1", "%s", enrolment("clinic-1", id, number, "\"US-KS\"")), CSIGN_E_STANDING_ORDER,
            "licence");
}

static void no_void_and_no_other_licence_gets_round_an_order(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    must_be(w, order(w, "suspend", &p, NOW_S), DEED_EFFECTIVE);
    enrol_again(w, p.practitioner, 27); /* who has the same name as the first */
    must_be(w, undo(w, C1, "clinic-1", p.enrolment), DEED_EFFECTIVE);
    enrol_again(w, p.practitioner, 1);
    must_be(w, give_order(w, "reinstate", &p, "\"reason\":\"reinstated\","), DEED_EFFECTIVE);
    must_be(w, give(w, C1, "enrol", "clinic-1", "%s", enrolment("clinic-1", p.practitioner, 1, "\"US-KS\"")), DEED_EFFECTIVE);
}

static void no_void_gets_round_an_order_for_later(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    must_be(w, order(w, "suspend", &p, NOW_S + 100), DEED_ACCEPTED);
    must_be(w, undo(w, C1, "clinic-1", p.enrolment), DEED_EFFECTIVE);
    enrol_again(w, p.practitioner, 1);
}

#define MOVED(number, places)                                                                                                \
    "{\"licence\":{\"profession\":\"physician\",\"level\":\"independent\",\"jurisdiction\":[" places "],\"number\":\"" number \
    "\",\"specialty\":[],\"privileges\":{\"prescribe\":true,\"schedules\":[],\"antimicrobial_grade\":1,"                  \
    "\"narcotic\":false},\"conditions\":[]}}"

static void no_correction_gets_round_an_order(void **state)
{
    struct world *w = *state;
    for (unsigned i = 1; i <= 2; i++) { /* one that stands, one for later */
        struct person p = enrol(w, "clinic-1", i);
        must_be(w, order(w, "suspend", &p, i == 1 ? NOW_S : NOW_S + 100), i == 1 ? DEED_EFFECTIVE : DEED_ACCEPTED);
        refused(w, correct(w, C1, "clinic-1", p.enrolment, MOVED("REG-77", "\"US-KS\"")), CSIGN_E_STANDING_ORDER, "licence");
        refused(w, correct(w, C1, "clinic-1", p.enrolment, i == 1 ? MOVED("REG-1", "\"US-MO\"") : MOVED("REG-2", "\"US-MO\"")),
                CSIGN_E_STANDING_ORDER, "licence");
        must_be(w, correct(w, C1, "clinic-1", p.enrolment, i == 1 ? MOVED("REG-1", "\"US-KS\"") : MOVED("REG-2", "\"US-KS\"")),
                DEED_EFFECTIVE);
        refused(w,
                correct(w, C1, "clinic-1", p.enrolment,
                        "{\"practitioner\":{\"name\":\"Dr X\",\"identifiers\":[{\"system\":\"npi\",\"value\":\"777\"}]}}"),
                CSIGN_E_STANDING_ORDER, "identifiers");
    }
}

/* --- codes --- */

static void a_code_is_voided_before_and_after_it_was_used(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    const char *used = activate(w, &p);
    uint64_t index = bind(w, &p, 1);
    const char *open = activate(w, &p);
    must_be(w, undo(w, C1, "clinic-1", open), DEED_EFFECTIVE);
    assert_int_equal(number(w, "select count(*) from activation where state = 3"), 1);
    assert_int_equal(live_index(w, &p), (int64_t)index);
    must_be(w, undo(w, C1, "clinic-1", used), DEED_EFFECTIVE);
    assert_int_equal(live_index(w, &p), -1);
    assert_int_equal(number(w, "select count(*) from binding where ended_ms is not null"), 1);
    refused(w, correct(w, C1, "clinic-1", open, "{}"), CSIGN_E_CONFLICT, "deed");
}

/* --- orders --- */

static void an_order_is_voided_and_what_it_ended_given_anew(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    (void)bind(w, &p, 1);
    must_be(w, order(w, "revoke", &p, NOW_S), DEED_EFFECTIVE);
    const char *revoked = member(w->view, "hash");
    must_be(w, order(w, "suspend", &p, NOW_S), DEED_EFFECTIVE);
    const char *suspended = member(w->view, "hash");
    must_be(w, undo(w, KS, "us-ks", revoked), DEED_EFFECTIVE);
    assert_int_equal(live_index(w, &p), -1); /* the other order stands */
    must_be(w, undo(w, KS, "us-ks", suspended), DEED_EFFECTIVE);
    assert_int_equal(live_index(w, &p), 1);
    assert_int_equal(number(w, "select count(*) from deed where state = 5"), 2);
}

static void an_order_is_corrected_in_the_log(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    char with[128];
    (void)activate(w, &p);
    uint64_t index = bind(w, &p, 1);
    must_be(w, order(w, "revoke", &p, NOW_S), DEED_EFFECTIVE);
    const char *revoked = member(w->view, "hash");
    (void)snprintf(with, sizeof with, "{\"effective\":%llu,\"reason\":\"lapsed\"}", (unsigned long long)NOW_S - 3 * 86400);
    must_be(w, correct(w, KS, "us-ks", revoked, with), DEED_EFFECTIVE);
    struct leaf leaf = last_leaf(w, LEAF_END);
    assert_int_equal(leaf.end.index, index);
    assert_int_equal(leaf.end.code, END_REVOKED);
    assert_int_equal(leaf.end.reason, REASON_LAPSED);
    assert_int_equal(leaf.end.effective_ms, (NOW_S - 3 * 86400) * 1000);
    assert_int_equal(number(w, "select count(*) from standing_order where reason = %d and effective_ms = %llu", REASON_LAPSED,
                            (unsigned long long)leaf.end.effective_ms),
                     1);
    refused(w, correct(w, KS, "us-ks", revoked, "{\"licence\":\"other\"}"), CSIGN_E_FIELD_INVALID, "with");
    (void)snprintf(with, sizeof with, "{\"effective\":%llu}", (unsigned long long)NOW_S + 10);
    refused(w, correct(w, KS, "us-ks", revoked, with), CSIGN_E_CONFLICT, "effective");
}

static void an_order_for_later_is_planned_anew_or_struck_out(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1), other = enrol(w, "clinic-1", 2);
    char with[64];
    must_be(w, order(w, "suspend", &p, NOW_S + 100), DEED_ACCEPTED);
    const char *later = member(w->view, "hash");
    must_be(w, order(w, "suspend", &other, NOW_S + 100), DEED_ACCEPTED);
    const char *never = member(w->view, "hash");
    (void)snprintf(with, sizeof with, "{\"effective\":%llu}", (unsigned long long)NOW_S + 10);
    must_be(w, correct(w, KS, "us-ks", later, with), DEED_EFFECTIVE);
    must_be(w, undo(w, KS, "us-ks", never), DEED_EFFECTIVE);
    clock_set(CLOCK_START + 10000);
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(number(w, "select count(*) from standing_order where licence = '%s'", p.licence), 1);
    clock_set(CLOCK_START + 200000);
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(number(w, "select count(*) from standing_order"), 1);
    assert_int_equal(number(w, "select count(*) from alert"), 0);
}

static void the_dead_rise_by_a_void_alone(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    (void)bind(w, &p, 1);
    must_be(w, give(w, "us-ks/o1", "deceased", "us-ks", "\"practitioner\":\"%s\",\"effective\":1", p.practitioner),
            DEED_EFFECTIVE);
    must_be(w, undo(w, "us-ks/o2", "us-ks", member(w->view, "hash")), DEED_EFFECTIVE);
    assert_int_equal(live_index(w, &p), 1);
    assert_int_equal(number(w, "select count(*) from practitioner where deceased_ms is null"), 1);
}

/* --- bodies --- */

static void institutions_officers_and_apps_are_voided(void **state)
{
    struct world *w = *state;
    must_be(w,
            give(w, KS, "institution.add", "us-ks",
                 "\"id\":\"clinic-3\",\"name\":\"X\",\"jurisdiction\":\"US-KS\",\"identifiers\":[]"),
            DEED_EFFECTIVE);
    const char *clinic = member(w->view, "hash");
    must_be(w,
            give(w, KS, "officer.add", "us-ks",
                 "\"body\":\"clinic-3\",\"officer\":{\"id\":\"h1\",\"name\":\"H\",\"role\":\"r\",\"vkey\":\"%s\"}",
                 vkey_of("clinic-3/h1")),
            DEED_EFFECTIVE);
    const char *officer = member(w->view, "hash");
    refused(w, undo(w, KS, "us-ks", clinic), CSIGN_E_CONFLICT, "deed");
    must_be(w, undo(w, KS, "us-ks", officer), DEED_EFFECTIVE);
    must_be(w, undo(w, KS, "us-ks", clinic), DEED_EFFECTIVE);
    assert_int_equal(number(w, "select count(*) from institution where ended_ms is not null"), 1);
    must_be(w,
            give(w, C1, "app.add", "clinic-1",
                 "\"id\":\"app-1\",\"tool\":\"tool-1\",\"acts\":[\"imaging_report\"],\"settings\":[\"inpatient\"],"
                 "\"jurisdictions\":[\"US-KS\"],\"vkey\":\"%s\"",
                 vkey_of("app-1")),
            DEED_EFFECTIVE);
    must_be(w, undo(w, C1, "clinic-1", member(w->view, "hash")), DEED_EFFECTIVE);
    assert_int_equal(number(w, "select count(*) from app where ended_ms is not null"), 1);
}

static void what_stays_says_what_to_do_instead(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    must_be(w, give(w, KS, "cut", "us-ks", "\"kind\":\"tool\",\"id\":\"tool-1\",\"cut_ms\":1000,\"reason\":\"emergency\"," WHY),
            DEED_EFFECTIVE);
    refused(w, undo(w, KS, "us-ks", member(w->view, "hash")), CSIGN_E_CONFLICT, "deed");
    must_be(w, order(w, "suspend", &p, NOW_S), DEED_EFFECTIVE);
    must_be(w, undo(w, KS, "us-ks", member(w->view, "hash")), DEED_EFFECTIVE);
    refused(w, undo(w, KS, "us-ks", b64(span_of(w->hash, 32))), CSIGN_E_CONFLICT, "deed");
    assert_string_equal(w->fault.reason, "give the deed that it voided anew");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, world_remove)
    const struct CMUnitTest tests[] = {
        TEST(an_enrolment_is_corrected),
        TEST(a_correction_does_not_undo_an_authoritys_condition),
        TEST(what_no_correction_changes),
        TEST(nobody_corrects_or_voids_their_own_enrolment),
        TEST(an_enrolment_is_voided),
        TEST(a_licence_stays_that_another_enrolment_needs),
        TEST(no_void_and_no_other_licence_gets_round_an_order),
        TEST(no_void_gets_round_an_order_for_later),
        TEST(no_correction_gets_round_an_order),
        TEST(a_code_is_voided_before_and_after_it_was_used),
        TEST(an_order_is_voided_and_what_it_ended_given_anew),
        TEST(an_order_is_corrected_in_the_log),
        TEST(an_order_for_later_is_planned_anew_or_struck_out),
        TEST(the_dead_rise_by_a_void_alone),
        TEST(institutions_officers_and_apps_are_voided),
        TEST(what_stays_says_what_to_do_instead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
