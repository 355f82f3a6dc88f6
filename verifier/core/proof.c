#include "proof.h"
#include "base64.h"
#include "credential.h"
#include "schema_write.h"
#include "transaction.h"

#define AT(type, member) .offset = offsetof(struct type, member)
#define AUDIENCE_MAX     500u /* of an `iss`, as in a credential */

static const char *const proof_uses_words[] = {"token", "binding", "credential", "end"};
const struct vocabulary proof_uses = {proof_uses_words, sizeof proof_uses_words / sizeof *proof_uses_words};

struct proof_header {
    uint64_t present;
    struct jwk jwk;
};
static const struct schema_field header_fields[] = {
    {.name = "alg", .kind = FIELD_CALL, .call = jws_algorithm_read},
    {.name = "typ", .kind = FIELD_CONST, .more = "countersign-proof+jwt"},
    {.name = "jwk", .kind = FIELD_OBJECT, .more = &jwk_schema, AT(proof_header, jwk)},
};
static const struct schema header_schema = SCHEMA(struct proof_header, header_fields);

enum { PROOF_HAS_CODE = 4, PROOF_HAS_IDX = 5 };
static const struct schema_field proof_fields[] = {
    {.name = "aud", .kind = FIELD_TEXT, .max = AUDIENCE_MAX, AT(proof, aud)},
    {.name = "nonce", .kind = FIELD_RANDOM, AT(proof, nonce)},
    {.name = "iat", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(proof, iat)},
    {.name = "use", .kind = FIELD_WORD, .more = &proof_uses, AT(proof, use)},
    [PROOF_HAS_CODE] =
        {.name = "code", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, .optional = true, AT(proof, code)},
    [PROOF_HAS_IDX] =
        {.name = "idx", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, .optional = true, AT(proof, idx)},
};
static const struct schema proof_schema = SCHEMA(struct proof, proof_fields);

/* The token's own codes name checks of a sign-off: here a client sent a body that is not well-formed. */
static csign_code as_body(csign_code code, csign_fault *fault)
{
    if (code != CSIGN_OK && code != CSIGN_E_NO_SPACE) {
        code = CSIGN_E_BODY_MALFORMED;
        if (fault)
            fault->code = code;
    }
    return code;
}

static csign_code malformed(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_BODY_MALFORMED, field, reason);
}

csign_code proof_read(span compact, struct buffer *scratch, struct proof *ret, csign_fault *fault)
{
    struct jws jws;
    struct proof_header header;
    if (compact.size > PROOF_MAX)
        return malformed(fault, "proof", "longer than 2 KiB");
    TRY(as_body(jws_split(compact, &jws, fault), fault));
    TRY(as_body(jws_decode(&jws, scratch, fault), fault));
    TRY(schema_read_text(jws.header, TOKEN_DEPTH_MAX, scratch, &header_schema, &header, CSIGN_E_BODY_MALFORMED,
                         CSIGN_E_BODY_MALFORMED, fault));
    if (!public_key_is_sound(&header.jwk.x))
        return fault_set(fault, CSIGN_E_POSSESSION_BAD, "jwk", "not a point of the main subgroup");
    if (!jws_verify(&jws, &header.jwk.x))
        return fault_set(fault, CSIGN_E_POSSESSION_BAD, "signature", "not the signature of the key it brings");
    TRY(schema_read_text(jws.payload, TOKEN_DEPTH_MAX, scratch, &proof_schema, ret, CSIGN_E_BODY_MALFORMED,
                         CSIGN_E_BODY_MALFORMED, fault));
    if ((ret->present >> PROOF_HAS_CODE & 1) != (ret->use == PROOF_BINDING))
        return malformed(fault, "code", "present if and only if use is binding");
    if ((ret->present >> PROOF_HAS_IDX & 1) != (ret->use == PROOF_CREDENTIAL))
        return malformed(fault, "idx", "present if and only if use is credential");
    ret->key = header.jwk.x;
    return CSIGN_OK;
}

csign_code proof_check(const struct proof *proof, span aud, uint8_t use, span nonce, csign_fault *fault)
{
    if (!span_equal(proof->aud, aud))
        return fault_set(fault, CSIGN_E_POSSESSION_BAD, "aud", "not this registry");
    if (proof->use != use)
        return fault_set(fault, CSIGN_E_POSSESSION_BAD, "use", "made for something else");
    if (!span_equal(proof->nonce, nonce))
        return fault_set(fault, CSIGN_E_POSSESSION_BAD, "nonce", "not the nonce that was given");
    return CSIGN_OK;
}

csign_code proof_write(struct buffer *out, const struct proof *proof, const struct signing_key *key)
{
    uint8_t header_memory[256], payload_memory[PROOF_MAX];
    struct buffer header = buffer_open(header_memory, sizeof header_memory);
    struct buffer payload = buffer_open(payload_memory, sizeof payload_memory);
    struct public_key public;
    signing_key_public(key, &public);

    struct json_out o = json_out(&header);
    json_put_object(&o);
    json_put_text_member(&o, "alg", SPAN("Ed25519"));
    json_put_text_member(&o, "typ", SPAN("countersign-proof+jwt"));
    json_put_name(&o, "jwk");
    jwk_write(&o, &public);
    json_end_object(&o);

    o = json_out(&payload);
    json_put_object(&o);
    json_put_text_member(&o, "aud", proof->aud);
    json_put_text_member(&o, "nonce", proof->nonce);
    json_put_integer_member(&o, "iat", proof->iat);
    json_put_word_member(&o, "use", &proof_uses, proof->use);
    if (proof->use == PROOF_BINDING)
        json_put_text_member(&o, "code", proof->code);
    if (proof->use == PROOF_CREDENTIAL)
        json_put_integer_member(&o, "idx", proof->idx);
    json_end_object(&o);
    if (payload.overflow || BASE64URL_SIZE(header.size) + BASE64URL_SIZE(payload.size) + 2 + 86 > PROOF_MAX)
        return CSIGN_E_TOO_LARGE;
    jws_write(out, buffer_span(&header), buffer_span(&payload), key);
    return buffer_code(out);
}
