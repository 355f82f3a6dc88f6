#include "base64.h"

static const char standard_alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of a character, 0xFF outside the alphabet: one bit pattern that no OR of four values below 64 has. */
#define OUTSIDE 0xFFu
#define X       OUTSIDE
#define ROW_X   X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X
#define LETTERS(plus, minus, slash, underscore)                                                                   \
    {                                                                                                             \
        ROW_X, ROW_X, X, X, X, X, X, X, X, X, X, X, X, plus, X, minus, X, slash, 52, 53, 54, 55, 56, 57, 58, 59,  \
            60, 61, X, X, X, X, X, X, X, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,    \
            20, 21, 22, 23, 24, 25, X, X, X, X, underscore, X, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37,    \
            38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, X, X, X, X, X, ROW_X, ROW_X, ROW_X, ROW_X,    \
            ROW_X, ROW_X, ROW_X, ROW_X                                                                            \
    }
static const uint8_t standard_values[256] = LETTERS(62, X, 63, X);
static const uint8_t url_values[256] = LETTERS(X, 62, X, 63);

static bool decode(struct buffer *out, span text, const uint8_t values[256], span *ret)
{
    size_t tail = text.size % 4, whole = text.size - tail;
    size_t size = whole / 4 * 3 + (tail ? tail - 1 : 0);
    if (tail == 1)
        return false;
    uint8_t *room = buffer_room(out, size);
    if (!room)
        return false;

    const uint8_t *in = text.data;
    uint8_t *to = room;
    unsigned seen = 0;
    for (size_t i = 0; i < whole; i += 4, to += 3) {
        unsigned a = values[in[i]], b = values[in[i + 1]], c = values[in[i + 2]], d = values[in[i + 3]];
        seen |= a | b | c | d;
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        to[0] = (uint8_t)(bits >> 16);
        to[1] = (uint8_t)(bits >> 8);
        to[2] = (uint8_t)bits;
    }
    if (tail) {
        unsigned a = values[in[whole]], b = values[in[whole + 1]], c = tail == 3 ? values[in[whole + 2]] : 0;
        seen |= a | b | c;
        uint32_t bits = a << 18 | b << 12 | c << 6;
        to[0] = (uint8_t)(bits >> 16);
        if (tail == 3)
            to[1] = (uint8_t)(bits >> 8);
        /* Canonical: what the last character says beyond the last byte must be zero. */
        if (bits & (tail == 3 ? 0xFFu : 0xFFFFu))
            seen = OUTSIDE;
    }
    if (seen & 0xC0u) {
        out->size -= size;
        return false;
    }
    if (ret)
        *ret = span_of(room, size);
    return true;
}

bool base64url_decode(struct buffer *out, span text, span *ret)
{
    return decode(out, text, url_values, ret);
}

bool base64_decode(struct buffer *out, span text, span *ret)
{
    if (text.size % 4 != 0)
        return false;
    size_t padding = 0;
    while (padding < 2 && padding < text.size && text.data[text.size - 1 - padding] == '=')
        padding++;
    return decode(out, span_of(text.data, text.size - padding), standard_values, ret);
}

bool base64url_exact(span text, uint8_t *ret, size_t size)
{
    struct buffer out = buffer_open(ret, size);
    return text.size == BASE64URL_SIZE(size) && base64url_decode(&out, text, NULL);
}

bool base64_exact(span text, uint8_t *ret, size_t size)
{
    struct buffer out = buffer_open(ret, size);
    return text.size == BASE64_SIZE(size) && base64_decode(&out, text, NULL) && out.size == size;
}

static void encode(struct buffer *out, span bytes, const char alphabet[65], bool padded)
{
    uint8_t *to = buffer_room(out, padded ? BASE64_SIZE(bytes.size) : BASE64URL_SIZE(bytes.size));
    if (!to)
        return;
    const uint8_t *in = bytes.data;
    size_t tail = bytes.size % 3, whole = bytes.size - tail;
    for (size_t i = 0; i < whole; i += 3) {
        uint32_t bits = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
        *to++ = (uint8_t)alphabet[bits >> 18];
        *to++ = (uint8_t)alphabet[bits >> 12 & 63];
        *to++ = (uint8_t)alphabet[bits >> 6 & 63];
        *to++ = (uint8_t)alphabet[bits & 63];
    }
    if (tail) {
        uint32_t bits = (uint32_t)in[whole] << 16 | (tail == 2 ? (uint32_t)in[whole + 1] << 8 : 0);
        *to++ = (uint8_t)alphabet[bits >> 18];
        *to++ = (uint8_t)alphabet[bits >> 12 & 63];
        if (tail == 2)
            *to++ = (uint8_t)alphabet[bits >> 6 & 63];
        for (size_t i = tail; padded && i < 3; i++)
            *to++ = '=';
    }
}

void base64url_encode(struct buffer *out, span bytes)
{
    encode(out, bytes, url_alphabet, false);
}

void base64_encode(struct buffer *out, span bytes)
{
    encode(out, bytes, standard_alphabet, true);
}
