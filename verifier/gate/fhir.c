/*
 * What a FHIR R4 JSON document says of itself: its resource types, and whether an AI had a part (DOMAIN 4.1). It is read with
 * the strict reader, in one pass. A resource counts wherever it stands, in a bundle, contained or in parameters, and so does a
 * label; a missing label proves nothing and never helps.
 */
#include "cursor.h"
#include "deciding.h"

#define FHIR_DEPTH_MAX 64u

static bool read_value(struct fhir *f, struct json *j, bool is_root);

static bool read_type(struct fhir *f, struct json *j, bool is_root)
{
    span type;
    if (!json_string(j, &type))
        return false;
    f->is_fhir |= is_root;
    f->has_provenance |= span_equal(type, SPAN("Provenance"));
    for (size_t i = 0; i < f->type_count; i++)
        if (span_equal(f->types[i], type))
            return true;
    if (f->type_count == FHIR_TYPES_MAX)
        return json_fail(j, "resourceType", "more than 64 types in one document");
    f->types[f->type_count++] = type;
    return true;
}

static bool read_code(struct fhir *f, struct json *j)
{
    span code;
    if (!json_string(j, &code))
        return false;
    f->has_ai_label |= span_equal(code, SPAN("AIAST"));
    f->has_ai_agent |= span_equal(code, SPAN("Artificial-Intelligence"));
    return true;
}

static bool read_object(struct fhir *f, struct json *j, bool is_root)
{
    span name;
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        bool is_string = json_kind(j) == JSON_STRING, read;
        if (is_string && span_equal(name, SPAN("resourceType")))
            read = read_type(f, j, is_root);
        else if (is_string && span_equal(name, SPAN("code")))
            read = read_code(f, j);
        else
            read = read_value(f, j, false);
        if (!read)
            return false;
    }
    return j->failure == JSON_FINE;
}

static bool read_value(struct fhir *f, struct json *j, bool is_root)
{
    switch (json_kind(j)) {
    case JSON_OBJECT:
        return read_object(f, j, is_root); /* recursion bounded by FHIR_DEPTH_MAX */
    case JSON_ARRAY:
        if (!json_array(j))
            return false;
        while (json_element(j))
            if (!read_value(f, j, false))
                return false;
        return j->failure == JSON_FINE;
    default:
        return json_skip(j, NULL);
    }
}

/* The document: one resource, or an array of what may be resources. */
static bool read_root(struct fhir *f, struct json *j)
{
    if (json_kind(j) != JSON_ARRAY)
        return read_value(f, j, true);
    if (!json_array(j))
        return false;
    while (json_element(j))
        if (!read_value(f, j, true))
            return false;
    return j->failure == JSON_FINE;
}

/* The media type without its parameters, in lower case, says `word`. */
static bool names(span media_type, const char *word)
{
    size_t size = 0, length = strlen(word);
    while (size < media_type.size && media_type.data[size] != ';')
        size++;
    for (size_t at = 0; at + length <= size; at++) {
        size_t i = 0;
        while (i < length && (media_type.data[at + i] | 0x20u) == (uint8_t)word[i])
            i++;
        if (i == length)
            return true;
    }
    return false;
}

/* The first byte that is neither white space nor a byte order mark; 0 if there is none. */
static uint8_t first_byte(span document)
{
    struct cursor c = cursor_open(document);
    uint8_t byte = 0;
    (void)cursor_literal(&c, SPAN("\xEF\xBB\xBF"));
    while (cursor_u8(&c, &byte))
        if (!memchr(" \t\r\n", byte, 4))
            return byte;
    return 0;
}

static bool mentions_a_resource(span document)
{
    static const span member = {(const uint8_t *)"\"resourceType\"", 14};
    for (const uint8_t *at = document.data, *end = at + document.size;
         (at = memchr(at, '"', (size_t)(end - at))) != NULL && (size_t)(end - at) >= member.size; at++)
        if (memcmp(at, member.data, member.size) == 0)
            return true;
    return false;
}

/*
 * What is declared as FHIR or JSON, or looks like an object, must be read to its end, or nobody can say what it is: another
 * reader might take of two members the other. An array is looked into for the same reason. Plain text that begins with a
 * bracket stays plain text unless it speaks of a resource.
 */
void fhir_read(span document, span media_type, struct buffer *scratch, struct fhir *ret)
{
    struct json j;
    bool declared = names(media_type, "fhir"), is_json = declared || names(media_type, "json");
    uint8_t first = document.size ? first_byte(document) : 0;
    memset(ret, 0, offsetof(struct fhir, types));
    if (!is_json && first != '{' && first != '[')
        return;
    json_open(&j, document, FHIR_DEPTH_MAX, scratch);
    bool read = read_root(ret, &j) && json_finish(&j);
    ret->unreadable = declared ? !read || !ret->is_fhir
                               : !read && (is_json || first == '{' || mentions_a_resource(document));
}
