/* Checks 12 and 13: each signer is whom the rule asks for in that slot, and all whom it asks for have signed. */
#include "deciding.h"

static bool has(uint64_t set, uint8_t word)
{
    return (set >> word & 1) != 0;
}

/* A condition counts through its last day. */
static bool is_active(const struct condition *condition, uint32_t today)
{
    return condition->until == 0 || condition->until >= today;
}

static bool needs_cosign(const struct credential *c, uint32_t today)
{
    const struct condition *conditions = c->conditions.items;
    for (size_t i = 0; i < c->conditions.count; i++)
        if (conditions[i].needs_cosign && is_active(&conditions[i], today))
            return true;
    return false;
}

/* Whether the signer in a slot may only sign with a supervisor in the next. */
static bool needs_supervisor(const struct answered *slot, uint32_t today)
{
    const struct credential *c = &slot->vetted->credential;
    return c->level != LEVEL_INDEPENDENT || needs_cosign(c, today);
}

/*
 * Lays the sign-offs against the rule's signers: a supervisor is asked for only behind someone who needs one, so the
 * n-th sign-off is the n-th signer that is asked for.
 */
static void assign_signers(const struct deciding *d, struct applicable *a)
{
    const struct rule_signer *signers = a->rule->signers.items;
    size_t next = 0, count = a->rule->signers.count;
    a->short_of_signers = a->short_of_supervisor = false;
    a->asked = 0;
    for (size_t i = 0; i < d->slot_count; i++) {
        bool supervised = i > 0 && needs_supervisor(&d->slots[i - 1], a->today);
        while (next < count && signers[next].only_supervised && !supervised)
            next++;
        a->signer[i] = next < count ? &signers[next++] : NULL;
        if (a->signer[i])
            a->asked = i + 1;
        /* Who needs a cosignature needs a rule that has a place for it. */
        if (a->signer[i] && needs_cosign(&d->slots[i].vetted->credential, a->today) &&
            (next == count || !signers[next].only_supervised))
            a->short_of_supervisor = true;
    }
    bool last_supervised = d->slot_count > 0 && needs_supervisor(&d->slots[d->slot_count - 1], a->today);
    for (; next < count; next++) {
        a->short_of_supervisor |= signers[next].only_supervised && last_supervised;
        a->short_of_signers |= !signers[next].only_supervised;
    }
}

static bool has_specialty(const struct credential *c, const struct object_list *wanted)
{
    const struct specialty *have = c->specialty.items, *want = wanted->items;
    for (size_t i = 0; i < wanted->count; i++)
        for (size_t k = 0; k < c->specialty.count; k++)
            if (span_equal(have[k].system, want[i].system) && span_equal(have[k].code, want[i].code))
                return true;
    return wanted->count == 0;
}

static bool has_jurisdiction(const struct credential *c, span place)
{
    for (size_t i = 0; i < c->jurisdiction.count; i++)
        if (jurisdiction_covers(c->jurisdiction.items[i], place))
            return true;
    return false;
}

static bool has_privileges(const struct privileges *p, uint64_t wanted)
{
    const bool held[] = {
        [PRIVILEGE_PRESCRIBE] = p->prescribe,
        [PRIVILEGE_NARCOTIC] = p->narcotic,
        [PRIVILEGE_ANTIMICROBIAL_GRADE] = p->antimicrobial_grade > 0,
        [PRIVILEGE_IMAGING_REPORT] = p->imaging_report,
        [PRIVILEGE_PATHOLOGY] = p->pathology,
        [PRIVILEGE_PSYCHOTHERAPY] = p->psychotherapy,
        [PRIVILEGE_TCM] = p->tcm,
        [PRIVILEGE_CERTIFY_DEATH] = p->certify_death,
        [PRIVILEGE_SUPPLEMENTARY_ONLY] = p->supplementary_only,
    };
    for (size_t i = 1; i < sizeof held / sizeof *held; i++)
        if (has(wanted, (uint8_t)i) && !held[i])
            return false;
    return true;
}

static bool is_at_site(const struct credential_site *site, uint8_t demand, span place)
{
    return demand == SITE_ANY || (span_equal(site->id, place) && (demand == SITE_FILED || site->basis == BASIS_PRIMARY));
}

static bool denies(const struct credential *c, span act, uint32_t today)
{
    const struct condition *conditions = c->conditions.items;
    for (size_t i = 0; i < c->conditions.count; i++)
        for (size_t k = 0; k < conditions[i].acts_denied.count; k++)
            if (is_active(&conditions[i], today) && policy_act_matches(conditions[i].acts_denied.items[k], act))
                return true;
    return false;
}

static bool is_restricted(const struct credential *c, uint32_t today)
{
    const struct condition *conditions = c->conditions.items;
    for (size_t i = 0; i < c->conditions.count; i++)
        if (is_active(&conditions[i], today))
            return true;
    return false;
}

static bool has_experience(const struct credential *c, uint64_t years, uint32_t today)
{
    return years == 0 || (c->independent_since && date_years_passed(c->independent_since, (uint32_t)years, today));
}

/* The first member that is wanted and was not disclosed, or NULL. */
static const char *undisclosed(const struct credential *c, uint64_t wanted)
{
    if (has(wanted, IDENTITY_NAME) && !c->name.data)
        return "name";
    if (has(wanted, IDENTITY_LICENCE_NUMBER) && !c->licence_number.data)
        return "licence_number";
    return has(wanted, IDENTITY_IDENTIFIERS) && c->identifiers.count == 0 ? "identifiers" : NULL;
}

static csign_code check_signer(struct deciding *d, const struct answered *slot, const struct applicable *a,
                               const struct rule_signer *s)
{
    const struct credential *c = &slot->vetted->credential;
    const struct facts *facts = &slot->transaction->facts;
    const struct csign_release *r = d->release;
    const bool schedule_fits =
        facts_have(facts, FACT_SCHEDULE) && text_list_has(c->privileges.schedules, facts->schedule);
    const bool grade_fits = facts_have(facts, FACT_ANTIMICROBIAL_GRADE) &&
                            facts->antimicrobial_grade <= c->privileges.antimicrobial_grade;
    const bool covered = !s->jurisdiction || has_jurisdiction(c, r->jurisdiction);
    REFUSE_IF(d, !has(s->professions, c->profession), CSIGN_E_PROFESSION, "profession", "not one of the rule's");
    REFUSE_IF(d, !has(s->levels, c->level), CSIGN_E_LEVEL, "level", "not one of the rule's");
    REFUSE_IF(d, !has_specialty(c, &s->specialties), CSIGN_E_SPECIALTY, "specialty", "none of the rule's");
    REFUSE_IF(d, !covered && !is_excused(d, a->rule, facts->exception, BRIDGE_JURISDICTION), CSIGN_E_JURISDICTION,
              "jurisdiction", "does not cover the place of care");
    REFUSE_IF(d, !is_at_site(&c->site, s->site, r->site) && !is_excused(d, a->rule, facts->exception, BRIDGE_SITE), CSIGN_E_SITE,
              "site", "not enrolled there as the rule demands");
    REFUSE_IF(d, s->consent_employer && !c->site.consent, CSIGN_E_CONSENT_EMPLOYER, "consent", "false");
    REFUSE_IF(d, !has_experience(c, s->independent_years, a->today), CSIGN_E_EXPERIENCE, "independent_since",
              "too late, or unknown");
    REFUSE_IF(d, !has_privileges(&c->privileges, s->privileges), CSIGN_E_PRIVILEGE, "privileges", "one of the rule's is not held");
    REFUSE_IF(d, s->schedule && !schedule_fits, CSIGN_E_SCHEDULE, "schedule", "not stated, or not among the signer's");
    REFUSE_IF(d, s->antimicrobial && !grade_fits, CSIGN_E_ANTIMICROBIAL_GRADE, "antimicrobial_grade",
              "not stated, or above the signer's");
    REFUSE_IF(d, denies(c, r->act, a->today), CSIGN_E_CONDITION, "conditions", "one denies this act");
    REFUSE_IF(d, s->unrestricted && is_restricted(c, a->today), CSIGN_E_UNRESTRICTED_REQUIRED, "conditions", "not empty");
    REFUSE_IF(d, s->validated && c->assurance.level != ASSURANCE_VALIDATED, CSIGN_E_ASSURANCE, "assurance", "attested");
    REFUSE_IF(d, c->licensed_until && c->licensed_until < a->today, CSIGN_E_LICENCE_EXPIRED, "licensed_until", "passed");
    REFUSE_IF(d, s->licence_date && !c->licensed_until, CSIGN_E_LICENCE_EXPIRED, "licensed_until", "unknown");
    const char *hidden = undisclosed(c, a->rule->identity);
    REFUSE_IF(d, hidden, CSIGN_E_IDENTITY_UNDISCLOSED, hidden, "not disclosed");
    return CSIGN_OK;
}

csign_code check_qualification(struct deciding *d)
{
    EACH_APPLICABLE(d, a)
    assign_signers(d, a);
    EACH_SLOT(d, slot)
    EACH_APPLICABLE(d, a)
    if (a->signer[d->slot - 1])
        TRY(check_signer(d, slot, a, a->signer[d->slot - 1]));
    return passed(d, CHECK_QUALIFICATION);
}

static bool same_person(const struct credential *a, const struct credential *b)
{
    return span_equal(a->sub, b->sub) || public_key_equal(&a->cnf.jwk.x, &b->cnf.jwk.x);
}

/* What all signers of a document must agree in (PROTOCOL 4): the first member in which two do not, or NULL. */
static const char *difference(const struct transaction *a, const struct transaction *b)
{
    const struct signed_document *x = &a->document, *y = &b->document;
    const struct {
        const char *member;
        bool is_same;
    } members[] = {
        {"request_id", span_equal(a->request_id, b->request_id)},
        {"act", span_equal(a->act, b->act)},
        {"setting", a->setting == b->setting},
        {"jurisdiction", span_equal(a->jurisdiction, b->jurisdiction)},
        {"digest", hash_equal(x->digest, y->digest)},
        {"size", x->size == y->size},
        {"media_type", span_equal(x->media_type, y->media_type)},
        {"label", span_equal(x->label, y->label)},
        {"draft", draft_equal(&a->draft, &b->draft)},
        {"tool", tool_equal(&a->tool, &b->tool)},
        {"patient_ref", memcmp(a->patient_ref, b->patient_ref, CSIGN_HASH_SIZE) == 0},
        {"encounter_ref", reference_equal(&a->encounter_ref, &b->encounter_ref)},
        {"facts", facts_equal(&a->facts, &b->facts)},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (!members[i].is_same)
            return members[i].member;
    return NULL;
}

static csign_code check_pair(struct deciding *d, const struct answered *before, const struct answered *after)
{
    const struct reference *prior = &after->transaction->prior;
    REFUSE_IF(d, after->binding.iat < before->binding.iat, CSIGN_E_SIGNER_ORDER, "iat", "earlier than the slot before");
    REFUSE_IF(d, !hash_equal(prior->bytes, before->id), CSIGN_E_SIGNER_CHAIN, "prior", "not the sign-off of the slot before");
    const char *different = difference(before->transaction, after->transaction);
    REFUSE_IF(d, different, CSIGN_E_SIGNER_CHAIN, different, "not what the slot before signed");
    return CSIGN_OK;
}

csign_code check_signers(struct deciding *d)
{
    size_t asked = 0;
    bool short_of_signers = false, short_of_supervisor = false;
    EACH_APPLICABLE(d, a)
    {
        asked = a->asked > asked ? a->asked : asked;
        short_of_signers |= a->short_of_signers;
        short_of_supervisor |= a->short_of_supervisor;
    }
    REFUSE_IF(d, short_of_signers, CSIGN_E_SIGNER_MISSING, "sign_offs", "fewer than the rule asks for");
    REFUSE_IF(d, short_of_supervisor, CSIGN_E_SUPERVISOR_MISSING, "sign_offs", "a supervisor must sign next");
    for (size_t i = 1; i < d->slot_count; i++)
        for (size_t k = 0; k < i; k++) {
            d->slot = (unsigned)i + 1;
            REFUSE_IF(d, same_person(&d->slots[i].vetted->credential, &d->slots[k].vetted->credential),
                      CSIGN_E_SIGNER_NOT_DISTINCT, "sub", "the person or key of an earlier slot");
        }
    d->slot = 0;
    REFUSE_IF(d, d->slot_count > asked, CSIGN_E_SIGNER_ORDER, "sign_offs", "more than the rule asks for");
    for (size_t i = 1; i < d->slot_count; i++) {
        d->slot = (unsigned)i + 1;
        TRY(check_pair(d, &d->slots[i - 1], &d->slots[i]));
    }
    EACH_SLOT(d, slot)
    EACH_APPLICABLE(d, a)
    {
        const struct rule_signer *s = a->signer[d->slot - 1];
        REFUSE_IF(d, s && !has(s->meanings, slot->transaction->meaning), CSIGN_E_MEANING, "meaning", "not one of the rule's");
    }
    return passed(d, CHECK_SIGNERS);
}
