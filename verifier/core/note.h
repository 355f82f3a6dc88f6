/*
 * Signed notes (C2SP signed-note): a text and signature lines. Trust root, policies, checkpoints, fresh notes, deeds and
 * receipt batches are all notes: one container, one parser, readable by a person.
 */
#ifndef CORE_NOTE_H
#define CORE_NOTE_H

#include "buffer.h"
#include "fault.h"
#include "key.h"

#define NOTE_SIGNATURES_MAX 100u /* LOG 2.2 */
#define NOTE_NAME_MAX       200u

enum note_key_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04 };

/* A verifier key, `name+hex8+base64`: who signs a note, and how. The name is a view. */
struct vkey {
    span name;
    enum note_key_type type;
    uint8_t id[4];
    struct public_key key;
};

/* Reads a vkey and checks its key id; the key must be a sound point. False if it is malformed or of another type. */
bool vkey_read(span text, struct vkey *ret);
void vkey_write(struct buffer *out, const struct vkey *vkey);
/* The vkey of a name and a public key, with its key id computed. */
struct vkey vkey_make(span name, enum note_key_type type, const struct public_key *key);
/* By public key: a key is identified by its bytes, never by a name (PROTOCOL, head). */
bool vkey_same_key(const struct vkey *a, const struct vkey *b);

/* Whether a text may name a key or a log: UTF-8 of 1 to NOTE_NAME_MAX bytes, no control, no Unicode space, no '+'. */
bool note_name_is_valid(span name);

struct note_signature {
    span name;
    uint8_t id[4];
    span bytes; /* behind the key id: 64 for type 0x01, 72 for 0x04; a view into `scratch` of note_read */
};

struct note {
    span text; /* through its last newline */
    size_t signature_count;
    struct note_signature signatures[NOTE_SIGNATURES_MAX];
};

/*
 * Splits a note; it verifies nothing. The signatures' bytes are decoded into `scratch`, which never needs more bytes than
 * the note has. Two lines that are equal byte for byte are malformed: no signer makes them, and what counts lines must
 * not be given one twice. CSIGN_E_NOTE_MALFORMED, or CSIGN_E_NO_SPACE.
 */
csign_code note_read(span bytes, struct buffer *scratch, struct note *ret, csign_fault *fault);

/* SHA-256 of the text: the hash of a note (PROTOCOL, head). */
void note_hash(const struct note *note, uint8_t ret[CSIGN_HASH_SIZE]);

/*
 * Looks for this key's signature. CSIGN_OK, and for a cosignature its time; CSIGN_E_NOTE_UNSIGNED if no line has the
 * key's name and id; CSIGN_E_NOTE_SIGNATURE_BAD if a line has and does not verify: the whole note is then refused.
 * Several different lines by one key must all verify; of their times the newest counts. `ret_time` may be NULL.
 * For type 0x04 see cosignature.h, which this calls.
 */
csign_code note_verify(const struct note *note, const struct vkey *vkey, uint64_t *ret_time);

/*
 * Appends the signature line of a type 0x01 key over `text`, which must end in a newline. A note is its text, one empty
 * line and then its signature lines: the caller puts the empty line before the first.
 */
void note_sign(struct buffer *out, span text, const struct vkey *vkey, const struct signing_key *key);
/* Appends the cosignature line of a type 0x04 key over `text`; one above COSIGNATURE_TEXT_MAX overflows `out`. */
void note_cosign(struct buffer *out, span text, const struct vkey *vkey, const struct signing_key *key, uint64_t time);
/* Appends a signature line of bytes made elsewhere, those behind the key id. */
void note_put_signature(struct buffer *out, const struct vkey *vkey, span bytes);

#endif
