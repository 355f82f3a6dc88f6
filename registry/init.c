/*
 * countersign-registry init: a folder with sealed keys, a configuration, and a trust root. A test root is signed at once, by a root
 * key that is made for it; a production root is a request, a text that its holders sign where their keys are.
 */
#include "base64.h"
#include "clock.h"
#include "config.h"
#include "cursor.h"
#include "files.h"
#include "hash.h"
#include "json_write.h"
#include "keys.h"
#include "options.h"
#include "output.h"
#include "passphrase.h"
#include "root.h"
#include "verbs.h"

#include <stdlib.h>
#include <sys/stat.h>

#define DAY        INT64_C(86400)
#define YEAR       (365 * DAY)
#define FRESH_LIFE (29 * DAY) /* PROTOCOL 2: at most 30 days in production */
#define LINES_MAX  TEXTS_MAX

struct plan {
    const char *folder, *origin, *iss, *listen, *base_url, *passphrase_file;
    bool test, production;
    struct texts admins, policy_keys, root_keys;
    uint64_t threshold;
    int64_t now;
};

struct making {
    struct call *call;
    const struct plan *plan;
    struct key master, root, issuer, statuslog, fresh, receipts, statuslist;
    struct vkey root_vkeys[LINES_MAX];
    struct root_admin admins[LINES_MAX];
    struct root_policy policies[LINES_MAX];
    struct root_issuer issuers[LINES_MAX];
    size_t issuer_count;
};

/* --- what was asked for --- */

/* AUTHORITY:JURISDICTION:VKEY. Ids may have colons too: the authority is also what the vkey's name begins with, up to its slash. */
static int read_admin(struct call *call, const char *text, struct root_admin *ret)
{
    span all = span_text(text);
    for (size_t i = 0; i < all.size; i++) {
        if (all.data[i] != ':')
            continue;
        const uint8_t *second = memchr(all.data + i + 1, ':', all.size - i - 1);
        if (!second)
            break;
        size_t j = (size_t)(second - all.data);
        span authority = span_of(all.data, i), jurisdiction = span_of(all.data + i + 1, j - i - 1);
        struct vkey vkey;
        if (!text_is_id(authority) || !text_is_jurisdiction(jurisdiction) || !vkey_read(span_of(second + 1, all.size - j - 1), &vkey))
            continue;
        if (vkey.type == NOTE_ED25519 && span_starts(vkey.name, authority) && vkey.name.size > i && vkey.name.data[i] == '/' &&
            text_is_id(span_of(vkey.name.data + i + 1, vkey.name.size - i - 1))) {
            *ret = (struct root_admin){authority, jurisdiction, vkey};
            return DONE;
        }
    }
    return fail(call, USAGE, "give AUTHORITY:JURISDICTION:VKEY, where the vkey is named AUTHORITY/officer, as `countersign key show` prints it",
                "not a first officer, --admin %s", text);
}

/* JURISDICTION:VKEY */
static int read_policy_key(struct call *call, const char *text, struct validity validity, struct root_policy *ret)
{
    const char *colon = strchr(text, ':');
    struct vkey vkey;
    if (!colon || !text_is_jurisdiction(span_of(text, (size_t)(colon - text))) || !vkey_read(span_text(colon + 1), &vkey) ||
        vkey.type != NOTE_ED25519)
        return fail(call, USAGE, "give JURISDICTION:VKEY, the vkey as `countersign key show` prints it", "not a policy key, --policy-key %s",
                    text);
    *ret = (struct root_policy){span_of(text, (size_t)(colon - text)), vkey, validity};
    return DONE;
}

static int check_plan(struct call *call, struct plan *plan)
{
    span origin = span_text(plan->origin);
    if (plan->test == plan->production)
        return fail(call, USAGE, "give one of the two", "neither --test nor --production, or both");
    if (!note_name_is_valid(origin))
        return fail(call, USAGE, "give a name without spaces, controls and +", "not an origin, --origin %s", plan->origin);
    if (plan->test != span_ends(origin, SPAN(".test")))
        return fail(call, USAGE, plan->test ? "give a name that ends in .test" : "give a name that does not end in .test",
                    "not the origin of such a root, --origin %s", plan->origin);
    if (plan->admins.count == 0)
        return fail(call, USAGE, "give the first officers: nobody else can appoint one", "missing, --admin");
    if (plan->test && plan->root_keys.count > 0)
        return fail(call, USAGE, "leave it out: a test root makes its own root key", "not for --test, --root-key");
    if (plan->production && (plan->threshold < 2 || plan->root_keys.count < plan->threshold))
        return fail(call, USAGE, "give --root-key for each holder, and a --threshold of at least 2 of them",
                    "%zu root keys and a threshold of %llu, --root-key", plan->root_keys.count, (unsigned long long)plan->threshold);
    if (plan->test && !plan->base_url)
        plan->base_url = !plan->listen || span_starts(span_text(plan->listen), SPAN("unix:")) ? "http://127.0.0.1:8440"
                                                                                              : call_format(call, "http://%s", plan->listen);
    if (plan->production && !plan->base_url)
        plan->base_url = plan->iss;
    return DONE;
}

/* --- keys --- */

static int make_key(struct making *m, enum key_purpose purpose, struct key *ret)
{
    const char *word = key_purpose_word(purpose);
    STEP(key_make(m->call, purpose, call_format(m->call, "%s.%s", word, m->plan->origin), ret));
    return key_seal_under(m->call, ret, m->master.signing, call_format(m->call, "%s/keys/%s", m->plan->folder, word));
}

static int make_keys(struct making *m)
{
    span passphrase;
    struct call *call = m->call;
    STEP(passphrase_read(call, m->plan->passphrase_file, "the registry's keys", true, &passphrase));
    STEP(key_make(call, KEY_MASTER, call_format(call, "master.%s", m->plan->origin), &m->master));
    STEP(key_seal(call, &m->master, passphrase, m->plan->test, call_format(call, "%s/keys/master", m->plan->folder)));
    if (m->plan->test)
        STEP(make_key(m, KEY_ROOT, &m->root));
    STEP(make_key(m, KEY_ISSUER, &m->issuer));
    STEP(make_key(m, KEY_STATUSLOG, &m->statuslog));
    STEP(make_key(m, KEY_FRESH, &m->fresh));
    STEP(make_key(m, KEY_RECEIPTS, &m->receipts));
    return make_key(m, KEY_STATUSLIST, &m->statuslist);
}

static struct vkey vkey_of(const struct key *key)
{
    return key_vkey(key->name, key->purpose, &key->public);
}

/* --- the root --- */

/* Credentials are issued wherever an authority has power: an issuer line for each jurisdiction of the admin lines. */
static void add_issuer(struct making *m, span jurisdiction, struct validity validity)
{
    for (size_t i = 0; i < m->issuer_count; i++)
        if (span_equal(m->issuers[i].jurisdiction, jurisdiction))
            return;
    m->issuers[m->issuer_count++] = (struct root_issuer){.iss = span_text(m->plan->iss), .jurisdiction = jurisdiction,
                                                         .validity = validity};
}

static int read_lines(struct making *m, struct validity validity)
{
    const struct plan *plan = m->plan;
    for (size_t i = 0; i < plan->admins.count; i++) {
        STEP(read_admin(m->call, plan->admins.items[i], &m->admins[i]));
        for (size_t j = 0; j < i; j++)
            if (public_key_equal(&m->admins[i].vkey.key, &m->admins[j].vkey.key) &&
                !span_equal(m->admins[i].vkey.name, m->admins[j].vkey.name))
                return fail(m->call, USAGE, "give each officer a key of her own: two who sign are two people and two keys",
                            "the key of another officer, --admin %s", plan->admins.items[i]);
        add_issuer(m, m->admins[i].jurisdiction, validity);
    }
    for (size_t i = 0; i < plan->policy_keys.count; i++)
        STEP(read_policy_key(m->call, plan->policy_keys.items[i], validity, &m->policies[i]));
    for (size_t i = 0; i < plan->root_keys.count; i++)
        if (!vkey_read(span_text(plan->root_keys.items[i]), &m->root_vkeys[i]) || m->root_vkeys[i].type != NOTE_ED25519)
            return fail(m->call, USAGE, "give the vkey of a root key as `countersign key show` prints it", "not a vkey, --root-key %s",
                        plan->root_keys.items[i]);
    return DONE;
}

/* Appends the text, signed if it is a test root; returns the text alone. */
static span write_root(struct making *m, struct validity validity, struct buffer *out)
{
    const struct plan *plan = m->plan;
    const struct root_log status = {vkey_of(&m->statuslog), validity};
    const struct root_vkey fresh = {vkey_of(&m->fresh), {validity.not_before, plan->now + FRESH_LIFE}};
    const struct root_vkey receipts = {vkey_of(&m->receipts), validity};
    const struct root_statuslist list = {m->statuslist.public, validity};
    for (size_t i = 0; i < m->issuer_count; i++)
        m->issuers[i].key = m->issuer.public;
    if (plan->test)
        m->root_vkeys[0] = vkey_of(&m->root);
    const struct root root = {
        .origin = span_text(plan->origin), .kind = plan->test ? ROOT_TEST : ROOT_PRODUCTION, .version = 1, .issued = plan->now,
        .expires = validity.expires, .threshold = plan->test ? 1 : (uint32_t)plan->threshold, .freshness = 1,
        .keys = m->root_vkeys, .key_count = plan->test ? 1 : plan->root_keys.count,
        .issuers = m->issuers, .issuer_count = m->issuer_count, .statuslogs = &status, .statuslog_count = 1,
        .fresh = &fresh, .fresh_count = 1, .receipts = &receipts, .receipts_count = 1, .statuslists = &list, .statuslist_count = 1,
        .policies = m->policies, .policy_count = plan->policy_keys.count, .admins = m->admins, .admin_count = plan->admins.count};
    root_write(out, &root);
    span text = buffer_span(out);
    if (!plan->test)
        return text;
    buffer_byte(out, '\n');
    note_sign(out, text, &m->root_vkeys[0], m->root.signing);
    return text;
}

/* What was made must be what a gate takes; of a request, all but its signatures. */
static int check_root(struct making *m, span made)
{
    struct buffer scratch = call_buffer(m->call, ROOT_SCRATCH(CSIGN_ROOT_MAX)), note = call_buffer(m->call, CSIGN_ROOT_MAX);
    struct root root;
    csign_fault fault;
    buffer_put(&note, made);
    if (!m->plan->test) { /* a signature by none of its keys: the form is checked, and then the threshold is missing */
        buffer_byte(&note, '\n');
        note_sign(&note, made, &(struct vkey){.name = m->statuslog.name, .type = NOTE_ED25519, .key = m->statuslog.public},
                  m->statuslog.signing);
    }
    csign_code code = root_read(buffer_span(&note), &scratch, &root, &fault);
    if (code == CSIGN_OK || (!m->plan->test && code == CSIGN_E_ROOT_THRESHOLD))
        return DONE;
    return fail_code(m->call, USAGE, code, &fault, "the root as asked for");
}

static int write_config(struct making *m)
{
    const struct plan *plan = m->plan;
    struct buffer out = call_buffer(m->call, CONFIG_MAX);
    struct config config;
    config_default(&config);
    config.iss = plan->iss;
    config.listen = plan->listen ? plan->listen : config.listen;
    config.base_url = plan->base_url;
    if (plan->passphrase_file) { /* given relative to here, kept relative to the file */
        char *absolute = realpath(plan->passphrase_file, NULL);
        config.passphrase_file = absolute ? call_text(m->call, span_text(absolute)) : plan->passphrase_file;
        free(absolute);
    }
    config_write(&out, &config);
    return file_write_new(m->call, call_format(m->call, "%s/registry.conf", plan->folder), buffer_span(&out));
}

static int tell_json(struct making *m, const char *note, const char *hash)
{
    struct buffer out = call_buffer(m->call, 8192);
    struct json_out o = json_out(&out);
    json_put_object(&o);
    json_put_text_member(&o, "origin", span_text(m->plan->origin));
    json_put_text_member(&o, m->plan->test ? "root" : "request", span_text(note));
    json_put_text_member(&o, "hash", span_text(hash));
    json_put_text_member(&o, "config", span_text(call_format(m->call, "%s/registry.conf", m->plan->folder)));
    json_end_object(&o);
    buffer_byte(&out, '\n');
    return put_out(m->call, buffer_span(&out));
}

/* What was made, the hash by which the root is pinned, and what to do next. `text` is that of the root. */
static int tell(struct making *m, span text)
{
    uint8_t bytes[CSIGN_HASH_SIZE];
    const struct plan *plan = m->plan;
    const char *note = call_format(m->call, plan->test ? "%s/root/1" : "%s/root-request", plan->folder);
    struct buffer hash = call_buffer(m->call, 64);
    hash_of(text, bytes);
    base64url_encode(&hash, span_of(bytes, sizeof bytes));
    if (m->call->json)
        return tell_json(m, note, (const char *)hash.data);
    say(plan->test ? "made a test registry, %s" : "made a registry that waits for its trust root, %s", plan->origin);
    say("  %s %s", plan->test ? "root   " : "request", note);
    say("  hash    %s", (const char *)hash.data);
    if (plan->production) {
        say("  sign    each holder of a root key, offline, in turn: countersign root add-signature root-request --key KEY");
        say("          with %llu signatures, put it there as %s/root/1", (unsigned long long)plan->threshold, plan->folder);
    }
    say("  next    countersign-registry serve --config %s/registry.conf", plan->folder);
    return DONE;
}

static int make_registry(struct making *m)
{
    const char *folder = m->plan->folder;
    const struct validity validity = {m->plan->test ? m->plan->now - DAY : m->plan->now, m->plan->now + YEAR};
    struct buffer note = call_buffer(m->call, CSIGN_ROOT_MAX);
    STEP(read_lines(m, validity));
    if (mkdir(call_format(m->call, "%s/keys", folder), 0700) != 0 || mkdir(call_format(m->call, "%s/root", folder), 0700) != 0)
        return fail_system(m->call, "cannot make the folders below", folder, "give a folder where this user may write");
    STEP(make_keys(m));
    span text = write_root(m, validity, &note);
    STEP(check_root(m, buffer_span(&note)));
    STEP(file_write_new(m->call, call_format(m->call, m->plan->test ? "%s/root/1" : "%s/root-request", folder), buffer_span(&note)));
    STEP(write_config(m));
    return tell(m, text);
}

int verb_init(struct call *call)
{
    struct plan plan = {0};
    const struct option options[] = {
        {"--folder", OPTION_TEXT, true, &plan.folder, "DIR", "the folder to make for it", NULL, 0},
        {"--origin", OPTION_TEXT, true, &plan.origin, "NAME", "of the registry; a test registry's ends in .test", NULL, 0},
        {"--iss", OPTION_TEXT, true, &plan.iss, "URL", "the issuer that its credentials name", NULL, 0},
        {"--test", OPTION_FLAG, false, &plan.test, NULL, "with a test root, signed at once by a key that is made for it", NULL, 0},
        {"--production", OPTION_FLAG, false, &plan.production, NULL, "with a request for a root, which its holders sign offline", NULL, 0},
        {"--admin", OPTION_TEXTS, false, &plan.admins, "AUTHORITY:JURISDICTION:VKEY", "a first officer; at least two of an authority", NULL, 0},
        {"--policy-key", OPTION_TEXTS, false, &plan.policy_keys, "JURISDICTION:VKEY", "a key that may sign policies", NULL, 0},
        {"--root-key", OPTION_TEXTS, false, &plan.root_keys, "VKEY", "a root key, for --production", NULL, 0},
        {"--threshold", OPTION_NUMBER, false, &plan.threshold, "M", "how many of them must sign", NULL, ROOT_KEYS_MAX},
        {"--listen", OPTION_TEXT, false, &plan.listen, "ADDRESS", "where it listens, 127.0.0.1:8440", NULL, 0},
        {"--base-url", OPTION_TEXT, false, &plan.base_url, "URL", "where others reach it", NULL, 0},
        {"--passphrase-file", OPTION_TEXT, false, &plan.passphrase_file, "FILE", "its first line seals the keys; else asked", NULL, 0},
    };
    STEP(OPTIONS(call, "Makes a registry in a new folder.", options));
    STEP(check_plan(call, &plan));
    plan.now = clock_now();
    if (mkdir(plan.folder, 0700) != 0)
        return fail_system(call, "cannot make the folder", plan.folder, "give one that is not there yet, where this user may write");
    struct making *m = call_memory(call, sizeof *m);
    *m = (struct making){.call = call, .plan = &plan};
    int code = make_registry(m);
    if (code != DONE)
        folder_remove(plan.folder);
    return code;
}
