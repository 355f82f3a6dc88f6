#include "request.h"
#include "schema_write.h"

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct schema_field document_fields[] = {
    {.name = "url", .kind = FIELD_TEXT, .max = URL_MAX, AT(requested_document, url)},
    {.name = "media_type", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(requested_document, media_type)},
    {.name = "label", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(requested_document, label)},
};
static const struct schema document_schema = SCHEMA(struct requested_document, document_fields);

static const struct schema_field request_fields[] = {
    {.name = "v", .kind = FIELD_CALL, .call = schema_read_v1},
    {.name = "request_id", .kind = FIELD_RANDOM, AT(request, request_id)},
    {.name = "slot", .kind = FIELD_INTEGER, .max = CSIGN_SLOTS_MAX, AT(request, slot)},
    {.name = "act", .kind = FIELD_ID, AT(request, act)},
    {.name = "setting", .kind = FIELD_WORD, .more = &settings, AT(request, setting)},
    {.name = "jurisdiction", .kind = FIELD_CODE, AT(request, jurisdiction)},
    {.name = "site", .kind = FIELD_ID, AT(request, site)},
    {.name = "tool", .kind = FIELD_OBJECT, .more = &tool_schema, AT(request, tool)},
    {.name = "patient_ref", .kind = FIELD_DIGEST, AT(request, patient_ref)},
    {.name = "encounter_ref", .kind = FIELD_CALL, .call = reference_read, .optional = true, AT(request, encounter_ref)},
    {.name = "facts", .kind = FIELD_OBJECT, .more = &facts_schema, .optional = true, AT(request, facts)},
    {.name = "draft", .kind = FIELD_OBJECT, .more = &draft_schema, .optional = true, AT(request, draft)},
    {.name = "prior", .kind = FIELD_CALL, .call = reference_read, .optional = true, AT(request, prior)},
    {.name = "audience", .kind = FIELD_ID, AT(request, audience)},
    {.name = "nonce", .kind = FIELD_RANDOM, AT(request, nonce)},
    {.name = "authorship", .kind = FIELD_WORD, .more = &authorships, AT(request, authorship)},
    {.name = "meaning", .kind = FIELD_WORD, .more = &meanings, .optional = true, AT(request, meaning)},
    {.name = "document", .kind = FIELD_OBJECT, .more = &document_schema, AT(request, document)},
    {.name = "issued_at", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(request, issued_at)},
    {.name = "expires_at", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(request, expires_at)},
    {.name = "answer_to", .kind = FIELD_TEXT, .max = URL_MAX, AT(request, answer_to)},
};
static const struct schema request_schema = SCHEMA(struct request, request_fields);

csign_code request_read(span json, struct buffer *scratch, struct request *ret, csign_fault *fault)
{
    const csign_code malformed = CSIGN_E_REQUEST_MISMATCH;
    if (json.size > REQUEST_MAX)
        return fault_set(fault, malformed, "request", "longer than 8 KiB");
    TRY(schema_read_text(json, TOKEN_DEPTH_MAX, scratch, &request_schema, ret, malformed, malformed, fault));
    if (ret->jurisdiction.size == 2)
        return fault_set(fault, malformed, "jurisdiction", "a country: name the part, as ISO 3166-2 does");
    if (ret->slot == 0)
        return fault_set(fault, malformed, "slot", "counts from 1");
    if (ret->prior.present != (ret->slot > 1))
        return fault_set(fault, malformed, "prior", "present if and only if slot is above 1");
    if (ret->expires_at <= ret->issued_at)
        return fault_set(fault, malformed, "expires_at", "not after issued_at");
    return CSIGN_OK;
}

void request_write(struct buffer *out, const struct request *r)
{
    struct json_out o = json_out(out);
    json_put_object(&o);
    json_put_integer_member(&o, "v", 1);
    json_put_text_member(&o, "request_id", r->request_id);
    json_put_integer_member(&o, "slot", r->slot);
    json_put_text_member(&o, "act", r->act);
    json_put_word_member(&o, "setting", &settings, r->setting);
    json_put_text_member(&o, "jurisdiction", r->jurisdiction);
    json_put_text_member(&o, "site", r->site);
    tool_write(&o, &r->tool);
    json_put_base64url_member(&o, "patient_ref", span_of(r->patient_ref, CSIGN_HASH_SIZE));
    if (r->encounter_ref.present)
        json_put_base64url_member(&o, "encounter_ref", span_of(r->encounter_ref.bytes, CSIGN_HASH_SIZE));
    facts_write(&o, &r->facts);
    draft_write(&o, "draft", &r->draft);
    if (r->prior.present)
        json_put_base64url_member(&o, "prior", span_of(r->prior.bytes, CSIGN_HASH_SIZE));
    json_put_text_member(&o, "audience", r->audience);
    json_put_text_member(&o, "nonce", r->nonce);
    json_put_word_member(&o, "authorship", &authorships, r->authorship);
    if (r->meaning)
        json_put_word_member(&o, "meaning", &meanings, r->meaning);
    json_put_name(&o, "document");
    json_put_object(&o);
    json_put_text_member(&o, "url", r->document.url);
    json_put_text_member(&o, "media_type", r->document.media_type);
    json_put_text_member(&o, "label", r->document.label);
    json_end_object(&o);
    json_put_integer_member(&o, "issued_at", r->issued_at);
    json_put_integer_member(&o, "expires_at", r->expires_at);
    json_put_text_member(&o, "answer_to", r->answer_to);
    json_end_object(&o);
}

csign_code request_check(const struct request *r, const struct transaction *t, csign_fault *fault)
{
    const struct {
        const char *name;
        bool equal;
    } members[] = {
        {"request_id", span_equal(r->request_id, t->request_id)},
        {"slot", r->slot == t->slot},
        {"act", span_equal(r->act, t->act)},
        {"setting", r->setting == t->setting},
        {"jurisdiction", span_equal(r->jurisdiction, t->jurisdiction)},
        {"site", span_equal(r->site, t->site)},
        {"tool", tool_equal(&r->tool, &t->tool)},
        {"patient_ref", memcmp(r->patient_ref, t->patient_ref, CSIGN_HASH_SIZE) == 0},
        {"encounter_ref", reference_equal(&r->encounter_ref, &t->encounter_ref)},
        {"facts", facts_equal(&r->facts, &t->facts)},
        {"draft", draft_equal(&r->draft, &t->draft)},
        {"prior", reference_equal(&r->prior, &t->prior)},
        {"meaning", r->meaning == 0 || r->meaning == t->meaning},
        {"media_type", span_equal(r->document.media_type, t->document.media_type)},
        {"label", span_equal(r->document.label, t->document.label)},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (!members[i].equal)
            return fault_set(fault, CSIGN_E_SIGNOFF_MISMATCH, members[i].name, "not what the stored request says");
    return CSIGN_OK;
}
