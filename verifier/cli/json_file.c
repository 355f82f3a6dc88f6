#include "json_file.h"
#include "files.h"
#include "output.h"

/* The text is strict JSON already. */
static span without_space(struct call *call, span json)
{
    struct buffer out = call_buffer(call, json.size);
    bool in_string = false;
    for (size_t i = 0; i < json.size; i++) {
        uint8_t c = json.data[i];
        if (in_string && c == '\\') {
            buffer_put(&out, span_of(json.data + i++, 2));
            continue;
        }
        in_string ^= c == '"';
        if (in_string || !memchr(" \t\r\n", c, 4))
            buffer_byte(&out, c);
    }
    return buffer_span(&out);
}

static int check(struct call *call, const char *path, span text, enum json_kind kind)
{
    struct json *j = call_memory(call, sizeof *j);
    struct buffer scratch = call_buffer(call, text.size + 1);
    csign_fault fault;
    json_open(j, text, JSON_FILE_DEPTH + 1, &scratch);
    enum json_kind got = json_kind(j);
    if (json_skip(j, NULL))
        (void)json_finish(j);
    csign_code code = json_code(j, CSIGN_E_MALFORMED_JSON, CSIGN_E_MALFORMED_JSON, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, REFUSED, code, &fault, path);
    if (kind == JSON_NOTHING ? got != JSON_OBJECT && got != JSON_ARRAY : got != kind)
        return fail(call, REFUSED, "write an object, in braces", "not a JSON object, %s", path);
    return DONE;
}

int json_file_read(struct call *call, const char *path, size_t max, enum json_kind kind, span *ret)
{
    span text;
    STEP(file_read(call, path, max, &text));
    STEP(check(call, path, text, kind));
    *ret = without_space(call, text);
    return DONE;
}

span json_name_before(span json, size_t offset)
{
    size_t end = offset < json.size ? offset : json.size;
    while (end > 0 && json.data[end - 1] != '"')
        end--;
    size_t from = end > 0 ? end - 1 : 0;
    while (from > 0 && json.data[from - 1] != '"')
        from--;
    return end > 0 ? span_of(json.data + from, end - 1 - from) : (span){NULL, 0};
}
