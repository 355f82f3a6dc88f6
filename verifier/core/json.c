#include "json.h"
#include "cursor.h"
#include "utf8.h"

static bool fail(struct json *j, enum json_failure failure, const char *reason)
{
    if (j->failure == JSON_FINE) {
        j->failure = failure;
        j->reason = reason;
    }
    return false;
}

bool json_fail(struct json *j, const char *field, const char *reason)
{
    if (j->failure == JSON_FINE)
        j->field = field;
    return fail(j, JSON_SCHEMA, reason);
}

void json_open(struct json *j, span text, unsigned depth_max, struct buffer *scratch)
{
    j->start = j->at = text.data;
    j->end = text.data ? text.data + text.size : text.data;
    j->scratch = scratch;
    j->depth = 0;
    j->depth_max = depth_max < JSON_DEPTH_MAX ? depth_max : JSON_DEPTH_MAX;
    j->first = false;
    j->failure = JSON_FINE;
    j->field = j->reason = "";
    j->key_count = 0;
}

static void skip_space(struct json *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\r' || *j->at == '\t'))
        j->at++;
}

bool json_finish(struct json *j)
{
    if (j->failure != JSON_FINE)
        return false;
    skip_space(j);
    return j->at == j->end || fail(j, JSON_SYNTAX, "bytes after the value");
}

csign_code json_code(const struct json *j, csign_code syntax, csign_code schema, csign_fault *fault)
{
    static const char *const no_space = "too many or too long escaped strings, or too many names";
    size_t offset = (size_t)(j->at - j->start);
    switch (j->failure) {
    case JSON_FINE:
        return CSIGN_OK;
    case JSON_SYNTAX:
        return fault_at(fault, syntax, j->field, j->reason, offset);
    case JSON_SCHEMA:
        return fault_at(fault, schema, j->field, j->reason, offset);
    case JSON_SPACE:
        break;
    }
    return fault_at(fault, CSIGN_E_NO_SPACE, j->field, no_space, offset);
}

/* --- strings --- */

static bool hex4(const uint8_t *at, const uint8_t *end, unsigned *ret)
{
    unsigned value = 0;
    if (end - at < 4)
        return false;
    for (unsigned i = 0; i < 4; i++) {
        unsigned c = at[i];
        if (c >= '0' && c <= '9')
            value = value << 4 | (c - '0');
        else if ((c | 0x20u) >= 'a' && (c | 0x20u) <= 'f')
            value = value << 4 | ((c | 0x20u) - 'a' + 10);
        else
            return false;
    }
    *ret = value;
    return true;
}

/*
 * The escape at `at`, which is a backslash: its length, or 0 if it is none; *ret is the character. A pair of
 * surrogates is one escape; half a pair and U+0000 are none.
 */
static unsigned escape_read(const uint8_t *at, const uint8_t *end, uint32_t *ret)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (end - at < 2)
        return 0;
    if (at[1] != 'u') {
        const char *name = at[1] ? strchr(names, at[1]) : NULL;
        if (!name)
            return 0;
        *ret = (uint8_t)values[name - names];
        return 2;
    }
    unsigned high, low;
    if (!hex4(at + 2, end, &high) || high == 0 || (high >= 0xDC00u && high <= 0xDFFFu))
        return 0;
    *ret = high;
    if (high < 0xD800u || high > 0xDBFFu)
        return 6;
    if (end - at < 12 || at[6] != '\\' || at[7] != 'u' || !hex4(at + 8, end, &low) || low < 0xDC00u || low > 0xDFFFu)
        return 0;
    *ret = 0x10000u + ((high - 0xD800u) << 10) + (low - 0xDC00u);
    return 12;
}

/*
 * Marks, in the top bit of its byte, what ends a run of plain characters among eight: a control, '"', '\' or one above 0x7F. The first
 * mark is true; a borrow may set others behind it. The first of the eight is the lowest byte.
 */
static uint64_t word_stops(const uint8_t *at)
{
    const uint64_t w = (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 |
                       (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t quote = w ^ ones * '"', backslash = w ^ ones * '\\';
    return (w | (w - ones * 0x20u) | (quote - ones) | (backslash - ones)) & ones * 0x80u;
}

/* How many bytes stand before the first mark: each has a bit below it, and the product adds them up in its top byte. */
static size_t first_stop(uint64_t stops)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    return (size_t)((((stops & (0 - stops)) - 1) & ones) * ones >> 56) - 1;
}

/* Where a run of plain characters ends. */
static const uint8_t *skip_plain(const uint8_t *at, const uint8_t *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t stops = word_stops(at);
        if (stops)
            return at + first_stop(stops);
    }
    while (at < end && *at >= 0x20u && *at < 0x80u && *at != '"' && *at != '\\')
        at++;
    return at;
}

static size_t utf8_write(uint8_t *to, unsigned c)
{
    if (c < 0x80u) {
        to[0] = (uint8_t)c;
        return 1;
    }
    size_t size = c < 0x800u ? 2 : c < 0x10000u ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xC0u, 0xE0u, 0xF0u};
    for (size_t i = size - 1; i > 0; i--, c >>= 6)
        to[i] = (uint8_t)(0x80u | (c & 0x3Fu));
    to[0] = (uint8_t)(leads[size] | c);
    return size;
}

/* Replaces the view of a scanned string by one of its characters, in scratch: they are never longer. */
static bool unescape(struct json *j, span *text)
{
    const uint8_t *at = text->data, *end = at + text->size;
    uint8_t *room = j->scratch ? buffer_room(j->scratch, text->size) : NULL, *to = room;
    if (!room)
        return fail(j, JSON_SPACE, "");
    while (at < end) {
        uint32_t character;
        unsigned size = *at == '\\' ? escape_read(at, end, &character) : 0;
        if (size) {
            to += utf8_write(to, character);
            at += size;
        } else {
            *to++ = *at++;
        }
    }
    size_t size = (size_t)(to - room);
    j->scratch->size -= text->size - size;
    *text = span_of(room, size);
    return true;
}

/* Reads a string whose opening quote was seen. Its escapes stay as they are written, or *ret becomes what they stand for. */
static bool scan_string(struct json *j, bool as_written, span *ret)
{
    const uint8_t *at = j->at + 1, *begin = at, *end = j->end;
    bool escaped = false;
    while ((at = skip_plain(at, end)) < end && *at != '"') {
        uint32_t character;
        unsigned size = *at == '\\' ? escape_read(at, end, &character) : 0;
        if (*at == '\\')
            escaped = true;
        else if (*at >= 0x80u)
            size = utf8_read(at, end, &character);
        if (size == 0) {
            j->at = at;
            return fail(j, JSON_SYNTAX, *at == '\\'    ? "an escape is none of JSON's, half a pair or U+0000"
                                        : *at < 0x20u ? "a control character in a string"
                                                      : "a string is not UTF-8");
        }
        at += size;
    }
    if (at == end) {
        j->at = at;
        return fail(j, JSON_SYNTAX, "a string does not end");
    }
    *ret = span_of(begin, (size_t)(at - begin));
    j->at = at + 1;
    return !escaped || as_written || unescape(j, ret);
}

/* The same of nearly all strings, which are plain from quote to quote. */
static bool read_string(struct json *j, span *ret)
{
    const uint8_t *begin = j->at + 1, *at = skip_plain(begin, j->end);
    if (at == j->end || *at != '"')
        return scan_string(j, false, ret);
    /* Into *ret at once: a copy of a span that was just stored in two halves waits for both. */
    *ret = span_of(begin, (size_t)(at - begin));
    j->at = at + 1;
    return true;
}

static bool expect(struct json *j, uint8_t first, const char *reason)
{
    if (j->failure != JSON_FINE)
        return false;
    skip_space(j);
    if (j->at < j->end && *j->at == first)
        return true;
    return json_kind(j) == JSON_NOTHING ? false : fail(j, JSON_SCHEMA, reason);
}

bool json_string(struct json *j, span *ret)
{
    return expect(j, '"', "not a string") && read_string(j, ret);
}

/* --- other scalars --- */

enum json_kind json_kind(struct json *j)
{
    if (j->failure != JSON_FINE)
        return JSON_NOTHING;
    skip_space(j);
    if (j->at < j->end)
        switch (*j->at) {
        case '{':
            return JSON_OBJECT;
        case '[':
            return JSON_ARRAY;
        case '"':
            return JSON_STRING;
        case 't':
        case 'f':
            return JSON_BOOL;
        case 'n':
            return JSON_NULL;
        default:
            if (*j->at == '-' || (*j->at >= '0' && *j->at <= '9'))
                return JSON_NUMBER;
        }
    fail(j, JSON_SYNTAX, j->at < j->end ? "no value starts so" : "the text ends where a value is due");
    return JSON_NOTHING;
}

static bool take_word(struct json *j, span word)
{
    if (!span_starts(span_of(j->at, (size_t)(j->end - j->at)), word))
        return fail(j, JSON_SYNTAX, "a word that is not true, false or null");
    j->at += word.size;
    return true;
}

bool json_bool(struct json *j, bool *ret)
{
    enum json_kind kind = json_kind(j);
    if (kind != JSON_BOOL)
        return kind == JSON_NOTHING ? false : fail(j, JSON_SCHEMA, "not true or false");
    bool value = *j->at == 't';
    if (!take_word(j, value ? SPAN("true") : SPAN("false")))
        return false;
    *ret = value;
    return true;
}

bool json_null(struct json *j)
{
    return expect(j, 'n', "not null") && take_word(j, SPAN("null"));
}

static bool take_digits(struct json *j)
{
    const uint8_t *from = j->at;
    while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
        j->at++;
    return j->at > from || fail(j, JSON_SYNTAX, "a digit is due");
}

static bool take_if(struct json *j, uint8_t byte)
{
    if (j->at == j->end || *j->at != byte)
        return false;
    j->at++;
    return true;
}

bool json_number(struct json *j, span *ret)
{
    enum json_kind kind = json_kind(j);
    if (kind != JSON_NUMBER)
        return kind == JSON_NOTHING ? false : fail(j, JSON_SCHEMA, "not a number");
    const uint8_t *from = j->at;
    take_if(j, '-');
    if (!take_if(j, '0') && !take_digits(j))
        return false;
    if (take_if(j, '.') && !take_digits(j))
        return false;
    if (take_if(j, 'e') || take_if(j, 'E')) {
        if (!take_if(j, '+'))
            take_if(j, '-');
        if (!take_digits(j))
            return false;
    }
    if (j->at < j->end && ((*j->at >= '0' && *j->at <= '9') || *j->at == '.'))
        return fail(j, JSON_SYNTAX, "a number is not JSON's");
    *ret = span_of(from, (size_t)(j->at - from));
    return true;
}

bool json_integer(struct json *j, uint64_t max, uint64_t *ret)
{
    const enum json_kind kind = json_kind(j);
    struct cursor c = {j->start, j->at, j->end};
    uint64_t value;
    span text;
    /* Nearly all are read at once; whatever else stands there must be a number before it can be a wrong one. */
    if (kind == JSON_NUMBER && cursor_decimal(&c, max, &value) &&
        (cursor_done(&c) || (*c.at != '.' && *c.at != 'e' && *c.at != 'E'))) {
        j->at = c.at;
        *ret = value;
        return true;
    }
    if (!json_number(j, &text))
        return false;
    return span_decimal(text, max, ret) || fail(j, JSON_SCHEMA, "not a whole number in its range");
}

/* --- containers --- */

static bool enter(struct json *j)
{
    if (j->depth == j->depth_max)
        return fail(j, JSON_SYNTAX, "nested too deeply");
    j->at++;
    j->key_base[++j->depth] = (uint16_t)j->key_count;
    j->first = true;
    return true;
}

static bool leave(struct json *j)
{
    j->at++;
    j->key_count = j->key_base[j->depth--];
    j->first = false;
    return false;
}

bool json_object(struct json *j)
{
    return expect(j, '{', "not an object") && enter(j);
}

bool json_array(struct json *j)
{
    return expect(j, '[', "not an array") && enter(j);
}

/* Stands before the next item of the innermost container; false at its end, or on failure. */
static bool next_item(struct json *j, uint8_t close)
{
    if (j->failure != JSON_FINE)
        return false;
    skip_space(j);
    if (j->at < j->end && *j->at == close)
        return leave(j);
    if (j->first) {
        j->first = false;
        return true;
    }
    if (j->at == j->end || *j->at != ',')
        return fail(j, JSON_SYNTAX, "a comma or the end of the container is due");
    j->at++;
    skip_space(j);
    return true;
}

bool json_element(struct json *j)
{
    return next_item(j, ']');
}

bool json_member_unremembered(struct json *j, span *ret_name)
{
    if (!next_item(j, '}'))
        return false;
    if (j->at == j->end || *j->at != '"')
        return fail(j, JSON_SYNTAX, "a member's name is due");
    if (!read_string(j, ret_name))
        return false;
    skip_space(j);
    if (j->at == j->end || *j->at != ':')
        return fail(j, JSON_SYNTAX, "a colon is due");
    j->at++;
    return true;
}

bool json_remember(struct json *j, span name)
{
    for (unsigned i = j->key_base[j->depth]; i < j->key_count; i++)
        if (span_equal(j->keys[i], name))
            return fail(j, JSON_SYNTAX, "a name stands twice in one object");
    if (j->key_count == JSON_KEYS_MAX)
        return fail(j, JSON_SPACE, "");
    j->keys[j->key_count++] = name;
    return true;
}

bool json_member(struct json *j, span *ret_name)
{
    span name;
    if (!json_member_unremembered(j, &name) || !json_remember(j, name))
        return false;
    *ret_name = name;
    return true;
}

static bool skip_value(struct json *j, enum json_kind kind)
{
    span text;
    bool flag;
    switch (kind) {
    case JSON_NULL:
        return json_null(j);
    case JSON_BOOL:
        return json_bool(j, &flag);
    case JSON_NUMBER:
        return json_number(j, &text);
    case JSON_STRING:
        return scan_string(j, true, &text);
    case JSON_ARRAY:
        if (!json_array(j))
            return false;
        while (json_element(j))
            if (!skip_value(j, json_kind(j))) /* recursion bounded by depth_max */
                return false;
        return j->failure == JSON_FINE;
    case JSON_OBJECT:
        if (!json_object(j))
            return false;
        while (json_member(j, &text))
            if (!skip_value(j, json_kind(j)))
                return false;
        return j->failure == JSON_FINE;
    case JSON_NOTHING:
        break;
    }
    return false;
}

bool json_skip(struct json *j, span *ret)
{
    const enum json_kind kind = json_kind(j);
    const uint8_t *from = j->at;
    if (!skip_value(j, kind))
        return false;
    if (ret)
        *ret = span_of(from, (size_t)(j->at - from));
    return true;
}
