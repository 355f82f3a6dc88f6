/* Checkpoints and fresh notes: their lines, and nothing but them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "checkpoint.h"
#include "fresh.h"
#include "signer.h"

#define ROOT  "CwB/uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIcA=\n"
#define EMPTY "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
#define NONCE "AAECAwQFBgcICQoLDA0ODw\n"
#define FRESH "countersign/fresh/v1\n"

static void checkpoint_case(const char *text, csign_code code, const char *field)
{
    struct checkpoint checkpoint;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_int_equal(checkpoint_read(exact(span_text(text)), &checkpoint, &fault), code);
    assert_string_equal(fault.field, field);
    if (code == CSIGN_OK) {
        uint8_t bytes[1024];
        struct buffer out = buffer_open(bytes, sizeof bytes);
        checkpoint_write(&out, &checkpoint);
        assert_true(span_equal(buffer_span(&out), span_text(text)));
    }
}
#define CHECKPOINT_FAIL(text, field) checkpoint_case(text, CSIGN_E_CHECKPOINT_MALFORMED, field)

static void checkpoints(void **state)
{
    (void)state;
    checkpoint_case("log.test\n7\n" ROOT, CSIGN_OK, "");
    checkpoint_case("log.test/registry\n9223372036854775807\n" ROOT, CSIGN_OK, "");
    checkpoint_case("log.test\n0\n" EMPTY, CSIGN_OK, "");
    CHECKPOINT_FAIL("", "origin");
    CHECKPOINT_FAIL("\n7\n" ROOT, "origin");
    CHECKPOINT_FAIL("log test\n7\n" ROOT, "origin");
    CHECKPOINT_FAIL("log+test\n7\n" ROOT, "origin");
    CHECKPOINT_FAIL("log.test\r\n7\n" ROOT, "origin");
    CHECKPOINT_FAIL("log.test", "origin");
    CHECKPOINT_FAIL("log.test\n", "size");
    CHECKPOINT_FAIL("log.test\n\n" ROOT, "size");
    CHECKPOINT_FAIL("log.test\n07\n" ROOT, "size");
    CHECKPOINT_FAIL("log.test\n00\n" EMPTY, "size");
    CHECKPOINT_FAIL("log.test\n+5\n" ROOT, "size");
    CHECKPOINT_FAIL("log.test\n-5\n" ROOT, "size");
    CHECKPOINT_FAIL("log.test\n 7\n" ROOT, "size");
    CHECKPOINT_FAIL("log.test\n7 \n" ROOT, "size");
    CHECKPOINT_FAIL("log.test\n7\r\n" ROOT, "size");
    CHECKPOINT_FAIL("log.test\n7a\n" ROOT, "size");
    CHECKPOINT_FAIL("log.test\n9223372036854775808\n" ROOT, "size");
    CHECKPOINT_FAIL("log.test\n18446744073709551623\n" ROOT, "size"); /* 7 beyond 2^64 */
    CHECKPOINT_FAIL("log.test\n7\n", "root");
    CHECKPOINT_FAIL("log.test\n7\nCwB/uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIcA=", "root");
    CHECKPOINT_FAIL("log.test\n7\nCwB/uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIcA\n", "root");
    CHECKPOINT_FAIL("log.test\n7\nCwB/uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIcB=\n", "root");
    CHECKPOINT_FAIL("log.test\n7\nCwB_uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIcA=\n", "root");
    CHECKPOINT_FAIL("log.test\n7\nCwB/uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIcAA\n", "root");
    CHECKPOINT_FAIL("log.test\n7\nCwB/uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIQ==\n", "root");
    CHECKPOINT_FAIL("log.test\n0\n" ROOT, "root");
    CHECKPOINT_FAIL("log.test\n7\n" ROOT "extension\n", "extension");
    CHECKPOINT_FAIL("log.test\n7\n" ROOT "\n", "extension");
}

static void checkpoint_too_long_fail(void **state)
{
    static char text[CHECKPOINT_MAX + 200];
    (void)state;
    (void)snprintf(text, sizeof text, "log.test\n7\n" ROOT "%0*d\n", (int)CHECKPOINT_MAX, 0);
    CHECKPOINT_FAIL(text, "");
}

/* What is fetched is capped before anybody has verified the size that asks for it. */
static void size_before_it_is_verified(void **state)
{
    static const char note[] = "log.test\n7\n" ROOT "\n\u2014 log.test AAAAAAAA\n";
    uint8_t bytes[CHECKPOINT_MAX];
    uint64_t size = 0;
    csign_fault fault;
    (void)state;
    assert_int_equal(checkpoint_note_size(exact(span_text(note)), 7, buffer_open(bytes, sizeof bytes), &size, &fault), CSIGN_OK);
    assert_int_equal(size, 7);
    size = 1;
    assert_int_equal(checkpoint_note_size(exact(span_text(note)), 6, buffer_open(bytes, sizeof bytes), &size, &fault), CSIGN_E_TOO_LARGE);
    assert_string_equal(fault.field, "size");
    assert_int_equal(size, 1);
    assert_int_equal(checkpoint_note_size(exact(SPAN("log.test\n7\n" ROOT)), 7, buffer_open(bytes, sizeof bytes), &size, &fault),
                     CSIGN_E_NOTE_MALFORMED);
}

static void fresh_case(const char *text, csign_code code, const char *field)
{
    struct fresh fresh;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_int_equal(fresh_read(exact(span_text(text)), &fresh, &fault), code);
    assert_string_equal(fault.field, field);
    if (code == CSIGN_OK) {
        uint8_t bytes[1024];
        struct buffer out = buffer_open(bytes, sizeof bytes);
        fresh_write(&out, &fresh);
        assert_true(span_equal(buffer_span(&out), span_text(text)));
        assert_int_equal(fresh.nonce[15], 15);
    }
}
#define FRESH_FAIL(text, field) fresh_case(text, CSIGN_E_CHECKPOINT_MALFORMED, field)

static void fresh_notes(void **state)
{
    (void)state;
    fresh_case(FRESH "log.test\n7\n" ROOT NONCE, CSIGN_OK, "");
    fresh_case(FRESH "log.test\n0\n" EMPTY NONCE, CSIGN_OK, "");
    FRESH_FAIL("", "");
    FRESH_FAIL("log.test\n7\n" ROOT, "");
    FRESH_FAIL("countersign/fresh/v2\nlog.test\n7\n" ROOT NONCE, "");
    FRESH_FAIL(FRESH "\n7\n" ROOT NONCE, "origin");
    FRESH_FAIL(FRESH "log.test\n07\n" ROOT NONCE, "size");
    FRESH_FAIL(FRESH "log.test\n9223372036854775808\n" ROOT NONCE, "size");
    FRESH_FAIL(FRESH "log.test\n7\nCwB/uRXr\n" NONCE, "root");
    FRESH_FAIL(FRESH "log.test\n0\n" ROOT NONCE, "root");
    FRESH_FAIL(FRESH "log.test\n7\n" ROOT, "nonce");
    FRESH_FAIL(FRESH "log.test\n7\n" ROOT "\n", "nonce");
    FRESH_FAIL(FRESH "log.test\n7\n" ROOT "AAECAwQFBgcICQoLDA0ODw==\n", "nonce");
    FRESH_FAIL(FRESH "log.test\n7\n" ROOT "AAECAwQFBgcICQoLDA0ODx\n", "nonce"); /* unused bits set */
    FRESH_FAIL(FRESH "log.test\n7\n" ROOT "AAECAwQFBgcICQoLDA0O\n", "nonce");
    FRESH_FAIL(FRESH "log.test\n7\n" ROOT "AAECAwQFBgcICQoLDA0ODw", "nonce");
    FRESH_FAIL(FRESH "log.test\n7\n" ROOT NONCE "more\n", "");
}

/* A fresh note is no checkpoint and a checkpoint no fresh note, so that no cosignature serves for both. */
static void neither_is_the_other_fail(void **state)
{
    (void)state;
    CHECKPOINT_FAIL(FRESH "log.test\n7\n" ROOT NONCE, "size");
    FRESH_FAIL("log.test\n7\n" ROOT, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoints),
        cmocka_unit_test(checkpoint_too_long_fail),
        cmocka_unit_test(size_before_it_is_verified),
        cmocka_unit_test(fresh_notes),
        cmocka_unit_test(neither_is_the_other_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
