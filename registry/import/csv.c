#include "csv.h"

static bool no(const char **ret_reason, const char *reason)
{
    *ret_reason = reason;
    return false;
}

static span trimmed(span text)
{
    while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = span_of(text.data + 1, text.size - 1);
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* From behind the opening quote; *at ends behind the closing one. */
static bool read_quoted(span record, size_t *at, struct buffer *scratch, span *ret)
{
    size_t from = *at, mark = scratch->size;
    bool copied = false;
    for (;; ++*at) {
        if (*at == record.size)
            return false;
        if (record.data[*at] != '"')
            continue;
        bool doubled = *at + 1 < record.size && record.data[*at + 1] == '"';
        if (!doubled && !copied) {
            *ret = span_of(record.data + from, *at - from);
            break;
        }
        buffer_put(scratch, span_of(record.data + from, *at - from + doubled));
        copied = true;
        if (!doubled) {
            *ret = buffer_since(scratch, mark);
            break;
        }
        ++*at;
        from = *at + 1;
    }
    ++*at;
    return true;
}

bool csv_read(span record, struct buffer *scratch, span fields[CSV_FIELDS_MAX], size_t *ret_count, const char **ret_reason)
{
    size_t at = 0;
    *ret_count = 0;
    for (;;) {
        span field;
        if (*ret_count == CSV_FIELDS_MAX)
            return no(ret_reason, "more than 400 fields");
        if (at < record.size && record.data[at] == '"') {
            at++;
            if (!read_quoted(record, &at, scratch, &field))
                return no(ret_reason, "a quote is not closed");
            if (at < record.size && record.data[at] != ',')
                return no(ret_reason, "text behind a closing quote");
        } else {
            const uint8_t *comma = at < record.size ? memchr(record.data + at, ',', record.size - at) : NULL;
            size_t end = comma ? (size_t)(comma - record.data) : record.size;
            field = span_of(record.data + at, end - at);
            if (memchr(field.data, '"', field.size))
                return no(ret_reason, "a quote within a field that is not quoted");
            at = end;
        }
        fields[(*ret_count)++] = trimmed(field);
        if (at == record.size)
            break;
        at++; /* the comma; behind the last one there is an empty field */
    }
    return scratch->overflow ? no(ret_reason, "too long") : true;
}
