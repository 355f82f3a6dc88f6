#include "key_binding.h"
#include "base64.h"

#define AT(type, member) .offset = offsetof(struct type, member)

static bool read_hashes(struct json *j, const struct schema_field *field, void *into)
{
    const struct schema_field digest = {.name = field->name, .kind = FIELD_DIGEST};
    struct key_binding *binding = into; /* the whole struct: the field's offset is 0 */
    if (!json_array(j))
        return false;
    while (json_element(j)) {
        if (binding->hash_count == CSIGN_ENTRIES_MAX)
            return json_fail(j, field->name, "more than 16");
        if (!schema_read_field(j, &digest, binding->hashes[binding->hash_count++]))
            return false;
    }
    return j->failure == JSON_FINE;
}

static const struct schema_field key_binding_fields[] = {
    {.name = "iat", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(key_binding, iat)},
    {.name = "aud", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(key_binding, aud)},
    {.name = "nonce", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(key_binding, nonce)},
    {.name = "sd_hash", .kind = FIELD_DIGEST, AT(key_binding, sd_hash)},
    {.name = "transaction_data_hashes", .kind = FIELD_CALL, .call = read_hashes},
    {.name = "transaction_data_hashes_alg", .kind = FIELD_CONST, .more = "sha-256"},
    {.name = "jti", .kind = FIELD_RANDOM, AT(key_binding, jti)},
    {.name = "auth_time", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(key_binding, auth_time)},
};
static const struct schema key_binding_schema = SCHEMA(struct key_binding, key_binding_fields);

csign_code key_binding_read(const struct jws *jws, struct buffer *scratch, struct key_binding *ret, csign_fault *fault)
{
    struct jws_header header;
    TRY(jws_header_read(jws->header, "kb+jwt", false, scratch, &header, fault));
    return schema_read_text(jws->payload, TOKEN_DEPTH_MAX, scratch, &key_binding_schema, ret, CSIGN_E_MALFORMED_JSON,
                            CSIGN_E_MALFORMED_KEY_BINDING, fault);
}

csign_code key_binding_write(struct buffer *out, const struct key_binding *b, const struct signing_key *key)
{
    uint8_t memory[KEY_BINDING_JWT_MAX];
    struct buffer payload = buffer_open(memory, sizeof memory);
    struct json_out o = json_out(&payload);
    json_put_object(&o);
    json_put_integer_member(&o, "iat", b->iat);
    json_put_text_member(&o, "aud", b->aud);
    json_put_text_member(&o, "nonce", b->nonce);
    json_put_base64url_member(&o, "sd_hash", span_of(b->sd_hash, CSIGN_HASH_SIZE));
    json_put_name(&o, "transaction_data_hashes");
    json_put_array(&o);
    for (size_t i = 0; i < b->hash_count; i++)
        json_put_base64url(&o, span_of(b->hashes[i], CSIGN_HASH_SIZE));
    json_end_array(&o);
    json_put_text_member(&o, "transaction_data_hashes_alg", SPAN("sha-256"));
    json_put_text_member(&o, "jti", b->jti);
    json_put_integer_member(&o, "auth_time", b->auth_time);
    json_end_object(&o);
    if (payload.overflow)
        return CSIGN_E_TOO_LARGE;
    jws_write(out, SPAN("{\"alg\":\"Ed25519\",\"typ\":\"kb+jwt\"}"), buffer_span(&payload), key);
    return buffer_code(out);
}

void sign_off_id(span signing_input, const uint8_t entry_hash[CSIGN_HASH_SIZE], uint8_t ret[CSIGN_HASH_SIZE])
{
    struct hash h;
    hash_init(&h);
    hash_update(&h, signing_input);
    hash_update(&h, span_of(entry_hash, CSIGN_HASH_SIZE));
    hash_final(&h, ret);
}
