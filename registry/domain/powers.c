#include "deed_row.h"
#include "effects.h"
#include "rows.h"

#define JURISDICTIONS_SCRATCH 4096u /* for a list as it stands in a row */

/* --- what a deed is about: each says whether `at` may act on it --- */

static csign_code foreign(const struct acting *a, const char *field)
{
    return a->by_authority ? fault_set(a->fault, CSIGN_E_FOREIGN_JURISDICTION, field, "outside the authority's jurisdictions")
                           : fault_set(a->fault, CSIGN_E_FOREIGN_INSTITUTION, field, "not of the officers' institution");
}

static csign_code allow_if(const struct acting *a, bool allowed, const char *field)
{
    return allowed ? CSIGN_OK : foreign(a, field);
}

static csign_code not_found(const struct acting *a, const char *field)
{
    return fault_set(a->fault, CSIGN_E_NOT_FOUND, field, "not known here");
}

/* Whether `at` is the institution, or an authority whose jurisdictions cover it. */
static csign_code check_institution(const struct acting *a, span id, const char *field)
{
    struct query q = QUERY(a->session, SQL_INSTITUTION_READ, VALUE_TEXT(id));
    bool found = query_row(&q), covers = false;
    span jurisdiction = copy_span(a->scratch, query_text(&q, 3));
    TRY(query_close(&q));
    TRY(buffer_code(a->scratch));
    if (!found)
        return not_found(a, field);
    if (!a->by_authority)
        return allow_if(a, span_equal(id, a->deed->head.at), field);
    TRY(authority_covers(a->session, a->deed->head.at, jurisdiction, &covers));
    return allow_if(a, covers, field);
}

static csign_code about_new_institution(struct acting *a)
{
    bool covers;
    TRY(authority_covers(a->session, a->deed->head.at, a->deed->institution_add.jurisdiction, &covers));
    return allow_if(a, covers, "jurisdiction");
}

static csign_code about_body(struct acting *a, span body)
{
    bool is_authority;
    if (span_equal(body, a->deed->head.at))
        return CSIGN_OK;
    TRY(query_found(QUERY(a->session, SQL_BODY_IS_AUTHORITY, VALUE_TEXT(body)), &is_authority));
    return is_authority ? foreign(a, "body") : check_institution(a, body, "body");
}

/* PROTOCOL 5: 2 of that body; of its authority while it has fewer than two. */
static csign_code about_new_officer(struct acting *a)
{
    span body = a->deed->officer_add.body;
    TRY(about_body(a, body));
    if (span_equal(body, a->deed->head.at))
        return CSIGN_OK;
    struct query q = QUERY(a->session, SQL_OFFICERS_IN_OFFICE, VALUE_TEXT(body));
    int64_t count = query_row(&q) ? query_integer(&q, 0) : 0;
    TRY(query_close(&q));
    return count < 2 ? CSIGN_OK : fault_set(a->fault, CSIGN_E_FORBIDDEN, "body", "it has two officers, who add others themselves");
}

static csign_code about_officer(struct acting *a)
{
    return about_body(a, a->deed->officer_end.body);
}

static csign_code about_enrolment(struct acting *a)
{
    TRY(allow_if(a, span_equal(a->deed->enrol.affiliation.site, a->deed->head.at), "site"));
    return enrol_resolve(a);
}

static csign_code about_file(struct acting *a)
{
    span file;
    return import_find_checked(a, &file);
}

static csign_code about_activation(struct acting *a)
{
    struct query q = QUERY(a->session, SQL_AFFILIATION_READ, VALUE_TEXT(a->deed->activate.affiliation));
    bool found = query_row(&q), own = found && span_equal(query_text(&q, 2), a->deed->head.at);
    TRY(query_close(&q));
    a->practitioner = a->deed->activate.practitioner;
    a->licence = a->deed->activate.licence;
    return found ? allow_if(a, own, "affiliation") : not_found(a, "affiliation");
}

static csign_code about_person_at(struct acting *a, span practitioner)
{
    bool found, there;
    TRY(query_found(QUERY(a->session, SQL_PRACTITIONER_READ, VALUE_TEXT(practitioner)), &found));
    if (!found)
        return not_found(a, "practitioner");
    a->practitioner = practitioner;
    TRY(query_found(QUERY(a->session, SQL_PERSON_IS_AT, VALUE_TEXT(practitioner), VALUE_TEXT(a->deed->head.at)), &there));
    return allow_if(a, there, "practitioner");
}

static csign_code about_affiliation(struct acting *a)
{
    TRY(allow_if(a, span_equal(a->deed->affiliation_end.site, a->deed->head.at), "site"));
    return about_person_at(a, a->deed->affiliation_end.practitioner);
}

static csign_code about_person(struct acting *a)
{
    span practitioner = a->deed->deceased.practitioner;
    bool covers = false;
    if (!a->by_authority)
        return about_person_at(a, practitioner);
    TRY(query_found(QUERY(a->session, SQL_PRACTITIONER_READ, VALUE_TEXT(practitioner)), &covers));
    if (!covers)
        return not_found(a, "practitioner");
    covers = false;
    a->practitioner = practitioner;
    struct query q = QUERY(a->session, SQL_LICENCES_OF, VALUE_TEXT(practitioner));
    csign_code code = CSIGN_OK;
    while (code == CSIGN_OK && !covers && query_row(&q))
        code = authority_covers_licence(a->session, a->deed->head.at, query_text(&q, 0), &covers);
    TRY(query_close(&q));
    TRY(code);
    return allow_if(a, covers, "practitioner");
}

static csign_code about_key(struct acting *a)
{
    struct query q = QUERY(a->session, SQL_BINDING_OF_HOLDER, VALUE_HASH(a->deed->key_end.holder));
    bool found = query_row(&q), own = found && span_equal(query_text(&q, 4), a->deed->head.at);
    a->practitioner = copy_span(a->scratch, query_text(&q, 1));
    a->licence = copy_span(a->scratch, query_text(&q, 2));
    TRY(query_close(&q));
    TRY(buffer_code(a->scratch));
    if (!found)
        return not_found(a, "holder");
    if (a->by_authority)
        TRY(authority_covers_licence(a->session, a->deed->head.at, a->licence, &own));
    return allow_if(a, own, "holder");
}

static csign_code about_itself(struct acting *a)
{
    (void)a;
    return CSIGN_OK;
}

static csign_code about_app(struct acting *a)
{
    span institution;
    TRY(query_one_text(QUERY(a->session, SQL_APP_READ, VALUE_TEXT(a->deed->app_end.id)), a->scratch, &institution));
    return institution.data ? check_institution(a, institution, "id") : not_found(a, "id");
}

/*
 * A licence may be valid in several places, each with an authority of its own. Any of them acts on it: if all had to, nobody could
 * suspend it. What one has ordered another does not lift (orders.c).
 */
static csign_code about_licence(struct acting *a)
{
    struct query q = QUERY(a->session, SQL_LICENCE_READ, VALUE_TEXT(a->deed->order.licence));
    bool found = query_row(&q), covers = false;
    a->practitioner = copy_span(a->scratch, query_text(&q, 1));
    TRY(query_close(&q));
    TRY(buffer_code(a->scratch));
    if (!found)
        return not_found(a, "licence");
    a->licence = a->deed->order.licence;
    TRY(authority_covers_licence(a->session, a->deed->head.at, a->licence, &covers));
    return allow_if(a, covers, "licence");
}

/* What a cut ends must lie within the authority's jurisdictions as a whole: a tool wherever it is deployed, a key wherever it issues. */
static csign_code about_cut(struct acting *a)
{
    const struct deed_cut *cut = &a->deed->cut;
    const struct root *root = &a->registry->root;
    bool elsewhere = false, covers, known = cut->kind == CUT_ALL;
    if (cut->kind == CUT_INSTITUTION)
        return check_institution(a, cut->id, "id");
    if (cut->kind == CUT_TOOL || cut->kind == CUT_MODEL) {
        TRY(query_found(QUERY(a->session, SQL_TOOL_IS_USED_ELSEWHERE, VALUE_TEXT(a->deed->head.at), VALUE_TEXT(cut->id)),
                        &elsewhere));
        return allow_if(a, !elsewhere, "id");
    }
    for (size_t i = 0; i < root->issuer_count; i++)
        if (cut->kind == CUT_ALL || span_equal(span_text(root->issuers[i].kid), cut->id)) {
            known = true;
            TRY(authority_covers(a->session, a->deed->head.at, root->issuers[i].jurisdiction, &covers));
            elsewhere |= !covers;
        }
    return known ? allow_if(a, !elsewhere, "id") : not_found(a, "id");
}

/* --- the table --- */

#define AS_NAMED 255u /* as many as the deed that is named took */

struct power {
    uint8_t institution, authority; /* how many officers of each must sign; 0: they may not */
    csign_code (*about)(struct acting *a);
};

static csign_code about_deed(struct acting *a);

/* One is at once: a deed that one signature makes effective never waits. */
static const struct power powers[] = {
    [DEED_INSTITUTION_ADD] = {0, 2, about_new_institution},
    [DEED_OFFICER_ADD]     = {2, 2, about_new_officer},
    [DEED_OFFICER_END]     = {1, 1, about_officer},
    [DEED_ENROL]           = {2, 0, about_enrolment},
    [DEED_ENROL_IMPORT]    = {2, 0, about_file},
    [DEED_ROLL_IMPORT]     = {0, 2, about_file},
    [DEED_ACTIVATE]        = {2, 0, about_activation},
    [DEED_AFFILIATION_END] = {1, 0, about_affiliation},
    [DEED_KEY_END]         = {1, 1, about_key},
    [DEED_APP_ADD]         = {2, 0, about_itself},
    [DEED_APP_END]         = {1, 1, about_app},
    [DEED_SUSPEND_INTERIM] = {0, 1, about_licence},
    [DEED_SUSPEND]         = {0, 2, about_licence},
    [DEED_REVOKE]          = {0, 2, about_licence},
    [DEED_RESCIND]         = {0, 2, about_licence},
    [DEED_DEREGISTER]      = {0, 2, about_licence},
    [DEED_CONDITION]       = {0, 2, about_licence},
    [DEED_REINSTATE]       = {0, 2, about_licence},
    [DEED_DECEASED]        = {1, 1, about_person},
    [DEED_CORRECT]         = {AS_NAMED, AS_NAMED, about_deed},
    [DEED_VOID]            = {AS_NAMED, AS_NAMED, about_deed},
    [DEED_CUT]             = {0, 2, about_cut},
    [DEED_POLICY_PUBLISH]  = {0, 2, policy_check_publish},
};

/*
 * Correct and void: of the body that gave the deed named, and as that was. But what one took away at once, one does not give back:
 * restoring takes two, as for an interim suspension or a death that is voided.
 */
static csign_code about_deed(struct acting *a)
{
    struct deed_row named;
    bool found;
    TRY(deed_row_read(a->session, a->deed->amendment.deed, a->scratch, &named, &found));
    if (!found)
        return not_found(a, "deed");
    bool restores = named.kind == DEED_SUSPEND_INTERIM || named.kind == DEED_DECEASED || named.state == DEED_ACCEPTED;
    a->needs = a->deed->head.kind == DEED_VOID && restores && named.needs < 2 ? 2 : named.needs;
    a->licence = named.licence;
    a->practitioner = named.practitioner;
    return allow_if(a, span_equal(named.body, a->deed->head.at), "deed");
}

csign_code power_check(struct acting *a)
{
    const struct power *power = &powers[a->deed->head.kind];
    bool is_institution;
    TRY(query_found(QUERY(a->session, SQL_BODY_IS_AUTHORITY, VALUE_TEXT(a->deed->head.at)), &a->by_authority));
    if (!a->by_authority) {
        struct query q = QUERY(a->session, SQL_INSTITUTION_READ, VALUE_TEXT(a->deed->head.at));
        is_institution = query_row(&q) && query_null(&q, 5);
        TRY(query_close(&q));
        if (!is_institution)
            return fault_set(a->fault, CSIGN_E_FORBIDDEN, "at", "neither an authority of the root nor an institution here");
    }
    a->needs = a->by_authority ? power->authority : power->institution;
    if (a->needs == 0)
        return fault_set(a->fault, CSIGN_E_FORBIDDEN, "do",
                         a->by_authority ? "for officers of an institution to sign" : "for officers of an authority to sign");
    return power->about(a);
}

csign_code power_check_own(const struct acting *a, span officer, const uint8_t key[CSIGN_PUBLIC_KEY_SIZE])
{
    const struct object_list *list = &a->deed->enrol.practitioner.identifiers;
    const struct deed_identifier *identifiers = list->items;
    bool own = false;
    if (a->practitioner.data)
        TRY(query_found(QUERY(a->session, SQL_OFFICER_IS_PRACTITIONER, VALUE_TEXT(a->practitioner), VALUE_TEXT(officer),
                              VALUE_BLOB(span_of(key, CSIGN_PUBLIC_KEY_SIZE))),
                        &own));
    if (a->deed->head.kind == DEED_ENROL)
        for (size_t i = 0; i < list->count; i++)
            own |= span_equal(identifiers[i].value, officer);
    return own ? fault_set(a->fault, CSIGN_E_FORBIDDEN, "practitioner", "nobody signs what concerns their own licence") : CSIGN_OK;
}

/* --- jurisdictions --- */

csign_code authority_covers(struct session *session, span authority, span jurisdiction, bool *ret)
{
    return query_found(QUERY(session, SQL_AUTHORITY_COVERS, VALUE_TEXT(authority), VALUE_TEXT(jurisdiction)), ret);
}

csign_code authority_covers_list(struct session *session, span authority, span jurisdictions, enum covers how, bool *ret)
{
    uint8_t memory[JURISDICTIONS_SCRATCH];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct json j;
    span code;
    bool covers = false;
    json_open(&j, jurisdictions, 2, &scratch);
    *ret = how == COVERS_ALL;
    if (json_array(&j))
        while (json_element(&j) && json_string(&j, &code)) {
            TRY(authority_covers(session, authority, code, &covers));
            if (how == COVERS_ALL)
                *ret &= covers;
            else
                *ret |= covers;
        }
    return json_finish(&j) ? CSIGN_OK : CSIGN_E_INTERNAL; /* a row that this registry did not write */
}

csign_code authority_covers_licence(struct session *session, span authority, span licence, bool *ret)
{
    uint8_t memory[JURISDICTIONS_SCRATCH];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct query q = QUERY(session, SQL_LICENCE_READ, VALUE_TEXT(licence));
    bool found = query_row(&q);
    span jurisdictions = copy_span(&scratch, query_text(&q, 4));
    TRY(query_close(&q));
    if (!found)
        return CSIGN_E_NOT_FOUND;
    TRY(buffer_code(&scratch));
    return authority_covers_list(session, authority, jurisdictions, COVERS_ANY, ret);
}
