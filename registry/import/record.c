#include "record.h"

void records_open(struct records *r, bool quotes, void *memory)
{
    *r = (struct records){.buffer = buffer_open(memory, RECORD_MAX), .quotes = quotes, .here = 1};
}

static void give(struct records *r, bool cut, struct record *ret)
{
    span text = buffer_span(&r->buffer);
    if (text.size && !cut && text.data[text.size - 1] == '\r')
        text.size--;
    *ret = (struct record){.text = text, .line = r->line, .too_long = r->too_long, .cut = cut, .unclosed = cut && r->in_quotes};
    r->started = r->too_long = r->in_quotes = false;
}

/* What of `bytes` belongs to the record: up to its line break, or all. */
static size_t reach(struct records *r, span bytes, bool *ret_ends)
{
    if (!r->quotes) {
        const uint8_t *at = memchr(bytes.data, '\n', bytes.size);
        *ret_ends = at != NULL;
        return at ? (size_t)(at - bytes.data) : bytes.size;
    }
    for (size_t i = 0; i < bytes.size; i++) {
        const uint8_t c = bytes.data[i];
        const bool is_quote = c == '"', was_in_quotes = r->in_quotes;
        if (c == '\n' && !r->in_quotes) {
            *ret_ends = true;
            return i;
        }
        r->here += c == '\n';
        if (is_quote)
            r->in_quotes = !r->in_quotes && (r->at_field || r->behind_quote);
        r->behind_quote = is_quote && was_in_quotes;
        r->at_field = c == ',' && !r->in_quotes;
    }
    *ret_ends = false;
    return bytes.size;
}

static void keep(struct records *r, span bytes)
{
    size_t room = r->buffer.capacity - r->buffer.size;
    if (bytes.size > room) {
        r->too_long = true;
        bytes.size = room;
    }
    buffer_put(&r->buffer, bytes);
}

static bool is_empty(span text)
{
    return text.size == 0 || (text.size == 1 && text.data[0] == '\r');
}

bool records_next(struct records *r, span *bytes, bool end, struct record *ret)
{
    while (bytes->size) {
        bool ends;
        if (!r->started) {
            r->buffer.size = 0;
            r->line = r->here;
            r->started = r->at_field = true;
            r->behind_quote = false;
        }
        size_t size = reach(r, *bytes, &ends);
        keep(r, span_of(bytes->data, size));
        *bytes = span_of(bytes->data + size + ends, bytes->size - size - ends);
        if (!ends)
            continue;
        r->here++;
        if (is_empty(buffer_span(&r->buffer))) {
            r->started = false;
            continue;
        }
        give(r, false, ret);
        return true;
    }
    if (!end || !r->started)
        return false;
    bool is_record = !is_empty(buffer_span(&r->buffer));
    give(r, true, ret);
    return is_record;
}
