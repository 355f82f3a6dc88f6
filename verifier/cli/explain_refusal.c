/* Whose rule refused: each that applied is asked alone what all were asked together. */
#include "explain_decision.h"
#include "cache.h"
#include "output.h"
#include "rule_text.h"

const char *explain_source(struct call *call, const struct applicable *a)
{
    return a->policy->version ? call_format(call, "%s version %llu", plain(call, a->policy->id), (unsigned long long)a->policy->version)
                              : "the app's overlay";
}

/* The checks that go rule by rule, asked of one rule alone. */
static csign_code ask_again(struct deciding *d, unsigned check)
{
    switch (check) {
    case CHECK_AUTHORSHIP:
        return check_authorship(d);
    case CHECK_QUALIFICATION:
        return check_qualification(d);
    case CHECK_SIGNERS:
        /* Which signer stands in which slot is laid out by the check before. */
        return check_qualification(d) == CSIGN_OK ? check_signers(d) : CSIGN_OK;
    case CHECK_CIRCUMSTANCES:
        return check_circumstances(d);
    default:
        return CSIGN_OK;
    }
}

static bool refuses_alone(struct call *call, const struct deciding *d, const csign_decision *decision, const struct applicable *a)
{
    const int64_t age = d->now - d->gate->evidence_time;
    if (decision->code == CSIGN_E_STATUS_STALE)
        return age > (int64_t)a->rule->max_status_age_s;
    if (decision->code == CSIGN_E_SIGNOFF_TOO_OLD)
        return a->rule->signoff_to_release_s == d->release_limit_s;
    csign_decision *out = call_memory(call, sizeof *out);
    struct deciding *alone = call_memory(call, sizeof *alone);
    *out = *decision;
    *alone = *d;
    alone->out = out;
    alone->applicable[0] = *a;
    alone->applicable_count = 1;
    return ask_again(alone, (unsigned)decision->code / 100) == decision->code;
}

const char *explain_refusers(struct call *call, const struct deciding *d, const csign_decision *decision)
{
    const char *names = "";
    for (size_t i = 0; decision->code == CSIGN_E_DOCUMENT_ACT && i < d->covering_count; i++)
        for (size_t k = 0; k < d->fhir.type_count; k++) {
            const struct text_list *acts = policy_document_acts(d->covering[i], d->fhir.types[k]);
            bool fits = !acts;
            for (size_t n = 0; acts && n < acts->count; n++)
                fits |= policy_act_matches(acts->items[n], d->release->act);
            if (!fits)
                names = call_format(call, "%s%s version %llu, documents: a FHIR %s is released only as %s; ", names,
                                    plain(call, d->covering[i]->id), (unsigned long long)d->covering[i]->version,
                                    plain(call, d->fhir.types[k]), acts->count ? list_text(call, *acts) : "no act");
        }
    for (size_t i = 0; decision->code != CSIGN_E_DOCUMENT_ACT && i < d->applicable_count; i++)
        if (refuses_alone(call, d, decision, &d->applicable[i]))
            names = call_format(call, "%s%s, the rule for %s; ", names, explain_source(call, &d->applicable[i]),
                                rule_name(call, d->applicable[i].rule));
    return names;
}
