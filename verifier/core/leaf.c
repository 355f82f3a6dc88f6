#include "leaf.h"
#include "cursor.h"
#include "hash.h"

/* The bytes 1 to 3 and the u32 behind them, whose meaning is the type's. */
struct head {
    uint8_t type, version, a, b;
    uint32_t word;
};

static csign_code malformed(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_LEAF_MALFORMED, field, reason);
}

/* A log's size, a time in milliseconds and a version are all at most 2^63-1: signed arithmetic holds them. */
static bool take_number(struct cursor *c, uint64_t *ret)
{
    return cursor_u64(c, ret) && *ret <= INT64_MAX;
}

static bool take_zeros(struct cursor *c, size_t count)
{
    span bytes;
    if (!cursor_take(c, count, &bytes))
        return false;
    for (size_t i = 0; i < count; i++)
        if (bytes.data[i] != 0)
            return false;
    return true;
}

static csign_code read_binding(struct cursor *c, struct leaf *ret, csign_fault *fault)
{
    if (!take_number(c, &ret->binding.index))
        return malformed(fault, "idx", "above 2^63-1");
    (void)cursor_copy(c, ret->binding.commit, sizeof ret->binding.commit);
    return CSIGN_OK;
}

static csign_code read_end(struct cursor *c, struct head head, struct leaf *ret, csign_fault *fault)
{
    if (head.a < END_REVOKED || head.a > END_SUPERSEDED)
        return malformed(fault, "code", "not 1, 2 or 3");
    if (head.b >= REASON_COUNT)
        return malformed(fault, "reason", "not in the table");
    ret->end.code = (enum end_code)head.a;
    ret->end.reason = (enum end_reason)head.b;
    if (!take_number(c, &ret->end.index))
        return malformed(fault, "idx", "above 2^63-1");
    if (!take_number(c, &ret->end.effective_ms))
        return malformed(fault, "effective_ms", "above 2^63-1");
    if (!take_number(c, &ret->end.recorded_ms))
        return malformed(fault, "recorded_ms", "above 2^63-1");
    /* PROTOCOL 3: what lies ahead waits in the sequencer. */
    if (ret->end.effective_ms > ret->end.recorded_ms)
        return malformed(fault, "effective_ms", "later than it was recorded");
    (void)cursor_copy(c, ret->end.deed, sizeof ret->end.deed);
    return CSIGN_OK;
}

static csign_code read_cut(struct cursor *c, struct head head, struct leaf *ret, csign_fault *fault)
{
    if (head.a < CUT_INSTITUTION || head.a > CUT_ALL)
        return malformed(fault, "kind", "not 1 to 5");
    if (head.b >= REASON_COUNT)
        return malformed(fault, "reason", "not in the table");
    ret->cut.kind = (enum cut_kind)head.a;
    ret->cut.reason = (enum end_reason)head.b;
    if (!take_number(c, &ret->cut.cut_ms))
        return malformed(fault, "cut_ms", "above 2^63-1");
    struct cursor id = *c;
    (void)cursor_copy(c, ret->cut.id, sizeof ret->cut.id);
    if (ret->cut.kind == CUT_ALL && !take_zeros(&id, sizeof ret->cut.id))
        return malformed(fault, "id", "not zero in a cut of everything");
    (void)cursor_copy(c, ret->cut.deed, sizeof ret->cut.deed);
    return CSIGN_OK;
}

static csign_code read_floor(struct cursor *c, struct leaf *ret, csign_fault *fault)
{
    if (!take_number(c, &ret->floor.floor))
        return malformed(fault, "floor", "above 2^63-1");
    if (!take_number(c, &ret->floor.recorded_ms))
        return malformed(fault, "recorded_ms", "above 2^63-1");
    return take_zeros(c, 24) ? CSIGN_OK : malformed(fault, "unused", "not zero");
}

static csign_code read_policy(struct cursor *c, struct head head, struct leaf *ret, csign_fault *fault)
{
    if (head.word == 0)
        return malformed(fault, "version", "zero");
    ret->policy.version = head.word;
    if (!take_number(c, &ret->policy.effective_ms))
        return malformed(fault, "effective_ms", "above 2^63-1");
    (void)cursor_copy(c, ret->policy.id, sizeof ret->policy.id);
    (void)cursor_copy(c, ret->policy.note, sizeof ret->policy.note);
    return CSIGN_OK;
}

static csign_code read_root(struct cursor *c, struct leaf *ret, csign_fault *fault)
{
    if (!take_number(c, &ret->root.version) || ret->root.version == 0)
        return malformed(fault, "version", "not 1 to 2^63-1");
    (void)cursor_copy(c, ret->root.hash, sizeof ret->root.hash);
    return CSIGN_OK;
}

csign_code leaf_read(span bytes, struct leaf *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(bytes);
    struct head head;
    if (bytes.size != LEAF_SIZE || !cursor_u8(&c, &head.type) || !cursor_u8(&c, &head.version) || !cursor_u8(&c, &head.a) ||
        !cursor_u8(&c, &head.b) || !cursor_u32(&c, &head.word))
        return malformed(fault, "", "not 48 bytes");
    if (head.version != 1)
        return malformed(fault, "", "not version 1 of a leaf");
    if (head.type != LEAF_END && head.type != LEAF_CUT && (head.a != 0 || head.b != 0))
        return malformed(fault, "unused", "not zero");
    if (head.type != LEAF_POLICY && head.word != 0)
        return malformed(fault, "unused", "not zero");

    ret->type = (enum leaf_type)head.type;
    switch (ret->type) {
    case LEAF_BINDING:
        return read_binding(&c, ret, fault);
    case LEAF_END:
        return read_end(&c, head, ret, fault);
    case LEAF_CUT:
        return read_cut(&c, head, ret, fault);
    case LEAF_FLOOR:
        return read_floor(&c, ret, fault);
    case LEAF_POLICY:
        return read_policy(&c, head, ret, fault);
    case LEAF_ROOT:
        return read_root(&c, ret, fault);
    }
    return malformed(fault, "type", "unknown");
}

static void write_head(struct buffer *out, enum leaf_type type, unsigned a, unsigned b, uint32_t word)
{
    buffer_byte(out, (uint8_t)type);
    buffer_byte(out, 1);
    buffer_byte(out, (uint8_t)a);
    buffer_byte(out, (uint8_t)b);
    buffer_u32(out, word);
}

void leaf_write(struct buffer *out, const struct leaf *leaf)
{
    switch (leaf->type) {
    case LEAF_BINDING:
        write_head(out, leaf->type, 0, 0, 0);
        buffer_u64(out, leaf->binding.index);
        buffer_put(out, span_of(leaf->binding.commit, sizeof leaf->binding.commit));
        break;
    case LEAF_END:
        write_head(out, leaf->type, leaf->end.code, leaf->end.reason, 0);
        buffer_u64(out, leaf->end.index);
        buffer_u64(out, leaf->end.effective_ms);
        buffer_u64(out, leaf->end.recorded_ms);
        buffer_put(out, span_of(leaf->end.deed, sizeof leaf->end.deed));
        break;
    case LEAF_CUT:
        write_head(out, leaf->type, leaf->cut.kind, leaf->cut.reason, 0);
        buffer_u64(out, leaf->cut.cut_ms);
        buffer_put(out, span_of(leaf->cut.id, sizeof leaf->cut.id));
        buffer_put(out, span_of(leaf->cut.deed, sizeof leaf->cut.deed));
        break;
    case LEAF_FLOOR:
        write_head(out, leaf->type, 0, 0, 0);
        buffer_u64(out, leaf->floor.floor);
        buffer_u64(out, leaf->floor.recorded_ms);
        buffer_zero(out, 24);
        break;
    case LEAF_POLICY:
        write_head(out, leaf->type, 0, 0, leaf->policy.version);
        buffer_u64(out, leaf->policy.effective_ms);
        buffer_put(out, span_of(leaf->policy.id, sizeof leaf->policy.id));
        buffer_put(out, span_of(leaf->policy.note, sizeof leaf->policy.note));
        break;
    case LEAF_ROOT:
        write_head(out, leaf->type, 0, 0, 0);
        buffer_u64(out, leaf->root.version);
        buffer_put(out, span_of(leaf->root.hash, sizeof leaf->root.hash));
        break;
    }
}

static const char *const reason_names[REASON_COUNT] = {
    [REASON_UNSPECIFIED] = "unspecified",
    [REASON_KEY] = "key_lost_or_compromised",
    [REASON_LICENCE_ACTION] = "licence_action",
    [REASON_AFFILIATION_ENDED] = "affiliation_ended",
    [REASON_LAPSED] = "lapsed",
    [REASON_DECEASED] = "deceased",
    [REASON_RESCINDED] = "rescinded",
    [REASON_CONDITIONS_CHANGED] = "conditions_changed",
    [REASON_REINSTATED] = "reinstated",
    [REASON_ADMINISTRATIVE] = "administrative",
    [REASON_EMERGENCY] = "emergency",
    [REASON_REKEYED] = "rekeyed",
};

const char *end_reason_name(enum end_reason reason)
{
    return (unsigned)reason < REASON_COUNT ? reason_names[reason] : NULL;
}

enum end_reason end_reason_find(span name)
{
    for (unsigned i = 0; i < REASON_COUNT; i++)
        if (span_equal(span_text(reason_names[i]), name))
            return (enum end_reason)i;
    return REASON_COUNT;
}

void leaf_binding_commit(span iss, span sub, const uint8_t thumbprint[32], uint8_t ret[32])
{
    struct hash h;
    hash_init(&h);
    hash_update(&h, SPAN("countersign/binding/v1\n"));
    hash_u16(&h, (uint16_t)iss.size);
    hash_update(&h, iss);
    hash_u16(&h, (uint16_t)sub.size);
    hash_update(&h, sub);
    hash_update(&h, span_of(thumbprint, CSIGN_HASH_SIZE));
    hash_final(&h, ret);
}

void leaf_cut_id(enum cut_kind kind, span identifier, span model, uint8_t ret[16])
{
    uint8_t digest[CSIGN_HASH_SIZE] = {0};
    if (kind != CUT_ALL) {
        struct hash h;
        hash_init(&h);
        hash_update(&h, identifier);
        if (kind == CUT_MODEL) {
            hash_update(&h, SPAN("\n"));
            hash_update(&h, model);
        }
        hash_final(&h, digest);
    }
    memcpy(ret, digest, 16);
}

void leaf_policy_id(span id, uint8_t ret[8])
{
    uint8_t digest[CSIGN_HASH_SIZE];
    hash_of(id, digest);
    memcpy(ret, digest, 8);
}
