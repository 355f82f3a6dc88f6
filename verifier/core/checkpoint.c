#include "checkpoint.h"
#include "base64.h"
#include "cursor.h"

csign_code checkpoint_read(span text, struct checkpoint *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(text);
    span line;
    if (text.size > CHECKPOINT_MAX)
        return fault_set(fault, CSIGN_E_CHECKPOINT_MALFORMED, "", "too long");
    if (!cursor_line(&c, &ret->origin) || !note_name_is_valid(ret->origin))
        return fault_set(fault, CSIGN_E_CHECKPOINT_MALFORMED, "origin", "not the name of a log");
    size_t offset = cursor_offset(&c);
    if (!cursor_line(&c, &line) || !span_decimal(line, MERKLE_SIZE_MAX, &ret->size))
        return fault_at(fault, CSIGN_E_CHECKPOINT_MALFORMED, "size", "not a decimal number up to 2^63-1", offset);
    offset = cursor_offset(&c);
    if (!cursor_line(&c, &line) || !base64_exact(line, ret->root.bytes, sizeof ret->root.bytes))
        return fault_at(fault, CSIGN_E_CHECKPOINT_MALFORMED, "root", "not base64 of 32 bytes", offset);
    if (!merkle_root_fits(ret->size, &ret->root))
        return fault_at(fault, CSIGN_E_CHECKPOINT_MALFORMED, "root", "not the root of the empty tree", offset);
    if (!cursor_done(&c))
        return fault_at(fault, CSIGN_E_CHECKPOINT_MALFORMED, "extension", "lines behind the root", cursor_offset(&c));
    return CSIGN_OK;
}

csign_code checkpoint_note_size(span bytes, uint64_t max, struct buffer scratch, uint64_t *ret, csign_fault *fault)
{
    struct note note;
    struct checkpoint checkpoint;
    TRY(note_read(bytes, &scratch, &note, fault));
    TRY(checkpoint_read(note.text, &checkpoint, fault));
    if (checkpoint.size > max)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "size", "more leaves than are held in memory");
    *ret = checkpoint.size;
    return CSIGN_OK;
}

void checkpoint_write(struct buffer *out, const struct checkpoint *checkpoint)
{
    buffer_put(out, checkpoint->origin);
    buffer_byte(out, '\n');
    buffer_decimal(out, checkpoint->size);
    buffer_byte(out, '\n');
    base64_encode(out, span_of(checkpoint->root.bytes, sizeof checkpoint->root.bytes));
    buffer_byte(out, '\n');
}
