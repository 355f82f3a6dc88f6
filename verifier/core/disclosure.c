#include "disclosure.h"
#include "base64.h"
#include "json_write.h"
#include "transaction.h"

#define DIGEST_TEXT 43u /* B64U of 32 bytes */

const char *const disclosed_names[DISCLOSED_COUNT] = {"name", "licence_number", "identifiers"};

/* What the walk over the payload met. */
struct met {
    size_t count;
    span digests[DIGESTS_MAX];
    bool named[DISCLOSED_COUNT]; /* the payload has the claim itself */
};

static bool walk_digests(struct met *met, struct json *j)
{
    span digest;
    j->field = "_sd";
    if (!json_array(j))
        return false;
    while (json_element(j)) {
        if (!json_string(j, &digest))
            return false;
        if (digest.size != DIGEST_TEXT)
            return json_fail(j, "_sd", "a digest that is not base64url of 32 bytes");
        /* RFC 9901 7.1 step 4: a digest may appear once, matched or not. */
        for (size_t i = 0; i < met->count; i++)
            if (span_equal(met->digests[i], digest))
                return json_fail(j, "_sd", "a digest stands twice");
        if (met->count == DIGESTS_MAX)
            return json_fail(j, "_sd", "more than 64 digests");
        met->digests[met->count++] = digest;
    }
    if (j->failure != JSON_FINE)
        return false;
    j->field = "";
    return true;
}

/* Any value, in which nothing may be disclosed in parts. */
static bool walk_whole(struct json *j)
{
    span name;
    switch (json_kind(j)) {
    case JSON_OBJECT:
        if (!json_object(j))
            return false;
        while (json_member(j, &name)) {
            if (span_equal(name, SPAN("_sd")) || span_equal(name, SPAN("...")) || span_equal(name, SPAN("_sd_alg")))
                return json_fail(j, "_sd", "below the top level: no claim is disclosed in parts");
            if (!walk_whole(j)) /* recursion bounded by the reader's depth */
                return false;
        }
        return j->failure == JSON_FINE;
    case JSON_ARRAY:
        if (!json_array(j))
            return false;
        while (json_element(j))
            if (!walk_whole(j))
                return false;
        return j->failure == JSON_FINE;
    default:
        return json_skip(j, NULL);
    }
}

static bool walk_payload(struct met *met, struct json *j)
{
    span name, algorithm;
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        if (span_equal(name, SPAN("_sd"))) {
            if (!walk_digests(met, j))
                return false;
            continue;
        }
        if (span_equal(name, SPAN("_sd_alg"))) {
            j->field = "_sd_alg";
            if (!json_string(j, &algorithm) || !span_equal(algorithm, SPAN("sha-256")))
                return json_fail(j, "_sd_alg", "not sha-256");
            j->field = "";
            continue;
        }
        if (span_equal(name, SPAN("...")))
            return json_fail(j, "...", "outside an array");
        for (size_t i = 0; i < DISCLOSED_COUNT; i++)
            met->named[i] |= span_equal(name, span_text(disclosed_names[i]));
        if (!walk_whole(j))
            return false;
    }
    return j->failure == JSON_FINE;
}

/* Reads [salt, name, value]. */
static bool read_disclosure(struct json *j, span *ret_name, span *ret_value)
{
    static const char *const shape = "not [salt, name, value]";
    span salt;
    j->field = "disclosure";
    if (!json_array(j) || !json_element(j) || !json_string(j, &salt))
        return json_fail(j, "disclosure", shape);
    if (salt.size < BASE64URL_SIZE(16))
        return json_fail(j, "disclosure", "a salt of less than 128 bits");
    if (!json_element(j) || !json_string(j, ret_name) || !json_element(j))
        return json_fail(j, "disclosure", shape);
    const uint8_t *from = j->at;
    if (!walk_whole(j))
        return false;
    *ret_value = span_of(from, (size_t)(j->at - from));
    return json_element(j) ? json_fail(j, "disclosure", shape) : j->failure == JSON_FINE;
}

csign_code disclosure_decode(const struct presentation *p, struct buffer *scratch, span decoded[DISCLOSURES_MAX],
                             csign_fault *fault)
{
    for (size_t i = 0; i < p->disclosure_count; i++)
        if (!base64url_decode(scratch, p->disclosures[i], &decoded[i]))
            return scratch->overflow ? fault_set(fault, CSIGN_E_NO_SPACE, "disclosure", "no room to decode it")
                                     : fault_set(fault, CSIGN_E_MALFORMED_BASE64, "disclosure", "not canonical base64url");
    return CSIGN_OK;
}

static csign_code malformed(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_MALFORMED_DISCLOSURE, field, reason);
}

static bool is_committed(const struct met *met, span disclosure)
{
    uint8_t memory[DIGEST_TEXT];
    struct buffer digest = buffer_open(memory, sizeof memory);
    disclosure_digest(disclosure, &digest);
    for (size_t i = 0; i < met->count; i++)
        if (span_equal(met->digests[i], buffer_span(&digest)))
            return true;
    return false;
}

csign_code disclosure_match(const struct presentation *p, const span decoded[DISCLOSURES_MAX], span payload,
                            struct buffer *scratch, struct disclosed *ret, csign_fault *fault)
{
    struct met met = {0};
    struct json j;
    memset(ret, 0, sizeof *ret);
    json_open(&j, payload, TOKEN_DEPTH_MAX, scratch);
    if (json_kind(&j) != JSON_OBJECT && json_skip(&j, NULL) && json_finish(&j))
        return fault_set(fault, CSIGN_E_MALFORMED_CLAIMS, "", "not an object");
    if (!walk_payload(&met, &j) || !json_finish(&j))
        return json_code(&j, CSIGN_E_MALFORMED_JSON, CSIGN_E_MALFORMED_DISCLOSURE, fault);
    for (size_t i = 0; i < p->disclosure_count; i++) {
        span name, value;
        size_t claim = 0;
        json_open(&j, decoded[i], TOKEN_DEPTH_MAX, scratch);
        if (!read_disclosure(&j, &name, &value) || !json_finish(&j))
            return json_code(&j, CSIGN_E_MALFORMED_JSON, CSIGN_E_MALFORMED_DISCLOSURE, fault);
        if (!is_committed(&met, p->disclosures[i]))
            return malformed(fault, "disclosure", "the credential does not commit to it");
        while (claim < DISCLOSED_COUNT && !span_equal(name, span_text(disclosed_names[claim])))
            claim++;
        if (claim == DISCLOSED_COUNT)
            return malformed(fault, "disclosure", "a claim that may not be disclosed");
        if (met.named[claim] || ret->values[claim].data)
            return malformed(fault, disclosed_names[claim], "the claim is there already");
        ret->values[claim] = value;
    }
    return CSIGN_OK;
}

void disclosure_write(struct buffer *out, span salt, const char *name, span value)
{
    uint8_t memory[DISCLOSURE_MAX];
    struct buffer text = buffer_open(memory, sizeof memory);
    struct json_out o = json_out(&text);
    json_put_array(&o);
    json_put_base64url(&o, salt);
    json_put_text(&o, span_text(name));
    json_put_raw(&o, value);
    json_end_array(&o);
    out->overflow |= text.overflow;
    base64url_encode(out, buffer_span(&text));
}

void disclosure_digest(span disclosure, struct buffer *out)
{
    uint8_t digest[CSIGN_HASH_SIZE];
    hash_of(disclosure, digest);
    base64url_encode(out, span_of(digest, sizeof digest));
}
