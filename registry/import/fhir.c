#include "fhir.h"
#include "date.h"
#include "identifier.h"
#include "profession.h"
#include "vocabulary.h"

#define DEPTH     32u
#define ITEMS_MAX 16u /* of a list that is read; the rest is read over */

struct pair {
    span system, value;
};
struct pairs {
    struct pair items[ITEMS_MAX];
    size_t count;
};

struct human_name {
    span family, text, prefix, given[4], use;
    size_t given_count;
};

struct qualification {
    struct pairs identifiers, codes;
    span end;
};

/* What is read of a resource; which of it counts depends on its type. */
struct resource {
    span type, id, birth_date, plain_name;
    bool inactive;
    struct pairs identifiers, codes, specialties;
    struct human_name name;
    struct qualification qualification;
    size_t qualifications;
    span practitioner, organization; /* references */
    struct pair practitioner_id, organization_id;
    span organization_display;
    span start, end;
    size_t deletions;
};

/* --- pieces: each reads one value whole --- */

static bool text_of(struct json *j, span *ret)
{
    return json_kind(j) == JSON_STRING ? json_string(j, ret) : json_fail(j, "", "not a string");
}

static bool pair_of(struct json *j, const char *second, struct pair *ret)
{
    span name;
    *ret = (struct pair){SPAN(""), SPAN("")};
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        if (span_equal(name, SPAN("system"))) {
            if (!text_of(j, &ret->system))
                return false;
        } else if (span_equal(name, span_text(second))) {
            if (!text_of(j, &ret->value))
                return false;
        } else if (!json_skip(j, NULL)) {
            return false;
        }
    }
    return j->failure == JSON_FINE;
}

static bool pairs_of(struct json *j, const char *second, struct pairs *ret)
{
    struct pair pair;
    if (!json_array(j))
        return false;
    while (json_element(j)) {
        if (!pair_of(j, second, &pair))
            return false;
        if (pair.value.size && ret->count < ITEMS_MAX)
            ret->items[ret->count++] = pair;
    }
    return j->failure == JSON_FINE;
}

/* The codings of a CodeableConcept. */
static bool concept_of(struct json *j, struct pairs *ret)
{
    span name;
    if (!json_object(j))
        return false;
    while (json_member(j, &name))
        if (!(span_equal(name, SPAN("coding")) ? pairs_of(j, "code", ret) : json_skip(j, NULL)))
            return false;
    return j->failure == JSON_FINE;
}

static bool concepts_of(struct json *j, struct pairs *ret)
{
    if (!json_array(j))
        return false;
    while (json_element(j))
        if (!concept_of(j, ret))
            return false;
    return j->failure == JSON_FINE;
}

static bool reference_of(struct json *j, span *ret, struct pair *ret_id, span *ret_display)
{
    span name;
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        bool good = span_equal(name, SPAN("reference"))    ? text_of(j, ret)
                    : span_equal(name, SPAN("identifier")) ? pair_of(j, "value", ret_id)
                    : span_equal(name, SPAN("display"))    ? text_of(j, ret_display)
                                                           : json_skip(j, NULL);
        if (!good)
            return false;
    }
    return j->failure == JSON_FINE;
}

static bool period_of(struct json *j, span *ret_start, span *ret_end)
{
    span name;
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        bool good = span_equal(name, SPAN("start"))  ? text_of(j, ret_start)
                    : span_equal(name, SPAN("end")) ? text_of(j, ret_end)
                                                    : json_skip(j, NULL);
        if (!good)
            return false;
    }
    return j->failure == JSON_FINE;
}

static bool first_text_of(struct json *j, span *items, size_t max, size_t *ret_count)
{
    span text;
    if (!json_array(j))
        return false;
    while (json_element(j)) {
        if (!text_of(j, &text))
            return false;
        if (*ret_count < max)
            items[(*ret_count)++] = text;
    }
    return j->failure == JSON_FINE;
}

static bool human_name_of(struct json *j, struct human_name *ret)
{
    span name;
    size_t prefixes = 0;
    *ret = (struct human_name){0};
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        bool good = span_equal(name, SPAN("family"))   ? text_of(j, &ret->family)
                    : span_equal(name, SPAN("text"))   ? text_of(j, &ret->text)
                    : span_equal(name, SPAN("use"))    ? text_of(j, &ret->use)
                    : span_equal(name, SPAN("given"))  ? first_text_of(j, ret->given, 4, &ret->given_count)
                    : span_equal(name, SPAN("prefix")) ? first_text_of(j, &ret->prefix, 1, &prefixes)
                                                       : json_skip(j, NULL);
        if (!good)
            return false;
    }
    return j->failure == JSON_FINE;
}

/* The official name, else the first. */
static bool names_of(struct json *j, struct human_name *ret)
{
    struct human_name name;
    bool any = false;
    if (!json_array(j))
        return false;
    while (json_element(j)) {
        if (!human_name_of(j, &name))
            return false;
        if (!any || span_equal(name.use, SPAN("official")))
            *ret = name;
        any = true;
    }
    return j->failure == JSON_FINE;
}

static bool qualifications_of(struct json *j, struct resource *ret)
{
    span name, start = {NULL, 0};
    if (!json_array(j))
        return false;
    while (json_element(j)) {
        struct qualification q = {0};
        if (!json_object(j))
            return false;
        while (json_member(j, &name)) {
            bool good = span_equal(name, SPAN("identifier")) ? pairs_of(j, "value", &q.identifiers)
                        : span_equal(name, SPAN("code"))     ? concept_of(j, &q.codes)
                        : span_equal(name, SPAN("period"))   ? period_of(j, &start, &q.end)
                                                             : json_skip(j, NULL);
            if (!good)
                return false;
        }
        if (q.identifiers.count && ret->qualifications++ == 0)
            ret->qualification = q;
    }
    return j->failure == JSON_FINE;
}

/* --- the resource --- */

static bool member_of(struct json *j, span name, struct resource *r)
{
    span display = {NULL, 0};
    bool active = true;
    if (span_equal(name, SPAN("resourceType")))
        return text_of(j, &r->type);
    if (span_equal(name, SPAN("id")))
        return text_of(j, &r->id);
    if (span_equal(name, SPAN("birthDate")))
        return text_of(j, &r->birth_date);
    if (span_equal(name, SPAN("active"))) {
        bool good = json_bool(j, &active);
        r->inactive = !active;
        return good;
    }
    if (span_equal(name, SPAN("identifier")) && json_kind(j) == JSON_ARRAY)
        return pairs_of(j, "value", &r->identifiers);
    if (span_equal(name, SPAN("name")))
        return json_kind(j) == JSON_ARRAY ? names_of(j, &r->name) : json_kind(j) == JSON_STRING ? text_of(j, &r->plain_name) : json_skip(j, NULL);
    if (span_equal(name, SPAN("code")) && json_kind(j) == JSON_ARRAY)
        return concepts_of(j, &r->codes);
    if (span_equal(name, SPAN("specialty")) && json_kind(j) == JSON_ARRAY)
        return concepts_of(j, &r->specialties);
    if (span_equal(name, SPAN("qualification")) && json_kind(j) == JSON_ARRAY)
        return qualifications_of(j, r);
    if (span_equal(name, SPAN("practitioner")) && json_kind(j) == JSON_OBJECT)
        return reference_of(j, &r->practitioner, &r->practitioner_id, &display);
    if (span_equal(name, SPAN("organization")) && json_kind(j) == JSON_OBJECT)
        return reference_of(j, &r->organization, &r->organization_id, &r->organization_display);
    if (span_equal(name, SPAN("period")) && json_kind(j) == JSON_OBJECT)
        return period_of(j, &r->start, &r->end);
    if (span_equal(name, SPAN("entry")) && json_kind(j) == JSON_ARRAY)
        r->deletions++;
    return json_skip(j, NULL);
}

static bool refuse(struct fhir_line *line, const char *field, const char *reason)
{
    line->field = field;
    line->reason = reason;
    return false;
}

static bool read_resource(span text, struct buffer *scratch, struct resource *r, struct fhir_line *line)
{
    struct json j;
    span name;
    csign_fault fault = {0};
    *r = (struct resource){0};
    json_open(&j, text, DEPTH, scratch);
    if (json_kind(&j) != JSON_OBJECT)
        return refuse(line, "", "not a JSON object on one line");
    if (json_object(&j))
        while (json_member(&j, &name) && member_of(&j, name, r))
            continue;
    if (!json_finish(&j) || json_code(&j, CSIGN_E_BODY_MALFORMED, CSIGN_E_FIELD_INVALID, &fault) != CSIGN_OK)
        return refuse(line, fault.field ? fault.field : "", fault.reason && fault.reason[0] ? fault.reason : "not JSON");
    return true;
}

/* --- writing --- */

static void put_pair(struct json_out *o, span system, const char *second, span value)
{
    json_put_object(o);
    json_put_text_member(o, "system", system);
    json_put_text_member(o, second, value);
    json_end_object(o);
}

static void put_name(struct json_out *o, const struct human_name *n, struct buffer *scratch)
{
    size_t from = scratch->size;
    const span parts[] = {n->prefix, n->given[0], n->given[1], n->given[2], n->given[3], n->family};
    if (n->text.size) {
        json_put_text_member(o, "name", n->text);
        return;
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].size) {
            if (scratch->size > from)
                buffer_byte(scratch, ' ');
            buffer_put(scratch, parts[i]);
        }
    if (scratch->size > from)
        json_put_text_member(o, "name", buffer_since(scratch, from));
}

static const char *profession_of(const struct pairs *codes)
{
    const char *profession = NULL;
    for (size_t i = 0; i < codes->count && !profession; i++)
        profession = profession_of_code(codes->items[i].value);
    return profession;
}

static void put_specialties(struct json_out *o, const struct pairs *specialties)
{
    json_put_name(o, "specialty");
    json_put_array(o);
    for (size_t i = 0; i < specialties->count; i++)
        put_pair(o, span_equal(specialties->items[i].system, SPAN("http://nucc.org/provider-taxonomy")) ? SPAN("nucc")
                                                                                                       : specialties->items[i].system,
                 "code", specialties->items[i].value);
    json_end_array(o);
}

/* A licence as a qualification says it: no privilege is taken from it, for it names none. */
static void put_licence(struct json_out *o, const struct resource *r, span jurisdiction)
{
    const struct qualification *q = &r->qualification;
    const char *profession = profession_of(&q->codes);
    if (r->qualifications == 0 || !profession)
        return;
    json_put_name(o, "licence");
    json_put_object(o);
    json_put_text_member(o, "profession", span_text(profession));
    json_put_text_member(o, "level", SPAN("independent"));
    json_put_name(o, "jurisdiction");
    json_put_array(o);
    json_put_text(o, jurisdiction);
    json_end_array(o);
    json_put_text_member(o, "number", q->identifiers.items[0].value);
    json_put_name(o, "specialty");
    json_put_raw(o, SPAN("[]"));
    json_put_name(o, "privileges");
    json_put_raw(o, SPAN("{\"prescribe\":false,\"schedules\":[],\"antimicrobial_grade\":0,\"narcotic\":false}"));
    json_put_name(o, "conditions");
    json_put_raw(o, SPAN("[]"));
    if (q->end.size >= 10)
        json_put_text_member(o, "licensed_until", span_of(q->end.data, 10));
    json_end_object(o);
}

static void put_person(struct json_out *o, const struct resource *r, span jurisdiction, struct buffer *scratch)
{
    json_put_object(o);
    json_put_name(o, "practitioner");
    json_put_object(o);
    put_name(o, &r->name, scratch);
    if (r->birth_date.size)
        json_put_text_member(o, "birth_date", r->birth_date);
    json_put_name(o, "identifiers");
    json_put_array(o);
    for (size_t i = 0; i < r->identifiers.count; i++)
        put_pair(o, identifier_system(r->identifiers.items[i].system), "value", r->identifiers.items[i].value);
    json_end_array(o);
    json_end_object(o);
    put_licence(o, r, jurisdiction);
    json_end_object(o);
}

/* How others in the file refer to a resource: by its id, by an identifier, or by a search for one. */
static bool key_of(span reference, const struct pair *id, const char *type, struct buffer *scratch, span *ret)
{
    size_t from = scratch->size;
    const span search = SPAN("?identifier=");
    if (id->value.size) {
        buffer_put(scratch, identifier_system(id->system));
        buffer_byte(scratch, '|');
        buffer_put(scratch, id->value);
    } else if (span_starts(reference, span_text(type)) && reference.size > strlen(type)) {
        span rest = span_of(reference.data + strlen(type), reference.size - strlen(type));
        const uint8_t *bar = rest.size ? memchr(rest.data, '|', rest.size) : NULL;
        if (span_starts(rest, search) && bar) {
            size_t size = (size_t)(bar - rest.data);
            buffer_put(scratch, identifier_system(span_of(rest.data + search.size, size - search.size)));
            buffer_put(scratch, span_of(bar, rest.size - size));
        } else {
            buffer_put(scratch, reference);
        }
    }
    *ret = buffer_since(scratch, from);
    return ret->size > 0;
}

static void put_unit(struct json_out *o, span system, span value, span name)
{
    json_put_name(o, "unit");
    json_put_object(o);
    json_put_text_member(o, "system", system);
    json_put_text_member(o, "value", value);
    if (name.size)
        json_put_text_member(o, "name", name);
    json_end_object(o);
}

/* A time that is not given, or none that we know, is left out. */
static void put_time(struct json_out *o, const char *name, span text)
{
    uint64_t t;
    if (date_seconds(text, &t))
        json_put_integer_member(o, name, t);
}

static bool put_role(struct json_out *o, const struct resource *r, struct buffer *scratch, struct fhir_line *line)
{
    span of, unit;
    const char *profession = profession_of(r->specialties.count ? &r->specialties : &r->codes);
    if (!key_of(r->practitioner, &r->practitioner_id, "Practitioner", scratch, &of))
        return refuse(line, "practitioner", "a role of nobody");
    json_put_object(o);
    json_put_text_member(o, "of", of);
    if (profession)
        json_put_text_member(o, "profession", span_text(profession));
    put_specialties(o, &r->specialties);
    json_put_name(o, "affiliation");
    json_put_object(o);
    json_put_text_member(o, "basis", SPAN("primary"));
    json_put_bool_member(o, "consent", false);
    put_time(o, "from", r->start);
    put_time(o, "to", r->end);
    json_end_object(o);
    if (key_of(r->organization, &r->organization_id, "Organization", scratch, &unit)) {
        const uint8_t *bar = memchr(unit.data, '|', unit.size);
        size_t size = bar ? (size_t)(bar - unit.data) : 0;
        put_unit(o, bar ? span_of(unit.data, size) : SPAN("fhir"), bar ? span_of(bar + 1, unit.size - size - 1) : unit,
                 r->organization_display);
    }
    json_end_object(o);
    return true;
}

static bool put_organization(struct json_out *o, const struct resource *r, struct fhir_line *line)
{
    span name = r->plain_name;
    const char *reason;
    if (name.size == 0)
        return refuse(line, "name", "an organization without a name");
    for (size_t i = 0; i < r->identifiers.count; i++)
        if (identifier_check(r->identifiers.items[i].system, r->identifiers.items[i].value, &reason) == IDENTIFIER_BAD)
            return refuse(line, "identifier", reason);
    json_put_object(o);
    if (r->identifiers.count)
        put_unit(o, identifier_system(r->identifiers.items[0].system), r->identifiers.items[0].value, name);
    else
        put_unit(o, SPAN("fhir"), span_text(line->key), name);
    json_end_object(o);
    return true;
}

bool fhir_put(span text, span jurisdiction, struct buffer *scratch, struct json_out *o, struct fhir_line *ret)
{
    struct resource r;
    *ret = (struct fhir_line){.kind = FHIR_OTHER, .field = "", .reason = ""};
    if (!read_resource(text, scratch, &r, ret))
        return false;
    struct buffer key = buffer_open(ret->key, sizeof ret->key - 1);
    if (r.id.size) {
        buffer_put(&key, r.type);
        buffer_byte(&key, '/');
        buffer_put(&key, r.id);
        if (key.overflow)
            return refuse(ret, "id", "too long");
    }
    if (r.type.size == 0)
        return refuse(ret, "resourceType", "missing: not a FHIR resource");
    if (span_equal(r.type, SPAN("Bundle")) && r.deletions) {
        ret->kind = FHIR_DELETED;
        return refuse(ret, "entry", "deleted at the source: end each affiliation by a deed of its own");
    }
    if (span_equal(r.type, SPAN("Practitioner"))) {
        ret->kind = FHIR_PERSON;
        if (r.inactive)
            return refuse(ret, "active", "not active: end an affiliation by a deed of its own");
        put_person(o, &r, jurisdiction, scratch);
        return true;
    }
    if (span_equal(r.type, SPAN("PractitionerRole"))) {
        ret->kind = FHIR_ROLE;
        return r.inactive ? refuse(ret, "active", "not active: end an affiliation by a deed of its own")
                          : put_role(o, &r, scratch, ret);
    }
    if (span_equal(r.type, SPAN("Organization"))) {
        ret->kind = FHIR_ORGANIZATION;
        return r.inactive ? refuse(ret, "active", "not active: nothing ends by a file") : put_organization(o, &r, ret);
    }
    return refuse(ret, "resourceType", "not a Practitioner, PractitionerRole or Organization");
}
