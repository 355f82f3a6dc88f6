/* One-time codes, and what an institution ends by one signature: an affiliation, a key. */
#include "effects.h"
#include "rows.h"
#include "status.h"

#define HANDLE_SIZE      12u /* characters of the deed's id that a code begins with */
#define AFFILIATIONS_MAX 64u /* of one person at one institution that one deed ends */

static csign_code conflict(const struct acting *a, const char *field, const char *reason)
{
    return fault_set(a->fault, CSIGN_E_CONFLICT, field, reason);
}

/* --- activate --- */

static csign_code check_together(struct acting *a)
{
    const struct deed_activate *d = &a->deed->activate;
    struct query q = QUERY(a->session, SQL_AFFILIATION_READ, VALUE_TEXT(d->affiliation));
    bool found = query_row(&q);
    bool person = found && span_equal(query_text(&q, 0), d->practitioner);
    bool licence = found && span_equal(query_text(&q, 1), d->licence);
    bool ended = found && !query_null(&q, 3);
    TRY(query_close(&q));
    if (!person || !licence)
        return fault_set(a->fault, CSIGN_E_FIELD_INVALID, person ? "licence" : "practitioner", "not of this affiliation");
    if (ended)
        return conflict(a, "affiliation", "it has ended");
    q = QUERY(a->session, SQL_LICENCE_READ, VALUE_TEXT(d->licence));
    ended = query_row(&q) && !query_null(&q, 13);
    TRY(query_close(&q));
    return ended ? conflict(a, "licence", "its enrolment was voided") : CSIGN_OK;
}

csign_code apply_activate(struct acting *a, struct json_out *result)
{
    const struct deed_activate *d = &a->deed->activate;
    span id = a->deed->id, handle = span_of(id.data + id.size - HANDLE_SIZE, HANDLE_SIZE);
    TRY(check_together(a));
    TRY(status_check_orders(a->session, d->licence, d->practitioner, a->fault));
    json_put_text_member(result, "handle", handle);
    json_put_integer_member(result, "expires_at", d->head.valid_until);
    return RUN(a->session, SQL_ACTIVATION_INSERT, VALUE_TEXT(handle), VALUE_HASH(a->hash), VALUE_HASH(d->code),
               VALUE_TEXT(d->practitioner), VALUE_TEXT(d->licence), VALUE_TEXT(d->affiliation),
               VALUE_INTEGER(d->head.valid_until));
}

/* --- ending --- */

static csign_code end_binding(struct acting *a, int64_t binding, enum end_reason reason)
{
    const struct status_subject subject = {.scope = STATUS_OF_BINDING, .binding = binding};
    const struct status_ending ending = {END_REVOKED, reason, a->now_ms, a->hash};
    TRY(RUN(a->session, SQL_BINDING_END_KEY, VALUE_INTEGER(binding), VALUE_INTEGER(a->now_ms)));
    return status_end(a->registry, a->session, &subject, &ending, NULL);
}

/* A code that was redeemed has become a key: what was given by it ends, the key too. */
csign_code void_activate(struct acting *a, const struct amended *named)
{
    struct query q = QUERY(a->session, SQL_ACTIVATION_OF_DEED, VALUE_HASH(named->hash));
    bool found = query_row(&q), bound = found && !query_null(&q, 1);
    int64_t binding = query_integer(&q, 1);
    TRY(query_close(&q));
    if (!found)
        return CSIGN_E_INTERNAL;
    return bound ? end_binding(a, binding, REASON_ADMINISTRATIVE)
                 : RUN(a->session, SQL_ACTIVATION_VOID, VALUE_HASH(named->hash));
}

csign_code apply_key_end(struct acting *a, struct json_out *result)
{
    struct query q = QUERY(a->session, SQL_BINDING_OF_HOLDER, VALUE_HASH(a->deed->key_end.holder));
    bool found = query_row(&q), ended = found && !query_null(&q, 3);
    int64_t binding = query_integer(&q, 0);
    TRY(query_close(&q));
    if (!found || ended)
        return conflict(a, "holder", "the key has ended already");
    TRY(end_binding(a, binding, a->deed->key_end.reason));
    return put_indexes(a, result);
}

csign_code end_affiliation(struct acting *a, span affiliation, uint64_t effective_ms, enum end_reason reason)
{
    const struct status_subject subject = {.scope = STATUS_OF_AFFILIATION, .id = affiliation};
    const struct status_ending ending = {END_REVOKED, reason, effective_ms, a->hash};
    TRY(RUN(a->session, SQL_AFFILIATION_END, VALUE_TEXT(affiliation), VALUE_INTEGER(effective_ms)));
    TRY(RUN(a->session, SQL_ACTIVATION_VOID_OF_AFFILIATION, VALUE_TEXT(affiliation)));
    return status_end(a->registry, a->session, &subject, &ending, NULL);
}

csign_code apply_affiliation_end(struct acting *a, struct json_out *result)
{
    const struct deed_affiliation_end *d = &a->deed->affiliation_end;
    span affiliations[AFFILIATIONS_MAX], licences[AFFILIATIONS_MAX];
    size_t count = 0;
    struct query q = QUERY(a->session, SQL_AFFILIATIONS_AT, VALUE_TEXT(d->practitioner), VALUE_TEXT(d->site));
    while (count < AFFILIATIONS_MAX && query_row(&q)) {
        affiliations[count] = copy_span(a->scratch, query_text(&q, 0));
        licences[count++] = copy_span(a->scratch, query_text(&q, 1));
    }
    TRY(query_close(&q));
    TRY(buffer_code(a->scratch));
    if (count == 0)
        return conflict(a, "practitioner", "no affiliation here that has not ended");
    for (size_t i = 0; i < count; i++) {
        TRY(end_affiliation(a, affiliations[i], d->effective * 1000, d->reason));
        TRY(licence_event(a, licences[i], "affiliation ended"));
    }
    return put_indexes(a, result);
}
