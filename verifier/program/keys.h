/* Key files: making them, and opening one for a purpose. */
#ifndef PROGRAM_KEYS_H
#define PROGRAM_KEYS_H

#include "key_file.h"
#include "call.h"
#include "note.h"

/* A key that was opened. The secret lies in guarded memory. */
struct key {
    span name;
    enum key_purpose purpose;
    struct public_key public;
    struct signing_key *signing;
};

/* Opens key files of one run. A file sealed under a master is opened with the file `master` that lies beside it. */
struct keyring {
    struct call *call;
    const char *passphrase_file; /* NULL: the terminal asks */
    const char *master_path;     /* of `master`, once that is open */
    struct signing_key *master;
};

int key_read(struct call *call, const char *path, struct key_file *ret);
/* Opens a key file of this purpose; another purpose is refused. */
int key_open(struct keyring *ring, const char *path, enum key_purpose purpose, struct key *ret);

/* Makes a key. */
int key_make(struct call *call, enum key_purpose purpose, const char *name, struct key *ret);
/* Writes a new key file, sealed under a passphrase, or under a master that is open. `quick`: at the cost for keys of tests. */
int key_seal(struct call *call, const struct key *key, span passphrase, bool quick, const char *path);
int key_seal_under(struct call *call, const struct key *key, const struct signing_key *master, const char *path);

const char *key_purpose_word(enum key_purpose purpose);
/* Type 0x04 for a freshness key, 0x01 for all others. */
struct vkey key_vkey(span name, enum key_purpose purpose, const struct public_key *key);
/* What note or root lines name such a key by; NULL for purposes whose keys sign tokens. */
const char *key_vkey_text(struct call *call, const struct key_file *file);

#endif
