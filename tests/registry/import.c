/* Files for import: what each row comes to, what the deed binds, what is damaged. */
#include "hash.h"
#include "import_world.h"
#include "rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static char memory[1u << 20];
static struct buffer out;

static void begin(const char *header)
{
    out = buffer_open(memory, sizeof memory);
    buffer_text(&out, header);
}

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
    char line[1024];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(line, sizeof line, format, values);
    va_end(values);
    buffer_text(&out, line);
    buffer_text(&out, "\r\n");
    assert_false(out.overflow);
}

static void person(unsigned n, const char *more)
{
    add("\"Dr %u, MD\",1980-02-29,%s,physician,independent,US-KS,KS-%u,207R00000X,yes,2030-01-01,primary,yes,2026-01-01,,%s", n, npi(1, n), n,
        more);
}

static void is(const char *found, const char *expected)
{
    assert_string_equal(found, expected);
}

/* --- rows --- */

static void outcomes(void **state)
{
    struct world *w = *state;
    world_institutions(w);
    begin(PEOPLE_HEADER);
    person(1, "Ward 1");
    person(2, "");
    add("Dr Odd,,%s,physician,independent,US-KS,KS-3,,no,,filed,no,2026-01-01,,", npi(9, 3));            /* 4 */
    add("Dr Wrong,,1234567898,physician,independent,US-KS,KS-4,,no,,filed,no,2026-01-01,,");             /* 5 */
    add("Dr Waits,,%s,physician,independent,,,,no,,filed,no,2026-01-01,,", npi(1, 5));                   /* 6 */
    person(1, "Ward 1");                                                                                 /* 7 */
    add("Somebody,,%s,physician,independent,US-KS,KS-8,,no,,filed,no,2026-01-01,,", npi(1, 1));          /* 8 */
    add("Dr Date,1980-02-30,%s,physician,independent,US-KS,KS-9,,no,,filed,no,2026-01-01,,", npi(1, 9)); /* 9 */
    add("Dr Word,,%s,wizard,independent,US-KS,KS-10,,no,,filed,no,2026-01-01,,", npi(1, 10));            /* 10 */
    add("Dr Place,,%s,physician,independent,CN-11,KS-11,,no,,filed,no,2026-01-01,,", npi(1, 11));        /* 11 */
    add("Dr Short,,%s", npi(1, 12));                                                                     /* 12 */
    add("Dr Perhaps,,%s,physician,independent,US-KS,KS-13,,perhaps,,filed,no,2026-01-01,,", npi(1, 13)); /* 13 */
    add("Dr \xff,,%s,physician,independent,US-KS,KS-14,,no,,filed,no,2026-01-01,,", npi(1, 14));         /* 14 */
    add("Nobody,,,physician,independent,,,,no,,filed,no,2026-01-01,,");                                  /* 15 */
    add("Dr Other,,%s,physician,independent,US-KS,KS-2,,no,,filed,no,2026-01-01,,", npi(1, 16));         /* 16 */
    struct file f = checked(w, "clinic-1", "people-csv", buffer_span(&out));
    is(row(w, &f, 2), "1");
    is(row(w, &f, 3), "1");
    is(row(w, &f, 4), "4 identifiers: NPIs begin with 1 or 2");
    is(row(w, &f, 5), "5 identifiers: the check digit of the NPI is wrong");
    is(row(w, &f, 6), "4 licence: none is known: the regulator's roll brings it");
    is(row(w, &f, 7), "4: the same as another line 2");
    is(row(w, &f, 8), "5 identifiers: another line has this identifier for somebody else 2");
    assert_non_null(strstr(row(w, &f, 9), "5 birth_date: "));
    assert_non_null(strstr(row(w, &f, 10), "5 profession: "));
    is(row(w, &f, 11), "5 jurisdiction: no issuer line of the root covers it");
    is(row(w, &f, 12), "5: fewer or more fields than the header");
    is(row(w, &f, 13), "5 prescribe: neither yes nor no");
    is(row(w, &f, 14), "5: not UTF-8");
    is(row(w, &f, 15), "5 identifiers: nothing to know the person by: no identifier, no licence");
    is(row(w, &f, 16), "5 licence_number: another line has this licence and says otherwise 3");
    is(outcome(w, &f), "4: 2 0 0 3 10");
    assert_int_equal(number(w, "select count(*) from practitioner"), 0); /* a dry run changes nothing */

    apply_file(w, &f);
    assert_int_equal(number(w, "select count(*) from practitioner"), 4);
    /* ids rise within one transaction: what is made together stands together in every index */
    assert_int_equal(number(w, "select count(*) from practitioner p where exists (select 1 from practitioner q where q.rowid < p.rowid and q.id > p.id)"),
                     0);
    assert_int_equal(number(w, "select count(*) from licence where assurance = 1"), 3);
    assert_int_equal(number(w, "select count(*) from affiliation"), 3);
    assert_int_equal(number(w, "select count(*) from expected"), 1);
    assert_int_equal(number(w, "select count(*) from affiliation_unit where value = 'Ward 1'"), 1);
    assert_int_equal(number(w, "select done from import_file"), 15);
    assert_int_equal(number(w, "select differing from import_file"), 0);
    assert_int_equal(number(w, "select count(*) from practitioner where deed = (select deed from import_file)"), 4);

    const char *before = text(w, "select name || birth_date from practitioner order by 1");
    struct file again = checked(w, "clinic-1", "people-csv", buffer_span(&out));
    is(outcome(w, &again), "4: 0 0 2 3 10"); /* idempotent */
    apply_file(w, &again);
    is(text(w, "select name || birth_date from practitioner order by 1"), before);
    assert_int_equal(number(w, "select count(*) from affiliation"), 3);
}

static void changes(void **state)
{
    struct world *w = *state;
    world_institutions(w);
    begin(PEOPLE_HEADER);
    person(1, "");
    person(2, "");
    struct file f = checked(w, "clinic-1", "people-csv", buffer_span(&out));
    apply_file(w, &f);
    struct person p = {text(w, "select practitioner from licence where number = 'KS-1'"), text(w, "select id from licence where number = 'KS-1'"),
                       text(w, "select a.id from affiliation a join licence l on l.id = a.licence where l.number = 'KS-1'"), NULL};
    (void)activate(w, &p);
    uint64_t index = bind(w, &p, 1);

    begin(PEOPLE_HEADER);
    add("Dr Renamed,1980-02-29,%s,physician,independent,US-KS,KS-1,207R00000X,yes,2031-01-01,primary,yes,2026-01-01,,", npi(1, 1));
    add("\"Dr 2, MD\",1981-02-28,%s,physician,independent,US-KS,KS-2,207R00000X,yes,2030-01-01,primary,yes,2026-01-01,,", npi(1, 2));
    f = checked(w, "clinic-1", "people-csv", buffer_span(&out));
    is(outcome(w, &f), "4: 0 1 0 0 1");
    assert_non_null(strstr(row(w, &f, 3), "born on another day"));
    apply_file(w, &f);
    is(text(w, "select name from practitioner where id = '%s'", p.practitioner), "Dr Renamed");
    assert_int_equal(number(w, "select licensed_until from licence where number = 'KS-1'"), 20310101);
    /* what a credential says has changed: the index is superseded, and another is live */
    assert_int_equal(index_code(w, index), 3);
    assert_true(live_index(w, &p) > (int64_t)index);

    /* an order stands: no file brings her in again */
    must_be(w, give_order(w, "suspend", &p, ACTION), DEED_EFFECTIVE);
    f = checked(w, "clinic-1", "people-csv", buffer_span(&out));
    assert_non_null(strstr(row(w, &f, 2), "5 "));
}

/* --- the roll --- */

static void roll(void **state)
{
    struct world *w = *state;
    world_institutions(w);
    begin(PEOPLE_HEADER);
    person(1, "");
    person(2, "");
    add("Dr Waits,,%s,physician,independent,,,207Q00000X,no,,filed,yes,2026-01-01,,Ward 9", npi(1, 5));
    struct file f = checked(w, "clinic-1", "people-csv", buffer_span(&out));
    apply_file(w, &f);

    begin(ROLL_HEADER);
    add("\"Dr 1, MD\",%s,physician,independent,US-KS,KS-1,207R00000X,yes,2030-01-01,Active", npi(1, 1));   /* 2: confirmed */
    add(",%s,physician,independent,US-KS,KS-2,,yes,2029-01-01,active", npi(1, 2));                         /* 3: differs */
    add("Dr Waits,%s,physician,independent,US-KS,KS-5,,yes,2030-01-01,active", npi(1, 5));                 /* 4: brought */
    add("Dr Unknown,%s,physician,independent,US-KS,KS-6,,yes,2030-01-01,active", npi(1, 6));               /* 5 */
    add(",%s,physician,independent,US-KS,KS-2,,yes,2030-01-01,suspended", npi(1, 2));                      /* 6 */
    add(",%s,physician,independent,US-MO,MO-1,,yes,2030-01-01,active", npi(1, 1));                         /* 7: not theirs */
    struct file r = checked(w, "us-ks", "roll-csv", buffer_span(&out));
    is(row(w, &r, 2), "2");
    assert_non_null(strstr(row(w, &r, 3), "4 licensed_until: the roll says otherwise"));
    is(row(w, &r, 4), "1");
    is(row(w, &r, 5), "3 practitioner: nobody who is enrolled here");
    is(row(w, &r, 7), "5 jurisdiction: outside the authority's jurisdictions");
    apply_file(w, &r);
    is(text(w, "select number || ' ' || assurance from licence order by 1"), "KS-1 2; KS-2 1; KS-5 2");
    is(text(w, "select a.institution || ' ' || a.basis || ' ' || a.consent || ' ' || u.value from affiliation a join licence l on "
               "l.id = a.licence join affiliation_unit u on u.affiliation = a.id where l.number = 'KS-5'"),
       "clinic-1 2 1 Ward 9");
    assert_int_equal(number(w, "select count(*) from expected"), 0);
    struct file again = checked(w, "us-ks", "roll-csv", buffer_span(&out));
    assert_int_equal(number(w, "select unchanged from import_file where id = '%s'", again.id), 3);

    /* what the roll has confirmed no institution changes */
    begin(PEOPLE_HEADER);
    add("\"Dr 1, MD\",1980-02-29,%s,physician,independent,US-KS,KS-1,207R00000X,yes,2040-01-01,primary,yes,2026-01-01,,", npi(1, 1));
    f = checked(w, "clinic-1", "people-csv", buffer_span(&out));
    is(row(w, &f, 2), "4 licensed_until: the regulator's roll says otherwise, and holds");
}

/* --- the deed --- */

static void deed(void **state)
{
    struct world *w = *state;
    csign_fault fault;
    struct file f;
    world_institutions(w);
    begin(PEOPLE_HEADER);
    person(1, "");
    assert_int_equal(bring(w, &f, "clinic-1", "roll-csv", buffer_span(&out), 0, &fault), CSIGN_E_FORBIDDEN);
    assert_int_equal(bring(w, &f, "us-ks", "people-csv", buffer_span(&out), 0, &fault), CSIGN_E_FORBIDDEN);
    assert_int_equal(bring(w, &f, "clinic-1", "leie", buffer_span(&out), 0, &fault), CSIGN_E_FIELD_INVALID);
    assert_int_equal(bring(w, &f, "clinic-1", "people-csv", buffer_span(&out), 100, &fault), CSIGN_OK);
    assert_int_equal(sign_file(w, &f), CSIGN_E_NOT_FOUND); /* not checked yet */
    assert_int_equal(imports_work(&w->registry, 0), CSIGN_OK);
    const char *hash = b64(span_of(f.hash, 32));
    assert_int_equal(give(w, C1, "enrol.import", "clinic-1", "\"file\":\"%s\",\"template\":\"people-csv\",\"counts\":{\"added\":2,\"updated\":0,"
                          "\"unchanged\":0,\"flagged\":0,\"rejected\":0}", hash), CSIGN_E_CONFLICT);
    assert_int_equal(give(w, C2, "enrol.import", "clinic-2", "\"file\":\"%s\",\"template\":\"people-csv\",\"counts\":{\"added\":1,\"updated\":0,"
                          "\"unchanged\":0,\"flagged\":0,\"rejected\":0}", hash), CSIGN_E_NOT_FOUND);
    assert_int_equal(give(w, KS, "enrol.import", "us-ks", "\"file\":\"%s\",\"template\":\"people-csv\",\"counts\":{\"added\":1,\"updated\":0,"
                          "\"unchanged\":0,\"flagged\":0,\"rejected\":0}", hash), CSIGN_E_FORBIDDEN);
    assert_int_equal(give(w, "clinic-1/h1", "enrol.import", "clinic-1", "\"file\":\"%s\",\"template\":\"people-csv\",\"counts\":{\"added\":1,"
                          "\"updated\":0,\"unchanged\":0,\"flagged\":0,\"rejected\":0}", hash), CSIGN_OK);
    assert_int_equal(w->state, DEED_WAITING);
    assert_int_equal(number(w, "select state from import_file"), IMPORT_CHECKED);
    must_be(w, sign(w, "clinic-1/h2"), DEED_EFFECTIVE);
    assert_int_equal(imports_work(&w->registry, 0), CSIGN_OK);
    assert_int_equal(number(w, "select count(*) from practitioner"), 1);
    assert_int_equal(sign_file(w, &f), CSIGN_E_NOT_FOUND); /* a dry run is applied once */
}

/* --- FHIR --- */

#define NPI_URI "http://hl7.org/fhir/sid/us-npi"
static void resources(void)
{
    begin("");
    add("{\"resourceType\":\"PractitionerRole\",\"id\":\"r1\",\"practitioner\":{\"reference\":\"Practitioner/p1\"},\"organization\":{\"identifier\":"
        "{\"system\":\"urn:o\",\"value\":\"1\"},\"display\":\"Ward\"},\"specialty\":[{\"coding\":[{\"system\":\"http://nucc.org/provider-taxonomy\","
        "\"code\":\"208D00000X\"}]}]}");
    add("{\"resourceType\":\"Organization\",\"id\":\"o1\",\"identifier\":[{\"system\":\"urn:o\",\"value\":\"1\"}],\"name\":\"Ward One\"}");
    add("{\"resourceType\":\"Practitioner\",\"id\":\"p1\",\"identifier\":[{\"system\":\"" NPI_URI "\",\"value\":\"%s\"}],\"name\":[{\"family\":\"A\","
        "\"given\":[\"B\"],\"prefix\":[\"Dr.\"]}],\"birthDate\":\"1970-01-02\"}", npi(1, 1));
    add("{\"resourceType\":\"PractitionerRole\",\"id\":\"r2\",\"practitioner\":{\"identifier\":{\"system\":\"" NPI_URI "\",\"value\":\"%s\"}}}", npi(1, 1));
    add("{\"resourceType\":\"PractitionerRole\",\"id\":\"r3\",\"practitioner\":{\"reference\":\"Practitioner/p9\"}}");
    add("{\"resourceType\":\"Patient\",\"id\":\"x\"}");
    add("{\"resourceType\":\"Practitioner\",\"id\":\"p2\",\"name\":\"Dr\"}");
    add("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"request\":{\"method\":\"DELETE\",\"url\":\"Practitioner/p1\"}}]}");
}

static void fhir(void **state)
{
    struct world *w = *state;
    world_institutions(w);
    resources();
    struct file f = checked(w, "clinic-1", "fhir-r4", buffer_span(&out));
    is(row(w, &f, 1), "4 licence: none is known: the regulator's roll brings it");
    is(row(w, &f, 2), "1");
    is(row(w, &f, 3), "1");
    is(row(w, &f, 5), "5 practitioner: neither in this file nor enrolled here");
    is(row(w, &f, 6), "5 resourceType: not a Practitioner, PractitionerRole or Organization");
    assert_non_null(strstr(row(w, &f, 7), "5 "));
    assert_non_null(strstr(row(w, &f, 8), "deleted at the source"));
    apply_file(w, &f);
    is(text(w, "select name || ' ' || birth_date from practitioner"), "Dr. B A 19700102");
    is(text(w, "select name from unit"), "Ward One");
    assert_int_equal(number(w, "select count(*) from expected"), 1);
}

/* --- damage --- */

static void damaged(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *template, *bytes, *reason;
    } cases[] = {
        {"people-csv", "\x1f\x8b\x08\x01", "compressed"},
        {"fhir-r4", "\x1f\x8b\x08\x01", "compressed"},
        {"people-csv", "\xff\xfen\x01", "UTF-16"},
        {"people-csv", "{\"resourceType\":\"Practitioner\"}\n", "fhir-r4?"},
        {"fhir-r4", PEOPLE_HEADER "a,b\n", "people-csv?"},
        {"people-csv", "name,npi\nA,B\n", "header"},
        {"people-csv", ROLL_HEADER "\n", "header"},
        {"people-csv", PEOPLE_HEADER, "no row"},
        {"people-csv", PEOPLE_HEADER "Dr A,1980", "cut off"},
        {"people-csv", PEOPLE_HEADER "\"Dr A,1980\n\n\n", "quote is not closed"},
        {"fhir-r4", "{\"resourceType\":\"Organization\",\"name\":\"A\"}\n{\"resourceType\":\"Pra", "cut off"},
    };
    world_institutions(w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file f = checked(w, "clinic-1", cases[i].template, exact(span_text(cases[i].bytes)));
        const char *found = outcome(w, &f);
        if (found[0] != '7' || !strstr(found, cases[i].reason))
            fail_msg("%zu: %s", i, found);
        assert_int_equal(sign_file(w, &f), CSIGN_E_NOT_FOUND);
    }
    assert_int_equal(number(w, "select count(*) from practitioner"), 0);

    begin("\xef\xbb\xbf" PEOPLE_HEADER); /* a byte order mark, and line feeds alone */
    person(1, "");
    struct file f = checked(w, "clinic-1", "people-csv", buffer_span(&out));
    is(outcome(w, &f), "4: 1 0 0 0 0");
    char *huge = malloc(8u << 20); /* one line, longer than any row */
    memset(huge, 'x', 8u << 20);
    memcpy(huge, PEOPLE_HEADER, sizeof PEOPLE_HEADER - 1);
    huge[(8u << 20) - 1] = '\n';
    f = checked(w, "clinic-1", "people-csv", span_of(huge, 8u << 20));
    is(row(w, &f, 2), "5: longer than 128 KiB: is a quote not closed?");
    free(huge);

    csign_fault fault;
    struct import_upload u = {.body = SPAN("clinic-1"), .officer = SPAN("h1"), .template = SPAN("people-csv"), .size = 10, .part = SPAN("name,npi\n\n")};
    import_upload_init(&u, true); /* another digest than was announced */
    assert_int_equal(store_perform(w->registry.store, &u.operation), CSIGN_OK);
    assert_int_equal(imports_work(&w->registry, 0), CSIGN_OK);
    assert_int_equal(number(w, "select state from import_file where id = '%s'", u.id), IMPORT_FAILED);
    u.part = SPAN("x");
    u.at = 17;
    import_upload_init(&u, false);
    assert_int_equal(store_perform(w->registry.store, &u.operation), CSIGN_E_CONFLICT);
    (void)fault;
}

/* --- what no judging foresaw --- */

/* Two rows collide when they are applied, with others before, between and behind: these two are told of, and all others go in. */
static void unforeseen(void **state)
{
    struct world *w = *state;
    sqlite3 *db;
    world_institutions(w);
    begin(PEOPLE_HEADER);
    for (unsigned i = 1; i <= 20; i++)
        add("Dr %u,,%s,physician,independent,US-KS,KS-%u,,no,,filed,no,2026-01-01,,", i == 9 || i == 15 ? 5 : i, npi(1, i), i);
    struct file f = checked(w, "clinic-1", "people-csv", buffer_span(&out));
    is(outcome(w, &f), "4: 20 0 0 0 0");
    assert_int_equal(sqlite3_open(w->store_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "create unique index only_here on practitioner (name)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    apply_file(w, &f);
    is(row(w, &f, 10), "5: The request contradicts what is recorded.");
    is(row(w, &f, 16), row(w, &f, 10));
    assert_int_equal(number(w, "select count(*) from practitioner"), 18);
    assert_int_equal(number(w, "select count(*) from affiliation"), 18);
    assert_int_equal(number(w, "select done from import_file"), 20);
    assert_int_equal(number(w, "select differing from import_file"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(outcomes, world_make, world_remove),
        cmocka_unit_test_setup_teardown(changes, world_make, world_remove),
        cmocka_unit_test_setup_teardown(roll, world_make, world_remove),
        cmocka_unit_test_setup_teardown(deed, world_make, world_remove),
        cmocka_unit_test_setup_teardown(fhir, world_make, world_remove),
        cmocka_unit_test_setup_teardown(damaged, world_make, world_remove),
        cmocka_unit_test_setup_teardown(unforeseen, world_make, world_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
