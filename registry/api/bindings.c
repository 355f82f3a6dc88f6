/* POST /v1/bindings and /v1/bindings/end: a holder's key becomes hers by a one-time code, and ends by her own word. */
#include "api.h"
#include "binding.h"
#include "resources.h"

/* --- made --- */

struct make_work {
    struct api_work work;
    struct binding_make make;
};

static void answer_made(struct exchange *x)
{
    struct make_work *w = exchange_state(x);
    csign_code code = w->work.code == CSIGN_OK ? w->make.refusal : w->work.code;
    span nonce;
    if (!api_give_nonce(x, &nonce, NULL))
        return;
    if (code != CSIGN_OK) {
        exchange_problem(x, code, &w->make.fault);
        return;
    }
    struct buffer body = api_buffer(x, 256);
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_integer_member(&o, "idx", w->make.index);
    json_put_text_member(&o, "practitioner", span_text(w->make.practitioner));
    json_put_text_member(&o, "nonce", nonce);
    json_end_object(&o);
    api_answer_json(x, 201, &body);
}

void bindings_post(struct exchange *x)
{
    span proof;
    if (!api_read_proof(x, true, &proof))
        return;
    struct make_work *w = api_work_open(x, sizeof *w);
    if (!w)
        return;
    csign_code code = binding_make_prepare(&w->make, api_registry(x), proof, api_now_ms());
    if (code == CSIGN_OK)
        api_submit(x, &w->make.operation, answer_made);
    else if (api_give_nonce(x, NULL, NULL))
        exchange_problem(x, code, &w->make.fault);
}

/* --- ended --- */

struct end_work {
    struct api_work work;
    struct binding_end end;
};

static void answer_ended(struct exchange *x)
{
    struct end_work *w = exchange_state(x);
    span nonce;
    if (!api_give_nonce(x, &nonce, NULL))
        return;
    if (w->work.code != CSIGN_OK) {
        exchange_problem(x, w->work.code, &w->end.fault);
        return;
    }
    struct buffer body = api_buffer(x, 256);
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_name(&o, "ended");
    json_put_array(&o);
    if (w->end.has_index)
        json_put_integer(&o, w->end.index);
    json_end_array(&o);
    json_put_text_member(&o, "nonce", nonce);
    json_end_object(&o);
    api_answer_json(x, 200, &body);
}

void bindings_end(struct exchange *x)
{
    span proof;
    if (!api_read_proof(x, false, &proof))
        return;
    struct end_work *w = api_work_open(x, sizeof *w);
    if (!w)
        return;
    csign_code code = binding_end_prepare(&w->end, api_registry(x), proof, api_now_ms());
    if (code == CSIGN_OK)
        api_submit(x, &w->end.operation, answer_ended);
    else if (api_give_nonce(x, NULL, NULL))
        exchange_problem(x, code, &w->end.fault);
}
