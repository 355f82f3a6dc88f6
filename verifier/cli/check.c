/* countersign check: may this document be released, now? */
#include "clock.h"
#include "document_file.h"
#include "explain_decision.h"
#include "files.h"
#include "options.h"
#include "output.h"
#include "policy_verbs.h"
#include "request.h"
#include "sign_off.h"
#include "state_folder.h"
#include "uuid.h"
#include "verbs.h"

#include <countersign/decide.h>
#include <sodium.h>
#include <stdlib.h>

#define RELEASE_MAX (256u * 1024u * 1024u)

struct asked {
    const char *state, *deployment, *release, *document, *release_id, *overlay;
    struct texts requests, sign_offs;
    uint8_t root_hash[CSIGN_HASH_SIZE];
    int64_t now, received_at;
    bool test, explain;
};

/* --- a release in one file --- */

static int read_release(struct call *call, const struct asked *asked, struct csign_release *ret)
{
    span json;
    csign_fault fault;
    STEP(file_read(call, asked->release, RELEASE_MAX, &json));
    struct buffer scratch = call_buffer(call, json.size);
    span path = document_file_find(json, &scratch);
    if (path.data)
        STEP(file_map(call, call_text(call, path), &ret->document));
    size_t size = csign_release_memory(json.size);
    csign_code code = csign_release_read(json, asked->received_at, call_memory(call, size), size, ret, &fault);
    return code == CSIGN_OK ? DONE : fail_code(call, CANNOT, code, &fault, asked->release);
}

/* --- a release in parts --- */

static int read_request_file(struct call *call, const char *path, csign_slot *ret)
{
    STEP(file_read(call, path, REQUEST_MAX + 1, &ret->request));
    if (ret->request.size > 0 && ret->request.data[ret->request.size - 1] == '\n')
        ret->request.size--;
    return DONE;
}

/* What the release is of: as the first request says. */
static int describe(struct call *call, const char *path, struct csign_release *ret)
{
    struct request *r = call_memory(call, sizeof *r);
    struct buffer scratch = call_buffer(call, 4 * REQUEST_MAX);
    csign_fault fault;
    csign_code code = request_read(ret->slots[0].request, &scratch, r, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, CANNOT, code, &fault, path);
    ret->act = r->act;
    ret->setting = span_text(vocabulary_word(&settings, r->setting));
    ret->jurisdiction = r->jurisdiction;
    ret->site = r->site;
    ret->audience = r->audience;
    ret->request_id = r->request_id;
    ret->tool_id = r->tool.id;
    ret->tool_model = r->tool.model;
    ret->tool_version = r->tool.version;
    return DONE;
}

static span new_release_id(struct call *call)
{
    uint8_t random[10];
    struct buffer id = call_buffer(call, UUID_SIZE + 1);
    randombytes_buf(random, sizeof random);
    uuid7_write(&id, clock_now_ms(), random);
    return buffer_span(&id);
}

static int join_release(struct call *call, const struct asked *asked, struct csign_release *ret)
{
    if (asked->requests.count == 0)
        return fail(call, USAGE, "give a RELEASE, or --request for each signer, --sign-off and --document", "nothing to decide, RELEASE");
    if (!asked->document)
        return fail(call, USAGE, "give the document that is to be released", "missing, --document");
    if (asked->requests.count > CSIGN_SLOTS_MAX || asked->sign_offs.count > CSIGN_SLOTS_MAX)
        return fail(call, USAGE, "four signers are the most", "more than 4, --request and --sign-off");
    *ret = (struct csign_release){.struct_size = sizeof *ret};
    ret->release_id = asked->release_id ? span_text(asked->release_id) : new_release_id(call);
    ret->request_count = asked->requests.count;
    ret->sign_off_count = asked->sign_offs.count;
    for (size_t i = 0; i < asked->requests.count; i++)
        STEP(read_request_file(call, asked->requests.items[i], &ret->slots[i]));
    for (size_t i = 0; i < asked->sign_offs.count; i++) {
        struct sign_off *s = call_memory(call, sizeof *s);
        STEP(sign_off_read(call, asked->sign_offs.items[i], s));
        ret->slots[i].sign_off = s->sign_off;
        ret->slots[i].transaction_data = s->transaction_data.items;
        ret->slots[i].transaction_data_count = s->transaction_data.count;
        ret->slots[i].received_at = asked->received_at;
    }
    STEP(describe(call, asked->requests.items[0], ret));
    return file_map(call, asked->document, &ret->document);
}

/* --- deciding --- */

static int print_decision(struct call *call, const csign_decision *decision)
{
    char text[CSIGN_DECISION_TEXT_MAX];
    size_t size = 0;
    csign_code code = call->json ? csign_decision_json(decision, text, sizeof text - 1, &size)
                                 : csign_decision_text(decision, text, sizeof text, &size);
    if (code != CSIGN_OK)
        return fail_code(call, CANNOT, code, NULL, "the decision");
    if (call->json)
        text[size++] = '\n';
    return put_out(call, span_of(text, size));
}

static int exit_of(csign_verdict verdict)
{
    switch (verdict) {
    case CSIGN_ALLOW:
        return DONE;
    case CSIGN_BREAK_GLASS:
        return BREAK_GLASS;
    case CSIGN_REFUSE:
        return REFUSED;
    default:
        return CANNOT;
    }
}

static int decide(struct call *call, const struct asked *asked, const struct csign_release *release, struct state_folder *folder)
{
    const span deployment = asked->deployment ? span_text(asked->deployment) : release->audience;
    struct state_reading how = {asked->root_hash, deployment, asked->test, {NULL, 0}};
    const size_t size = csign_cache_size(CSIGN_SLOTS_MAX);
    csign_cache *cache;
    csign_decision decision;
    if (asked->overlay)
        STEP(file_read(call, asked->overlay, CSIGN_OVERLAY_MAX + 1, &how.overlay));
    STEP(state_open(call, asked->state, &how, folder));
    csign_code code = csign_cache_init(call_memory(call, size), size, &cache);
    if (code != CSIGN_OK)
        return fail_code(call, CANNOT, code, NULL, "the workspace");
    csign_verdict verdict = csign_decide(folder->gate, cache, release, asked->now, &decision);
    STEP(print_decision(call, &decision)); /* an answer that did not go out is no answer */
    if (asked->explain)
        STEP(explain_decision(call, cache, &decision));
    return exit_of(verdict);
}

static int read_and_decide(struct call *call, struct asked *asked)
{
    struct state_folder folder = {.lock = -1};
    struct csign_release *release = call_memory(call, sizeof *release);
    bool in_parts = asked->requests.count || asked->sign_offs.count || asked->document || asked->release_id;
    if (asked->release && in_parts)
        return fail(call, USAGE, "give one of the two", "a release and its parts, %s", asked->release);
    asked->now = asked->now < 0 ? clock_now() : asked->now;
    asked->received_at = asked->received_at < 0 ? asked->now : asked->received_at;
    STEP(asked->release ? read_release(call, asked, release) : join_release(call, asked, release));
    int code = decide(call, asked, release, &folder);
    state_close(&folder);
    return code;
}

static int check(struct call *call, bool explain)
{
    struct asked a = {.now = -1, .received_at = -1, .explain = explain};
    const struct option options[] = {
        {"--state", OPTION_TEXT, true, &a.state, "DIR", "what the registry serves, as a folder", NULL, 0},
        {"--root-hash", OPTION_HASH, true, &a.root_hash, "HASH",
         "the trust root that you pin: `countersign root show DIR/trust/1` prints it, compare it with what the registry published",
         NULL, 0},
        {"--deployment", OPTION_TEXT, false, &a.deployment, "ID", "which one you are; default: the release's audience", NULL, 0},
        {"--test", OPTION_FLAG, false, &a.test, NULL, "accept test roots, and no others", NULL, 0},
        {"--now", OPTION_TIME, false, &a.now, "TIME", "decide as of then", NULL, 0},
        {"--received-at", OPTION_TIME, false, &a.received_at, "TIME", "when the sign-offs were first seen; default: now", NULL, 0},
        {"--overlay", OPTION_TEXT, false, &a.overlay, "FILE", "the app's own rule, which can only restrict", NULL, 0},
        {"--explain", OPTION_FLAG, false, &a.explain, NULL, "say what each check asked and saw, and what would have passed", NULL, 0},
        {"RELEASE", OPTION_TEXT, false, &a.release, NULL, "a release as JSON; or its parts:", NULL, 0},
        {"--request", OPTION_TEXTS, false, &a.requests, "FILE", "of each signer, slot 1 first", NULL, 0},
        {"--sign-off", OPTION_TEXTS, false, &a.sign_offs, "FILE", "of each signer, in the same order", NULL, 0},
        {"--document", OPTION_TEXT, false, &a.document, "FILE", "exactly what is to be released", NULL, 0},
        {"--release-id", OPTION_TEXT, false, &a.release_id, "ID", "default: a new one", NULL, 0},
    };
    STEP(OPTIONS(call, "Decides whether a document may be released. Exit code: 0 allow, 1 refuse, 2 usage, 3 cannot decide, "
                       "4 break-glass.", options));
    return read_and_decide(call, &a);
}

int verb_check(struct call *call)
{
    return check(call, false);
}

int policy_explain(struct call *call)
{
    return check(call, true);
}
