#include "json_sorted.h"
#include "json.h"
#include "json_write.h"

#include <stdlib.h>

#define DEPTH_MAX 16u

static int by_name(const void *a, const void *b)
{
    const struct sorted_member *x = a, *y = b;
    size_t size = x->name.size < y->name.size ? x->name.size : y->name.size;
    int order = size ? memcmp(x->name.data, y->name.data, size) : 0;
    return order ? order : x->name.size < y->name.size ? -1 : x->name.size > y->name.size;
}

static void put_sorted(struct call *call, struct json_out *o, span value);

static void put_object(struct call *call, struct json_out *o, span object)
{
    struct sorted_member *members;
    size_t count = json_sorted_members(call, object, &members);
    json_put_object(o);
    for (size_t i = 0; i < count; i++) {
        json_put_name(o, call_text(call, members[i].name));
        json_put_raw(o, members[i].value);
    }
    json_end_object(o);
}

static void put_array(struct call *call, struct json_out *o, span array)
{
    span *elements;
    size_t count = json_elements(call, array, &elements);
    json_put_array(o);
    for (size_t i = 0; i < count; i++)
        put_sorted(call, o, elements[i]);
    json_end_array(o);
}

static void open_value(struct call *call, struct json *j, span value)
{
    struct buffer *scratch = call_memory(call, sizeof *scratch);
    *scratch = call_buffer(call, value.size + 64);
    json_open(j, value, DEPTH_MAX, scratch);
}

/* Recursion is bounded: what was read by a schema is no deeper than that schema. */
static void put_sorted(struct call *call, struct json_out *o, span value)
{
    struct json j;
    span text;
    open_value(call, &j, value);
    switch (json_kind(&j)) {
    case JSON_OBJECT:
        put_object(call, o, value);
        return;
    case JSON_ARRAY:
        put_array(call, o, value);
        return;
    case JSON_STRING:
        if (json_string(&j, &text))
            json_put_text(o, text);
        return;
    default:
        if (json_skip(&j, &text))
            json_put_raw(o, text);
    }
}

size_t json_sorted_members(struct call *call, span object, struct sorted_member **ret)
{
    struct json j;
    size_t count = 0, room = 0;
    span name, value;
    for (size_t i = 0; i < object.size; i++)
        room += object.data[i] == ':'; /* no fewer than its members */
    *ret = call_memory(call, (room + 1) * sizeof **ret);
    open_value(call, &j, object);
    for (bool open = json_object(&j); open && json_member(&j, &name) && json_skip(&j, &value);) {
        struct buffer text = call_buffer(call, value.size * 6 + 16);
        struct json_out o = json_out(&text);
        put_sorted(call, &o, value);
        (*ret)[count++] = (struct sorted_member){name, buffer_span(&text)};
    }
    qsort(*ret, count, sizeof **ret, by_name);
    return count;
}

size_t json_elements(struct call *call, span array, span **ret)
{
    struct json j;
    size_t count = 0, room = 1;
    for (size_t i = 0; i < array.size; i++)
        room += array.data[i] == ',';
    *ret = call_memory(call, room * sizeof **ret);
    open_value(call, &j, array);
    for (bool open = json_array(&j); open && json_element(&j) && json_skip(&j, &(*ret)[count]);)
        count++;
    return count;
}
