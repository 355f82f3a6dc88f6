#include "transaction.h"
#include "schema_write.h"

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct schema_field facts_fields[] = {
    {.name = "visit", .kind = FIELD_WORD, .more = &visits, .optional = true, AT(facts, visit)},
    {.name = "prior_diagnosis", .kind = FIELD_BOOL, .optional = true, AT(facts, prior_diagnosis)},
    {.name = "patient_age", .kind = FIELD_INTEGER, .max = 150, .optional = true, AT(facts, patient_age)},
    {.name = "guardian_present", .kind = FIELD_BOOL, .optional = true, AT(facts, guardian_present)},
    {.name = "consent", .kind = FIELD_IDS, .max = 16, .optional = true, AT(facts, consent)},
    {.name = "disclosure", .kind = FIELD_IDS, .max = 16, .optional = true, AT(facts, disclosure)},
    {.name = "schedule", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, .optional = true, AT(facts, schedule)},
    {.name = "antimicrobial_grade", .kind = FIELD_INTEGER, .max = 3, .optional = true, AT(facts, antimicrobial_grade)},
    {.name = "off_label", .kind = FIELD_BOOL, .optional = true, AT(facts, off_label)},
    {.name = "stop", .kind = FIELD_BOOL, .optional = true, AT(facts, stop)},
    {.name = "exception", .kind = FIELD_WORD, .more = &exceptions, .optional = true, AT(facts, exception)},
};
const struct schema facts_schema = SCHEMA(struct facts, facts_fields);

static const struct schema_field tool_fields[] = {
    {.name = "id", .kind = FIELD_ID, AT(tool, id)},
    {.name = "model", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(tool, model)},
    {.name = "version", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(tool, version)},
};
const struct schema tool_schema = SCHEMA(struct tool, tool_fields);

static const struct schema_field draft_fields[] = {
    {.name = "digest", .kind = FIELD_DIGEST, AT(draft, digest)},
    {.name = "digest_alg", .kind = FIELD_CONST, .more = "sha-256"},
};
const struct schema draft_schema = SCHEMA(struct draft, draft_fields);

static const struct schema_field document_fields[] = {
    {.name = "digest", .kind = FIELD_DIGEST, AT(signed_document, digest)},
    {.name = "digest_alg", .kind = FIELD_CONST, .more = "sha-256"},
    {.name = "media_type", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(signed_document, media_type)},
    {.name = "size", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(signed_document, size)},
    {.name = "label", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(signed_document, label)},
};
static const struct schema document_schema = SCHEMA(struct signed_document, document_fields);

/* A list that may hold one value only: `more` is that string. */
static bool read_only_item(struct json *j, const struct schema_field *field, void *into)
{
    span text;
    (void)into;
    if (!json_array(j))
        return false;
    if (!json_element(j) || !json_string(j, &text) || !span_equal(text, span_text(field->more)) || json_element(j))
        return json_fail(j, field->name, "not the one list it may be");
    return true;
}

bool reference_read(struct json *j, const struct schema_field *field, void *into)
{
    const struct schema_field digest = {.name = field->name, .kind = FIELD_DIGEST};
    struct reference *reference = into;
    reference->present = true;
    return schema_read_field(j, &digest, reference->bytes);
}

static const struct schema_field transaction_fields[] = {
    {.name = "type", .kind = FIELD_CONST, .more = "urn:countersign:sign-off:1"},
    {.name = "credential_ids", .kind = FIELD_CALL, .call = read_only_item, .more = "practitioner"},
    {.name = "transaction_data_hashes_alg", .kind = FIELD_CALL, .call = read_only_item, .more = "sha-256"},
    {.name = "request_id", .kind = FIELD_RANDOM, AT(transaction, request_id)},
    {.name = "slot", .kind = FIELD_INTEGER, .max = CSIGN_SLOTS_MAX, AT(transaction, slot)},
    {.name = "act", .kind = FIELD_ID, AT(transaction, act)},
    {.name = "meaning", .kind = FIELD_WORD, .more = &meanings, AT(transaction, meaning)},
    {.name = "disposition", .kind = FIELD_WORD, .more = &dispositions, AT(transaction, disposition)},
    {.name = "authorship", .kind = FIELD_WORD, .more = &authorships, AT(transaction, authorship)},
    {.name = "document", .kind = FIELD_OBJECT, .more = &document_schema, AT(transaction, document)},
    {.name = "draft", .kind = FIELD_OBJECT, .more = &draft_schema, .optional = true, AT(transaction, draft)},
    {.name = "tool", .kind = FIELD_OBJECT, .more = &tool_schema, AT(transaction, tool)},
    {.name = "jurisdiction", .kind = FIELD_CODE, AT(transaction, jurisdiction)},
    {.name = "site", .kind = FIELD_ID, AT(transaction, site)},
    {.name = "setting", .kind = FIELD_WORD, .more = &settings, AT(transaction, setting)},
    {.name = "patient_ref", .kind = FIELD_DIGEST, AT(transaction, patient_ref)},
    {.name = "encounter_ref", .kind = FIELD_CALL, .call = reference_read, .optional = true,
     AT(transaction, encounter_ref)},
    {.name = "facts", .kind = FIELD_OBJECT, .more = &facts_schema, .optional = true, AT(transaction, facts)},
    {.name = "opened_at", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(transaction, opened_at)},
    {.name = "prior", .kind = FIELD_CALL, .call = reference_read, .optional = true, AT(transaction, prior)},
};
static const struct schema transaction_schema = SCHEMA(struct transaction, transaction_fields);

csign_code transaction_read(span json, struct buffer *scratch, struct transaction *ret, csign_fault *fault)
{
    TRY(schema_read_text(json, TOKEN_DEPTH_MAX, scratch, &transaction_schema, ret, CSIGN_E_MALFORMED_JSON,
                         CSIGN_E_MALFORMED_TRANSACTION, fault));
    if (ret->jurisdiction.size == 2)
        return fault_set(fault, CSIGN_E_MALFORMED_TRANSACTION, "jurisdiction", "a country: name the part, as ISO 3166-2 does");
    if (ret->slot == 0)
        return fault_set(fault, CSIGN_E_MALFORMED_TRANSACTION, "slot", "counts from 1");
    if (ret->prior.present != (ret->slot > 1))
        return fault_set(fault, CSIGN_E_MALFORMED_TRANSACTION, "prior", "present if and only if slot is above 1");
    if (facts_have(&ret->facts, FACT_ANTIMICROBIAL_GRADE) && ret->facts.antimicrobial_grade == 0)
        return fault_set(fault, CSIGN_E_MALFORMED_TRANSACTION, "antimicrobial_grade", "1 to 3");
    return CSIGN_OK;
}

bool facts_equal(const struct facts *a, const struct facts *b)
{
    /* Absent members are zero in both. */
    return a->present == b->present && a->visit == b->visit && a->exception == b->exception &&
           a->prior_diagnosis == b->prior_diagnosis && a->guardian_present == b->guardian_present &&
           a->off_label == b->off_label && a->stop == b->stop && a->patient_age == b->patient_age &&
           a->antimicrobial_grade == b->antimicrobial_grade && text_list_equal(a->consent, b->consent) &&
           text_list_equal(a->disclosure, b->disclosure) && span_equal(a->schedule, b->schedule);
}

bool tool_equal(const struct tool *a, const struct tool *b)
{
    return span_equal(a->id, b->id) && span_equal(a->model, b->model) && span_equal(a->version, b->version);
}

bool draft_equal(const struct draft *a, const struct draft *b)
{
    return (a->present != 0) == (b->present != 0) && memcmp(a->digest, b->digest, sizeof a->digest) == 0;
}

bool reference_equal(const struct reference *a, const struct reference *b)
{
    return a->present == b->present && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void facts_write(struct json_out *o, const struct facts *facts)
{
    if (!facts->present)
        return;
    json_put_name(o, "facts");
    json_put_object(o);
    if (facts_have(facts, FACT_VISIT))
        json_put_word_member(o, "visit", &visits, facts->visit);
    if (facts_have(facts, FACT_PRIOR_DIAGNOSIS))
        json_put_bool_member(o, "prior_diagnosis", facts->prior_diagnosis);
    if (facts_have(facts, FACT_PATIENT_AGE))
        json_put_integer_member(o, "patient_age", facts->patient_age);
    if (facts_have(facts, FACT_GUARDIAN_PRESENT))
        json_put_bool_member(o, "guardian_present", facts->guardian_present);
    if (facts_have(facts, FACT_CONSENT))
        json_put_texts_member(o, "consent", facts->consent);
    if (facts_have(facts, FACT_DISCLOSURE))
        json_put_texts_member(o, "disclosure", facts->disclosure);
    if (facts_have(facts, FACT_SCHEDULE))
        json_put_text_member(o, "schedule", facts->schedule);
    if (facts_have(facts, FACT_ANTIMICROBIAL_GRADE))
        json_put_integer_member(o, "antimicrobial_grade", facts->antimicrobial_grade);
    if (facts_have(facts, FACT_OFF_LABEL))
        json_put_bool_member(o, "off_label", facts->off_label);
    if (facts_have(facts, FACT_STOP))
        json_put_bool_member(o, "stop", facts->stop);
    if (facts_have(facts, FACT_EXCEPTION))
        json_put_word_member(o, "exception", &exceptions, facts->exception);
    json_end_object(o);
}

void tool_write(struct json_out *o, const struct tool *tool)
{
    json_put_name(o, "tool");
    json_put_object(o);
    json_put_text_member(o, "id", tool->id);
    json_put_text_member(o, "model", tool->model);
    json_put_text_member(o, "version", tool->version);
    json_end_object(o);
}

void draft_write(struct json_out *o, const char *name, const struct draft *draft)
{
    if (!draft->present)
        return;
    json_put_name(o, name);
    json_put_object(o);
    json_put_base64url_member(o, "digest", span_of(draft->digest, sizeof draft->digest));
    json_put_text_member(o, "digest_alg", SPAN("sha-256"));
    json_end_object(o);
}

static void reference_write(struct json_out *o, const char *name, const struct reference *reference)
{
    if (reference->present)
        json_put_base64url_member(o, name, span_of(reference->bytes, sizeof reference->bytes));
}

void transaction_write(struct buffer *out, const struct transaction *t)
{
    static const span practitioner = {(const uint8_t *)"practitioner", 12}, sha256 = {(const uint8_t *)"sha-256", 7};
    struct json_out o = json_out(out);
    json_put_object(&o);
    json_put_text_member(&o, "type", SPAN("urn:countersign:sign-off:1"));
    json_put_texts_member(&o, "credential_ids", (struct text_list){&practitioner, 1});
    json_put_texts_member(&o, "transaction_data_hashes_alg", (struct text_list){&sha256, 1});
    json_put_text_member(&o, "request_id", t->request_id);
    json_put_integer_member(&o, "slot", t->slot);
    json_put_text_member(&o, "act", t->act);
    json_put_word_member(&o, "meaning", &meanings, t->meaning);
    json_put_word_member(&o, "disposition", &dispositions, t->disposition);
    json_put_word_member(&o, "authorship", &authorships, t->authorship);
    json_put_name(&o, "document");
    json_put_object(&o);
    json_put_base64url_member(&o, "digest", span_of(t->document.digest, CSIGN_HASH_SIZE));
    json_put_text_member(&o, "digest_alg", SPAN("sha-256"));
    json_put_text_member(&o, "media_type", t->document.media_type);
    json_put_integer_member(&o, "size", t->document.size);
    json_put_text_member(&o, "label", t->document.label);
    json_end_object(&o);
    draft_write(&o, "draft", &t->draft);
    tool_write(&o, &t->tool);
    json_put_text_member(&o, "jurisdiction", t->jurisdiction);
    json_put_text_member(&o, "site", t->site);
    json_put_word_member(&o, "setting", &settings, t->setting);
    json_put_base64url_member(&o, "patient_ref", span_of(t->patient_ref, CSIGN_HASH_SIZE));
    reference_write(&o, "encounter_ref", &t->encounter_ref);
    facts_write(&o, &t->facts);
    json_put_integer_member(&o, "opened_at", t->opened_at);
    reference_write(&o, "prior", &t->prior);
    json_end_object(&o);
}
