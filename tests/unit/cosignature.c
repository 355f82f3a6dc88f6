/* cosignature/v1: what its time and text are bound to, and what is none (LOG 6, item 3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base64.h"
#include "checkpoint.h"
#include "cosignature.h"
#include "signer.h"

#define TEXT     "log.test\n7\nCwB/uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIcA=\n"
#define TIME     UINT64_C(1795330800)
#define EXTENDED TEXT "extension\n"

static struct signer fresh_key;

static int make_key(void **state)
{
    (void)state;
    fresh_key = signer_make("fresh.test", NOTE_COSIGNATURE);
    return 0;
}

/* The bytes behind the key id of a cosignature over a text. */
static void cosign(const char *text, uint64_t time, uint8_t ret[COSIGNATURE_SIZE])
{
    uint8_t line[512], decoded[4 + COSIGNATURE_SIZE];
    struct buffer out = buffer_open(line, sizeof line);
    note_cosign(&out, span_text(text), &fresh_key.vkey, &fresh_key.key, time);
    assert_int_equal(buffer_code(&out), CSIGN_OK);
    size_t b64 = BASE64_SIZE(sizeof decoded);
    assert_int_equal(line[out.size - 1], '\n');
    assert_true(base64_exact(span_of(line + out.size - 1 - b64, b64), decoded, sizeof decoded));
    assert_memory_equal(decoded, fresh_key.vkey.id, 4);
    memcpy(ret, decoded + 4, COSIGNATURE_SIZE);
}

static bool verifies(const char *text, const uint8_t *bytes, size_t size, uint64_t *ret_time)
{
    return cosignature_verify(&fresh_key.vkey.key, span_text(text), span_of(bytes, size), ret_time);
}

static void gives_its_time(void **state)
{
    static const uint64_t times[] = {0, 1, TIME, INT64_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        uint8_t bytes[COSIGNATURE_SIZE];
        uint64_t time = 99;
        cosign(TEXT, times[i], bytes);
        assert_true(verifies(TEXT, bytes, sizeof bytes, &time));
        assert_true(time == times[i]);
    }
}

static void time_changed_fail(void **state)
{
    uint8_t a[COSIGNATURE_SIZE], b[COSIGNATURE_SIZE], swapped[COSIGNATURE_SIZE];
    uint64_t time = 99;
    (void)state;
    cosign(TEXT, TIME, a);
    cosign(TEXT, TIME + 1, b);
    memcpy(swapped, b, 8);
    memcpy(swapped + 8, a + 8, 64);
    assert_false(verifies(TEXT, swapped, sizeof swapped, &time)); /* time + 1 */
    memcpy(swapped, a, 8);
    memcpy(swapped + 8, b + 8, 64);
    assert_false(verifies(TEXT, swapped, sizeof swapped, &time)); /* swapped times */
    assert_int_equal(time, 99);
}

/* A time above 2^63-1 is refused, although the key did sign it. */
static void time_not_signed_arithmetic_fail(void **state)
{
    uint8_t bytes[COSIGNATURE_SIZE];
    uint64_t time = 99;
    (void)state;
    cosign(TEXT, (uint64_t)INT64_MAX + 1, bytes);
    assert_false(verifies(TEXT, bytes, sizeof bytes, &time));
    assert_int_equal(time, 99);
}

static void text_changed_fail(void **state)
{
    uint8_t bytes[COSIGNATURE_SIZE];
    uint64_t time;
    (void)state;
    cosign(TEXT, TIME, bytes);
    assert_false(verifies("lag.test\n7\nCwB/uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIcA=\n", bytes, sizeof bytes, &time)); /* origin */
    assert_false(verifies("log.test\n8\nCwB/uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIcA=\n", bytes, sizeof bytes, &time));
    assert_false(verifies("log.test\n7\nCwB/uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIcE=\n", bytes, sizeof bytes, &time));
    assert_false(verifies(EXTENDED, bytes, sizeof bytes, &time)); /* an extension line added */
    cosign(EXTENDED, TIME, bytes);
    assert_true(verifies(EXTENDED, bytes, sizeof bytes, &time));
    assert_false(verifies(TEXT, bytes, sizeof bytes, &time)); /* and taken away */
    assert_false(verifies(TEXT "extensiom\n", bytes, sizeof bytes, &time));
}

static void size_wrong_fail(void **state)
{
    uint8_t bytes[COSIGNATURE_SIZE + 1];
    uint64_t time;
    (void)state;
    cosign(TEXT, TIME, bytes);
    bytes[COSIGNATURE_SIZE] = 0;
    assert_false(verifies(TEXT, bytes, COSIGNATURE_SIZE - 1, &time));
    assert_false(verifies(TEXT, bytes, COSIGNATURE_SIZE + 1, &time));
    assert_false(verifies(TEXT, bytes, 0, &time));
    assert_true(verifies(TEXT, bytes, COSIGNATURE_SIZE, &time));
}

static void text_too_long_fail(void **state)
{
    static char text[COSIGNATURE_TEXT_MAX + 2];
    uint8_t bytes[COSIGNATURE_SIZE], line[512];
    struct buffer out = buffer_open(line, sizeof line);
    uint64_t time;
    (void)state;
    memset(text, 'a', COSIGNATURE_TEXT_MAX);
    text[COSIGNATURE_TEXT_MAX - 1] = '\n';
    cosign(text, TIME, bytes);
    assert_true(verifies(text, bytes, sizeof bytes, &time));
    text[COSIGNATURE_TEXT_MAX] = 'a';
    assert_false(verifies(text, bytes, sizeof bytes, &time));
    note_cosign(&out, span_text(text), &fresh_key.vkey, &fresh_key.key, TIME);
    assert_int_equal(buffer_code(&out), CSIGN_E_NO_SPACE);
}

/* --- within a note --- */

static csign_code verify_note(const uint8_t *note_bytes, size_t size, const struct vkey *vkey, uint64_t *ret_time)
{
    static uint8_t memory[4096];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct note note;
    assert_int_equal(note_read(exact(span_of(note_bytes, size)), &scratch, &note, NULL), CSIGN_OK);
    return note_verify(&note, vkey, ret_time);
}

static void newest_of_one_key_counts(void **state)
{
    uint8_t bytes[1024];
    struct buffer out = buffer_open(bytes, sizeof bytes);
    uint64_t time = 0;
    (void)state;
    buffer_text(&out, TEXT "\n");
    note_cosign(&out, SPAN(TEXT), &fresh_key.vkey, &fresh_key.key, TIME);
    note_cosign(&out, SPAN(TEXT), &fresh_key.vkey, &fresh_key.key, TIME + 5);
    note_cosign(&out, SPAN(TEXT), &fresh_key.vkey, &fresh_key.key, TIME + 1);
    assert_int_equal(verify_note(bytes, out.size, &fresh_key.vkey, &time), CSIGN_OK);
    assert_true(time == TIME + 5);
}

static void type_one_as_type_four_fail(void **state)
{
    /* One key pair under both types. The ids differ, so that neither line is the other's. */
    struct signer one = signer_of("fresh.test", "fresh.test", NOTE_ED25519);
    uint8_t bytes[1024], signature[64], forged[COSIGNATURE_SIZE] = {0};
    struct buffer out = buffer_open(bytes, sizeof bytes);
    (void)state;
    assert_true(vkey_same_key(&one.vkey, &fresh_key.vkey));
    buffer_text(&out, TEXT "\n");
    note_sign(&out, SPAN(TEXT), &one.vkey, &one.key);
    assert_int_equal(verify_note(bytes, out.size, &one.vkey, NULL), CSIGN_OK);
    assert_int_equal(verify_note(bytes, out.size, &fresh_key.vkey, NULL), CSIGN_E_NOTE_UNSIGNED);

    /* The same bytes under the other id: too short, and with a time before them of another message. */
    signing_key_sign(&one.key, SPAN(TEXT), signature);
    out = buffer_open(bytes, sizeof bytes);
    buffer_text(&out, TEXT "\n");
    note_put_signature(&out, &fresh_key.vkey, span_of(signature, 64));
    assert_int_equal(verify_note(bytes, out.size, &fresh_key.vkey, NULL), CSIGN_E_NOTE_SIGNATURE_BAD);
    memcpy(forged + 8, signature, 64);
    out = buffer_open(bytes, sizeof bytes);
    buffer_text(&out, TEXT "\n");
    note_put_signature(&out, &fresh_key.vkey, span_of(forged, sizeof forged));
    assert_int_equal(verify_note(bytes, out.size, &fresh_key.vkey, NULL), CSIGN_E_NOTE_SIGNATURE_BAD);
}

static void type_four_as_type_one_fail(void **state)
{
    struct signer one = signer_of("fresh.test", "fresh.test", NOTE_ED25519);
    uint8_t bytes[1024], cosignature[COSIGNATURE_SIZE];
    struct buffer out = buffer_open(bytes, sizeof bytes);
    (void)state;
    cosign(TEXT, TIME, cosignature);
    buffer_text(&out, TEXT "\n");
    note_put_signature(&out, &one.vkey, span_of(cosignature + 8, 64));
    assert_int_equal(verify_note(bytes, out.size, &one.vkey, NULL), CSIGN_E_NOTE_SIGNATURE_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_its_time),
        cmocka_unit_test(time_changed_fail),
        cmocka_unit_test(time_not_signed_arithmetic_fail),
        cmocka_unit_test(text_changed_fail),
        cmocka_unit_test(size_wrong_fail),
        cmocka_unit_test(text_too_long_fail),
        cmocka_unit_test(newest_of_one_key_counts),
        cmocka_unit_test(type_one_as_type_four_fail),
        cmocka_unit_test(type_four_as_type_one_fail),
    };
    return cmocka_run_group_tests(tests, make_key, NULL);
}
