/* /v1/deeds: submitted and countersigned as notes, listed and read. */
#include "api.h"
#include "base64.h"
#include "resources.h"

/* --- submitted --- */

struct deed_work {
    struct api_work work;
    struct deed_submission *submission;
};

static void answer_submitted(struct exchange *x)
{
    struct deed_work *w = exchange_state(x);
    const struct deed_submission *s = w->submission;
    if (w->work.code == CSIGN_OK) {
        struct buffer body = api_buffer(x, s->view.size);
        buffer_put(&body, s->view);
        api_answer_json(x, s->state == DEED_WAITING ? 202 : 200, &body);
    } else {
        exchange_problem(x, w->work.code, &s->fault); /* the fault's texts are static */
    }
    deed_submission_free(&w->submission);
}

void deeds_post(struct exchange *x)
{
    csign_fault fault = {0};
    struct deed_work *w = api_work_open(x, sizeof *w);
    if (!w)
        return;
    csign_code code = deed_submission_prepare(api_registry(x), exchange_body(x), &w->submission, &fault);
    if (code == CSIGN_OK)
        api_submit(x, &w->submission->operation, answer_submitted);
    else
        exchange_problem(x, code, &fault);
}

/* --- read --- */

static csign_code put_list(struct exchange *x, struct session *session, const struct viewer *viewer, struct json_out *o,
                           csign_fault *fault)
{
    span state = exchange_query(x, "state");
    struct deed_filter filter = {.waiting = span_equal(state, SPAN("waiting")), .after = exchange_query(x, "after"),
                                 .limit = DEEDS_LIST_MAX};
    uint64_t limit;
    if (state.data && !filter.waiting && !span_equal(state, SPAN("accepted")))
        return fault_set(fault, CSIGN_E_FIELD_INVALID, "state", "neither waiting nor accepted");
    TRY(api_query_number(x, "limit", DEEDS_LIST_MAX, 1, DEEDS_LIST_MAX, &limit, fault));
    filter.limit = (size_t)limit;
    return deeds_put(o, session, viewer, &filter, fault);
}

void deeds_list(struct exchange *x)
{
    api_answer_viewer(x, DEEDS_PUT_MAX + DEED_VIEW_MAX, put_list);
}

static csign_code put_one(struct exchange *x, struct session *session, const struct viewer *viewer, struct json_out *o,
                          csign_fault *fault)
{
    uint8_t hash[CSIGN_HASH_SIZE];
    if (!base64url_exact(exchange_path(x, "hash"), hash, sizeof hash))
        return fault_set(fault, CSIGN_E_NOT_FOUND, "hash", "not the hash of a deed");
    return deed_put(o, session, viewer, hash);
}

void deeds_read(struct exchange *x)
{
    api_answer_viewer(x, DEED_PUT_MAX, put_one);
}
