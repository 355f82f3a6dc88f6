#include "test_root.h"
#include "output.h"
#include "passphrase.h"
#include "root.h"

#define DAY   INT64_C(86400)
#define YEAR  (365 * DAY)
#define MONTH (30 * DAY) /* PROTOCOL 2: the longest life of a freshness key in production */

struct making {
    struct call *call;
    const struct test_root_plan *plan;
    struct key master;
};

static int make_key(struct making *m, enum key_purpose purpose, const char *name, const char *file, struct key *ret)
{
    STEP(key_make(m->call, purpose, name, ret));
    return key_seal_under(m->call, ret, m->master.signing, call_format(m->call, "%s/%s", m->plan->keys, file));
}

/* A key named after the registry: "status.registry.test". */
static int make_named(struct making *m, enum key_purpose purpose, const char *before, struct key *ret)
{
    const char *word = key_purpose_word(purpose);
    return make_key(m, purpose, call_format(m->call, "%s.%s", before, m->plan->origin), word, ret);
}

static int make_master(struct making *m)
{
    span passphrase;
    STEP(passphrase_read(m->call, m->plan->passphrase_file, "the keys of the test registry", true, &passphrase));
    STEP(key_make(m->call, KEY_MASTER, call_format(m->call, "master.%s", m->plan->origin), &m->master));
    return key_seal(m->call, &m->master, passphrase, true, call_format(m->call, "%s/master", m->plan->keys));
}

static struct vkey vkey_of(const struct key *key)
{
    return key_vkey(key->name, key->purpose, &key->public);
}

/* The lines of each jurisdiction: who issues credentials there, and who signs policies. */
static int make_jurisdictions(struct making *m, const struct validity validity, const struct key *issuer, struct root *root)
{
    static const struct texts usual = {{"US", "CN"}, 2};
    const struct texts *codes = m->plan->jurisdictions && m->plan->jurisdictions->count ? m->plan->jurisdictions : &usual;
    struct root_issuer *issuers = call_memory(m->call, codes->count * sizeof *issuers);
    struct root_policy *policies = call_memory(m->call, codes->count * sizeof *policies);
    span iss = span_text(call_format(m->call, "https://%s", m->plan->origin));
    for (size_t i = 0; i < codes->count; i++) {
        const char *code = codes->items[i];
        const char *file = call_format(m->call, "policy-%s", code);
        struct key policy;
        if (!text_is_jurisdiction(span_text(code)))
            return fail(m->call, USAGE, "give a country like US, or a part of one like US-KS", "not a jurisdiction, %s", code);
        STEP(make_key(m, KEY_POLICY, call_format(m->call, "%s.%s", file, m->plan->origin), file, &policy));
        issuers[i] = (struct root_issuer){.iss = iss, .jurisdiction = span_text(code), .key = issuer->public, .validity = validity};
        policies[i] = (struct root_policy){.jurisdiction = span_text(code), .vkey = vkey_of(&policy), .validity = validity};
    }
    root->issuers = issuers;
    root->policies = policies;
    root->issuer_count = root->policy_count = codes->count;
    return DONE;
}

/* What was made must be what a gate accepts. */
static int check_made(struct call *call, span note)
{
    struct buffer scratch = call_buffer(call, ROOT_SCRATCH(note.size));
    struct root root;
    csign_fault fault;
    csign_code code = root_read(note, &scratch, &root, &fault);
    return code == CSIGN_OK ? DONE : fail_code(call, USAGE, code, &fault, "the root as asked for");
}

int test_root_make(struct call *call, const struct test_root_plan *plan, struct test_root *ret)
{
    struct making m = {.call = call, .plan = plan};
    struct key root_key, issuer, releaselog, receipts, statuslist;
    const struct validity validity = {plan->at > DAY ? plan->at - DAY : 0, plan->at + YEAR};
    if (!span_ends(span_text(plan->origin), SPAN(".test")))
        return fail(call, USAGE, "give a name that ends in .test", "not the origin of a test root, %s", plan->origin);
    STEP(make_master(&m));
    STEP(make_named(&m, KEY_ROOT, "root", &root_key));
    STEP(make_named(&m, KEY_ISSUER, "issuer", &issuer));
    STEP(make_named(&m, KEY_STATUSLOG, "status", &ret->statuslog));
    STEP(make_named(&m, KEY_RELEASELOG, "release", &releaselog));
    STEP(make_named(&m, KEY_FRESH, "fresh", &ret->fresh));
    STEP(make_named(&m, KEY_RECEIPTS, "receipts", &receipts));
    STEP(make_named(&m, KEY_STATUSLIST, "statuslist", &statuslist));

    const struct vkey root_vkey = vkey_of(&root_key);
    const struct root_log status = {vkey_of(&ret->statuslog), validity}, release = {vkey_of(&releaselog), validity};
    const struct root_vkey fresh = {vkey_of(&ret->fresh), {validity.not_before, plan->at + MONTH - DAY}};
    const struct root_vkey receipt = {vkey_of(&receipts), validity};
    const struct root_statuslist list = {statuslist.public, validity};
    struct root root = {.origin = span_text(plan->origin), .kind = ROOT_TEST, .version = 1, .issued = plan->at,
                        .expires = validity.expires, .threshold = 1, .freshness = 1, .keys = &root_vkey, .key_count = 1,
                        .statuslogs = &status, .statuslog_count = 1, .releaselogs = &release, .releaselog_count = 1,
                        .fresh = &fresh, .fresh_count = 1, .receipts = &receipt, .receipts_count = 1,
                        .statuslists = &list, .statuslist_count = 1};
    STEP(make_jurisdictions(&m, validity, &issuer, &root));

    struct buffer note = call_buffer(call, CSIGN_ROOT_MAX);
    root_write(&note, &root);
    span text = buffer_span(&note);
    buffer_byte(&note, '\n');
    note_sign(&note, text, &root_vkey, root_key.signing);
    ret->note = buffer_span(&note);
    return check_made(call, ret->note);
}
