/*
 * countersign root add-signature: a custodian reads in plain words what a root will trust, and signs exactly that. A new version
 * is signed by the thresholds of both, so a key of the version before may sign too.
 */
#include "clock.h"
#include "files.h"
#include "keys.h"
#include "output.h"
#include "passphrase.h"
#include "root_verbs.h"

/* A draft as a note: a text without signature lines gets the empty line that parts it from them. */
int root_read_draft(struct call *call, const char *path, struct buffer *ret_note, span *ret_text, struct root *ret)
{
    span draft;
    csign_fault fault;
    STEP(file_read(call, path, CSIGN_ROOT_MAX, &draft));
    struct buffer scratch = call_buffer(call, draft.size), room = call_buffer(call, ROOT_SCRATCH(2 * CSIGN_ROOT_MAX));
    struct note *note = call_memory(call, sizeof *note);
    *ret_note = call_buffer(call, 2 * CSIGN_ROOT_MAX);
    buffer_put(ret_note, draft);
    if (note_read(draft, &scratch, note, NULL) == CSIGN_OK) {
        *ret_text = span_of(ret_note->data, note->text.size);
    } else {
        if (draft.size == 0 || draft.data[draft.size - 1] != '\n')
            return fail(call, REFUSED, "end its last line", "no newline at its end, %s", path);
        *ret_text = buffer_span(ret_note);
        buffer_byte(ret_note, '\n');
    }
    csign_code code = root_read_text(*ret_text, &room, ret, &fault);
    return code == CSIGN_OK ? DONE : fail_in_text(call, REFUSED, code, &fault, path, *ret_text);
}

static bool has_key(const struct root *root, const struct vkey *vkey)
{
    for (size_t i = 0; root && i < root->key_count; i++)
        if (vkey_same_key(&root->keys[i], vkey) && span_equal(root->keys[i].name, vkey->name))
            return true;
    return false;
}

struct signing {
    struct call *call;
    const char *draft, *after, *out;
    struct texts keys;
    struct keyring ring;
    bool yes;
    struct root root, before; /* before: zeroed if none was given */
    bool has_before;
};

static int sign_with(struct signing *s, const char *path, span text, struct buffer *note)
{
    struct key key;
    STEP(key_open(&s->ring, path, KEY_ROOT, &key));
    const struct vkey vkey = key_vkey(key.name, KEY_ROOT, &key.public);
    struct note *signed_already = call_memory(s->call, sizeof *signed_already);
    struct buffer scratch = call_buffer(s->call, note->size);
    if (note_read(buffer_span(note), &scratch, signed_already, NULL) == CSIGN_OK && note_verify(signed_already, &vkey, NULL) == CSIGN_OK)
        return fail(s->call, REFUSED, "hand the file to another custodian: a key counts once", "signed already by %s, %s", plain(s->call, vkey.name), path);
    if (!has_key(&s->root, &vkey) && !has_key(s->has_before ? &s->before : NULL, &vkey))
        return fail(s->call, REFUSED, "sign with a key that stands on a root line, here or in the version --after which this comes",
                    "no root line names it, %s", path);
    note_sign(note, text, &vkey, key.signing);
    return DONE;
}

/* How many of a root's keys signed a note, each counted once. */
static size_t count_signed(const struct root *root, const struct note *note)
{
    size_t count = 0;
    for (size_t i = 0; i < root->key_count; i++) {
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again |= vkey_same_key(&root->keys[k], &root->keys[i]);
        count += !again && note_verify(note, &root->keys[i], NULL) == CSIGN_OK;
    }
    return count;
}

/* Says how far the draft has come. */
static int report(struct signing *s, span bytes)
{
    struct buffer scratch = call_buffer(s->call, bytes.size);
    struct note *note = call_memory(s->call, sizeof *note);
    csign_fault fault;
    csign_code code = note_read(bytes, &scratch, note, &fault);
    if (code != CSIGN_OK)
        return fail_code(s->call, REFUSED, code, &fault, s->draft);
    size_t here = count_signed(&s->root, note), there = s->has_before ? count_signed(&s->before, note) : 0;
    /* Whether the version before agrees, nobody can say who was not given it. */
    bool unseen = s->root.version > 1 && !s->has_before, enough = here >= s->root.threshold;
    bool complete = enough && !unseen && (!s->has_before || there >= s->before.threshold);
    if (s->call->json) {
        say("{\"signatures\":%zu,\"threshold\":%u,\"complete\":%s}", here, s->root.threshold, complete ? "true" : "false");
        return DONE;
    }
    say("%s: %zu of the %u signatures that version %llu needs", s->out, here, s->root.threshold, (unsigned long long)s->root.version);
    if (s->has_before)
        say("%s: %zu of the %u that version %llu needs of it", s->out, there, s->before.threshold, (unsigned long long)s->before.version);
    if (complete && s->has_before)
        say("complete: `countersign root verify %s --after %s`, and publish it where gates fetch roots", s->out, s->after);
    else
        say("%s", complete          ? "complete: `countersign root verify` it, and publish its hash where gates are configured"
                  : enough && unseen ? "not known to be complete: it also needs the signatures of the version before; give that --after"
                                     : "the next custodian signs this file");
    return DONE;
}

static int show_and_ask(struct signing *s)
{
    const char *words = root_words(s->call, &s->root);
    if (s->has_before)
        words = call_format(s->call, "%s\nagainst version %llu:\n%s\n", words, (unsigned long long)s->before.version,
                            root_changes(s->call, &s->before, &s->root));
    return confirm(s->call, span_text(words), "compare the hash with the other custodians; type yes to sign this root: ");
}

static int fail_succession(struct signing *s)
{
    const csign_fault fault = {CSIGN_E_ROOT_VERSION, "version",
                               call_format(s->call, "%llu, and %s is version %llu", (unsigned long long)s->root.version, s->after,
                                           (unsigned long long)s->before.version), 0};
    return fail_code_fix(s->call, REFUSED, fault.code, &fault, s->draft, "give the version before, --after, or correct the draft's version");
}

static int sign_root(struct signing *s)
{
    struct buffer note;
    span text, before;
    STEP(root_read_draft(s->call, s->draft, &note, &text, &s->root));
    s->has_before = s->after != NULL;
    if (s->has_before)
        STEP(root_load(s->call, s->after, &before, &s->before));
    if (s->has_before && !span_equal(s->root.origin, s->before.origin))
        return fail(s->call, REFUSED, "give the version before of the same registry", "a root of %s, --after one of %s",
                    plain(s->call, s->root.origin), plain(s->call, s->before.origin));
    if (s->has_before && s->root.version != s->before.version + 1)
        return fail_succession(s);
    if (s->root.expires <= clock_now())
        return fail_code(s->call, REFUSED, CSIGN_E_ROOT_EXPIRED, &(csign_fault){CSIGN_E_ROOT_EXPIRED, "expires", "passed", 0}, s->draft);
    if (!s->yes)
        STEP(show_and_ask(s));
    for (size_t i = 0; i < s->keys.count; i++)
        STEP(sign_with(s, s->keys.items[i], text, &note));
    if (note.overflow || note.size > CSIGN_ROOT_MAX)
        return fail_code(s->call, REFUSED, CSIGN_E_TOO_LARGE, NULL, s->draft);
    /* Into the draft itself a signature is added; in any other file it would take the place of what is there. */
    STEP(strcmp(s->out, s->draft) == 0 ? file_write(s->call, s->out, buffer_span(&note)) : file_write_note(s->call, s->out, buffer_span(&note)));
    return report(s, buffer_span(&note));
}

int root_add_signature(struct call *call)
{
    struct signing *s = call_memory(call, sizeof *s);
    const struct option options[] = {
        {"DRAFT", OPTION_TEXT, true, &s->draft, NULL, "what `root new` or `root next` wrote, also signed by others already", NULL, 0},
        {"--key", OPTION_TEXTS, true, &s->keys, "FILE", "a root key that signs it", NULL, 0},
        {"--after", OPTION_TEXT, false, &s->after, "FILE", "the version before, whose keys must sign too", NULL, 0},
        {"--out", OPTION_TEXT, false, &s->out, "FILE", "a new file; default: the draft itself", NULL, 0},
        {"--yes", OPTION_FLAG, false, &s->yes, NULL, "do not show and ask", NULL, 0},
        {"--passphrase-file", OPTION_TEXT, false, &s->ring.passphrase_file, "FILE", "of the keys; else asked", NULL, 0},
    };
    STEP(OPTIONS(call, "Shows in plain words what a root will trust, and adds a custodian's signature.", options));
    s->call = s->ring.call = call;
    s->out = s->out ? s->out : s->draft;
    return sign_root(s);
}
