/* Deeds as files: the text alone, or a note that officers have signed already. */
#ifndef CLI_DEED_NOTE_H
#define CLI_DEED_NOTE_H

#include "deed.h"
#include "keys.h"

#define DEED_NOTE_MAX (DEED_MAX + 64u * 1024u) /* with as many signature lines as a note may have */

struct deed_note {
    span bytes, text;
    struct deed deed;
    uint8_t hash[CSIGN_HASH_SIZE];
    size_t signature_count;
    struct note_signature signatures[NOTE_SIGNATURES_MAX];
};

/* Reads a deed, signed or not; `where` names it in errors. REFUSED with the member at fault. */
int deed_note_read(struct call *call, const char *where, span bytes, struct deed_note *ret);
int deed_note_read_file(struct call *call, const char *path, struct deed_note *ret);

/* The body that an officer's key acts for: what stands before the slash of its name. REFUSED for a name that is no officer's. */
int officer_body(struct call *call, span name, const char *path, span *ret);

/*
 * Appends the officer's signature line; the deed is then another. REFUSED, same-key, where this key has signed it already,
 * and deed-expired where it is too late.
 */
int deed_note_sign(struct call *call, struct deed_note *note, const struct key *key, const char *where);

/* The hash by which a deed is named, as text. */
const char *deed_hash_text(struct call *call, const uint8_t hash[CSIGN_HASH_SIZE]);

#endif
