/* countersign key: new, show. */
#include "base64.h"
#include "json_write.h"
#include "keys.h"
#include "options.h"
#include "output.h"
#include "passphrase.h"
#include "verbs.h"

#include <unistd.h>

static int key_new(struct call *call)
{
    uint8_t purpose = 0;
    bool quick = false;
    const char *name = NULL, *out = NULL, *passphrase_file = NULL;
    const struct option options[] = {
        {"--purpose", OPTION_WORD, true, &purpose, "PURPOSE", "what alone the key may sign", &key_purposes, 0},
        {"--name", OPTION_TEXT, true, &name, "NAME", "whose it is, as notes and roots name it", NULL, 0},
        {"--out", OPTION_TEXT, true, &out, "FILE", "the key file to make", NULL, 0},
        {"--passphrase-file", OPTION_TEXT, false, &passphrase_file, "FILE", "its first line seals the key; else asked", NULL, 0},
        {"--quick", OPTION_FLAG, false, &quick, NULL, "for tests alone: opens ten times sooner, and is guessed as much sooner", NULL, 0},
    };
    struct key key;
    span passphrase;
    STEP(OPTIONS(call, "Makes a signing key, sealed under a passphrase.", options));
    if (access(out, F_OK) == 0) /* before a passphrase is asked for; that nothing is replaced, the writing sees to */
        return fail(call, CANNOT, "give another path; a key is never overwritten", "is there already, %s", out);
    STEP(key_make(call, (enum key_purpose)purpose, name, &key));
    STEP(passphrase_read(call, passphrase_file, "the new key", true, &passphrase));
    return key_seal(call, &key, passphrase, quick, out);
}

static int put_key(struct call *call, const struct key_file *file)
{
    uint8_t thumbprint[CSIGN_HASH_SIZE];
    const char *purpose = key_purpose_word(file->purpose), *vkey = key_vkey_text(call, file);
    struct buffer key = call_buffer(call, 64), print = call_buffer(call, 64), out = call_buffer(call, 4096);
    public_key_thumbprint(&file->key, thumbprint);
    base64url_encode(&key, span_of(file->key.bytes, sizeof file->key.bytes));
    base64url_encode(&print, span_of(thumbprint, sizeof thumbprint));
    if (call->json) {
        struct json_out o = json_out(&out);
        json_put_object(&o);
        json_put_text_member(&o, "name", file->name);
        json_put_text_member(&o, "purpose", span_text(purpose));
        json_put_text_member(&o, "public_key", buffer_span(&key));
        if (vkey)
            json_put_text_member(&o, "vkey", span_text(vkey));
        json_put_text_member(&o, "thumbprint", buffer_span(&print));
        json_put_text_member(&o, "sealed", file->under_master ? SPAN("master") : SPAN("argon2id"));
        json_end_object(&o);
        buffer_byte(&out, '\n');
        return put_out(call, buffer_span(&out));
    }
    say("name        %s", plain(call, file->name));
    say("purpose     %s", purpose);
    say("public key  %s", (const char *)key.data);
    if (vkey)
        say("vkey        %s", plain(call, span_text(vkey)));
    say("thumbprint  %s", (const char *)print.data);
    say("sealed      %s", file->under_master ? "under the master key beside it" : "under a passphrase, argon2id");
    return DONE;
}

static int key_show(struct call *call)
{
    const char *path = NULL;
    const struct option options[] = {{"FILE", OPTION_TEXT, true, &path, NULL, "a key file", NULL, 0}};
    struct key_file file;
    STEP(OPTIONS(call, "Shows what is public of a key; it asks for no passphrase.", options));
    STEP(key_read(call, path, &file));
    return put_key(call, &file);
}

int verb_key(struct call *call)
{
    static const struct verb verbs[] = {{"new", key_new, "make a key"}, {"show", key_show, "show its public part"}};
    return VERBS(call, "Signing keys, each with one purpose.", verbs);
}
