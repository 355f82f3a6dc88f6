#include "key_file.h"
#include "base64.h"
#include "cursor.h"
#include "note.h"

#include <sodium.h>

#define SEED_SIZE 32u
#define TAG_SIZE  crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(KEY_FILE_SALT_SIZE == crypto_pwhash_SALTBYTES, "Argon2id's salt");
_Static_assert(KEY_FILE_NONCE_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "XChaCha20's nonce");
_Static_assert(KEY_FILE_SECRET_SIZE == KEY_FILE_NONCE_SIZE + SEED_SIZE + TAG_SIZE, "nonce, seed, tag");
_Static_assert(KEY_FILE_OPSLIMIT == crypto_pwhash_OPSLIMIT_MODERATE, "MODERATE");
_Static_assert(KEY_FILE_QUICK_OPSLIMIT == crypto_pwhash_OPSLIMIT_INTERACTIVE, "INTERACTIVE");
_Static_assert(KEY_FILE_QUICK_MEMLIMIT == crypto_pwhash_MEMLIMIT_INTERACTIVE, "INTERACTIVE");
_Static_assert(KEY_FILE_MEMLIMIT == crypto_pwhash_MEMLIMIT_MODERATE, "MODERATE");

static const char *const purpose_words[] = {"root",       "issuer", "statuslog", "fresh", "releaselog", "receipts",
                                            "statuslist", "policy", "officer",   "app",   "holder",     "master"};
const struct vocabulary key_purposes = {purpose_words, sizeof purpose_words / sizeof *purpose_words};

static csign_code malformed(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_KEY_FILE_MALFORMED, field, reason);
}

/* --- reading --- */

static bool cost_is_valid(struct key_file_cost cost)
{
    return cost.opslimit >= crypto_pwhash_OPSLIMIT_MIN && cost.opslimit <= KEY_FILE_OPSLIMIT_MAX &&
           cost.memlimit >= crypto_pwhash_MEMLIMIT_MIN && cost.memlimit <= KEY_FILE_MEMLIMIT_MAX;
}

static csign_code read_owner(span line, struct key_file *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(line);
    span purpose;
    if (!cursor_until(&c, ' ', &ret->name) || !note_name_is_valid(ret->name))
        return malformed(fault, "name", "not the name of a key");
    uint8_t place = cursor_until(&c, ' ', &purpose) ? vocabulary_find(&key_purposes, purpose) : 0;
    if (place == 0)
        return malformed(fault, "purpose", "not a purpose of PROTOCOL 9");
    ret->purpose = (enum key_purpose)place;
    return public_key_read(cursor_rest(&c), &ret->key) && public_key_is_sound(&ret->key)
               ? CSIGN_OK
               : malformed(fault, "key", "not a sound key in base64url");
}

static csign_code read_seal(span line, struct key_file *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(line);
    ret->under_master = span_equal(line, SPAN("master"));
    if (ret->under_master)
        return ret->purpose == KEY_MASTER ? malformed(fault, "seal", "a master under a master") : CSIGN_OK;
    if (!cursor_literal(&c, SPAN("argon2id ")) || !cursor_decimal(&c, KEY_FILE_OPSLIMIT_MAX, &ret->opslimit) ||
        !cursor_literal(&c, SPAN(" ")) || !cursor_decimal(&c, KEY_FILE_MEMLIMIT_MAX, &ret->memlimit) ||
        !cursor_literal(&c, SPAN(" ")) || !base64url_exact(cursor_rest(&c), ret->salt, sizeof ret->salt))
        return malformed(fault, "seal", "neither master nor argon2id with its cost and salt");
    if (!cost_is_valid((struct key_file_cost){ret->opslimit, ret->memlimit}))
        return malformed(fault, "seal", "a cost below what Argon2id takes");
    return CSIGN_OK;
}

csign_code key_file_read(span text, struct key_file *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(text);
    span owner, seal, secret;
    if (text.size > KEY_FILE_MAX || !cursor_literal(&c, SPAN("countersign/key/v1\n")))
        return malformed(fault, "", "not a key file");
    if (!cursor_line(&c, &owner))
        return malformed(fault, "name", "missing");
    TRY(read_owner(owner, ret, fault));
    if (!cursor_line(&c, &seal))
        return malformed(fault, "seal", "missing");
    TRY(read_seal(seal, ret, fault));
    ret->associated = span_of(text.data, cursor_offset(&c));
    if (!cursor_line(&c, &secret) || !base64url_exact(secret, ret->secret, sizeof ret->secret))
        return malformed(fault, "secret", "not base64url of 72 bytes");
    return cursor_done(&c) ? CSIGN_OK : malformed(fault, "", "lines behind the secret");
}

/* --- the sealing key --- */

static csign_code stretch(span passphrase, struct key_file_cost cost, const uint8_t salt[KEY_FILE_SALT_SIZE],
                          uint8_t ret[32])
{
    return crypto_pwhash(ret, 32, (const char *)passphrase.data, passphrase.size, salt, cost.opslimit,
                         (size_t)cost.memlimit, crypto_pwhash_ALG_ARGON2ID13) == 0
               ? CSIGN_OK
               : CSIGN_E_NO_SPACE;
}

/* Of a key of its own for each purpose and public key: what one file's key was, tells nothing about another's. */
static void derive(const struct signing_key *master, enum key_purpose purpose, const struct public_key *key, uint8_t ret[32])
{
    crypto_generichash_state state;
    span word = span_text(vocabulary_word(&key_purposes, (uint8_t)purpose));
    crypto_generichash_init(&state, master->seed_and_public, SEED_SIZE, 32);
    crypto_generichash_update(&state, word.data, word.size);
    crypto_generichash_update(&state, key->bytes, sizeof key->bytes);
    crypto_generichash_final(&state, ret, 32);
    sodium_memzero(&state, sizeof state);
}

/* --- opening --- */

static csign_code check_use(const struct key_file *file, enum key_purpose purpose, bool under_master, csign_fault *fault)
{
    if (file->purpose != purpose)
        return malformed(fault, "purpose", "made for another purpose");
    if (file->under_master != under_master)
        return malformed(fault, "seal", under_master ? "sealed under a passphrase" : "sealed under the master");
    return CSIGN_OK;
}

/* Opens the box. False if the key is not its key; otherwise the seed must be that of the public key in front of it. */
static bool unseal(const struct key_file *file, const uint8_t key[32], struct signing_key *ret, bool *ret_matches)
{
    uint8_t seed[SEED_SIZE];
    struct public_key public;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(seed, NULL, NULL, file->secret + KEY_FILE_NONCE_SIZE, SEED_SIZE + TAG_SIZE,
                                                   file->associated.data, file->associated.size, file->secret, key) != 0)
        return false;
    signing_key_from_seed(seed, ret);
    sodium_memzero(seed, sizeof seed);
    signing_key_public(ret, &public);
    *ret_matches = public_key_equal(&public, &file->key);
    if (!*ret_matches)
        signing_key_wipe(ret);
    return true;
}

static csign_code open_with(const struct key_file *file, uint8_t key[32], struct signing_key *ret, csign_code wrong,
                            csign_fault *fault)
{
    bool matches = false, opened = unseal(file, key, ret, &matches);
    sodium_memzero(key, 32);
    if (!opened)
        return fault_set(fault, wrong, "secret", "it does not open");
    return matches ? CSIGN_OK : malformed(fault, "key", "the sealed seed is another key's");
}

csign_code key_file_open(const struct key_file *file, enum key_purpose purpose, span passphrase, struct signing_key *ret,
                         csign_fault *fault)
{
    uint8_t key[32];
    TRY(check_use(file, purpose, false, fault));
    if (stretch(passphrase, (struct key_file_cost){file->opslimit, file->memlimit}, file->salt, key) != CSIGN_OK)
        return fault_set(fault, CSIGN_E_NO_SPACE, "seal", "no memory for Argon2id");
    return open_with(file, key, ret, CSIGN_E_PASSPHRASE_WRONG, fault);
}

csign_code key_file_open_under(const struct key_file *file, enum key_purpose purpose, const struct signing_key *master,
                               struct signing_key *ret, csign_fault *fault)
{
    uint8_t key[32];
    TRY(check_use(file, purpose, true, fault));
    derive(master, purpose, &file->key, key);
    return open_with(file, key, ret, CSIGN_E_KEY_FILE_MALFORMED, fault);
}

/* --- sealing --- */

static void put_owner(struct buffer *out, span name, enum key_purpose purpose, const struct public_key *key)
{
    buffer_text(out, "countersign/key/v1\n");
    buffer_put(out, name);
    buffer_byte(out, ' ');
    buffer_text(out, vocabulary_word(&key_purposes, (uint8_t)purpose));
    buffer_byte(out, ' ');
    base64url_encode(out, span_of(key->bytes, sizeof key->bytes));
    buffer_byte(out, '\n');
}

/* Seals the seed under `key`, which it wipes, with what stands in `out` since `from` as additional data. */
static csign_code seal_with(struct buffer *out, size_t from, const struct signing_key *seed, uint8_t key[32],
                            const uint8_t nonce[KEY_FILE_NONCE_SIZE])
{
    uint8_t secret[KEY_FILE_SECRET_SIZE];
    span associated = buffer_since(out, from);
    memcpy(secret, nonce, KEY_FILE_NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(secret + KEY_FILE_NONCE_SIZE, NULL, seed->seed_and_public, SEED_SIZE,
                                               associated.data, associated.size, NULL, nonce, key);
    sodium_memzero(key, 32);
    base64url_encode(out, span_of(secret, sizeof secret));
    buffer_byte(out, '\n');
    return buffer_code(out);
}

csign_code key_file_seal(struct buffer *out, span name, enum key_purpose purpose, const struct signing_key *key,
                         span passphrase, struct key_file_cost cost, const uint8_t salt[KEY_FILE_SALT_SIZE],
                         const uint8_t nonce[KEY_FILE_NONCE_SIZE])
{
    struct public_key public;
    uint8_t sealing[32];
    size_t from = out->size;
    if (!note_name_is_valid(name) || !vocabulary_word(&key_purposes, (uint8_t)purpose) || passphrase.size == 0 ||
        !cost_is_valid(cost))
        return CSIGN_E_ARGUMENT;
    signing_key_public(key, &public);
    put_owner(out, name, purpose, &public);
    buffer_text(out, "argon2id ");
    buffer_decimal(out, cost.opslimit);
    buffer_byte(out, ' ');
    buffer_decimal(out, cost.memlimit);
    buffer_byte(out, ' ');
    base64url_encode(out, span_of(salt, KEY_FILE_SALT_SIZE));
    buffer_byte(out, '\n');
    TRY(buffer_code(out));
    TRY(stretch(passphrase, cost, salt, sealing));
    return seal_with(out, from, key, sealing, nonce);
}

csign_code key_file_seal_under(struct buffer *out, span name, enum key_purpose purpose, const struct signing_key *key,
                               const struct signing_key *master, const uint8_t nonce[KEY_FILE_NONCE_SIZE])
{
    struct public_key public;
    uint8_t sealing[32];
    size_t from = out->size;
    if (!note_name_is_valid(name) || !vocabulary_word(&key_purposes, (uint8_t)purpose) || purpose == KEY_MASTER)
        return CSIGN_E_ARGUMENT;
    signing_key_public(key, &public);
    put_owner(out, name, purpose, &public);
    buffer_text(out, "master\n");
    TRY(buffer_code(out));
    derive(master, purpose, &public, sealing);
    return seal_with(out, from, key, sealing, nonce);
}
