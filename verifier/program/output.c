#include "output.h"
#include "json_write.h"
#include "plain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define LINE_MAX_SIZE 8192u

/* One error, as a line or as an object. `code` and `field` may be NULL. */
static void report(const struct call *call, const char *code, const char *field, const char *what, const char *fix)
{
    uint8_t memory[4 * LINE_MAX_SIZE];
    struct buffer out = buffer_open(memory, sizeof memory);
    if (call->json) {
        struct json_out o = json_out(&out);
        json_put_object(&o);
        json_put_name(&o, "error");
        json_put_object(&o);
        json_put_text_member(&o, "verb", span_text(call->verb));
        if (code)
            json_put_text_member(&o, "code", span_text(code));
        if (field && field[0])
            json_put_text_member(&o, "field", span_text(field));
        json_put_text_member(&o, "what", span_text(what));
        json_put_text_member(&o, "fix", span_text(fix));
        json_end_object(&o);
        json_end_object(&o);
    } else {
        buffer_text(&out, call->program);
        buffer_text(&out, call->verb[0] ? " " : "");
        buffer_text(&out, call->verb);
        buffer_text(&out, ": ");
        plain_write(&out, span_text(what));
        buffer_text(&out, ": ");
        buffer_text(&out, fix);
    }
    fprintf(stderr, "%.*s\n", (int)out.size, (const char *)out.data);
}

int fail(const struct call *call, int exit_code, const char *fix, const char *format, ...)
{
    char what[LINE_MAX_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    report(call, NULL, NULL, what, fix);
    return exit_code;
}

int fail_code(const struct call *call, int exit_code, csign_code code, const csign_fault *fault, const char *where)
{
    return fail_code_fix(call, exit_code, code, fault, where, csign_code_fix(code));
}

int fail_code_fix(const struct call *call, int exit_code, csign_code code, const csign_fault *fault, const char *where, const char *fix)
{
    static const csign_fault none = {CSIGN_OK, "", "", 0};
    char what[LINE_MAX_SIZE];
    const csign_fault *f = fault && fault->code == code ? fault : &none;
    const char *name = csign_code_name(code);
    snprintf(what, sizeof what, "%s%s%s, %s%s%s", name ? name : "internal", f->reason[0] ? ": " : "", f->reason, f->field,
             f->field[0] ? " in " : "", where);
    report(call, name, f->field, what, fix ? fix : "report this");
    return exit_code;
}

/* A line, or its beginning. */
#define LINE_SHOWN 120u

int fail_in_text(struct call *call, int exit_code, csign_code code, const csign_fault *fault, const char *path, span text)
{
    if (fault->offset == 0 || fault->offset > text.size)
        return fail_code(call, exit_code, code, fault, path);
    csign_fault named = *fault;
    size_t number = 1;
    span line = span_of(text.data + fault->offset, text.size - fault->offset);
    for (size_t i = 0; i < fault->offset; i++)
        number += text.data[i] == '\n';
    const uint8_t *end = line.size ? memchr(line.data, '\n', line.size) : NULL;
    line.size = end ? (size_t)(end - line.data) : line.size;
    if (line.size == 0)
        return fail_code(call, exit_code, code, fault, call_format(call, "%s:%zu", path, number));
    if (!named.field[0]) { /* nobody knows the line: its first word */
        const uint8_t *space = memchr(line.data, ' ', line.size);
        named.field = plain(call, span_of(line.data, space ? (size_t)(space - line.data) : line.size));
    }
    const char *more = line.size > LINE_SHOWN ? "…" : "";
    line.size = line.size > LINE_SHOWN ? LINE_SHOWN : line.size;
    return fail_code(call, exit_code, code, &named, call_format(call, "%s:%zu, `%s%s`", path, number, plain(call, line), more));
}

int fail_system(const struct call *call, const char *what, const char *path, const char *fix)
{
    return fail(call, CANNOT, fix, "%s, %s: %s", what, path, strerror(errno));
}

int put_out(const struct call *call, span text)
{
    if ((text.size && fwrite(text.data, 1, text.size, stdout) != text.size) || fflush(stdout) != 0)
        return fail_system(call, "cannot write", "standard output", "free the disk or the pipe that it goes to");
    return DONE;
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

const char *plain(struct call *call, span text)
{
    struct buffer out = call_buffer(call, text.size + 1);
    plain_write(&out, text);
    return (const char *)out.data;
}

const char *plain_lines(struct call *call, span text)
{
    struct buffer out = call_buffer(call, text.size + 1);
    for (size_t at = 0; at < text.size;) {
        const uint8_t *end = memchr(text.data + at, '\n', text.size - at);
        size_t size = end ? (size_t)(end - text.data) - at : text.size - at;
        plain_write(&out, span_of(text.data + at, size));
        if (end)
            buffer_byte(&out, '\n');
        at += size + 1;
    }
    return (const char *)out.data;
}
