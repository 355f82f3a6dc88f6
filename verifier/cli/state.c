/* countersign state: a test registry in a folder, made and changed with the keys that lie in it. */
#include "clock.h"
#include "files.h"
#include "options.h"
#include "output.h"
#include "practitioner.h"
#include "state_folder.h"
#include "test_root.h"
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define ROW_FOLDER(into)     {"DIR", OPTION_TEXT, true, (into), NULL, "the state folder", NULL, 0}
#define ROW_PASSPHRASE(into) {"--passphrase-file", OPTION_TEXT, false, (into), "FILE", "of the registry's keys; else asked", NULL, 0}
#define ROW_AT(into)         {"--at", OPTION_TIME, false, (into), "TIME", "as if it were then; default: now", NULL, 0}

#define CREDENTIAL_LIFE 3600u /* seconds, DESIGN 2 */

/* What every change needs. */
struct change {
    const char *dir, *passphrase_file;
    int64_t at;
    struct keyring ring;
    struct state_folder folder;
    struct state_keys keys;
};

static int begin(struct call *call, struct change *c)
{
    c->ring = (struct keyring){.call = call, .passphrase_file = c->passphrase_file};
    if (c->at < 0)
        c->at = clock_now();
    STEP(state_keys_open(&c->ring, c->dir, &c->keys)); /* Argon2id takes its time: before the folder is locked */
    return state_open_to_change(call, c->dir, &c->folder);
}

static int append(struct change *c, const struct leaf *leaves, size_t count, const struct state_policy *policies)
{
    STEP(state_propose(&c->folder, &c->keys, leaves, count, c->at, policies));
    return state_commit(&c->folder);
}

/* Runs what changes a folder, and closes it whatever comes of it. */
static int run_change(struct call *call, struct change *c, int (*change)(struct call *, struct change *, void *), void *what)
{
    c->folder = (struct state_folder){.lock = -1};
    int code = begin(call, c);
    if (code == DONE)
        code = change(call, c, what);
    state_close(&c->folder);
    return code;
}

static int say_size(struct call *call, const struct change *c, const char *what)
{
    if (call->json)
        say("{\"size\":%llu,\"time\":%lld}", (unsigned long long)c->folder.size, (long long)c->at);
    else
        say("%s: the log has %llu leaves", what, (unsigned long long)c->folder.size);
    return DONE;
}

/* --- init --- */

static int fill(struct call *call, const char *path, struct test_root_plan *plan)
{
    struct test_root made;
    struct state_folder folder;
    struct leaf leaf = {.type = LEAF_ROOT, .root = {.version = 1}};
    plan->keys = call_format(call, "%s/keys", path);
    if (mkdir(plan->keys, 0700) != 0)
        return fail_system(call, "cannot make the folder", plan->keys, "give a folder that this user may write to");
    STEP(test_root_make(call, plan, &made));
    const struct state_keys keys = {made.statuslog, made.fresh};
    int code = state_begin(call, path, made.note, &folder);
    if (code == DONE) {
        memcpy(leaf.root.hash, state_root(&folder)->hash, CSIGN_HASH_SIZE);
        code = state_propose(&folder, &keys, &leaf, 1, plan->at, NULL);
        if (code == DONE)
            code = state_commit(&folder);
    }
    state_close(&folder);
    return code;
}

static int state_init(struct call *call)
{
    struct texts jurisdictions = {{NULL}, 0};
    struct test_root_plan plan = {.origin = "registry.test", .jurisdictions = &jurisdictions, .at = -1};
    const char *dir = NULL;
    const struct option options[] = {
        {"DIR", OPTION_TEXT, true, &dir, NULL, "the folder to make; it must not exist, or be empty", NULL, 0},
        {"--origin", OPTION_TEXT, false, &plan.origin, "NAME", "of the registry, ends in .test; default registry.test", NULL, 0},
        {"--jurisdiction", OPTION_TEXTS, false, &jurisdictions, "CODE", "it issues and has policies for; default US and CN", NULL, 0},
        ROW_PASSPHRASE(&plan.passphrase_file),
        ROW_AT(&plan.at),
    };
    STEP(OPTIONS(call, "Makes a test registry: its keys in DIR/keys, its trust root, a log with one leaf.", options));
    if (plan.at < 0)
        plan.at = clock_now();
    char *beside = (char *)(uintptr_t)call_format(call, "%s.XXXXXX", dir);
    if (!mkdtemp(beside))
        return fail_system(call, "cannot make the folder", dir, "give a path in a folder that this user may write to");
    int code = fill(call, beside, &plan);
    if (code == DONE && (chmod(beside, 0755) != 0 || rename(beside, dir) != 0))
        code = fail_system(call, "cannot make the folder", dir, "give one that is not there yet, or that is empty");
    if (code != DONE)
        folder_remove(beside);
    if (code == DONE && !call->json)
        say("%s: a test registry in %s; `countersign root show %s/trust/1` prints the hash to pin", plan.origin, dir, dir);
    return code;
}

/* --- bindings --- */

struct binding_asked {
    struct texts practitioners, holders, credentials;
    uint64_t life;
};

static int issue(struct call *call, struct state_folder *folder, const struct practitioner *person, uint64_t index,
                 const struct key *issuer, int64_t at, uint64_t life, const char *out)
{
    span text;
    STEP(practitioner_credential(folder, person, index, issuer, at, (int64_t)life, &text));
    return file_write_or_print(call, out, text);
}

/* Reads whom to bind; each must be admissible beside those before. */
static int read_people(struct call *call, struct change *c, const struct binding_asked *asked, struct practitioner *people)
{
    const uint64_t first = state_status(&c->folder)->bindings;
    const size_t count = asked->practitioners.count;
    struct bound *before, *all = call_memory(call, ((size_t)first + count) * sizeof *all);
    STEP(practitioners_load(&c->folder, &before));
    memcpy(all, before, (size_t)first * sizeof *all);
    for (size_t i = 0; i < count; i++) {
        STEP(practitioner_read(call, asked->practitioners.items[i], asked->holders.items[i], &people[i]));
        STEP(practitioner_admit(&c->folder, all, first + i, &people[i], c->at));
        all[first + i] = (struct bound){people[i].facts.sub, people[i].holder};
    }
    return DONE;
}

static int bind(struct call *call, struct change *c, void *what)
{
    const struct binding_asked *asked = what;
    const size_t count = asked->practitioners.count;
    struct practitioner *people = call_memory(call, count * sizeof *people);
    struct leaf *leaves = call_memory(call, count * sizeof *leaves);
    const uint64_t first = state_status(&c->folder)->bindings;
    struct key issuer;
    STEP(read_people(call, c, asked, people));
    for (size_t i = 0; i < count; i++) {
        leaves[i] = (struct leaf){.type = LEAF_BINDING, .binding = {.index = first + i}};
        practitioner_commit(state_root(&c->folder), &people[i], leaves[i].binding.commit);
    }
    if (asked->credentials.count)
        STEP(key_open(&c->ring, call_format(call, "%s/keys/issuer", c->dir), KEY_ISSUER, &issuer));
    STEP(state_propose(&c->folder, &c->keys, leaves, count, c->at, NULL));
    for (size_t i = 0; i < count; i++) /* before their leaves: a leaf without a person is no use */
        STEP(practitioner_store(&c->folder, &people[i], first + i));
    STEP(state_commit(&c->folder));
    for (size_t i = 0; i < count; i++) {
        say(call->json ? "{\"idx\":%llu,\"practitioner\":\"%s\"}" : "index %llu is live, for practitioner %s",
            (unsigned long long)(first + i), call_text(call, people[i].facts.sub));
        if (asked->credentials.count) /* after its leaf: PROTOCOL 3, durable in the log before the first credential */
            STEP(issue(call, &c->folder, &people[i], first + i, &issuer, c->at, asked->life, asked->credentials.items[i]));
    }
    return DONE;
}

static int state_bind(struct call *call)
{
    struct change c = {.at = -1};
    struct binding_asked *asked = call_memory(call, sizeof *asked);
    asked->life = CREDENTIAL_LIFE;
    const struct option options[] = {
        ROW_FOLDER(&c.dir),
        {"--practitioner", OPTION_TEXTS, true, &asked->practitioners, "FILE", "JSON: the claims from profession to identifiers", NULL, 0},
        {"--holder", OPTION_TEXTS, true, &asked->holders, "KEY", "her public key in base64url, or her key file", NULL, 0},
        {"--credential", OPTION_TEXTS, false, &asked->credentials, "FILE", "where to put her first credential", NULL, 0},
        {"--life", OPTION_NUMBER, false, &asked->life, "SECONDS", "of the credential; default 3600, at most 86400", NULL,
         CREDENTIAL_LIFE_MAX},
        ROW_PASSPHRASE(&c.passphrase_file),
        ROW_AT(&c.at),
    };
    STEP(OPTIONS(call, "Binds practitioners to their own keys, each under the next status index. Several are one commit.", options));
    if (asked->holders.count != asked->practitioners.count ||
        (asked->credentials.count && asked->credentials.count != asked->practitioners.count))
        return fail(call, USAGE, "give one for each --practitioner, in the same order", "not as many, --holder or --credential");
    return run_change(call, &c, bind, asked);
}

static const char *const end_words[] = {"revoked", "suspended", "superseded"};
static const struct vocabulary end_codes = {end_words, 3};
static const char *const cut_words[] = {"institution", "tool", "model", "issuer", "all"};
static const struct vocabulary cut_kinds_asked = {cut_words, 5};

/* The reasons of PROTOCOL 3 as words; the place of a word is its number and one. */
static struct vocabulary reasons(struct call *call)
{
    const char **words = call_memory(call, REASON_COUNT * sizeof *words);
    for (unsigned i = 0; i < REASON_COUNT; i++)
        words[i] = end_reason_name((enum end_reason)i);
    return (struct vocabulary){words, REASON_COUNT};
}

struct end_asked {
    uint64_t index;
    uint8_t code, reason;
};

static int end(struct call *call, struct change *c, void *what)
{
    const struct end_asked *asked = what;
    const struct leaf leaf = {.type = LEAF_END,
                              .end = {.index = asked->index,
                                      .effective_ms = (uint64_t)c->at * 1000,
                                      .recorded_ms = (uint64_t)c->at * 1000,
                                      .code = (enum end_code)asked->code,
                                      .reason = (enum end_reason)(asked->reason - 1)}};
    if (asked->index >= state_status(&c->folder)->bindings)
        return fail(call, REFUSED, "give an index that `state bind` gave", "no such index, --index %llu",
                    (unsigned long long)asked->index);
    STEP(append(c, &leaf, 1, NULL));
    return say_size(call, c, call_format(call, "index %llu is %s", (unsigned long long)asked->index, end_words[asked->code - 1]));
}

static int state_end(struct call *call)
{
    struct change c = {.at = -1};
    struct end_asked asked = {.reason = 1};
    const struct vocabulary words = reasons(call);
    const struct option options[] = {
        ROW_FOLDER(&c.dir),
        {"--index", OPTION_NUMBER, true, &asked.index, "N", "the status index", NULL, STATE_LEAVES_MAX},
        {"--code", OPTION_WORD, true, &asked.code, "CODE", "what it becomes", &end_codes, 0},
        {"--reason", OPTION_WORD, false, &asked.reason, "REASON", "why", &words, 0},
        ROW_PASSPHRASE(&c.passphrase_file),
        ROW_AT(&c.at),
    };
    STEP(OPTIONS(call, "Ends a status index. It never comes back: reinstating is a new `state bind`.", options));
    return run_change(call, &c, end, &asked);
}

struct cut_asked {
    uint8_t kind, reason;
    const char *id, *model;
    int64_t before;
    bool for_good;
};

static int cut(struct call *call, struct change *c, void *what)
{
    const struct cut_asked *asked = what;
    struct leaf leaf = {.type = LEAF_CUT,
                        .cut = {.kind = (enum cut_kind)asked->kind, .reason = (enum end_reason)(asked->reason - 1)}};
    bool needs_id = asked->kind != CUT_ALL, needs_model = asked->kind == CUT_MODEL;
    if (needs_id != (asked->id != NULL))
        return fail(call, USAGE, "give it for every kind but all", "%s, --id", needs_id ? "missing" : "not for this kind");
    if (needs_model != (asked->model != NULL))
        return fail(call, USAGE, "give it for the kind model alone", "%s, --model", needs_model ? "missing" : "not for this kind");
    leaf.cut.cut_ms = asked->for_good ? INT64_MAX : (uint64_t)(asked->before < 0 ? c->at : asked->before) * 1000;
    leaf_cut_id(leaf.cut.kind, span_text(asked->id ? asked->id : ""), span_text(asked->model ? asked->model : ""), leaf.cut.id);
    STEP(append(c, &leaf, 1, NULL));
    return say_size(call, c, "cut");
}

static int state_cut(struct call *call)
{
    struct change c = {.at = -1};
    struct cut_asked asked = {.reason = 1, .before = -1};
    const struct vocabulary words = reasons(call);
    const struct option options[] = {
        ROW_FOLDER(&c.dir),
        {"--kind", OPTION_WORD, true, &asked.kind, "KIND", "of what", &cut_kinds_asked, 0},
        {"--id", OPTION_TEXT, false, &asked.id, "ID", "of the institution or tool, or an issuer's key thumbprint", NULL, 0},
        {"--model", OPTION_TEXT, false, &asked.model, "MODEL", "of the tool, for the kind model", NULL, 0},
        {"--before", OPTION_TIME, false, &asked.before, "TIME", "what was issued or signed before it falls; default: --at", NULL, 0},
        {"--for-good", OPTION_FLAG, false, &asked.for_good, NULL, "also whatever comes later", NULL, 0},
        {"--reason", OPTION_WORD, false, &asked.reason, "REASON", "why", &words, 0},
        ROW_PASSPHRASE(&c.passphrase_file),
        ROW_AT(&c.at),
    };
    STEP(OPTIONS(call, "Cuts: everything in a scope from before a time is refused.", options));
    return run_change(call, &c, cut, &asked);
}

/* --- policies and evidence --- */

static int read_policy(struct call *call, const char *path, span *ret_note, struct leaf *ret_leaf)
{
    struct note *read = call_memory(call, sizeof *read);
    struct policy *policy = call_memory(call, sizeof *policy);
    csign_fault fault;
    STEP(file_read(call, path, POLICY_NOTE_MAX, ret_note));
    if (!span_starts(*ret_note, SPAN("countersign/")))
        return fail_code_fix(call, REFUSED, CSIGN_E_NOTE_MALFORMED, NULL, path, "give the note that `policy sign` makes");
    struct buffer scratch = call_buffer(call, ret_note->size + POLICY_SCRATCH(ret_note->size));
    csign_code code = note_read(*ret_note, &scratch, read, &fault);
    if (code == CSIGN_OK)
        code = policy_read(read, &scratch, policy, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, REFUSED, code, &fault, path);
    *ret_leaf = (struct leaf){.type = LEAF_POLICY,
                              .policy = {.version = (uint32_t)policy->version, .effective_ms = policy->effective_from * 1000}};
    leaf_policy_id(policy->id, ret_leaf->policy.id);
    memcpy(ret_leaf->policy.note, policy->hash, sizeof ret_leaf->policy.note);
    return DONE;
}

static int check_version(struct call *call, const struct status *status, const struct leaf *leaf, const char *path)
{
    for (size_t i = 0; i < status->policy_count; i++)
        if (memcmp(status->policies[i].id, leaf->policy.id, sizeof leaf->policy.id) == 0 &&
            status->policies[i].version >= leaf->policy.version)
            return fail(call, REFUSED, call_format(call, "give it a version above %u", status->policies[i].version),
                        "not above a version that the log names (policy-rolled-back), version in %s", path);
    return DONE;
}

static int publish(struct call *call, struct change *c, void *what)
{
    const struct texts *paths = what;
    struct leaf *leaves = call_memory(call, paths->count * sizeof *leaves);
    struct state_policy *policies = call_memory(call, paths->count * sizeof *policies);
    for (size_t i = 0; i < paths->count; i++) {
        policies[i].path = paths->items[i];
        STEP(read_policy(call, paths->items[i], &policies[i].note, &leaves[i]));
        STEP(check_version(call, state_status(&c->folder), &leaves[i], paths->items[i]));
    }
    STEP(append(c, leaves, paths->count, policies));
    return say_size(call, c, "published");
}

static int state_publish(struct call *call)
{
    struct change c = {.at = -1};
    struct texts notes = {{NULL}, 0};
    const struct option options[] = {
        ROW_FOLDER(&c.dir),
        {"NOTE", OPTION_TEXTS, true, &notes, NULL, "a policy, signed by `policy sign`", NULL, 0},
        ROW_PASSPHRASE(&c.passphrase_file),
        ROW_AT(&c.at),
    };
    STEP(OPTIONS(call, "Publishes policies, as one commit: each is in force from its effective_from.", options));
    return run_change(call, &c, publish, &notes);
}

static int refresh(struct call *call, struct change *c, void *what)
{
    (void)what;
    STEP(append(c, NULL, 0, NULL));
    return say_size(call, c, "the evidence is fresh");
}

static int state_refresh(struct call *call)
{
    struct change c = {.at = -1};
    const struct option options[] = {ROW_FOLDER(&c.dir), ROW_PASSPHRASE(&c.passphrase_file), ROW_AT(&c.at)};
    STEP(OPTIONS(call, "Cosigns the checkpoint anew: the evidence is as of now.", options));
    return run_change(call, &c, refresh, NULL);
}

/* --- credentials --- */

struct credential_asked {
    uint64_t index, life;
    const char *out;
};

static int load_and_issue(struct call *call, struct state_folder *folder, const struct credential_asked *asked,
                          struct keyring *ring, int64_t at)
{
    struct practitioner person;
    struct key issuer;
    STEP(practitioner_load(folder, asked->index, &person));
    STEP(key_open(ring, call_format(call, "%s/keys/issuer", folder->path), KEY_ISSUER, &issuer));
    return issue(call, folder, &person, asked->index, &issuer, at, asked->life, asked->out);
}

static int state_credential(struct call *call)
{
    struct credential_asked asked = {.life = CREDENTIAL_LIFE};
    struct keyring ring = {.call = call};
    const char *dir = NULL;
    int64_t at = -1;
    const struct option options[] = {
        ROW_FOLDER(&dir),
        {"--index", OPTION_NUMBER, true, &asked.index, "N", "the live status index", NULL, STATE_LEAVES_MAX},
        {"--out", OPTION_TEXT, false, &asked.out, "FILE", "the credential; else printed", NULL, 0},
        {"--life", OPTION_NUMBER, false, &asked.life, "SECONDS", "default 3600, at most 86400", NULL, CREDENTIAL_LIFE_MAX},
        ROW_PASSPHRASE(&ring.passphrase_file),
        ROW_AT(&at),
    };
    struct state_folder folder;
    STEP(OPTIONS(call, "Issues a short-lived credential for a live index.", options));
    int code = state_open(call, dir, &state_own, &folder);
    if (code == DONE)
        code = load_and_issue(call, &folder, &asked, &ring, at < 0 ? clock_now() : at);
    state_close(&folder);
    return code;
}

int verb_state(struct call *call)
{
    static const struct verb verbs[] = {
        {"init", state_init, "make a test registry"},
        {"bind", state_bind, "bind a practitioner to her key: a live index"},
        {"credential", state_credential, "issue a credential for a live index"},
        {"end", state_end, "end an index: revoked, suspended or superseded"},
        {"cut", state_cut, "refuse what an institution, tool or issuer did before a time"},
        {"publish", state_publish, "publish a policy"},
        {"refresh", state_refresh, "make the evidence fresh"},
    };
    return VERBS(call, "A test registry in a folder, under the paths that a registry serves.", verbs);
}
