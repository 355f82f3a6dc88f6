/*
 * The decision, read from top to bottom: a currently licensed, in-scope clinician signed exactly these bytes; the licence
 * status is so many seconds old.
 */
#include "cache.h"
#include "uuid.h"

#define ALL_CHECKS ((1u << CSIGN_CHECK_COUNT) - 1)

/* Who signed that it is break-glass, where the policies have it, gets that verdict, also if nothing had to be bridged. */
static void mark_break_glass(struct deciding *d)
{
    d->break_glass |= d->slots[0].transaction->facts.exception == EXCEPTION_BREAK_GLASS && allows_break_glass(d);
    if (d->break_glass)
        d->out->exception = vocabulary_word(&exceptions, EXCEPTION_BREAK_GLASS);
}

static csign_code decide(struct deciding *d)
{
    TRY(check_root(d));          /*  1 the root is held, of the kind asked for, unexpired, the newest that the log names */
    TRY(check_policy(d));        /*  2 a policy covers the place and has a rule for this act and setting */
    TRY(check_evidence(d));      /*  3 the status is replayed from the root's log, and young enough */
    TRY(check_request(d));       /*  4 each sign-off answers a stored request, and the release is what was requested */
    TRY(check_sign_off(d));      /*  5 each sign-off is well-formed and says what its request fixes */
    TRY(check_credential(d));    /*  6 the registry issued the credential, and it was valid when signed */
    TRY(check_holder(d));        /*  7 the clinician's own key signed this, for this deployment and request, in time */
    TRY(check_binding(d));       /*  8 that key and that licence are live in the status log, now */
    TRY(check_document(d));      /*  9 exactly these bytes */
    TRY(check_disposition(d));   /* 10 accepted, modified or overridden, not rejected */
    TRY(check_authorship(d));    /* 11 and not written by whom the rule forbids */
    TRY(check_qualification(d)); /* 12 by someone qualified for this act, at this place */
    TRY(check_signers(d));       /* 13 by all who must, different people, in order */
    TRY(check_circumstances(d)); /* 14 and nothing in the circumstances denies it */
    mark_break_glass(d);
    return CSIGN_OK;
}

static csign_code check_arguments(const struct csign_release *release, int64_t now, csign_fault *fault)
{
    if (now < 0)
        return fault_set(fault, CSIGN_E_ARGUMENT, "now", "before 1970");
    if (release->struct_size != sizeof *release)
        return fault_set(fault, CSIGN_E_ARGUMENT, "struct_size", "of another version of the header");
    if (release->request_count > CSIGN_SLOTS_MAX || release->sign_off_count > CSIGN_SLOTS_MAX)
        return fault_set(fault, CSIGN_E_ARGUMENT, "sign_offs", "more than 4");
    for (size_t i = 0; i < release->sign_off_count; i++)
        if (release->slots[i].received_at < 0)
            return fault_set(fault, CSIGN_E_ARGUMENT, "received_at", "before 1970");
    if (!text_is_uuid7(release->release_id))
        return fault_set(fault, CSIGN_E_ARGUMENT, "release_id", "not a UUIDv7 in lower case");
    if (!release->document.data && release->document.size)
        return fault_set(fault, CSIGN_E_ARGUMENT, "document", "missing");
    return CSIGN_OK;
}

/* Who cannot decide refuses, and says that it is not the document's fault. */
static csign_verdict verdict_of(csign_code code, uint32_t checks, bool break_glass)
{
    switch (code) {
    case CSIGN_OK:
        return checks != ALL_CHECKS ? CSIGN_CANNOT_DECIDE : break_glass ? CSIGN_BREAK_GLASS : CSIGN_ALLOW;
    case CSIGN_E_ROOT_MISSING:
    case CSIGN_E_ARGUMENT:
    case CSIGN_E_NO_SPACE:
    case CSIGN_E_INTERNAL:
        return CSIGN_CANNOT_DECIDE;
    default:
        return CSIGN_REFUSE;
    }
}

csign_verdict csign_decide(const csign_gate *gate, csign_cache *cache, const struct csign_release *release, int64_t now,
                           csign_decision *ret_decision)
{
    if (!ret_decision)
        return CSIGN_CANNOT_DECIDE;
    memset(ret_decision, 0, sizeof *ret_decision);
    ret_decision->struct_size = sizeof *ret_decision;
    ret_decision->verdict = CSIGN_CANNOT_DECIDE;
    ret_decision->code = CSIGN_E_ARGUMENT;
    ret_decision->field = ret_decision->reason = "";
    if (!gate || !cache || !release)
        return CSIGN_CANNOT_DECIDE;

    struct deciding *d = &cache->deciding;
    cache->decision++;
    d->gate = gate;
    d->cache = cache;
    d->release = release;
    d->now = now;
    d->out = ret_decision;
    d->scratch = buffer_open(cache->workspace, sizeof cache->workspace);
    d->applicable_count = d->covering_count = d->slot_count = 0;
    d->slot = 0;
    d->break_glass = false;
    d->fault = (csign_fault){CSIGN_OK, "", "", 0};

    csign_code code = check_arguments(release, now, &d->fault);
    if (code == CSIGN_OK) {
        ret_decision->release_id = release->release_id;
        ret_decision->act = release->act;
        ret_decision->decided_at = now;
        code = decide(d);
    }
    ret_decision->verdict = verdict_of(code, ret_decision->checks, d->break_glass);
    ret_decision->code = code == CSIGN_OK && ret_decision->verdict == CSIGN_CANNOT_DECIDE ? CSIGN_E_INTERNAL : code;
    if (code != CSIGN_OK) {
        ret_decision->field = d->fault.field;
        ret_decision->reason = d->fault.reason;
        ret_decision->slot = d->slot;
    } else {
        ret_decision->not_after = now + PERMIT_LIFE;
    }
    return ret_decision->verdict;
}
