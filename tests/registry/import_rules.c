/* Files for import and the rules of deeds: nobody's own licence, and what cannot be corrected or voided. */
#include "import_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#define STAFF_HEADER \
    "name,npi,identifier_system,identifier_value,profession,level,jurisdiction,licence_number,prescribe,basis,consent,from\r\n"
#define STAFF_ROLL "npi,profession,level,jurisdiction,licence_number,prescribe,licensed_until,status\r\n"
#define NPI_URI    "http://hl7.org/fhir/sid/us-npi"
#define OWN        "5 practitioner: nobody signs what concerns their own licence: two other officers bring this row"

/* A member of the staff, who has this number here: an officer's is the name of her office. */
static void staff(unsigned n, const char *number_here, const char *prescribe)
{
    file_add("Dr %u,%s,%s,%s,physician,independent,US-KS,KS-%u,%s,primary,yes,2026-01-01", n, npi(1, n), number_here[0] ? "staff" : "",
             number_here, n, prescribe);
}

/* What came about in another way than by files. */
static void execute(struct world *w, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(w->store_path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void is(const char *found, const char *expected)
{
    assert_string_equal(found, expected);
}

/* --- nobody's own --- */

/* In the dry run of whoever brings the file; and of the second officer once she has signed. The others go in. */
static void own_row(void **state)
{
    struct world *w = *state;
    file_begin(STAFF_HEADER);
    staff(1, "h1", "no");
    staff(2, "h2", "no");
    staff(3, "h3", "no");
    struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
    is(row(w, &f, 2), OWN);
    is(row(w, &f, 3), "1");
    is(row(w, &f, 4), "1");
    is(outcome(w, &f), "4: 2 0 0 0 1");
    apply_file(w, &f);
    is(row(w, &f, 3), OWN);
    is(row(w, &f, 4), "1");
    assert_int_equal(number(w, "select differing from import_file"), 1);
    is(text(w, "select name from practitioner"), "Dr 3");
}

/* She is known by an identifier that the file does not repeat, by her id, or by her key: neither licence, affiliation nor role changes. */
static void own_row_of_somebody_known(void **state)
{
    static const char *const marks[] = {
        "insert into practitioner_identifier select 'staff', 'h1', id from practitioner where name = 'Dr 1'",
        "insert into binding (practitioner, licence, affiliation, key, thumbprint, storage, user_auth, attested, proofing, bound_ms) "
        "select l.practitioner, l.id, a.id, o.key, o.key, 1, 1, 0, 1, 0 "
        "from licence l join affiliation a on a.licence = l.id join officer o on o.body = 'clinic-1' and o.id = 'h2' where l.number = 'KS-1'"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        void *other = NULL;
        assert_int_equal(world_make(&other), 0);
        struct world *w = other;
        world_institutions(w);
        file_begin(STAFF_HEADER);
        staff(1, "", "no");
        staff(2, "", "no");
        struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
        apply_file(w, &f);
        file_begin(STAFF_HEADER);
        staff(1, "", "yes");
        staff(2, "", "yes");
        f = checked(w, "clinic-1", "people-csv", file_bytes());
        is(outcome(w, &f), "4: 0 2 0 0 0");
        execute(w, marks[i]);
        apply_file(w, &f);
        is(row(w, &f, 2), OWN);
        is(row(w, &f, 3), "2");
        is(text(w, "select number from licence where privileges like '%%\"prescribe\":true%%'"), "KS-2");

        file_begin("");
        file_add("{\"resourceType\":\"PractitionerRole\",\"id\":\"r1\",\"practitioner\":{\"identifier\":{\"system\":\"" NPI_URI
                 "\",\"value\":\"%s\"}},\"period\":{\"start\":\"2026-02-01\"}}", npi(1, 1));
        f = checked(w, "clinic-1", "fhir-r4", file_bytes());
        if (i > 0)
            apply_file(w, &f); /* h1 brought it, and only h2 is concerned */
        is(row(w, &f, 1), OWN);
        (void)world_remove(&other);
    }
    (void)state;
}

/* An authority's officer does not confirm her own licence either. */
static void own_row_of_a_roll(void **state)
{
    struct world *w = *state;
    file_begin(STAFF_HEADER);
    staff(1, "o2", "yes");
    staff(2, "", "yes");
    struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
    apply_file(w, &f);
    file_begin(STAFF_ROLL);
    file_add("%s,physician,independent,US-KS,KS-1,yes,,active", npi(1, 1));
    file_add("%s,physician,independent,US-KS,KS-2,yes,,active", npi(1, 2));
    f = checked(w, "us-ks", "roll-csv", file_bytes());
    is(outcome(w, &f), "4: 0 2 0 0 0");
    apply_file(w, &f);
    is(row(w, &f, 2), OWN);
    is(text(w, "select number from licence where assurance = 2"), "KS-2");
}

/* --- what a file is silent on --- */

#define PERSON \
    "{\"resourceType\":\"Practitioner\",\"id\":\"p1\",\"identifier\":[{\"system\":\"" NPI_URI \
    "\",\"value\":\"%s\"}],\"name\":[{\"text\":\"Dr 1\"}],\"qualification\":[{\"identifier\":[{\"value\":\"KS-1\"}]," \
    "\"code\":{\"coding\":[{\"code\":\"MD\"}]}%s}]}"
#define ROLE \
    "{\"resourceType\":\"PractitionerRole\",\"id\":\"r1\",\"practitioner\":{\"reference\":\"Practitioner/p1\"}," \
    "\"period\":{\"start\":\"%s\"}}"

/* A qualification has a number and an end, a role a period; privileges, specialty, basis and consent stay as the table had them. */
static void what_fhir_does_not_say_stays(void **state)
{
    struct world *w = *state;
    file_begin(PEOPLE_HEADER);
    file_add("Dr 1,,%s,physician,independent,US-KS,KS-1,207Q00000X,yes,2030-01-01,filed,yes,2026-01-01,2040-01-01,", npi(1, 1));
    struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
    apply_file(w, &f);
    const char *held = "select level || privileges || specialty || basis || consent || ' ' || licensed_until || ' ' || from_s || ' ' || to_s from licence "
                       "l join affiliation a on a.licence = l.id";
#define KEPT "1{\"prescribe\":true,\"schedules\":[],\"antimicrobial_grade\":0,\"narcotic\":false}[{\"system\":\"nucc\",\"code\":\"207Q00000X\"}]21 "
    is(text(w, "%s", held), KEPT "20300101 1767225600 2208988800");
    for (unsigned i = 0; i < 2; i++) {
        file_begin("");
        file_add(PERSON, npi(1, 1), i ? ",\"period\":{\"end\":\"2032-01-01\"}" : "");
        file_add(ROLE, i ? "2026-02-01" : "2026-01-01");
        f = checked(w, "clinic-1", "fhir-r4", file_bytes());
        is(outcome(w, &f), i ? "4: 0 2 0 0 0" : "4: 0 0 2 0 0");
        apply_file(w, &f);
        is(text(w, "%s", held), i ? KEPT "20320101 1769904000 2208988800" : KEPT "20300101 1767225600 2208988800");
    }
}

/* --- correct and void --- */

static void refused(struct world *w, csign_code code, const char *reason)
{
    assert_int_equal(code, CSIGN_E_CONFLICT);
    is(w->fault.field, "deed");
    is(w->fault.reason, reason);
}

static void corrected_or_voided(void **state)
{
    struct world *w = *state;
    file_begin(STAFF_HEADER);
    staff(1, "", "no");
    struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
    const char *counts = "{\"added\":1,\"updated\":0,\"unchanged\":0,\"flagged\":0,\"rejected\":0}";

    /* While it waits, void strikes it out: the file may be signed again. */
    assert_int_equal(give(w, "clinic-1/h1", "enrol.import", "clinic-1", "\"file\":\"%s\",\"template\":\"people-csv\",\"counts\":%s",
                          b64(span_of(f.hash, 32)), counts), CSIGN_OK);
    must_be(w, give(w, C1, "void", "clinic-1", "\"deed\":\"%s\"," WHY, b64(span_of(w->hash, 32))), DEED_EFFECTIVE);
    apply_file(w, &f);
    const char *deed = b64(span_of(w->hash, 32));

    /* Once it has effect: by what puts it right, and nothing is changed. */
    const char *instead = "bring a file with what is right; what should not be there ends by affiliation.end";
    refused(w, give(w, C1, "void", "clinic-1", "\"deed\":\"%s\"," WHY, deed), instead);
    refused(w, give(w, C1, "correct", "clinic-1", "\"deed\":\"%s\",\"with\":{\"counts\":%s}," WHY, deed, counts), instead);
    assert_int_equal(number(w, "select count(*) from affiliation where ended_ms is null"), 1);

    file_begin(STAFF_ROLL);
    file_add("%s,physician,independent,US-KS,KS-1,no,,active", npi(1, 1));
    f = checked(w, "us-ks", "roll-csv", file_bytes());
    apply_file(w, &f);
    deed = b64(span_of(w->hash, 32));
    instead = "bring a roll with what is right; who must not sign is suspended by an order";
    refused(w, give(w, KS, "void", "us-ks", "\"deed\":\"%s\"," WHY, deed), instead);
    refused(w, give(w, KS, "correct", "us-ks", "\"deed\":\"%s\",\"with\":{\"template\":\"roll-csv\"}," WHY, deed), instead);
    assert_int_equal(number(w, "select count(*) from licence where assurance = 2"), 1);
}

/* --- orders --- */

#define BESIDE "an order on a licence of this person or number"

static struct person person_of(struct world *w, const char *number)
{
    return (struct person){.licence = text(w, "select id from licence where number = '%s'", number),
                           .practitioner = text(w, "select practitioner from licence where number = '%s'", number)};
}

/* An order stands on the person for the profession, and on the number: neither another number nor another enrolment gets round it. */
static void no_file_gets_round_an_order(void **state)
{
    static const char *const kinds[] = {"suspend", "revoke", "rescind", "deregister"};
    struct world *w = *state;
    file_begin(PEOPLE_HEADER);
    for (unsigned n = 1; n <= 5; n++)
        file_add("Dr %u,,%s,physician,independent,US-KS,KS-%u,,yes,,primary,yes,2026-01-01,,", n, npi(1, n), n);
    struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
    apply_file(w, &f);
    for (size_t i = 0; i < 4; i++) {
        struct person p = person_of(w, text(w, "select 'KS-%zu'", i + 1));
        assert_int_equal(give_order(w, kinds[i], &p, ACTION), CSIGN_OK);
    }
    execute(w, "update licence set ended_ms = 1 where number = 'KS-1'"); /* as the voiding of its enrolment would */

    file_begin(PEOPLE_HEADER);
    for (unsigned n = 1; n <= 5; n++)
        file_add("Dr %u,,%s,physician,independent,US-KS,%s-%u,,yes,,primary,yes,2026-01-01,,", n, npi(1, n), n == 1 ? "KS" : "NEW", n);
    file_add("Dr Other,,%s,physician,independent,US-KS,KS-1,,yes,,primary,yes,2026-01-01,,", npi(1, 77));
    f = checked(w, "clinic-1", "people-csv", file_bytes());
    for (unsigned line = 2; line <= 5; line++)
        is(row(w, &f, line), "5 licence: " BESIDE);
    is(row(w, &f, 6), "1");
    is(row(w, &f, 7), "5 licence: " BESIDE);
    apply_file(w, &f);
    assert_int_equal(number(w, "select count(*) from licence where number like 'NEW-%%'"), 1);

    /* Expected by an institution, and brought by a roll: the same. */
    execute(w, "insert into expected (practitioner, institution, profession, specialty, basis, consent, from_s, to_s, deed) "
               "select practitioner, 'clinic-1', 0, '[]', 1, 1, 1, 0, deed from licence where number = 'KS-2'");
    file_begin(STAFF_ROLL);
    file_add("%s,physician,independent,US-KS,ROLL-2,yes,,active", npi(1, 2));
    file_add("%s,physician,independent,US-KS,KS-2,yes,,active", npi(1, 2));
    f = checked(w, "us-ks", "roll-csv", file_bytes());
    apply_file(w, &f);
    assert_int_equal(number(w, "select count(*) from licence where number = 'ROLL-2'"), 0);
    is(row(w, &f, 2), "5 practitioner: an order stands against the person, or on a licence of hers or of this number");
    is(row(w, &f, 3), "4 status: active on the roll, and an order stands here; nothing is changed");
}

/* What was nothing to do when it was signed is not done, whatever has ended since; and an update brings no affiliation back. */
static void what_ended_since_stays_ended(void **state)
{
    struct world *w = *state;
    file_begin(PEOPLE_HEADER);
    for (unsigned n = 1; n <= 2; n++)
        file_add("Dr %u,,%s,physician,independent,US-KS,KS-%u,,no,,primary,yes,2026-01-01,,", n, npi(1, n), n);
    struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
    apply_file(w, &f);
    file_begin(PEOPLE_HEADER);
    file_add("Dr 1,,%s,physician,independent,US-KS,KS-1,,no,,primary,yes,2026-01-01,,", npi(1, 1));
    file_add("Dr 2,,%s,physician,independent,US-KS,KS-2,,yes,,primary,yes,2026-01-01,,", npi(1, 2));
    f = checked(w, "clinic-1", "people-csv", file_bytes());
    is(outcome(w, &f), "4: 0 1 1 0 0");
    execute(w, "update affiliation set ended_ms = 1");
    apply_file(w, &f);
    is(row(w, &f, 2), "3");
    is(row(w, &f, 3), "5 affiliation: it has ended since the dry run");
    assert_int_equal(number(w, "select count(*) from affiliation where ended_ms is null"), 0);
    assert_int_equal(number(w, "select count(*) from licence where privileges like '%%\"prescribe\":true%%'"), 0);
}

/* --- who is who --- */

static void one_identifier_is_not_a_person(void **state)
{
    struct world *w = *state;
    file_begin(STAFF_HEADER);
    staff(1, "17", "no");
    struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
    apply_file(w, &f);
    file_begin(STAFF_HEADER);
    staff(2, "17", "no"); /* another NPI, another name */
    file_add("Dr 3,,staff,17,physician,independent,US-KS,KS-3,no,primary,yes,2026-01-01"); /* another name alone */
    file_add("Dr 4,%s,staff,18,physician,independent,US-KS,KS-4,no,primary,yes,2026-01-01", npi(1, 4));
    file_add("Dr 4,%s,staff,18,physician,independent,US-KS,KS-5,no,primary,yes,2026-01-01", npi(1, 5));
    file_add("Dr 1,,badge,99,physician,independent,US-KS,KS-6,no,primary,yes,2026-01-01");
    f = checked(w, "clinic-1", "people-csv", file_bytes());
    is(row(w, &f, 2), "5 identifiers: the person whom one of them names has another number of such a system");
    is(row(w, &f, 3), "4 name: beside what is added, the name of somebody known is changed");
    is(row(w, &f, 4), "1");
    is(row(w, &f, 5), "5 identifiers: another line has this identifier for somebody else 4");
    file_begin(STAFF_HEADER);
    file_add("Dr X,%s,badge,1,physician,independent,US-KS,KS-1,no,primary,yes,2026-01-01", npi(1, 1));
    f = checked(w, "clinic-1", "people-csv", file_bytes());
    is(row(w, &f, 2), "4 name: only some of the identifiers are hers who is known here by another name, which stays");
    apply_file(w, &f);
    is(text(w, "select name from practitioner where id = (select practitioner from practitioner_identifier where system = 'badge')"), "Dr 1");
}

/* A system is one, however it is written. */
static void systems_have_one_name(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"npi", "NPI", NPI_URI, "urn:oid:2.16.840.1.113883.4.6"};
    file_begin(STAFF_HEADER);
    staff(1, "", "no");
    struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
    apply_file(w, &f);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        file_begin(STAFF_HEADER);
        file_add("Dr 1,,%s,%s,physician,independent,US-KS,KS-1,no,primary,yes,2026-01-01", names[i], npi(1, 1));
        f = checked(w, "clinic-1", "people-csv", file_bytes());
        is(outcome(w, &f), "4: 0 0 1 0 0");
        file_begin(STAFF_HEADER);
        file_add("Dr 2,,%s,1234567890,physician,independent,US-KS,KS-2,no,primary,yes,2026-01-01", names[i]);
        f = checked(w, "clinic-1", "people-csv", file_bytes());
        is(row(w, &f, 2), "5 identifiers: the check digit of the NPI is wrong");
    }
}

/* Numbers of licences are each place's own. */
static void one_number_in_two_places(void **state)
{
    struct world *w = *state;
    file_begin(PEOPLE_HEADER);
    file_add("Dr 1,,%s,physician,independent,US-KS,12345,,no,,primary,yes,2026-01-01,,", npi(1, 1));
    file_add("Dr 2,,%s,physician,independent,US-MO,12345,,no,,primary,yes,2026-01-01,,", npi(1, 2));
    file_add("Dr 3,,%s,physician,independent,US-KS,12345,,no,,primary,yes,2026-01-01,,", npi(1, 3));
    struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
    is(row(w, &f, 2), "1");
    assert_null(strstr(row(w, &f, 3), "another line"));
    is(row(w, &f, 4), "5 licence_number: another line has this licence and says otherwise 2");
}

/* --- odd rows --- */

/* A stray quote is its own row's: the others have an outcome each. */
static void a_quote_within_a_field(void **state)
{
    struct world *w = *state;
    file_begin(PEOPLE_HEADER);
    for (unsigned n = 1; n <= 4; n++)
        file_add("%s %u,,%s,physician,independent,US-KS,KS-%u,,no,,primary,yes,2026-01-01,,", n == 1 ? "Dr 5\" P" : n == 3 ? "Dr 6\" P" : "Dr", n,
                 npi(1, n), n);
    file_add("\"Dr \"\"Five\"\",\nMD\",,%s,physician,independent,US-KS,KS-5,,no,,primary,yes,2026-01-01,,", npi(1, 5));
    struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
    is(outcome(w, &f), "4: 3 0 0 0 2");
    is(row(w, &f, 2), "5: a quote within a field that is not quoted");
    is(row(w, &f, 3), "1");
    is(row(w, &f, 4), "5: a quote within a field that is not quoted");
    is(row(w, &f, 6), "1");
    apply_file(w, &f);
    assert_int_equal(number(w, "select count(*) from practitioner where name = 'Dr \"Five\",' || char(10) || 'MD'"), 1);
}

/* One that lists more than fits is refused by itself, again and again, and the rows beside it go in. */
static void rows_that_list_too_much(void **state)
{
    static char codes[120001];
    struct world *w = *state;
    for (size_t i = 0; i < sizeof codes - 1; i++)
        codes[i] = i % 2 ? ' ' : 'a';
    for (int round = 0; round < 6; round++) {
        file_begin(PEOPLE_HEADER);
        for (unsigned n = 0; n < 4; n++)
            file_add("Dr %u,,%s,physician,independent,US-KS,KS-%d-%u,%s,no,,primary,yes,2026-01-01,,", n, npi(1, (unsigned)round * 10 + n), round,
                     n, n % 2 ? codes : "");
        struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
        is(outcome(w, &f), "4: 2 0 0 0 2");
        assert_int_equal(number(w, "select max(length(members)) < 1000 from import_row"), 1);
    }
}

/* What a file held beside its rows is not kept: patients' resources among them. */
static void nothing_else_is_kept(void **state)
{
    struct world *w = *state;
    file_begin("{\"resourceType\":\"Patient\",\"id\":\"SecretPatient\"}\r\n");
    struct file f = checked(w, "clinic-1", "fhir-r4", file_bytes());
    is(row(w, &f, 1), "5 resourceType: not a Practitioner, PractitionerRole or Organization");
    assert_int_equal(number(w, "select count(*) from import_part"), 0);
    file_begin("nothing of a table\r\n");
    f = checked(w, "clinic-1", "people-csv", file_bytes());
    assert_int_equal(number(w, "select count(*) from import_part"), 0);
}

/* Two resources of one person: a role may speak of either. */
static void a_role_of_who_stands_twice(void **state)
{
    struct world *w = *state;
    file_begin("");
    for (unsigned n = 1; n <= 2; n++)
        file_add("{\"resourceType\":\"Practitioner\",\"id\":\"p%u\",\"identifier\":[{\"system\":\"" NPI_URI
                 "\",\"value\":\"%s\"}],\"name\":[{\"text\":\"Dr 1\"}]}", n, npi(1, 1));
    file_add("{\"resourceType\":\"PractitionerRole\",\"id\":\"r1\",\"practitioner\":{\"reference\":\"Practitioner/p2\"}}");
    struct file f = checked(w, "clinic-1", "fhir-r4", file_bytes());
    is(row(w, &f, 2), "4: the same as another line 1");
    is(row(w, &f, 3), "4 licence: none is known: the regulator's roll brings it");
    apply_file(w, &f);
    assert_int_equal(number(w, "select count(*) from expected"), 1);
    assert_int_equal(number(w, "select differing from import_file"), 0);
}

/* The first file of a hospital: what a role comes to is known from the licence in the line of its person, who is not here yet. */
static void a_role_under_a_licence_of_the_file(void **state)
{
    struct world *w = *state;
    file_begin("");
    file_add(PERSON, npi(1, 1), ",\"period\":{\"end\":\"2040-01-01\"}");
    file_add(ROLE, "2026-01-01");
    struct file f = checked(w, "clinic-1", "fhir-r4", file_bytes());
    is(outcome(w, &f), "4: 2 0 0 0 0");
    apply_file(w, &f);
    is(outcome(w, &f), "6: 2 0 0 0 0");
    assert_int_equal(number(w, "select differing from import_file"), 0);
    assert_int_equal(number(w, "select count(*) from affiliation a join licence l on l.id = a.licence where l.number = 'KS-1'"), 1);
    assert_int_equal(number(w, "select count(*) from expected"), 0);
}

/* Whose licence the institution brings itself is no longer expected: a roll then makes no second one of it. */
static void what_has_come_is_not_expected(void **state)
{
    struct world *w = *state;
    for (int round = 0; round < 2; round++) {
        file_begin(PEOPLE_HEADER);
        file_add("Dr 1,,%s,physician,independent,US-KS,%s,,no,,primary,yes,2026-01-01,,", npi(1, 1), round ? "KS-1" : "");
        struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
        apply_file(w, &f);
        assert_int_equal(number(w, "select count(*) from expected"), 1 - round);
    }
    file_begin(STAFF_ROLL);
    file_add("%s,physician,independent,US-KS,KS-2,no,,active", npi(1, 1));
    struct file f = checked(w, "us-ks", "roll-csv", file_bytes());
    is(outcome(w, &f), "4: 0 0 1 0 0");
}

static void organizations_are_checked(void **state)
{
    struct world *w = *state;
    file_begin("");
    file_add("{\"resourceType\":\"Organization\",\"id\":\"o1\",\"name\":\"Ward\",\"active\":false}");
    for (unsigned last = 3; last <= 4; last++)
        file_add("{\"resourceType\":\"Organization\",\"id\":\"o%u\",\"name\":\"Ward\",\"identifier\":[{\"system\":\"cn-uscc\",\"value\":"
                 "\"91350100M000100Y4%u\"}]}", last, last);
    struct file f = checked(w, "clinic-1", "fhir-r4", file_bytes());
    is(row(w, &f, 1), "5 active: not active: nothing ends by a file");
    is(row(w, &f, 2), "1");
    is(row(w, &f, 3), "5 identifier: the check character of the unified social credit code is wrong");
}

static span report(struct world *w, const struct file *f, struct buffer *out, const char *after)
{
    struct viewer viewer;
    csign_fault fault;
    struct session *session = store_reader(w->registry.store);
    out->size = 0;
    assert_int_equal(viewer_open(session, span_text(f->body), &viewer), CSIGN_OK);
    assert_int_equal(import_rows_put(out, session, &viewer, span_text(f->id), after ? span_text(after) : span_of(NULL, 0), 0, IMPORT_AS_CSV, &fault),
                     CSIGN_OK);
    store_reader_end(w->registry.store, session);
    buffer_byte(out, 0);
    return buffer_span(out);
}

/* A report that has no room for all rows says so, and where the rest is. */
static void a_report_that_goes_on(void **state)
{
    static uint8_t memory[(IMPORT_ROWS_PAGE + 1) * IMPORT_ROW_VIEW_MAX + 1000];
    struct world *w = *state;
    struct buffer out = buffer_open(memory, sizeof memory);
    file_begin(PEOPLE_HEADER);
    for (unsigned n = 0; n < IMPORT_ROWS_PAGE + 100; n++)
        file_add("no row");
    struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
    const char *first = (const char *)report(w, &f, &out, NULL).data;
    assert_non_null(strstr(first, "\r\n1001,rejected,"));
    assert_null(strstr(first, "\r\n1002,rejected,"));
    assert_string_equal(strstr(first, "\r\n,,,"), "\r\n,,,\"the report goes on: ask for the rest with after=2.1001\",\r\n");
    const char *rest = (const char *)report(w, &f, &out, "2.1001").data;
    assert_non_null(strstr(rest, "\r\n1002,rejected,"));
    assert_non_null(strstr(rest, "\r\n1101,rejected,"));
    assert_null(strstr(rest, "goes on"));
}

static int begin_world(void **state)
{
    if (world_make(state) != 0)
        return -1;
    world_institutions(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_world, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(own_row),
        cmocka_unit_test(own_row_of_somebody_known),
        TEST(own_row_of_a_roll),
        TEST(what_fhir_does_not_say_stays),
        TEST(corrected_or_voided),
        TEST(no_file_gets_round_an_order),
        TEST(what_ended_since_stays_ended),
        TEST(one_identifier_is_not_a_person),
        TEST(systems_have_one_name),
        TEST(one_number_in_two_places),
        TEST(a_quote_within_a_field),
        TEST(rows_that_list_too_much),
        TEST(nothing_else_is_kept),
        TEST(a_role_of_who_stands_twice),
        TEST(a_role_under_a_licence_of_the_file),
        TEST(what_has_come_is_not_expected),
        TEST(organizations_are_checked),
        TEST(a_report_that_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
