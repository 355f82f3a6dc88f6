/* Check 14: what the rule says of patient, visit, authentication and batch. An unknown fact refuses. */
#include "deciding.h"

enum truth { FALSE_, UNKNOWN, TRUE_ };

static enum truth truth_of(bool value)
{
    return value ? TRUE_ : FALSE_;
}

/* The value of a fact that is stated, in the form in which conditions were compiled. */
static struct rule_value value_of(const struct facts *f, uint8_t fact)
{
    switch (fact) {
    case FACT_VISIT:
        return (struct rule_value){.number = f->visit};
    case FACT_PRIOR_DIAGNOSIS:
        return (struct rule_value){.number = f->prior_diagnosis};
    case FACT_PATIENT_AGE:
        return (struct rule_value){.number = f->patient_age};
    case FACT_GUARDIAN_PRESENT:
        return (struct rule_value){.number = f->guardian_present};
    case FACT_SCHEDULE:
        return (struct rule_value){.word = f->schedule};
    case FACT_ANTIMICROBIAL_GRADE:
        return (struct rule_value){.number = f->antimicrobial_grade};
    case FACT_OFF_LABEL:
        return (struct rule_value){.number = f->off_label};
    case FACT_STOP:
        return (struct rule_value){.number = f->stop};
    default:
        return (struct rule_value){.number = f->exception};
    }
}

static bool equals(struct rule_value have, struct rule_value want, uint8_t fact)
{
    return fact == FACT_SCHEDULE ? span_equal(have.word, want.word) : have.number == want.number;
}

static enum truth holds(const struct rule_condition *c, const struct facts *facts)
{
    if (!facts_have(facts, c->fact))
        return UNKNOWN;
    struct rule_value have = value_of(facts, c->fact);
    switch (c->op) {
    case OP_EQ:
        return truth_of(equals(have, c->values[0], c->fact));
    case OP_NE:
        return truth_of(!equals(have, c->values[0], c->fact));
    case OP_LT:
        return truth_of(have.number < c->values[0].number);
    case OP_GE:
        return truth_of(have.number >= c->values[0].number);
    default:
        for (size_t i = 0; i < c->value_count; i++)
            if (equals(have, c->values[i], c->fact))
                return TRUE_;
        return FALSE_;
    }
}

/* All conditions together: one that is false settles it, one that is unknown leaves it open. */
static enum truth all_hold(const struct object_list *list, const struct facts *facts)
{
    const struct rule_condition *conditions = list->items;
    enum truth all = TRUE_;
    for (size_t i = 0; i < list->count; i++) {
        enum truth one = holds(&conditions[i], facts);
        all = one < all ? one : all;
    }
    return all;
}

static uint8_t first_unknown(const struct object_list *list, const struct facts *facts)
{
    const struct rule_condition *conditions = list->items;
    for (size_t i = 0; i < list->count; i++)
        if (!facts_have(facts, conditions[i].fact))
            return conditions[i].fact;
    return 0;
}

struct denials {
    uint8_t undecided; /* the first fact without which a denial cannot be ruled out; 0: none */
    uint64_t codes;    /* a set of deny codes */
};

static struct denials find_denials(const struct rule *rule, const struct facts *facts)
{
    struct denials found = {0, 0};
    const struct rule_deny *denies = rule->hard_deny.items;
    for (size_t i = 0; i < rule->hard_deny.count; i++) {
        enum truth applies = all_hold(&denies[i].conditions, facts);
        bool excused = denies[i].unless.count > 0 && all_hold(&denies[i].unless, facts) == TRUE_;
        if (applies == UNKNOWN && !excused && !found.undecided)
            found.undecided = first_unknown(&denies[i].conditions, facts);
        if (applies == TRUE_ && !excused)
            found.codes |= UINT64_C(1) << denies[i].code;
    }
    return found;
}

/* The first fact that the rule names and nobody states; 0: none. */
static uint8_t unstated_fact(const struct rule *rule, const struct facts *facts)
{
    for (uint8_t fact = 1; fact <= fact_names.count; fact++)
        if ((rule->facts >> fact & 1 || (rule->revisit && fact == FACT_VISIT)) && !facts_have(facts, fact))
            return fact;
    return 0;
}

static bool lists_all(struct text_list have, struct text_list wanted)
{
    for (size_t i = 0; i < wanted.count; i++)
        if (!text_list_has(have, wanted.items[i]))
            return false;
    return true;
}

/* The factors are read from the credential, never from what the signer says of itself. */
static bool factors_suffice(const struct rule_factors *wanted, const struct authenticator *have)
{
    return (!wanted->storage || (wanted->storage >> have->storage & 1)) &&
           (!wanted->user_auth || (wanted->user_auth >> have->user_auth & 1)) && (!wanted->attested || have->attested);
}

static bool authenticated_in_time(const struct rule *rule, const struct key_binding *b)
{
    if (!rule->has_auth_max_age)
        return true;
    return b->auth_time <= b->iat + SKEW_TOKEN && (b->auth_time >= b->iat || b->iat - b->auth_time <= rule->auth_max_age_s);
}

static bool one_patient(const struct answered *slot)
{
    for (size_t i = 1; i < slot->entry_count; i++)
        if (memcmp(slot->entries[0].patient_ref, slot->entries[i].patient_ref, CSIGN_HASH_SIZE) != 0)
            return false;
    return true;
}

static csign_code check_rule(struct deciding *d, const struct answered *slot, const struct rule *rule)
{
    const struct facts *facts = &slot->transaction->facts;
    const struct denials denials = find_denials(rule, facts);
    const uint8_t unstated = unstated_fact(rule, facts);
    REFUSE_IF(d, unstated, CSIGN_E_FACT_MISSING, vocabulary_word(&fact_names, unstated), "named by the rule, and not stated");
    REFUSE_IF(d, denials.undecided, CSIGN_E_FACT_MISSING, vocabulary_word(&fact_names, denials.undecided),
              "not stated, and a denial cannot be ruled out without it");
    REFUSE_IF(d, rule->revisit && facts->visit != VISIT_REVISIT && !is_excused(d, rule, facts->exception, BRIDGE_FIRST_VISIT),
              CSIGN_E_FIRST_VISIT, "visit", "not a revisit");
    REFUSE_IF(d, denials.codes >> DENY_AGE_RULE & 1, CSIGN_E_AGE_RULE, "patient_age", "denied by the rule");
    REFUSE_IF(d, denials.codes >> DENY_OFF_LABEL & 1, CSIGN_E_OFF_LABEL, "off_label", "denied by the rule");
    REFUSE_IF(d, !lists_all(facts->consent, rule->consent), CSIGN_E_CONSENT_MISSING, "consent", "not all that the rule names");
    REFUSE_IF(d, !lists_all(facts->disclosure, rule->ai_notice), CSIGN_E_AI_NOTICE_MISSING, "disclosure",
              "not all that the rule names");
    REFUSE_IF(d, !factors_suffice(&rule->factors, &slot->vetted->credential.authenticator), CSIGN_E_FACTORS, "authenticator",
              "not as the rule demands");
    REFUSE_IF(d, !authenticated_in_time(rule, &slot->binding), CSIGN_E_AUTHENTICATION_TOO_OLD, "auth_time",
              "longer before the signature than the rule allows, or after it");
    REFUSE_IF(d, !one_patient(slot), CSIGN_E_BATCH_PATIENTS, "patient_ref", "entries of several patients");
    REFUSE_IF(d, slot->entry_count > rule->batch, CSIGN_E_BATCH_SIZE, "transaction_data", "more entries than the rule allows");
    REFUSE_IF(d, denials.codes >> DENY_HARD & 1, CSIGN_E_HARD_DENY, "facts", "denied by the rule");
    REFUSE_IF(d, denials.codes >> DENY_STOP & 1, CSIGN_E_STOP, "stop", "denied by the rule");
    return CSIGN_OK;
}

csign_code check_circumstances(struct deciding *d)
{
    EACH_SLOT(d, slot)
    EACH_APPLICABLE(d, a)
    TRY(check_rule(d, slot, a->rule));
    return passed(d, CHECK_CIRCUMSTANCES);
}
