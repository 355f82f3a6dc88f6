#include "disclosure.h"
#include "base64.h"
#include "json_write.h"
#include "transaction.h"

#define DIGEST_TEXT 43u /* B64U of 32 bytes */

const char *const disclosed_names[DISCLOSED_COUNT] = {"name", "licence_number", "identifiers"};

/* A digest that was met, and where: in the payload (owner 0) or in disclosure owner - 1. */
struct met {
    span digest;
    size_t owner;
    bool in_array;
};

struct walk {
    size_t count, owner;
    struct met met[DIGESTS_MAX];
    bool named[DISCLOSED_COUNT]; /* the payload has the claim itself */
};

static bool remember(struct walk *w, struct json *j, span digest, bool in_array)
{
    if (digest.size != DIGEST_TEXT)
        return json_fail(j, "_sd", "a digest that is not base64url of 32 bytes");
    /* RFC 9901 7.1 step 4: a digest may appear once, matched or not. */
    for (size_t i = 0; i < w->count; i++)
        if (span_equal(w->met[i].digest, digest))
            return json_fail(j, "_sd", "a digest stands twice");
    if (w->count == DIGESTS_MAX)
        return json_fail(j, "_sd", "more than 64 digests");
    w->met[w->count++] = (struct met){digest, w->owner, in_array};
    return true;
}

static bool walk_digests(struct walk *w, struct json *j)
{
    span digest;
    if (!json_array(j))
        return false;
    while (json_element(j))
        if (!json_string(j, &digest) || !remember(w, j, digest, false))
            return false;
    return j->failure == JSON_FINE;
}

static bool walk_value(struct walk *w, struct json *j, bool in_array, bool top);

static bool walk_object(struct walk *w, struct json *j, bool in_array, bool top)
{
    span name, digest;
    size_t members = 0;
    bool placeholder = false, committed = top || w->owner > 0;
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        members++;
        if (span_equal(name, SPAN("_sd"))) {
            if (!committed)
                return json_fail(j, "_sd", "in a claim that may not be disclosed in parts");
            if (!walk_digests(w, j))
                return false;
        } else if (span_equal(name, SPAN("..."))) {
            if (!in_array || !committed || members != 1)
                return json_fail(j, "...", "not alone in an object of a disclosed array");
            placeholder = true;
            if (!json_string(j, &digest) || !remember(w, j, digest, true))
                return false;
        } else if (placeholder) {
            return json_fail(j, "...", "not alone in its object");
        } else if (span_equal(name, SPAN("_sd_alg"))) {
            if (!top)
                return json_fail(j, "_sd_alg", "below the top level");
            if (!json_string(j, &digest) || !span_equal(digest, SPAN("sha-256")))
                return json_fail(j, "_sd_alg", "not sha-256");
        } else {
            for (size_t i = 0; top && i < DISCLOSED_COUNT; i++)
                if (span_equal(name, span_text(disclosed_names[i])))
                    w->named[i] = true;
            if (!walk_value(w, j, false, false))
                return false;
        }
    }
    return j->failure == JSON_FINE;
}

static bool walk_value(struct walk *w, struct json *j, bool in_array, bool top)
{
    switch (json_kind(j)) {
    case JSON_OBJECT:
        return walk_object(w, j, in_array, top); /* recursion bounded by the reader's depth */
    case JSON_ARRAY:
        if (!json_array(j))
            return false;
        while (json_element(j))
            if (!walk_value(w, j, true, false))
                return false;
        return j->failure == JSON_FINE;
    default:
        return json_skip(j, NULL);
    }
}

/* What one disclosure says: [salt, name, value], or [salt, value] for an element of an array. */
struct said {
    span name, value;
    bool is_member;
    uint8_t digest[DIGEST_TEXT];
    size_t level; /* 1: answers the payload; 0: answers nothing */
};

static bool read_disclosure(struct walk *w, struct json *j, struct said *said)
{
    span salt;
    if (!json_array(j) || !json_element(j) || !json_string(j, &salt))
        return json_fail(j, "disclosure", "not an array that begins with a salt");
    if (salt.size < BASE64URL_SIZE(16))
        return json_fail(j, "disclosure", "a salt of less than 128 bits");
    if (!json_element(j))
        return json_fail(j, "disclosure", "not two or three elements");
    const uint8_t *from = j->at;
    bool is_string = json_kind(j) == JSON_STRING;
    size_t before = w->count;
    if (is_string ? !json_string(j, &said->name) : !walk_value(w, j, false, false))
        return false;
    said->value = span_of(from, (size_t)(j->at - from));
    if (!json_element(j)) /* two elements: what was read is the value */
        return j->failure == JSON_FINE;
    if (!is_string || w->count != before)
        return json_fail(j, "disclosure", "a claim's name that is not a string");
    said->is_member = true;
    from = j->at;
    if (!walk_value(w, j, false, false))
        return false;
    said->value = span_of(from, (size_t)(j->at - from));
    return json_element(j) ? json_fail(j, "disclosure", "not two or three elements") : j->failure == JSON_FINE;
}

static csign_code walk_all(struct walk *w, const span *decoded, size_t count, span payload, struct said *said,
                           struct buffer *scratch, csign_fault *fault)
{
    struct json j;
    json_open(&j, payload, TOKEN_DEPTH_MAX, scratch);
    if (!walk_value(w, &j, false, true) || !json_finish(&j))
        return json_code(&j, CSIGN_E_MALFORMED_JSON, CSIGN_E_MALFORMED_DISCLOSURE, fault);
    for (size_t i = 0; i < count; i++) {
        w->owner = i + 1;
        json_open(&j, decoded[i], TOKEN_DEPTH_MAX, scratch);
        if (!read_disclosure(w, &j, &said[i]) || !json_finish(&j))
            return json_code(&j, CSIGN_E_MALFORMED_JSON, CSIGN_E_MALFORMED_DISCLOSURE, fault);
    }
    return CSIGN_OK;
}

static csign_code place_member(const struct walk *w, const struct said *said, struct disclosed *ret, csign_fault *fault)
{
    for (size_t i = 0; i < DISCLOSED_COUNT; i++) {
        if (!span_equal(said->name, span_text(disclosed_names[i])))
            continue;
        if (w->named[i] || ret->values[i].data)
            return fault_set(fault, CSIGN_E_MALFORMED_DISCLOSURE, disclosed_names[i], "the claim is there already");
        ret->values[i] = said->value;
        return CSIGN_OK;
    }
    return fault_set(fault, CSIGN_E_MALFORMED_DISCLOSURE, "disclosure", "a claim that may not be disclosed");
}

/* The level at which a disclosure answers, given those of its owners; 0 while its owner has none yet. */
static size_t level_of(const struct walk *w, const struct said *said, const struct said *all, const struct met **ret)
{
    for (size_t i = 0; i < w->count; i++)
        if (span_equal(w->met[i].digest, span_of(said->digest, DIGEST_TEXT))) {
            *ret = &w->met[i];
            size_t owner = w->met[i].owner;
            return owner == 0 ? 1 : all[owner - 1].level ? all[owner - 1].level + 1 : 0;
        }
    return 0;
}

csign_code disclosure_decode(const struct presentation *p, struct buffer *scratch, span decoded[DISCLOSURES_MAX],
                             csign_fault *fault)
{
    for (size_t i = 0; i < p->disclosure_count; i++)
        if (!base64url_decode(scratch, p->disclosures[i], &decoded[i]))
            return scratch->overflow
                       ? fault_set(fault, CSIGN_E_NO_SPACE, "disclosure", "no room to decode it")
                       : fault_set(fault, CSIGN_E_MALFORMED_BASE64, "disclosure", "not canonical base64url");
    return CSIGN_OK;
}

csign_code disclosure_match(const struct presentation *p, const span decoded[DISCLOSURES_MAX], span payload,
                            struct buffer *scratch, struct disclosed *ret, csign_fault *fault)
{
    struct walk w = {0};
    struct said said[DISCLOSURES_MAX];
    memset(said, 0, p->disclosure_count * sizeof *said);
    memset(ret, 0, sizeof *ret);
    TRY(walk_all(&w, decoded, p->disclosure_count, payload, said, scratch, fault));
    for (size_t i = 0; i < p->disclosure_count; i++) {
        struct buffer digest = buffer_open(said[i].digest, DIGEST_TEXT);
        disclosure_digest(p->disclosures[i], &digest);
    }
    /* Each round settles one level more: a child has a level only when its parent has. */
    for (size_t round = 0, settled = 0; settled < p->disclosure_count; round++) {
        if (round == DISCLOSURE_LEVEL_MAX)
            return fault_set(fault, CSIGN_E_MALFORMED_DISCLOSURE, "disclosure", "nothing commits to it");
        for (size_t i = 0; i < p->disclosure_count; i++) {
            const struct met *met = NULL;
            if (said[i].level || (said[i].level = level_of(&w, &said[i], said, &met)) == 0)
                continue;
            if (said[i].level > DISCLOSURE_LEVEL_MAX)
                return fault_set(fault, CSIGN_E_MALFORMED_DISCLOSURE, "disclosure", "nested more than three levels deep");
            settled++;
            for (size_t k = 0; k < i; k++)
                if (memcmp(said[k].digest, said[i].digest, DIGEST_TEXT) == 0)
                    return fault_set(fault, CSIGN_E_MALFORMED_DISCLOSURE, "disclosure", "the same one twice");
            if (said[i].is_member == met->in_array)
                return fault_set(fault, CSIGN_E_MALFORMED_DISCLOSURE, "disclosure", "a member where an element is due, or the reverse");
            if (said[i].is_member && (span_equal(said[i].name, SPAN("_sd")) || span_equal(said[i].name, SPAN("..."))))
                return fault_set(fault, CSIGN_E_MALFORMED_DISCLOSURE, "disclosure", "a reserved name");
            if (said[i].is_member && met->owner == 0)
                TRY(place_member(&w, &said[i], ret, fault));
        }
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
