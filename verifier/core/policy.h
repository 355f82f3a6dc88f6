/*
 * Policies (PROTOCOL 8): one authority's signed rules, parsed from their closed schema and compiled, so that a decision
 * looks a rule up and never searches.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "note.h"
#include "rule.h"

#define POLICY_RULES_MAX 500u
#define POLICY_NOTE_MAX  (CSIGN_POLICY_MAX + 4096u)

/* `documents`: what a FHIR resource of this type may be released as. */
struct policy_document {
    span type;
    struct text_list acts;
};

/* An entry of the compiled index: the rule of an act, or of a prefix of acts, in one setting. */
struct policy_index {
    span act; /* a literal, or the prefix without its star */
    uint8_t setting;
    bool is_prefix;
    uint8_t setting_rank; /* how literally the rule names the setting */
    const struct rule *rule;
};

struct policy {
    uint64_t present;
    span id, authority, title;
    uint64_t version;
    struct text_list applies_to;
    uint64_t effective_from, effective_to; /* effective_to 0: without end */
    bool has_effective_to;
    int64_t utc_offset_s;
    struct text_list sources;
    struct object_list rules; /* struct rule */
    struct object_list documents; /* struct policy_document */
    span origin;              /* of the registry, from the note */
    uint8_t hash[CSIGN_HASH_SIZE];
    struct policy_index *index; /* open addressing, a power of two */
    size_t index_size;
    uint64_t prefix_lengths; /* bit n: some prefix is n bytes long */
};

/*
 * POLICY_SCRATCH(size of the note) bytes of scratch always suffice; most need a twentieth. The most goes to the index: an act of
 * five bytes has five settings, and the table up to four times as many entries as that.
 */
#define POLICY_SCRATCH(size) ((size) * 96u + 65536u)

/*
 * Reads and compiles the text of a policy note; views point into it and into scratch. policy-malformed with the member.
 */
csign_code policy_read(const struct note *note, struct buffer *scratch, struct policy *ret, csign_fault *fault);

/*
 * Reads an app's overlay, one rule without `acts`, as a policy of that rule for all acts: it is met in addition to those of
 * the policies in its settings, and so can only restrict. Views point into `json` and scratch. policy-malformed with the member.
 */
csign_code overlay_read(span json, struct buffer *scratch, struct policy *ret, csign_fault *fault);

/* policy_index.c: compiles the index; the end of policy_read(). `json` is where the rules were read. */
csign_code policy_index_build(struct policy *policy, span json, struct buffer *scratch, csign_fault *fault);
/* Says where a rule is wrong that was read: at its act of this place. Returns `code`. */
csign_code rule_fault(span json, const struct rule *rule, size_t act, csign_code code, csign_fault *fault);

/* Whether the policy covers a place. */
bool policy_covers(const struct policy *policy, span jurisdiction);

/* The most specific rule for an act in a setting, or NULL. */
const struct rule *policy_find(const struct policy *policy, span act, uint8_t setting);

/* Whether an act is meant by a pattern: a literal, a prefix with a star behind it, or the star alone. */
bool policy_act_matches(span pattern, span act);

/* What a FHIR resource type may be released as, in whatever case it is spelled, or NULL if the policy does not say. */
const struct text_list *policy_document_acts(const struct policy *policy, span type);

#endif
