/* POST /v1/credentials: a credential for the key that proves itself, and the nonce for the next. */
#include "api.h"
#include "issue.h"
#include "resources.h"

struct issue_work {
    struct api_work work;
    struct issue issue;
};

static void answer_issued(struct exchange *x)
{
    struct issue_work *w = exchange_state(x);
    span nonce;
    if (!api_give_nonce(x, &nonce, NULL))
        return;
    struct buffer credential = api_buffer(x, ISSUE_CREDENTIAL_MAX), body = api_buffer(x, ISSUE_CREDENTIAL_MAX + 256);
    csign_code code = w->work.code == CSIGN_OK ? issue_write(&w->issue, &credential) : w->work.code;
    if (code != CSIGN_OK) {
        exchange_problem(x, code, &w->issue.fault);
        return;
    }
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_text_member(&o, "credential", buffer_span(&credential));
    json_put_text_member(&o, "nonce", nonce);
    json_end_object(&o);
    api_answer_json(x, 200, &body);
}

void credentials_post(struct exchange *x)
{
    span proof;
    if (!api_read_proof(x, false, &proof))
        return;
    struct issue_work *w = api_work_open(x, sizeof *w);
    if (!w)
        return;
    csign_code code = issue_prepare(&w->issue, api_registry(x), proof, api_now_ms());
    if (code == CSIGN_OK)
        api_submit(x, &w->issue.operation, answer_issued);
    else if (api_give_nonce(x, NULL, NULL))
        exchange_problem(x, code, &w->issue.fault);
}
