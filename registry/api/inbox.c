/* /v1/inbox: an app leaves the pointer to a request, a clinician finds it. */
#include "inbox.h"
#include "api.h"
#include "resources.h"

#define LIST_MAX (INBOX_MAX * (6 * INBOX_URL_MAX / 4 + 256)) /* URLs have few characters to escape; more is internal */

/* --- left --- */

struct post_work {
    struct api_work work;
    struct inbox_post post;
};

struct post_body {
    uint64_t present;
    span practitioner, url;
    uint64_t expires_at;
};
static const struct schema_field post_fields[] = {
    {"practitioner", FIELD_ID, false, 0, NULL, NULL, offsetof(struct post_body, practitioner)},
    {"url", FIELD_TEXT, false, INBOX_URL_MAX, NULL, NULL, offsetof(struct post_body, url)},
    {"expires_at", FIELD_INTEGER, false, (UINT64_C(1) << 53) - 1, NULL, NULL, offsetof(struct post_body, expires_at)},
};
static const struct schema post_schema = SCHEMA(struct post_body, post_fields);

static void answer_posted(struct exchange *x)
{
    struct post_work *w = exchange_state(x);
    if (w->work.code != CSIGN_OK) {
        exchange_problem(x, w->work.code, &w->post.fault);
        return;
    }
    struct buffer body = api_buffer(x, 64);
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_integer_member(&o, "id", w->post.id);
    json_end_object(&o);
    api_answer_json(x, 201, &body);
}

void inbox_post_pointer(struct exchange *x)
{
    span text = exchange_body(x);
    struct buffer scratch = api_buffer(x, text.size + 64);
    struct post_body body;
    csign_fault fault;
    csign_code code = schema_read_text(text, 1, &scratch, &post_schema, &body, CSIGN_E_BODY_MALFORMED, CSIGN_E_FIELD_INVALID, &fault);
    if (code != CSIGN_OK) {
        exchange_problem(x, code, &fault);
        return;
    }
    struct post_work *w = api_work_open(x, sizeof *w);
    if (!w)
        return;
    code = inbox_post_prepare(&w->post, exchange_caller(x), body.practitioner, body.url, body.expires_at, api_now_ms());
    if (code == CSIGN_OK)
        api_submit(x, &w->post.operation, answer_posted);
    else
        exchange_problem(x, code, &w->post.fault);
}

/* --- found --- */

static csign_code put_requests(struct session *session, span practitioner, struct json_out *o)
{
    struct inbox_list list = inbox_list_open(session, practitioner);
    struct inbox_item item;
    while (inbox_list_next(&list, &item)) {
        json_put_object(o);
        json_put_integer_member(o, "id", item.id);
        json_put_text_member(o, "app", item.app);
        json_put_text_member(o, "url", item.url);
        json_put_integer_member(o, "expires_at", item.expires_s);
        json_end_object(o);
    }
    return inbox_list_close(&list);
}

void inbox_list_requests(struct exchange *x)
{
    struct buffer body = api_buffer(x, LIST_MAX);
    struct json_out o = json_out(&body);
    struct session *session = api_reader(x);
    json_put_object(&o);
    json_put_name(&o, "requests");
    json_put_array(&o);
    csign_code code = put_requests(session, exchange_caller(x), &o);
    json_end_array(&o);
    json_end_object(&o);
    api_reader_end(x, session);
    if (code != CSIGN_OK)
        exchange_problem(x, code, NULL);
    else
        api_answer_json(x, 200, &body);
}
