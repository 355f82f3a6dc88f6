/* countersign inbox: what apps ask a clinician to sign, as pointers; what stands behind one is fetched from the app. */
#include "date.h"
#include "json_write.h"
#include "output.h"
#include "remote.h"
#include "transaction.h"
#include "verbs.h"

#define REQUESTS_MAX 1000u
#define URL_MAX      2000u

struct asked_for {
    uint64_t present;
    span app, url;
    uint64_t expires_at;
};
#define AT(type, member) .offset = offsetof(struct type, member)
static const struct schema_field asked_for_fields[] = {
    {.name = "app", .kind = FIELD_ID, AT(asked_for, app)},
    {.name = "url", .kind = FIELD_TEXT, .max = URL_MAX, AT(asked_for, url)},
    {.name = "expires_at", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(asked_for, expires_at)},
};
static const struct schema asked_for_schema = SCHEMA_OPEN(struct asked_for, asked_for_fields);

struct inbox {
    uint64_t present;
    struct object_list requests;
};
static const struct schema_field inbox_fields[] = {
    {.name = "requests", .kind = FIELD_OBJECTS, .max = REQUESTS_MAX, .more = &asked_for_schema, AT(inbox, requests)}};
static const struct schema inbox_schema = SCHEMA_OPEN(struct inbox, inbox_fields);

static void say_request(struct call *call, const struct asked_for *request)
{
    char until[32] = "";
    struct buffer time = buffer_open(until, sizeof until - 1);
    time_write(&time, (int64_t)request->expires_at);
    say("%s   %s   until %s", plain(call, request->url), plain(call, request->app), until);
}

static int inbox_list(struct call *call)
{
    struct remote_asked asked = {0};
    struct remote *remote;
    struct reply reply;
    struct inbox inbox;
    const struct option options[] = {ROWS_REGISTRY(&asked), ROWS_PROOF(&asked, "your own key, that is bound")};
    STEP(OPTIONS(call, "Lists what a clinician is asked to sign: where the request is, which app asks, and until when.",
                 options));
    STEP(remote_open(call, &asked, &remote));
    STEP(remote_open_key(remote, KEY_HOLDER));
    STEP(remote_ask(remote, REMOTE_INBOX, "", (span){NULL, 0}, &reply));
    STEP(remote_read(remote, &reply, &inbox_schema, &inbox));
    if (call->json)
        return remote_print(remote, &reply);
    const struct asked_for *requests = inbox.requests.items;
    for (size_t i = 0; i < inbox.requests.count; i++)
        say_request(call, &requests[i]);
    if (inbox.requests.count == 0)
        say("nothing waits to be signed");
    return DONE;
}

struct posted {
    uint64_t present;
    uint64_t id;
};
static const struct schema_field posted_fields[] = {
    {.name = "id", .kind = FIELD_INTEGER, .max = INT64_MAX, AT(posted, id)}};
static const struct schema posted_schema = SCHEMA_OPEN(struct posted, posted_fields);

static int inbox_post(struct call *call)
{
    struct remote_asked asked = {0};
    const char *practitioner = NULL, *url = NULL;
    int64_t expires = -1;
    struct remote *remote;
    struct reply reply;
    struct posted posted;
    const struct option options[] = {
        {"--practitioner", OPTION_TEXT, true, &practitioner, "ID", "whom the app asks", NULL, 0},
        {"--url", OPTION_TEXT, true, &url, "URL", "where the request is fetched from the app", NULL, 0},
        {"--expires", OPTION_TIME, true, &expires, "TIME", "until when it is asked", NULL, 0},
        ROWS_REGISTRY(&asked),
        ROWS_PROOF(&asked, "the app's key, named as its deployment"),
    };
    STEP(OPTIONS(call, "Puts a pointer to a request into a clinician's inbox. The registry learns nothing of the document.",
                 options));
    struct buffer body = call_buffer(call, 8 * URL_MAX);
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_text_member(&o, "practitioner", span_text(practitioner));
    json_put_text_member(&o, "url", span_text(url));
    json_put_integer_member(&o, "expires_at", (uint64_t)expires);
    json_end_object(&o);
    if (body.overflow)
        return fail_code(call, REFUSED, CSIGN_E_TOO_LARGE, NULL, "--url");
    STEP(remote_open(call, &asked, &remote));
    STEP(remote_open_key(remote, KEY_APP));
    STEP(remote_ask(remote, REMOTE_INBOX_POST, "", buffer_span(&body), &reply));
    STEP(remote_read(remote, &reply, &posted_schema, &posted));
    if (call->json)
        return remote_print(remote, &reply);
    say("asked, as number %llu", (unsigned long long)posted.id);
    return DONE;
}

int verb_inbox(struct call *call)
{
    static const struct verb verbs[] = {{"list", inbox_list, "what a clinician is asked to sign"},
                                        {"post", inbox_post, "as an app, ask one"}};
    return VERBS(call, "Requests that wait for a clinician, as pointers to the apps that made them.", verbs);
}
