/*
 * Bounded reading: the only code that moves through raw bytes. Every call either takes what it promises and
 * returns true, or takes nothing and returns false.
 */
#ifndef CORE_CURSOR_H
#define CORE_CURSOR_H

#include "span.h"

struct cursor {
    const uint8_t *start, *at, *end;
};

static inline struct cursor cursor_open(span text)
{
    return (struct cursor){text.data, text.data, text.data ? text.data + text.size : text.data};
}

static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

static inline size_t cursor_offset(const struct cursor *c)
{
    return (size_t)(c->at - c->start);
}

static inline bool cursor_done(const struct cursor *c)
{
    return c->at == c->end;
}

/* What has not been taken. */
static inline span cursor_rest(const struct cursor *c)
{
    return span_of(c->at, cursor_left(c));
}

bool cursor_take(struct cursor *c, size_t size, span *ret);
bool cursor_u8(struct cursor *c, uint8_t *ret);
bool cursor_u16(struct cursor *c, uint16_t *ret); /* big-endian, as all that follow */
bool cursor_u32(struct cursor *c, uint32_t *ret);
bool cursor_u64(struct cursor *c, uint64_t *ret);
bool cursor_copy(struct cursor *c, uint8_t *ret, size_t size);

/* Takes exactly these bytes. */
bool cursor_literal(struct cursor *c, span literal);
/* Takes up to `end`, which is taken too but not returned; false where there is none. */
bool cursor_until(struct cursor *c, uint8_t end, span *ret);
/* Takes a line that ends in 0x0A, without it. */
bool cursor_line(struct cursor *c, span *ret);
/* Takes a decimal number: digits, no sign, no leading zero, at most `max`. */
bool cursor_decimal(struct cursor *c, uint64_t max, uint64_t *ret);

/* The whole of `text` as such a decimal number. */
bool span_decimal(span text, uint64_t max, uint64_t *ret);

#endif
