#include "deed_note.h"
#include "base64.h"
#include "clock.h"
#include "cursor.h"
#include "files.h"
#include "json_file.h"
#include "output.h"

const char *deed_hash_text(struct call *call, const uint8_t hash[CSIGN_HASH_SIZE])
{
    struct buffer text = call_buffer(call, 64);
    base64url_encode(&text, span_of(hash, CSIGN_HASH_SIZE));
    return (const char *)text.data;
}

/* Where a text ends in signature lines it is a note, and only then: a deed's own lines hold no empty one. */
static bool is_note(span bytes)
{
    for (size_t i = 1; i < bytes.size; i++)
        if (bytes.data[i] == '\n' && bytes.data[i - 1] == '\n')
            return true;
    return false;
}

/* Names the member also where nobody knows it: the JSON is the fourth line. */
static int fail_deed(struct call *call, const char *where, span text, csign_code code, csign_fault *fault)
{
    for (int line = 0; line < 3 && text.size > 0; line++) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        text = end ? span_of(end + 1, text.size - (size_t)(end - text.data) - 1) : (span){NULL, 0};
    }
    if (code == CSIGN_E_DEED_MALFORMED && !fault->field[0] && fault->offset > 0)
        fault->field = plain(call, json_name_before(text, fault->offset));
    return fail_code(call, REFUSED, code, fault, where);
}

int deed_note_read(struct call *call, const char *where, span bytes, struct deed_note *ret)
{
    struct buffer scratch = call_buffer(call, bytes.size + 4 * DEED_MAX);
    struct note *note = call_memory(call, sizeof *note);
    csign_fault fault;
    *ret = (struct deed_note){.bytes = bytes, .text = bytes};
    if (is_note(bytes)) {
        csign_code code = note_read(bytes, &scratch, note, &fault);
        if (code != CSIGN_OK)
            return fail_code(call, REFUSED, code, &fault, where);
        ret->text = note->text;
        ret->signature_count = note->signature_count;
        memcpy(ret->signatures, note->signatures, sizeof ret->signatures);
    }
    csign_code code = deed_read(ret->text, &scratch, &ret->deed, &fault);
    if (code != CSIGN_OK)
        return fail_deed(call, where, ret->text, code, &fault);
    deed_hash(ret->text, ret->hash);
    return DONE;
}

int deed_note_read_file(struct call *call, const char *path, struct deed_note *ret)
{
    span bytes;
    STEP(file_read(call, path, DEED_NOTE_MAX, &bytes));
    return deed_note_read(call, path, bytes, ret);
}

int officer_body(struct call *call, span name, const char *path, span *ret)
{
    struct cursor c = cursor_open(name);
    if (cursor_until(&c, '/', ret) && text_is_id(*ret) && text_is_id(cursor_rest(&c)))
        return DONE;
    return fail(call, REFUSED, "give a key that was made with --name BODY/OFFICER, as the registry knows the officer",
                "not the key of an officer, name %s in %s", plain(call, name), path);
}

static bool has_signed(const struct deed_note *note, const struct vkey *vkey)
{
    for (size_t i = 0; i < note->signature_count; i++)
        if (span_equal(note->signatures[i].name, vkey->name) && memcmp(note->signatures[i].id, vkey->id, sizeof vkey->id) == 0)
            return true;
    return false;
}

int deed_note_sign(struct call *call, struct deed_note *note, const struct key *key, const char *where)
{
    const struct vkey vkey = key_vkey(key->name, KEY_OFFICER, &key->public);
    struct buffer out = call_buffer(call, note->bytes.size + 1024);
    span body;
    STEP(officer_body(call, key->name, "its file", &body));
    if (has_signed(note, &vkey))
        return fail_code(call, REFUSED, CSIGN_E_SAME_KEY, NULL, where);
    if ((int64_t)note->deed.head.valid_until <= clock_now())
        return fail_code(call, REFUSED, CSIGN_E_DEED_EXPIRED, NULL, where);
    buffer_put(&out, note->bytes);
    if (note->signature_count == 0)
        buffer_byte(&out, '\n');
    note_sign(&out, note->text, &vkey, key->signing);
    return deed_note_read(call, where, buffer_span(&out), note);
}
