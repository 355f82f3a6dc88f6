#include "keys.h"
#include "files.h"
#include "output.h"
#include "passphrase.h"

#include <sodium.h>

int key_read(struct call *call, const char *path, struct key_file *ret)
{
    span text;
    csign_fault fault;
    STEP(file_read(call, path, KEY_FILE_MAX, &text));
    csign_code code = key_file_read(text, ret, &fault);
    return code == CSIGN_OK ? DONE : fail_code(call, REFUSED, code, &fault, path);
}

static int opened(struct call *call, csign_code code, const csign_fault *fault, const char *path)
{
    if (code == CSIGN_E_NO_SPACE)
        return fail(call, CANNOT, "free some memory", "too little memory for Argon2id, %s", path);
    return code == CSIGN_OK ? DONE : fail_code(call, REFUSED, code, fault, path);
}

static int open_by_passphrase(struct keyring *ring, const struct key_file *file, const char *path, struct signing_key **ret)
{
    span passphrase;
    csign_fault fault = {0};
    STEP(passphrase_read(ring->call, ring->passphrase_file, path, false, &passphrase));
    *ret = call_secret(ring->call, sizeof **ret);
    return opened(ring->call, key_file_open(file, file->purpose, passphrase, *ret, &fault), &fault, path);
}

static int open_master(struct keyring *ring, const char *beside)
{
    struct key_file file;
    const char *path = call_format(ring->call, "%s/master", folder_of(ring->call, beside));
    if (ring->master && strcmp(ring->master_path, path) == 0)
        return DONE;
    STEP(key_read(ring->call, path, &file));
    if (file.purpose != KEY_MASTER)
        return fail(ring->call, REFUSED, "put the registry's master key there", "not a master key, %s", path);
    STEP(open_by_passphrase(ring, &file, path, &ring->master));
    ring->master_path = path;
    return DONE;
}

int key_open(struct keyring *ring, const char *path, enum key_purpose purpose, struct key *ret)
{
    struct call *call = ring->call;
    struct key_file file;
    csign_fault fault = {0};
    STEP(key_read(call, path, &file));
    if (file.purpose != purpose)
        return fail(call, REFUSED, "give a key of the right purpose; a key has exactly one",
                    "a key for %s where one for %s is needed, purpose in %s", key_purpose_word(file.purpose),
                    key_purpose_word(purpose), path);
    *ret = (struct key){.name = file.name, .purpose = purpose, .public = file.key};
    if (!file.under_master)
        return open_by_passphrase(ring, &file, path, &ret->signing);
    STEP(open_master(ring, path));
    ret->signing = call_secret(call, sizeof *ret->signing);
    return opened(call, key_file_open_under(&file, purpose, ring->master, ret->signing, &fault), &fault, path);
}

int key_make(struct call *call, enum key_purpose purpose, const char *name, struct key *ret)
{
    uint8_t *seed = call_secret(call, 32);
    if (!note_name_is_valid(span_text(name)))
        return fail(call, USAGE, "give 1 to 200 bytes without spaces, controls and +", "not a name for a key, %s", name);
    *ret = (struct key){.name = span_text(name), .purpose = purpose};
    ret->signing = call_secret(call, sizeof *ret->signing);
    randombytes_buf(seed, 32);
    signing_key_from_seed(seed, ret->signing);
    signing_key_public(ret->signing, &ret->public);
    return DONE;
}

static int write_sealed(struct call *call, csign_code code, const struct buffer *text, const char *path)
{
    STEP(opened(call, code, NULL, path));
    return file_write_new(call, path, buffer_span(text));
}

int key_seal(struct call *call, const struct key *key, span passphrase, bool quick, const char *path)
{
    const struct key_file_cost cost = {quick ? KEY_FILE_QUICK_OPSLIMIT : KEY_FILE_OPSLIMIT,
                                       quick ? KEY_FILE_QUICK_MEMLIMIT : KEY_FILE_MEMLIMIT};
    uint8_t salt[KEY_FILE_SALT_SIZE], nonce[KEY_FILE_NONCE_SIZE];
    struct buffer text = call_buffer(call, KEY_FILE_MAX);
    randombytes_buf(salt, sizeof salt);
    randombytes_buf(nonce, sizeof nonce);
    csign_code code = key_file_seal(&text, key->name, key->purpose, key->signing, passphrase, cost, salt, nonce);
    return write_sealed(call, code, &text, path);
}

int key_seal_under(struct call *call, const struct key *key, const struct signing_key *master, const char *path)
{
    uint8_t nonce[KEY_FILE_NONCE_SIZE];
    struct buffer text = call_buffer(call, KEY_FILE_MAX);
    randombytes_buf(nonce, sizeof nonce);
    csign_code code = key_file_seal_under(&text, key->name, key->purpose, key->signing, master, nonce);
    return write_sealed(call, code, &text, path);
}

const char *key_purpose_word(enum key_purpose purpose)
{
    return vocabulary_word(&key_purposes, (uint8_t)purpose);
}

struct vkey key_vkey(span name, enum key_purpose purpose, const struct public_key *key)
{
    return vkey_make(name, purpose == KEY_FRESH ? NOTE_COSIGNATURE : NOTE_ED25519, key);
}

const char *key_vkey_text(struct call *call, const struct key_file *file)
{
    struct vkey vkey = key_vkey(file->name, file->purpose, &file->key);
    struct buffer out = call_buffer(call, 2 * NOTE_NAME_MAX);
    switch (file->purpose) {
    case KEY_ISSUER: /* these sign tokens, and stand in a root or a credential by their public key alone */
    case KEY_STATUSLIST:
    case KEY_HOLDER:
    case KEY_MASTER:
        return NULL;
    default:
        vkey_write(&out, &vkey);
        return (const char *)out.data;
    }
}
