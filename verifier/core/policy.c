#include "policy.h"
#include "cursor.h"
#include "date.h"

#define AT(type, member) .offset = offsetof(struct type, member)
#define POLICY_DEPTH_MAX 12u

static bool read_documents(struct json *j, const struct schema_field *field, void *into)
{
    const struct schema_field acts = {.name = field->name, .kind = FIELD_TEXTS, .max = 64};
    struct object_list *list = into;
    struct policy_document found[64];
    size_t count = 0;
    span name;
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        if (count == sizeof found / sizeof *found || !text_is_id(name))
            return json_fail(j, field->name, "not at most 64 FHIR resource types");
        for (size_t i = 0; i < count; i++)
            if (span_equal_folded(found[i].type, name))
                return json_fail(j, field->name, "the same resource type twice");
        found[count].type = name;
        if (!schema_read_field(j, &acts, &found[count++].acts))
            return false;
    }
    if (j->failure != JSON_FINE)
        return false;
    void *items = schema_scratch(j, count, sizeof *found);
    if (!items)
        return false;
    memcpy(items, found, count * sizeof *found);
    *list = (struct object_list){items, count};
    return true;
}

static bool read_offset(struct json *j, const struct schema_field *field, void *into)
{
    span text;
    return json_string(j, &text) && (offset_read(text, into) || json_fail(j, field->name, "not an offset like +08:00"));
}

enum { POLICY_EFFECTIVE_TO = 6 };
static const struct schema_field policy_fields[] = {
    {.name = "id", .kind = FIELD_ID, AT(policy, id)},
    {.name = "version", .kind = FIELD_INTEGER, .max = UINT32_MAX, AT(policy, version)},
    {.name = "authority", .kind = FIELD_ID, AT(policy, authority)},
    {.name = "title", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, .optional = true, AT(policy, title)},
    {.name = "applies_to", .kind = FIELD_CODES, .max = 64, AT(policy, applies_to)},
    {.name = "effective_from", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX / 1000, AT(policy, effective_from)},
    [POLICY_EFFECTIVE_TO] = {.name = "effective_to", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX / 1000,
                             .optional = true, AT(policy, effective_to)},
    {.name = "utc_offset", .kind = FIELD_CALL, .call = read_offset, AT(policy, utc_offset_s)},
    {.name = "sources", .kind = FIELD_TEXTS, .max = 64, AT(policy, sources)},
    {.name = "rules", .kind = FIELD_OBJECTS, .max = POLICY_RULES_MAX, .more = &rule_schema, AT(policy, rules)},
    {.name = "documents", .kind = FIELD_CALL, .call = read_documents, .optional = true, AT(policy, documents)},
};
static const struct schema policy_schema = SCHEMA(struct policy, policy_fields);

static csign_code malformed(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_POLICY_MALFORMED, field, reason);
}

csign_code policy_read(const struct note *note, struct buffer *scratch, struct policy *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(note->text);
    span origin;
    if (!cursor_literal(&c, SPAN("countersign/policy/v1\n")) || !cursor_line(&c, &origin) || origin.size == 0)
        return malformed(fault, "", "does not begin with countersign/policy/v1 and the registry's origin");
    const span json = cursor_rest(&c);
    if (json.size > CSIGN_POLICY_MAX + 1u) /* and its newline */
        return fault_set(fault, CSIGN_E_TOO_LARGE, "policy", "longer than 256 KiB");
    TRY(schema_read_text(json, POLICY_DEPTH_MAX, scratch, &policy_schema, ret, CSIGN_E_POLICY_MALFORMED,
                         CSIGN_E_POLICY_MALFORMED, fault));
    ret->origin = origin;
    ret->has_effective_to = (ret->present & UINT64_C(1) << POLICY_EFFECTIVE_TO) != 0;
    note_hash(note, ret->hash);
    if (ret->version == 0)
        return malformed(fault, "version", "counts from 1");
    if (ret->has_effective_to && ret->effective_to <= ret->effective_from)
        return malformed(fault, "effective_to", "not after effective_from");
    if (ret->rules.count == 0)
        return malformed(fault, "rules", "an empty list");
    struct rule *rules = (struct rule *)(uintptr_t)ret->rules.items;
    for (size_t i = 0; i < ret->rules.count; i++) {
        csign_code code = rule_settle(&rules[i], fault);
        if (code != CSIGN_OK)
            return rule_fault(json, &rules[i], 0, code, fault);
    }
    return policy_index_build(ret, json, scratch, fault);
}

csign_code overlay_read(span json, struct buffer *scratch, struct policy *ret, csign_fault *fault)
{
    static const span all = {(const uint8_t *)"*", 1};
    struct rule *rule = schema_scratch_in(scratch, 1, sizeof *rule);
    if (!rule)
        return fault_set(fault, CSIGN_E_NO_SPACE, "overlay", "no room for it");
    if (json.size > CSIGN_OVERLAY_MAX)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "overlay", "longer than 16 KiB");
    TRY(schema_read_text(json, POLICY_DEPTH_MAX, scratch, &rule_overlay_schema, rule, CSIGN_E_POLICY_MALFORMED,
                         CSIGN_E_POLICY_MALFORMED, fault));
    rule->acts = (struct text_list){&all, 1};
    TRY(rule_settle(rule, fault));
    *ret = (struct policy){.rules = {rule, 1}};
    return policy_index_build(ret, json, scratch, fault);
}

bool policy_covers(const struct policy *policy, span jurisdiction)
{
    for (size_t i = 0; i < policy->applies_to.count; i++)
        if (jurisdiction_covers(policy->applies_to.items[i], jurisdiction))
            return true;
    return false;
}

const struct text_list *policy_document_acts(const struct policy *policy, span type)
{
    const struct policy_document *items = policy->documents.items;
    for (size_t i = 0; i < policy->documents.count; i++)
        if (span_equal_folded(items[i].type, type))
            return &items[i].acts;
    return NULL;
}
