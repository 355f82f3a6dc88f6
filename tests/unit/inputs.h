/*
 * Inputs for tests of formats: texts at the end of a page, texts with one fault, and the walk over every member
 * of a closed object, each left out, null, of another type and twice.
 */
#ifndef TESTS_INPUTS_H
#define TESTS_INPUTS_H

#include "fault.h"
#include "json.h"
#include "page_end.h"

#include <stdio.h>

#define INPUT_MAX (1u << 19)

/* The text with its last byte at the end of a page. One is placed at a time: views into it hold until the next.
 */
static inline span placed(span text)
{
    static struct page_end page;
    if (!page.map)
        page = page_end_open(INPUT_MAX);
    return span_of(page_end_place(&page, text.data, text.size), text.size);
}

static inline span placed_text(const char *text)
{
    return placed(span_text(text));
}

/* `text` with the first `find` replaced, which must be there. Holds until the eighth call from now. */
static inline const char *edited(const char *text, const char *find, const char *replacement)
{
    static char memory[8][1u << 14];
    static unsigned next;
    struct buffer out = buffer_open(memory[next % 8], sizeof memory[0] - 1);
    const char *at = strstr(text, find), *into = memory[next++ % 8];
    if (!at)
        fail_msg("%s: not in %s", find, text);
    buffer_put(&out, span_of(text, (size_t)(at - text)));
    buffer_text(&out, replacement);
    buffer_text(&out, at + strlen(find));
    assert_false(out.overflow);
    out.data[out.size] = 0;
    return into;
}

/* Both the code and the field, or the test fails and shows `what`. */
static inline void assert_refused(csign_code code, const csign_fault *fault, csign_code expected,
                                  const char *field, const char *what)
{
    if (code != expected || (code != CSIGN_OK && strcmp(fault->field, field) != 0))
        print_error("%s (%s: %s), expected %s (%s): %.400s\n", csign_code_name(code), fault->field,
                    fault->reason, csign_code_name(expected), field, what);
    assert_int_equal(code, expected);
    if (code != CSIGN_OK)
        assert_string_equal(fault->field, field);
}

/* --- closed objects --- */

struct closed_exception {
    const char *name;
    const char *field; /* what is named instead; NULL: the name */
    bool optional;     /* without it the text reads */
    bool any;          /* any value will do, or only its content is checked */
};

struct closed {
    csign_code (*read)(span json, csign_fault *fault);
    csign_code syntax, malformed;
    const struct closed_exception *exceptions; /* ends with a NULL name */
    bool open;                                 /* the outermost object takes members it does not know */
    bool twice_unnamed;                        /* a member that stands twice is not named */
};

static inline struct closed_exception closed_find(const struct closed *c, span name)
{
    for (const struct closed_exception *e = c->exceptions; e && e->name; e++)
        if (span_equal(span_text(e->name), name))
            return *e;
    return (struct closed_exception){NULL, NULL, false, false};
}

/* The text with the bytes from `from` up to `to` replaced, read; the outcome must be as told. */
static inline void closed_try(const struct closed *c, span text, size_t from, size_t to,
                              const char *replacement, csign_code expected, const char *field)
{
    static char memory[1u << 15];
    csign_fault fault = {CSIGN_OK, "", "", 0};
    int size = snprintf(memory, sizeof memory, "%.*s%s%.*s", (int)from, (const char *)text.data, replacement,
                        (int)(text.size - to), (const char *)text.data + to);
    csign_code code = c->read(placed(span_of(memory, (size_t)size)), &fault);
    assert_refused(code, &fault, expected, field, memory);
}

/* `list` is the outermost list that the object is in: what stands twice there is found when its elements are
 * counted. */
static inline unsigned closed_object(const struct closed *c, span text, size_t at, const char *list)
{
    uint8_t scratch_memory[256];
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    struct json j;
    span name, value;
    unsigned count = 0;
    json_open(&j, span_of(text.data + at, text.size - at), 12, &scratch);
    assert_true(json_object(&j));
    while (json_member(&j, &name)) {
        char named[64], twice[4096];
        assert_true(json_skip(&j, &value));
        struct closed_exception e = closed_find(c, name);
        (void)snprintf(named, sizeof named, "%.*s", (int)name.size, (const char *)name.data);
        const char *field = e.field ? e.field : named;
        size_t from = (size_t)(name.data - text.data) - 1, into = (size_t)(value.data - text.data),
               to = into + value.size;
        size_t behind = text.data[to] == ',' ? to + 1 : to,
               before = behind == to && text.data[from - 1] == ',' ? from - 1 : from;
        csign_code absent = e.optional ? CSIGN_OK : c->malformed, wrong = e.any ? CSIGN_OK : c->malformed;
        closed_try(c, text, before, behind, "", absent, named);
        closed_try(c, text, into, to, "null", wrong, field);
        const char *other = value.data[0] == '"'   ? "7"
                            : value.data[0] == '{' ? "[]"
                            : value.data[0] == '[' ? "{}"
                                                   : "\"x\"";
        closed_try(c, text, into, to, other, wrong, field);
        (void)snprintf(twice, sizeof twice, ",\"%s\":%.*s", named, (int)value.size, (const char *)value.data);
        closed_try(c, text, to, to, twice, c->syntax, c->twice_unnamed ? "" : list ? list : named);
        count += 4;
        size_t inner = value.data[0] == '{'                                             ? into
                       : value.size > 1 && value.data[0] == '[' && value.data[1] == '{' ? into + 1
                                                                                        : 0;
        if (inner && !e.any)
            count += closed_object(c, text, inner, list ? list : value.data[0] == '[' ? named : NULL);
    }
    assert_int_equal(j.failure, JSON_FINE);
    closed_try(c, text, at + 1, at + 1, text.data[at + 1] == '}' ? "\"no_such\":1" : "\"no_such\":1,",
               at == 0 && c->open ? CSIGN_OK : c->malformed, "");
    return count + 1;
}

/* Goes through a text that reads, and all objects in it. */
static inline void closed_check(const struct closed *c, const char *text)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_refused(c->read(placed_text(text), &fault), &fault, CSIGN_OK, "", text);
    assert_true(closed_object(c, span_text(text), 0, NULL) > 4);
}

#endif
