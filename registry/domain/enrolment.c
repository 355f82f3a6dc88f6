/* Enrolment: a person, a licence and an affiliation, new or known, by two officers of the institution. */
#include "enrolment.h"
#include "identifier.h"
#include "rows.h"
#include "schema_write.h"
#include "status.h"

static csign_code conflict(const struct acting *a, const char *field, const char *reason)
{
    return fault_set(a->fault, CSIGN_E_CONFLICT, field, reason);
}

/* --- who is meant --- */

csign_code check_identifiers(struct acting *a, const struct deed_practitioner *practitioner, span own)
{
    const struct deed_identifier *items = practitioner->identifiers.items;
    for (size_t i = 0; i < practitioner->identifiers.count; i++) {
        struct query q =
            QUERY(a->session, SQL_PRACTITIONER_BY_IDENTIFIER, VALUE_TEXT(identifier_system(items[i].system)), VALUE_TEXT(items[i].value));
        bool others = query_row(&q) && !span_equal(query_text(&q, 0), own);
        TRY(query_close(&q));
        if (others)
            return fault_set(a->fault, CSIGN_E_DUPLICATE_PERSON, "identifiers",
                             "one of them is a person's who is enrolled already");
    }
    return CSIGN_OK;
}

static bool any_shared(span jurisdictions, const struct text_list *list)
{
    uint8_t memory[4096];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct json j;
    span code;
    bool shared = false;
    json_open(&j, jurisdictions, 2, &scratch);
    if (json_array(&j))
        while (json_element(&j) && json_string(&j, &code))
            for (size_t i = 0; i < list->count; i++)
                shared |= jurisdiction_covers(code, list->items[i]) || jurisdiction_covers(list->items[i], code);
    return shared;
}

csign_code find_licence(struct acting *a, const struct deed_licence *licence, span jurisdiction, span own, span besides,
                        span *ret, bool *ret_is_known)
{
    csign_code code = CSIGN_OK;
    struct query q = QUERY(a->session, SQL_LICENCES_BY_NUMBER, VALUE_TEXT(licence->number), VALUE_INTEGER(licence->profession));
    *ret = span_of(NULL, 0);
    *ret_is_known = false;
    while (code == CSIGN_OK && query_row(&q)) {
        *ret_is_known = true;
        if (!query_null(&q, 3) || span_equal(query_text(&q, 0), besides) || !any_shared(query_text(&q, 2), &licence->jurisdiction))
            continue;
        if (!span_equal(query_text(&q, 1), own))
            code = fault_set(a->fault, CSIGN_E_DUPLICATE_PERSON, "number", "the licence of a person who is enrolled already");
        else if (!span_equal(query_text(&q, 2), jurisdiction))
            code = conflict(a, "jurisdiction", "this licence is known with others");
        else
            *ret = copy_span(a->scratch, query_text(&q, 0));
    }
    TRY(query_close(&q));
    TRY(code);
    return buffer_code(a->scratch);
}

csign_code check_orders_beside(struct acting *a, const struct deed_licence *licence, span practitioner)
{
    bool stands = false;
    struct query q = QUERY(a->session, SQL_ORDERS_BESIDE, VALUE_TEXT(practitioner), VALUE_TEXT(licence->number),
                           VALUE_INTEGER(licence->profession), VALUE_INTEGER(DEED_SUSPEND_INTERIM), VALUE_INTEGER(DEED_DEREGISTER));
    while (!stands && query_row(&q))
        stands = any_shared(query_text(&q, 0), &licence->jurisdiction);
    TRY(query_close(&q));
    return stands ? fault_set(a->fault, CSIGN_E_STANDING_ORDER, "licence", "an order on a licence of this person or number")
                  : CSIGN_OK;
}

csign_code check_issuable(const struct acting *a, const struct deed_licence *licence)
{
    const struct root *root = &a->registry->root;
    for (size_t i = 0; i < licence->jurisdiction.count; i++) {
        bool covered = false;
        for (size_t k = 0; k < root->issuer_count; k++)
            covered |= span_equal(root->issuers[k].iss, a->registry->iss) &&
                       jurisdiction_covers(root->issuers[k].jurisdiction, licence->jurisdiction.items[i]);
        if (!covered)
            return fault_set(a->fault, CSIGN_E_FIELD_INVALID, "jurisdiction", "no issuer line of the root covers it");
    }
    return CSIGN_OK;
}

csign_code enrol_resolve(struct acting *a)
{
    const struct deed_enrol *d = &a->deed->enrol;
    struct licence_columns columns;
    bool found, is_known;
    if (d->practitioner.id.data) {
        TRY(query_found(QUERY(a->session, SQL_PRACTITIONER_READ, VALUE_TEXT(d->practitioner.id)), &found));
        if (!found)
            return fault_set(a->fault, CSIGN_E_NOT_FOUND, "practitioner", "no person of this id: leave it out for a new one");
        a->practitioner = d->practitioner.id;
    }
    TRY(check_issuable(a, &d->licence));
    TRY(check_identifiers(a, &d->practitioner, a->practitioner));
    TRY(licence_columns(a, &d->licence, &columns));
    return find_licence(a, &d->licence, columns.jurisdiction, a->practitioner, span_of(NULL, 0), &a->licence, &is_known);
}

/* --- columns --- */

csign_code licence_columns(struct acting *a, const struct deed_licence *licence, struct licence_columns *ret)
{
    struct json_out o = json_out(a->scratch);
    size_t from = a->scratch->size;
    json_put_array(&o);
    for (size_t i = 0; i < licence->jurisdiction.count; i++)
        json_put_text(&o, licence->jurisdiction.items[i]);
    json_end_array(&o);
    ret->jurisdiction = buffer_since(a->scratch, from);

    o = json_out(a->scratch);
    from = a->scratch->size;
    claim_put_specialty(&o, licence->specialty);
    ret->specialty = buffer_since(a->scratch, from);

    o = json_out(a->scratch);
    from = a->scratch->size;
    claim_put_privileges(&o, &licence->privileges);
    ret->privileges = buffer_since(a->scratch, from);

    o = json_out(a->scratch);
    from = a->scratch->size;
    claim_put_conditions(&o, licence->conditions);
    ret->conditions = buffer_since(a->scratch, from);
    return buffer_code(a->scratch);
}

csign_code insert_identifiers(struct acting *a, const struct deed_practitioner *practitioner, span id)
{
    const struct deed_identifier *items = practitioner->identifiers.items;
    for (size_t i = 0; i < practitioner->identifiers.count; i++)
        TRY(RUN(a->session, SQL_IDENTIFIER_INSERT, VALUE_TEXT(identifier_system(items[i].system)), VALUE_TEXT(items[i].value), VALUE_TEXT(id)));
    return CSIGN_OK;
}

csign_code insert_licence(struct acting *a, const struct deed_licence *l, const struct licence_columns *columns, span practitioner, span *ret)
{
    *ret = make_id(a);
    return RUN(a->session, SQL_LICENCE_INSERT, VALUE_TEXT(*ret), VALUE_TEXT(practitioner), VALUE_INTEGER(l->profession),
               VALUE_INTEGER(l->level), VALUE_TEXT(columns->jurisdiction), VALUE_TEXT(l->number), VALUE_TEXT(columns->specialty),
               VALUE_TEXT(columns->privileges), VALUE_TEXT(columns->conditions), VALUE_INTEGER(l->independent_since),
               VALUE_INTEGER(l->licensed_until), VALUE_INTEGER(ASSURANCE_ATTESTED), VALUE_HASH(a->hash));
}

csign_code licence_event(const struct acting *a, span licence, const char *what)
{
    return RUN(a->session, SQL_LICENCE_EVENT_INSERT, VALUE_TEXT(licence), VALUE_INTEGER(a->now_ms), VALUE_HASH(a->hash),
               VALUE_TEXT(span_text(what)));
}

/* --- the person --- */

static csign_code check_person(struct acting *a, const struct deed_practitioner *p)
{
    struct query q = QUERY(a->session, SQL_PRACTITIONER_READ, VALUE_TEXT(a->practitioner));
    const char *differs = NULL;
    if (query_row(&q)) {
        if (!span_equal(query_text(&q, 1), p->name))
            differs = "name";
        else if (p->birth_date && query_integer(&q, 2) != p->birth_date)
            differs = "birth_date";
    }
    TRY(query_close(&q));
    return differs ? conflict(a, differs, "the person is enrolled with another: correct that deed") : CSIGN_OK;
}

static csign_code enrol_person(struct acting *a, const struct deed_practitioner *p, span *ret)
{
    *ret = a->practitioner;
    if (ret->data) {
        TRY(check_person(a, p));
    } else {
        *ret = make_id(a);
        TRY(RUN(a->session, SQL_PRACTITIONER_INSERT, VALUE_TEXT(*ret), VALUE_TEXT(p->name), VALUE_INTEGER(p->birth_date),
                VALUE_HASH(a->hash)));
    }
    return insert_identifiers(a, p, *ret);
}

/* --- the licence --- */

/* A licence that is known takes another affiliation only if both deeds say the same of it. */
static csign_code check_claims(struct acting *a, const struct deed_licence *l, const struct licence_columns *columns)
{
    struct query q = QUERY(a->session, SQL_LICENCE_READ, VALUE_TEXT(a->licence));
    const char *differs = NULL;
    if (query_row(&q)) {
        const struct {
            const char *field;
            bool same;
        } members[] = {{"level", query_integer(&q, 3) == l->level},
                       {"specialty", span_equal(query_text(&q, 6), columns->specialty)},
                       {"privileges", span_equal(query_text(&q, 7), columns->privileges)},
                       {"conditions", span_equal(query_text(&q, 8), columns->conditions)},
                       {"independent_since", query_integer(&q, 9) == l->independent_since},
                       {"licensed_until", query_integer(&q, 10) == l->licensed_until}};
        for (size_t i = 0; !differs && i < sizeof members / sizeof *members; i++)
            if (!members[i].same)
                differs = members[i].field;
    }
    TRY(query_close(&q));
    return differs ? conflict(a, differs, "the licence is known with another: correct the deed that enrolled it") : CSIGN_OK;
}

static csign_code enrol_licence(struct acting *a, const struct deed_licence *l, span practitioner, span *ret)
{
    struct licence_columns columns;
    TRY(licence_columns(a, l, &columns));
    *ret = a->licence;
    if (ret->data)
        return check_claims(a, l, &columns);
    TRY(check_orders_beside(a, l, a->practitioner));
    return insert_licence(a, l, &columns, practitioner, ret);
}

/* --- the affiliation --- */

csign_code apply_enrol(struct acting *a, struct json_out *result)
{
    const struct deed_enrol *d = &a->deed->enrol;
    span practitioner, licence, affiliation = make_id(a);
    bool there = false;
    TRY(status_check_orders(a->session, a->licence, a->practitioner, a->fault));
    TRY(enrol_person(a, &d->practitioner, &practitioner));
    TRY(enrol_licence(a, &d->licence, practitioner, &licence));
    TRY(query_found(QUERY(a->session, SQL_AFFILIATION_OF_LICENCE_AT, VALUE_TEXT(licence), VALUE_TEXT(d->affiliation.site)),
                    &there));
    if (there)
        return conflict(a, "site", "the licence is affiliated here already");
    a->practitioner = practitioner;
    a->licence = licence;
    json_put_text_member(result, "practitioner", practitioner);
    json_put_text_member(result, "licence", licence);
    json_put_text_member(result, "affiliation", affiliation);
    TRY(buffer_code(a->scratch));
    return RUN(a->session, SQL_AFFILIATION_INSERT, VALUE_TEXT(affiliation), VALUE_TEXT(practitioner), VALUE_TEXT(licence),
               VALUE_TEXT(d->affiliation.site), VALUE_INTEGER(d->affiliation.basis), VALUE_INTEGER(d->affiliation.consent),
               VALUE_INTEGER(d->affiliation.from), VALUE_INTEGER(d->affiliation.to), VALUE_HASH(a->hash));
}
