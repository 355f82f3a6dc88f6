#include "event.h"
#include "base64.h"
#include "checkpoint.h"
#include "cursor.h"

static csign_code malformed(csign_fault *fault, const char *field, const char *reason, const struct cursor *c)
{
    return fault_at(fault, CSIGN_E_LEAF_MALFORMED, field, reason, cursor_offset(c));
}

csign_code event_read(span bytes, struct buffer *scratch, struct event *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(bytes);
    uint64_t count;
    span line;
    if (!cursor_decimal(&c, MERKLE_SIZE_MAX, &ret->first) || !cursor_literal(&c, SPAN(" ")))
        return malformed(fault, "first", "not a decimal number and a space", &c);
    if (!cursor_decimal(&c, EVENT_LEAVES_MAX, &count) || count == 0 || !cursor_literal(&c, SPAN("\n")))
        return malformed(fault, "count", "not 1 to 1024 and the end of the line", &c);
    if (count > MERKLE_SIZE_MAX - ret->first)
        return malformed(fault, "first", "the log would be larger than 2^63-1", &c);

    uint8_t *leaves = buffer_room(scratch, (size_t)count * LEAF_SIZE);
    if (!leaves)
        return fault_at(fault, CSIGN_E_NO_SPACE, "leaf", "no room for the leaves", cursor_offset(&c));
    for (size_t i = 0; i < count; i++)
        if (!cursor_line(&c, &line) || !base64_exact(line, leaves + i * LEAF_SIZE, LEAF_SIZE))
            return malformed(fault, "leaf", "not base64 of 48 bytes", &c);
    if (!cursor_literal(&c, SPAN("\n")))
        return malformed(fault, "count", "more lines than it says", &c);
    if (cursor_done(&c) || cursor_left(&c) > CHECKPOINT_MAX)
        return malformed(fault, "checkpoint", "missing or too long", &c);
    ret->count = (size_t)count;
    ret->leaves = leaves;
    ret->checkpoint = cursor_rest(&c);
    return CSIGN_OK;
}

void event_write(struct buffer *out, uint64_t first, size_t count, const uint8_t *leaves, span checkpoint)
{
    buffer_decimal(out, first);
    buffer_byte(out, ' ');
    buffer_decimal(out, count);
    buffer_byte(out, '\n');
    for (size_t i = 0; i < count; i++) {
        base64_encode(out, span_of(leaves + i * LEAF_SIZE, LEAF_SIZE));
        buffer_byte(out, '\n');
    }
    buffer_byte(out, '\n');
    buffer_put(out, checkpoint);
}
