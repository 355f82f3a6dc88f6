/* countersign root: new, show, verify. */
#include "root.h"
#include "base64.h"
#include "clock.h"
#include "date.h"
#include "files.h"
#include "hash.h"
#include "json_write.h"
#include "keys.h"
#include "options.h"
#include "output.h"
#include "passphrase.h"
#include "test_root.h"
#include "verbs.h"

#include <sys/stat.h>

/* --- reading --- */

static int read_root(struct call *call, const char *path, span *ret_note, struct root *ret)
{
    csign_fault fault;
    STEP(file_read(call, path, CSIGN_ROOT_MAX, ret_note));
    struct buffer scratch = call_buffer(call, ROOT_SCRATCH(ret_note->size));
    csign_code code = root_read(*ret_note, &scratch, ret, &fault);
    return code == CSIGN_OK ? DONE : fail_code(call, REFUSED, code, &fault, path);
}

static const char *hash_text(struct call *call, const uint8_t hash[CSIGN_HASH_SIZE])
{
    struct buffer text = call_buffer(call, 64);
    base64url_encode(&text, span_of(hash, CSIGN_HASH_SIZE));
    return (const char *)text.data;
}

static const char *day(struct call *call, int64_t t)
{
    struct buffer text = call_buffer(call, 32);
    date_write(&text, date_of(t, 0));
    return (const char *)text.data;
}

static const char *kind_of(const struct root *root)
{
    return root->kind == ROOT_TEST ? "test" : "production";
}

/* --- new --- */

/* Whether the text has a root line for this key: "root <vkey>". */
static bool names_key(struct call *call, span text, const struct vkey *vkey)
{
    struct buffer line = call_buffer(call, 2 * NOTE_NAME_MAX + 16);
    buffer_text(&line, "\nroot ");
    vkey_write(&line, vkey);
    buffer_byte(&line, '\n');
    for (size_t at = 0; at + line.size <= text.size; at++)
        if (memcmp(text.data + at, line.data, line.size) == 0)
            return true;
    return false;
}

/* The draft as a note: a text without signature lines gets the empty line that parts it from them. */
static int read_draft(struct call *call, const char *path, struct buffer *ret_note, span *ret_text)
{
    span draft;
    STEP(file_read(call, path, CSIGN_ROOT_MAX, &draft));
    struct buffer scratch = call_buffer(call, draft.size);
    struct note *note = call_memory(call, sizeof *note);
    *ret_note = call_buffer(call, CSIGN_ROOT_MAX);
    buffer_put(ret_note, draft);
    if (note_read(draft, &scratch, note, NULL) == CSIGN_OK) {
        *ret_text = span_of(ret_note->data, note->text.size);
        return DONE;
    }
    if (draft.size == 0 || draft.data[draft.size - 1] != '\n')
        return fail(call, REFUSED, "end its last line", "no newline at its end, %s", path);
    *ret_text = buffer_span(ret_note);
    buffer_byte(ret_note, '\n');
    return DONE;
}

static int sign_draft(struct call *call, struct keyring *ring, const char *path, span text, struct buffer *note)
{
    struct key key;
    STEP(key_open(ring, path, KEY_ROOT, &key));
    const struct vkey vkey = key_vkey(key.name, KEY_ROOT, &key.public);
    if (!names_key(call, text, &vkey))
        return fail(call, REFUSED, "sign with a key that stands on a root line, under the same name", "no root line names it, %s", path);
    note_sign(note, text, &vkey, key.signing);
    return DONE;
}

/* Checks all of it, also when signatures of other holders are still missing. */
static int check_draft(struct call *call, span note, const char *path, bool *ret_complete)
{
    struct buffer scratch = call_buffer(call, ROOT_SCRATCH(note.size));
    struct root root;
    csign_fault fault;
    csign_code code = root_read(note, &scratch, &root, &fault);
    *ret_complete = code == CSIGN_OK;
    return code == CSIGN_OK || code == CSIGN_E_ROOT_THRESHOLD ? DONE : fail_code(call, REFUSED, code, &fault, path);
}

struct draft_asked {
    const char *draft, *out, *passphrase_file;
    struct texts keys;
    bool yes;
};

static int sign_root(struct call *call, const struct draft_asked *asked)
{
    struct keyring ring = {.call = call, .passphrase_file = asked->passphrase_file};
    struct buffer note;
    span text;
    bool complete;
    STEP(read_draft(call, asked->draft, &note, &text));
    for (size_t i = 0; i < asked->keys.count; i++)
        STEP(sign_draft(call, &ring, asked->keys.items[i], text, &note));
    STEP(check_draft(call, buffer_span(&note), asked->draft, &complete));
    if (!asked->yes) /* what is shown was checked; the signatures leave this process only now */
        STEP(confirm(call, span_text(plain_lines(call, text)), "type yes to sign this root: "));
    STEP(file_write(call, asked->out, buffer_span(&note)));
    if (!complete)
        say("signed, and short of the threshold: the next holder signs with --draft %s", asked->out);
    return DONE;
}

static int make_test_root(struct call *call, const struct test_root_plan *plan, const char *out)
{
    struct test_root made;
    if (mkdir(plan->keys, 0700) != 0)
        return fail_system(call, "cannot make the folder", plan->keys, "give one that is not there yet, where this user may write");
    int code = test_root_make(call, plan, &made);
    if (code == DONE)
        code = file_write(call, out, made.note);
    if (code != DONE)
        folder_remove(plan->keys);
    return code;
}

static int root_new(struct call *call)
{
    struct draft_asked asked = {0};
    struct texts jurisdictions = {{NULL}, 0};
    struct test_root_plan plan = {.jurisdictions = &jurisdictions, .at = -1};
    bool test = false;
    const struct option options[] = {
        {"--out", OPTION_TEXT, true, &asked.out, "FILE", "the root note", NULL, 0},
        {"--draft", OPTION_TEXT, false, &asked.draft, "FILE", "its text, also one that others signed already", NULL, 0},
        {"--key", OPTION_TEXTS, false, &asked.keys, "FILE", "a root key that signs it", NULL, 0},
        {"--yes", OPTION_FLAG, false, &asked.yes, NULL, "do not show and ask", NULL, 0},
        {"--test", OPTION_FLAG, false, &test, NULL, "make a test root, with all its keys:", NULL, 0},
        {"--origin", OPTION_TEXT, false, &plan.origin, "NAME", "of the registry, ends in .test", NULL, 0},
        {"--keys", OPTION_TEXT, false, &plan.keys, "DIR", "the folder to make for its keys", NULL, 0},
        {"--jurisdiction", OPTION_TEXTS, false, &jurisdictions, "CODE", "default US and CN", NULL, 0},
        {"--passphrase-file", OPTION_TEXT, false, &asked.passphrase_file, "FILE", "of the keys; else asked", NULL, 0},
    };
    STEP(OPTIONS(call, "Signs the text of a trust root, or makes a test root with its keys.", options));
    if (test == (asked.draft != NULL))
        return fail(call, USAGE, "give one of the two", "neither --draft nor --test, or both");
    if (!test && asked.keys.count == 0)
        return fail(call, USAGE, "give a root key", "missing, --key");
    if (!test)
        return sign_root(call, &asked);
    if (!plan.origin || !plan.keys)
        return fail(call, USAGE, "give it for a test root", "missing, %s", plan.origin ? "--keys" : "--origin");
    plan.passphrase_file = asked.passphrase_file;
    plan.at = clock_now();
    return make_test_root(call, &plan, asked.out);
}

/* --- show --- */

static void show_keys(struct call *call, const struct root *root)
{
    for (size_t i = 0; i < root->issuer_count; i++)
        say("  issuer      %s for %s, key %s, until %s", plain(call, root->issuers[i].iss),
            plain(call, root->issuers[i].jurisdiction), root->issuers[i].kid, day(call, root->issuers[i].validity.expires));
    for (size_t i = 0; i < root->statuslog_count; i++)
        say("  status log  %s, until %s", plain(call, root->statuslogs[i].vkey.name), day(call, root->statuslogs[i].validity.expires));
    for (size_t i = 0; i < root->releaselog_count; i++)
        say("  release log %s, until %s", plain(call, root->releaselogs[i].vkey.name), day(call, root->releaselogs[i].validity.expires));
    for (size_t i = 0; i < root->fresh_count; i++)
        say("  fresh       %s, until %s", plain(call, root->fresh[i].vkey.name), day(call, root->fresh[i].validity.expires));
    for (size_t i = 0; i < root->receipts_count; i++)
        say("  receipts    %s, until %s", plain(call, root->receipts[i].vkey.name), day(call, root->receipts[i].validity.expires));
    for (size_t i = 0; i < root->statuslist_count; i++)
        say("  status list until %s", day(call, root->statuslists[i].validity.expires));
    for (size_t i = 0; i < root->policy_count; i++)
        say("  policy      %s for %s, until %s", plain(call, root->policies[i].vkey.name),
            plain(call, root->policies[i].jurisdiction), day(call, root->policies[i].validity.expires));
    for (size_t i = 0; i < root->admin_count; i++)
        say("  officer     %s for %s", plain(call, root->admins[i].vkey.name), plain(call, root->admins[i].jurisdiction));
}

static int put_root_json(struct call *call, const struct root *root)
{
    struct buffer out = call_buffer(call, 8192);
    struct json_out o = json_out(&out);
    json_put_object(&o);
    json_put_text_member(&o, "origin", root->origin);
    json_put_text_member(&o, "kind", span_text(kind_of(root)));
    json_put_integer_member(&o, "version", root->version);
    json_put_integer_member(&o, "issued", (uint64_t)root->issued);
    json_put_integer_member(&o, "expires", (uint64_t)root->expires);
    json_put_integer_member(&o, "threshold", root->threshold);
    json_put_base64url_member(&o, "hash", span_of(root->hash, CSIGN_HASH_SIZE));
    json_end_object(&o);
    buffer_byte(&out, '\n');
    return put_out(call, buffer_span(&out));
}

static int root_show(struct call *call)
{
    const char *path = NULL;
    const struct option options[] = {{"FILE", OPTION_TEXT, true, &path, NULL, "a root note", NULL, 0}};
    span note;
    struct root root;
    STEP(OPTIONS(call, "Shows whom a trust root trusts, and its hash, by which it is pinned.", options));
    STEP(read_root(call, path, &note, &root));
    if (call->json)
        return put_root_json(call, &root);
    say("%s   %s root, version %llu", plain(call, root.origin), kind_of(&root), (unsigned long long)root.version);
    say("  issued      %s, expires %s", day(call, root.issued), day(call, root.expires));
    say("  signed by   %u of %zu root keys", root.threshold, root.key_count);
    show_keys(call, &root);
    say("  evidence    as of the newest time that %u freshness key%s cosigned", root.freshness, root.freshness > 1 ? "s" : "");
    say("  hash        %s", hash_text(call, root.hash));
    return DONE;
}

/* --- verify --- */

static int verify_next(struct call *call, const char *before, const char *path, span note, const struct root *root)
{
    span old_note;
    struct root old;
    csign_fault fault;
    STEP(read_root(call, before, &old_note, &old));
    csign_code code = root_check_next(&old, root, note, &fault);
    return code == CSIGN_OK ? DONE : fail_code(call, REFUSED, code, &fault, path);
}

static int root_verify(struct call *call)
{
    const char *path = NULL, *after = NULL, *hash = NULL;
    uint8_t wanted[CSIGN_HASH_SIZE];
    const struct option options[] = {
        {"FILE", OPTION_TEXT, true, &path, NULL, "a root note", NULL, 0},
        {"--hash", OPTION_TEXT, false, &hash, "HASH", "that it must have", NULL, 0},
        {"--after", OPTION_TEXT, false, &after, "FILE", "the version before, which must lead to it", NULL, 0},
    };
    span note;
    struct root root;
    STEP(OPTIONS(call, "Verifies a trust root: its form, its signatures, its hash, its place in a row.", options));
    if (hash && !base64url_exact(span_text(hash), wanted, sizeof wanted))
        return fail(call, USAGE, "give the 43 characters as `root show` prints them", "not base64url of 32 bytes, --hash");
    STEP(read_root(call, path, &note, &root));
    if (hash && !hash_equal(wanted, root.hash))
        return fail_code(call, REFUSED, CSIGN_E_ROOT_HASH, NULL, path);
    if (after)
        STEP(verify_next(call, after, path, note, &root));
    if (root.expires <= clock_now())
        return fail_code(call, REFUSED, CSIGN_E_ROOT_EXPIRED, NULL, path);
    if (call->json)
        return put_root_json(call, &root);
    say("good: %s root of %s, version %llu, hash %s%s", kind_of(&root), plain(call, root.origin), (unsigned long long)root.version,
        hash_text(call, root.hash), hash ? "" : "; compare the hash with what its registry published");
    return DONE;
}

int verb_root(struct call *call)
{
    static const struct verb verbs[] = {{"new", root_new, "sign a root, or make a test root"},
                                        {"show", root_show, "whom it trusts, and its hash"},
                                        {"verify", root_verify, "its form, signatures, hash and succession"}};
    return VERBS(call, "Trust roots: what is trusted, by whom and until when.", verbs);
}
