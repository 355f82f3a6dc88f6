#include "buffer.h"

uint8_t *buffer_room(struct buffer *b, size_t size)
{
    if (b->overflow || b->capacity - b->size < size) {
        b->overflow = true;
        return NULL;
    }
    uint8_t *room = b->data + b->size;
    b->size += size;
    return room;
}

void buffer_put(struct buffer *b, span bytes)
{
    uint8_t *room = buffer_room(b, bytes.size);
    if (room && bytes.size)
        memcpy(room, bytes.data, bytes.size);
}

void buffer_text(struct buffer *b, const char *text)
{
    buffer_put(b, span_text(text));
}

void buffer_byte(struct buffer *b, uint8_t byte)
{
    uint8_t *room = buffer_room(b, 1);
    if (room)
        *room = byte;
}

static void put_big_endian(struct buffer *b, uint64_t value, unsigned size)
{
    uint8_t *room = buffer_room(b, size);
    for (unsigned i = 0; room && i < size; i++)
        room[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

void buffer_u16(struct buffer *b, uint16_t value)
{
    put_big_endian(b, value, 2);
}

void buffer_u32(struct buffer *b, uint32_t value)
{
    put_big_endian(b, value, 4);
}

void buffer_u64(struct buffer *b, uint64_t value)
{
    put_big_endian(b, value, 8);
}

void buffer_zero(struct buffer *b, size_t count)
{
    uint8_t *room = buffer_room(b, count);
    if (room && count)
        memset(room, 0, count);
}

void buffer_decimal(struct buffer *b, uint64_t value)
{
    uint8_t digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (uint8_t)('0' + value % 10);
    while (value /= 10);
    buffer_put(b, span_of(digits + at, sizeof digits - at));
}
