#include "json_words.h"
#include "cursor.h"
#include "date.h"
#include "plain.h"

static bool is_one_of(const char *const *names, size_t count, span name)
{
    for (size_t i = 0; i < count; i++)
        if (span_equal(span_text(names[i]), name))
            return true;
    return false;
}

/* A number is a time by its member's name: PROTOCOL 5. */
static void put_number(struct buffer *out, span name, span digits)
{
    static const char *const seconds[] = {"effective", "until", "confirm_by", "valid_until", "decided", "reported", "from", "to",
                                          "expires_at"};
    uint64_t value;
    bool is_ms = span_ends(name, SPAN("_ms"));
    if (!span_decimal(digits, INT64_MAX, &value) || !(is_ms || is_one_of(seconds, sizeof seconds / sizeof *seconds, name)))
        buffer_put(out, digits);
    else if (is_ms && value == INT64_MAX)
        buffer_text(out, "any time to come");
    else
        time_write(out, (int64_t)(is_ms ? value / 1000 : value));
}

/* A line end, as stands in a text of somebody's own words or between tool and model, is shown as a stroke. */
static void put_text(struct buffer *out, span text)
{
    for (struct cursor c = cursor_open(text); !cursor_done(&c);) {
        span line;
        bool more = cursor_line(&c, &line);
        plain_write(out, more ? line : cursor_rest(&c));
        if (!more)
            break;
        buffer_text(out, " / ");
    }
}

static bool put_list(struct json *j, struct buffer *out, span name)
{
    bool first = true;
    if (!json_array(j))
        return false;
    while (json_element(j)) {
        buffer_text(out, first ? "" : json_kind(j) == JSON_OBJECT ? "; " : ", ");
        first = false;
        if (!json_words(j, out, name))
            return false;
    }
    buffer_text(out, first ? "none" : "");
    return j->failure == JSON_FINE;
}

static bool put_object(struct json *j, struct buffer *out)
{
    span name;
    bool first = true;
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        buffer_text(out, first ? "" : ", ");
        plain_write(out, name);
        buffer_byte(out, ' ');
        first = false;
        if (!json_words(j, out, name))
            return false;
    }
    return j->failure == JSON_FINE;
}

bool json_words(struct json *j, struct buffer *out, span name)
{
    span text;
    bool flag;
    switch (json_kind(j)) {
    case JSON_STRING:
        if (!json_string(j, &text))
            return false;
        put_text(out, text);
        return true;
    case JSON_NUMBER:
        if (!json_number(j, &text))
            return false;
        put_number(out, name, text);
        return true;
    case JSON_BOOL:
        if (!json_bool(j, &flag))
            return false;
        buffer_text(out, flag ? "yes" : "no");
        return true;
    case JSON_ARRAY:
        return put_list(j, out, name);
    case JSON_OBJECT:
        return put_object(j, out);
    default:
        buffer_text(out, "null");
        return json_null(j);
    }
}
