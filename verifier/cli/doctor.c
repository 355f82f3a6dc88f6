/* countersign doctor: looks at everything between here and a registry, and says of each what it found and how to mend it. */
#include "clock.h"
#include "date.h"
#include "json_write.h"
#include "output.h"
#include "watched.h"
#include "verbs.h"

#include <stdio.h>

#define BEAT_MAX    15             /* seconds: PROTOCOL 3, a heartbeat at least every 5 */
#define SKEW_MAX    5              /* seconds: PROTOCOL 3, of evidence */
#define EXPIRY_SOON (30 * 86400)   /* seconds: time enough to gather the holders of root keys */

struct doctor {
    struct call *call;
    struct remote *remote;
    struct watched watched;
    int64_t asked_at, evidence; /* of the fresh note */
    bool failed;
};

/* --- saying --- */

static int say_check(struct doctor *d, bool good, const char *name, const char *found, const char *fix)
{
    d->failed |= !good;
    if (!d->call->json) {
        say("%-5s %-10s %s", good ? "ok" : "FAIL", name, found);
        if (!good)
            say("      fix: %s", fix);
        return DONE;
    }
    struct buffer line = call_buffer(d->call, 8192);
    struct json_out o = json_out(&line);
    json_put_object(&o);
    json_put_text_member(&o, "check", span_text(name));
    json_put_bool_member(&o, "good", good);
    json_put_text_member(&o, "found", span_text(found));
    if (!good)
        json_put_text_member(&o, "fix", span_text(fix));
    json_end_object(&o);
    buffer_byte(&line, '\n');
    return put_out(d->call, buffer_span(&line));
}

/* What a code of the library says of a check. */
static int say_code(struct doctor *d, const char *name, csign_code code, const csign_fault *fault)
{
    const char *where = fault->field[0] ? call_format(d->call, ", in %s", fault->field) : "";
    const char *why = fault->reason[0] ? call_format(d->call, ": %s", fault->reason) : "";
    return say_check(d, false, name, call_format(d->call, "%s%s%s", csign_code_name(code), plain(d->call, span_text(why)),
                                                 plain(d->call, span_text(where))), csign_code_fix(code));
}

static const char *time_text(struct call *call, int64_t t)
{
    struct buffer out = call_buffer(call, 32);
    time_write(&out, t);
    return (const char *)out.data;
}

/* --- the checks, each resting on those before: REFUSED ends them --- */

static int check_reach(struct doctor *d)
{
    struct reply reply;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    bool is_tls = strncmp(d->remote->url, "https:", 6) == 0;
    csign_code code = remote_try(d->remote, REMOTE_CHECKPOINT, "", &reply, &fault);
    if (reply.status == 0) {
        STEP(say_check(d, false, "reach", call_format(d->call, "%s does not answer: %s", d->remote->url, fault.reason),
                       "correct the URL; start the registry; let it through firewall and proxy; see to its certificate"));
        return REFUSED;
    }
    STEP(say_check(d, true, "reach", call_format(d->call, "%s answers", d->remote->url), NULL));
    STEP(say_check(d, true, "tls", is_tls ? "its certificate was verified" : "none: http to this machine, for a test registry",
                   NULL));
    if (code == CSIGN_OK)
        return DONE;
    STEP(say_code(d, "serves", code, &fault));
    return REFUSED;
}

static int check_root(struct doctor *d)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code code = watched_roots(&d->watched, &fault);
    if (code != CSIGN_OK) {
        STEP(say_code(d, "root", code, &fault));
        return REFUSED;
    }
    const struct root *root = &d->watched.gate->root->root;
    const char *found = call_format(d->call, "%s, %s root, version %llu, leads from the pinned one; expires %s",
                                    plain(d->call, root->origin), root->kind == ROOT_TEST ? "test" : "production",
                                    (unsigned long long)root->version, time_text(d->call, root->expires));
    if ((root->kind == ROOT_TEST) != d->remote->asked->test)
        return say_check(d, false, "root", found, "give --test for a test root, and only for one");
    return say_check(d, root->expires > clock_now() + EXPIRY_SOON, "root", found,
                     "have the holders of the root keys sign the next version");
}

static int check_log(struct doctor *d)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code code = watched_log(&d->watched, &fault);
    if (code != CSIGN_OK) {
        STEP(say_code(d, "log", code, &fault));
        return REFUSED;
    }
    const struct status *status = &d->watched.gate->status;
    return say_check(d, true, "log",
                     call_format(d->call, "%llu leaves lead to the signed tree; %llu indexes",
                                 (unsigned long long)watched_size(&d->watched), (unsigned long long)status->bindings),
                     NULL);
}

static int check_beat(struct doctor *d)
{
    if (!d->watched.gate->has_evidence)
        return say_check(d, false, "heartbeat", "no freshness key of the root has cosigned the checkpoint",
                         "have the registry sign with the freshness keys of its newest root");
    const int64_t age = clock_now() - watched_evidence(&d->watched);
    return say_check(
        d, age <= BEAT_MAX, "heartbeat",
        call_format(d->call, "the checkpoint is of %s, age %llds", time_text(d->call, watched_evidence(&d->watched)),
                    (long long)age),
        "see why the registry's log does not beat: `countersign-registry doctor` there; or why a proxy serves old copies");
}

/* A fresh note answers a nonce of ours: its time is the registry's clock, now. The log may grow between: once more then. */
static int check_fresh(struct doctor *d)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code code = CSIGN_E_PROOF_BAD;
    for (int i = 0; i < 3 && (code == CSIGN_E_PROOF_BAD || code == CSIGN_E_CHECKPOINT_ROLLED_BACK); i++) {
        d->asked_at = clock_now();
        code = watched_fresh(&d->watched, &fault);
        if (code != CSIGN_OK && watched_log(&d->watched, NULL) != CSIGN_OK)
            break;
    }
    d->evidence = watched_evidence(&d->watched);
    if (code != CSIGN_OK)
        return say_code(d, "fresh", code, &fault);
    return say_check(d, true, "fresh", "it answers for this moment, no replay", NULL);
}

static int check_clock(struct doctor *d)
{
    const int64_t now = clock_now();
    const char *found = call_format(d->call, "here %s, there %s", time_text(d->call, now), time_text(d->call, d->evidence));
    return say_check(d, d->evidence >= d->asked_at - SKEW_MAX && d->evidence <= now + SKEW_MAX, "clock", found,
                     "set both clocks by a time server: decisions take times from them");
}

static int check_policies(struct doctor *d)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    size_t missing, held = 0;
    csign_code code = watched_policies(&d->watched, &missing, &fault);
    const csign_gate *gate = d->watched.gate;
    for (size_t i = 0; i < gate->policy_count; i++)
        held += gate->policies[i] != NULL;
    if (code != CSIGN_OK)
        return say_code(d, "policies", code, &fault);
    return say_check(d, held > 0, "policies", call_format(d->call, "%zu held, of those that the log names", held),
                     "publish one: without a policy in force every act is refused");
}

static int examine(struct doctor *d)
{
    static int (*const checks[])(struct doctor *d) = {check_reach, check_root, check_log, check_beat, check_fresh, check_clock,
                                                      check_policies};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        int code = checks[i](d);
        if (code == REFUSED)
            break;
        STEP(code);
    }
    return d->failed ? REFUSED : DONE;
}

int verb_doctor(struct call *call)
{
    struct remote_asked asked = {0};
    struct doctor *d = call_memory(call, sizeof *d);
    uint8_t root_hash[CSIGN_HASH_SIZE];
    csign_fault fault;
    const struct option options[] = {
        {"--root-hash", OPTION_HASH, true, root_hash, "HASH", "of the trust root that you pin", NULL, 0},
        ROWS_REGISTRY(&asked),
    };
    STEP(OPTIONS(call,
                 "Looks at all that a gate needs of a registry; says what is well, and how to mend what is not. Exit code 1 if "
                 "anything is not.",
                 options));
    STEP(remote_open(call, &asked, &d->remote));
    d->call = call;
    csign_code code = watched_open(d->remote, root_hash, &d->watched, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, CANNOT, code, &fault, d->remote->url);
    return examine(d);
}
