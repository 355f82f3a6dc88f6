/*
 * The passes over the rows of a file: the judging of roles, which speak of other lines, and the applying of all. One operation takes
 * some rows after the other until it has done enough for one commit, or somebody else waits for it.
 */
#include "import_batch.h"
#include "rows.h"

#define SOME_ROWS   500u   /* done in any case: an order waits for so many */
#define ENOUGH_ROWS 20000u /* in one commit, where pages that many rows change are written once */

/* Copies the next rows: what is changed while a query runs is a question of the engine's. */
static csign_code take_rows(struct batch *b, struct session *session, struct import_place after)
{
    struct query q = QUERY(session, SQL_IMPORT_ROWS_NEXT, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(after.phase),
                           VALUE_INTEGER(after.line), VALUE_INTEGER(b->commit_rows ? b->commit_rows : SOME_ROWS));
    b->count = 0;
    b->arena.size = 0;
    while (b->arena.capacity - b->arena.size > 3 * RECORD_MAX && query_row(&q))
        b->rows[b->count++] = (struct batch_row){.at = {(uint64_t)query_integer(&q, 0), (uint64_t)query_integer(&q, 1)},
                                                 .members = copy_span(&b->arena, query_text(&q, 2)),
                                                 .verdict = {.outcome = (enum import_outcome)query_integer(&q, 3),
                                                             .other = (uint64_t)query_integer(&q, 4)}};
    TRY(query_close(&q));
    return buffer_code(&b->arena);
}

static csign_code keep_verdict(struct batch *b, struct session *session, const struct batch_row *row, const struct import_verdict *v)
{
    return RUN(session, SQL_IMPORT_ROW_OUTCOME, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(row->at.phase), VALUE_INTEGER(row->at.line),
               VALUE_INTEGER(v->outcome), v->field[0] ? VALUE_TEXT(span_text(v->field)) : VALUE_NULL,
               v->reason[0] ? VALUE_TEXT(span_text(v->reason)) : VALUE_NULL, VALUE_INTEGER(v->other));
}

static csign_code act(struct batch *b, struct session *session, const struct batch_row *row, bool apply, struct import_verdict *ret)
{
    struct buffer scratch = b->scratch;
    struct acting a = batch_acting(b, session, &scratch);
    static _Thread_local struct import_members m;
    TRY(import_members_read(row->members, &scratch, &m, a.fault));
    if (b->work.template == TEMPLATE_ROLL_CSV)
        TRY(import_roll_act(&a, &b->work, &m, apply, ret));
    else
        TRY(import_row_act(&a, &b->work, (uint8_t)row->at.phase, &m, apply, ret));
    if (b->work.template != TEMPLATE_FHIR_R4 || row->at.phase != IMPORT_PEOPLE || !ret->practitioner.data)
        return CSIGN_OK;
    return RUN(session, SQL_IMPORT_ROW_PERSON, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(row->at.phase), VALUE_INTEGER(row->at.line),
               VALUE_TEXT(ret->practitioner));
}

/* --- judging --- */

static csign_code judge_rows(struct batch *b, struct session *session)
{
    uint64_t counts[IMPORT_OUTCOMES] = {0};
    for (size_t i = 0; i < b->count; i++) {
        struct import_verdict v = {.field = "", .reason = ""};
        if (b->rows[i].verdict.outcome != IMPORT_PENDING)
            continue;
        TRY(act(b, session, &b->rows[i], false, &v));
        TRY(keep_verdict(b, session, &b->rows[i], &v));
        counts[v.outcome]++;
    }
    b->reached = b->rows[b->count - 1].at;
    return RUN(session, SQL_IMPORT_FILE_JUDGED, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(counts[IMPORT_ADDED]),
               VALUE_INTEGER(counts[IMPORT_UPDATED]), VALUE_INTEGER(counts[IMPORT_UNCHANGED]), VALUE_INTEGER(counts[IMPORT_FLAGGED]),
               VALUE_INTEGER(counts[IMPORT_REJECTED]), VALUE_INTEGER(b->reached.phase), VALUE_INTEGER(b->reached.line));
}

/* --- applying --- */

/* Rows that were refused, and those that only say again what another line says, do nothing. */
static bool is_idle(const struct batch_row *row)
{
    return row->verdict.outcome == IMPORT_REJECTED || row->verdict.other;
}

static bool is_culprit(const struct batch *b, const struct batch_row *row)
{
    return b->culprit.code != CSIGN_OK && row->at.phase == b->culprit.at.phase && row->at.line == b->culprit.at.line;
}

static csign_code apply_row(struct batch *b, struct session *session, const struct batch_row *row, struct import_verdict *ret)
{
    *ret = (struct import_verdict){.field = "", .reason = ""};
    if (is_culprit(b, row))
        return import_refuse(ret, b->culprit.field, csign_code_sentence(b->culprit.code));
    csign_code code = act(b, session, row, true, ret);
    if (import_is_refusal(code))
        b->culprit = (struct import_culprit){row->at, code, b->fault.field ? b->fault.field : ""};
    return code;
}

static csign_code apply_rows(struct batch *b, struct session *session)
{
    uint64_t differing = 0;
    for (size_t i = 0; i < b->count; i++) {
        struct import_verdict v;
        if (is_culprit(b, &b->rows[i]))
            b->count = i + 1; /* one is remembered: the operation ends with it */
        if (is_idle(&b->rows[i]))
            continue;
        TRY(apply_row(b, session, &b->rows[i], &v));
        if (v.outcome == b->rows[i].verdict.outcome)
            continue;
        TRY(keep_verdict(b, session, &b->rows[i], &v));
        differing++;
    }
    b->reached = b->rows[b->count - 1].at;
    return RUN(session, SQL_IMPORT_FILE_APPLIED, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(b->count), VALUE_INTEGER(differing),
               VALUE_INTEGER(b->reached.phase), VALUE_INTEGER(b->reached.line));
}

/* --- both --- */

/* Whether an operation that has done so many rows takes some more. */
static bool goes_on(const struct batch *b, const struct session *session, size_t done)
{
    return !b->ended && !b->commit_rows && done < ENOUGH_ROWS && !session_is_awaited(session) && !is_culprit(b, &b->rows[b->count - 1]);
}

static csign_code run_rows(struct batch *b, struct session *session, bool apply)
{
    size_t done = 0;
    b->reached = b->work.done;
    do {
        TRY(take_rows(b, session, b->reached));
        b->ended = b->count == 0;
        if (!b->ended)
            TRY(apply ? apply_rows(b, session) : judge_rows(b, session));
        done += b->count;
    } while (goes_on(b, session, done));
    return CSIGN_OK;
}

static csign_code run_judge(struct operation *operation, struct session *session)
{
    return run_rows((struct batch *)operation, session, false);
}

static csign_code run_apply(struct operation *operation, struct session *session)
{
    return run_rows((struct batch *)operation, session, true);
}

csign_code import_pass(struct batch *b, bool apply)
{
    csign_code code = batch_perform(b, apply ? run_apply : run_judge);
    if (apply && import_is_refusal(code))
        return CSIGN_OK;
    if (code == CSIGN_OK)
        b->work.done = b->reached;
    return code;
}
