/* Sealed key files: what opens, what does not, and that every byte is bound to the seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "base64.h"
#include "key_file.h"
#include "signer.h"

#define PASS SPAN("correct horse")

static const struct key_file_cost cheap = {1, 8192};
static const uint8_t salt[KEY_FILE_SALT_SIZE] = {1, 2, 3}, nonce[KEY_FILE_NONCE_SIZE] = {4, 5, 6};
static struct signer signer, master, other_master;
static char file_text[KEY_FILE_MAX], under_text[KEY_FILE_MAX];

static int make_files(void **state)
{
    (void)state;
    if (sodium_init() < 0)
        return 1;
    signer = signer_make("nhc/li", NOTE_ED25519);
    master = signer_make("master", NOTE_ED25519);
    other_master = signer_make("other master", NOTE_ED25519);
    struct buffer out = buffer_open(file_text, sizeof file_text - 1);
    if (key_file_seal(&out, SPAN("nhc/li"), KEY_OFFICER, &signer.key, PASS, cheap, salt, nonce) != CSIGN_OK)
        return 1;
    file_text[out.size] = 0;
    out = buffer_open(under_text, sizeof under_text - 1);
    if (key_file_seal_under(&out, SPAN("log.test"), KEY_STATUSLOG, &signer.key, &master.key, nonce) != CSIGN_OK)
        return 1;
    under_text[out.size] = 0;
    return 0;
}

static csign_code open_text(const char *text, enum key_purpose purpose, span passphrase, const char **ret_field)
{
    struct key_file file;
    struct signing_key key;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code code = key_file_read(exact(span_text(text)), &file, &fault);
    if (code == CSIGN_OK)
        code = key_file_open(&file, purpose, passphrase, &key, &fault);
    if (code == CSIGN_OK)
        assert_memory_equal(&key, &signer.key, sizeof key);
    *ret_field = fault.field;
    return code;
}

static csign_code open_under(const char *text, enum key_purpose purpose, const struct signer *by, const char **ret_field)
{
    struct key_file file;
    struct signing_key key;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code code = key_file_read(exact(span_text(text)), &file, &fault);
    if (code == CSIGN_OK)
        code = key_file_open_under(&file, purpose, &by->key, &key, &fault);
    if (code == CSIGN_OK)
        assert_memory_equal(&key, &signer.key, sizeof key);
    *ret_field = fault.field;
    return code;
}

static const char *edit(const char *text, const char *find, const char *replacement)
{
    char edited[2 * KEY_FILE_MAX];
    const char *at = strstr(text, find);
    assert_non_null(at);
    int size = snprintf(edited, sizeof edited, "%.*s%s%s", (int)(at - text), text, replacement, at + strlen(find));
    return (const char *)exact(span_of(edited, (size_t)size + 1)).data;
}

static void opens_with_its_passphrase(void **state)
{
    const char *field;
    struct key_file file;
    (void)state;
    assert_int_equal(open_text(file_text, KEY_OFFICER, PASS, &field), CSIGN_OK);
    assert_int_equal(key_file_read(span_text(file_text), &file, NULL), CSIGN_OK);
    assert_true(span_equal(file.name, SPAN("nhc/li")));
    assert_int_equal(file.purpose, KEY_OFFICER);
    assert_int_equal(file.opslimit, 1);
    assert_int_equal(file.memlimit, 8192);
    assert_memory_equal(file.salt, salt, sizeof salt);
    assert_true(public_key_equal(&file.key, &signer.vkey.key));
    assert_int_equal(open_text(file_text, KEY_OFFICER, SPAN("correct horsf"), &field), CSIGN_E_PASSPHRASE_WRONG);
    assert_string_equal(field, "secret");
    assert_int_equal(open_text(file_text, KEY_OFFICER, SPAN("correct horse "), &field), CSIGN_E_PASSPHRASE_WRONG);
    assert_int_equal(open_text(file_text, KEY_OFFICER, span_of("", 0), &field), CSIGN_E_PASSPHRASE_WRONG);
}

static void other_purpose_fail(void **state)
{
    const char *field;
    (void)state;
    for (unsigned purpose = KEY_ROOT; purpose <= KEY_MASTER; purpose++) {
        if (purpose != KEY_OFFICER) {
            assert_int_equal(open_text(file_text, (enum key_purpose)purpose, PASS, &field), CSIGN_E_KEY_FILE_MALFORMED);
            assert_string_equal(field, "purpose");
        }
        if (purpose != KEY_STATUSLOG) {
            assert_int_equal(open_under(under_text, (enum key_purpose)purpose, &master, &field), CSIGN_E_KEY_FILE_MALFORMED);
            assert_string_equal(field, "purpose");
        }
    }
}

/* The purpose written over: the file reads, but the box is not that of the purpose. */
static void purpose_overwritten_fail(void **state)
{
    const char *field;
    (void)state;
    assert_int_equal(open_text(edit(file_text, " officer ", " policy "), KEY_POLICY, PASS, &field), CSIGN_E_PASSPHRASE_WRONG);
    assert_int_equal(open_under(edit(under_text, " statuslog ", " releaselog "), KEY_RELEASELOG, &master, &field),
                     CSIGN_E_KEY_FILE_MALFORMED);
    assert_string_equal(field, "secret");
}

static void opens_under_its_master(void **state)
{
    const char *field;
    (void)state;
    assert_int_equal(open_under(under_text, KEY_STATUSLOG, &master, &field), CSIGN_OK);
    assert_int_equal(open_under(under_text, KEY_STATUSLOG, &other_master, &field), CSIGN_E_KEY_FILE_MALFORMED);
    assert_string_equal(field, "secret");
    assert_int_equal(open_under(file_text, KEY_OFFICER, &master, &field), CSIGN_E_KEY_FILE_MALFORMED);
    assert_string_equal(field, "seal");
    assert_int_equal(open_text(under_text, KEY_STATUSLOG, PASS, &field), CSIGN_E_KEY_FILE_MALFORMED);
    assert_string_equal(field, "seal");
}

static void every_bit_counts(void **state)
{
    static const char *const texts[] = {file_text, under_text};
    (void)state;
    for (size_t t = 0; t < 2; t++) {
        char text[KEY_FILE_MAX];
        (void)snprintf(text, sizeof text, "%s", texts[t]);
        for (size_t bit = 0; bit < strlen(texts[t]) * 8; bit++) {
            const char *field;
            text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
            csign_code code = t == 0 ? open_text(text, KEY_OFFICER, PASS, &field)
                                     : open_under(text, KEY_STATUSLOG, &master, &field);
            assert_true(code == CSIGN_E_KEY_FILE_MALFORMED || code == CSIGN_E_PASSPHRASE_WRONG);
            text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        }
    }
}

/* A box that was made for it, but whose seed is another key's than the file says. */
static void seed_of_another_key_fail(void **state)
{
    uint8_t secret[KEY_FILE_SECRET_SIZE], key[32];
    char text[KEY_FILE_MAX];
    const char *field;
    int head = (int)(strstr(file_text, "argon2id") - file_text);
    head += (int)strcspn(file_text + head, "\n") + 1;
    (void)state;
    assert_int_equal(crypto_pwhash(key, 32, "correct horse", 13, salt, 1, 8192, crypto_pwhash_ALG_ARGON2ID13), 0);
    memcpy(secret, nonce, sizeof nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(secret + 24, NULL, master.key.seed_and_public, 32, (const uint8_t *)file_text,
                                               (unsigned)head, NULL, nonce, key);
    struct buffer out = buffer_open(text, sizeof text);
    buffer_put(&out, span_of(file_text, (size_t)head));
    base64url_encode(&out, span_of(secret, sizeof secret));
    buffer_put(&out, span_of("\n", 2));
    assert_int_equal(open_text(text, KEY_OFFICER, PASS, &field), CSIGN_E_KEY_FILE_MALFORMED);
    assert_string_equal(field, "key");
}

/* The format of PROTOCOL 9, computed here by its words and not by the code. */
static void box_is_that_of_protocol_9(void **state)
{
    uint8_t key[32], seed[32], expected[32], secret[KEY_FILE_SECRET_SIZE];
    char line[200];
    struct buffer out = buffer_open(line, sizeof line);
    crypto_generichash_state hash;
    (void)state;
    assert_true(span_starts(span_text(under_text), SPAN("countersign/key/v1\nlog.test statuslog ")));
    buffer_text(&out, "log.test statuslog ");
    base64url_encode(&out, span_of(signer.vkey.key.bytes, 32));
    buffer_put(&out, span_of("\nmaster\n", 9));
    assert_non_null(strstr(under_text, line));
    const char *last = strstr(under_text, "\nmaster\n") + 8;
    assert_true(base64url_exact(span_of(last, strlen(last) - 1), secret, sizeof secret));
    crypto_generichash_init(&hash, master.key.seed_and_public, 32, 32);
    crypto_generichash_update(&hash, (const uint8_t *)"statuslog", 9);
    crypto_generichash_update(&hash, signer.vkey.key.bytes, 32);
    crypto_generichash_final(&hash, key, 32);
    assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(seed, NULL, NULL, secret + 24, 48, (const uint8_t *)under_text,
                                                                (size_t)(last - under_text), secret, key), 0);
    hash_of(SPAN("nhc/li"), expected);
    assert_memory_equal(seed, expected, 32);
}

static void refuses(const char *text, const char *field)
{
    struct key_file file;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_int_equal(key_file_read(exact(span_text(text)), &file, &fault), CSIGN_E_KEY_FILE_MALFORMED);
    assert_string_equal(fault.field, field);
}

static void grammar_fail(void **state)
{
    char text[2 * KEY_FILE_MAX];
    (void)state;
    refuses("", "");
    refuses(edit(file_text, "key/v1", "key/v2"), "");
    refuses(edit(file_text, "nhc/li ", "nhc+li "), "name");
    refuses(edit(file_text, "nhc/li ", " "), "name");
    refuses(edit(file_text, " officer ", " Officer "), "purpose");
    refuses(edit(file_text, " officer ", " any "), "purpose");
    refuses(edit(file_text, " officer ", " "), "purpose");
    refuses(edit(file_text, " officer ", " officer  "), "key");
    refuses(edit(file_text, "argon2id", "argon2i"), "seal");
    refuses(edit(file_text, "argon2id 1 8192", "argon2id 1  8192"), "seal");
    refuses(edit(file_text, "argon2id 1 8192", "argon2id 01 8192"), "seal");
    refuses(edit(file_text, "argon2id 1 8192", "argon2id 0 8192"), "seal");
    refuses(edit(file_text, "argon2id 1 8192", "argon2id 11 8192"), "seal"); /* what a stranger may ask of us is capped */
    refuses(edit(file_text, "argon2id 1 8192", "argon2id 1 8191"), "seal");
    refuses(edit(file_text, "argon2id 1 8192", "argon2id 1 1073741825"), "seal");
    refuses(edit(file_text, "argon2id 1 8192 ", "argon2id 1 8192 AA"), "seal");
    refuses(edit(under_text, "\nmaster\n", "\nmaster \n"), "seal");
    refuses(edit(under_text, " statuslog ", " master "), "seal"); /* a master under a master */
    refuses(edit(under_text, "\nmaster\n", "\nmaster\nA"), "secret");
    (void)snprintf(text, sizeof text, "%s\n", file_text);
    refuses(text, "");
    (void)snprintf(text, sizeof text, "%.*s", (int)strlen(file_text) - 1, file_text);
    refuses(text, "secret");
    refuses("countersign/key/v1\n", "name");
    refuses("countersign/key/v1\na officer AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nmaster\n", "key"); /* of order 1 */
    (void)snprintf(text, sizeof text, "countersign/key/v1\n%*s\n", (int)KEY_FILE_MAX, "");
    refuses(text, "");
    struct key_file file;
    assert_int_equal(key_file_read(span_text(edit(file_text, "argon2id 1 8192", "argon2id 10 1073741824")), &file, NULL), CSIGN_OK);
}

static void sealing_checks_its_arguments(void **state)
{
    char memory[KEY_FILE_MAX];
    struct buffer out = buffer_open(memory, sizeof memory), small = buffer_open(memory, 100);
    (void)state;
    assert_int_equal(key_file_seal(&out, SPAN("a b"), KEY_APP, &signer.key, PASS, cheap, salt, nonce), CSIGN_E_ARGUMENT);
    assert_int_equal(key_file_seal(&out, SPAN("a"), (enum key_purpose)0, &signer.key, PASS, cheap, salt, nonce), CSIGN_E_ARGUMENT);
    assert_int_equal(key_file_seal(&out, SPAN("a"), (enum key_purpose)13, &signer.key, PASS, cheap, salt, nonce), CSIGN_E_ARGUMENT);
    assert_int_equal(key_file_seal(&out, SPAN("a"), KEY_APP, &signer.key, span_of("", 0), cheap, salt, nonce), CSIGN_E_ARGUMENT);
    assert_int_equal(key_file_seal(&out, SPAN("a"), KEY_APP, &signer.key, PASS, (struct key_file_cost){0, 8192}, salt, nonce),
                     CSIGN_E_ARGUMENT);
    assert_int_equal(key_file_seal(&out, SPAN("a"), KEY_APP, &signer.key, PASS, (struct key_file_cost){1, 8191}, salt, nonce),
                     CSIGN_E_ARGUMENT);
    assert_int_equal(key_file_seal(&out, SPAN("a"), KEY_APP, &signer.key, PASS, (struct key_file_cost){11, 8192}, salt, nonce),
                     CSIGN_E_ARGUMENT);
    assert_int_equal(key_file_seal_under(&out, SPAN("a"), KEY_MASTER, &signer.key, &master.key, nonce), CSIGN_E_ARGUMENT);
    assert_int_equal(key_file_seal_under(&out, SPAN(""), KEY_APP, &signer.key, &master.key, nonce), CSIGN_E_ARGUMENT);
    assert_int_equal(out.size, 0);
    assert_int_equal(key_file_seal(&small, SPAN("a"), KEY_APP, &signer.key, PASS, cheap, salt, nonce), CSIGN_E_NO_SPACE);
    small = buffer_open(memory, 100);
    assert_int_equal(key_file_seal_under(&small, SPAN("a"), KEY_APP, &signer.key, &master.key, nonce), CSIGN_E_NO_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_with_its_passphrase),
        cmocka_unit_test(other_purpose_fail),
        cmocka_unit_test(purpose_overwritten_fail),
        cmocka_unit_test(opens_under_its_master),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(seed_of_another_key_fail),
        cmocka_unit_test(box_is_that_of_protocol_9),
        cmocka_unit_test(grammar_fail),
        cmocka_unit_test(sealing_checks_its_arguments),
    };
    return cmocka_run_group_tests(tests, make_files, NULL);
}
