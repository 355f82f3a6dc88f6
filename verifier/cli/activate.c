/* countersign activate: the clinician's own step, with the code that her institution gave her. */
#include "one_time_code.h"
#include "output.h"
#include "remote.h"
#include "transaction.h"
#include "verbs.h"

#include <stdio.h>

struct bound {
    uint64_t present;
    uint64_t idx;
    span practitioner;
};
static const struct schema_field bound_fields[] = {
    {.name = "idx", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, .offset = offsetof(struct bound, idx)},
    {.name = "practitioner", .kind = FIELD_ID, .offset = offsetof(struct bound, practitioner)},
};
static const struct schema bound_schema = SCHEMA_OPEN(struct bound, bound_fields);

int verb_activate(struct call *call)
{
    struct remote_asked asked = {0};
    const char *typed = NULL;
    struct remote *remote;
    struct reply reply;
    struct bound bound;
    span code;
    const struct option options[] = {
        {"CODE", OPTION_TEXT, true, &typed, NULL, "the one-time code that you were given", NULL, 0},
        ROWS_REGISTRY(&asked),
        ROWS_PROOF(&asked, "your own key, which is bound by this"),
    };
    STEP(OPTIONS(call, "Binds a clinician's own key, by a one-time code and a proof that she has the key.", options));
    STEP(one_time_code_read(call, typed, &code));
    STEP(remote_open(call, &asked, &remote));
    STEP(remote_open_key(remote, KEY_HOLDER));
    STEP(remote_prove(remote, REMOTE_BINDING, code, 0, &reply));
    STEP(remote_read(remote, &reply, &bound_schema, &bound));
    const char *practitioner = call_text(call, bound.practitioner);
    if (call->json)
        say("{\"idx\":%llu,\"practitioner\":\"%s\"}", (unsigned long long)bound.idx, practitioner);
    else
        say("index %llu is live, for practitioner %s", (unsigned long long)bound.idx, practitioner);
    return DONE;
}
