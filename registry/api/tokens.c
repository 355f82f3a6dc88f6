/* POST /v1/challenges and /v1/tokens: whoever shows a key of its own gets a token for 15 minutes. */
#include "access.h"
#include "api.h"
#include "resources.h"

/* A body that says nothing: none at all, or {}. */
static bool is_empty_object(span text, csign_fault *fault)
{
    uint8_t memory[64];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct json j;
    span name;
    if (text.size == 0)
        return true;
    json_open(&j, text, 1, &scratch);
    if (json_object(&j) && json_member_unremembered(&j, &name))
        json_fail(&j, "", "the object has members, and takes none");
    return json_finish(&j) || json_code(&j, CSIGN_E_BODY_MALFORMED, CSIGN_E_BODY_MALFORMED, fault) == CSIGN_OK;
}

void challenges_post(struct exchange *x)
{
    csign_fault fault;
    span nonce;
    uint64_t expires_s;
    if (!api_within_limit(x))
        return;
    if (!is_empty_object(exchange_body(x), &fault)) {
        exchange_problem(x, CSIGN_E_BODY_MALFORMED, &fault);
        return;
    }
    if (!api_give_nonce(x, &nonce, &expires_s))
        return;
    struct buffer body = api_buffer(x, 256);
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_text_member(&o, "nonce", nonce);
    json_put_integer_member(&o, "expires_at", expires_s);
    json_end_object(&o);
    api_answer_json(x, 200, &body);
}

static void answer_token(struct exchange *x, const struct access *access, const char *token, span nonce)
{
    static const char *const roles[] = {[ACCESS_OFFICER] = "officer", [ACCESS_APP] = "app", [ACCESS_CLINICIAN] = "clinician"};
    struct buffer body = api_buffer(x, 1024);
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_text_member(&o, "access_token", span_text(token));
    json_put_integer_member(&o, "expires_at", access->expires_s);
    json_put_text_member(&o, "role", span_text(roles[access->role]));
    json_put_text_member(&o, "id", span_of(access->name, access->name_size));
    json_put_text_member(&o, "nonce", nonce);
    json_end_object(&o);
    api_answer_json(x, 200, &body);
}

void tokens_post(struct exchange *x)
{
    struct access access;
    char token[ACCESS_TOKEN_MAX];
    span proof, nonce;
    csign_fault fault = {0};
    if (!api_read_proof(x, true, &proof))
        return;
    csign_code code = access_grant(api_registry(x), proof, api_now_ms(), &access, token, &fault);
    if (!api_give_nonce(x, &nonce, NULL))
        return;
    if (code != CSIGN_OK)
        exchange_problem(x, code, &fault);
    else
        answer_token(x, &access, token, nonce);
}
