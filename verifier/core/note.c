#include "note.h"
#include "base64.h"
#include "cosignature.h"
#include "cursor.h"
#include "hash.h"
#include "utf8.h"

#define DASH      SPAN("\xE2\x80\x94 ") /* em dash and space, C2SP signed-note */
#define ID_SIZE   4u
#define VKEY_SIZE (1u + CSIGN_PUBLIC_KEY_SIZE) /* type, key */

static csign_code malformed(csign_fault *fault, const char *field, const char *reason, size_t offset)
{
    return fault_at(fault, CSIGN_E_NOTE_MALFORMED, field, reason, offset);
}

/* --- the text --- */

/* UTF-8 without control characters other than the newline: so no CR, no TAB and no NUL. */
static bool check_characters(span bytes, size_t *ret_offset)
{
    const uint8_t *at = bytes.data, *end = bytes.data + bytes.size;
    while (at < end) {
        uint32_t character;
        unsigned size = *at < 0x20u && *at != '\n' ? 0 : utf8_read(at, end, &character);
        if (size == 0) {
            *ret_offset = (size_t)(at - bytes.data);
            return false;
        }
        at += size;
    }
    return true;
}

/* The text ends before the last empty line: what stands above it may hold empty lines itself. */
static bool split(span bytes, span *ret_text, span *ret_lines)
{
    for (size_t at = bytes.size; at >= 2; at--)
        if (bytes.data[at - 1] == '\n' && bytes.data[at - 2] == '\n') {
            *ret_text = span_of(bytes.data, at - 1);
            *ret_lines = span_of(bytes.data + at, bytes.size - at);
            return true;
        }
    return false;
}

bool note_name_is_valid(span name)
{
    if (name.size < 1 || name.size > NOTE_NAME_MAX)
        return false;
    const uint8_t *at = name.data, *end = name.data + name.size;
    while (at < end) {
        uint32_t character;
        unsigned size = utf8_read(at, end, &character);
        if (size == 0 || character < 0x20u || character == '+' || utf8_is_space(character))
            return false;
        at += size;
    }
    return true;
}

/* --- signature lines --- */

static csign_code read_signature(span line, size_t offset, struct buffer *scratch, struct note_signature *ret,
                                 csign_fault *fault)
{
    struct cursor c = cursor_open(line);
    span name, bytes;
    if (!cursor_literal(&c, DASH) || !cursor_until(&c, ' ', &name) || !note_name_is_valid(name))
        return malformed(fault, "signature", "not a dash, a key name and a signature", offset);
    if (!base64_decode(scratch, cursor_rest(&c), &bytes))
        return scratch->overflow ? fault_at(fault, CSIGN_E_NO_SPACE, "signature", "no room for the signatures", offset)
                                 : malformed(fault, "signature", "not base64", offset);
    if (bytes.size <= ID_SIZE)
        return malformed(fault, "signature", "nothing behind the key id", offset);
    ret->name = name;
    memcpy(ret->id, bytes.data, ID_SIZE);
    ret->bytes = span_of(bytes.data + ID_SIZE, bytes.size - ID_SIZE);
    return CSIGN_OK;
}

static bool same_signer(const struct note_signature *line, span name, const uint8_t id[4])
{
    return memcmp(line->id, id, ID_SIZE) == 0 && span_equal(line->name, name);
}

static bool stands_above(const struct note *note, const struct note_signature *line)
{
    for (size_t i = 0; i < note->signature_count; i++)
        if (same_signer(&note->signatures[i], line->name, line->id) && span_equal(note->signatures[i].bytes, line->bytes))
            return true;
    return false;
}

csign_code note_read(span bytes, struct buffer *scratch, struct note *ret, csign_fault *fault)
{
    size_t offset;
    span lines, line;
    if (!check_characters(bytes, &offset))
        return malformed(fault, "", "a control character or not UTF-8", offset);
    if (!split(bytes, &ret->text, &lines))
        return malformed(fault, "", "no empty line before the signatures", 0);

    struct cursor c = cursor_open(lines);
    ret->signature_count = 0;
    while (!cursor_done(&c)) {
        offset = ret->text.size + 1 + cursor_offset(&c);
        if (ret->signature_count == NOTE_SIGNATURES_MAX)
            return malformed(fault, "signature", "more than 100 signatures", offset);
        if (!cursor_line(&c, &line))
            return malformed(fault, "signature", "the last line does not end", offset);
        struct note_signature signature;
        TRY(read_signature(line, offset, scratch, &signature, fault));
        if (stands_above(ret, &signature))
            return malformed(fault, "signature", "a line stands twice", offset);
        ret->signatures[ret->signature_count++] = signature;
    }
    return ret->signature_count ? CSIGN_OK : malformed(fault, "signature", "no signature", bytes.size);
}

void note_hash(const struct note *note, uint8_t ret[CSIGN_HASH_SIZE])
{
    hash_of(note->text, ret);
}

/* --- verifying and signing --- */

static bool verify_line(const struct note *note, const struct note_signature *line, const struct vkey *vkey,
                        uint64_t *ret_time)
{
    *ret_time = 0;
    switch (vkey->type) {
    case NOTE_ED25519:
        return line->bytes.size == CSIGN_SIGNATURE_SIZE && public_key_verify(&vkey->key, note->text, line->bytes.data);
    case NOTE_COSIGNATURE:
        return cosignature_verify(&vkey->key, note->text, line->bytes, ret_time);
    }
    return false;
}

csign_code note_verify(const struct note *note, const struct vkey *vkey, uint64_t *ret_time)
{
    uint64_t newest = 0;
    bool found = false;
    for (size_t i = 0; i < note->signature_count; i++) {
        uint64_t time;
        if (!same_signer(&note->signatures[i], vkey->name, vkey->id))
            continue;
        if (!verify_line(note, &note->signatures[i], vkey, &time))
            return CSIGN_E_NOTE_SIGNATURE_BAD;
        if (time > newest)
            newest = time;
        found = true;
    }
    if (!found)
        return CSIGN_E_NOTE_UNSIGNED;
    if (ret_time)
        *ret_time = newest;
    return CSIGN_OK;
}

void note_put_signature(struct buffer *out, const struct vkey *vkey, span bytes)
{
    uint8_t memory[ID_SIZE + COSIGNATURE_SIZE];
    struct buffer signature = buffer_open(memory, sizeof memory);
    buffer_put(&signature, span_of(vkey->id, ID_SIZE));
    buffer_put(&signature, bytes);
    if (signature.overflow)
        out->overflow = true;
    buffer_put(out, DASH);
    buffer_put(out, vkey->name);
    buffer_byte(out, ' ');
    base64_encode(out, buffer_span(&signature));
    buffer_byte(out, '\n');
}

void note_cosign(struct buffer *out, span text, const struct vkey *vkey, const struct signing_key *key, uint64_t time)
{
    uint8_t bytes[COSIGNATURE_SIZE];
    if (cosignature_make(key, text, time, bytes))
        note_put_signature(out, vkey, span_of(bytes, sizeof bytes));
    else
        out->overflow = true;
}

void note_sign(struct buffer *out, span text, const struct vkey *vkey, const struct signing_key *key)
{
    uint8_t signature[CSIGN_SIGNATURE_SIZE];
    signing_key_sign(key, text, signature);
    note_put_signature(out, vkey, span_of(signature, sizeof signature));
}

/* --- verifier keys --- */

static void compute_id(span name, enum note_key_type type, const struct public_key *key, uint8_t ret[ID_SIZE])
{
    const uint8_t behind_name[2] = {'\n', (uint8_t)type};
    uint8_t digest[CSIGN_HASH_SIZE];
    struct hash h;
    hash_init(&h);
    hash_update(&h, name);
    hash_update(&h, span_of(behind_name, sizeof behind_name));
    hash_update(&h, span_of(key->bytes, sizeof key->bytes));
    hash_final(&h, digest);
    memcpy(ret, digest, ID_SIZE);
}

struct vkey vkey_make(span name, enum note_key_type type, const struct public_key *key)
{
    struct vkey vkey = {.name = name, .type = type, .key = *key};
    compute_id(name, type, key, vkey.id);
    return vkey;
}

static void put_hex(struct buffer *out, const uint8_t id[ID_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < ID_SIZE; i++) {
        buffer_byte(out, (uint8_t)hex[id[i] >> 4]);
        buffer_byte(out, (uint8_t)hex[id[i] & 15]);
    }
}

bool vkey_read(span text, struct vkey *ret)
{
    struct cursor c = cursor_open(text);
    span name, id;
    uint8_t bytes[VKEY_SIZE], expected[2 * ID_SIZE];
    if (!cursor_until(&c, '+', &name) || !note_name_is_valid(name) || !cursor_until(&c, '+', &id) ||
        !base64_exact(cursor_rest(&c), bytes, sizeof bytes) || (bytes[0] != NOTE_ED25519 && bytes[0] != NOTE_COSIGNATURE))
        return false;

    struct public_key key;
    memcpy(key.bytes, bytes + 1, sizeof key.bytes);
    struct vkey vkey = vkey_make(name, bytes[0] == NOTE_ED25519 ? NOTE_ED25519 : NOTE_COSIGNATURE, &key);
    struct buffer hex = buffer_open(expected, sizeof expected);
    put_hex(&hex, vkey.id);
    if (!span_equal(id, buffer_span(&hex)) || !public_key_is_sound(&key))
        return false;
    *ret = vkey;
    return true;
}

void vkey_write(struct buffer *out, const struct vkey *vkey)
{
    uint8_t bytes[VKEY_SIZE] = {(uint8_t)vkey->type};
    memcpy(bytes + 1, vkey->key.bytes, sizeof vkey->key.bytes);
    buffer_put(out, vkey->name);
    buffer_byte(out, '+');
    put_hex(out, vkey->id);
    buffer_byte(out, '+');
    base64_encode(out, span_of(bytes, sizeof bytes));
}

bool vkey_same_key(const struct vkey *a, const struct vkey *b)
{
    return public_key_equal(&a->key, &b->key);
}
