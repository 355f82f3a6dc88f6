/* countersign deed: new, show, sign; and with the registry submit, list, fetch, approve. */
#include "deed_verbs.h"
#include "deed_make.h"
#include "deed_words.h"
#include "files.h"
#include "json_write.h"
#include "output.h"
#include "passphrase.h"
#include "verbs.h"

#include <stdio.h>
#include <unistd.h>

/* --- showing --- */

void deed_put_json(struct call *call, struct json_out *o, const struct deed_note *note)
{
    const struct deed *deed = &note->deed;
    json_put_object(o);
    json_put_base64url_member(o, "hash", span_of(note->hash, sizeof note->hash));
    json_put_text_member(o, "id", deed->id);
    json_put_text_member(o, "origin", deed->origin);
    json_put_text_member(o, "sentence", span_text(deed_sentence(call, deed)));
    json_put_name(o, "deed");
    json_put_raw(o, deed->json);
    json_put_name(o, "signers");
    json_put_array(o);
    for (size_t i = 0; i < note->signature_count; i++)
        json_put_text(o, note->signatures[i].name);
    json_end_array(o);
    json_end_object(o);
}

static int print(struct call *call, const struct deed_note *note)
{
    struct buffer out = call_buffer(call, 4 * DEED_NOTE_MAX);
    struct json_out o = json_out(&out);
    const char *words;
    if (!call->json) {
        STEP(deed_words(call, note, &words));
        return put_out(call, span_text(words));
    }
    deed_put_json(call, &o, note);
    buffer_byte(&out, '\n');
    return put_out(call, buffer_span(&out));
}

int deed_confirm(struct call *call, const struct deed_note *note, bool yes)
{
    const char *words;
    if (yes)
        return call->json ? DONE : print(call, note);
    STEP(deed_words(call, note, &words));
    return confirm(call, span_text(words), "type yes to sign this deed: ");
}

static int deed_show(struct call *call)
{
    const char *path = NULL;
    const struct option options[] = {{"FILE", OPTION_TEXT, true, &path, NULL, "a deed, signed or not", NULL, 0}};
    struct deed_note *note = call_memory(call, sizeof *note);
    STEP(OPTIONS(call, "Shows in plain words what a deed does, all that it says, and who has signed. It verifies no signature.",
                 options));
    STEP(deed_note_read_file(call, path, note));
    return print(call, note);
}

/* --- new --- */

static int write_new(struct call *call, struct deed_making *making, const char *out)
{
    struct deed_note *note = call_memory(call, sizeof *note);
    span code;
    STEP(deed_make(call, making, note, &code));
    STEP(file_write_note(call, out, note->bytes));
    if (code.data && call->json) /* this once: the deed has only its hash */
        say("{\"hash\":\"%s\",\"code\":\"%.*s\"}", deed_hash_text(call, note->hash), (int)code.size, (const char *)code.data);
    else if (code.data)
        say("%.*s", (int)code.size, (const char *)code.data);
    else if (call->json)
        say("{\"hash\":\"%s\"}", deed_hash_text(call, note->hash));
    return DONE;
}

static int deed_new(struct call *call)
{
    struct deed_making *making = call_memory(call, sizeof *making);
    const char *out = NULL, *at = NULL;
    struct option options[MEMBER_OPTIONS_MAX + 8] = {
        {"KIND", OPTION_WORD, true, &making->kind, NULL, "what it does", &deed_kinds, 0},
        {"--origin", OPTION_TEXT, true, &making->origin, "NAME", "of the registry, as its root says", NULL, 0},
        {"--at", OPTION_TEXT, true, &at, "BODY", "the authority or institution that acts", NULL, 0},
        {"--out", OPTION_TEXT, true, &out, "FILE", "the deed, to be signed: a new file", NULL, 0},
        {"--valid-until", OPTION_TIME, false, &making->valid_until, "TIME", "void unless all have signed by then; default: 7 days",
         NULL, 0},
        {"--members", OPTION_TEXT, false, &making->members_file, "FILE", "JSON: members as PROTOCOL 5 names them; or one by one:", NULL, 0},
        {"--new-code", OPTION_FLAG, false, &making->new_code, NULL, "of activate: make a one-time code, and print it this once", NULL, 0},
        {"--note", OPTION_TEXT, false, &making->policy_file, "FILE", "of policy.publish: the signed policy", NULL, 0},
    };
    size_t count = 8;
    making->valid_until = -1;
    member_options(call, &making->given, MEMBERS_ALL, options, &count);
    STEP(options_read(call, "Writes a deed, and reads it back: what is wrong with it is named.", options, count));
    if (!note_name_is_valid(span_text(making->origin)))
        return fail(call, USAGE, "give the name on the root's origin line", "not the name of a registry, --origin");
    making->at = span_text(at);
    return write_new(call, making, out);
}

/* --- sign --- */

static int sign_file(struct keyring *ring, const char *key_path, const char *path, const char *out, bool yes, struct key *key)
{
    struct call *call = ring->call;
    struct deed_note *note = call_memory(call, sizeof *note);
    STEP(deed_note_read_file(call, path, note));
    STEP(deed_confirm(call, note, yes));
    if (!key->signing)
        STEP(key_open(ring, key_path, KEY_OFFICER, key));
    STEP(deed_note_sign(call, note, key, path));
    STEP(out && strcmp(out, path) != 0 ? file_write_note(call, out, note->bytes) : file_write(call, path, note->bytes));
    return call->json ? print(call, note) : DONE;
}

static int deed_sign(struct call *call)
{
    const char *key_path = NULL, *passphrase_file = NULL, *out = NULL;
    struct texts paths = {{NULL}, 0};
    bool yes = false;
    const struct option options[] = {
        {"FILE", OPTION_TEXTS, true, &paths, NULL, "a deed, also one that others signed already; or several", NULL, 0},
        {"--key", OPTION_TEXT, true, &key_path, "FILE", "your officer's key, named BODY/OFFICER", NULL, 0},
        {"--passphrase-file", OPTION_TEXT, false, &passphrase_file, "FILE", "of your key; else asked", NULL, 0},
        {"--yes", OPTION_FLAG, false, &yes, NULL, "do not ask: it was read and agreed to elsewhere", NULL, 0},
        {"--out", OPTION_TEXT, false, &out, "FILE", "the signed deed, of one: a new file; default: FILE itself", NULL, 0},
    };
    struct key key = {0};
    STEP(OPTIONS(call, "Shows deeds in plain words and adds an officer's signature to each.", options));
    if (out && paths.count > 1)
        return fail(call, USAGE, "sign them one by one, or each into itself", "one file for several deeds, --out");
    struct keyring ring = {.call = call, .passphrase_file = passphrase_file};
    for (size_t i = 0; i < paths.count; i++)
        STEP(sign_file(&ring, key_path, paths.items[i], out, yes, &key));
    return DONE;
}

int verb_deed(struct call *call)
{
    static const struct verb verbs[] = {{"new", deed_new, "write one"},
                                        {"show", deed_show, "say in plain words what it does"},
                                        {"sign", deed_sign, "add an officer's signature"},
                                        {"submit", deed_submit, "bring a signed one to the registry"},
                                        {"list", deed_list, "those that the registry has"},
                                        {"fetch", deed_fetch, "get one, with its signatures so far"},
                                        {"approve", deed_approve, "fetch one that waits, sign it and submit it"}};
    return VERBS(call, "Deeds: by which officers grant and take away.", verbs);
}
