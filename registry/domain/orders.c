/*
 * Orders: what an authority takes away, and gives back. An order stands until a deed lifts it; its row is what every allocation of
 * a status index reads again. It ends what is live, and voids open codes and the grants that wait for a second signature.
 */
#include "effects.h"
#include "rows.h"
#include "status.h"

#define INDEXES_MAX 100u /* that a result lists */

static csign_code conflict(const struct acting *a, const char *field, const char *reason)
{
    return fault_set(a->fault, CSIGN_E_CONFLICT, field, reason);
}

csign_code put_indexes(const struct acting *a, struct json_out *result)
{
    struct query q = QUERY(a->session, SQL_INDEXES_OF_DEED, VALUE_HASH(a->hash), VALUE_INTEGER(INDEXES_MAX));
    json_put_name(result, "indexes");
    json_put_array(result);
    while (query_row(&q))
        json_put_integer(result, (uint64_t)query_integer(&q, 0));
    json_end_array(result);
    return query_close(&q);
}

/* --- taking away --- */

static enum end_code order_code(enum deed_kind kind)
{
    return kind == DEED_SUSPEND || kind == DEED_SUSPEND_INTERIM ? END_SUSPENDED : END_REVOKED;
}

static const char *order_event(enum deed_kind kind)
{
    switch (kind) {
    case DEED_SUSPEND_INTERIM:
        return "suspended, interim";
    case DEED_SUSPEND:
        return "suspended";
    case DEED_REVOKE:
        return "revoked";
    case DEED_RESCIND:
        return "rescinded";
    default:
        return "deregistered";
    }
}

static csign_code void_grants_of_licence(const struct acting *a)
{
    TRY(RUN(a->session, SQL_ACTIVATION_VOID_OF_LICENCE, VALUE_TEXT(a->licence)));
    TRY(RUN(a->session, SQL_DEED_VOID_REINSTATEMENTS, VALUE_TEXT(a->licence), VALUE_HASH(a->hash), VALUE_INTEGER(DEED_REINSTATE)));
    return RUN(a->session, SQL_DEED_VOID_GRANTS_OF_LICENCE, VALUE_TEXT(a->licence), VALUE_TEXT(a->practitioner),
               VALUE_INTEGER(DEED_ENROL), VALUE_INTEGER(DEED_ACTIVATE), VALUE_INTEGER(DEED_REINSTATE));
}

csign_code apply_order(struct acting *a, struct json_out *result)
{
    const struct deed_order *d = &a->deed->order;
    const enum deed_kind kind = (enum deed_kind)d->head.kind;
    const bool interim = kind == DEED_SUSPEND_INTERIM;
    /* Void from the start is told apart for good, whatever reason the deed gives: what was signed before is to be found again. */
    const enum end_reason reason = kind == DEED_RESCIND ? REASON_RESCINDED : d->reason;
    const struct status_subject subject = {.scope = STATUS_OF_LICENCE, .id = d->licence};
    const struct status_ending ending = {order_code(kind), reason, d->effective * 1000, a->hash};
    if (!interim)
        TRY(RUN(a->session, SQL_ORDER_CONFIRM, VALUE_TEXT(d->licence)));
    TRY(RUN(a->session, SQL_ORDER_INSERT, VALUE_HASH(a->hash), VALUE_TEXT(d->licence), VALUE_NULL, VALUE_INTEGER(ending.code),
            VALUE_INTEGER(reason), VALUE_INTEGER(interim), VALUE_INTEGER(d->confirm_by), VALUE_INTEGER(ending.effective_ms)));
    TRY(void_grants_of_licence(a));
    TRY(status_end(a->registry, a->session, &subject, &ending, NULL));
    TRY(licence_event(a, d->licence, order_event(kind)));
    return put_indexes(a, result);
}

csign_code apply_deceased(struct acting *a, struct json_out *result)
{
    const struct deed_deceased *d = &a->deed->deceased;
    const struct status_subject subject = {.scope = STATUS_OF_PRACTITIONER, .id = d->practitioner};
    const struct status_ending ending = {END_REVOKED, REASON_DECEASED, d->effective * 1000, a->hash};
    struct query q = QUERY(a->session, SQL_PRACTITIONER_READ, VALUE_TEXT(d->practitioner));
    bool again = query_row(&q) && !query_null(&q, 3);
    TRY(query_close(&q));
    if (again)
        return conflict(a, "practitioner", "recorded already");
    TRY(RUN(a->session, SQL_PRACTITIONER_SET_DECEASED, VALUE_TEXT(d->practitioner), VALUE_INTEGER(ending.effective_ms)));
    TRY(RUN(a->session, SQL_ORDER_INSERT, VALUE_HASH(a->hash), VALUE_NULL, VALUE_TEXT(d->practitioner),
            VALUE_INTEGER(END_REVOKED), VALUE_INTEGER(REASON_DECEASED), VALUE_INTEGER(0), VALUE_INTEGER(0),
            VALUE_INTEGER(ending.effective_ms)));
    TRY(RUN(a->session, SQL_ACTIVATION_VOID_OF_PRACTITIONER, VALUE_TEXT(d->practitioner)));
    TRY(RUN(a->session, SQL_DEED_VOID_GRANTS_OF_PRACTITIONER, VALUE_TEXT(d->practitioner), VALUE_INTEGER(DEED_ENROL),
            VALUE_INTEGER(DEED_ACTIVATE), VALUE_INTEGER(DEED_REINSTATE)));
    TRY(status_end(a->registry, a->session, &subject, &ending, NULL));
    return put_indexes(a, result);
}

/* --- changing --- */

csign_code apply_condition(struct acting *a, struct json_out *result)
{
    const struct deed_order *d = &a->deed->order;
    const struct status_subject subject = {.scope = STATUS_OF_LICENCE, .id = d->licence};
    size_t from = a->scratch->size;
    struct json_out o = json_out(a->scratch);
    claim_put_conditions(&o, d->conditions);
    TRY(buffer_code(a->scratch));
    TRY(RUN(a->session, SQL_LICENCE_SET_CONDITIONS, VALUE_TEXT(d->licence), VALUE_TEXT(buffer_since(a->scratch, from))));
    TRY(licence_event(a, d->licence, d->conditions.count ? "conditions changed" : "conditions removed"));
    TRY(status_renew(a->registry, a->session, &subject, STATUS_RENEW_LIVE, REASON_CONDITIONS_CHANGED, a->hash, NULL, a->fault));
    return put_indexes(a, result);
}

/* --- giving back --- */

static csign_code renew_licence(struct acting *a, span licence, enum end_reason reason)
{
    const struct status_subject subject = {.scope = STATUS_OF_LICENCE, .id = licence};
    bool stands;
    TRY(query_found(QUERY(a->session, SQL_ORDERS_STANDING, VALUE_TEXT(licence)), &stands));
    return stands ? CSIGN_OK /* another order still stands: nothing comes back */
                  : status_renew(a->registry, a->session, &subject, STATUS_RENEW_ALL, reason, a->hash, NULL, a->fault);
}

/*
 * Suspensions are lifted; revoked, rescinded and deregistered are three different ends and stay: an order that was wrong is
 * voided, which says so. An authority lifts its own orders, and those of authorities within its jurisdictions.
 */
csign_code apply_reinstate(struct acting *a, struct json_out *result)
{
    const struct deed_order *d = &a->deed->order;
    const struct value values[] = {VALUE_TEXT(d->licence), VALUE_TEXT(d->head.at), VALUE_INTEGER(a->now_ms)};
    struct query q = QUERY(a->session, SQL_ORDERS_STANDING, VALUE_TEXT(d->licence));
    bool stands = query_row(&q), terminal = stands && query_integer(&q, 0) == END_REVOKED;
    uint64_t lifted;
    TRY(query_close(&q));
    if (!stands)
        return conflict(a, "licence", "no order stands");
    if (terminal)
        return conflict(a, "licence", "revoked, rescinded or deregistered: void the order if it was wrong");
    TRY(query_run(a->session, SQL_ORDERS_LIFT, values, 3, &lifted));
    if (lifted == 0)
        return fault_set(a->fault, CSIGN_E_FOREIGN_JURISDICTION, "licence", "the order that stands is another authority's");
    TRY(licence_event(a, d->licence, "reinstated"));
    TRY(renew_licence(a, d->licence, REASON_REINSTATED));
    json_put_integer_member(result, "lifted", lifted);
    return put_indexes(a, result);
}

/* --- amending --- */

csign_code void_order(struct acting *a, const struct amended *named)
{
    const struct value values[] = {VALUE_HASH(named->hash), VALUE_INTEGER(a->now_ms)};
    uint64_t changed;
    TRY(query_run(a->session, SQL_ORDER_LIFT, values, 2, &changed));
    if (changed == 0)
        return conflict(a, "deed", "the order was lifted already");
    TRY(licence_event(a, a->licence, "order voided"));
    return renew_licence(a, a->licence, REASON_REINSTATED);
}

csign_code void_deceased(struct acting *a, const struct amended *named)
{
    const struct status_subject subject = {.scope = STATUS_OF_PRACTITIONER, .id = a->practitioner};
    TRY(RUN(a->session, SQL_ORDER_LIFT, VALUE_HASH(named->hash), VALUE_INTEGER(a->now_ms)));
    TRY(RUN(a->session, SQL_PRACTITIONER_SET_DECEASED, VALUE_TEXT(a->practitioner), VALUE_NULL));
    return status_renew(a->registry, a->session, &subject, STATUS_RENEW_ALL, REASON_REINSTATED, a->hash, NULL, a->fault);
}

/* Effective time and reason, in the order and in what it ended: a second E replaces both (PROTOCOL 3). */
csign_code correct_order(struct acting *a, const struct amended *named)
{
    const struct deed_order *d = &named->after->order;
    const enum deed_kind kind = (enum deed_kind)d->head.kind;
    const enum end_reason reason = kind == DEED_RESCIND ? REASON_RESCINDED : d->reason;
    const struct status_ending ending = {order_code(kind), reason, d->effective * 1000, a->hash};
    if (!span_equal(d->licence, named->before->order.licence))
        return conflict(a, "licence", "void the order and give another");
    if (ending.effective_ms > a->now_ms)
        return conflict(a, "effective", "it has taken effect: void it and give another");
    TRY(RUN(a->session, SQL_ORDER_CORRECT, VALUE_HASH(named->hash), VALUE_INTEGER(ending.effective_ms), VALUE_INTEGER(reason),
            VALUE_INTEGER(d->confirm_by)));
    TRY(licence_event(a, d->licence, "order corrected"));
    return status_amend(a->registry, a->session, named->hash, &ending);
}
