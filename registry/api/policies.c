/* POST /v1/policies: a policy is brought here before a deed publishes it. GET /policies/<name>: what the log names. */
#include "policies.h"
#include "api.h"
#include "base64.h"
#include "policy.h"
#include "policy_note.h"
#include "resources.h"

/* --- brought --- */

struct upload_work {
    struct api_work work;
    struct policy_upload *upload;
};

static void answer_uploaded(struct exchange *x)
{
    struct upload_work *w = exchange_state(x);
    const struct policy_upload *u = w->upload;
    if (w->work.code == CSIGN_OK) {
        struct buffer body = api_buffer(x, 1024);
        struct json_out o = json_out(&body);
        json_put_object(&o);
        json_put_base64url_member(&o, "note", span_of(u->hash, sizeof u->hash));
        json_put_base64url_member(&o, "name", span_of(u->hash, POLICY_NOTE_NAME));
        json_put_text_member(&o, "id", u->id);
        json_put_integer_member(&o, "version", u->version);
        json_end_object(&o);
        api_answer_json(x, 201, &body);
    } else {
        exchange_problem(x, w->work.code, &u->fault);
    }
    policy_upload_free(&w->upload);
}

/* Whether the caller's body is an authority: an institution brings no policy. */
static bool may_bring(struct exchange *x)
{
    struct viewer viewer = {0};
    struct session *session = api_reader(x);
    csign_code code = viewer_open(session, api_caller_body(x), &viewer);
    api_reader_end(x, session);
    if (code == CSIGN_OK && viewer.is_authority)
        return true;
    api_problem(x, code == CSIGN_OK ? CSIGN_E_FORBIDDEN : code, NULL, "for officers of an authority");
    return false;
}

void policies_post(struct exchange *x)
{
    csign_fault fault = {0};
    struct upload_work *w = may_bring(x) ? api_work_open(x, sizeof *w) : NULL;
    if (!w)
        return;
    csign_code code = policy_upload_prepare(api_registry(x), exchange_body(x), api_caller_body(x), &w->upload, &fault);
    if (code == CSIGN_OK)
        api_submit(x, &w->upload->operation, answer_uploaded);
    else
        exchange_problem(x, code, &fault);
}

/* --- served --- */

void policies_read(struct exchange *x)
{
    uint8_t name[POLICY_NOTE_NAME];
    struct buffer note = api_buffer(x, POLICY_NOTE_MAX);
    if (!base64url_exact(exchange_path(x, "name"), name, sizeof name)) {
        api_problem(x, CSIGN_E_NOT_FOUND, "name", "not the name of a policy");
        return;
    }
    struct session *session = api_reader(x);
    csign_code code = policy_note_read(session, name, &note);
    api_reader_end(x, session);
    if (code != CSIGN_OK)
        exchange_problem(x, code, NULL);
    else
        api_answer_note(x, &note, CACHE_IMMUTABLE);
}
