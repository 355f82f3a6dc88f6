#include "jws.h"
#include "base64.h"
#include "cursor.h"
#include "transaction.h"

#define KID_MAX 128u

csign_code jws_split(span compact, struct jws *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(compact);
    span header, payload;
    if (!cursor_until(&c, '.', &header) || !cursor_until(&c, '.', &payload) || header.size == 0 || payload.size == 0 ||
        cursor_done(&c) || memchr(c.at, '.', cursor_left(&c)))
        return fault_set(fault, CSIGN_E_MALFORMED_TOKEN, "", "not three non-empty segments");
    *ret = (struct jws){
        .signing_input = span_of(compact.data, header.size + 1 + payload.size),
        .segments = {header, payload, cursor_rest(&c)},
    };
    return CSIGN_OK;
}

csign_code jws_decode(struct jws *jws, struct buffer *scratch, csign_fault *fault)
{
    static const char *const names[] = {"header", "payload", "signature"};
    span *const into[] = {&jws->header, &jws->payload, &jws->signature};
    for (size_t i = 0; i < 3; i++)
        if (!base64url_decode(scratch, jws->segments[i], into[i]))
            return scratch->overflow ? fault_set(fault, CSIGN_E_NO_SPACE, names[i], "no room to decode it")
                                     : fault_set(fault, CSIGN_E_MALFORMED_BASE64, names[i], "not canonical base64url");
    return CSIGN_OK;
}

bool jws_verify(const struct jws *jws, const struct public_key *key)
{
    return jws->signature.size == CSIGN_SIGNATURE_SIZE && public_key_verify(key, jws->signing_input, jws->signature.data);
}

bool jws_algorithm_read(struct json *j, const struct schema_field *field, void *into)
{
    span alg;
    (void)into;
    return json_string(j, &alg) && (span_equal(alg, SPAN("Ed25519")) || span_equal(alg, SPAN("EdDSA")) ||
                                    json_fail(j, field->name, "not an algorithm of the key"));
}

csign_code jws_header_read(span json, const char *typ, bool with_kid, struct buffer *scratch, struct jws_header *ret,
                           csign_fault *fault)
{
    const struct schema_field fields[] = {
        {.name = "alg", .kind = FIELD_CALL, .call = jws_algorithm_read},
        {.name = "typ", .kind = FIELD_CONST, .more = typ},
        {.name = "kid", .kind = FIELD_TEXT, .max = KID_MAX, .offset = offsetof(struct jws_header, kid)},
    };
    const struct schema schema = {fields, with_kid ? 3 : 2, sizeof *ret, false};
    return schema_read_text(json, TOKEN_DEPTH_MAX, scratch, &schema, ret, CSIGN_E_MALFORMED_JSON, CSIGN_E_MALFORMED_HEADER,
                            fault);
}

void jws_write(struct buffer *out, span header, span payload, const struct signing_key *key)
{
    uint8_t signature[CSIGN_SIGNATURE_SIZE];
    size_t from = out->size;
    base64url_encode(out, header);
    buffer_byte(out, '.');
    base64url_encode(out, payload);
    if (out->overflow)
        return;
    signing_key_sign(key, buffer_since(out, from), signature);
    buffer_byte(out, '.');
    base64url_encode(out, span_of(signature, sizeof signature));
}
