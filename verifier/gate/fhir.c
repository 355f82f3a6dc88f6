/*
 * What a document in JSON says of itself: the FHIR R4 resource types in it, and whether an AI had a part (DOMAIN 4.1). It is
 * read with the strict reader, in one pass. A resource counts wherever it stands, in a bundle, contained, or in a wrapper of
 * whatever kind, and so does a label; a missing label proves nothing and never helps. So does the type that a `kind` names: an
 * activity of a plan is by it a request of that type without being one. Of what helps, the Provenance of the AI's part, only
 * what FHIR's readers look at counts.
 */
#include "deciding.h"
#include "utf8.h"

#define FHIR_DEPTH_MAX 64u

enum place { ROOT, RESOURCE, ELSEWHERE }; /* RESOURCE: contained, or the resource of an entry */

static bool read_value(struct fhir *f, struct json *j, enum place place);

static bool is_letters(span text)
{
    bool is = text.size > 0;
    for (size_t i = 0; i < text.size && is; i++)
        is = (text.data[i] | 0x20u) >= 'a' && (text.data[i] | 0x20u) <= 'z';
    return is;
}

/* The form of all names of types: one that another reader might trim to a known one is none. */
static bool is_type(span type)
{
    return is_letters(type) && type.data[0] >= 'A' && type.data[0] <= 'Z';
}

static bool add_type(struct fhir *f, struct json *j, span type)
{
    for (size_t i = 0; i < f->type_count; i++)
        if (span_equal_folded(f->types[i], type))
            return true;
    f->crowded = f->type_count == FHIR_TYPES_MAX;
    if (f->crowded)
        return json_fail(j, "resourceType", "more than 64 types in one document");
    f->types[f->type_count++] = type;
    return true;
}

static bool read_type(struct fhir *f, struct json *j, span *ret_type)
{
    if (json_kind(j) != JSON_STRING || !json_string(j, ret_type) || !is_type(*ret_type))
        return json_fail(j, "resourceType", "not the name of a type");
    return add_type(f, j, *ret_type);
}

/* CarePlan.activity.detail.kind, ActivityDefinition.kind. What is no word counts for nothing: other formats have a `kind` too. */
static bool read_kind(struct fhir *f, struct json *j)
{
    span kind;
    return json_string(j, &kind) && (!is_letters(kind) || add_type(f, j, kind));
}

static bool read_code(struct fhir *f, struct json *j)
{
    span code;
    if (!json_string(j, &code))
        return false;
    f->has_ai_label |= span_equal(code, SPAN("AIAST"));
    f->ai_roles += span_equal(code, SPAN("Artificial-Intelligence"));
    return true;
}

static bool read_object(struct fhir *f, struct json *j, enum place place)
{
    span name, type = {NULL, 0};
    bool has_ai_agent = false;
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        const size_t roles = f->ai_roles;
        bool read;
        if (span_equal(name, SPAN("resourceType")))
            read = read_type(f, j, &type);
        else if (json_kind(j) == JSON_STRING && span_equal(name, SPAN("code")))
            read = read_code(f, j);
        else if (json_kind(j) == JSON_STRING && span_equal(name, SPAN("kind")))
            read = read_kind(f, j);
        else
            read = read_value(f, j, span_equal(name, SPAN("contained")) || span_equal(name, SPAN("resource")) ? RESOURCE : ELSEWHERE);
        if (!read)
            return false;
        has_ai_agent |= span_equal(name, SPAN("agent")) && f->ai_roles > roles;
    }
    f->has_ai_agent |= f->ai_roles > 0;
    f->is_fhir |= place == ROOT && type.size > 0;
    f->has_provenance |= place != ELSEWHERE && has_ai_agent && span_equal(type, SPAN("Provenance"));
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
            if (!read_value(f, j, place))
                return false;
        return j->failure == JSON_FINE;
    default:
        return json_skip(j, NULL);
    }
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

/* White space, control characters, byte order marks and what else shows nothing: another reader may pass over them. */
static bool is_unseen(uint32_t c)
{
    return utf8_is_space(c) || c < 0x20u || (c >= 0x7Fu && c <= 0x9Fu) || c == 0xADu || c == 0x180Eu ||
           (c >= 0x200Bu && c <= 0x200Fu) || (c >= 0x202Au && c <= 0x202Eu) || (c >= 0x2060u && c <= 0x206Fu) || c == 0xFEFFu;
}

static const uint8_t *skip_unseen(const uint8_t *at, const uint8_t *end)
{
    uint32_t c;
    for (unsigned size; at < end && (size = utf8_read(at, end, &c)) > 0 && is_unseen(c);)
        at += size;
    return at;
}

static bool is_utf16(span document)
{
    return document.size >= 2 && (memcmp(document.data, "\xFF\xFE", 2) == 0 || memcmp(document.data, "\xFE\xFF", 2) == 0);
}

/* How the document begins: with a brace, with or without brackets before it, with a bracket, or otherwise. */
enum beginning { BEGINS_OTHERWISE, BEGINS_WITH_BRACKET, BEGINS_WITH_OBJECT };
static enum beginning beginning_of(span document)
{
    enum beginning with = BEGINS_OTHERWISE;
    if (document.size == 0)
        return with;
    const uint8_t *end = document.data + document.size,
                  *at = skip_unseen(document.data + (is_utf16(document) ? 2 : 0), end);
    for (; at < end && *at == '['; at = skip_unseen(at + 1, end))
        with = BEGINS_WITH_BRACKET;
    return at < end && *at == '{' ? BEGINS_WITH_OBJECT : with;
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
 * bracket stays plain text unless it speaks of a resource. Text in UTF-16 is not looked into, and refused.
 */
void fhir_read(span document, span media_type, struct buffer *scratch, struct fhir *ret)
{
    struct json j;
    const bool declared = names(media_type, "fhir"), is_json = declared || names(media_type, "json");
    const enum beginning beginning = beginning_of(document);
    memset(ret, 0, offsetof(struct fhir, types));
    ret->unreadable = is_utf16(document) && names(media_type, "text");
    if (ret->unreadable || (!is_json && beginning == BEGINS_OTHERWISE))
        return;
    json_open(&j, document, FHIR_DEPTH_MAX, scratch);
    const bool read = read_value(ret, &j, ROOT) && json_finish(&j);
    ret->unreadable = declared ? !read || !ret->is_fhir
                               : !read && (is_json || beginning == BEGINS_WITH_OBJECT || mentions_a_resource(document));
}
