#include "base64.h"

static const char standard_alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/*
 * What a character contributes to the 24 bits of its group, a table for each of the four places; outside the alphabet a bit
 * above them. So a group is read by four look-ups and an OR, and whether all was inside is asked once.
 */
#define OUTSIDE   (UINT32_C(1) << 31)
#define FIRST(v)  (UINT32_C(v) << 18)
#define SECOND(v) (UINT32_C(v) << 12)
#define THIRD(v)  (UINT32_C(v) << 6)
#define FOURTH(v) UINT32_C(v)
#define X         OUTSIDE
#define ROW_X     X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X
#define LETTERS(V, plus, minus, slash, underscore)                                                                     \
    {                                                                                                                  \
        ROW_X, ROW_X, X, X, X, X, X, X, X, X, X, X, X, plus, X, minus, X, slash, V(52), V(53), V(54), V(55), V(56),    \
            V(57), V(58), V(59), V(60), V(61), X, X, X, X, X, X, X, V(0), V(1), V(2), V(3), V(4), V(5), V(6), V(7),    \
            V(8), V(9), V(10), V(11), V(12), V(13), V(14), V(15), V(16), V(17), V(18), V(19), V(20), V(21), V(22),     \
            V(23), V(24), V(25), X, X, X, X, underscore, X, V(26), V(27), V(28), V(29), V(30), V(31), V(32), V(33),    \
            V(34), V(35), V(36), V(37), V(38), V(39), V(40), V(41), V(42), V(43), V(44), V(45), V(46), V(47), V(48),   \
            V(49), V(50), V(51), X, X, X, X, X, ROW_X, ROW_X, ROW_X, ROW_X, ROW_X, ROW_X, ROW_X, ROW_X                 \
    }
#define STANDARD(V) LETTERS(V, V(62), X, V(63), X)
#define URL(V)      LETTERS(V, X, V(62), X, V(63))
static const uint32_t standard_values[4][256] = {STANDARD(FIRST), STANDARD(SECOND), STANDARD(THIRD), STANDARD(FOURTH)};
static const uint32_t url_values[4][256] = {URL(FIRST), URL(SECOND), URL(THIRD), URL(FOURTH)};

static bool decode(struct buffer *out, span text, const uint32_t values[4][256], span *ret)
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
    uint32_t seen = 0;
    for (size_t i = 0; i < whole; i += 4, to += 3) {
        uint32_t bits = values[0][in[i]] | values[1][in[i + 1]] | values[2][in[i + 2]] | values[3][in[i + 3]];
        seen |= bits;
        to[0] = (uint8_t)(bits >> 16);
        to[1] = (uint8_t)(bits >> 8);
        to[2] = (uint8_t)bits;
    }
    if (tail) {
        uint32_t bits = values[0][in[whole]] | values[1][in[whole + 1]] | (tail == 3 ? values[2][in[whole + 2]] : 0);
        seen |= bits;
        to[0] = (uint8_t)(bits >> 16);
        if (tail == 3)
            to[1] = (uint8_t)(bits >> 8);
        /* Canonical: what the last character says beyond the last byte must be zero. */
        if (bits & (tail == 3 ? 0xFFu : 0xFFFFu))
            seen = OUTSIDE;
    }
    if (seen & OUTSIDE) {
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
