/* countersign root new and next: the text of a root, from key files or from the version before. Nobody has signed it yet. */
#include "clock.h"
#include "files.h"
#include "keys.h"
#include "output.h"
#include "root_verbs.h"

#define DAY       INT64_C(86400)
#define FRESH_MAX (30 * DAY) /* PROTOCOL 2: of a freshness key in production */

/* --- new --- */

struct drafting {
    struct call *call;
    const struct root_plan *plan;
    struct root root;
    struct vkey *keys;
    struct root_issuer *issuers;
    struct root_log *statuslogs, *releaselogs;
    struct root_vkey *fresh, *receipts;
    struct root_statuslist *statuslists;
    struct root_policy *policies;
    struct root_admin *admins;
};

/* An officer's key is named <authority>/<officer>. */
static span authority_of(span name)
{
    const uint8_t *slash = memchr(name.data, '/', name.size);
    return slash ? span_of(name.data, (size_t)(slash - name.data)) : name;
}

/* The lines of one key for one place. */
static void add_for(struct drafting *d, const struct key_file *file, const struct vkey *vkey, struct validity validity, span code)
{
    if (file->purpose == KEY_ISSUER)
        d->issuers[d->root.issuer_count++] = (struct root_issuer){.iss = span_text(d->plan->iss), .jurisdiction = code, .key = file->key,
                                                                  .validity = validity};
    if (file->purpose == KEY_POLICY)
        d->policies[d->root.policy_count++] = (struct root_policy){code, *vkey, validity};
    if (file->purpose == KEY_OFFICER)
        d->admins[d->root.admin_count++] = (struct root_admin){authority_of(vkey->name), code, *vkey};
}

static int add_key(struct drafting *d, const char *given)
{
    const char *at = strrchr(given, '@');
    const char *path = at ? call_format(d->call, "%.*s", (int)(at - given), given) : given;
    struct key_file *file = call_memory(d->call, sizeof *file);
    STEP(key_read(d->call, path, file));
    const struct vkey vkey = key_vkey(file->name, file->purpose, &file->key);
    const struct validity whole = {d->root.issued, d->root.expires};
    const struct validity short_ = {whole.not_before, whole.expires - whole.not_before > FRESH_MAX ? whole.not_before + FRESH_MAX : whole.expires};
    switch (file->purpose) {
    case KEY_ROOT:
        d->keys[d->root.key_count++] = vkey;
        return DONE;
    case KEY_STATUSLOG:
        d->statuslogs[d->root.statuslog_count++] = (struct root_log){vkey, whole};
        return DONE;
    case KEY_RELEASELOG:
        d->releaselogs[d->root.releaselog_count++] = (struct root_log){vkey, whole};
        return DONE;
    case KEY_FRESH:
        d->fresh[d->root.fresh_count++] = (struct root_vkey){vkey, short_};
        return DONE;
    case KEY_RECEIPTS:
        d->receipts[d->root.receipts_count++] = (struct root_vkey){vkey, whole};
        return DONE;
    case KEY_STATUSLIST:
        d->statuslists[d->root.statuslist_count++] = (struct root_statuslist){file->key, whole};
        return DONE;
    case KEY_ISSUER:
    case KEY_POLICY:
    case KEY_OFFICER:
        for (size_t i = 0; !at && i < d->plan->jurisdictions.count; i++)
            add_for(d, file, &vkey, whole, span_text(d->plan->jurisdictions.items[i]));
        if (at)
            add_for(d, file, &vkey, whole, span_text(at + 1));
        return DONE;
    default:
        return fail(d->call, REFUSED, "a root names no such key", "of purpose %s, %s", key_purpose_word(file->purpose), path);
    }
}

/* What was drafted must be a root, whoever is still to sign it. */
static int write_draft(struct call *call, const struct root *root, const char *after, const char *out)
{
    struct buffer text = call_buffer(call, CSIGN_ROOT_MAX), scratch = call_buffer(call, ROOT_SCRATCH(CSIGN_ROOT_MAX));
    struct root again;
    csign_fault fault;
    root_write(&text, root);
    csign_code code = root_read_text(buffer_span(&text), &scratch, &again, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, REFUSED, code, &fault, "the root as asked for");
    STEP(file_write_note(call, out, buffer_span(&text)));
    if (!call->json)
        say("%snot signed yet: each custodian gives `countersign root add-signature %s%s%s --key FILE`", root_words(call, &again), out,
            after ? " --after " : "", after ? after : "");
    return DONE;
}

int root_draft(struct call *call, const struct root_plan *plan)
{
    const size_t keys = plan->keys.count, lines = keys * (plan->jurisdictions.count + 1);
    struct root_plan own = *plan;
    struct drafting d = {.call = call, .plan = &own};
    own.iss = plan->iss ? plan->iss : call_format(call, "https://%s", plan->origin);
    d.keys = call_memory(call, keys * sizeof *d.keys);
    d.issuers = call_memory(call, lines * sizeof *d.issuers);
    d.statuslogs = call_memory(call, keys * sizeof *d.statuslogs);
    d.releaselogs = call_memory(call, keys * sizeof *d.releaselogs);
    d.fresh = call_memory(call, keys * sizeof *d.fresh);
    d.receipts = call_memory(call, keys * sizeof *d.receipts);
    d.statuslists = call_memory(call, keys * sizeof *d.statuslists);
    d.policies = call_memory(call, lines * sizeof *d.policies);
    d.admins = call_memory(call, lines * sizeof *d.admins);
    d.root = (struct root){.origin = span_text(plan->origin),
                           .kind = span_ends(span_text(plan->origin), SPAN(".test")) ? ROOT_TEST : ROOT_PRODUCTION,
                           .version = 1, .issued = clock_now(), .threshold = (uint32_t)plan->threshold,
                           .freshness = (uint32_t)plan->freshness, .keys = d.keys, .issuers = d.issuers, .statuslogs = d.statuslogs,
                           .releaselogs = d.releaselogs, .fresh = d.fresh, .receipts = d.receipts, .statuslists = d.statuslists,
                           .policies = d.policies, .admins = d.admins};
    d.root.expires = d.root.issued + (int64_t)plan->days * DAY;
    for (size_t i = 0; i < keys; i++)
        STEP(add_key(&d, plan->keys.items[i]));
    if (d.root.key_count == 0)
        return fail(call, USAGE, "give the custodians' keys", "no key of purpose root, --public");
    return write_draft(call, &d.root, NULL, plan->out);
}

/* --- next --- */

int root_next(struct call *call)
{
    const char *path = NULL, *out = NULL;
    uint64_t days = 365;
    const struct option options[] = {
        {"FILE", OPTION_TEXT, true, &path, NULL, "the newest root", NULL, 0},
        {"--out", OPTION_TEXT, true, &out, "FILE", "the draft, a new file; change its lines with an editor before anybody signs", NULL, 0},
        {"--days", OPTION_NUMBER, false, &days, "N", "until it expires; default 365", NULL, 3660},
    };
    struct root root;
    span note;
    STEP(OPTIONS(call, "Drafts the next version of a root: the same lines, and freshness keys anew for as long as they may be.", options));
    STEP(root_load(call, path, &note, &root));
    struct root_vkey *fresh = call_memory(call, root.fresh_count * sizeof *fresh);
    root.version++;
    root.issued = clock_now();
    root.expires = root.issued + (int64_t)days * DAY;
    for (size_t i = 0; i < root.fresh_count; i++) {
        fresh[i] = root.fresh[i];
        fresh[i].validity = (struct validity){root.issued, root.expires - root.issued > FRESH_MAX ? root.issued + FRESH_MAX : root.expires};
    }
    root.fresh = fresh;
    return write_draft(call, &root, path, out);
}
