/* countersign root: new, show, verify; what is signed is in root_sign.c, what is drafted in root_draft.c. */
#include "root_verbs.h"
#include "base64.h"
#include "clock.h"
#include "files.h"
#include "hash.h"
#include "json_write.h"
#include "options.h"
#include "output.h"
#include "test_root.h"
#include "verbs.h"

#include <stdio.h>
#include <sys/stat.h>

/* --- reading --- */

/* A note has an empty line before its signatures; a draft that nobody signed has none. */
static bool has_signatures(span note)
{
    for (size_t i = 1; i < note.size; i++)
        if (note.data[i - 1] == '\n' && note.data[i] == '\n')
            return true;
    return false;
}

int root_load(struct call *call, const char *path, span *ret_note, struct root *ret)
{
    csign_fault fault;
    STEP(file_read(call, path, CSIGN_ROOT_MAX, ret_note));
    struct buffer scratch = call_buffer(call, ROOT_SCRATCH(ret_note->size));
    csign_code code = root_read(*ret_note, &scratch, ret, &fault);
    if (code == CSIGN_E_NOTE_MALFORMED && span_starts(*ret_note, SPAN("countersign/root/")) && !has_signatures(*ret_note))
        return fail_code_fix(call, REFUSED, code, &fault, path, "nobody has signed it yet: `countersign root add-signature` does");
    return code == CSIGN_OK ? DONE : fail_in_text(call, REFUSED, code, &fault, path, *ret_note);
}

/* --- new --- */

static int make_test_root(struct call *call, const struct test_root_plan *plan, const char *out)
{
    struct test_root made;
    if (mkdir(plan->keys, 0700) != 0)
        return fail_system(call, "cannot make the folder", plan->keys, "give one that is not there yet, where this user may write");
    int code = test_root_make(call, plan, &made);
    if (code == DONE)
        code = file_write_note(call, out, made.note);
    if (code != DONE)
        folder_remove(plan->keys);
    return code;
}

static int root_new(struct call *call)
{
    struct root_plan plan = {.threshold = 2, .freshness = 1, .days = 365};
    struct test_root_plan test_plan = {.jurisdictions = &plan.jurisdictions, .at = -1};
    bool test = false;
    const struct option options[] = {
        {"--out", OPTION_TEXT, true, &plan.out, "FILE", "the draft, or the test root: a new file", NULL, 0},
        {"--origin", OPTION_TEXT, true, &plan.origin, "NAME", "of the registry; of a test root it ends in .test", NULL, 0},
        {"--jurisdiction", OPTION_TEXTS, false, &plan.jurisdictions, "CODE", "whose credentials and policies; of a test root default US and CN", NULL, 0},
        {"--public", OPTION_TEXTS, false, &plan.keys, "FILE[@CODE]",
         "a key file, of which only the public part is read; its purpose says what for. A policy or officer key may be for one CODE", NULL, 0},
        {"--iss", OPTION_TEXT, false, &plan.iss, "URL", "the issuer's name; default https:// and the origin", NULL, 0},
        {"--threshold", OPTION_NUMBER, false, &plan.threshold, "N", "how many root keys must sign; default 2", NULL, ROOT_KEYS_MAX},
        {"--freshness", OPTION_NUMBER, false, &plan.freshness, "N", "how many freshness keys must agree; default 1", NULL, ROOT_LINES_MAX},
        {"--days", OPTION_NUMBER, false, &plan.days, "N", "until it expires; default 365", NULL, 3660},
        {"--test", OPTION_FLAG, false, &test, NULL, "make a test root instead, with all its keys, signed:", NULL, 0},
        {"--keys", OPTION_TEXT, false, &test_plan.keys, "DIR", "the folder to make for its keys", NULL, 0},
        {"--passphrase-file", OPTION_TEXT, false, &test_plan.passphrase_file, "FILE", "of its keys; else asked", NULL, 0},
    };
    STEP(OPTIONS(call, "Drafts a trust root from the public parts of keys, or makes a test root with its keys.", options));
    if (!test && plan.keys.count == 0)
        return fail(call, USAGE, "give each key that the root is to name, or --test", "missing, --public");
    if (!test)
        return root_draft(call, &plan);
    if (!test_plan.keys)
        return fail(call, USAGE, "give it for a test root", "missing, --keys");
    test_plan.origin = plan.origin;
    test_plan.at = clock_now();
    return make_test_root(call, &test_plan, plan.out);
}

/* --- show --- */

static int put_root_json(struct call *call, const struct root *root, bool complete)
{
    struct buffer out = call_buffer(call, 8192);
    struct json_out o = json_out(&out);
    json_put_object(&o);
    json_put_text_member(&o, "origin", root->origin);
    json_put_text_member(&o, "kind", span_text(root_kind_word(root)));
    json_put_integer_member(&o, "version", root->version);
    json_put_integer_member(&o, "issued", (uint64_t)root->issued);
    json_put_integer_member(&o, "expires", (uint64_t)root->expires);
    json_put_integer_member(&o, "threshold", root->threshold);
    json_put_base64url_member(&o, "hash", span_of(root->hash, CSIGN_HASH_SIZE));
    json_put_bool_member(&o, "complete", complete);
    json_end_object(&o);
    buffer_byte(&out, '\n');
    return put_out(call, buffer_span(&out));
}

static int root_show(struct call *call)
{
    const char *path = NULL;
    const struct option options[] = {{"FILE", OPTION_TEXT, true, &path, NULL, "a root note, or a draft of one", NULL, 0}};
    struct buffer note;
    span text, all;
    struct root root;
    csign_fault fault;
    STEP(OPTIONS(call, "Shows whom a trust root trusts, and its hash, by which it is pinned; of a draft too.", options));
    STEP(file_read(call, path, CSIGN_ROOT_MAX, &all));
    struct buffer scratch = call_buffer(call, ROOT_SCRATCH(all.size));
    csign_code code = root_read(all, &scratch, &root, &fault);
    /* A draft lacks signatures; one that does not hold is no draft. */
    if (code != CSIGN_OK && code != CSIGN_E_ROOT_THRESHOLD && has_signatures(all))
        return fail_in_text(call, REFUSED, code, &fault, path, all);
    if (code != CSIGN_OK)
        STEP(root_read_draft(call, path, &note, &text, &root));
    if (call->json)
        return put_root_json(call, &root, code == CSIGN_OK);
    printf("%s", root_words(call, &root));
    if (code != CSIGN_OK)
        say("a draft: not signed by as many as it needs, and no gate takes it");
    return DONE;
}

/* --- verify --- */

static int verify_next(struct call *call, const char *before, const char *path, span note, const struct root *root)
{
    span old_note;
    struct root old;
    csign_fault fault;
    STEP(root_load(call, before, &old_note, &old));
    csign_code code = root_check_next(&old, root, note, &fault);
    if (code == CSIGN_E_ROOT_KIND && !span_equal(old.origin, root->origin))
        return fail_code_fix(call, REFUSED, code, &fault, path, "give the version before of the same registry, --after");
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
    STEP(root_load(call, path, &note, &root));
    if (hash && !hash_equal(wanted, root.hash))
        return fail_code(call, REFUSED, CSIGN_E_ROOT_HASH, NULL, path);
    if (after)
        STEP(verify_next(call, after, path, note, &root));
    if (root.expires <= clock_now())
        return fail_code(call, REFUSED, CSIGN_E_ROOT_EXPIRED, NULL, path);
    if (call->json)
        return put_root_json(call, &root, true);
    say("good: %s root of %s, version %llu, hash %s%s", root_kind_word(&root), plain(call, root.origin), (unsigned long long)root.version,
        hash_text(call, root.hash), hash ? "" : "; compare the hash with what its registry published");
    if (root.version > 1 && !after)
        say("its place in a row was not checked: give the version before, --after");
    return DONE;
}

int verb_root(struct call *call)
{
    static const struct verb verbs[] = {{"new", root_new, "draft a root, or make a test root"},
                                        {"next", root_next, "draft the next version"},
                                        {"add-signature", root_add_signature, "read a draft, and sign it"},
                                        {"show", root_show, "whom it trusts, and its hash"},
                                        {"verify", root_verify, "its form, signatures, hash and succession"}};
    return VERBS(call, "Trust roots: what is trusted, by whom and until when.", verbs);
}
