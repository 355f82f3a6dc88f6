#include "plain.h"

/* The length of a character that must not reach a terminal; 0 if it may. */
static size_t unprintable(span text, size_t at)
{
    const uint8_t *c = text.data + at;
    size_t left = text.size - at;
    if (c[0] < 0x20u || c[0] == 0x7Fu)
        return 1;
    if (left >= 2 && ((c[0] == 0xC2u && c[1] < 0xA0u) || (c[0] == 0xD8u && c[1] == 0x9Cu)))
        return 2;
    if (left >= 3 && c[0] == 0xE2u && ((c[1] == 0x80u && ((c[2] >= 0xA8u && c[2] <= 0xAEu) || c[2] == 0x8Eu || c[2] == 0x8Fu)) ||
                                       (c[1] == 0x81u && c[2] >= 0xA6u && c[2] <= 0xA9u)))
        return 3;
    return 0;
}

void plain_write(struct buffer *out, span text)
{
    for (size_t i = 0; i < text.size;) {
        size_t skip = unprintable(text, i);
        buffer_byte(out, skip ? '?' : text.data[i]);
        i += skip ? skip : 1;
    }
}
