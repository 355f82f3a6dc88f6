#include "receipt_batch.h"
#include "base64.h"
#include "cursor.h"

static csign_code malformed(csign_fault *fault, const char *field, const char *reason, const struct cursor *c)
{
    return fault_at(fault, CSIGN_E_RECEIPT_MALFORMED, field, reason, cursor_offset(c));
}

static bool read_hash(struct cursor *c, uint8_t ret[CSIGN_HASH_SIZE])
{
    span line;
    return cursor_line(c, &line) && base64_exact(line, ret, CSIGN_HASH_SIZE);
}

static void write_hash(struct buffer *out, const uint8_t hash[CSIGN_HASH_SIZE])
{
    base64_encode(out, span_of(hash, CSIGN_HASH_SIZE));
    buffer_byte(out, '\n');
}

static csign_code read_deployment(struct cursor *c, span *ret, csign_fault *fault)
{
    return cursor_line(c, ret) && text_is_id(*ret) ? CSIGN_OK : malformed(fault, "deployment", "not an id", c);
}

csign_code receipt_batch_read(span text, struct receipt_batch *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(text);
    uint64_t count;
    uint8_t head[CSIGN_HASH_SIZE];
    span line;
    if (text.size > RECEIPT_BATCH_MAX)
        return malformed(fault, "", "too long", &c);
    if (!cursor_literal(&c, SPAN("countersign/receipts/v1\n")))
        return malformed(fault, "", "not a batch of receipts", &c);
    TRY(read_deployment(&c, &ret->deployment, fault));
    if (!cursor_decimal(&c, INT64_MAX, &ret->first) || ret->first == 0 || !cursor_literal(&c, SPAN(" ")))
        return malformed(fault, "first", "not a number from 1 and a space", &c);
    if (!cursor_decimal(&c, RECEIPT_BATCH_LINES, &count) || !cursor_literal(&c, SPAN("\n")))
        return malformed(fault, "count", "not 0 to 1000 and the end of the line", &c);
    if (count > INT64_MAX - ret->first)
        return malformed(fault, "first", "the numbers would end above 2^63-1", &c);
    if (!read_hash(&c, ret->before))
        return malformed(fault, "before", "not base64 of 32 bytes", &c);

    memcpy(head, ret->before, sizeof head);
    const uint8_t *from = c.at;
    for (uint64_t i = 0; i < count; i++) {
        if (!cursor_line(&c, &line) || line.size == 0 || line.size > RECEIPT_MAX)
            return malformed(fault, "line", "missing, empty or too long", &c);
        receipt_head_next(head, ret->first + i, line);
    }
    ret->lines = span_of(from, (size_t)(c.at - from));
    ret->count = (size_t)count;
    if (!read_hash(&c, ret->after))
        return malformed(fault, "after", "not base64 of 32 bytes", &c);
    if (memcmp(head, ret->after, sizeof head) != 0)
        return malformed(fault, "after", "not where the lines lead", &c);
    return cursor_done(&c) ? CSIGN_OK : malformed(fault, "", "lines behind the head", &c);
}

void receipt_batch_write(struct buffer *out, struct receipt_batch *batch)
{
    struct cursor c = cursor_open(batch->lines);
    span line;
    memcpy(batch->after, batch->before, sizeof batch->after);
    for (uint64_t seq = batch->first; cursor_line(&c, &line); seq++)
        receipt_head_next(batch->after, seq, line);

    buffer_text(out, "countersign/receipts/v1\n");
    buffer_put(out, batch->deployment);
    buffer_byte(out, '\n');
    buffer_decimal(out, batch->first);
    buffer_byte(out, ' ');
    buffer_decimal(out, batch->count);
    buffer_byte(out, '\n');
    write_hash(out, batch->before);
    buffer_put(out, batch->lines);
    write_hash(out, batch->after);
}

csign_code receipt_ack_read(span text, struct receipt_ack *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(text);
    span line;
    if (!cursor_literal(&c, SPAN("countersign/receipts-ack/v1\n")))
        return malformed(fault, "", "not an acknowledgement of receipts", &c);
    TRY(read_deployment(&c, &ret->deployment, fault));
    if (!cursor_line(&c, &line) || !span_decimal(line, INT64_MAX, &ret->next) || ret->next == 0)
        return malformed(fault, "next", "not a number from 1", &c);
    if (!read_hash(&c, ret->head))
        return malformed(fault, "head", "not base64 of 32 bytes", &c);
    return cursor_done(&c) ? CSIGN_OK : malformed(fault, "", "lines behind the head", &c);
}

void receipt_ack_write(struct buffer *out, const struct receipt_ack *ack)
{
    buffer_text(out, "countersign/receipts-ack/v1\n");
    buffer_put(out, ack->deployment);
    buffer_byte(out, '\n');
    buffer_decimal(out, ack->next);
    buffer_byte(out, '\n');
    write_hash(out, ack->head);
}
