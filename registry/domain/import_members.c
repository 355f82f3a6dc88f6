#include "import_members.h"
#include "deed_schema.h"
#include "enrolment.h"
#include "identifier.h"
#include "rows.h"
#include "transaction.h"

#define WORDS(name, ...)                                         \
    static const char *const name##_words[] = {__VA_ARGS__};     \
    const struct vocabulary name = {name##_words, sizeof name##_words / sizeof *name##_words}
WORDS(import_states, "uploading", "received", "checking", "checked", "applying", "applied", "failed");
WORDS(import_outcomes, "added", "updated", "unchanged", "flagged", "rejected");
WORDS(import_templates, "people-csv", "roll-csv", "fhir-r4", "people-nppes");

#define AT(type, member) .offset = offsetof(struct type, member)
#define DEPTH 8u
#define IDENTIFIERS_MAX 8u

static const struct schema_field person_fields[] = {
    {.name = "name", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, .optional = true, AT(import_person, name)},
    {.name = "birth_date", .kind = FIELD_DATE, .optional = true, AT(import_person, birth_date)},
    {.name = "identifiers", .kind = FIELD_OBJECTS, .max = IDENTIFIERS_MAX, .more = &deed_identifier_schema, AT(import_person, identifiers)}};
static const struct schema person_schema = SCHEMA(struct import_person, person_fields);

static const struct schema_field affiliation_fields[] = {
    {.name = "basis", .kind = FIELD_WORD, .more = &site_bases, AT(import_affiliation, basis)},
    {.name = "consent", .kind = FIELD_BOOL, AT(import_affiliation, consent)},
    {.name = "from", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, .optional = true, AT(import_affiliation, from)},
    {.name = "to", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, .optional = true, AT(import_affiliation, to)}};
static const struct schema affiliation_schema = SCHEMA(struct import_affiliation, affiliation_fields);

static const struct schema_field unit_fields[] = {
    {.name = "system", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(import_unit, system)},
    {.name = "value", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(import_unit, value)},
    {.name = "name", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, .optional = true, AT(import_unit, name)}};
static const struct schema unit_schema = SCHEMA(struct import_unit, unit_fields);

static const struct schema_field members_fields[] = {
    {.name = "practitioner", .kind = FIELD_OBJECT, .more = &person_schema, .optional = true, AT(import_members, practitioner)},
    {.name = "licence", .kind = FIELD_OBJECT, .more = &deed_licence_schema, .optional = true, AT(import_members, licence)},
    {.name = "affiliation", .kind = FIELD_OBJECT, .more = &affiliation_schema, .optional = true, AT(import_members, affiliation)},
    {.name = "profession", .kind = FIELD_WORD, .more = &professions, .optional = true, AT(import_members, profession)},
    {.name = "specialty", .kind = FIELD_OBJECTS, .max = DEED_LIST_MAX, .more = &claim_specialty_schema, .optional = true,
     AT(import_members, specialty)},
    {.name = "unit", .kind = FIELD_OBJECT, .more = &unit_schema, .optional = true, AT(import_members, unit)},
    {.name = "status", .kind = FIELD_TEXT, .max = 64, .optional = true, AT(import_members, status)},
    {.name = "of", .kind = FIELD_TEXT, .max = 2 * CSIGN_STRING_MAX, .optional = true, AT(import_members, of)}};
static const struct schema members_schema = SCHEMA(struct import_members, members_fields);

csign_code import_members_read(span json, struct buffer *scratch, struct import_members *ret, csign_fault *fault)
{
    memset(ret, 0, sizeof *ret);
    return schema_read_text(json, DEPTH, scratch, &members_schema, ret, CSIGN_E_BODY_MALFORMED, CSIGN_E_FIELD_INVALID, fault);
}

/* --- verdicts --- */

bool import_is_refusal(csign_code code)
{
    return code != CSIGN_OK && code != CSIGN_E_UNAVAILABLE && code != CSIGN_E_NO_SPACE && code != CSIGN_E_INTERNAL;
}

csign_code import_refuse(struct import_verdict *v, const char *field, const char *reason)
{
    v->outcome = IMPORT_REJECTED;
    v->field = field;
    v->reason = reason;
    return CSIGN_OK;
}

void import_flag(struct import_verdict *v, const char *field, const char *reason)
{
    if (!v->flagged && v->outcome != IMPORT_REJECTED) { /* the first finding is told */
        v->field = field;
        v->reason = reason;
    }
    v->flagged = true;
}

/* Added counts for more than updated, and that for more than unchanged. */
void import_raise(struct import_verdict *v, enum import_outcome did)
{
    if (v->did == IMPORT_PENDING || did < v->did)
        v->did = did;
}

void import_settle(struct import_verdict *v)
{
    if (v->outcome != IMPORT_REJECTED)
        v->outcome = v->flagged ? IMPORT_FLAGGED : v->did == IMPORT_PENDING ? IMPORT_UNCHANGED : v->did;
}

/* --- shared steps --- */

csign_code import_find_person(struct acting *a, struct object_list identifiers, struct import_verdict *v, span *ret)
{
    const struct deed_identifier *items = identifiers.items;
    const char *reason;
    span found;
    *ret = span_of(NULL, 0);
    for (size_t i = 0; i < identifiers.count; i++) {
        enum identifier_form form = identifier_check(items[i].system, items[i].value, &reason);
        if (form == IDENTIFIER_BAD)
            return import_refuse(v, "identifiers", reason);
        if (form == IDENTIFIER_ODD)
            import_flag(v, "identifiers", reason);
        TRY(query_one_text(QUERY(a->session, SQL_PRACTITIONER_BY_IDENTIFIER, VALUE_TEXT(items[i].system), VALUE_TEXT(items[i].value)),
                           a->scratch, &found));
        if (found.data && ret->data && !span_equal(found, *ret))
            return import_refuse(v, "identifiers", "they are of two people who are enrolled here");
        if (found.data)
            *ret = found;
    }
    return CSIGN_OK;
}

csign_code import_compare_licence(struct acting *a, span id, const struct deed_licence *l, enum import_compared how,
                                  const char **ret_differs, bool *ret_validated)
{
    const bool until = how == COMPARE_UNTIL;
    struct licence_columns columns;
    *ret_differs = NULL;
    *ret_validated = false;
    TRY(licence_columns(a, l, &columns));
    struct query q = QUERY(a->session, SQL_LICENCE_READ, VALUE_TEXT(id));
    if (query_row(&q)) {
        const struct {
            const char *field;
            bool same;
        } members[] = {{"level", until || query_integer(&q, 3) == l->level},
                       {"specialty", how != COMPARE_WHOLE || span_equal(query_text(&q, 6), columns.specialty)},
                       {"privileges", until || span_equal(query_text(&q, 7), columns.privileges)},
                       {"independent_since", until || query_integer(&q, 9) == l->independent_since},
                       {"licensed_until", (until && !l->licensed_until) || query_integer(&q, 10) == l->licensed_until}};
        for (size_t i = 0; !*ret_differs && i < sizeof members / sizeof *members; i++)
            if (!members[i].same)
                *ret_differs = members[i].field;
        *ret_validated = query_integer(&q, 11) == ASSURANCE_VALIDATED;
    }
    return query_close(&q);
}

csign_code import_insert_licence(struct acting *a, const struct deed_licence *l, span practitioner, uint8_t assurance, span *ret)
{
    struct licence_columns columns;
    TRY(licence_columns(a, l, &columns));
    TRY(insert_licence(a, l, &columns, practitioner, ret));
    return assurance == ASSURANCE_VALIDATED ? RUN(a->session, SQL_LICENCE_VALIDATE, VALUE_TEXT(*ret), VALUE_INTEGER(a->now_ms / 1000)) : CSIGN_OK;
}

csign_code import_insert_affiliation(struct acting *a, span practitioner, span licence, span institution,
                                     const struct import_affiliation *f, span unit)
{
    span id = make_id(a);
    const uint8_t *line = unit.size ? memchr(unit.data, '\n', unit.size) : NULL;
    TRY(RUN(a->session, SQL_AFFILIATION_INSERT, VALUE_TEXT(id), VALUE_TEXT(practitioner), VALUE_TEXT(licence), VALUE_TEXT(institution),
            VALUE_INTEGER(f->basis), VALUE_INTEGER(f->consent), VALUE_INTEGER(f->from ? f->from : a->now_ms / 1000), VALUE_INTEGER(f->to),
            VALUE_HASH(a->hash)));
    if (!line)
        return CSIGN_OK;
    size_t size = (size_t)(line - unit.data);
    return RUN(a->session, SQL_AFFILIATION_UNIT_WRITE, VALUE_TEXT(id), VALUE_TEXT(span_of(unit.data, size)),
               VALUE_TEXT(span_of(line + 1, unit.size - size - 1)));
}
