/* An enrolment corrected or voided, by the institution that made it. */
#include "enrolment.h"
#include "identifier.h"
#include "rows.h"
#include "status.h"

static csign_code conflict(const struct acting *a, const char *field, const char *reason)
{
    return fault_set(a->fault, CSIGN_E_CONFLICT, field, reason);
}

/* What an enrolment made or found: its result. */
struct enrolled {
    uint64_t present;
    span practitioner, licence, affiliation;
};
#define ID(member)                                                                     \
    {                                                                                  \
        .name = #member, .kind = FIELD_ID, .offset = offsetof(struct enrolled, member) \
    }
static const struct schema_field enrolled_fields[] = {ID(practitioner), ID(licence), ID(affiliation)};
static const struct schema enrolled_schema = SCHEMA(struct enrolled, enrolled_fields);

static csign_code read_enrolled(struct acting *a, const struct amended *named, struct enrolled *ret)
{
    return schema_read_text(named->row->result, 2, a->scratch, &enrolled_schema, ret, CSIGN_E_INTERNAL, CSIGN_E_INTERNAL,
                            a->fault);
}

static csign_code made_by(struct query q, int column, const struct amended *named, bool *ret)
{
    *ret = query_row(&q) && span_equal(query_blob(&q, column), span_of(named->hash, CSIGN_HASH_SIZE));
    return query_close(&q);
}

/* --- correct --- */

static bool names(const struct deed_practitioner *practitioner, const struct deed_identifier *wanted)
{
    const struct deed_identifier *items = practitioner->identifiers.items;
    for (size_t i = 0; i < practitioner->identifiers.count; i++)
        if (span_equal(items[i].system, wanted->system) && span_equal(items[i].value, wanted->value))
            return true;
    return false;
}

/* By her identifiers a person is known again: none is dropped while an order stands, or will. */
static csign_code check_dropped(struct acting *a, const struct deed_practitioner *before, const struct deed_practitioner *after,
                                span practitioner)
{
    const struct deed_identifier *items = before->identifiers.items;
    bool dropped = false, ordered = false;
    for (size_t i = 0; i < before->identifiers.count; i++)
        dropped |= !names(after, &items[i]);
    if (dropped)
        TRY(query_found(QUERY(a->session, SQL_ORDERS_ON_PERSON, VALUE_TEXT(practitioner), VALUE_INTEGER(DEED_SUSPEND_INTERIM),
                              VALUE_INTEGER(DEED_DEREGISTER), VALUE_INTEGER(DEED_DECEASED)),
                        &ordered));
    return ordered ? fault_set(a->fault, CSIGN_E_STANDING_ORDER, "identifiers", "none is dropped under an order") : CSIGN_OK;
}

static csign_code correct_person(struct acting *a, const struct amended *named, const struct enrolled *ids)
{
    const struct deed_practitioner *before = &named->before->enrol.practitioner, *after = &named->after->enrol.practitioner;
    const struct deed_identifier *items = before->identifiers.items;
    const struct status_subject subject = {.scope = STATUS_OF_PRACTITIONER, .id = ids->practitioner};
    bool made;
    TRY(made_by(QUERY(a->session, SQL_PRACTITIONER_READ, VALUE_TEXT(ids->practitioner)), 4, named, &made));
    if (!made)
        return conflict(a, "practitioner", "another deed enrolled the person: correct that one");
    if (after->id.data && !span_equal(after->id, ids->practitioner))
        return conflict(a, "practitioner", "another person: void the deed and enrol again");
    TRY(check_identifiers(a, after, ids->practitioner));
    TRY(check_dropped(a, before, after, ids->practitioner));
    for (size_t i = 0; i < before->identifiers.count; i++)
        TRY(RUN(a->session, SQL_IDENTIFIER_DELETE, VALUE_TEXT(identifier_system(items[i].system)), VALUE_TEXT(items[i].value),
                VALUE_TEXT(ids->practitioner)));
    TRY(insert_identifiers(a, after, ids->practitioner));
    TRY(RUN(a->session, SQL_PRACTITIONER_UPDATE, VALUE_TEXT(ids->practitioner), VALUE_TEXT(after->name),
            VALUE_INTEGER(after->birth_date)));
    return status_renew(a->registry, a->session, &subject, STATUS_RENEW_LIVE, REASON_ADMINISTRATIVE, a->hash, NULL, a->fault);
}

/* An authority's conditions are not the institution's to correct: if they are not what was enrolled, they stay. */
static csign_code settle_conditions(struct acting *a, const struct amended *named, span held, struct licence_columns *after)
{
    struct licence_columns before;
    TRY(licence_columns(a, &named->before->enrol.licence, &before));
    if (span_equal(held, before.conditions))
        return CSIGN_OK;
    if (!span_equal(after->conditions, before.conditions) && !span_equal(after->conditions, held))
        return conflict(a, "conditions", "an authority has changed them since");
    after->conditions = held;
    return CSIGN_OK;
}

/* Under another profession, number or place an order would no longer be found, nor its authority be the one that covers it. */
static csign_code check_moved(struct acting *a, const struct deed_licence *before, const struct deed_licence *after,
                              const struct licence_columns *columns, span practitioner)
{
    struct licence_columns old;
    TRY(licence_columns(a, before, &old));
    if (before->profession == after->profession && span_equal(before->number, after->number) &&
        span_equal(old.jurisdiction, columns->jurisdiction))
        return CSIGN_OK;
    TRY(check_orders_beside(a, before, practitioner));
    return check_orders_beside(a, after, practitioner);
}

static csign_code correct_licence(struct acting *a, const struct amended *named, const struct enrolled *ids)
{
    const struct deed_licence *l = &named->after->enrol.licence;
    const struct status_subject subject = {.scope = STATUS_OF_LICENCE, .id = ids->licence};
    struct licence_columns columns;
    span other;
    bool is_known;
    struct query q = QUERY(a->session, SQL_LICENCE_READ, VALUE_TEXT(ids->licence));
    bool made = query_row(&q) && span_equal(query_blob(&q, 14), span_of(named->hash, CSIGN_HASH_SIZE));
    span held = copy_span(a->scratch, query_text(&q, 8));
    TRY(query_close(&q));
    if (!made)
        return conflict(a, "licence", "another deed enrolled the licence: correct that one");
    TRY(check_issuable(a, l));
    TRY(licence_columns(a, l, &columns));
    TRY(find_licence(a, l, columns.jurisdiction, ids->practitioner, ids->licence, &other, &is_known));
    if (other.data)
        return conflict(a, "number", "another licence of this person");
    TRY(check_moved(a, &named->before->enrol.licence, l, &columns, ids->practitioner));
    TRY(settle_conditions(a, named, held, &columns));
    TRY(RUN(a->session, SQL_LICENCE_UPDATE, VALUE_TEXT(ids->licence), VALUE_INTEGER(l->profession), VALUE_INTEGER(l->level),
            VALUE_TEXT(columns.jurisdiction), VALUE_TEXT(l->number), VALUE_TEXT(columns.specialty),
            VALUE_TEXT(columns.privileges), VALUE_TEXT(columns.conditions), VALUE_INTEGER(l->independent_since),
            VALUE_INTEGER(l->licensed_until)));
    TRY(licence_event(a, ids->licence, "corrected"));
    return status_renew(a->registry, a->session, &subject, STATUS_RENEW_LIVE, REASON_ADMINISTRATIVE, a->hash, NULL, a->fault);
}

static csign_code correct_affiliation(struct acting *a, const struct amended *named, const struct enrolled *ids)
{
    const struct deed_affiliation *f = &named->after->enrol.affiliation;
    const struct status_subject subject = {.scope = STATUS_OF_AFFILIATION, .id = ids->affiliation};
    if (!span_equal(f->site, named->before->enrol.affiliation.site))
        return conflict(a, "site", "another institution: void the deed and enrol there");
    TRY(RUN(a->session, SQL_AFFILIATION_UPDATE, VALUE_TEXT(ids->affiliation), VALUE_INTEGER(f->basis),
            VALUE_INTEGER(f->consent), VALUE_INTEGER(f->from), VALUE_INTEGER(f->to)));
    return status_renew(a->registry, a->session, &subject, STATUS_RENEW_LIVE, REASON_ADMINISTRATIVE, a->hash, NULL, a->fault);
}

csign_code correct_enrol(struct acting *a, const struct amended *named)
{
    struct enrolled ids;
    TRY(read_enrolled(a, named, &ids));
    if (amended_has(named, "practitioner"))
        TRY(correct_person(a, named, &ids));
    if (amended_has(named, "licence"))
        TRY(correct_licence(a, named, &ids));
    if (amended_has(named, "affiliation"))
        TRY(correct_affiliation(a, named, &ids));
    return CSIGN_OK;
}

/* --- void --- */

/* The enrolment never was: what it gave ends as rescinded from the day on which it was accepted. */
csign_code void_enrol(struct acting *a, const struct amended *named)
{
    struct enrolled ids;
    bool ended, made, used;
    TRY(read_enrolled(a, named, &ids));
    struct query q = QUERY(a->session, SQL_AFFILIATION_READ, VALUE_TEXT(ids.affiliation));
    ended = query_row(&q) && !query_null(&q, 3);
    TRY(query_close(&q));
    if (ended)
        return conflict(a, "deed", "its affiliation has ended already");
    TRY(end_affiliation(a, ids.affiliation, named->row->accepted_ms, REASON_RESCINDED));
    TRY(licence_event(a, ids.licence, "enrolment voided"));
    TRY(made_by(QUERY(a->session, SQL_LICENCE_READ, VALUE_TEXT(ids.licence)), 14, named, &made));
    TRY(query_found(QUERY(a->session, SQL_AFFILIATIONS_OF_LICENCE, VALUE_TEXT(ids.licence)), &used));
    return made && !used ? RUN(a->session, SQL_LICENCE_END, VALUE_TEXT(ids.licence), VALUE_INTEGER(a->now_ms)) : CSIGN_OK;
}
