/* base64url and base64: canonical or nothing (N08). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base64.h"
#include "inputs.h"

static uint8_t memory[1024];

typedef bool decoder(struct buffer *out, span text, span *ret);

static bool decodes(decoder *decode, span text)
{
    struct buffer out = buffer_open(memory, sizeof memory);
    span view = SPAN("untouched");
    bool good = decode(&out, placed(text), &view);
    assert_false(out.overflow);
    if (!good) { /* nothing is written, nothing is told */
        assert_int_equal(out.size, 0);
        assert_int_equal(view.size, 9);
    }
    return good;
}

/* RFC 4648 section 10. */
static void both_ways(void **state)
{
    static const char *const texts[][3] = {{"", "", ""},
                                           {"f", "Zg", "Zg=="},
                                           {"fo", "Zm8", "Zm8="},
                                           {"foo", "Zm9v", "Zm9v"},
                                           {"foob", "Zm9vYg", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                                           {"\xFB\xFF\xBF", "-_-_", "+/+/"}};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t k = 1; k <= 2; k++) {
            struct buffer out = buffer_open(memory, sizeof memory);
            span view;
            (k == 1 ? base64url_encode : base64_encode)(&out, placed_text(texts[i][0]));
            assert_true(span_equal(buffer_span(&out), span_text(texts[i][k])));
            assert_int_equal(out.size,
                             k == 1 ? BASE64URL_SIZE(strlen(texts[i][0])) : BASE64_SIZE(strlen(texts[i][0])));
            out = buffer_open(memory, sizeof memory);
            assert_true((k == 1 ? base64url_decode : base64_decode)(&out, placed_text(texts[i][k]), &view));
            assert_true(span_equal(view, span_text(texts[i][0])));
            assert_true(out.size <= BASE64_BYTES(strlen(texts[i][k])));
        }
    }
}

/* What eight characters that are all 'A' but for one decode to. */
static void put_character(uint8_t bytes[6], size_t at, unsigned value)
{
    memset(bytes, 0, 6);
    for (size_t bit = 0; bit < 6; bit++)
        bytes[(at * 6 + bit) / 8] |= (uint8_t)((value >> (5 - bit) & 1) << (7 - (at * 6 + bit) % 8));
}

/* Every byte value at every place: of a group that another follows, of the last one, and of the rests of two and three. */
static void each_byte_at_each_place(void **state)
{
    static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (void)state;
    for (unsigned c = 0; c < 256; c++)
        for (size_t size = 6; size <= 8; size++)
            for (size_t at = 0; at < size; at++) {
                uint8_t text[8] = "AAAAAAAA", expected[6];
                span bytes;
                memset(text + size, '=', 8 - size);
                text[at] = (uint8_t)c;
                for (unsigned padded = 0; padded <= (c != '='); padded++) {
                    const char *alphabet = padded ? standard : url, *place = c ? strchr(alphabet, (int)c) : NULL;
                    put_character(expected, at, place ? (unsigned)(place - alphabet) : 0);
                    /* What stands behind the last whole byte must be zero. */
                    bool good = place && (size == 8 || expected[size * 6 / 8] == 0);
                    span in = span_of(text, padded ? 8 : size);
                    assert_int_equal(decodes(padded ? base64_decode : base64url_decode, in), good);
                    struct buffer out = buffer_open(memory, sizeof memory);
                    if (good && (padded ? base64_decode : base64url_decode)(&out, in, &bytes))
                        assert_true(span_equal(bytes, span_of(expected, size * 6 / 8)));
                }
            }
}

static void url_fail(void **state)
{
    static const char *const texts[] = {"A",
                                        "AAAAA",
                                        "AA==",
                                        "AAA=",
                                        "AA=",
                                        "=",
                                        "====",
                                        "AA\n",
                                        "\nAA",
                                        "AA A",
                                        " AAA",
                                        "AAA ",
                                        "AA\r\n",
                                        "AA+A",
                                        "AA/A",
                                        "AA.A",
                                        "AA~A",
                                        "A,AA",
                                        "\xD0\x90\x41\x41",
                                        "AA\xEF\xBC\xA1",
                                        "AA\xC2\xA0"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(decodes(base64url_decode, span_text(texts[i])));
    assert_false(decodes(base64url_decode, span_of("AA\0A", 4)));
    assert_false(decodes(base64url_decode, span_of("AAA\0", 4)));
}

/* What the last character says beyond the last byte is zero, so that a byte string has one text. */
static void unused_bits_fail(void **state)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (void)state;
    for (unsigned value = 0; value < 64; value++) {
        char two[3] = {'A', alphabet[value], 0}, three[4] = {'A', 'A', alphabet[value], 0};
        assert_int_equal(decodes(base64url_decode, span_text(two)), value % 16 == 0);
        assert_int_equal(decodes(base64url_decode, span_text(three)), value % 4 == 0);
    }
    assert_false(decodes(base64_decode, SPAN("AB==")));
    assert_false(decodes(base64_decode, SPAN("AAB=")));
}

static void standard_fail(void **state)
{
    static const char *const texts[] = {
        "A",        "AA",       "AAA",   "AAAAA",    "AA=",  "A===", "====",  "AA=A",  "=AAA",
        "AA==AAAA", "AAA=AAA=", "AAAA=", "AAAA====", "AA-A", "AA_A", "AA=\n", "AAA\n", " AAA"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(decodes(base64_decode, span_text(texts[i])));
    assert_true(decodes(base64_decode, SPAN("AA==")));
    assert_true(decodes(base64_decode, SPAN("AAA=")));
}

static void exact_sizes(void **state)
{
    uint8_t bytes[3] = {9, 9, 9};
    (void)state;
    assert_true(base64url_exact(placed_text("AAA"), bytes, 2));
    assert_int_equal(bytes[2], 9);
    assert_false(base64url_exact(placed_text("AA"), bytes, 2));
    assert_false(base64url_exact(placed_text("AAAA"), bytes, 2));
    assert_false(base64url_exact(placed_text("AAA="), bytes, 2));
    assert_false(base64url_exact(placed_text(""), bytes, 2));
    assert_true(base64_exact(placed_text("AAA="), bytes, 2));
    assert_false(base64_exact(placed_text("AA=="), bytes, 2));
    assert_false(base64_exact(placed_text("AAAA"), bytes, 2));
    assert_int_equal(bytes[2], 9);
}

/* One byte less than is needed: refused, and remembered as a lack of room, not of form. */
static void no_room_fail(void **state)
{
    span view = SPAN("untouched");
    (void)state;
    struct buffer out = buffer_open(memory, 2);
    assert_false(base64url_decode(&out, placed_text("AAAA"), &view));
    assert_true(out.overflow);
    assert_int_equal(view.size, 9);
    out = buffer_open(memory, 3);
    base64url_encode(&out, placed_text("foo"));
    assert_true(out.overflow);
    out = buffer_open(memory, 3);
    base64_encode(&out, placed_text("f"));
    assert_true(out.overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),     cmocka_unit_test(each_byte_at_each_place),
        cmocka_unit_test(url_fail),      cmocka_unit_test(unused_bits_fail),
        cmocka_unit_test(standard_fail), cmocka_unit_test(exact_sizes),
        cmocka_unit_test(no_room_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
