#include "cursor.h"

bool cursor_take(struct cursor *c, size_t size, span *ret)
{
    if (cursor_left(c) < size)
        return false;
    *ret = span_of(c->at, size);
    c->at += size;
    return true;
}

static bool take_big_endian(struct cursor *c, size_t size, uint64_t *ret)
{
    span bytes;
    if (!cursor_take(c, size, &bytes))
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes.data[i];
    *ret = value;
    return true;
}

bool cursor_u8(struct cursor *c, uint8_t *ret)
{
    uint64_t value;
    if (!take_big_endian(c, 1, &value))
        return false;
    *ret = (uint8_t)value;
    return true;
}

bool cursor_u16(struct cursor *c, uint16_t *ret)
{
    uint64_t value;
    if (!take_big_endian(c, 2, &value))
        return false;
    *ret = (uint16_t)value;
    return true;
}

bool cursor_u32(struct cursor *c, uint32_t *ret)
{
    uint64_t value;
    if (!take_big_endian(c, 4, &value))
        return false;
    *ret = (uint32_t)value;
    return true;
}

bool cursor_u64(struct cursor *c, uint64_t *ret)
{
    return take_big_endian(c, 8, ret);
}

bool cursor_copy(struct cursor *c, uint8_t *ret, size_t size)
{
    span bytes;
    if (!cursor_take(c, size, &bytes))
        return false;
    memcpy(ret, bytes.data, size);
    return true;
}

bool cursor_literal(struct cursor *c, span literal)
{
    if (!span_starts(cursor_rest(c), literal))
        return false;
    c->at += literal.size;
    return true;
}

bool cursor_until(struct cursor *c, uint8_t end, span *ret)
{
    if (cursor_done(c))
        return false;
    const uint8_t *found = memchr(c->at, end, cursor_left(c));
    if (!found)
        return false;
    *ret = span_of(c->at, (size_t)(found - c->at));
    c->at = found + 1;
    return true;
}

bool cursor_line(struct cursor *c, span *ret)
{
    return cursor_until(c, '\n', ret);
}

bool cursor_decimal(struct cursor *c, uint64_t max, uint64_t *ret)
{
    const uint64_t tenth = max / 10, last = max % 10; /* once: a division a digit costs more than all else here */
    const uint8_t *at = c->at;
    uint64_t value = 0;
    while (at < c->end && *at >= '0' && *at <= '9') {
        uint64_t digit = (uint64_t)(*at - '0');
        if (value >= tenth && (value > tenth || digit > last))
            return false;
        value = value * 10 + digit;
        at++;
    }
    if (at == c->at || (*c->at == '0' && at - c->at > 1))
        return false;
    c->at = at;
    *ret = value;
    return true;
}

bool span_decimal(span text, uint64_t max, uint64_t *ret)
{
    struct cursor c = cursor_open(text);
    uint64_t value;
    if (!cursor_decimal(&c, max, &value) || !cursor_done(&c))
        return false;
    *ret = value;
    return true;
}
