/* What each kind of deed does when it takes effect, and what correcting and voiding one does: a row a kind. Used by deeds.c. */
#ifndef DOMAIN_EFFECTS_H
#define DOMAIN_EFFECTS_H

#include "powers.h"

/* Does what the deed says, and puts the members of its result. It runs after power_check(), in the same transaction. */
typedef csign_code effect(struct acting *a, struct json_out *result);

/* When a deed takes effect: its `effective`; 0 for at once, which is all that has none. */
uint64_t deed_effective_ms(const struct deed *deed);

/* institutions.c */
effect apply_institution_add, apply_officer_add, apply_officer_end, apply_app_add, apply_app_end;
csign_code void_institution_add(struct acting *a, const uint8_t *named);
csign_code void_officer_add(struct acting *a, const uint8_t *named);
csign_code void_app_add(struct acting *a, const uint8_t *named);

/* enrolment.c, activation.c */
effect apply_enrol, apply_activate, apply_affiliation_end, apply_key_end;
csign_code void_enrol(struct acting *a, const uint8_t *named);
csign_code void_activate(struct acting *a, const uint8_t *named);
/* Whether the person and the licence of an enrolment are known: sets both in `a`. duplicate-person, conflict, not-found. */
csign_code enrol_resolve(struct acting *a);

/* orders.c */
effect apply_order, apply_condition, apply_reinstate, apply_deceased;
csign_code void_order(struct acting *a, const uint8_t *named);
csign_code void_deceased(struct acting *a, const uint8_t *named);
/* The order of the deed `named` with other members; `corrected` is its new text. */
csign_code correct_order(struct acting *a, const uint8_t *named, const struct deed *before, const struct deed *after);

/* enrolment_correct.c */
csign_code correct_enrol(struct acting *a, const uint8_t *named, const struct deed *before, const struct deed *after);

/* amendments.c */
effect apply_correct, apply_void;

/* cuts.c, policies.c */
effect apply_cut, apply_policy_publish;
/* Reads the policy that a policy.publish names: its authority must be `at`, which must cover all of applies_to. */
csign_code policy_check_publish(struct acting *a);

/* Every change of a licence, for its history. */
csign_code licence_event(const struct acting *a, span licence, const char *what);
/* An id for something new. */
span make_id(struct acting *a);

#endif
