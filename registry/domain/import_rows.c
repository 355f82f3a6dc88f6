/* A row of an enrolment: first everything is asked, then everything is done, so that a row that is refused has changed nothing. */
#include "enrolment.h"
#include "identifier.h"
#include "import_members.h"
#include "rows.h"
#include "schema.h"
#include "status.h"

/* What a row will do. */
struct plan {
    struct acting *a;
    const struct import_work *work;
    const struct import_members *m;
    struct import_verdict *v;
    span practitioner, licence, affiliation; /* known ones; absent: new, or none */
    span site;
    bool has_licence; /* the row brings one, and it counts */
    bool rename, set_birth, add_identifiers, update_licence, update_affiliation, add_affiliation, expect;
    struct import_affiliation says; /* the affiliation, with what is held where the file is silent */
    span unit;                      /* system, newline, value */
    uint8_t profession;
    uint8_t line_brings; /* of a role whose person is in another line and not here yet: the profession of the licence in that line; 0: none */
    span specialty;
};

static bool refused(const struct plan *p)
{
    return p->v->outcome == IMPORT_REJECTED;
}

/*
 * A FHIR resource and a line of NPPES say nothing of level and privileges, of basis and consent: what is known of them stays. NPPES has names in
 * capitals, and numbers of licences as their holders typed them: of whom is known it says nothing at all.
 */
static bool says_all(const struct plan *p)
{
    return p->work->template == TEMPLATE_PEOPLE_CSV;
}

static bool says_number_only(const struct plan *p)
{
    return p->work->template == TEMPLATE_PEOPLE_NPPES;
}

/* A code of the rules as a verdict. */
static csign_code judge(struct plan *p, csign_code code)
{
    if (!import_is_refusal(code))
        return code;
    return import_refuse(p->v, p->a->fault->field ? p->a->fault->field : "",
                         p->a->fault->code == code && p->a->fault->reason[0] ? p->a->fault->reason : csign_code_sentence(code));
}

/* --- the person --- */

/* What others vouch for, too, is not for one institution alone to change. */
static csign_code is_elsewhere(struct plan *p, bool *ret)
{
    bool there = false;
    struct query q = QUERY(p->a->session, SQL_AFFILIATIONS_OF, VALUE_TEXT(p->practitioner));
    while (query_row(&q))
        there |= query_null(&q, 7) && !span_equal(query_text(&q, 2), p->site);
    *ret = there;
    return query_close(&q);
}

/* Of a system that has one number a person, hers is another: one of the identifiers is somebody else's. */
static csign_code check_single(struct plan *p, bool *ret_contradicts)
{
    const struct object_list list = p->m->practitioner.identifiers;
    const struct deed_identifier *items = list.items;
    struct query q = QUERY(p->a->session, SQL_IDENTIFIERS_OF, VALUE_TEXT(p->practitioner));
    *ret_contradicts = false;
    while (query_row(&q))
        for (size_t i = 0; i < list.count; i++)
            *ret_contradicts |= identifier_is_single(items[i].system) && span_equal(items[i].system, query_text(&q, 0)) &&
                                !span_equal(items[i].value, query_text(&q, 1));
    return query_close(&q);
}

static csign_code compare_person(struct plan *p)
{
    const struct import_person *person = &p->m->practitioner;
    bool elsewhere, renamed, dead, other_birth, contradicts;
    struct query q = QUERY(p->a->session, SQL_PRACTITIONER_READ, VALUE_TEXT(p->practitioner));
    bool found = query_row(&q);
    renamed = found && person->name.data && !says_number_only(p) && !span_equal(query_text(&q, 1), person->name);
    other_birth = found && person->birth_date && query_integer(&q, 2) && query_integer(&q, 2) != person->birth_date;
    p->set_birth = found && person->birth_date && query_integer(&q, 2) == 0;
    dead = found && !query_null(&q, 3);
    TRY(query_close(&q));
    if (dead)
        return import_refuse(p->v, "practitioner", "deceased, says the registry");
    if (other_birth)
        return import_refuse(p->v, "birth_date", "the person of this identifier was born on another day");
    TRY(check_single(p, &contradicts));
    if (contradicts)
        return import_refuse(p->v, "identifiers", "the person whom one of them names has another number of such a system");
    TRY(is_elsewhere(p, &elsewhere));
    const struct deed_identifier *items = person->identifiers.items;
    for (size_t i = 0; i < person->identifiers.count; i++) {
        TRY(query_found(QUERY(p->a->session, SQL_PRACTITIONER_BY_IDENTIFIER, VALUE_TEXT(items[i].system), VALUE_TEXT(items[i].value)),
                        &found));
        p->add_identifiers |= !found;
    }
    if (renamed && elsewhere)
        import_flag(p->v, "name", "another institution knows the person by another name, which stays");
    else if (renamed && p->add_identifiers)
        import_flag(p->v, "name", "only some of the identifiers are hers who is known here by another name, which stays");
    p->rename = renamed && !elsewhere && !p->add_identifiers;
    if (p->rename || p->set_birth || p->add_identifiers)
        import_raise(p->v, IMPORT_UPDATED);
    return CSIGN_OK;
}

static csign_code plan_person(struct plan *p)
{
    const struct import_person *person = &p->m->practitioner;
    if (person->identifiers.count == 0 && !(p->m->present & IMPORT_HAS_LICENCE))
        return import_refuse(p->v, "identifiers", "nothing to know the person by: no identifier, no licence");
    TRY(import_find_person(p->a, person->identifiers, p->v, &p->practitioner));
    if (refused(p))
        return CSIGN_OK;
    if (p->practitioner.data)
        return compare_person(p);
    if (!person->name.data)
        return import_refuse(p->v, "name", "missing");
    import_raise(p->v, IMPORT_ADDED);
    p->v->is_new = true;
    return CSIGN_OK;
}

/* --- the licence --- */

static csign_code plan_licence(struct plan *p)
{
    const struct deed_licence *l = &p->m->licence;
    const char *differs;
    bool validated, elsewhere, is_known;
    struct licence_columns columns;
    TRY(judge(p, check_issuable(p->a, l)));
    if (refused(p))
        return CSIGN_OK;
    TRY(licence_columns(p->a, l, &columns));
    TRY(judge(p, find_licence(p->a, l, columns.jurisdiction, p->practitioner, span_of(NULL, 0), &p->licence, &is_known)));
    if (refused(p))
        return CSIGN_OK;
    if (!p->licence.data) {
        if (is_known || p->practitioner.data) /* of others there is nothing that an order could stand on */
            TRY(judge(p, check_orders_beside(p->a, l, p->practitioner)));
        if (!refused(p))
            import_raise(p->v, IMPORT_ADDED);
        return CSIGN_OK;
    }
    TRY(import_compare_licence(p->a, p->licence, l, says_all(p) ? COMPARE_WHOLE : COMPARE_UNTIL, &differs, &validated));
    if (!differs)
        return CSIGN_OK;
    TRY(query_found(QUERY(p->a->session, SQL_LICENCE_IS_ELSEWHERE, VALUE_TEXT(p->licence), VALUE_TEXT(p->site)), &elsewhere));
    if (validated)
        import_flag(p->v, differs, "the regulator's roll says otherwise, and holds");
    else if (elsewhere)
        import_flag(p->v, differs, "another institution says otherwise; nothing is changed");
    else
        p->update_licence = true;
    if (p->update_licence)
        import_raise(p->v, IMPORT_UPDATED);
    return CSIGN_OK;
}

/* --- the affiliation --- */

/* What the file is silent on, as it is held: `from` in any, the rest where it says not all. */
static void fill_in(struct plan *p, uint8_t basis, bool consent, uint64_t from, uint64_t to)
{
    struct import_affiliation *says = &p->says;
    if (!p->m->affiliation.from)
        says->from = from;
    if (says_all(p))
        return;
    says->basis = basis;
    says->consent = consent;
    if (!says->to)
        says->to = to;
}

static csign_code compare_affiliation(struct plan *p)
{
    const struct import_affiliation *says = &p->says;
    struct query q = QUERY(p->a->session, SQL_AFFILIATION_BY_LICENCE_AT, VALUE_TEXT(p->licence), VALUE_TEXT(p->site));
    bool found = query_row(&q);
    if (found) {
        p->affiliation = copy_span(p->a->scratch, query_text(&q, 0));
        fill_in(p, (uint8_t)query_integer(&q, 1), query_integer(&q, 2) != 0, (uint64_t)query_integer(&q, 3), (uint64_t)query_integer(&q, 4));
        p->update_affiliation = query_integer(&q, 1) != says->basis || (query_integer(&q, 2) != 0) != says->consent ||
                                (uint64_t)query_integer(&q, 3) != says->from || (uint64_t)query_integer(&q, 4) != says->to;
    }
    TRY(query_close(&q));
    TRY(buffer_code(p->a->scratch));
    p->add_affiliation = !found;
    if (p->add_affiliation && p->v->judged == IMPORT_UPDATED)
        return import_refuse(p->v, "affiliation", "it has ended since the dry run");
    import_raise(p->v, p->add_affiliation ? IMPORT_ADDED : p->update_affiliation ? IMPORT_UPDATED : IMPORT_UNCHANGED);
    return CSIGN_OK;
}

/* Without a number in the file: the licence of this profession that is known here, if it is one; else one is expected. */
static csign_code choose_licence(struct plan *p, bool *ret_several)
{
    span only = {NULL, 0}, here = {NULL, 0};
    size_t count = 0;
    csign_code code = CSIGN_OK;
    struct query q = QUERY(p->a->session, SQL_LICENCES_OF, VALUE_TEXT(p->practitioner));
    while (code == CSIGN_OK && query_row(&q)) {
        bool there = false;
        struct query of = QUERY(p->a->session, SQL_LICENCE_READ, VALUE_TEXT(query_text(&q, 0)));
        bool fits = query_row(&of) && query_null(&of, 13) && (!p->profession || query_integer(&of, 2) == p->profession);
        code = query_close(&of);
        if (code != CSIGN_OK || !fits)
            continue;
        count++;
        only = copy_span(p->a->scratch, query_text(&q, 0));
        code = query_found(QUERY(p->a->session, SQL_AFFILIATION_BY_LICENCE_AT, VALUE_TEXT(only), VALUE_TEXT(p->site)), &there);
        if (there && !here.data)
            here = only;
    }
    TRY(query_close(&q));
    TRY(code);
    *ret_several = count > 1 && !here.data;
    p->licence = here.data ? here : count == 1 ? only : span_of(NULL, 0);
    return buffer_code(p->a->scratch);
}

static csign_code compare_expected(struct plan *p)
{
    const struct import_affiliation *says = &p->says;
    struct query q = QUERY(p->a->session, SQL_EXPECTED_READ, VALUE_TEXT(p->practitioner), VALUE_TEXT(p->site));
    bool found = query_row(&q), same = found && says_number_only(p);
    if (found && !same) {
        fill_in(p, (uint8_t)query_integer(&q, 3), query_integer(&q, 4) != 0, (uint64_t)query_integer(&q, 5), (uint64_t)query_integer(&q, 6));
        same = query_integer(&q, 0) == p->profession && span_equal(query_text(&q, 1), p->specialty) && span_equal(query_text(&q, 2), p->unit) &&
               query_integer(&q, 3) == says->basis && (query_integer(&q, 4) != 0) == says->consent &&
               (uint64_t)query_integer(&q, 5) == says->from && (uint64_t)query_integer(&q, 6) == says->to;
    }
    TRY(query_close(&q));
    p->expect = !same;
    import_raise(p->v, !found ? IMPORT_ADDED : same ? IMPORT_UNCHANGED : IMPORT_UPDATED);
    import_flag(p->v, "licence", "none is known: the regulator's roll brings it");
    return CSIGN_OK;
}

static csign_code plan_affiliation(struct plan *p)
{
    struct json_out o = json_out(p->a->scratch);
    size_t from = p->a->scratch->size;
    bool several = false;
    claim_put_specialty(&o, p->m->specialty);
    p->specialty = buffer_since(p->a->scratch, from);
    from = p->a->scratch->size;
    if (p->m->present & IMPORT_HAS_UNIT) {
        buffer_put(p->a->scratch, p->m->unit.system);
        buffer_byte(p->a->scratch, '\n');
        buffer_put(p->a->scratch, p->m->unit.value);
        p->unit = buffer_since(p->a->scratch, from);
    }
    TRY(buffer_code(p->a->scratch));
    p->says = p->m->affiliation;
    p->profession = p->m->present & IMPORT_HAS_LICENCE ? p->m->licence.profession : p->m->profession;
    if (!p->says.from)
        p->says.from = p->a->now_ms / 1000;
    TRY(judge(p, status_check_orders(p->a->session, p->licence, p->practitioner, p->a->fault)));
    if (refused(p))
        return CSIGN_OK;
    if (p->has_licence) {
        if (p->licence.data)
            return compare_affiliation(p);
        p->add_affiliation = true;
        import_raise(p->v, IMPORT_ADDED);
        return CSIGN_OK;
    }
    if (p->practitioner.data)
        TRY(choose_licence(p, &several));
    if (several)
        import_flag(p->v, "licence", "there are several here: enrol under one by a deed of its own");
    else if (p->licence.data)
        return compare_affiliation(p);
    else if (p->practitioner.data)
        return compare_expected(p);
    else if (p->line_brings && (!p->profession || p->profession == p->line_brings)) {
        p->add_affiliation = true;
        import_raise(p->v, IMPORT_ADDED);
    } else {
        p->expect = true;
        import_raise(p->v, IMPORT_ADDED);
        import_flag(p->v, "licence", "none is known: the regulator's roll brings it");
    }
    return CSIGN_OK;
}

/* --- doing --- */

static csign_code renew(struct plan *p, enum status_scope scope, span id)
{
    const struct status_subject subject = {.scope = scope, .id = id};
    return status_renew(p->a->registry, p->a->session, &subject, STATUS_RENEW_LIVE, REASON_ADMINISTRATIVE, p->a->hash, NULL, p->a->fault);
}

static csign_code do_person(struct plan *p)
{
    const struct import_person *person = &p->m->practitioner;
    const struct deed_practitioner as_deed = {.identifiers = person->identifiers};
    struct acting *a = p->a;
    if (!p->practitioner.data) {
        p->practitioner = make_id(a);
        TRY(buffer_code(a->scratch));
        TRY(RUN(a->session, SQL_PRACTITIONER_INSERT, VALUE_TEXT(p->practitioner), VALUE_TEXT(person->name),
                VALUE_INTEGER(person->birth_date), VALUE_HASH(a->hash)));
        return insert_identifiers(a, &as_deed, p->practitioner);
    }
    if (p->add_identifiers)
        TRY(insert_identifiers(a, &as_deed, p->practitioner));
    if (!p->rename && !p->set_birth)
        return CSIGN_OK;
    struct query q = QUERY(a->session, SQL_PRACTITIONER_READ, VALUE_TEXT(p->practitioner));
    span name = query_row(&q) ? copy_span(a->scratch, query_text(&q, 1)) : span_of(NULL, 0);
    int64_t born = query_integer(&q, 2);
    TRY(query_close(&q));
    TRY(buffer_code(a->scratch));
    TRY(RUN(a->session, SQL_PRACTITIONER_UPDATE, VALUE_TEXT(p->practitioner), VALUE_TEXT(p->rename ? person->name : name),
            VALUE_INTEGER(p->set_birth ? person->birth_date : (uint64_t)born)));
    return renew(p, STATUS_OF_PRACTITIONER, p->practitioner);
}

static csign_code do_licence(struct plan *p)
{
    const struct deed_licence *l = &p->m->licence;
    struct licence_columns columns;
    if (!p->licence.data)
        return import_insert_licence(p->a, l, p->practitioner, ASSURANCE_ATTESTED, &p->licence);
    if (!p->update_licence)
        return CSIGN_OK;
    TRY(licence_columns(p->a, l, &columns));
    struct query q = QUERY(p->a->session, SQL_LICENCE_READ, VALUE_TEXT(p->licence));
    int64_t level = l->level, since = l->independent_since;
    /* Conditions are an authority's: a file has none, and takes none away. */
    span held = query_row(&q) ? copy_span(p->a->scratch, query_text(&q, 8)) : SPAN("[]");
    if (!says_all(p)) {
        level = query_integer(&q, 3);
        columns.specialty = copy_span(p->a->scratch, query_text(&q, 6));
        columns.privileges = copy_span(p->a->scratch, query_text(&q, 7));
        since = query_integer(&q, 9);
    }
    TRY(query_close(&q));
    TRY(buffer_code(p->a->scratch));
    TRY(RUN(p->a->session, SQL_LICENCE_UPDATE, VALUE_TEXT(p->licence), VALUE_INTEGER(l->profession), VALUE_INTEGER(level),
            VALUE_TEXT(columns.jurisdiction), VALUE_TEXT(l->number), VALUE_TEXT(columns.specialty), VALUE_TEXT(columns.privileges),
            VALUE_TEXT(held), VALUE_INTEGER(since), VALUE_INTEGER(l->licensed_until)));
    TRY(licence_event(p->a, p->licence, "changed by an import"));
    return renew(p, STATUS_OF_LICENCE, p->licence);
}

static csign_code do_unit(struct acting *a, span institution, const struct import_unit *unit, bool rename, struct import_verdict *v, bool apply)
{
    struct query q = QUERY(a->session, SQL_UNIT_READ, VALUE_TEXT(institution), VALUE_TEXT(unit->system), VALUE_TEXT(unit->value));
    bool found = query_row(&q), same = found && (!rename || !unit->name.data || span_equal(query_text(&q, 0), unit->name));
    TRY(query_close(&q));
    if (rename)
        import_raise(v, !found ? IMPORT_ADDED : same ? IMPORT_UNCHANGED : IMPORT_UPDATED);
    if (!apply || same)
        return CSIGN_OK;
    span name = unit->name.data ? unit->name : unit->value;
    if (found)
        return RUN(a->session, SQL_UNIT_RENAME, VALUE_TEXT(institution), VALUE_TEXT(unit->system), VALUE_TEXT(unit->value), VALUE_TEXT(name));
    return RUN(a->session, SQL_UNIT_INSERT, VALUE_TEXT(institution), VALUE_TEXT(unit->system), VALUE_TEXT(unit->value), VALUE_TEXT(name),
               VALUE_HASH(a->hash));
}

static csign_code do_affiliation(struct plan *p)
{
    struct acting *a = p->a;
    if (p->m->present & IMPORT_HAS_UNIT)
        TRY(do_unit(a, p->site, &p->m->unit, false, p->v, true));
    if (p->add_affiliation)
        TRY(import_insert_affiliation(a, p->practitioner, p->licence, p->site, &p->says, p->unit));
    if (p->add_affiliation && p->has_licence && !p->v->is_new) /* what was waited for has come: no roll brings it a second time */
        TRY(RUN(a->session, SQL_EXPECTED_END, VALUE_TEXT(p->practitioner), VALUE_TEXT(p->site)));
    if (p->update_affiliation) {
        TRY(RUN(a->session, SQL_AFFILIATION_UPDATE, VALUE_TEXT(p->affiliation), VALUE_INTEGER(p->says.basis),
                VALUE_INTEGER(p->says.consent), VALUE_INTEGER(p->says.from), VALUE_INTEGER(p->says.to)));
        TRY(renew(p, STATUS_OF_AFFILIATION, p->affiliation));
    }
    if (p->expect)
        TRY(RUN(a->session, SQL_EXPECTED_WRITE, VALUE_TEXT(p->practitioner), VALUE_TEXT(p->site), VALUE_INTEGER(p->profession),
                VALUE_TEXT(p->specialty), p->unit.data ? VALUE_TEXT(p->unit) : VALUE_NULL, VALUE_INTEGER(p->says.basis),
                VALUE_INTEGER(p->says.consent), VALUE_INTEGER(p->says.from), VALUE_INTEGER(p->says.to), VALUE_HASH(a->hash)));
    return CSIGN_OK;
}

/* --- a row --- */

/* A licence that NPPES names is taken for want of another: the holder's own word is no second licence. */
static csign_code weigh_licence(struct plan *p)
{
    bool other = false;
    p->has_licence = (p->m->present & IMPORT_HAS_LICENCE) != 0;
    if (p->has_licence && says_number_only(p) && p->practitioner.data)
        TRY(query_found(QUERY(p->a->session, SQL_LICENCES_OF, VALUE_TEXT(p->practitioner)), &other));
    p->has_licence &= !other;
    return CSIGN_OK;
}

static csign_code act(struct plan *p, bool apply)
{
    if (p->m->present & IMPORT_HAS_PERSON)
        TRY(plan_person(p));
    if (!refused(p))
        TRY(import_check_own(p->a, &p->work->officers, p->m->practitioner.identifiers, p->practitioner, p->v));
    TRY(weigh_licence(p));
    if (!refused(p) && p->has_licence)
        TRY(plan_licence(p));
    if (!refused(p) && (p->m->present & IMPORT_HAS_AFFILIATION))
        TRY(plan_affiliation(p));
    if (p->rename && p->v->did == IMPORT_ADDED)
        import_flag(p->v, "name", "beside what is added, the name of somebody known is changed");
    if (apply && !refused(p)) {
        if (p->m->present & IMPORT_HAS_PERSON)
            TRY(do_person(p));
        if (p->has_licence)
            TRY(do_licence(p));
        if (p->m->present & IMPORT_HAS_AFFILIATION)
            TRY(do_affiliation(p));
    }
    p->v->practitioner = p->practitioner;
    return CSIGN_OK;
}

static csign_code read_person_of(struct plan *p, uint64_t line, bool *ret_taken, uint64_t *ret_other)
{
    struct query q = QUERY(p->a->session, SQL_IMPORT_ROW_BY_LINE, VALUE_TEXT(span_text(p->work->id)), VALUE_INTEGER(IMPORT_PEOPLE),
                           VALUE_INTEGER(line));
    *ret_taken = query_row(&q) && query_integer(&q, 2) != IMPORT_REJECTED;
    p->practitioner = copy_span(p->a->scratch, query_text(&q, 3));
    *ret_other = (uint64_t)query_integer(&q, 4);
    span line_says = copy_span(p->a->scratch, query_text(&q, 1));
    TRY(query_close(&q));
    TRY(buffer_code(p->a->scratch));
    struct import_members *members = schema_scratch_in(p->a->scratch, 1, sizeof *members);
    if (!members)
        return CSIGN_E_NO_SPACE;
    if (*ret_taken && !p->practitioner.data && import_members_read(line_says, p->a->scratch, members, p->a->fault) == CSIGN_OK)
        p->line_brings = members->present & IMPORT_HAS_LICENCE ? members->licence.profession : 0;
    return CSIGN_OK;
}

/* Of whom a role is: an identifier here, or the person of another line of this file. */
static csign_code find_role_person(struct plan *p)
{
    span of = p->m->of;
    const uint8_t *bar = of.size ? memchr(of.data, '|', of.size) : NULL;
    size_t size = bar ? (size_t)(bar - of.data) : 0;
    if (bar)
        TRY(query_one_text(QUERY(p->a->session, SQL_PRACTITIONER_BY_IDENTIFIER, VALUE_TEXT(span_of(of.data, size)),
                                 VALUE_TEXT(span_of(bar + 1, of.size - size - 1))),
                           p->a->scratch, &p->practitioner));
    if (p->practitioner.data)
        return CSIGN_OK;
    struct query q = QUERY(p->a->session, SQL_IMPORT_KEY_READ, VALUE_TEXT(span_text(p->work->id)), VALUE_TEXT(of));
    bool found = query_row(&q);
    uint64_t line = (uint64_t)query_integer(&q, 0);
    TRY(query_close(&q));
    if (!found)
        return import_refuse(p->v, "practitioner", "neither in this file nor enrolled here");
    bool taken;
    uint64_t other;
    TRY(read_person_of(p, line, &taken, &other));
    if (taken && other) /* says again what another line says: that one was applied */
        TRY(read_person_of(p, line = other, &taken, &other));
    if (taken)
        return CSIGN_OK;
    p->v->other = line;
    return import_refuse(p->v, "practitioner", "the person was refused");
}

csign_code import_row_act(struct acting *a, const struct import_work *work, uint8_t phase, const struct import_members *m, bool apply,
                          struct import_verdict *ret)
{
    struct plan p = {.a = a, .work = work, .m = m, .v = ret, .site = span_text(work->body)};
    *ret = (struct import_verdict){.field = "", .reason = "", .judged = ret->judged};
    if (phase == IMPORT_ORGANIZATIONS)
        TRY(do_unit(a, p.site, &m->unit, true, ret, apply));
    if (phase == IMPORT_ROLES)
        TRY(find_role_person(&p));
    if (phase != IMPORT_ORGANIZATIONS && !refused(&p))
        TRY(act(&p, apply));
    import_settle(ret);
    return CSIGN_OK;
}
