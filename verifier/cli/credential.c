/* countersign credential: fetches the clinician's credential of the hour. */
#include "credential_text.h"
#include "date.h"
#include "files.h"
#include "output.h"
#include "remote.h"
#include "transaction.h"
#include "verbs.h"

#include <stdio.h>

struct issued {
    uint64_t present;
    span credential;
};
static const struct schema_field issued_fields[] = {
    {.name = "credential", .kind = FIELD_TEXT, .max = CSIGN_SIGN_OFF_MAX, .offset = offsetof(struct issued, credential)}};
static const struct schema issued_schema = SCHEMA_OPEN(struct issued, issued_fields);

/* That it is for this key: who verifies the registry's signature is the gate, by the root. */
static int check(struct remote *remote, span text, struct credential_text *ret)
{
    STEP(credential_text_read(remote->call, "the registry's answer", text, ret));
    if (public_key_equal(&ret->claims.cnf.jwk.x, &remote->key.public))
        return DONE;
    return fail(remote->call, CANNOT, "report this to the registry's operator",
                "a credential for another key, the registry's answer");
}

static int say_issued(struct call *call, const struct credential *claims)
{
    char until[32] = "";
    struct buffer time = buffer_open(until, sizeof until - 1);
    const unsigned long long idx = claims->status.countersign.idx;
    time_write(&time, (int64_t)claims->exp);
    if (call->json)
        say("{\"idx\":%llu,\"exp\":%llu}", idx, (unsigned long long)claims->exp);
    else
        say("a credential for index %llu, until %s", idx, until);
    return DONE;
}

int verb_credential(struct call *call)
{
    struct remote_asked asked = {0};
    const char *out = NULL;
    uint64_t idx = 0;
    struct remote *remote;
    struct reply reply;
    struct issued issued;
    const struct option options[] = {
        {"--out", OPTION_TEXT, false, &out, "FILE", "the credential, readable by its owner alone; else printed", NULL, 0},
        {"--idx", OPTION_NUMBER, false, &idx, "INDEX", "which status index; default: the one that is live", NULL, NUMERIC_DATE_MAX},
        ROWS_REGISTRY(&asked),
        ROWS_PROOF(&asked, "your own key, that is bound"),
    };
    STEP(OPTIONS(call, "Fetches a clinician's credential, by a proof that she has the key that it is for.", options));
    struct credential_text *text = call_memory(call, sizeof *text);
    STEP(remote_open(call, &asked, &remote));
    STEP(remote_open_key(remote, KEY_HOLDER));
    STEP(remote_prove(remote, REMOTE_CREDENTIAL, (span){NULL, 0}, idx, &reply));
    STEP(remote_read(remote, &reply, &issued_schema, &issued));
    STEP(check(remote, issued.credential, text));
    if (!out)
        return put_out(call, issued.credential);
    STEP(file_write_private(call, out, issued.credential));
    return say_issued(call, &text->claims);
}
