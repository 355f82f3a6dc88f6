/*
 * One decision under way: its inputs, what the checks before have established, and the one way to refuse.
 *
 * Each check is one function, csign_code check_…(struct deciding *), that goes over all sign-offs in slot order, refuses
 * with REFUSE_IF, and ends with `return passed(d, CHECK_…)`. decide.c runs them in their order.
 */
#ifndef GATE_DECIDING_H
#define GATE_DECIDING_H

#include "credential.h"
#include "date.h"
#include "gate.h"
#include "key_binding.h"
#include "request.h"

#include <countersign/decide.h>

#define SKEW_TOKEN    60 /* seconds, PROTOCOL 3: skews */
#define SKEW_EVIDENCE 5
#define PERMIT_LIFE   10 /* seconds, PROTOCOL 6 */

enum check {
    CHECK_ROOT = 1,
    CHECK_POLICY,
    CHECK_EVIDENCE,
    CHECK_REQUEST,
    CHECK_SIGN_OFF,
    CHECK_CREDENTIAL,
    CHECK_HOLDER,
    CHECK_BINDING,
    CHECK_DOCUMENT,
    CHECK_DISPOSITION,
    CHECK_AUTHORSHIP,
    CHECK_QUALIFICATION,
    CHECK_SIGNERS,
    CHECK_CIRCUMSTANCES
};

/* A credential with what was computed from it once: in the cache, or in the workspace. */
struct vetted {
    struct credential credential;
    uint8_t commit[CSIGN_HASH_SIZE]; /* of the B leaf that must stand under its index */
    bool verified;                   /* issuer and signature, under the root of the cache entry */
};

/* One sign-off and the request that it answers. */
struct answered {
    struct request request;
    struct presentation presentation;
    uint8_t sd_hash[CSIGN_HASH_SIZE];
    struct vetted *vetted;
    struct cache_entry *entry; /* where it goes when verified; NULL: it is from the cache, or cannot be kept */
    struct key_binding binding;
    struct transaction *entries;
    size_t entry_count;
    const struct transaction *transaction; /* this document's entry */
    uint8_t id[CSIGN_HASH_SIZE];           /* of the sign-off */
};

/* A policy that must allow, and its rule for the act and setting; behind all others the app's overlay. */
struct applicable {
    const struct policy *policy;
    const struct rule *rule;
    uint32_t today; /* where the policy's dates end */
    const struct rule_signer *signer[CSIGN_SLOTS_MAX]; /* whom the sign-off in each slot must be; NULL: not asked */
    bool short_of_signers, short_of_supervisor;        /* what is left to be asked for */
    size_t asked;                                      /* slots that the rule asks for */
};

/* What a document says of itself, if it is JSON; is_fhir: it is one resource, or an array of them. */
#define FHIR_TYPES_MAX 64u
struct fhir {
    bool is_fhir, unreadable, crowded; /* the last: unreadable because it has too many types */
    bool has_ai_label, has_ai_agent, has_provenance; /* the last: with an AI among its agents, where FHIR has it stand */
    size_t ai_roles;                                 /* codes of an AI so far */
    size_t type_count;
    span types[FHIR_TYPES_MAX]; /* of the resource and of all within it, and what a `kind` names */
};
void fhir_read(span document, span media_type, struct buffer *scratch, struct fhir *ret);

struct deciding {
    const csign_gate *gate;
    csign_cache *cache;
    const struct csign_release *release;
    int64_t now;
    csign_decision *out;
    struct buffer scratch;
    uint8_t setting;
    struct applicable applicable[CSIGN_POLICIES_MAX + 1];
    size_t applicable_count;
    const struct policy *covering[CSIGN_POLICIES_MAX]; /* with a rule or without */
    size_t covering_count;
    uint64_t release_limit_s;
    int64_t emergency_limit_s; /* of evidence, under break-glass */
    bool break_glass;          /* it was asked for, and the policies have it */
    struct answered slots[CSIGN_SLOTS_MAX];
    size_t slot_count;
    struct fhir fhir;
    unsigned slot; /* the one under check, from 1; 0: none */
    csign_fault fault;
};

/* Every condition of a decision is one use of this: tests/conformance/mutants.py deletes each in turn. */
#define REFUSE_IF(d, condition, code, field, reason)                                                              \
    do {                                                                                                          \
        if (condition)                                                                           \
            return fault_set(&(d)->fault, code, field, reason);                                                   \
    } while (0)

/*
 * check_root.c: whether break-glass exists here: the rule of every policy that must allow has it. The app's overlay has no say:
 * what it allows is of itself alone, and its own age limit stands unless it lifts it.
 */
bool allows_break_glass(const struct deciding *d);

/*
 * Whether the exception that a signer stated excuses a demand under a rule; then the decision names it. It is the last
 * operand of a condition: what was met needs no excuse.
 */
static inline bool is_excused(struct deciding *d, const struct rule *rule, uint8_t exception, unsigned bridge)
{
    if (!(rule_bridges(rule, exception) >> bridge & 1) || (exception == EXCEPTION_BREAK_GLASS && !allows_break_glass(d)))
        return false;
    d->out->exception = vocabulary_word(&exceptions, exception);
    return true;
}

/* Sets the check's bit: what never ran cannot have passed. The end of every check. */
static inline csign_code passed(struct deciding *d, enum check check)
{
    d->out->checks |= 1u << (check - 1);
    return CSIGN_OK;
}

csign_code check_root(struct deciding *d);
csign_code check_policy(struct deciding *d);
csign_code check_evidence(struct deciding *d);
csign_code check_request(struct deciding *d);
csign_code check_sign_off(struct deciding *d);
csign_code check_credential(struct deciding *d);
csign_code check_holder(struct deciding *d);
csign_code check_binding(struct deciding *d);
csign_code check_document(struct deciding *d);
csign_code check_disposition(struct deciding *d);
csign_code check_authorship(struct deciding *d);
csign_code check_qualification(struct deciding *d);
csign_code check_signers(struct deciding *d);
csign_code check_circumstances(struct deciding *d);

/* Goes over the sign-offs: the loop of most checks. */
#define EACH_SLOT(d, slot_variable)                                                                               \
    for (struct answered *slot_variable = ((d)->slot = 1, (d)->slots);                                            \
         slot_variable < (d)->slots + (d)->slot_count || ((d)->slot = 0, false); slot_variable++, (d)->slot++)

#define EACH_APPLICABLE(d, variable)                                                                              \
    for (struct applicable *variable = (d)->applicable; variable < (d)->applicable + (d)->applicable_count; variable++)

#endif
