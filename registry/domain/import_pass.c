/* The passes over the rows of a file: the judging of roles, which speak of other lines, and the applying of all. */
#include "import_batch.h"
#include "rows.h"

/* --- on the thread that works --- */

/*
 * Nothing is to be applied of rows that were refused, that only say again what another line says, or with which there was nothing to do when
 * officers signed; and judged is what is not yet.
 */
static bool is_idle(const struct batch_row *row, bool apply)
{
    const enum import_outcome outcome = row->verdict.outcome;
    return apply ? outcome == IMPORT_REJECTED || outcome == IMPORT_UNCHANGED || row->verdict.other : outcome != IMPORT_PENDING;
}

static csign_code read_rows(struct batch *b, struct session *session, struct import_place after, bool apply)
{
    struct load *load = b->ahead;
    csign_fault fault;
    csign_code code = CSIGN_OK;
    struct query q = QUERY(session, SQL_IMPORT_ROWS_NEXT, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(after.phase),
                           VALUE_INTEGER(after.line), VALUE_INTEGER(b->commit_rows));
    while (code == CSIGN_OK && !load_is_full(b, load) && query_row(&q)) {
        struct batch_row *row = &load->rows[load->count++];
        *row = (struct batch_row){.at = {(uint64_t)query_integer(&q, 0), (uint64_t)query_integer(&q, 1)},
                                  .verdict = {.outcome = (enum import_outcome)query_integer(&q, 3), .other = (uint64_t)query_integer(&q, 4)}};
        if (is_idle(row, apply))
            continue;
        row->text = copy_span(&load->arena, query_text(&q, 2));
        code = load_read(load, row, &fault);
    }
    TRY(query_close(&q));
    return code;
}

/* The rows behind one place; what the writer does meanwhile changes none that it has not come to. */
static csign_code read_ahead(struct batch *b, struct import_place after, bool apply)
{
    struct session *session = store_reader(b->registry->store);
    if (!session)
        return CSIGN_E_UNAVAILABLE;
    csign_code code = read_rows(b, session, after, apply);
    store_reader_end(b->registry->store, session);
    return code;
}

/* --- on the writer's --- */

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
    if (b->work.template == TEMPLATE_ROLL_CSV)
        TRY(import_roll_act(&a, &b->work, row->members, apply, ret));
    else
        TRY(import_row_act(&a, &b->work, (uint8_t)row->at.phase, row->members, apply, ret));
    if (b->work.template != TEMPLATE_FHIR_R4 || row->at.phase != IMPORT_PEOPLE || !ret->practitioner.data)
        return CSIGN_OK;
    return RUN(session, SQL_IMPORT_ROW_PERSON, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(row->at.phase), VALUE_INTEGER(row->at.line),
               VALUE_TEXT(ret->practitioner));
}

static csign_code judge_row(struct batch *b, struct session *session, struct batch_row *row)
{
    struct import_verdict v = {.field = "", .reason = ""};
    if (!row->members)
        return CSIGN_OK;
    TRY(act(b, session, row, false, &v));
    b->counts[v.outcome]++;
    return keep_verdict(b, session, row, &v);
}

static csign_code keep_judged(struct batch *b, struct session *session)
{
    return RUN(session, SQL_IMPORT_FILE_JUDGED, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(b->counts[IMPORT_ADDED]),
               VALUE_INTEGER(b->counts[IMPORT_UPDATED]), VALUE_INTEGER(b->counts[IMPORT_UNCHANGED]), VALUE_INTEGER(b->counts[IMPORT_FLAGGED]),
               VALUE_INTEGER(b->counts[IMPORT_REJECTED]), VALUE_INTEGER(b->reached.phase), VALUE_INTEGER(b->reached.line));
}

static bool is_culprit(const struct batch *b, const struct batch_row *row)
{
    return b->culprit.code != CSIGN_OK && row->at.phase == b->culprit.at.phase && row->at.line == b->culprit.at.line;
}

static csign_code apply_or_refuse(struct batch *b, struct session *session, const struct batch_row *row, struct import_verdict *ret)
{
    b->is_over = is_culprit(b, row); /* one is remembered: behind it a commit */
    if (b->is_over)
        return import_refuse(ret, b->culprit.field, csign_code_sentence(b->culprit.code));
    csign_code code = act(b, session, row, true, ret);
    if (import_is_refusal(code))
        b->culprit = (struct import_culprit){row->at, code, b->fault.field ? b->fault.field : ""};
    return code;
}

static csign_code apply_row(struct batch *b, struct session *session, struct batch_row *row)
{
    struct import_verdict v = {.field = "", .reason = "", .judged = row->verdict.outcome};
    if (!row->members)
        return CSIGN_OK;
    TRY(apply_or_refuse(b, session, row, &v));
    if (v.outcome == row->verdict.outcome)
        return CSIGN_OK;
    b->differing++;
    return keep_verdict(b, session, row, &v);
}

static csign_code keep_applied(struct batch *b, struct session *session)
{
    return RUN(session, SQL_IMPORT_FILE_APPLIED, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(b->next - b->at_work->next),
               VALUE_INTEGER(b->differing), VALUE_INTEGER(b->reached.phase), VALUE_INTEGER(b->reached.line));
}

/* --- both --- */

static csign_code pass(struct batch *b, bool apply)
{
    struct import_place after = b->work.done;
    for (;;) {
        TRY(read_ahead(b, after, apply));
        if (b->ahead->count == 0)
            return CSIGN_OK;
        after = b->ahead->rows[b->ahead->count - 1].at;
        TRY(batch_hand_over(b));
    }
}

csign_code import_pass(struct batch *b, bool apply)
{
    b->act = apply ? apply_row : judge_row;
    b->keep = apply ? keep_applied : keep_judged;
    b->culprit.code = CSIGN_OK;
    load_clear(b->ahead);
    csign_code code = pass(b, apply), finished = batch_finish(b);
    return code != CSIGN_OK ? code : finished;
}
