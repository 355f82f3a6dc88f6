/* What each kind of deed does when it takes effect, and what correcting and voiding one does: a row a kind. Used by deeds.c. */
#ifndef DOMAIN_EFFECTS_H
#define DOMAIN_EFFECTS_H

#include "deed_row.h"
#include "powers.h"

/* Does what the deed says, and puts the members of its result. It runs after power_check(), in the same transaction. */
typedef csign_code effect(struct acting *a, struct json_out *result);

/* A deed that another corrects or voids; it has taken effect. */
struct amended {
    const uint8_t *hash;
    const struct deed_row *row;
    const struct deed *before, *after; /* after: of correct, with its new members */
    span with;                         /* of correct */
};
typedef csign_code amend(struct acting *a, const struct amended *named);

/* When a deed takes effect: its `effective`; 0 for at once, which is all that has none. */
uint64_t deed_effective_ms(const struct deed *deed);

/* institutions.c */
effect apply_institution_add, apply_officer_add, apply_officer_end, apply_app_add, apply_app_end;
amend void_institution_add, void_officer_add, void_app_add;

/* enrolment.c, activation.c */
effect apply_enrol, apply_activate, apply_affiliation_end, apply_key_end;
amend void_activate;
csign_code end_affiliation(struct acting *a, span affiliation, uint64_t effective_ms, enum end_reason reason);
/* Whether the person and the licence of an enrolment are known: sets both in `a`. duplicate-person, conflict, not-found. */
csign_code enrol_resolve(struct acting *a);

/* orders.c */
effect apply_order, apply_condition, apply_reinstate, apply_deceased;
amend void_order, void_deceased, correct_order;
/* Puts the status indexes that the deed ended, at most the first 100. */
csign_code put_indexes(const struct acting *a, struct json_out *result);

/* enrolment_amend.c */
amend correct_enrol, void_enrol;

/* import_file.c */
effect apply_import;
/* The file that an import names, checked and not applied. not-found, conflict, field-invalid. */
csign_code import_find_checked(struct acting *a, span *ret_id);

/* amendments.c */
effect apply_correct, apply_void;
/* Whether `correct` gives this member anew. */
bool amended_has(const struct amended *named, const char *member);

/* cuts.c, policies.c */
effect apply_cut, apply_policy_publish;
/* Reads the policy that a policy.publish names: its authority must be `at`, which must cover all of applies_to. */
csign_code policy_check_publish(struct acting *a);

/* Every change of a licence behind that which brought it, for its history. */
csign_code licence_event(const struct acting *a, span licence, const char *what);
/* An id for something new. */
span make_id(struct acting *a);

#endif
