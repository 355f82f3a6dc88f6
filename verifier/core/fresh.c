#include "fresh.h"
#include "base64.h"
#include "cursor.h"

static csign_code malformed(csign_fault *fault, const char *field, const char *reason, const struct cursor *c)
{
    return fault_at(fault, CSIGN_E_CHECKPOINT_MALFORMED, field, reason, cursor_offset(c));
}

csign_code fresh_read(span text, struct fresh *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(text);
    span line;
    if (!cursor_literal(&c, SPAN("countersign/fresh/v1\n")))
        return malformed(fault, "", "not a fresh note", &c);
    if (!cursor_line(&c, &ret->origin) || !note_name_is_valid(ret->origin))
        return malformed(fault, "origin", "not the name of a log", &c);
    if (!cursor_line(&c, &line) || !span_decimal(line, MERKLE_SIZE_MAX, &ret->size))
        return malformed(fault, "size", "not a decimal number up to 2^63-1", &c);
    if (!cursor_line(&c, &line) || !base64_exact(line, ret->root.bytes, sizeof ret->root.bytes))
        return malformed(fault, "root", "not base64 of 32 bytes", &c);
    if (!merkle_root_fits(ret->size, &ret->root))
        return malformed(fault, "root", "not the root of the empty tree", &c);
    if (!cursor_line(&c, &line) || !base64url_exact(line, ret->nonce, sizeof ret->nonce))
        return malformed(fault, "nonce", "not base64url of 16 bytes", &c);
    return cursor_done(&c) ? CSIGN_OK : malformed(fault, "", "lines behind the nonce", &c);
}

void fresh_write(struct buffer *out, const struct fresh *fresh)
{
    buffer_text(out, "countersign/fresh/v1\n");
    buffer_put(out, fresh->origin);
    buffer_byte(out, '\n');
    buffer_decimal(out, fresh->size);
    buffer_byte(out, '\n');
    base64_encode(out, span_of(fresh->root.bytes, sizeof fresh->root.bytes));
    buffer_byte(out, '\n');
    base64url_encode(out, span_of(fresh->nonce, sizeof fresh->nonce));
    buffer_byte(out, '\n');
}
