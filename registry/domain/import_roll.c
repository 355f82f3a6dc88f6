/*
 * A row of a regulator's roll. It confirms the licence that an institution has attested, brings the one that is expected, or says where the
 * two differ; it changes nothing that differs. People who are not enrolled stay unknown: a roll enrols nobody.
 */
#include "enrolment.h"
#include "import_members.h"
#include "rows.h"
#include "status.h"

#include <strings.h>

struct roll {
    struct acting *a;
    const struct import_work *work;
    const struct deed_licence *licence;
    const struct import_members *m;
    struct import_verdict *v;
    span practitioner, known;
    bool apply;
};

static csign_code unchanged(struct roll *r, const char *field, const char *reason)
{
    import_raise(r->v, IMPORT_UNCHANGED);
    r->v->field = field;
    r->v->reason = reason;
    return CSIGN_OK;
}

/* --- may this authority say so, and of whom? --- */

static csign_code check_places(struct roll *r)
{
    bool covers;
    for (size_t i = 0; i < r->licence->jurisdiction.count; i++) {
        TRY(authority_covers(r->a->session, span_text(r->work->body), r->licence->jurisdiction.items[i], &covers));
        if (!covers)
            return import_refuse(r->v, "jurisdiction", "outside the authority's jurisdictions");
    }
    csign_code code = check_issuable(r->a, r->licence);
    return import_is_refusal(code) ? import_refuse(r->v, "jurisdiction", "no issuer line of the root covers it") : code;
}

/* By identifier, else by the number of the licence. */
static csign_code find_both(struct roll *r)
{
    struct licence_columns columns;
    TRY(import_find_person(r->a, r->m->practitioner.identifiers, r->v, &r->practitioner));
    if (r->v->outcome == IMPORT_REJECTED)
        return CSIGN_OK;
    TRY(licence_columns(r->a, r->licence, &columns));
    if (!r->practitioner.data) {
        struct query q = QUERY(r->a->session, SQL_LICENCES_BY_NUMBER, VALUE_TEXT(r->licence->number), VALUE_INTEGER(r->licence->profession));
        while (!r->practitioner.data && query_row(&q))
            if (span_equal(query_text(&q, 2), columns.jurisdiction))
                r->practitioner = copy_span(r->a->scratch, query_text(&q, 1));
        TRY(query_close(&q));
        TRY(buffer_code(r->a->scratch));
    }
    if (!r->practitioner.data)
        return CSIGN_OK;
    bool is_known;
    csign_code code = find_licence(r->a, r->licence, columns.jurisdiction, r->practitioner, span_of(NULL, 0), &r->known, &is_known);
    if (!import_is_refusal(code))
        return code;
    return import_refuse(r->v, r->a->fault->field, r->a->fault->reason);
}

static csign_code check_name(struct roll *r, bool *ret_differs)
{
    struct query q = QUERY(r->a->session, SQL_PRACTITIONER_READ, VALUE_TEXT(r->practitioner));
    *ret_differs = query_row(&q) && r->m->practitioner.name.data && !span_equal(query_text(&q, 1), r->m->practitioner.name);
    return query_close(&q);
}

/* --- what it comes to --- */

static csign_code confirm(struct roll *r)
{
    const char *differs;
    bool validated;
    enum import_compared how = r->licence->specialty.count > 0 ? COMPARE_WHOLE : COMPARE_BUT_SPECIALTY;
    TRY(import_compare_licence(r->a, r->known, r->licence, how, &differs, &validated));
    if (differs) {
        import_flag(r->v, differs, "the roll says otherwise than the licence that is held here; nothing is changed");
        return CSIGN_OK;
    }
    csign_code code = status_check_orders(r->a->session, r->known, r->practitioner, r->a->fault);
    if (import_is_refusal(code)) {
        import_flag(r->v, "status", "active on the roll, and an order stands here; nothing is changed");
        return CSIGN_OK;
    }
    TRY(code);
    if (validated)
        return unchanged(r, "", "");
    import_raise(r->v, IMPORT_UPDATED);
    if (!r->apply)
        return CSIGN_OK;
    TRY(RUN(r->a->session, SQL_LICENCE_VALIDATE, VALUE_TEXT(r->known), VALUE_INTEGER(r->a->now_ms / 1000)));
    return licence_event(r->a, r->known, "validated by a roll");
}

#define EXPECTED_MAX 32u /* institutions that expect one person */

struct expected {
    span institution, unit;
    struct import_affiliation affiliation;
};

static csign_code read_expected(struct roll *r, struct expected items[EXPECTED_MAX], size_t *ret_count)
{
    struct query q = QUERY(r->a->session, SQL_EXPECTED_OF, VALUE_TEXT(r->practitioner), VALUE_INTEGER(r->licence->profession));
    *ret_count = 0;
    while (*ret_count < EXPECTED_MAX && query_row(&q))
        items[(*ret_count)++] = (struct expected){
            .institution = copy_span(r->a->scratch, query_text(&q, 0)),
            .unit = copy_span(r->a->scratch, query_text(&q, 1)),
            .affiliation = {.basis = (uint8_t)query_integer(&q, 2), .consent = query_integer(&q, 3) != 0,
                            .from = (uint64_t)query_integer(&q, 4), .to = (uint64_t)query_integer(&q, 5)}};
    TRY(query_close(&q));
    return buffer_code(r->a->scratch);
}

static csign_code bring(struct roll *r)
{
    struct expected items[EXPECTED_MAX];
    size_t count;
    span licence;
    TRY(read_expected(r, items, &count));
    if (count == 0)
        return unchanged(r, "practitioner", "no institution expects a licence of this profession for the person");
    csign_code code = status_check_orders(r->a->session, span_of(NULL, 0), r->practitioner, r->a->fault);
    if (code == CSIGN_OK)
        code = check_orders_beside(r->a, r->licence, r->practitioner);
    if (import_is_refusal(code))
        return import_refuse(r->v, "practitioner", "an order stands against the person, or on a licence of hers or of this number");
    TRY(code);
    import_raise(r->v, IMPORT_ADDED);
    if (!r->apply)
        return CSIGN_OK;
    TRY(import_insert_licence(r->a, r->licence, r->practitioner, ASSURANCE_VALIDATED, &licence));
    for (size_t i = 0; i < count; i++) {
        TRY(import_insert_affiliation(r->a, r->practitioner, licence, items[i].institution, &items[i].affiliation, items[i].unit));
        TRY(RUN(r->a->session, SQL_EXPECTED_END, VALUE_TEXT(r->practitioner), VALUE_TEXT(items[i].institution)));
    }
    return CSIGN_OK;
}

static csign_code act(struct roll *r)
{
    span status = r->m->status;
    bool renamed;
    if (!(r->m->present & IMPORT_HAS_LICENCE))
        return import_refuse(r->v, "licence_number", "missing");
    TRY(check_places(r));
    if (r->v->outcome == IMPORT_REJECTED)
        return CSIGN_OK;
    TRY(find_both(r));
    if (r->v->outcome == IMPORT_REJECTED)
        return CSIGN_OK;
    if (!r->practitioner.data)
        return unchanged(r, "practitioner", "nobody who is enrolled here");
    TRY(import_check_own(r->a, &r->work->officers, r->m->practitioner.identifiers, r->practitioner, r->v));
    if (r->v->outcome == IMPORT_REJECTED)
        return CSIGN_OK;
    if (status.size != 6 || strncasecmp((const char *)status.data, "active", 6) != 0) {
        import_flag(r->v, "status", "not active on the roll: whoever may still sign is suspended by an order");
        return CSIGN_OK;
    }
    TRY(check_name(r, &renamed));
    if (renamed) {
        import_flag(r->v, "name", "the roll has another name; nothing is changed");
        return CSIGN_OK;
    }
    return r->known.data ? confirm(r) : bring(r);
}

csign_code import_roll_act(struct acting *a, const struct import_work *work, const struct import_members *m, bool apply,
                           struct import_verdict *ret)
{
    struct roll r = {.a = a, .work = work, .licence = &m->licence, .m = m, .v = ret, .apply = apply};
    *ret = (struct import_verdict){.field = "", .reason = ""};
    TRY(act(&r));
    import_settle(ret);
    return CSIGN_OK;
}
