/*
 * Sealed key files (PROTOCOL 9): one Ed25519 seed, sealed under a passphrase or under the registry's master. Text, four
 * lines, each ending in a newline:
 *
 *     countersign/key/v1
 *     <name> <purpose> <public key, B64U>
 *     argon2id <opslimit> <memlimit> <salt of 16 bytes, B64U>          or: master
 *     <B64U of nonce (24 bytes) and XChaCha20-Poly1305-IETF(seed)>     24 + 32 + 16 bytes
 *
 * The additional data is the first three lines, each with its newline: name, purpose, key and cost cannot be changed
 * without the passphrase. The key is Argon2id (libsodium's, 1.3) of the passphrase; under a master it is the BLAKE2b-256
 * of purpose ‖ public key, keyed with the master's seed. The master is a key file of purpose `master` itself.
 *
 * A file is made for one purpose and opened for that purpose alone. Nothing here is random: salt and nonce are the
 * caller's, and must never be used twice. Argon2id takes its memory from the system, which is the one allocation.
 */
#ifndef CORE_KEY_FILE_H
#define CORE_KEY_FILE_H

#include "buffer.h"
#include "fault.h"
#include "key.h"
#include "schema.h"

#define KEY_FILE_MAX          1024u
#define KEY_FILE_SALT_SIZE    16u
#define KEY_FILE_NONCE_SIZE   24u
#define KEY_FILE_SECRET_SIZE  72u         /* nonce, seed, tag */
#define KEY_FILE_OPSLIMIT     3u          /* Argon2id MODERATE: what new files are made with, half a second */
#define KEY_FILE_MEMLIMIT     268435456u  /* bytes */
#define KEY_FILE_QUICK_OPSLIMIT 2u         /* Argon2id INTERACTIVE: for keys of tests, a tenth of that */
#define KEY_FILE_QUICK_MEMLIMIT 67108864u  /* bytes */
#define KEY_FILE_OPSLIMIT_MAX 10u         /* what a file may ask of whoever opens it */
#define KEY_FILE_MEMLIMIT_MAX 1073741824u

enum key_purpose {
    KEY_ROOT = 1,
    KEY_ISSUER,
    KEY_STATUSLOG,
    KEY_FRESH,
    KEY_RELEASELOG,
    KEY_RECEIPTS,
    KEY_STATUSLIST,
    KEY_POLICY,
    KEY_OFFICER,
    KEY_APP,
    KEY_HOLDER,
    KEY_MASTER
};
extern const struct vocabulary key_purposes;

struct key_file {
    span name;
    enum key_purpose purpose;
    struct public_key key;
    bool under_master;           /* else under a passphrase, and the next three hold */
    uint64_t opslimit, memlimit; /* capped: see above */
    uint8_t salt[KEY_FILE_SALT_SIZE];
    span associated; /* the first three lines */
    uint8_t secret[KEY_FILE_SECRET_SIZE];
};

/* Reads a file; it opens nothing. key-file-malformed with name, purpose, key, seal or secret as field. */
csign_code key_file_read(span text, struct key_file *ret, csign_fault *fault);

/*
 * Open the seed: key-file-malformed if the file is for another purpose, is sealed the other way, or holds the seed of
 * another key; passphrase-wrong; no-space if there is no memory for Argon2id. A master that does not open the file is
 * key-file-malformed: there is no passphrase to be wrong. The caller wipes `ret` with signing_key_wipe().
 */
csign_code key_file_open(const struct key_file *file, enum key_purpose purpose, span passphrase, struct signing_key *ret,
                         csign_fault *fault);
csign_code key_file_open_under(const struct key_file *file, enum key_purpose purpose, const struct signing_key *master,
                               struct signing_key *ret, csign_fault *fault);

struct key_file_cost {
    uint64_t opslimit, memlimit;
};

/*
 * Append a file. CSIGN_E_ARGUMENT for a name that no key may have, an empty passphrase, a cost outside the limits or a
 * master sealed under a master; no-space.
 */
csign_code key_file_seal(struct buffer *out, span name, enum key_purpose purpose, const struct signing_key *key,
                         span passphrase, struct key_file_cost cost, const uint8_t salt[KEY_FILE_SALT_SIZE],
                         const uint8_t nonce[KEY_FILE_NONCE_SIZE]);
csign_code key_file_seal_under(struct buffer *out, span name, enum key_purpose purpose, const struct signing_key *key,
                               const struct signing_key *master, const uint8_t nonce[KEY_FILE_NONCE_SIZE]);

#endif
