#include "receipt.h"
#include "schema_write.h"
#include "hash.h"
#include "transaction.h"
#include "uuid.h"

#define DEPTH_MAX 3u

#define WORDS(name, ...)                                                                                          \
    static const char *const name##_words[] = {__VA_ARGS__};                                                      \
    const struct vocabulary name = {name##_words, sizeof name##_words / sizeof *name##_words}
WORDS(receipt_events, "permit", "refuse", "outcome");
WORDS(receipt_outcomes, "released", "failed", "unknown");

/* --- the table --- */

static bool read_release_id(struct json *j, const struct schema_field *field, void *into)
{
    span *id = into;
    return json_string(j, id) && (text_is_uuid7(*id) || json_fail(j, field->name, "not a UUIDv7 in lower case"));
}

static bool read_code(struct json *j, const struct schema_field *field, void *into)
{
    span text;
    char name[64];
    csign_code *code = into;
    if (!json_string(j, &text))
        return false;
    *code = CSIGN_OK;
    if (text.size < sizeof name && !memchr(text.data, 0, text.size)) {
        memcpy(name, text.data, text.size);
        name[text.size] = 0;
        *code = csign_code_find(name);
    }
    return *code != CSIGN_OK || json_fail(j, field->name, "not a code");
}

#define AT(type, member) .offset = offsetof(struct type, member)
#define INTEGER(type, member, most) {.name = #member, .kind = FIELD_INTEGER, .max = (most), AT(type, member)}
#define WORD(type, member, list)    {.name = #member, .kind = FIELD_WORD, .more = &(list), AT(type, member)}

static const struct schema_field signer_fields[] = {
    INTEGER(receipt_signer, idx, NUMERIC_DATE_MAX),       INTEGER(receipt_signer, slot, CSIGN_SLOTS_MAX),
    WORD(receipt_signer, meaning, meanings),              WORD(receipt_signer, disposition, dispositions),
    WORD(receipt_signer, authorship, authorships),        INTEGER(receipt_signer, iat, NUMERIC_DATE_MAX),
    INTEGER(receipt_signer, dwell_s, NUMERIC_DATE_MAX),
};
static const struct schema signer_schema = SCHEMA(struct receipt_signer, signer_fields);

static const struct schema_field policy_ref_fields[] = {
    {.name = "id", .kind = FIELD_ID, AT(policy_ref, id)},
    INTEGER(policy_ref, version, UINT32_MAX),
};
const struct schema policy_ref_schema = SCHEMA(struct policy_ref, policy_ref_fields);

/* All that no event has always is optional here; presence_of() says who has what. */
static const struct schema_field receipt_fields[RECEIPT_MEMBERS] = {
#define ROW(place, member, ...)  [place] = {.name = #member, AT(receipt, member), __VA_ARGS__}
#define MAY(place, member, ...) ROW(place, member, .optional = true, __VA_ARGS__)
    [RECEIPT_V] = {.name = "v", .kind = FIELD_CALL, .call = schema_read_v1},
    ROW(RECEIPT_SEQ, seq, .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX),
    ROW(RECEIPT_TIME_MS, time_ms, .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX),
    ROW(RECEIPT_EVENT, event, .kind = FIELD_WORD, .more = &receipt_events),
    ROW(RECEIPT_RELEASE_ID, release_id, .kind = FIELD_CALL, .call = read_release_id),
    MAY(RECEIPT_OUTCOME_MEMBER, outcome, .kind = FIELD_WORD, .more = &receipt_outcomes),
    MAY(RECEIPT_CODE, code, .kind = FIELD_CALL, .call = read_code),
    MAY(RECEIPT_COUNT, count, .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX),
    MAY(RECEIPT_ACT, act, .kind = FIELD_ID),
    MAY(RECEIPT_SETTING, setting, .kind = FIELD_WORD, .more = &settings),
    MAY(RECEIPT_JURISDICTION, jurisdiction, .kind = FIELD_CODE),
    MAY(RECEIPT_SITE, site, .kind = FIELD_ID),
    MAY(RECEIPT_DEPLOYMENT, deployment, .kind = FIELD_ID),
    MAY(RECEIPT_TOOL, tool, .kind = FIELD_ID),
    MAY(RECEIPT_MODEL, model, .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX),
    MAY(RECEIPT_MODEL_VERSION, model_version, .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX),
    MAY(RECEIPT_SIGNERS, signers, .kind = FIELD_OBJECTS, .max = CSIGN_SLOTS_MAX, .more = &signer_schema),
    MAY(RECEIPT_UNEDITED, unedited, .kind = FIELD_BOOL),
    MAY(RECEIPT_MEDIA_TYPE, media_type, .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX),
    MAY(RECEIPT_SIZE_BAND, size_band, .kind = FIELD_INTEGER, .max = 64),
    MAY(RECEIPT_ENTRIES, entries, .kind = FIELD_INTEGER, .max = CSIGN_ENTRIES_MAX),
    MAY(RECEIPT_EXCEPTION, exception, .kind = FIELD_WORD, .more = &exceptions),
    MAY(RECEIPT_STATUS_SIZE, status_size, .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX),
    MAY(RECEIPT_STATUS_TIME, status_time, .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX),
    MAY(RECEIPT_POLICIES, policies, .kind = FIELD_OBJECTS, .max = CSIGN_POLICIES_MAX, .more = &policy_ref_schema),
    MAY(RECEIPT_ROOT, root, .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX),
    MAY(RECEIPT_COMMIT, commit, .kind = FIELD_DIGEST),
#undef ROW
#undef MAY
};
static const struct schema receipt_schema = SCHEMA(struct receipt, receipt_fields);

/* --- reading --- */

struct presence {
    uint64_t required, allowed;
};

#define HEAD_MEMBERS (RECEIPT_BIT(RECEIPT_RELEASE_ID + 1) - 1) /* v to release_id */

static struct presence presence_of(unsigned event)
{
    const uint64_t of_refusal = RECEIPT_BIT(RECEIPT_CODE) | RECEIPT_BIT(RECEIPT_COUNT);
    switch (event) {
    case RECEIPT_PERMIT:
        return (struct presence){RECEIPT_PERMIT_MEMBERS, RECEIPT_PERMIT_MEMBERS | RECEIPT_BIT(RECEIPT_EXCEPTION)};
    case RECEIPT_REFUSE: /* what it does not know is absent */
        return (struct presence){HEAD_MEMBERS | of_refusal,
                                 (RECEIPT_PERMIT_MEMBERS & ~RECEIPT_BIT(RECEIPT_COMMIT)) | of_refusal |
                                     RECEIPT_BIT(RECEIPT_EXCEPTION)};
    default:
        return (struct presence){HEAD_MEMBERS | RECEIPT_BIT(RECEIPT_OUTCOME_MEMBER),
                                 HEAD_MEMBERS | RECEIPT_BIT(RECEIPT_OUTCOME_MEMBER)};
    }
}

static csign_code malformed(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_RECEIPT_MALFORMED, field, reason);
}

static csign_code check_presence(const struct receipt *r, csign_fault *fault)
{
    struct presence presence = presence_of(r->event);
    for (unsigned i = 0; i < RECEIPT_MEMBERS; i++) {
        if (presence.required & ~r->present & RECEIPT_BIT(i))
            return malformed(fault, receipt_fields[i].name, "missing");
        if (r->present & ~presence.allowed & RECEIPT_BIT(i))
            return malformed(fault, receipt_fields[i].name, "not a member of this event");
    }
    return CSIGN_OK;
}

static csign_code check_values(const struct receipt *r, csign_fault *fault)
{
    const struct receipt_signer *signers = r->signers.items;
    const struct policy_ref *policies = r->policies.items;
    if (r->seq == 0)
        return malformed(fault, "seq", "zero");
    if (r->present & RECEIPT_BIT(RECEIPT_COUNT) && r->count == 0)
        return malformed(fault, "count", "zero");
    if (r->present & RECEIPT_BIT(RECEIPT_ENTRIES) && r->entries == 0)
        return malformed(fault, "entries", "zero");
    if (r->present & RECEIPT_BIT(RECEIPT_ROOT) && r->root == 0)
        return malformed(fault, "root", "zero");
    if (r->event == RECEIPT_PERMIT && r->signers.count == 0)
        return malformed(fault, "signers", "a permit that nobody signed");
    if (r->event == RECEIPT_PERMIT && r->policies.count == 0)
        return malformed(fault, "policies", "a permit under no policy");
    for (size_t i = 0; i < r->signers.count; i++)
        if (signers[i].slot == 0 || (i > 0 && signers[i].slot <= signers[i - 1].slot))
            return malformed(fault, "slot", "zero, or not in order");
    for (size_t i = 0; i < r->policies.count; i++)
        if (policies[i].version == 0)
            return malformed(fault, "version", "zero");
    return CSIGN_OK;
}

csign_code receipt_read(span line, struct buffer *scratch, struct receipt *ret, csign_fault *fault)
{
    const csign_code bad = CSIGN_E_RECEIPT_MALFORMED;
    if (line.size > RECEIPT_MAX)
        return malformed(fault, "", "too long");
    TRY(schema_read_text(line, DEPTH_MAX, scratch, &receipt_schema, ret, bad, bad, fault));
    TRY(check_presence(ret, fault));
    return check_values(ret, fault);
}

/* --- writing --- */

static void put_signers(struct json_out *o, struct object_list list)
{
    const struct receipt_signer *signers = list.items;
    json_put_name(o, "signers");
    json_put_array(o);
    for (size_t i = 0; i < list.count; i++) {
        json_put_object(o);
        json_put_integer_member(o, "idx", signers[i].idx);
        json_put_integer_member(o, "slot", signers[i].slot);
        json_put_word_member(o, "meaning", &meanings, signers[i].meaning);
        json_put_word_member(o, "disposition", &dispositions, signers[i].disposition);
        json_put_word_member(o, "authorship", &authorships, signers[i].authorship);
        json_put_integer_member(o, "iat", signers[i].iat);
        json_put_integer_member(o, "dwell_s", signers[i].dwell_s);
        json_end_object(o);
    }
    json_end_array(o);
}

void policy_refs_put(struct json_out *o, struct object_list list)
{
    const struct policy_ref *policies = list.items;
    json_put_name(o, "policies");
    json_put_array(o);
    for (size_t i = 0; i < list.count; i++) {
        json_put_object(o);
        json_put_text_member(o, "id", policies[i].id);
        json_put_integer_member(o, "version", policies[i].version);
        json_end_object(o);
    }
    json_end_array(o);
}

static void put_member(struct json_out *o, const struct receipt *r, unsigned place)
{
    const struct schema_field *field = &receipt_fields[place];
    const uint8_t *at = (const uint8_t *)r + field->offset;
    switch (field->kind) {
    case FIELD_INTEGER:
        json_put_integer_member(o, field->name, *(const uint64_t *)(const void *)at);
        break;
    case FIELD_WORD:
        json_put_text_member(o, field->name, span_text(vocabulary_word(field->more, *at)));
        break;
    case FIELD_BOOL:
        json_put_bool_member(o, field->name, *(const bool *)(const void *)at);
        break;
    case FIELD_DIGEST:
        json_put_base64url_member(o, field->name, span_of(at, CSIGN_HASH_SIZE));
        break;
    case FIELD_ID:
    case FIELD_CODE:
    case FIELD_TEXT:
        json_put_text_member(o, field->name, *(const span *)(const void *)at);
        break;
    default:
        break;
    }
}

void receipt_write(struct buffer *out, const struct receipt *r)
{
    struct json_out o = json_out(out);
    json_put_object(&o);
    for (unsigned place = 0; place < RECEIPT_MEMBERS; place++) {
        if (!((r->present | HEAD_MEMBERS) & RECEIPT_BIT(place)))
            continue;
        if (place == RECEIPT_V)
            json_put_integer_member(&o, "v", 1);
        else if (place == RECEIPT_RELEASE_ID)
            json_put_text_member(&o, "release_id", r->release_id);
        else if (place == RECEIPT_CODE)
            json_put_text_member(&o, "code", span_text(csign_code_name(r->code)));
        else if (place == RECEIPT_SIGNERS)
            put_signers(&o, r->signers);
        else if (place == RECEIPT_POLICIES)
            policy_refs_put(&o, r->policies);
        else
            put_member(&o, r, place);
    }
    json_end_object(&o);
}

unsigned receipt_size_band(uint64_t size)
{
    unsigned bits = 0;
    for (; size; size >>= 1)
        bits++;
    return bits;
}

/* --- the chain --- */

void receipt_head_start(span deployment, uint8_t ret[CSIGN_HASH_SIZE])
{
    struct hash h;
    hash_init(&h);
    hash_update(&h, SPAN("countersign/receipts/v1\n"));
    hash_update(&h, deployment);
    hash_final(&h, ret);
}

void receipt_head_next(uint8_t head[CSIGN_HASH_SIZE], uint64_t seq, span line)
{
    uint8_t digest[CSIGN_HASH_SIZE];
    struct hash h;
    hash_of(line, digest);
    hash_init(&h);
    hash_update(&h, span_of("\x02", 1));
    hash_update(&h, span_of(head, CSIGN_HASH_SIZE));
    hash_u64(&h, seq);
    hash_update(&h, span_of(digest, sizeof digest));
    hash_final(&h, head);
}
