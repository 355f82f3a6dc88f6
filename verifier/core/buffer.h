/*
 * Bounded writing into memory that the caller owns. Running out of room is remembered, so that a writer checks
 * once, at its end, with buffer_code(). Nothing here allocates.
 */
#ifndef CORE_BUFFER_H
#define CORE_BUFFER_H

#include "span.h"

struct buffer {
    uint8_t *data;
    size_t size, capacity;
    bool overflow;
};

static inline struct buffer buffer_open(void *memory, size_t capacity)
{
    return (struct buffer){(uint8_t *)memory, 0, capacity, false};
}

/* What has been written. */
static inline span buffer_span(const struct buffer *b)
{
    return span_of(b->data, b->size);
}

/* What has been written since it held `from` bytes. */
static inline span buffer_since(const struct buffer *b, size_t from)
{
    return b->overflow ? span_of(NULL, 0) : span_of(b->data + from, b->size - from);
}

static inline csign_code buffer_code(const struct buffer *b)
{
    return b->overflow ? CSIGN_E_NO_SPACE : CSIGN_OK;
}

/* Room for `size` bytes that the caller fills in, or NULL. */
uint8_t *buffer_room(struct buffer *b, size_t size);
void buffer_put(struct buffer *b, span bytes);
void buffer_text(struct buffer *b, const char *text);
void buffer_byte(struct buffer *b, uint8_t byte);
void buffer_u16(struct buffer *b, uint16_t value); /* big-endian, as all that follow */
void buffer_u32(struct buffer *b, uint32_t value);
void buffer_u64(struct buffer *b, uint64_t value);
void buffer_zero(struct buffer *b, size_t count);
void buffer_decimal(struct buffer *b, uint64_t value);

#endif
