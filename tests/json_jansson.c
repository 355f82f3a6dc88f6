/* The oracle's side. In a file of its own: jansson and core/json.h share names. */
#include "json_oracle.h"

#include <jansson.h>

static void walk(json_t *value, struct transcript *told)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: {
        const char *name;
        json_t *member;
        tell(told, '{');
        json_object_foreach(value, name, member)
        {
            tell_text(told, 'm', name, strlen(name));
            walk(member, told);
        }
        tell(told, '}');
        break;
    }
    case JSON_ARRAY:
        tell(told, '[');
        for (size_t i = 0; i < json_array_size(value); i++)
            walk(json_array_get(value, i), told);
        tell(told, ']');
        break;
    case JSON_STRING:
        tell_text(told, 's', json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        tell_integer(told, json_integer_value(value));
        break;
    case JSON_REAL:
        tell_real(told, json_real_value(value));
        break;
    case JSON_TRUE:
        tell(told, 't');
        break;
    case JSON_FALSE:
        tell(told, 'f');
        break;
    case JSON_NULL:
        tell(told, 'n');
        break;
    }
}

bool jansson_reads(const uint8_t *text, size_t size, struct transcript *told, const char **ret_reason)
{
    static json_error_t error;
    json_t *value = json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    *ret_reason = value ? "" : error.text;
    if (!value)
        return false;
    walk(value, told);
    json_decref(value);
    return true;
}
