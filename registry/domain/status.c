/* B and E leaves are made in append_end(), status_amend() and status_allocate(), and nowhere else. */
#include "status.h"

#define PAGE_MAX 256u /* rows of one query, as the statements say: nothing changes while rows are read */

static struct value subject_value(const struct status_subject *s)
{
    return s->scope == STATUS_OF_BINDING ? VALUE_INTEGER(s->binding) : VALUE_TEXT(s->id);
}

/* A page of integers behind `after`: indexes or bindings of a subject. */
static csign_code read_page(struct session *session, enum sql_statement statement, const struct status_subject *subject,
                            int64_t after, bool flag, int64_t *ret, size_t *ret_count)
{
    struct query q = QUERY(session, statement, subject_value(subject), VALUE_INTEGER(after), VALUE_INTEGER(flag));
    size_t count = 0;
    while (count < PAGE_MAX && query_row(&q))
        ret[count++] = query_integer(&q, 0);
    *ret_count = count;
    return query_close(&q);
}

/* --- ending --- */

static csign_code append_end(const struct registry *registry, struct session *session, int64_t index,
                             const struct status_ending *ending)
{
    const struct value deed = ending->deed ? VALUE_BLOB(span_of(ending->deed, CSIGN_HASH_SIZE)) : VALUE_NULL;
    struct leaf leaf = {.type = LEAF_END,
                        .end = {.index = (uint64_t)index,
                                .effective_ms = ending->effective_ms,
                                .recorded_ms = session_time_ms(session),
                                .code = ending->code,
                                .reason = ending->reason}};
    const struct value values[] = {VALUE_INTEGER(index), VALUE_INTEGER(ending->code), VALUE_INTEGER(ending->reason),
                                   VALUE_INTEGER(ending->effective_ms), deed};
    uint64_t changed;
    if (ending->deed)
        memcpy(leaf.end.deed, ending->deed, sizeof leaf.end.deed);
    /* PROTOCOL 3: what lies ahead waits in the sequencer. */
    if (leaf.end.effective_ms > leaf.end.recorded_ms)
        return CSIGN_E_LEAF_MALFORMED;
    TRY(query_run(session, SQL_STATUS_END, values, sizeof values / sizeof *values, &changed));
    if (changed != 1)
        return CSIGN_E_INTERNAL;
    return log_append(registry->log, &leaf);
}

csign_code status_end(const struct registry *registry, struct session *session, const struct status_subject *subject,
                      const struct status_ending *ending, uint64_t *ret_count)
{
    static const enum sql_statement open_of[] = {[STATUS_OF_BINDING] = SQL_STATUS_OPEN_OF_BINDING,
                                                 [STATUS_OF_LICENCE] = SQL_STATUS_OPEN_OF_LICENCE,
                                                 [STATUS_OF_AFFILIATION] = SQL_STATUS_OPEN_OF_AFFILIATION,
                                                 [STATUS_OF_PRACTITIONER] = SQL_STATUS_OPEN_OF_PRACTITIONER};
    int64_t indexes[PAGE_MAX], after = -1;
    uint64_t ended = 0;
    size_t count;
    do {
        TRY(read_page(session, open_of[subject->scope], subject, after, ending->code == END_REVOKED, indexes, &count));
        for (size_t i = 0; i < count; i++)
            TRY(append_end(registry, session, indexes[i], ending));
        if (count)
            after = indexes[count - 1];
        ended += count;
    } while (count == PAGE_MAX);
    if (ret_count)
        *ret_count = ended;
    return CSIGN_OK;
}

csign_code status_find_open(struct session *session, int64_t binding, bool *ret_found, uint64_t *ret_index)
{
    const struct status_subject subject = {.scope = STATUS_OF_BINDING, .binding = binding};
    int64_t indexes[PAGE_MAX];
    size_t count;
    TRY(read_page(session, SQL_STATUS_OPEN_OF_BINDING, &subject, -1, true, indexes, &count));
    *ret_found = count > 0;
    *ret_index = count ? (uint64_t)indexes[count - 1] : 0;
    return CSIGN_OK;
}

csign_code status_amend(const struct registry *registry, struct session *session, const uint8_t ended_by[CSIGN_HASH_SIZE],
                        const struct status_ending *ending)
{
    struct leaf leaf = {.type = LEAF_END,
                        .end = {.effective_ms = ending->effective_ms,
                                .recorded_ms = session_time_ms(session),
                                .code = ending->code,
                                .reason = ending->reason}};
    int64_t indexes[PAGE_MAX], after = -1;
    size_t count;
    memcpy(leaf.end.deed, ending->deed, sizeof leaf.end.deed);
    do {
        struct query q = QUERY(session, SQL_STATUS_ENDED_BY, VALUE_BLOB(span_of(ended_by, CSIGN_HASH_SIZE)), VALUE_INTEGER(after),
                               VALUE_INTEGER(ending->code));
        for (count = 0; count < PAGE_MAX && query_row(&q); count++)
            indexes[count] = query_integer(&q, 0);
        TRY(query_close(&q));
        for (size_t i = 0; i < count; i++) {
            after = indexes[i];
            leaf.end.index = (uint64_t)after;
            TRY(RUN(session, SQL_STATUS_AMEND, VALUE_INTEGER(after), VALUE_INTEGER(ending->reason),
                    VALUE_INTEGER(ending->effective_ms)));
            TRY(log_append(registry->log, &leaf));
        }
    } while (count == PAGE_MAX);
    return CSIGN_OK;
}

/* Supersedes what is live of a binding, and what is suspended once no order stands: its next index takes its place. */
static csign_code supersede(const struct registry *registry, struct session *session, int64_t binding, enum end_reason reason,
                            const uint8_t *deed)
{
    const struct status_subject subject = {.scope = STATUS_OF_BINDING, .binding = binding};
    const struct status_ending ending = {END_SUPERSEDED, reason, session_time_ms(session), deed};
    int64_t indexes[PAGE_MAX];
    size_t count;
    TRY(read_page(session, SQL_STATUS_OPEN_OF_BINDING, &subject, -1, true, indexes, &count));
    for (size_t i = 0; i < count; i++)
        TRY(append_end(registry, session, indexes[i], &ending));
    return CSIGN_OK;
}

/* --- what forbids --- */

csign_code status_check_orders(struct session *session, span licence, span practitioner, csign_fault *fault)
{
    static const char *const kinds[] = {"", "revoked", "suspended", "superseded"};
    if (!licence.data && !practitioner.data)
        return CSIGN_OK; /* nothing stands against who is not known */
    struct query q = QUERY(session, SQL_STATUS_FIND_ORDER, VALUE_TEXT(licence), VALUE_TEXT(practitioner));
    const bool stands = query_row(&q);
    const int64_t code = query_integer(&q, 0), reason = query_integer(&q, 1);
    const bool interim = query_integer(&q, 2) != 0, is_person = query_integer(&q, 3) != 0;
    TRY(query_close(&q));
    if (!stands)
        return CSIGN_OK;
    const char *kind = code >= END_REVOKED && code <= END_SUPERSEDED ? kinds[code] : "an order stands";
    if (reason == REASON_DECEASED || reason == REASON_RESCINDED)
        kind = reason == REASON_DECEASED ? "deceased" : "rescinded";
    else if (interim)
        kind = "suspended, interim";
    return fault_set(fault, CSIGN_E_STANDING_ORDER, is_person ? "practitioner" : "licence", kind);
}

csign_code status_check_cuts(const struct registry *registry, struct session *session, span institution, uint64_t at_ms,
                             csign_fault *fault)
{
    struct query q = QUERY(session, SQL_STATUS_FIND_CUT, VALUE_BLOB(institution), VALUE_BLOB(span_text(registry->kid)));
    const bool found = query_row(&q);
    const int64_t cut_ms = query_integer(&q, 0);
    TRY(query_close(&q));
    if (found && cut_ms > (int64_t)at_ms)
        return fault_set(fault, CSIGN_E_STANDING_ORDER, "institution", "cut at a later time");
    return CSIGN_OK;
}

/* What a row of status_find_binding says of what has ended. */
static csign_code check_standing(const struct query *q, csign_fault *fault)
{
    static const struct {
        int column;
        const char *field, *reason;
    } ends[] = {{3, "key", "the key has ended"},
                {4, "affiliation", "the affiliation has ended"},
                {5, "licence", "the licence has ended"},
                {6, "institution", "the institution has ended"}};
    if (query_integer(q, 7))
        return fault_set(fault, CSIGN_E_STANDING_ORDER, "practitioner", "deceased");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (query_integer(q, ends[i].column))
            return fault_set(fault, CSIGN_E_CONFLICT, ends[i].field, ends[i].reason);
    return CSIGN_OK;
}

/* --- giving --- */

csign_code status_allocate(const struct registry *registry, struct session *session, int64_t binding, enum end_reason reason,
                           const uint8_t *deed, uint64_t *ret_index, csign_fault *fault)
{
    uint8_t commit[CSIGN_HASH_SIZE], thumbprint[CSIGN_HASH_SIZE];
    struct query q = QUERY(session, SQL_STATUS_FIND_BINDING, VALUE_INTEGER(binding),
                           VALUE_INTEGER(session_time_ms(session) / 1000));
    csign_code code = CSIGN_E_NOT_FOUND;
    if (query_row(&q)) {
        code = check_standing(&q, fault);
        if (code == CSIGN_OK)
            code = status_check_orders(session, query_text(&q, 2), query_text(&q, 0), fault);
        if (code == CSIGN_OK)
            code = status_check_cuts(registry, session, query_text(&q, 8), session_time_ms(session), fault);
        query_bytes(&q, 1, thumbprint, sizeof thumbprint);
        if (q.code == CSIGN_OK)
            leaf_binding_commit(registry->iss, query_text(&q, 0), thumbprint, commit);
    }
    TRY(query_close(&q));
    TRY(code);
    TRY(supersede(registry, session, binding, reason, deed));
    TRY(log_append_binding(registry->log, commit, ret_index));
    return RUN(session, SQL_STATUS_INSERT, VALUE_INTEGER(*ret_index), VALUE_INTEGER(binding));
}

static bool may_be_passed_over(csign_code code)
{
    return code == CSIGN_E_CONFLICT || code == CSIGN_E_STANDING_ORDER;
}

csign_code status_renew(const struct registry *registry, struct session *session, const struct status_subject *subject,
                        enum status_renewal which, enum end_reason reason, const uint8_t *deed, uint64_t *ret_count,
                        csign_fault *fault)
{
    static const enum sql_statement bindings_of[] = {[STATUS_OF_BINDING] = SQL_STATUS_BINDINGS_OF_BINDING,
                                                     [STATUS_OF_LICENCE] = SQL_STATUS_BINDINGS_OF_LICENCE,
                                                     [STATUS_OF_AFFILIATION] = SQL_STATUS_BINDINGS_OF_AFFILIATION,
                                                     [STATUS_OF_PRACTITIONER] = SQL_STATUS_BINDINGS_OF_PRACTITIONER};
    int64_t bindings[PAGE_MAX], after = -1;
    uint64_t given = 0, index;
    size_t count;
    do {
        TRY(read_page(session, bindings_of[subject->scope], subject, after, which == STATUS_RENEW_LIVE, bindings, &count));
        for (size_t i = 0; i < count; i++) {
            csign_code code = status_allocate(registry, session, bindings[i], reason, deed, &index, fault);
            given += code == CSIGN_OK;
            /* No next index for this one; but what its live index says is no longer so. */
            if (may_be_passed_over(code))
                code = which == STATUS_RENEW_LIVE ? supersede(registry, session, bindings[i], reason, deed) : CSIGN_OK;
            TRY(code);
        }
        if (count)
            after = bindings[count - 1];
    } while (count == PAGE_MAX);
    if (ret_count)
        *ret_count = given;
    return CSIGN_OK;
}
