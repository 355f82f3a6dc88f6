/* Institutions, practitioners and licences for officers to read. */
#include "people.h"
#include "identifier.h"
#include "powers.h"
#include "rows.h"
#include "schema_write.h"
#include "uuid.h"

#define NAME_PREFIX_MIN 2u

/* --- institutions --- */

static void put_institution(struct json_out *o, const struct query *q)
{
    json_put_object(o);
    json_put_text_member(o, "id", query_text(q, 0));
    json_put_text_member(o, "name", query_text(q, 2));
    json_put_text_member(o, "authority", query_text(q, 1));
    json_put_text_member(o, "jurisdiction", query_text(q, 3));
    json_put_name(o, "identifiers");
    json_put_raw(o, query_text(q, 4));
    json_put_bool_member(o, "ended", !query_null(q, 5));
    json_end_object(o);
}

csign_code institution_put(struct json_out *o, struct session *session, const struct viewer *viewer, span id)
{
    struct query q = QUERY(session, SQL_INSTITUTION_READ, VALUE_TEXT(id));
    bool found = query_row(&q), covers = found && span_equal(id, viewer->body);
    csign_code code = CSIGN_OK;
    if (found && viewer->is_authority)
        code = authority_covers(session, viewer->body, query_text(&q, 3), &covers);
    if (covers)
        put_institution(o, &q);
    TRY(query_close(&q));
    TRY(code);
    return covers ? buffer_code(o->to) : CSIGN_E_NOT_FOUND;
}

csign_code institutions_put(struct json_out *o, struct session *session, const struct viewer *viewer, span after)
{
    size_t count = 0;
    struct query q = viewer->is_authority ? QUERY(session, SQL_INSTITUTIONS_OF_AUTHORITY, VALUE_TEXT(viewer->body),
                                                  VALUE_TEXT(after.data ? after : SPAN("")), VALUE_INTEGER(PEOPLE_LIST_MAX))
                                          : QUERY(session, SQL_INSTITUTION_READ, VALUE_TEXT(viewer->body));
    uint8_t memory[CSIGN_ID_MAX];
    struct buffer last = buffer_open(memory, sizeof memory);
    json_put_object(o);
    json_put_name(o, "institutions");
    json_put_array(o);
    while (query_row(&q)) {
        put_institution(o, &q);
        last.size = 0;
        buffer_put(&last, query_text(&q, 0));
        count++;
    }
    json_end_array(o);
    if (count == PEOPLE_LIST_MAX)
        json_put_text_member(o, "next", buffer_span(&last));
    json_end_object(o);
    TRY(query_close(&q));
    return buffer_code(o->to);
}

/* --- licences --- */

/* The heaviest order that stands decides; none, and the licence is live. */
static csign_code put_status(struct json_out *o, struct session *session, span licence, span practitioner)
{
    struct query q = QUERY(session, SQL_ORDERS_STATUS, VALUE_TEXT(licence), VALUE_TEXT(practitioner));
    bool stands = query_row(&q);
    json_put_name(o, "status");
    json_put_object(o);
    json_put_text_member(o, "state", !stands                                 ? SPAN("live")
                                     : query_integer(&q, 0) == END_SUSPENDED ? SPAN("suspended")
                                                                             : SPAN("revoked"));
    if (stands)
        json_put_base64url_member(o, "deed", query_blob(&q, 1));
    json_end_object(o);
    return query_close(&q);
}

static void put_event(struct json_out *o, uint64_t at_ms, span deed, span what)
{
    json_put_object(o);
    json_put_integer_member(o, "at_ms", at_ms);
    json_put_base64url_member(o, "deed", deed);
    json_put_text_member(o, "what", what);
    json_end_object(o);
}

/* What brought the licence, by its id and its deed, and every change since. */
static csign_code put_history(struct json_out *o, struct session *session, span licence, span deed)
{
    struct query kind = QUERY(session, SQL_DEED_KIND, VALUE_BLOB(deed));
    const bool by_roll = query_row(&kind) && query_integer(&kind, 0) == DEED_ROLL_IMPORT;
    TRY(query_close(&kind));
    struct query q = QUERY(session, SQL_LICENCE_EVENTS, VALUE_TEXT(licence));
    json_put_name(o, "history");
    json_put_array(o);
    put_event(o, uuid7_time_ms(licence), deed, by_roll ? SPAN("brought by a roll") : SPAN("enrolled"));
    while (query_row(&q))
        put_event(o, (uint64_t)query_integer(&q, 0), query_blob(&q, 1), query_text(&q, 2));
    json_end_array(o);
    return query_close(&q);
}

static csign_code put_licence(struct json_out *o, struct session *session, const struct query *q)
{
    json_put_object(o);
    json_put_text_member(o, "id", query_text(q, 0));
    json_put_text_member(o, "practitioner", query_text(q, 1));
    json_put_word_member(o, "profession", &professions, (uint8_t)query_integer(q, 2));
    json_put_word_member(o, "level", &levels, (uint8_t)query_integer(q, 3));
    json_put_name(o, "jurisdiction");
    json_put_raw(o, query_text(q, 4));
    json_put_text_member(o, "number", query_text(q, 5));
    json_put_name(o, "specialty");
    json_put_raw(o, query_text(q, 6));
    json_put_name(o, "privileges");
    json_put_raw(o, query_text(q, 7));
    json_put_name(o, "conditions");
    json_put_raw(o, query_text(q, 8));
    json_put_date_member(o, "independent_since", (uint32_t)query_integer(q, 9));
    json_put_date_member(o, "licensed_until", (uint32_t)query_integer(q, 10));
    json_put_name(o, "assurance");
    json_put_object(o);
    json_put_word_member(o, "level", &assurances, (uint8_t)query_integer(q, 11));
    if (query_integer(q, 12))
        json_put_integer_member(o, "validated_at", (uint64_t)query_integer(q, 12));
    json_end_object(o);
    if (!query_null(q, 13))
        json_put_bool_member(o, "ended", true);
    TRY(put_status(o, session, query_text(q, 0), query_text(q, 1)));
    TRY(put_history(o, session, query_text(q, 0), query_blob(q, 14)));
    json_end_object(o);
    return CSIGN_OK;
}

static csign_code put_licence_of(struct json_out *o, struct session *session, span id, bool *ret_found)
{
    struct query q = QUERY(session, SQL_LICENCE_READ, VALUE_TEXT(id));
    csign_code code = CSIGN_OK;
    *ret_found = query_row(&q);
    if (*ret_found)
        code = put_licence(o, session, &q);
    TRY(query_close(&q));
    return code;
}

csign_code licence_put(struct json_out *o, struct session *session, const struct viewer *viewer, span id)
{
    bool found;
    (void)viewer; /* whoever names a licence exactly may read it: see people.h */
    TRY(put_licence_of(o, session, id, &found));
    return found ? buffer_code(o->to) : CSIGN_E_NOT_FOUND;
}

/* --- practitioners --- */

/* Whether the viewer is responsible for a person: an institution by affiliation, an authority by a licence. */
static csign_code is_responsible(struct session *session, const struct viewer *viewer, span practitioner, bool *ret)
{
    csign_code code = CSIGN_OK;
    *ret = false;
    if (!viewer->is_authority)
        return query_found(QUERY(session, SQL_PERSON_IS_AT, VALUE_TEXT(practitioner), VALUE_TEXT(viewer->body)), ret);
    struct query q = QUERY(session, SQL_LICENCES_OF, VALUE_TEXT(practitioner));
    while (code == CSIGN_OK && !*ret && query_row(&q))
        code = authority_covers_licence(session, viewer->body, query_text(&q, 0), ret);
    TRY(query_close(&q));
    return code;
}

static csign_code put_identifiers(struct json_out *o, struct session *session, span practitioner)
{
    struct query q = QUERY(session, SQL_IDENTIFIERS_OF, VALUE_TEXT(practitioner));
    json_put_name(o, "identifiers");
    json_put_array(o);
    while (query_row(&q)) {
        json_put_object(o);
        json_put_text_member(o, "system", query_text(&q, 0));
        json_put_text_member(o, "value", query_text(&q, 1));
        json_end_object(o);
    }
    json_end_array(o);
    return query_close(&q);
}

static csign_code put_licences(struct json_out *o, struct session *session, span practitioner)
{
    struct query q = QUERY(session, SQL_LICENCES_OF, VALUE_TEXT(practitioner));
    csign_code code = CSIGN_OK;
    bool found;
    json_put_name(o, "licences");
    json_put_array(o);
    while (code == CSIGN_OK && query_row(&q))
        code = put_licence_of(o, session, query_text(&q, 0), &found);
    json_end_array(o);
    TRY(query_close(&q));
    return code;
}

static csign_code put_affiliations(struct json_out *o, struct session *session, const struct viewer *viewer, span practitioner)
{
    struct query q = QUERY(session, SQL_AFFILIATIONS_OF, VALUE_TEXT(practitioner));
    json_put_name(o, "affiliations");
    json_put_array(o);
    while (query_row(&q)) {
        if (!viewer->is_authority && !span_equal(query_text(&q, 2), viewer->body))
            continue;
        json_put_object(o);
        json_put_text_member(o, "id", query_text(&q, 0));
        json_put_text_member(o, "licence", query_text(&q, 1));
        json_put_text_member(o, "site", query_text(&q, 2));
        json_put_word_member(o, "basis", &site_bases, (uint8_t)query_integer(&q, 3));
        json_put_bool_member(o, "consent", query_integer(&q, 4) != 0);
        json_put_integer_member(o, "from", (uint64_t)query_integer(&q, 5));
        if (query_integer(&q, 6))
            json_put_integer_member(o, "to", (uint64_t)query_integer(&q, 6));
        if (!query_null(&q, 7))
            json_put_integer_member(o, "ended_ms", (uint64_t)query_integer(&q, 7));
        json_end_object(o);
    }
    json_end_array(o);
    return query_close(&q);
}

/* What became of a key: the state of its newest index, or that it has ended itself. */
static span binding_state(const struct query *q)
{
    static const char *const states[] = {"live", "revoked", "suspended", "superseded"};
    int64_t code = query_integer(q, 7);
    if (!query_null(q, 4))
        return SPAN("ended");
    return span_text(query_null(q, 7) || code < 0 || code > END_SUPERSEDED ? "none" : states[code]);
}

static csign_code put_bindings(struct json_out *o, struct session *session, const struct viewer *viewer, span practitioner)
{
    struct query q = QUERY(session, SQL_BINDINGS_OF, VALUE_TEXT(practitioner));
    json_put_name(o, "bindings");
    json_put_array(o);
    while (query_row(&q)) {
        if (!viewer->is_authority && !span_equal(query_text(&q, 5), viewer->body))
            continue;
        json_put_object(o);
        json_put_integer_member(o, "id", (uint64_t)query_integer(&q, 0));
        json_put_text_member(o, "licence", query_text(&q, 1));
        json_put_text_member(o, "affiliation", query_text(&q, 2));
        json_put_base64url_member(o, "thumbprint", query_blob(&q, 3));
        if (!query_null(&q, 6))
            json_put_integer_member(o, "idx", (uint64_t)query_integer(&q, 6));
        json_put_text_member(o, "state", binding_state(&q));
        json_end_object(o);
    }
    json_end_array(o);
    return query_close(&q);
}

csign_code practitioner_put(struct json_out *o, struct session *session, const struct viewer *viewer, span id)
{
    struct query q = QUERY(session, SQL_PRACTITIONER_READ, VALUE_TEXT(id));
    bool found = query_row(&q), responsible = false;
    csign_code code = found ? is_responsible(session, viewer, id, &responsible) : CSIGN_E_NOT_FOUND;
    if (code == CSIGN_OK) {
        json_put_object(o);
        json_put_text_member(o, "id", id);
        json_put_text_member(o, "name", query_text(&q, 1));
        if (responsible)
            json_put_date_member(o, "birth_date", (uint32_t)query_integer(&q, 2));
        if (!query_null(&q, 3))
            json_put_bool_member(o, "deceased", true);
    }
    TRY(query_close(&q));
    TRY(code);
    TRY(put_identifiers(o, session, id));
    TRY(put_licences(o, session, id));
    if (responsible) {
        TRY(put_affiliations(o, session, viewer, id));
        TRY(put_bindings(o, session, viewer, id));
    }
    json_end_object(o);
    return buffer_code(o->to);
}

/* What is asked: exactly one question, and its statement. `upper` holds the end of the range of names. */
static csign_code open_question(struct session *session, const struct practitioner_query *p, struct buffer *upper, struct query *ret,
                                csign_fault *fault)
{
    const bool identifier = p->system.data && p->value.data;
    if ((p->system.data != NULL) != (p->value.data != NULL))
        return fault_set(fault, CSIGN_E_FIELD_INVALID, "system", "system and value belong together");
    if (identifier + (p->number.data != NULL) + (p->name.data != NULL) != 1)
        return fault_set(fault, CSIGN_E_FIELD_INVALID, "", "ask by system and value, by number or by name");
    if (identifier) {
        *ret = QUERY(session, SQL_PRACTITIONER_BY_IDENTIFIER, VALUE_TEXT(identifier_system(p->system)), VALUE_TEXT(p->value));
    } else if (p->number.data) {
        *ret = QUERY(session, SQL_PRACTITIONERS_BY_NUMBER, VALUE_TEXT(p->number), VALUE_INTEGER(PEOPLE_LIST_MAX));
    } else {
        if (p->name.size < NAME_PREFIX_MIN || p->name.size > CSIGN_STRING_MAX)
            return fault_set(fault, CSIGN_E_FIELD_INVALID, "name", "at least two bytes of its beginning");
        buffer_put(upper, p->name);
        buffer_put(upper, SPAN("\xF4\x8F\xBF\xBF")); /* the last character of Unicode: behind every name that begins so */
        *ret = QUERY(session, SQL_PRACTITIONERS_BY_NAME, VALUE_TEXT(p->name), VALUE_TEXT(buffer_span(upper)),
                     VALUE_INTEGER(PEOPLE_LIST_MAX));
    }
    return CSIGN_OK;
}

csign_code practitioners_put(struct json_out *o, struct session *session, const struct viewer *viewer,
                             const struct practitioner_query *query, csign_fault *fault)
{
    uint8_t memory[CSIGN_STRING_MAX + 4];
    struct buffer upper = buffer_open(memory, sizeof memory);
    struct query q;
    csign_code code = CSIGN_OK;
    bool responsible = true;
    TRY(open_question(session, query, &upper, &q, fault));
    json_put_object(o);
    json_put_name(o, "practitioners");
    json_put_array(o);
    while (code == CSIGN_OK && query_row(&q)) {
        if (query->name.data) /* a search does not show whom the viewer has nothing to do with */
            code = is_responsible(session, viewer, query_text(&q, 0), &responsible);
        if (code == CSIGN_OK && responsible)
            code = practitioner_put(o, session, viewer, query_text(&q, 0));
    }
    json_end_array(o);
    json_end_object(o);
    TRY(query_close(&q));
    TRY(code);
    return buffer_code(o->to);
}
