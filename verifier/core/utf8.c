#include "utf8.h"

/* A sequence of `size` bytes whose lead carries `bits` and whose second byte lies in [low, high]. */
static unsigned sequence(const uint8_t *at, const uint8_t *end, unsigned size, uint32_t bits, unsigned low, unsigned high,
                         uint32_t *ret)
{
    if ((size_t)(end - at) < size || at[1] < low || at[1] > high)
        return 0;
    for (unsigned i = 1; i < size; i++) {
        if ((at[i] & 0xC0u) != 0x80u)
            return 0;
        bits = bits << 6 | (at[i] & 0x3Fu);
    }
    *ret = bits;
    return size;
}

unsigned utf8_read(const uint8_t *at, const uint8_t *end, uint32_t *ret)
{
    uint32_t lead = *at;
    if (lead < 0x80u) {
        *ret = lead;
        return 1;
    }
    if (lead >= 0xC2u && lead <= 0xDFu)
        return sequence(at, end, 2, lead & 0x1Fu, 0x80u, 0xBFu, ret);
    if (lead >= 0xE0u && lead <= 0xEFu)
        return sequence(at, end, 3, lead & 0x0Fu, lead == 0xE0u ? 0xA0u : 0x80u, lead == 0xEDu ? 0x9Fu : 0xBFu, ret);
    if (lead >= 0xF0u && lead <= 0xF4u)
        return sequence(at, end, 4, lead & 0x07u, lead == 0xF0u ? 0x90u : 0x80u, lead == 0xF4u ? 0x8Fu : 0xBFu, ret);
    return 0;
}

bool utf8_is_space(uint32_t c)
{
    return (c >= 0x09u && c <= 0x0Du) || c == 0x20u || c == 0x85u || c == 0xA0u || c == 0x1680u ||
           (c >= 0x2000u && c <= 0x200Au) || c == 0x2028u || c == 0x2029u || c == 0x202Fu || c == 0x205Fu || c == 0x3000u;
}
