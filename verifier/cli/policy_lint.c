/*
 * countersign policy lint: what a gate would refuse to read, and what it reads and can never act on. The second is a warning: the
 * policy says something that it does not do.
 */
#include "json_write.h"
#include "options.h"
#include "output.h"
#include "policy_signer.h"
#include "policy_verbs.h"
#include "root_verbs.h"

struct lint {
    struct call *call;
    struct json_out *json;
    size_t count;
    const char *where; /* "the rule for x in y" */
};

static void warn(struct lint *l, const char *field, const char *what, const char *fix)
{
    l->count++;
    if (!l->call->json) {
        say("warning: %s, %s: %s: %s", l->where, field, what, fix);
        return;
    }
    json_put_object(l->json);
    json_put_text_member(l->json, "where", span_text(l->where));
    json_put_text_member(l->json, "field", span_text(field));
    json_put_text_member(l->json, "reason", span_text(what));
    json_put_text_member(l->json, "fix", span_text(fix));
    json_end_object(l->json);
}

/* --- denials --- */

/* What values a fact can have, and those that are left of them; for one that is text there are none. */
struct range {
    bool is_text;
    uint64_t low, high;
};

static struct range range_of(uint8_t fact)
{
    switch (fact) {
    case FACT_SCHEDULE:
        return (struct range){.is_text = true};
    case FACT_PATIENT_AGE:
        return (struct range){.low = 0, .high = 150};
    case FACT_ANTIMICROBIAL_GRADE:
        return (struct range){.low = 1, .high = 3};
    case FACT_VISIT:
        return (struct range){.low = VISIT_FIRST, .high = VISIT_REVISIT};
    case FACT_EXCEPTION:
        return (struct range){.low = EXCEPTION_CONSULTATION, .high = EXCEPTION_BREAK_GLASS};
    default:
        return (struct range){.low = 0, .high = 1};
    }
}

static bool same_value(const struct rule_value *a, const struct rule_value *b, uint8_t fact)
{
    return fact == FACT_SCHEDULE ? span_equal(a->word, b->word) : a->number == b->number;
}

/* Whether a condition lets a value through. */
static bool lets(const struct rule_condition *c, const struct rule_value *value)
{
    bool listed = false;
    if (c->op == OP_LT)
        return value->number < c->values[0].number;
    if (c->op == OP_GE)
        return value->number >= c->values[0].number;
    for (size_t i = 0; i < c->value_count; i++)
        listed |= same_value(&c->values[i], value, c->fact);
    return (c->op == OP_NE) != listed;
}

/* Whether all conditions on a fact let a value through. */
static bool all_let(const struct object_list *list, uint8_t fact, const struct rule_value *value)
{
    const struct rule_condition *conditions = list->items;
    for (size_t i = 0; i < list->count; i++)
        if (conditions[i].fact == fact && !lets(&conditions[i], value))
            return false;
    return true;
}

static bool can_be(const struct object_list *list, const struct rule_condition *c)
{
    const struct range range = range_of(c->fact);
    for (uint64_t number = range.low; !range.is_text && number <= range.high; number++)
        if (all_let(list, c->fact, &(struct rule_value){.number = number}))
            return true;
    /* Of a text, only those that are named can be the only ones left. */
    bool named = false;
    for (size_t i = 0; range.is_text && i < c->value_count && c->op != OP_NE; i++)
        named |= c->values[i].word.size > 0 && all_let(list, c->fact, &c->values[i]);
    return named || (range.is_text && c->op == OP_NE);
}

/* Whether the excuse holds wherever the conditions do. */
static bool always_excused(const struct rule_deny *deny)
{
    const struct rule_condition *excuses = deny->unless.items, *conditions = deny->conditions.items;
    bool all = deny->unless.count > 0;
    for (size_t i = 0; i < deny->unless.count; i++) {
        bool stated = false;
        for (size_t k = 0; k < deny->conditions.count; k++)
            stated |= conditions[k].fact == excuses[i].fact && conditions[k].op == OP_EQ &&
                      same_value(&conditions[k].values[0], &excuses[i].values[0], excuses[i].fact);
        all = all && stated;
    }
    return all;
}

static bool is_padded(span word)
{
    return word.size == 0 || word.data[0] == ' ' || word.data[word.size - 1] == ' ';
}

static void lint_deny(struct lint *l, const struct rule_deny *deny)
{
    const struct rule_condition *conditions = deny->conditions.items;
    for (size_t i = 0; i < deny->conditions.count; i++) {
        const struct rule_condition *c = &conditions[i];
        const char *field = call_format(l->call, "hard_deny %s", vocabulary_word(&fact_names, c->fact));
        if (c->fact == FACT_EXCEPTION)
            warn(l, field, "without an exception it is not stated, and what is not stated refuses", "list under `exceptions` those that the rule allows");
        if (!can_be(&deny->conditions, c))
            warn(l, field, "no value of the fact fulfils it, so it never denies", "correct the value, or take it out");
        for (size_t k = 0; c->fact == FACT_SCHEDULE && k < c->value_count; k++)
            if (is_padded(c->values[k].word))
                warn(l, field, "a word that is empty or begins or ends with a space", "write it as the app states it");
    }
    if (always_excused(deny))
        warn(l, "hard_deny unless", "excuses whatever `if` denies", "correct the one or the other");
}

/* --- rules --- */

/* A rule that no act in any setting comes to: others are more specific everywhere. */
static bool is_reached(const struct policy *p, const struct rule *r)
{
    for (size_t i = 0; i < p->index_size; i++)
        if (p->index[i].rule == r)
            return true;
    return false;
}

static void lint_signers(struct lint *l, const struct rule *r)
{
    const struct rule_signer *s = r->signers.items;
    for (size_t i = 0; i < r->signers.count; i++) {
        const uint64_t specialties_given = UINT64_C(1) << 2; /* its place in the schema of a signer */
        if (s[i].present & specialties_given && s[i].specialties.count == 0)
            warn(l, "specialties", "an empty list asks for none", "name those that may sign, or take it out");
        if (i > 0 && s[i].only_supervised && s[i - 1].levels == UINT64_C(1) << LEVEL_INDEPENDENT && s[i - 1].unrestricted)
            warn(l, "only_if", "the signer before is never one who needs a supervisor", "give that signer `levels`, or take this one out");
    }
}

static void lint_rule(struct lint *l, const struct policy *p, const struct rule *r)
{
    const struct rule_deny *denies = r->hard_deny.items;
    l->where = call_format(l->call, "the rule for %s", rule_name(l->call, r));
    if (!is_reached(p, r))
        warn(l, "settings", "more specific rules hold wherever it would", "take it out, or correct where they hold");
    lint_signers(l, r);
    for (size_t i = 0; i < r->hard_deny.count; i++)
        lint_deny(l, &denies[i]);
    if (r->has_emergency && r->emergency.max_status_age_s <= r->max_status_age_s)
        warn(l, "emergency", "evidence may be no older than without it", "give it a longer max_status_age_s");
    if (r->provenance && r->ai_authorship == RULE_HUMAN_ONLY)
        warn(l, "provenance", "the rule lets no text through in which an AI had a part", "take it out, or allow such texts");
}

/* --- documents --- */

static bool is_pattern(span act)
{
    size_t stem = act.size > 0 && act.data[act.size - 1] == '*' ? act.size - 1 : act.size;
    return stem == 0 ? act.size > 0 : text_is_id(span_of(act.data, stem));
}

static bool is_resource_type(span type)
{
    bool letters = type.size > 0 && type.data[0] >= 'A' && type.data[0] <= 'Z';
    for (size_t i = 1; i < type.size; i++)
        letters = letters && ((type.data[i] | 0x20u) >= 'a' && (type.data[i] | 0x20u) <= 'z');
    return letters;
}

static void lint_documents(struct lint *l, const struct policy *p)
{
    const struct policy_document *documents = p->documents.items;
    l->where = "documents";
    for (size_t i = 0; i < p->documents.count; i++) {
        const char *type = plain(l->call, documents[i].type);
        if (!is_resource_type(documents[i].type))
            warn(l, type, "no name of a FHIR resource type", "write it as FHIR does: MedicationRequest");
        for (size_t k = 0; k < documents[i].acts.count; k++)
            if (!is_pattern(documents[i].acts.items[k]))
                warn(l, type, call_format(l->call, "%s is no act that there could be", plain(l->call, documents[i].acts.items[k])),
                     "name an act, a prefix with a star behind it, or a star");
    }
}

/* --- the signature --- */

static int check_signature(struct call *call, const char *root_path, const char *path, const struct loaded *loaded)
{
    struct root root;
    span note;
    csign_fault fault;
    if (!loaded->note)
        return fail(call, USAGE, "give the note that `policy sign` makes, or no --root", "nobody has signed it, %s", path);
    STEP(root_load(call, root_path, &note, &root));
    if (!span_equal(root.origin, loaded->policy.origin))
        return fail_code(call, REFUSED, CSIGN_E_POLICY_MALFORMED,
                         &(csign_fault){CSIGN_E_POLICY_MALFORMED, "origin", "of another registry than the root", 0}, path);
    csign_code code = policy_check_signer(&root, loaded->note, &loaded->policy, &fault);
    return code == CSIGN_OK ? DONE : fail_code(call, REFUSED, code, &fault, path);
}

int policy_lint(struct call *call)
{
    const char *path = NULL, *root = NULL;
    const struct option options[] = {
        {"FILE", OPTION_TEXT, true, &path, NULL, "a policy: its JSON, or a note", NULL, 0},
        {"--root", OPTION_TEXT, false, &root, "FILE", "the trust root by which a note's signature is checked; else it is not", NULL, 0},
    };
    struct loaded *loaded = call_memory(call, sizeof *loaded);
    const struct policy *p = &loaded->policy;
    STEP(OPTIONS(call, "Checks a policy as a gate will, names the member that is wrong, and warns of what can never act.", options));
    STEP(policy_load(call, path, loaded));
    if (root)
        STEP(check_signature(call, root, path, loaded));
    struct buffer out = call_buffer(call, 8u * CSIGN_POLICY_MAX);
    struct json_out o = json_out(&out);
    struct lint l = {.call = call, .json = &o};
    const struct rule *rules = p->rules.items;
    json_put_object(&o);
    json_put_text_member(&o, "id", p->id);
    json_put_integer_member(&o, "version", p->version);
    json_put_integer_member(&o, "rules", p->rules.count);
    json_put_text_member(&o, "signature", span_text(root ? "good" : loaded->note ? "not-checked" : "none"));
    json_put_name(&o, "warnings");
    json_put_array(&o);
    for (size_t i = 0; i < p->rules.count; i++)
        lint_rule(&l, p, &rules[i]);
    lint_documents(&l, p);
    json_end_array(&o);
    json_end_object(&o);
    buffer_byte(&out, '\n');
    if (call->json)
        return put_out(call, buffer_span(&out));
    say("good: %s, version %llu, %zu rules%s%s", plain(call, p->id), (unsigned long long)p->version, p->rules.count,
        l.count ? call_format(call, ", %zu warnings", l.count) : "", root ? ", signed as the root demands" : "");
    if (loaded->note && !root)
        say("its signature was not checked: give the trust root, --root");
    return DONE;
}
