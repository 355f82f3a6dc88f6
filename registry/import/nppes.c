#include "nppes.h"
#include "cursor.h"
#include "date.h"
#include "profession.h"
#include "schema.h"

/* --- the header --- */

static const struct {
    const char *name;
    bool required;
} known[NPPES_COLUMNS] = {
    [NPPES_NPI] = {"NPI", true},
    [NPPES_ENTITY] = {"Entity Type Code", true},
    [NPPES_LAST] = {"Provider Last Name (Legal Name)", true},
    [NPPES_FIRST] = {"Provider First Name", true},
    [NPPES_MIDDLE] = {"Provider Middle Name", false},
    [NPPES_SUFFIX] = {"Provider Name Suffix Text", false},
    [NPPES_DEACTIVATED] = {"NPI Deactivation Date", true}, /* without it, who is deactivated could not be told */
    [NPPES_REACTIVATED] = {"NPI Reactivation Date", true},
};
static const char *const slots[NPPES_SLOTS] = {[NPPES_TAXONOMY] = "Healthcare Provider Taxonomy Code_",
                                               [NPPES_NUMBER] = "Provider License Number_",
                                               [NPPES_STATE] = "Provider License Number State Code_",
                                               [NPPES_PRIMARY] = "Healthcare Provider Primary Taxonomy Switch_"};

/* Where a column of this name is noted; NULL for one that is read over, as that of sex is, whatever it is called. */
static size_t *place_of(struct nppes *n, span name)
{
    uint64_t number;
    for (size_t c = 0; c < NPPES_COLUMNS; c++)
        if (span_equal(name, span_text(known[c].name)))
            return &n->at[c];
    for (size_t s = 0; s < NPPES_SLOTS; s++) {
        const span prefix = span_text(slots[s]);
        if (span_starts(name, prefix) && span_decimal(span_of(name.data + prefix.size, name.size - prefix.size), NPPES_LICENCES, &number) && number)
            return &n->of[number - 1][s];
    }
    return NULL;
}

bool nppes_read(const span *header, size_t count, struct nppes *ret)
{
    *ret = (struct nppes){.count = count};
    for (size_t i = 0; i < count; i++) {
        size_t *place = place_of(ret, header[i]);
        if (place && *place)
            return false;
        if (place)
            *place = i + 1;
    }
    for (size_t c = 0; c < NPPES_COLUMNS; c++)
        if (known[c].required && !ret->at[c])
            return false;
    return ret->of[0][NPPES_TAXONOMY] > 0;
}

/* --- a row --- */

struct row {
    const struct nppes *columns;
    const span *fields;
    const char *column, *reason;
};

static span at(const struct row *r, size_t place)
{
    span text = place ? r->fields[place - 1] : span_of(NULL, 0);
    return span_equal(text, SPAN("<UNAVAIL>")) ? span_of(NULL, 0) : text;
}

static span field(const struct row *r, enum nppes_column c)
{
    return at(r, r->columns->at[c]);
}

static span slot(const struct row *r, size_t n, enum nppes_slot s)
{
    return at(r, r->columns->of[n][s]);
}

static bool no(struct row *r, enum nppes_column c, const char *reason)
{
    r->column = known[c].name;
    r->reason = reason;
    return false;
}

/* "01/31/2026"; 0: none is given. */
static bool read_day(struct row *r, enum nppes_column c, uint64_t *ret)
{
    span text = field(r, c);
    char day[10];
    *ret = 0;
    if (text.size == 0)
        return true;
    if (text.size != sizeof day || text.data[2] != '/' || text.data[5] != '/')
        return no(r, c, "not a date like 01/31/2026");
    memcpy(day, text.data + 6, 4);
    memcpy(day + 5, text.data, 2);
    memcpy(day + 8, text.data + 3, 2);
    day[4] = day[7] = '-';
    return date_seconds(span_of(day, sizeof day), ret) || no(r, c, "not a date like 01/31/2026");
}

/* Deactivated numbers stand in the file with nothing but the date; a later reactivation gives them back. */
static bool is_somebody(struct row *r)
{
    uint64_t deactivated, reactivated;
    if (!read_day(r, NPPES_DEACTIVATED, &deactivated) || !read_day(r, NPPES_REACTIVATED, &reactivated))
        return false;
    if (deactivated && reactivated < deactivated)
        return no(r, NPPES_DEACTIVATED, "the NPI is deactivated");
    if (span_equal(field(r, NPPES_ENTITY), SPAN("2")))
        return no(r, NPPES_ENTITY, "an organization, no person");
    if (!span_equal(field(r, NPPES_ENTITY), SPAN("1")))
        return no(r, NPPES_ENTITY, "neither 1, a person, nor 2");
    return field(r, NPPES_LAST).size > 0 || no(r, NPPES_LAST, "missing");
}

static void put_practitioner(const struct row *r, struct buffer *scratch, struct json_out *o)
{
    static const enum nppes_column parts[] = {NPPES_FIRST, NPPES_MIDDLE, NPPES_LAST, NPPES_SUFFIX};
    size_t from = scratch->size;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (field(r, parts[i]).size && scratch->size > from)
            buffer_byte(scratch, ' ');
        buffer_put(scratch, field(r, parts[i]));
    }
    json_put_name(o, "practitioner");
    json_put_object(o);
    json_put_text_member(o, "name", buffer_since(scratch, from));
    json_put_name(o, "identifiers");
    json_put_array(o);
    json_put_object(o);
    json_put_text_member(o, "system", SPAN("npi"));
    json_put_text_member(o, "value", field(r, NPPES_NPI));
    json_end_object(o);
    json_end_array(o);
    json_end_object(o);
}

static span jurisdiction_of(const struct row *r, size_t n, struct buffer *scratch)
{
    size_t from = scratch->size;
    buffer_text(scratch, "US-");
    buffer_put(scratch, slot(r, n, NPPES_STATE));
    return buffer_since(scratch, from);
}

static bool is_primary(const struct row *r, size_t n)
{
    return span_equal(slot(r, n, NPPES_PRIMARY), SPAN("Y"));
}

/* The licence that is valid where the institution is, the primary one before others; NPPES_LICENCES: none. */
static size_t choose(const struct row *r, span jurisdiction, struct buffer *scratch)
{
    size_t chosen = NPPES_LICENCES;
    for (size_t n = 0; n < NPPES_LICENCES; n++)
        if (slot(r, n, NPPES_NUMBER).size && slot(r, n, NPPES_STATE).size == 2 && profession_of_code(slot(r, n, NPPES_TAXONOMY)) &&
            jurisdiction_covers(jurisdiction, jurisdiction_of(r, n, scratch)) && (chosen == NPPES_LICENCES || is_primary(r, n)))
            chosen = n;
    return chosen;
}

/* The taxonomies under one licence; without one, all. */
static void put_specialty(const struct row *r, size_t licence, struct json_out *o)
{
    json_put_name(o, "specialty");
    json_put_array(o);
    for (size_t n = 0; n < NPPES_LICENCES; n++) {
        if (slot(r, n, NPPES_TAXONOMY).size == 0 ||
            (licence < NPPES_LICENCES && !(span_equal(slot(r, n, NPPES_NUMBER), slot(r, licence, NPPES_NUMBER)) &&
                                           span_equal(slot(r, n, NPPES_STATE), slot(r, licence, NPPES_STATE)))))
            continue;
        json_put_object(o);
        json_put_text_member(o, "system", SPAN("nucc"));
        json_put_text_member(o, "code", slot(r, n, NPPES_TAXONOMY));
        json_end_object(o);
    }
    json_end_array(o);
}

/* Who tells NPPES a licence's number tells it no level and no privileges: none is taken from it. */
static void put_licence(const struct row *r, size_t n, struct buffer *scratch, struct json_out *o)
{
    json_put_name(o, "licence");
    json_put_object(o);
    json_put_text_member(o, "profession", span_text(profession_of_code(slot(r, n, NPPES_TAXONOMY))));
    json_put_text_member(o, "level", SPAN("independent"));
    json_put_name(o, "jurisdiction");
    json_put_array(o);
    json_put_text(o, jurisdiction_of(r, n, scratch));
    json_end_array(o);
    json_put_text_member(o, "number", slot(r, n, NPPES_NUMBER));
    put_specialty(r, n, o);
    json_put_name(o, "privileges");
    json_put_raw(o, SPAN("{\"prescribe\":false,\"schedules\":[],\"antimicrobial_grade\":0,\"narcotic\":false}"));
    json_put_name(o, "conditions");
    json_put_raw(o, SPAN("[]"));
    json_end_object(o);
}

static void put_expected(const struct row *r, struct json_out *o)
{
    const char *profession = NULL;
    for (size_t n = 0; n < NPPES_LICENCES && !profession; n++)
        if (is_primary(r, n))
            profession = profession_of_code(slot(r, n, NPPES_TAXONOMY));
    if (profession)
        json_put_text_member(o, "profession", span_text(profession));
    put_specialty(r, NPPES_LICENCES, o);
}

bool nppes_put(const struct nppes *columns, const span *fields, size_t count, span jurisdiction, struct buffer *scratch, struct json_out *o,
               const char **ret_column, const char **ret_reason)
{
    struct row r = {columns, fields, "", "fewer or more fields than the header"};
    bool good = count == columns->count && is_somebody(&r);
    if (good) {
        size_t licence = choose(&r, jurisdiction, scratch);
        json_put_object(o);
        put_practitioner(&r, scratch, o);
        if (licence < NPPES_LICENCES)
            put_licence(&r, licence, scratch, o);
        else
            put_expected(&r, o);
        json_put_name(o, "affiliation");
        json_put_raw(o, SPAN("{\"basis\":\"filed\",\"consent\":false}"));
        json_end_object(o);
    }
    *ret_column = r.column;
    *ret_reason = r.reason;
    return good;
}
