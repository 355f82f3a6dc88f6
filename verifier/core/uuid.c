#include "uuid.h"

static bool is_dash_place(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

bool text_is_uuid7(span text)
{
    if (text.size != UUID_SIZE)
        return false;
    for (size_t i = 0; i < UUID_SIZE; i++) {
        uint8_t c = text.data[i];
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (is_dash_place(i) ? c != '-' : !hex)
            return false;
    }
    uint8_t variant = text.data[19];
    return text.data[14] == '7' && (variant == '8' || variant == '9' || variant == 'a' || variant == 'b');
}

uint64_t uuid7_time_ms(span text)
{
    uint64_t time_ms = 0;
    if (!text_is_uuid7(text))
        return 0;
    for (size_t i = 0; i < 13; i++) {
        uint8_t c = text.data[i];
        if (!is_dash_place(i))
            time_ms = time_ms << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return time_ms;
}

void uuid7_write(struct buffer *out, uint64_t time_ms, const uint8_t random[10])
{
    static const char hex[] = "0123456789abcdef";
    uint8_t bytes[16];
    for (size_t i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(time_ms >> 8 * (5 - i));
    memcpy(bytes + 6, random, 10);
    bytes[6] = (uint8_t)(0x70u | (bytes[6] & 0x0Fu)); /* version 7 */
    bytes[8] = (uint8_t)(0x80u | (bytes[8] & 0x3Fu)); /* variant 10 */
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            buffer_byte(out, '-');
        buffer_byte(out, (uint8_t)hex[bytes[i] >> 4]);
        buffer_byte(out, (uint8_t)hex[bytes[i] & 15]);
    }
}
