#include "json_write.h"
#include "base64.h"

static void separate(struct json_out *o)
{
    if (o->comma)
        buffer_byte(o->to, ',');
    o->comma = true;
}

static void open_with(struct json_out *o, uint8_t bracket)
{
    separate(o);
    buffer_byte(o->to, bracket);
    o->comma = false;
}

static void close_with(struct json_out *o, uint8_t bracket)
{
    buffer_byte(o->to, bracket);
    o->comma = true;
}

void json_put_object(struct json_out *o)
{
    open_with(o, '{');
}

void json_end_object(struct json_out *o)
{
    close_with(o, '}');
}

void json_put_array(struct json_out *o)
{
    open_with(o, '[');
}

void json_end_array(struct json_out *o)
{
    close_with(o, ']');
}

void json_put_name(struct json_out *o, const char *name)
{
    separate(o);
    buffer_byte(o->to, '"');
    buffer_text(o->to, name);
    buffer_put(o->to, SPAN("\":"));
    o->comma = false;
}

static bool is_plain(uint8_t c)
{
    return c >= 0x20u && c != '"' && c != '\\';
}

static void put_escaped(struct buffer *to, uint8_t c)
{
    static const char hex[] = "0123456789abcdef";
    const char *name = c ? strchr("\"\"\\\\\bb\ff\nn\rr\tt", c) : NULL;
    if (name) {
        buffer_byte(to, '\\');
        buffer_byte(to, (uint8_t)name[1]);
    } else {
        buffer_put(to, SPAN("\\u00"));
        buffer_byte(to, (uint8_t)hex[c >> 4]);
        buffer_byte(to, (uint8_t)hex[c & 15]);
    }
}

void json_put_text(struct json_out *o, span text)
{
    separate(o);
    buffer_byte(o->to, '"');
    for (size_t at = 0; at < text.size;) {
        size_t end = at;
        while (end < text.size && is_plain(text.data[end]))
            end++;
        buffer_put(o->to, span_of(text.data + at, end - at));
        if (end < text.size)
            put_escaped(o->to, text.data[end++]);
        at = end;
    }
    buffer_byte(o->to, '"');
}

void json_put_integer(struct json_out *o, uint64_t value)
{
    separate(o);
    buffer_decimal(o->to, value);
}

void json_put_bool(struct json_out *o, bool value)
{
    separate(o);
    buffer_text(o->to, value ? "true" : "false");
}

void json_put_base64url(struct json_out *o, span bytes)
{
    separate(o);
    buffer_byte(o->to, '"');
    base64url_encode(o->to, bytes);
    buffer_byte(o->to, '"');
}

void json_put_raw(struct json_out *o, span json)
{
    separate(o);
    buffer_put(o->to, json);
}

void json_put_text_member(struct json_out *o, const char *name, span text)
{
    json_put_name(o, name);
    json_put_text(o, text);
}

void json_put_integer_member(struct json_out *o, const char *name, uint64_t value)
{
    json_put_name(o, name);
    json_put_integer(o, value);
}

void json_put_bool_member(struct json_out *o, const char *name, bool value)
{
    json_put_name(o, name);
    json_put_bool(o, value);
}

void json_put_base64url_member(struct json_out *o, const char *name, span bytes)
{
    json_put_name(o, name);
    json_put_base64url(o, bytes);
}
