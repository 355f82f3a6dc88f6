#include "columns.h"
#include "cursor.h"
#include "date.h"
#include "identifier.h"

enum column {
    NAME, BIRTH_DATE, NPI, DEA, CN_ID, CN_PRACTICE, GMC, IDENTIFIER_SYSTEM, IDENTIFIER_VALUE,
    PROFESSION, LEVEL, JURISDICTION, LICENCE_NUMBER, SPECIALTY,
    PRESCRIBE, SCHEDULES, ANTIMICROBIAL_GRADE, NARCOTIC, IMAGING_REPORT, PATHOLOGY, PSYCHOTHERAPY, TCM, CERTIFY_DEATH, SUPPLEMENTARY_ONLY,
    INDEPENDENT_SINCE, LICENSED_UNTIL,
    BASIS, CONSENT, FROM, TO, UNIT,
    STATUS,
    COLUMN_COUNT
};

#define PEOPLE 1u
#define ROLL   2u

static const struct {
    const char *name;
    unsigned tables, required;
} known[COLUMN_COUNT] = {
    [NAME] = {"name", PEOPLE | ROLL, PEOPLE},
    [BIRTH_DATE] = {"birth_date", PEOPLE | ROLL, 0},
    [NPI] = {"npi", PEOPLE | ROLL, 0},
    [DEA] = {"dea", PEOPLE | ROLL, 0},
    [CN_ID] = {"cn_id", PEOPLE | ROLL, 0},
    [CN_PRACTICE] = {"cn_practice", PEOPLE | ROLL, 0},
    [GMC] = {"gmc", PEOPLE | ROLL, 0},
    [IDENTIFIER_SYSTEM] = {"identifier_system", PEOPLE | ROLL, 0},
    [IDENTIFIER_VALUE] = {"identifier_value", PEOPLE | ROLL, 0},
    [PROFESSION] = {"profession", PEOPLE | ROLL, PEOPLE | ROLL},
    [LEVEL] = {"level", PEOPLE | ROLL, PEOPLE | ROLL},
    [JURISDICTION] = {"jurisdiction", PEOPLE | ROLL, PEOPLE | ROLL},
    [LICENCE_NUMBER] = {"licence_number", PEOPLE | ROLL, PEOPLE | ROLL},
    [SPECIALTY] = {"specialty", PEOPLE | ROLL, 0},
    [PRESCRIBE] = {"prescribe", PEOPLE | ROLL, 0},
    [SCHEDULES] = {"schedules", PEOPLE | ROLL, 0},
    [ANTIMICROBIAL_GRADE] = {"antimicrobial_grade", PEOPLE | ROLL, 0},
    [NARCOTIC] = {"narcotic", PEOPLE | ROLL, 0},
    [IMAGING_REPORT] = {"imaging_report", PEOPLE | ROLL, 0},
    [PATHOLOGY] = {"pathology", PEOPLE | ROLL, 0},
    [PSYCHOTHERAPY] = {"psychotherapy", PEOPLE | ROLL, 0},
    [TCM] = {"tcm", PEOPLE | ROLL, 0},
    [CERTIFY_DEATH] = {"certify_death", PEOPLE | ROLL, 0},
    [SUPPLEMENTARY_ONLY] = {"supplementary_only", PEOPLE | ROLL, 0},
    [INDEPENDENT_SINCE] = {"independent_since", PEOPLE | ROLL, 0},
    [LICENSED_UNTIL] = {"licensed_until", PEOPLE | ROLL, 0},
    [BASIS] = {"basis", PEOPLE, PEOPLE},
    [CONSENT] = {"consent", PEOPLE, PEOPLE},
    [FROM] = {"from", PEOPLE, PEOPLE},
    [TO] = {"to", PEOPLE, 0},
    [UNIT] = {"unit", PEOPLE, 0},
    [STATUS] = {"status", ROLL, ROLL},
};
_Static_assert((int)COLUMN_COUNT <= (int)COLUMNS_MAX, "columns_put() counts on it");

/* --- the header --- */

static bool same_name(span text, const char *name)
{
    size_t i = 0;
    for (; i < text.size && name[i]; i++) {
        uint8_t c = text.data[i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != (uint8_t)name[i])
            return false;
    }
    return i == text.size && !name[i];
}

bool columns_read(enum table table, const span *header, size_t count, struct columns *ret, span *ret_column, const char **ret_reason)
{
    const unsigned which = table == TABLE_ROLL ? ROLL : PEOPLE;
    *ret = (struct columns){.table = table, .count = count};
    for (size_t i = 0; i < count; i++) {
        size_t c = 0;
        while (c < COLUMN_COUNT && !((known[c].tables & which) && same_name(header[i], known[c].name)))
            c++;
        *ret_column = header[i];
        *ret_reason = c == COLUMN_COUNT ? "no column of this template" : "stands twice";
        if (c == COLUMN_COUNT || ret->at[c])
            return false;
        ret->at[c] = i + 1;
    }
    for (size_t c = 0; c < COLUMN_COUNT; c++)
        if ((known[c].required & which) && !ret->at[c]) {
            *ret_column = span_text(known[c].name);
            *ret_reason = "this column is missing";
            return false;
        }
    return true;
}

/* --- a row --- */

struct row {
    const struct columns *columns;
    const span *fields;
    struct json_out *o;
    const char *column, *reason;
};

/* What a row has in a column; empty: nothing. */
static span field(const struct row *r, enum column c)
{
    return r->columns->at[c] ? r->fields[r->columns->at[c] - 1] : span_of(NULL, 0);
}

static bool no(struct row *r, enum column c, const char *reason)
{
    r->column = known[c].name;
    r->reason = reason;
    return false;
}

static bool read_bool(struct row *r, enum column c, bool *ret)
{
    span text = field(r, c);
    *ret = same_name(text, "yes") || same_name(text, "true") || same_name(text, "1") || same_name(text, "y");
    return *ret || text.size == 0 || same_name(text, "no") || same_name(text, "false") || same_name(text, "0") || same_name(text, "n") ||
           no(r, c, "neither yes nor no");
}

static void put_if(struct row *r, const char *name, enum column c)
{
    if (field(r, c).size)
        json_put_text_member(r->o, name, field(r, c));
}

static bool put_day(struct row *r, const char *name, enum column c)
{
    uint64_t t;
    if (field(r, c).size == 0)
        return true;
    if (field(r, c).size != 10 || !date_seconds(field(r, c), &t))
        return no(r, c, "not a date like 2026-11-22");
    json_put_integer_member(r->o, name, t);
    return true;
}

static bool next_word(span *text, span *ret)
{
    while (text->size && (text->data[0] == ' ' || text->data[0] == ';'))
        *text = span_of(text->data + 1, text->size - 1);
    size_t size = 0;
    while (size < text->size && text->data[size] != ' ' && text->data[size] != ';')
        size++;
    if (size == 0)
        return false;
    *ret = span_of(text->data, size);
    *text = span_of(text->data + size, text->size - size);
    return true;
}

static void put_words(struct row *r, const char *name, enum column c)
{
    span text = field(r, c), word;
    json_put_name(r->o, name);
    json_put_array(r->o);
    while (next_word(&text, &word))
        json_put_text(r->o, word);
    json_end_array(r->o);
}

static void put_pair(struct json_out *o, span system, const char *second, span value)
{
    json_put_object(o);
    json_put_text_member(o, "system", system);
    json_put_text_member(o, second, value);
    json_end_object(o);
}

/* A code alone is of NUCC; others are written system|code. */
static void put_specialty(struct row *r)
{
    span text = field(r, SPECIALTY), word;
    json_put_name(r->o, "specialty");
    json_put_array(r->o);
    while (next_word(&text, &word)) {
        const uint8_t *bar = memchr(word.data, '|', word.size);
        size_t size = bar ? (size_t)(bar - word.data) : 0;
        put_pair(r->o, bar ? span_of(word.data, size) : SPAN("nucc"), "code",
                 bar ? span_of(bar + 1, word.size - size - 1) : word);
    }
    json_end_array(r->o);
}

static bool put_practitioner(struct row *r)
{
    static const struct {
        enum column column;
        const char *system;
    } systems[] = {{NPI, "npi"}, {DEA, "dea"}, {CN_ID, "cn-id"}, {CN_PRACTICE, "cn-practice"}, {GMC, "gmc"}};
    span system = field(r, IDENTIFIER_SYSTEM), value = field(r, IDENTIFIER_VALUE);
    if ((system.size > 0) != (value.size > 0))
        return no(r, system.size ? IDENTIFIER_VALUE : IDENTIFIER_SYSTEM, "system and value stand together");
    json_put_name(r->o, "practitioner");
    json_put_object(r->o);
    put_if(r, "name", NAME);
    put_if(r, "birth_date", BIRTH_DATE);
    json_put_name(r->o, "identifiers");
    json_put_array(r->o);
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
        if (field(r, systems[i].column).size)
            put_pair(r->o, span_text(systems[i].system), "value", field(r, systems[i].column));
    if (system.size)
        put_pair(r->o, identifier_system(system), "value", value);
    json_end_array(r->o);
    json_end_object(r->o);
    return true;
}

static bool put_privileges(struct row *r)
{
    static const enum column rare[] = {IMAGING_REPORT, PATHOLOGY, PSYCHOTHERAPY, TCM, CERTIFY_DEATH, SUPPLEMENTARY_ONLY};
    bool held;
    uint64_t grade = 0;
    span text = field(r, ANTIMICROBIAL_GRADE);
    if (text.size && !span_decimal(text, 3, &grade))
        return no(r, ANTIMICROBIAL_GRADE, "not 0 to 3");
    json_put_name(r->o, "privileges");
    json_put_object(r->o);
    if (!read_bool(r, PRESCRIBE, &held))
        return false;
    json_put_bool_member(r->o, "prescribe", held);
    put_words(r, "schedules", SCHEDULES);
    json_put_integer_member(r->o, "antimicrobial_grade", grade);
    if (!read_bool(r, NARCOTIC, &held))
        return false;
    json_put_bool_member(r->o, "narcotic", held);
    for (size_t i = 0; i < sizeof rare / sizeof *rare; i++) {
        if (!read_bool(r, rare[i], &held))
            return false;
        if (held)
            json_put_bool_member(r->o, known[rare[i]].name, true);
    }
    json_end_object(r->o);
    return true;
}

/* A row without a number says who is expected to bring a licence. */
static bool put_licence(struct row *r)
{
    if (field(r, LICENCE_NUMBER).size == 0) {
        put_if(r, "profession", PROFESSION);
        put_specialty(r);
        return true;
    }
    json_put_name(r->o, "licence");
    json_put_object(r->o);
    put_if(r, "profession", PROFESSION);
    put_if(r, "level", LEVEL);
    put_words(r, "jurisdiction", JURISDICTION);
    put_if(r, "number", LICENCE_NUMBER);
    put_specialty(r);
    if (!put_privileges(r))
        return false;
    json_put_name(r->o, "conditions");
    json_put_array(r->o);
    json_end_array(r->o);
    put_if(r, "independent_since", INDEPENDENT_SINCE);
    put_if(r, "licensed_until", LICENSED_UNTIL);
    json_end_object(r->o);
    return true;
}

static bool put_affiliation(struct row *r)
{
    bool consent;
    json_put_name(r->o, "affiliation");
    json_put_object(r->o);
    put_if(r, "basis", BASIS);
    if (!read_bool(r, CONSENT, &consent))
        return false;
    json_put_bool_member(r->o, "consent", consent);
    if (!put_day(r, "from", FROM) || !put_day(r, "to", TO))
        return false;
    json_end_object(r->o);
    if (field(r, UNIT).size) {
        json_put_name(r->o, "unit");
        json_put_object(r->o);
        json_put_text_member(r->o, "system", SPAN("unit"));
        json_put_text_member(r->o, "value", field(r, UNIT));
        json_end_object(r->o);
    }
    return true;
}

bool columns_put(const struct columns *columns, const span *fields, size_t count, struct json_out *o, const char **ret_column,
                 const char **ret_reason)
{
    struct row r = {.columns = columns, .fields = fields, .o = o, .column = "", .reason = "fewer or more fields than the header"};
    bool good = count == columns->count;
    if (good) {
        json_put_object(o);
        good = put_practitioner(&r) && put_licence(&r) && (columns->table == TABLE_ROLL || put_affiliation(&r));
        if (good && columns->table == TABLE_ROLL)
            put_if(&r, "status", STATUS);
        json_end_object(o);
    }
    *ret_column = r.column;
    *ret_reason = r.reason;
    return good;
}
