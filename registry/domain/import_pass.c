/* The passes over the rows of a file: the judging of roles, which speak of other lines, and the applying of all. */
#include "import_batch.h"
#include "rows.h"

#define PASS_ROWS BATCH_ROWS

/* Copies the next rows: what is changed while a query runs is a question of the engine's. */
static csign_code take_rows(struct batch *b, struct session *session)
{
    struct query q = QUERY(session, SQL_IMPORT_ROWS_NEXT, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(b->work.phase),
                           VALUE_INTEGER(b->work.line), VALUE_INTEGER(b->limit < PASS_ROWS ? b->limit : PASS_ROWS));
    b->count = 0;
    b->arena.size = 0;
    while (b->arena.capacity - b->arena.size > 3 * RECORD_MAX && query_row(&q))
        b->rows[b->count++] = (struct batch_row){.phase = (uint8_t)query_integer(&q, 0),
                                                 .line = (uint64_t)query_integer(&q, 1),
                                                 .members = copy_span(&b->arena, query_text(&q, 2)),
                                                 .verdict = {.outcome = (enum import_outcome)query_integer(&q, 3),
                                                             .other = (uint64_t)query_integer(&q, 4)}};
    TRY(query_close(&q));
    return buffer_code(&b->arena);
}

static csign_code keep_verdict(struct batch *b, struct session *session, const struct batch_row *row, const struct import_verdict *v)
{
    return RUN(session, SQL_IMPORT_ROW_OUTCOME, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(row->phase), VALUE_INTEGER(row->line),
               VALUE_INTEGER(v->outcome), v->field[0] ? VALUE_TEXT(span_text(v->field)) : VALUE_NULL,
               v->reason[0] ? VALUE_TEXT(span_text(v->reason)) : VALUE_NULL, VALUE_INTEGER(v->other));
}

static csign_code act(struct batch *b, struct session *session, struct batch_row *row, bool apply, struct import_verdict *ret)
{
    struct buffer scratch = b->scratch;
    struct acting a = batch_acting(b, session, &scratch);
    static _Thread_local struct import_members m;
    TRY(import_members_read(row->members, &scratch, &m, a.fault));
    if (b->work.template == TEMPLATE_ROLL_CSV)
        TRY(import_roll_act(&a, &b->work, &m, apply, ret));
    else
        TRY(import_row_act(&a, &b->work, row->phase, &m, apply, ret));
    if (b->work.template != TEMPLATE_FHIR_R4 || row->phase != IMPORT_PEOPLE || !ret->practitioner.data)
        return CSIGN_OK;
    return RUN(session, SQL_IMPORT_ROW_PERSON, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(row->phase), VALUE_INTEGER(row->line),
               VALUE_TEXT(ret->practitioner));
}

static void move(struct batch *b)
{
    b->ended = b->count == 0;
    if (b->ended)
        return;
    b->work.phase = b->rows[b->count - 1].phase;
    b->work.line = b->rows[b->count - 1].line;
}

static csign_code run_judge(struct operation *operation, struct session *session)
{
    struct batch *b = (struct batch *)operation;
    uint64_t counts[IMPORT_OUTCOMES] = {0};
    TRY(take_rows(b, session));
    for (size_t i = 0; i < b->count; i++) {
        struct import_verdict v = {.field = "", .reason = ""};
        if (b->rows[i].verdict.outcome != IMPORT_PENDING)
            continue;
        TRY(act(b, session, &b->rows[i], false, &v));
        TRY(keep_verdict(b, session, &b->rows[i], &v));
        counts[v.outcome]++;
    }
    uint64_t phase = b->count ? b->rows[b->count - 1].phase : b->work.phase, line = b->count ? b->rows[b->count - 1].line : b->work.line;
    return RUN(session, SQL_IMPORT_FILE_JUDGED, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(counts[IMPORT_ADDED]),
               VALUE_INTEGER(counts[IMPORT_UPDATED]), VALUE_INTEGER(counts[IMPORT_UNCHANGED]), VALUE_INTEGER(counts[IMPORT_FLAGGED]),
               VALUE_INTEGER(counts[IMPORT_REJECTED]), VALUE_INTEGER(phase), VALUE_INTEGER(line));
}

/* Rows that were refused, and those that only say again what another line says, do nothing. */
static bool is_idle(const struct batch_row *row)
{
    return row->verdict.outcome == IMPORT_REJECTED || row->verdict.other;
}

static csign_code run_apply(struct operation *operation, struct session *session)
{
    struct batch *b = (struct batch *)operation;
    uint64_t differing = 0;
    TRY(take_rows(b, session));
    for (size_t i = 0; i < b->count; i++) {
        struct import_verdict v = {.field = "", .reason = ""};
        if (is_idle(&b->rows[i]))
            continue;
        TRY(act(b, session, &b->rows[i], true, &v));
        if (v.outcome == b->rows[i].verdict.outcome)
            continue;
        TRY(keep_verdict(b, session, &b->rows[i], &v));
        differing++;
    }
    if (b->count == 0)
        return CSIGN_OK;
    return RUN(session, SQL_IMPORT_FILE_APPLIED, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(b->count), VALUE_INTEGER(differing),
               VALUE_INTEGER(b->rows[b->count - 1].phase), VALUE_INTEGER(b->rows[b->count - 1].line));
}

/* One row that the data refuse in a way that no judging foresaw: told, and left alone. */
static csign_code run_give_up(struct operation *operation, struct session *session)
{
    struct batch *b = (struct batch *)operation;
    csign_code why = b->fault.code;
    const struct import_verdict v = {.outcome = IMPORT_REJECTED, .field = b->fault.field ? b->fault.field : "", .reason = csign_code_sentence(why)};
    TRY(take_rows(b, session));
    if (b->count != 1)
        return CSIGN_E_INTERNAL;
    TRY(keep_verdict(b, session, &b->rows[0], &v));
    return RUN(session, SQL_IMPORT_FILE_APPLIED, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(1), VALUE_INTEGER(1),
               VALUE_INTEGER(b->rows[0].phase), VALUE_INTEGER(b->rows[0].line));
}

csign_code import_pass(struct batch *b, bool apply)
{
    csign_code code;
    if (!batch_perform(b, apply ? run_apply : run_judge, &code))
        return CSIGN_E_UNAVAILABLE;
    if (code == CSIGN_OK) {
        move(b);
        b->limit = PASS_ROWS;
        return CSIGN_OK;
    }
    if (!import_is_refusal(code) || !apply)
        return code;
    if (b->limit > 1) { /* which of them it was is found one by one */
        b->limit = 1;
        return CSIGN_OK;
    }
    b->fault.code = code;
    if (!batch_perform(b, run_give_up, &code))
        return CSIGN_E_UNAVAILABLE;
    if (code == CSIGN_OK)
        move(b);
    return code;
}
