/* Cursor and buffer: what is promised is taken or nothing is, and what does not fit is remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "buffer.h"
#include "cursor.h"
#include "inputs.h"

static void numbers_are_big_endian(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct cursor c = cursor_open(placed(span_of(bytes, sizeof bytes)));
    uint8_t one = 0;
    uint16_t two = 0;
    uint32_t four = 0;
    uint64_t eight = 0;
    (void)state;
    assert_true(cursor_u8(&c, &one) && cursor_u16(&c, &two) && cursor_u32(&c, &four) && cursor_u64(&c, &eight));
    assert_int_equal(one, 1);
    assert_int_equal(two, 0x0203);
    assert_int_equal(four, 0x04050607);
    assert_true(eight == UINT64_C(0x08090A0B0C0D0E0F));
    assert_true(cursor_done(&c));
    assert_int_equal(cursor_offset(&c), 15);
}

/* Each call with one byte too few. */
static void short_input_takes_nothing_fail(void **state)
{
    uint8_t copy[8] = {9}, one = 9;
    uint16_t two = 9;
    uint32_t four = 9;
    uint64_t eight = 9, number = 9;
    span view = SPAN("untouched");
    (void)state;
    for (size_t left = 0; left < 8; left++) {
        struct cursor c = cursor_open(placed(span_of("1111111", left)));
        assert_int_equal(cursor_u8(&c, &one), left >= 1);
        c = cursor_open(placed(span_of("1111111", left)));
        assert_int_equal(cursor_u16(&c, &two), left >= 2);
        c = cursor_open(placed(span_of("1111111", left)));
        assert_int_equal(cursor_u32(&c, &four), left >= 4);
        c = cursor_open(placed(span_of("1111111", left)));
        assert_false(cursor_u64(&c, &eight));
        assert_false(cursor_take(&c, left + 1, &view));
        assert_false(cursor_take(&c, SIZE_MAX, &view));
        assert_false(cursor_copy(&c, copy, left + 1));
        assert_false(cursor_literal(&c, SPAN("11111111")));
        assert_false(cursor_literal(&c, SPAN("2")));
        assert_false(cursor_until(&c, '2', &view));
        assert_false(cursor_line(&c, &view));
        assert_int_equal(cursor_offset(&c), 0);
        assert_int_equal(cursor_left(&c), left);
    }
    assert_true(eight == 9 && number == 9);
    assert_int_equal(view.size, 9);
    assert_int_equal(copy[0], 9);
}

static void what_is_taken(void **state)
{
    struct cursor c = cursor_open(placed_text("a line\n\nkey=value;rest"));
    span view;
    uint8_t copy[3];
    (void)state;
    assert_true(cursor_line(&c, &view) && span_equal(view, SPAN("a line")));
    assert_true(cursor_line(&c, &view) && view.size == 0);
    assert_true(cursor_copy(&c, copy, 3) && memcmp(copy, "key", 3) == 0);
    assert_true(cursor_literal(&c, SPAN("=")));
    assert_true(cursor_until(&c, ';', &view) && span_equal(view, SPAN("value")));
    assert_true(span_equal(cursor_rest(&c), SPAN("rest")));
    assert_true(cursor_take(&c, 4, &view) && cursor_done(&c) && cursor_take(&c, 0, &view));
    c = cursor_open(span_of(NULL, 0));
    assert_true(cursor_done(&c) && !cursor_take(&c, 1, &view) && !cursor_line(&c, &view));
}

static void decimals(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
        bool good;
    } cases[] = {{"0", 0, true},
                 {"10", 10, true},
                 {"18446744073709551615", UINT64_MAX, true},
                 {"11", 10, false},
                 {"18446744073709551616", UINT64_MAX, false},
                 {"28446744073709551615", UINT64_MAX, false},
                 {"99999999999999999999999999999999999999", UINT64_MAX, false},
                 {"", 10, false},
                 {"00", 10, false},
                 {"01", 10, false},
                 {"-1", 10, false},
                 {"+1", 10, false},
                 {" 1", 10, false},
                 {"1 ", 10, false},
                 {"1e1", 10, false},
                 {"0x1", 10, false},
                 {"1.0", 10, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 7;
        assert_int_equal(span_decimal(placed_text(cases[i].text), cases[i].max, &value), cases[i].good);
        if (!cases[i].good)
            assert_true(value == 7);
    }
    /* A cursor stops where the digits do. */
    struct cursor c = cursor_open(placed_text("12 34"));
    uint64_t value;
    assert_true(cursor_decimal(&c, 12, &value) && value == 12 && cursor_left(&c) == 3);
    assert_false(cursor_decimal(&c, 99, &value));
    assert_int_equal(cursor_left(&c), 3);
    c = cursor_open(placed_text("13"));
    assert_false(cursor_decimal(&c, 12, &value));
    assert_int_equal(cursor_left(&c), 2);
}

static void buffer_writes(void **state)
{
    uint8_t memory[64];
    struct buffer b = buffer_open(memory, sizeof memory);
    (void)state;
    buffer_u16(&b, 0x0102);
    buffer_u32(&b, 0x03040506);
    buffer_u64(&b, UINT64_C(0x0708090A0B0C0D0E));
    buffer_zero(&b, 2);
    buffer_byte(&b, 0xFF);
    buffer_put(&b, SPAN("put"));
    buffer_text(&b, "text");
    assert_memory_equal(memory, "\1\2\3\4\5\6\7\x8\x9\xA\xB\xC\xD\xE\0\0\xFFputtext", 24);
    assert_int_equal(b.size, 24);
    assert_true(span_equal(buffer_since(&b, 20), SPAN("text")));
    b = buffer_open(memory, sizeof memory);
    buffer_decimal(&b, 0);
    buffer_byte(&b, ' ');
    buffer_decimal(&b, UINT64_MAX);
    assert_true(span_equal(buffer_span(&b), SPAN("0 18446744073709551615")));
    assert_int_equal(buffer_code(&b), CSIGN_OK);
}

/* Past its capacity nothing is written, also not what would fit again. */
static void buffer_overflow_fail(void **state)
{
    uint8_t memory[9];
    (void)state;
    for (size_t way = 0; way < 8; way++) {
        struct buffer b = buffer_open(memory, 1);
        memset(memory, 0x55, sizeof memory);
        if (way == 0)
            buffer_u16(&b, 0);
        if (way == 1)
            buffer_u32(&b, 0);
        if (way == 2)
            buffer_u64(&b, 0);
        if (way == 3)
            buffer_zero(&b, 2);
        if (way == 4)
            buffer_put(&b, SPAN("no"));
        if (way == 5)
            buffer_text(&b, "no");
        if (way == 6)
            buffer_decimal(&b, 10);
        if (way == 7)
            assert_null(buffer_room(&b, SIZE_MAX));
        assert_true(b.overflow);
        assert_int_equal(buffer_code(&b), CSIGN_E_NO_SPACE);
        assert_null(buffer_since(&b, 0).data);
        for (size_t i = 1; i < sizeof memory; i++)
            assert_int_equal(memory[i], 0x55);
        buffer_byte(&b, 0);
        assert_int_equal(buffer_code(&b), CSIGN_E_NO_SPACE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian), cmocka_unit_test(short_input_takes_nothing_fail),
        cmocka_unit_test(what_is_taken),          cmocka_unit_test(decimals),
        cmocka_unit_test(buffer_writes),          cmocka_unit_test(buffer_overflow_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
