/*
 * Values of a JSON vector file, by name and in order, read with core/json: views into the file, strings decoded
 * into memory that is kept for the run. A file that does not hold what is asked for ends the program.
 */
#ifndef TESTS_VALUE_H
#define TESTS_VALUE_H

#include "base64.h"
#include "cursor.h"
#include "json.h"
#include "vectors.h"

#define VALUE_DEPTH 16u

static inline struct buffer *value_memory(void)
{
    static uint8_t memory[4u << 20];
    static struct buffer kept;
    if (!kept.data)
        kept = buffer_open(memory, sizeof memory);
    return &kept;
}

_Noreturn static inline void value_die(const char *name)
{
    fprintf(stderr, "vectors: %s: not there, or of another type\n", name);
    exit(2);
}

/* The text of a member, {NULL, 0} if the object has none of this name. */
static inline span value_find(span object, const char *name)
{
    static uint8_t scratch_memory[1u << 20]; /* for the escaped strings that are passed over */
    static struct json j;
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    span member, value;
    json_open(&j, object, VALUE_DEPTH, &scratch);
    if (!json_object(&j))
        value_die(name);
    while (json_member(&j, &member)) {
        bool found = span_equal(member, span_text(name));
        if (!json_skip(&j, &value))
            value_die(name);
        if (found)
            return value;
    }
    if (j.failure != JSON_FINE)
        value_die(name);
    return span_of(NULL, 0);
}

static inline span value_at(span object, const char *name)
{
    span value = value_find(object, name);
    if (!value.data)
        value_die(name);
    return value;
}

/* The elements of an array, one a call: `at` begins as {0}. */
struct values {
    struct json j;
    uint8_t scratch_memory[1u << 16];
    struct buffer scratch;
    bool open;
};

static inline bool value_next(struct values *at, span array, span *ret)
{
    if (!at->open) {
        at->scratch = buffer_open(at->scratch_memory, sizeof at->scratch_memory);
        json_open(&at->j, array, VALUE_DEPTH, &at->scratch);
        at->open = json_array(&at->j);
    }
    at->scratch.size = 0;
    if (json_element(&at->j) && json_skip(&at->j, ret))
        return true;
    if (at->j.failure != JSON_FINE)
        value_die("array");
    return false;
}

/* The n-th element from 0. */
static inline span value_nth(span array, size_t place)
{
    static struct values at;
    span value;
    at.open = false;
    do
        if (!value_next(&at, array, &value))
            value_die("element");
    while (place-- > 0);
    return value;
}

static inline span value_string(span value)
{
    struct json j;
    span text;
    json_open(&j, value, 1, value_memory());
    if (!json_string(&j, &text) || !json_finish(&j))
        value_die("string");
    return text;
}

static inline span value_text(span object, const char *name)
{
    return value_string(value_at(object, name));
}

static inline uint64_t value_number(span value)
{
    uint64_t number;
    if (!span_decimal(value, UINT64_MAX, &number))
        value_die("number");
    return number;
}

static inline uint64_t value_integer(span object, const char *name)
{
    return value_number(value_at(object, name));
}

static inline bool value_bool(span object, const char *name)
{
    span value = value_at(object, name);
    if (!span_equal(value, SPAN("true")) && !span_equal(value, SPAN("false")))
        value_die(name);
    return value.data[0] == 't';
}

static inline span value_unhex(span text)
{
    struct buffer *kept = value_memory();
    size_t from = kept->size;
    for (size_t i = 0; i + 1 < text.size; i += 2) {
        char digits[3] = {(char)text.data[i], (char)text.data[i + 1], 0}, *end;
        buffer_byte(kept, (uint8_t)strtoul(digits, &end, 16));
        if (end != digits + 2)
            value_die("hex");
    }
    if (text.size % 2 || kept->overflow)
        value_die("hex");
    return buffer_since(kept, from);
}

static inline span value_hex(span object, const char *name)
{
    return value_unhex(value_text(object, name));
}

/* Bytes as B64U, kept for the run. */
static inline span value_base64url(span bytes)
{
    struct buffer *kept = value_memory();
    size_t from = kept->size;
    base64url_encode(kept, bytes);
    return buffer_since(kept, from);
}

#endif
