/*
 * The compiled index of a policy: which rule holds for an act in a setting. A literal act goes before the longest prefix,
 * then a literal setting before a prefix and the star (PROTOCOL 8); two alike make the policy malformed. A rule with
 * several acts and settings becomes one entry for each act and concrete setting, so that a lookup is a few probes of
 * a hash table however many rules there are.
 */
#include "policy.h"

/* FNV-1a: keys come from a signed policy, and probing is bounded by the table. */
static size_t slot_of(span act, uint8_t setting, bool is_prefix)
{
    uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)(setting * 2u + is_prefix);
    for (size_t i = 0; i < act.size; i++)
        h = (h ^ act.data[i]) * UINT64_C(1099511628211);
    return (size_t)(h ^ h >> 29);
}

static struct policy_index *find(const struct policy *policy, span act, uint8_t setting, bool is_prefix)
{
    size_t mask = policy->index_size - 1, slot = slot_of(act, setting, is_prefix) & mask;
    for (;; slot = (slot + 1) & mask) {
        struct policy_index *entry = &policy->index[slot];
        if (!entry->rule ||
            (entry->setting == setting && entry->is_prefix == is_prefix && span_equal(entry->act, act)))
            return entry;
    }
}

/* A pattern of acts or settings: a literal, a prefix with a star behind it, or the star alone. */
static bool pattern_read(span text, span *ret_stem, bool *ret_is_prefix)
{
    *ret_is_prefix = text.size > 0 && text.data[text.size - 1] == '*';
    *ret_stem = span_of(text.data, text.size - (*ret_is_prefix ? 1 : 0));
    return (*ret_is_prefix && ret_stem->size == 0) || text_is_id(*ret_stem);
}

/* How literally a pattern names a setting, from 1; 0: not at all. */
static uint8_t setting_rank(span stem, bool is_prefix, span setting)
{
    if (!is_prefix)
        return span_equal(stem, setting) ? UINT8_MAX : 0;
    return span_starts(setting, stem) ? (uint8_t)(stem.size + 1) : 0;
}

static csign_code insert(struct policy *policy, const struct rule *rule, span act, bool is_prefix, uint8_t setting,
                         uint8_t rank, csign_fault *fault)
{
    struct policy_index *entry = find(policy, act, setting, is_prefix);
    if (entry->rule && entry->setting_rank == rank)
        return fault_set(fault, CSIGN_E_POLICY_MALFORMED, "rules", "two rules are alike for one act and setting");
    if (!entry->rule || entry->setting_rank < rank)
        *entry = (struct policy_index){act, setting, is_prefix, rank, rule};
    if (is_prefix)
        policy->prefix_lengths |= UINT64_C(1) << act.size;
    return CSIGN_OK;
}

static csign_code insert_act(struct policy *policy, const struct rule *rule, span pattern, csign_fault *fault)
{
    span act, stem;
    bool is_prefix, setting_is_prefix;
    if (!pattern_read(pattern, &act, &is_prefix) || (is_prefix && act.size > 63))
        return fault_set(fault, CSIGN_E_POLICY_MALFORMED, "acts", "not an act, a prefix with a star, or a star");
    for (size_t i = 0; i < rule->settings.count; i++) {
        bool named = false;
        if (!pattern_read(rule->settings.items[i], &stem, &setting_is_prefix))
            return fault_set(fault, CSIGN_E_POLICY_MALFORMED, "settings", "not a setting, a prefix with a star, or a star");
        for (uint8_t setting = 1; setting <= SETTING_COUNT; setting++) {
            uint8_t rank = setting_rank(stem, setting_is_prefix, span_text(vocabulary_word(&settings, setting)));
            named |= rank > 0;
            if (rank > 0)
                TRY(insert(policy, rule, act, is_prefix, setting, rank, fault));
        }
        if (!named)
            return fault_set(fault, CSIGN_E_POLICY_MALFORMED, "settings", "no such setting");
    }
    return CSIGN_OK;
}

/* A text without escapes is a view of the JSON; of a copy nobody knows where it stood. */
csign_code rule_fault(span json, const struct rule *rule, size_t act, csign_code code, csign_fault *fault)
{
    const uintptr_t begin = (uintptr_t)json.data, at = act < rule->acts.count ? (uintptr_t)rule->acts.items[act].data : 0;
    if (fault && at > begin && at - begin < json.size)
        fault->offset = (size_t)(at - begin);
    return code;
}

csign_code policy_index_build(struct policy *policy, span json, struct buffer *scratch, csign_fault *fault)
{
    const struct rule *rules = policy->rules.items;
    size_t entries = 0, size = 16;
    for (size_t i = 0; i < policy->rules.count; i++)
        entries += rules[i].acts.count * SETTING_COUNT;
    while (size < entries * 2)
        size *= 2;
    policy->index = schema_scratch_in(scratch, size, sizeof *policy->index);
    if (!policy->index)
        return fault_set(fault, CSIGN_E_NO_SPACE, "rules", "no room for the index");
    memset(policy->index, 0, size * sizeof *policy->index);
    policy->index_size = size;
    policy->prefix_lengths = 0;
    for (size_t i = 0; i < policy->rules.count; i++)
        for (size_t k = 0; k < rules[i].acts.count; k++) {
            csign_code code = insert_act(policy, &rules[i], rules[i].acts.items[k], fault);
            if (code != CSIGN_OK)
                return rule_fault(json, &rules[i], k, code, fault);
        }
    return CSIGN_OK;
}

bool policy_act_matches(span pattern, span act)
{
    bool is_prefix = pattern.size > 0 && pattern.data[pattern.size - 1] == '*';
    return is_prefix ? span_starts(act, span_of(pattern.data, pattern.size - 1)) : span_equal(pattern, act);
}

const struct rule *policy_find(const struct policy *policy, span act, uint8_t setting)
{
    const struct rule *rule = find(policy, act, setting, false)->rule;
    for (size_t length = act.size < 63 ? act.size : 63; !rule; length--) {
        if (policy->prefix_lengths >> length & 1)
            rule = find(policy, span_of(act.data, length), setting, true)->rule;
        if (length == 0)
            break;
    }
    return rule;
}
