/* Checks 9 to 11: exactly these bytes, accepted, and written by whom the rule allows. */
#include "deciding.h"

static bool list_allows(const struct text_list *acts, span act)
{
    for (size_t i = 0; i < acts->count; i++)
        if (policy_act_matches(acts->items[i], act))
            return true;
    return false;
}

/*
 * Whether every kind of resource in the document may be released as this act: a prescription is no message. Every policy that
 * covers the place is asked, also one that has no rule for the act.
 */
static bool kinds_fit(const struct deciding *d)
{
    for (size_t i = 0; i < d->covering_count; i++)
        for (size_t k = 0; k < d->fhir.type_count; k++) {
            const struct text_list *acts = policy_document_acts(d->covering[i], d->fhir.types[k]);
            if (acts && !list_allows(acts, d->release->act))
                return false;
        }
    return true;
}

csign_code check_document(struct deciding *d)
{
    span document = d->release->document;
    hash_of(document, d->out->document_digest);
    d->out->document_hashed = 1;
    d->out->document_size = document.size;
    d->out->media_type = d->slots[0].transaction->document.media_type;
    d->out->label = d->slots[0].transaction->document.label;
    EACH_SLOT(d, slot)
    {
        const struct signed_document *signed_document = &slot->transaction->document;
        REFUSE_IF(d, !hash_equal(signed_document->digest, d->out->document_digest), CSIGN_E_DOCUMENT_CHANGED, "document",
                  "its SHA-256 is not the signed one");
        REFUSE_IF(d, signed_document->size != document.size, CSIGN_E_DOCUMENT_SIZE, "document", "not the signed size");
    }
    fhir_read(document, d->out->media_type, &d->scratch, &d->fhir);
    REFUSE_IF(d, d->fhir.unreadable, CSIGN_E_DOCUMENT_ACT, "document",
              d->fhir.crowded ? "more than 64 types of FHIR resources" : "JSON that cannot be read strictly, or text in UTF-16");
    REFUSE_IF(d, !kinds_fit(d), CSIGN_E_DOCUMENT_ACT, "act", "a resource of the document may not be released as it");
    return passed(d, CHECK_DOCUMENT);
}

static bool differs_from_draft(const struct transaction *t)
{
    return t->draft.present && !hash_equal(t->draft.digest, t->document.digest);
}

csign_code check_disposition(struct deciding *d)
{
    EACH_SLOT(d, slot)
    {
        const struct transaction *t = slot->transaction;
        bool changed = t->disposition == DISPOSITION_MODIFIED || t->disposition == DISPOSITION_OVERRIDDEN;
        REFUSE_IF(d, t->disposition == DISPOSITION_REJECTED, CSIGN_E_REJECTED, "disposition", "a rejection is final");
        REFUSE_IF(d, changed && d->slot > 1, CSIGN_E_DISPOSITION_CONTRADICTION, "disposition",
                  "a later signer only accepts or rejects");
        REFUSE_IF(d, changed && !differs_from_draft(t), CSIGN_E_DISPOSITION_CONTRADICTION, "disposition",
                  "changed, with no draft that differs");
        REFUSE_IF(d, t->disposition == DISPOSITION_ACCEPTED && d->slot == 1 && differs_from_draft(t),
                  CSIGN_E_DISPOSITION_CONTRADICTION, "disposition", "accepted, with a draft that differs");
    }
    return passed(d, CHECK_DISPOSITION);
}

csign_code check_authorship(struct deciding *d)
{
    const struct fhir *f = &d->fhir;
    EACH_SLOT(d, slot)
    {
        const struct transaction *t = slot->transaction;
        uint8_t declared = t->authorship;
        bool unedited = t->draft.present && !differs_from_draft(t);
        uint8_t counted = unedited ? AUTHORSHIP_AI_DRAFT : declared; /* signed unedited, it is the AI's text */
        EACH_APPLICABLE(d, a)
        {
            uint8_t rule = a->rule->ai_authorship;
            REFUSE_IF(d, counted == AUTHORSHIP_AI_DRAFT && rule != RULE_DRAFT_WITH_APPROVAL, CSIGN_E_AI_AUTHORED,
                      "authorship", "the rule allows no text that an AI wrote");
            REFUSE_IF(d, counted == AUTHORSHIP_ASSISTED && rule == RULE_HUMAN_ONLY, CSIGN_E_AI_ASSISTED, "authorship",
                      "the rule allows no part of an AI");
        }
        REFUSE_IF(d, (t->draft.present != 0) == (declared == AUTHORSHIP_HUMAN), CSIGN_E_AUTHORSHIP_CONTRADICTION, "draft",
                  "present exactly when an AI had a part");
        REFUSE_IF(d, declared < counted, CSIGN_E_AUTHORSHIP_CONTRADICTION, "authorship",
                  "less than ai_draft, and the draft was signed unedited");
        REFUSE_IF(d, declared < slot->request.authorship, CSIGN_E_AUTHORSHIP_CONTRADICTION, "authorship",
                  "less AI than the app declared");
        REFUSE_IF(d, declared == AUTHORSHIP_HUMAN && (f->has_ai_label || f->has_ai_agent), CSIGN_E_AUTHORSHIP_CONTRADICTION,
                  "document", "it says itself that an AI had a part");
        EACH_APPLICABLE(d, a)
        REFUSE_IF(d, a->rule->provenance && declared != AUTHORSHIP_HUMAN && !(f->is_fhir && f->has_provenance),
                  CSIGN_E_PROVENANCE_MISSING, "document", "no Provenance resource with an AI among its agents");
    }
    return passed(d, CHECK_AUTHORSHIP);
}
