#include "remote.h"
#include "clock.h"
#include "json_write.h"
#include "output.h"
#include "policy.h"
#include "proof.h"
#include "tile.h"

#include <stdlib.h>

#define ANSWER_MAX 65536u
#define LIST_MAX   (1u << 20)
#define DEPTH_MAX  16u

static const char json_type[] = "application/json", note_type[] = "text/plain", bytes_type[] = "application/octet-stream";

/* --- the calls --- */

struct remote_row {
    const char *path;
    const char *media_type; /* of what is posted; NULL: a GET */
    uint8_t proof;          /* the use of the proof that the body is; 0: it is none */
    bool token;
    size_t max; /* bytes of the answer */
};

static const struct remote_row rows[] = {
    [REMOTE_CHALLENGE] = {"/v1/challenges", json_type, 0, false, ANSWER_MAX},
    [REMOTE_TOKEN] = {"/v1/tokens", json_type, PROOF_TOKEN, false, ANSWER_MAX},
    [REMOTE_BINDING] = {"/v1/bindings", json_type, PROOF_BINDING, false, ANSWER_MAX},
    [REMOTE_CREDENTIAL] = {"/v1/credentials", json_type, PROOF_CREDENTIAL, false, ANSWER_MAX},
    [REMOTE_SUBMIT] = {"/v1/deeds", note_type, 0, true, LIST_MAX},
    [REMOTE_DEEDS] = {"/v1/deeds?", NULL, 0, true, LIST_MAX},
    [REMOTE_DEED] = {"/v1/deeds/", NULL, 0, true, LIST_MAX},
    [REMOTE_POLICY] = {"/v1/policies", note_type, 0, true, ANSWER_MAX},
    [REMOTE_FILE] = {"/v1/files/", NULL, 0, true, LIST_MAX},
    [REMOTE_FILE_POST] = {"/v1/files", bytes_type, 0, true, ANSWER_MAX},
    [REMOTE_INBOX] = {"/v1/inbox", NULL, 0, true, LIST_MAX},
    [REMOTE_INBOX_POST] = {"/v1/inbox", json_type, 0, true, ANSWER_MAX},
    [REMOTE_ROOT] = {"/trust/", NULL, 0, false, CSIGN_ROOT_MAX},
    [REMOTE_CHECKPOINT] = {"/status/checkpoint", NULL, 0, false, ANSWER_MAX},
    [REMOTE_STATUS] = {"/status/", NULL, 0, false, ANSWER_MAX},
    [REMOTE_FRESH] = {"/status/fresh?nonce=", NULL, 0, false, ANSWER_MAX},
    [REMOTE_POLICY_NOTE] = {"/policies/", NULL, 0, false, POLICY_NOTE_MAX},
};

/* --- opening --- */

static void close_client(void *memory)
{
    struct client *client = memory;
    client_close(&client);
}

static const char *without_slash(struct call *call, const char *url)
{
    span text = span_text(url);
    while (text.size > 0 && text.data[text.size - 1] == '/')
        text.size--;
    return call_text(call, text);
}

int remote_open(struct call *call, const struct remote_asked *asked, struct remote **ret)
{
    const char *url = asked->registry ? asked->registry : getenv("COUNTERSIGN_REGISTRY");
    csign_fault fault = {0};
    if (!url || !url[0])
        return fail(call, USAGE, "give --registry URL, or set COUNTERSIGN_REGISTRY", "missing, --registry");
    struct remote *remote = call_memory(call, sizeof *remote);
    *remote = (struct remote){.call = call, .asked = asked, .url = without_slash(call, url)};
    const struct client_options options = {.base_url = remote->url, .accept_test = asked->test, .ca_file = asked->ca_file};
    csign_code code = client_open(&options, &remote->client, &fault);
    if (code == CSIGN_E_ARGUMENT)
        return fail(call, USAGE, "give https://HOST, or with --test also http to this machine", "%s, --registry %s",
                    fault.reason, url);
    if (code != CSIGN_OK)
        return fail_code(call, CANNOT, code, &fault, url);
    call_keep(call, remote->client, close_client);
    *ret = remote;
    return DONE;
}

int remote_open_key(struct remote *remote, enum key_purpose purpose)
{
    struct keyring ring = {.call = remote->call, .passphrase_file = remote->asked->passphrase_file};
    return key_open(&ring, remote->asked->key, purpose, &remote->key);
}

/* --- asking --- */

static csign_code send(struct remote *remote, enum remote_what what, const char *tail, span body, struct reply *ret,
                       csign_fault *fault)
{
    const struct remote_row *row = &rows[what];
    const char *path = call_format(remote->call, "%s%s", row->path, tail);
    *fault = (csign_fault){CSIGN_OK, "", "", 0};
    csign_code code = row->media_type ? client_post(remote->client, path, row->media_type, body, row->max, ret, fault)
                                      : client_get(remote->client, path, row->max, ret, fault);
    if (code != CSIGN_OK && (ret->field.data || ret->detail.data)) {
        const char *field = plain(remote->call, ret->field), *detail = plain(remote->call, ret->detail);
        *fault = (csign_fault){code, field, detail, 0};
    }
    return code;
}

csign_code remote_try(struct remote *remote, enum remote_what what, const char *tail, struct reply *ret, csign_fault *fault)
{
    return send(remote, what, tail, (span){NULL, 0}, ret, fault);
}

/* What to do, where the verb's own options are the likely cause; else what the code says. */
static const char *fix_of(enum remote_what what, csign_code code, const csign_fault *fault, const struct reply *reply)
{
    if (code == CSIGN_E_UNAVAILABLE && !reply->status)
        return "see that the registry runs there, and that its URL, --registry, is right";
    if (code == CSIGN_E_POSSESSION_BAD && strcmp(fault->field, "aud") == 0)
        return "give --iss, the issuer's name in the registry's root";
    if (code == CSIGN_E_UNAUTHENTICATED && what == REMOTE_TOKEN)
        return "give --key one that the registry knows, and that has not ended";
    return csign_code_fix(code);
}

/* What the registry refused is refused; that it did not answer, or could not, says nothing about what was asked. */
static int failed(struct remote *remote, enum remote_what what, csign_code code, const csign_fault *fault,
                  const struct reply *reply)
{
    bool cannot =
        code == CSIGN_E_UNAVAILABLE || code == CSIGN_E_TOO_MANY || code == CSIGN_E_INTERNAL || code == CSIGN_E_NO_SPACE;
    return fail_code_fix(remote->call, cannot ? CANNOT : REFUSED, code, fault,
                         call_format(remote->call, "%s%s%s", reply->status ? "the answer of " : "", remote->url, rows[what].path),
                         fix_of(what, code, fault, reply));
}

int remote_read(struct remote *remote, const struct reply *reply, const struct schema *schema, void *into)
{
    struct call *call = remote->call;
    span body = span_of(call_text(call, reply->body), reply->body.size); /* views of it outlive the reply */
    struct buffer scratch = call_buffer(call, 4 * body.size + 65536);
    csign_fault fault;
    csign_code code =
        schema_read_text(body, DEPTH_MAX, &scratch, schema, into, CSIGN_E_BODY_MALFORMED, CSIGN_E_BODY_MALFORMED, &fault);
    return code == CSIGN_OK ? DONE : fail_code(call, CANNOT, code, &fault, call_format(call, "the answer of %s", remote->url));
}

int remote_print(struct remote *remote, const struct reply *reply)
{
    STEP(put_out(remote->call, reply->body));
    return put_out(remote->call, SPAN("\n"));
}

/* --- proving --- */

struct challenge {
    uint64_t present;
    span nonce;
};
static const struct schema_field challenge_fields[] = {
    {.name = "nonce", .kind = FIELD_RANDOM, .offset = offsetof(struct challenge, nonce)}};
static const struct schema challenge_schema = SCHEMA_OPEN(struct challenge, challenge_fields);

struct token {
    uint64_t present;
    span access_token;
};
static const struct schema_field token_fields[] = {
    {.name = "access_token", .kind = FIELD_TEXT, .max = 4096, .offset = offsetof(struct token, access_token)}};
static const struct schema token_schema = SCHEMA_OPEN(struct token, token_fields);

static int make_proof(struct remote *remote, uint8_t use, span code, uint64_t idx, span *ret)
{
    struct reply reply;
    struct challenge challenge;
    STEP(remote_ask(remote, REMOTE_CHALLENGE, "", SPAN("{}"), &reply));
    STEP(remote_read(remote, &reply, &challenge_schema, &challenge));
    /* The audience is what the caller calls the registry, never what the registry calls itself: a proof is not passed on. */
    const char *aud = remote->asked->iss ? remote->asked->iss : remote->url;
    const struct proof proof = {.aud = span_text(aud), .nonce = challenge.nonce, .iat = (uint64_t)clock_now(), .use = use,
                                .code = code, .idx = idx};
    struct buffer jws = call_buffer(remote->call, PROOF_MAX), body = call_buffer(remote->call, 2 * PROOF_MAX);
    csign_code outcome = proof_write(&jws, &proof, remote->key.signing);
    if (outcome != CSIGN_OK)
        return fail_code(remote->call, CANNOT, outcome, NULL, "the proof of possession");
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_text_member(&o, "proof", buffer_span(&jws));
    json_end_object(&o);
    *ret = buffer_span(&body);
    return DONE;
}

int remote_prove(struct remote *remote, enum remote_what what, span code, uint64_t idx, struct reply *ret)
{
    span body;
    STEP(make_proof(remote, rows[what].proof, code, idx, &body));
    return remote_ask(remote, what, "", body, ret);
}

static int get_token(struct remote *remote)
{
    struct reply reply;
    struct token token;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    STEP(remote_prove(remote, REMOTE_TOKEN, (span){NULL, 0}, 0, &reply));
    STEP(remote_read(remote, &reply, &token_schema, &token));
    csign_code code = client_set_token(remote->client, token.access_token);
    remote->has_token = code == CSIGN_OK;
    return code == CSIGN_OK ? DONE : fail_code(remote->call, CANNOT, code, &fault, "the access token");
}

int remote_ask(struct remote *remote, enum remote_what what, const char *tail, span body, struct reply *ret)
{
    csign_fault fault;
    bool had_token = remote->has_token;
    if (rows[what].token && !had_token)
        STEP(get_token(remote));
    csign_code code = send(remote, what, tail, body, ret, &fault);
    if (code == CSIGN_E_UNAUTHENTICATED && rows[what].token && had_token) { /* it lives 15 minutes, and a person was asked */
        STEP(get_token(remote));
        code = send(remote, what, tail, body, ret, &fault);
    }
    return code == CSIGN_OK ? DONE : failed(remote, what, code, &fault, ret);
}
