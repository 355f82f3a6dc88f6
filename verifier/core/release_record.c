#include "release_record.h"
#include "schema_write.h"
#include "base64.h"
#include "cursor.h"
#include "hash.h"
#include "transaction.h"
#include "uuid.h"

#define DEPTH_MAX   3u
#define LEAF_UNUSED 22u

/* --- the record --- */

static bool read_sign_offs(struct json *j, const struct schema_field *field, void *into)
{
    struct sign_off_ids *ids = into;
    span text;
    if (!json_array(j))
        return false;
    while (json_element(j)) {
        if (ids->count == CSIGN_SLOTS_MAX)
            return json_fail(j, field->name, "more than there are slots");
        if (!json_string(j, &text))
            return false;
        if (!base64url_exact(text, ids->ids[ids->count++], CSIGN_HASH_SIZE))
            return json_fail(j, field->name, "not base64url of 32 bytes");
    }
    return ids->count > 0 || json_fail(j, field->name, "none: nobody signed");
}

#define AT(type, member) .offset = offsetof(struct type, member)
static const struct schema_field document_fields[] = {
    {.name = "digest", .kind = FIELD_DIGEST, AT(released_document, digest)},
    {.name = "media_type", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(released_document, media_type)},
    {.name = "size", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(released_document, size)},
};
static const struct schema document_schema = SCHEMA(struct released_document, document_fields);

static const struct schema_field record_fields[] = {
    {.name = "v", .kind = FIELD_CALL, .call = schema_read_v1},
    {.name = "release_id", .kind = FIELD_ID, AT(release_record, release_id)},
    {.name = "time_ms", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(release_record, time_ms)},
    {.name = "deployment", .kind = FIELD_ID, AT(release_record, deployment)},
    {.name = "act", .kind = FIELD_ID, AT(release_record, act)},
    {.name = "setting", .kind = FIELD_WORD, .more = &settings, AT(release_record, setting)},
    {.name = "jurisdiction", .kind = FIELD_CODE, AT(release_record, jurisdiction)},
    {.name = "site", .kind = FIELD_ID, AT(release_record, site)},
    {.name = "document", .kind = FIELD_OBJECT, .more = &document_schema, AT(release_record, document)},
    {.name = "sign_offs", .kind = FIELD_CALL, .call = read_sign_offs, AT(release_record, sign_offs)},
    {.name = "status_size", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(release_record, status_size)},
    {.name = "status_time", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(release_record, status_time)},
    {.name = "policies", .kind = FIELD_OBJECTS, .max = CSIGN_POLICIES_MAX, .more = &policy_ref_schema,
     AT(release_record, policies)},
    {.name = "root", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(release_record, root)},
};
static const struct schema record_schema = SCHEMA(struct release_record, record_fields);

static csign_code malformed(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_RECEIPT_MALFORMED, field, reason);
}

csign_code release_record_read(span line, struct buffer *scratch, struct release_record *ret, csign_fault *fault)
{
    const csign_code bad = CSIGN_E_RECEIPT_MALFORMED;
    if (line.size > RELEASE_RECORD_MAX)
        return malformed(fault, "", "too long");
    TRY(schema_read_text(line, DEPTH_MAX, scratch, &record_schema, ret, bad, bad, fault));
    const struct policy_ref *policies = ret->policies.items;
    if (!text_is_uuid7(ret->release_id))
        return malformed(fault, "release_id", "not a UUIDv7 in lower case");
    if (ret->policies.count == 0)
        return malformed(fault, "policies", "a release under no policy");
    for (size_t i = 0; i < ret->policies.count; i++)
        if (policies[i].version == 0)
            return malformed(fault, "version", "zero");
    return ret->root ? CSIGN_OK : malformed(fault, "root", "zero");
}

void release_record_write(struct buffer *out, const struct release_record *r)
{
    struct json_out o = json_out(out);
    json_put_object(&o);
    json_put_integer_member(&o, "v", 1);
    json_put_text_member(&o, "release_id", r->release_id);
    json_put_integer_member(&o, "time_ms", r->time_ms);
    json_put_text_member(&o, "deployment", r->deployment);
    json_put_text_member(&o, "act", r->act);
    json_put_word_member(&o, "setting", &settings, r->setting);
    json_put_text_member(&o, "jurisdiction", r->jurisdiction);
    json_put_text_member(&o, "site", r->site);
    json_put_name(&o, "document");
    json_put_object(&o);
    json_put_base64url_member(&o, "digest", span_of(r->document.digest, CSIGN_HASH_SIZE));
    json_put_text_member(&o, "media_type", r->document.media_type);
    json_put_integer_member(&o, "size", r->document.size);
    json_end_object(&o);
    json_put_name(&o, "sign_offs");
    json_put_array(&o);
    for (size_t i = 0; i < r->sign_offs.count; i++)
        json_put_base64url(&o, span_of(r->sign_offs.ids[i], CSIGN_HASH_SIZE));
    json_end_array(&o);
    json_put_integer_member(&o, "status_size", r->status_size);
    json_put_integer_member(&o, "status_time", r->status_time);
    policy_refs_put(&o, r->policies);
    json_put_integer_member(&o, "root", r->root);
    json_end_object(&o);
}

/* --- commitment and leaf --- */

void release_commit(const uint8_t salt[RELEASE_SALT_SIZE], span record, uint8_t ret[CSIGN_HASH_SIZE])
{
    struct hash h;
    hash_init(&h);
    hash_update(&h, SPAN("countersign/release/v1\n"));
    hash_update(&h, span_of(salt, RELEASE_SALT_SIZE));
    hash_u64(&h, record.size);
    hash_update(&h, record);
    hash_final(&h, ret);
}

csign_code release_leaf_read(span bytes, struct release_leaf *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(bytes);
    uint8_t version, kind;
    if (bytes.size != RELEASE_LEAF_SIZE || !cursor_u8(&c, &version) || version != 1 || !cursor_u8(&c, &kind))
        return fault_set(fault, CSIGN_E_LEAF_MALFORMED, "", "not 64 bytes of version 1");
    if (kind != RELEASE_LEAF_RECORD && kind != RELEASE_LEAF_RECEIPTS)
        return fault_set(fault, CSIGN_E_LEAF_MALFORMED, "kind", "unknown");
    ret->kind = (enum release_leaf_kind)kind;
    if (!cursor_u64(&c, &ret->time_ms) || ret->time_ms > INT64_MAX)
        return fault_set(fault, CSIGN_E_LEAF_MALFORMED, "time_ms", "above 2^63-1");
    (void)cursor_copy(&c, ret->commit, sizeof ret->commit);
    for (const uint8_t *at = c.at; at < c.end; at++)
        if (*at != 0)
            return fault_set(fault, CSIGN_E_LEAF_MALFORMED, "unused", "not zero");
    return CSIGN_OK;
}

void release_leaf_write(struct buffer *out, const struct release_leaf *leaf)
{
    buffer_byte(out, 1);
    buffer_byte(out, (uint8_t)leaf->kind);
    buffer_u64(out, leaf->time_ms);
    buffer_put(out, span_of(leaf->commit, sizeof leaf->commit));
    buffer_zero(out, LEAF_UNUSED);
}
