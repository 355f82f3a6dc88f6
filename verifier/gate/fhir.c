/*
 * What a FHIR R4 JSON document says of itself: its resource types, and whether an AI had a part (DOMAIN 4.1). It is read with
 * the strict reader, in one pass. A resource counts wherever it stands, in a bundle, contained or in parameters, and so does a
 * label; a missing label proves nothing and never helps.
 */
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

/* "application/fhir+json", with or without parameters. */
static bool is_declared(span media_type)
{
    static const span fhir_json = {(const uint8_t *)"application/fhir+json", 21};
    return span_starts(media_type, fhir_json) &&
           (media_type.size == fhir_json.size || media_type.data[fhir_json.size] == ';' || media_type.data[fhir_json.size] == ' ');
}

void fhir_read(span document, span media_type, struct buffer *scratch, struct fhir *ret)
{
    struct json j;
    size_t at = 0;
    bool declared = is_declared(media_type);
    memset(ret, 0, offsetof(struct fhir, types));
    while (at < document.size && memchr(" \t\r\n", document.data[at], 4))
        at++;
    if (!declared && (at == document.size || document.data[at] != '{'))
        return;
    json_open(&j, document, FHIR_DEPTH_MAX, scratch);
    bool read = json_kind(&j) == JSON_OBJECT && read_object(ret, &j, true) && json_finish(&j);
    /* What is declared, or began to speak as FHIR, must be readable to the end. */
    ret->unreadable = (declared || ret->is_fhir) && (!read || !ret->is_fhir);
}
