/* References to patients and text for terminals: small rules with their own files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "patient_ref.h"
#include "plain.h"

/* hmac.new(bytes(range(32)), b"countersign/patient/v1\nscope\n4711", sha256) in Python */
static const uint8_t expected[CSIGN_HASH_SIZE] = {0xfa, 0xae, 0x81, 0xe3, 0xeb, 0xa8, 0x8e, 0x88, 0x09, 0x4f, 0x95,
                                                  0x13, 0x1c, 0xee, 0xc5, 0x5a, 0xaf, 0x96, 0xb0, 0xf0, 0x4c, 0xac,
                                                  0x22, 0x38, 0x36, 0x64, 0x30, 0x96, 0x90, 0xfc, 0x96, 0xaf};

static void is_of_key_scope_and_patient(void **state)
{
    uint8_t key[PATIENT_KEY_SIZE], ref[CSIGN_HASH_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    patient_ref(key, SPAN("scope"), SPAN("4711"), ref);
    assert_memory_equal(ref, expected, sizeof ref);
    patient_ref(key, SPAN("another"), SPAN("4711"), ref);
    assert_memory_not_equal(ref, expected, sizeof ref);
    patient_ref(key, SPAN("scope"), SPAN("4712"), ref);
    assert_memory_not_equal(ref, expected, sizeof ref);
    key[31] ^= 1;
    patient_ref(key, SPAN("scope"), SPAN("4711"), ref);
    assert_memory_not_equal(ref, expected, sizeof ref);
}

static void shows(const char *text, const char *as)
{
    uint8_t memory[64];
    struct buffer out = buffer_open(memory, sizeof memory);
    plain_write(&out, span_text(text));
    assert_int_equal(out.size, strlen(as));
    assert_memory_equal(memory, as, out.size);
}

static void a_terminal_is_not_given_orders(void **state)
{
    (void)state;
    shows("Dr \xC3\x84rztin \xE4\xB8\xAD\xE6\x96\x87", "Dr \xC3\x84rztin \xE4\xB8\xAD\xE6\x96\x87");
    shows("a\x1b[2Jb\n\r\tc\x7f", "a?[2Jb???c?");
    shows("a\xC2\x9B" "b", "a?b");                   /* U+009B, a control sequence of its own */
    shows("a\xE2\x80\xAE" "b\xE2\x81\xA6" "c", "a?b?c"); /* right-to-left override, left-to-right isolate */
    shows("a\xE2\x80\x94" "b", "a\xE2\x80\x94" "b"); /* a dash is a dash */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_of_key_scope_and_patient),
        cmocka_unit_test(a_terminal_is_not_given_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
