/* The NPPES dissemination file (CMS): its whole header, older and newer, and the rows that such files have. */
#include "import_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* --- a file --- */

#define SLOTS    15u
#define OTHERS   50u
#define COLUMNS  (47u + 4u * SLOTS + 4u * OTHERS + 7u + SLOTS)
#define SEX      41u /* the column that was renamed */
#define TAXONOMY 47u /* the first of a slot's four: taxonomy, number, state, switch */

static const char *const before_slots[TAXONOMY] = {
    "NPI", "Entity Type Code", "Replacement NPI", "Employer Identification Number (EIN)", "Provider Organization Name (Legal Business Name)",
    "Provider Last Name (Legal Name)", "Provider First Name", "Provider Middle Name", "Provider Name Prefix Text", "Provider Name Suffix Text",
    "Provider Credential Text", "Provider Other Organization Name", "Provider Other Organization Name Type Code", "Provider Other Last Name",
    "Provider Other First Name", "Provider Other Middle Name", "Provider Other Name Prefix Text", "Provider Other Name Suffix Text",
    "Provider Other Credential Text", "Provider Other Last Name Type Code", "Provider First Line Business Mailing Address",
    "Provider Second Line Business Mailing Address", "Provider Business Mailing Address City Name", "Provider Business Mailing Address State Name",
    "Provider Business Mailing Address Postal Code", "Provider Business Mailing Address Country Code (If outside U.S.)",
    "Provider Business Mailing Address Telephone Number", "Provider Business Mailing Address Fax Number",
    "Provider First Line Business Practice Location Address", "Provider Second Line Business Practice Location Address",
    "Provider Business Practice Location Address City Name", "Provider Business Practice Location Address State Name",
    "Provider Business Practice Location Address Postal Code", "Provider Business Practice Location Address Country Code (If outside U.S.)",
    "Provider Business Practice Location Address Telephone Number", "Provider Business Practice Location Address Fax Number",
    "Provider Enumeration Date", "Last Update Date", "NPI Deactivation Reason Code", "NPI Deactivation Date", "NPI Reactivation Date", NULL,
    "Authorized Official Last Name", "Authorized Official First Name", "Authorized Official Middle Name", "Authorized Official Title or Position",
    "Authorized Official Telephone Number"};

static char line[16384];
static size_t at;

static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void put(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int size = vsnprintf(line + at, sizeof line - at, format, values);
    va_end(values);
    assert_in_range(size, 0, sizeof line - at - 1);
    at += (size_t)size;
}

/* Its 329 columns; `sex` is what one of them is called. */
static void begin(const char *sex)
{
    static const char *const slots[] = {"Healthcare Provider Taxonomy Code", "Provider License Number", "Provider License Number State Code",
                                        "Healthcare Provider Primary Taxonomy Switch"};
    static const char *const others[] = {"Other Provider Identifier", "Other Provider Identifier Type Code", "Other Provider Identifier State",
                                         "Other Provider Identifier Issuer"};
    static const char *const last[] = {"Is Sole Proprietor", "Is Organization Subpart", "Parent Organization LBN", "Parent Organization TIN",
                                       "Authorized Official Name Prefix Text", "Authorized Official Name Suffix Text",
                                       "Authorized Official Credential Text"};
    at = 0;
    for (unsigned i = 0; i < TAXONOMY; i++)
        put("%s\"%s\"", i ? "," : "", i == SEX ? sex : before_slots[i]);
    for (unsigned n = 1; n <= SLOTS; n++)
        for (unsigned i = 0; i < 4; i++)
            put(",\"%s_%u\"", slots[i], n);
    for (unsigned n = 1; n <= OTHERS; n++)
        for (unsigned i = 0; i < 4; i++)
            put(",\"%s_%u\"", others[i], n);
    for (unsigned i = 0; i < 7; i++)
        put(",\"%s\"", last[i]);
    for (unsigned n = 1; n <= SLOTS; n++)
        put(",\"Healthcare Provider Taxonomy Group_%u\"", n);
    put("\r\n");
    file_begin(line);
}

struct licence {
    const char *taxonomy, *number, *state, *primary;
};
struct provider {
    const char *npi, *entity, *last, *first, *deactivated, *reactivated;
    struct licence licences[3];
};

static void add(const struct provider *p)
{
    at = 0;
    for (unsigned i = 0; i < COLUMNS; i++) {
        const char *value = NULL;
        if (i >= TAXONOMY && i < TAXONOMY + 12) {
            const struct licence *l = &p->licences[(i - TAXONOMY) / 4];
            const char *const members[] = {l->taxonomy, l->number, l->state, l->primary};
            value = members[(i - TAXONOMY) % 4];
        } else {
            value = i == 0 ? p->npi : i == 1 ? p->entity : i == 5 ? p->last : i == 6 ? p->first : i == 39 ? p->deactivated
                  : i == 40 ? p->reactivated : i == SEX ? "F" : i == 3 ? "<UNAVAIL>" : NULL;
        }
        put("%s\"%s\"", i ? "," : "", value ? value : "");
    }
    file_add("%s", line);
}

static void is(const char *found, const char *expected)
{
    assert_string_equal(found, expected);
}

/* --- scenario 21 of DOMAIN 8 --- */

static void either_name_of_the_column_of_sex(void **state)
{
    static const char *const names[] = {"Provider Gender Code", "Provider Sex Code"};
    struct world *w = *state;
    for (unsigned i = 0; i < 2; i++) {
        begin(names[i]);
        add(&(struct provider){npi(1, i), "1", "EXAMPLE", "ANA", .licences = {{"207R00000X", i ? "KS-2" : "KS-1", "KS", "Y"}}});
        struct file f = checked(w, "clinic-1", "people-nppes", file_bytes());
        is(outcome(w, &f), "4: 1 0 0 0 0");
        apply_file(w, &f);
    }
    is(text(w, "select p.name || ' ' || l.number || l.jurisdiction || l.profession || l.specialty || l.privileges || l.assurance from licence l "
               "join practitioner p on p.id = l.practitioner order by 1"),
       "ANA EXAMPLE KS-1[\"US-KS\"]1[{\"system\":\"nucc\",\"code\":\"207R00000X\"}]"
       "{\"prescribe\":false,\"schedules\":[],\"antimicrobial_grade\":0,\"narcotic\":false}1; "
       "ANA EXAMPLE KS-2[\"US-KS\"]1[{\"system\":\"nucc\",\"code\":\"207R00000X\"}]"
       "{\"prescribe\":false,\"schedules\":[],\"antimicrobial_grade\":0,\"narcotic\":false}1");
}

/* --- rows --- */

static void outcomes(void **state)
{
    struct world *w = *state;
    begin("Provider Sex Code");
    add(&(struct provider){npi(1, 1), "2", .licences = {{"207R00000X", "KS-1", "KS", "Y"}}});                         /* 2 */
    add(&(struct provider){npi(1, 2), "", .deactivated = "01/15/2025"});                                              /* 3 */
    add(&(struct provider){npi(1, 3), "1", "BACK", "BEA", .deactivated = "01/15/2024", .reactivated = "03/15/2024"});                               /* 4 */
    add(&(struct provider){npi(1, 4), "1", "GONE", "GIL", .deactivated = "01/15/2025", .reactivated = "03/15/2024"});                               /* 5 */
    add(&(struct provider){"1234567898", "1", "WRONG", .first = "WIM"});                                                       /* 6 */
    add(&(struct provider){npi(1, 7), "1", "DATE", "DAN", .deactivated = "2025-01-15"});                                             /* 7 */
    add(&(struct provider){npi(1, 8), "1", "NONE", "NED", .licences = {{"207R00000X", "TX-8", "TX", "Y"}}});          /* 8 */
    add(&(struct provider){npi(1, 9), "1", "TWO", "TED", .licences = {{"163W00000X", "RN-9", "KS", "N"},              /* 9 */
                                                                     {"207R00000X", "MD-9", "KS", "Y"},
                                                                     {"207RC0000X", "MD-9", "KS", "N"}}});
    add(&(struct provider){npi(1, 10), "1", "ODD", "OLE", .licences = {{"261Q00000X", "X-10", "KS", "Y"}}});          /* 10 */
    add(&(struct provider){npi(1, 9), "1", "TWO", "TED", .licences = {{"163W00000X", "RN-9", "KS", "N"},              /* 11 */
                                                                     {"207R00000X", "MD-9", "KS", "Y"},
                                                                     {"207RC0000X", "MD-9", "KS", "N"}}});
    file_add("\"%s\",\"1\",\"\"", npi(1, 12));                                                                        /* 12 */
    add(&(struct provider){npi(1, 13), "1", "", .first = "NAMELESS"});                                                         /* 13 */
    struct file f = checked(w, "clinic-1", "people-nppes", file_bytes());
    is(row(w, &f, 2), "5 Entity Type Code: an organization, no person");
    is(row(w, &f, 3), "5 NPI Deactivation Date: the NPI is deactivated");
    is(row(w, &f, 4), "4 licence: none is known: the regulator's roll brings it");
    is(row(w, &f, 5), "5 NPI Deactivation Date: the NPI is deactivated");
    is(row(w, &f, 6), "5 identifiers: the check digit of the NPI is wrong");
    is(row(w, &f, 7), "5 NPI Deactivation Date: not a date like 01/31/2026");
    is(row(w, &f, 8), "4 licence: none is known: the regulator's roll brings it");
    is(row(w, &f, 9), "1");
    is(row(w, &f, 10), "4 licence: none is known: the regulator's roll brings it");
    is(row(w, &f, 11), "4: the same as another line 9");
    is(row(w, &f, 12), "5: fewer or more fields than the header");
    is(row(w, &f, 13), "5 Provider Last Name (Legal Name): missing");
    apply_file(w, &f);
    is(text(w, "select number || specialty from licence"),
       "MD-9[{\"system\":\"nucc\",\"code\":\"207R00000X\"},{\"system\":\"nucc\",\"code\":\"207RC0000X\"}]");
    is(text(w, "select p.name || e.profession from expected e join practitioner p on p.id = e.practitioner order by 1"),
       "BEA BACK0; NED NONE1; OLE ODD0");
}

/* What is known of somebody stays: NPPES has her name in capitals, a number as she typed it, and no privileges. */
static void what_is_known_stays(void **state)
{
    struct world *w = *state;
    file_begin(PEOPLE_HEADER);
    file_add("Dr Ana Example,1980-02-29,%s,physician,independent,US-KS,KS-1,207Q00000X,yes,2030-01-01,primary,yes,2026-01-01,2030-01-01,Ward 1",
             npi(1, 1));
    file_add("Dr Waits,,%s,physician,independent,,,207Q00000X,no,,primary,yes,2026-01-01,,Ward 9", npi(1, 2));
    struct file f = checked(w, "clinic-1", "people-csv", file_bytes());
    apply_file(w, &f);
    begin("Provider Sex Code");
    add(&(struct provider){npi(1, 1), "1", "EXAMPLE", "ANA", .licences = {{"207R00000X", "ks1", "KS", "Y"}}});
    add(&(struct provider){npi(1, 1), "1", "EXAMPLE", "ANA", .licences = {{"207R00000X", "KS-1", "KS", "Y"}}});
    add(&(struct provider){npi(1, 2), "1", "WAITS", .first = "DR"});
    f = checked(w, "clinic-1", "people-nppes", file_bytes());
    is(row(w, &f, 2), "3");
    is(row(w, &f, 3), "3");
    is(row(w, &f, 4), "4 licence: none is known: the regulator's roll brings it");
    apply_file(w, &f);
    is(text(w, "select name from practitioner order by 1"), "Dr Ana Example; Dr Waits");
    is(text(w, "select number || privileges || licensed_until || specialty from licence"),
       "KS-1{\"prescribe\":true,\"schedules\":[],\"antimicrobial_grade\":0,\"narcotic\":false}20300101"
       "[{\"system\":\"nucc\",\"code\":\"207Q00000X\"}]");
    is(text(w, "select basis || ' ' || consent || ' ' || to_s from affiliation"), "1 1 1893456000");
    is(text(w, "select unit || profession || specialty || basis || consent from expected"),
       "unit\nWard 91[{\"system\":\"nucc\",\"code\":\"207Q00000X\"}]11");
}

/* --- headers --- */

static void other_headers(void **state)
{
    static const char *const headers[] = {
        PEOPLE_HEADER,
        "NPI,Entity Type Code,Provider Last Name (Legal Name),Provider First Name,NPI Reactivation Date,Healthcare Provider Taxonomy Code_1\r\n",
        "NPI,Entity Type Code,Provider Last Name (Legal Name),Provider First Name,NPI Deactivation Date,NPI Reactivation Date\r\n",
        ("NPI,NPI,Entity Type Code,Provider Last Name (Legal Name),Provider First Name,NPI Deactivation Date,NPI Reactivation Date,"
         "Healthcare Provider Taxonomy Code_1\r\n")};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        file_begin(headers[i]);
        file_add("a,b");
        struct file f = checked(w, "clinic-1", "people-nppes", file_bytes());
        assert_non_null(strstr(outcome(w, &f), "the header is not that of the template"));
    }
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
        TEST(either_name_of_the_column_of_sex),
        TEST(outcomes),
        TEST(what_is_known_stays),
        TEST(other_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
