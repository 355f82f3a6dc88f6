/*
 * What a FHIR R4 JSON document says of itself: its resource types, and whether an AI had a part (DOMAIN 4.1). It is read with
 * the strict reader, in one pass. A label counts wherever it stands; a missing one proves nothing and never helps.
 */
#include "deciding.h"

#define FHIR_DEPTH_MAX 64u

enum place { RESOURCE, ENTRIES, ENTRY, ELSEWHERE };

static bool read_value(struct fhir *f, struct json *j, enum place place);

/* A string member that means something: a resource's type, or a code. */
static bool read_word(struct fhir *f, struct json *j, span name, enum place place)
{
    span word;
    if (!json_string(j, &word))
        return false;
    if (span_equal(name, SPAN("resourceType"))) {
        f->has_provenance |= span_equal(word, SPAN("Provenance"));
        if (place == RESOURCE) {
            f->is_fhir = true;
            for (size_t i = 0; i < f->type_count; i++)
                if (span_equal(f->types[i], word))
                    return true;
            if (f->type_count == FHIR_TYPES_MAX)
                return json_fail(j, "resourceType", "more than 64 types in one bundle");
            f->types[f->type_count++] = word;
        }
    } else {
        f->has_ai_label |= span_equal(word, SPAN("AIAST"));
        f->has_ai_agent |= span_equal(word, SPAN("Artificial-Intelligence"));
    }
    return true;
}

static bool read_object(struct fhir *f, struct json *j, enum place place)
{
    span name;
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        bool is_word = span_equal(name, SPAN("resourceType")) || span_equal(name, SPAN("code"));
        enum place inner = ELSEWHERE;
        if (place == RESOURCE && span_equal(name, SPAN("entry")))
            inner = ENTRIES;
        else if (place == ENTRY && span_equal(name, SPAN("resource")))
            inner = RESOURCE;
        if (!(is_word && json_kind(j) == JSON_STRING ? read_word(f, j, name, place) : read_value(f, j, inner)))
            return false;
    }
    return j->failure == JSON_FINE;
}

static bool read_value(struct fhir *f, struct json *j, enum place place)
{
    switch (json_kind(j)) {
    case JSON_OBJECT:
        return read_object(f, j, place); /* recursion bounded by FHIR_DEPTH_MAX */
    case JSON_ARRAY:
        if (!json_array(j))
            return false;
        while (json_element(j))
            if (!read_value(f, j, place == ENTRIES ? ENTRY : ELSEWHERE))
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
    bool read = json_kind(&j) == JSON_OBJECT && read_object(ret, &j, RESOURCE) && json_finish(&j);
    /* What is declared, or began to speak as FHIR, must be readable to the end. */
    ret->unreadable = (declared || ret->is_fhir) && (!read || !ret->is_fhir);
}
