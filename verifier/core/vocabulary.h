/* The closed word lists of the formats, each in one place. A word's number is its place, from 1; 0 is "absent". */
#ifndef CORE_VOCABULARY_H
#define CORE_VOCABULARY_H

#include "schema.h"

extern const struct vocabulary professions; /* TOKENS 4.1: the one code list of the library */

enum { LEVEL_INDEPENDENT = 1, LEVEL_SUPERVISED, LEVEL_PROVISIONAL };
extern const struct vocabulary levels;

enum { BASIS_PRIMARY = 1, BASIS_FILED };
extern const struct vocabulary site_bases;

enum { ASSURANCE_ATTESTED = 1, ASSURANCE_VALIDATED };
extern const struct vocabulary assurances;

extern const struct vocabulary storages, user_auths, proofings; /* of `authenticator` */

enum { SETTING_ONLINE = 1, SETTING_OUTPATIENT, SETTING_INPATIENT, SETTING_EMERGENCY, SETTING_PAYER, SETTING_COUNT = 5 };
extern const struct vocabulary settings;

extern const struct vocabulary meanings;

enum { DISPOSITION_ACCEPTED = 1, DISPOSITION_MODIFIED, DISPOSITION_OVERRIDDEN, DISPOSITION_REJECTED };
extern const struct vocabulary dispositions;

/* In rising order of the AI's part. */
enum { AUTHORSHIP_HUMAN = 1, AUTHORSHIP_ASSISTED, AUTHORSHIP_AI_DRAFT };
extern const struct vocabulary authorships;

enum { VISIT_FIRST = 1, VISIT_REVISIT };
extern const struct vocabulary visits;

enum { EXCEPTION_CONSULTATION = 1, EXCEPTION_EMERGENCY, EXCEPTION_ALLIANCE, EXCEPTION_BREAK_GLASS };
extern const struct vocabulary exceptions;

/* What an exception may excuse (PROTOCOL 8). */
enum { BRIDGE_SITE = 1, BRIDGE_JURISDICTION, BRIDGE_FIRST_VISIT };
extern const struct vocabulary bridges;

/* PROTOCOL 8, `ai_authorship`. */
enum { RULE_HUMAN_ONLY = 1, RULE_ASSIST_ONLY, RULE_DRAFT_WITH_APPROVAL };
extern const struct vocabulary ai_authorships;

/* PROTOCOL 8, `site` of a signer. */
enum { SITE_PRIMARY = 1, SITE_FILED, SITE_ANY };
extern const struct vocabulary site_rules;

/* Members of the claim `privileges` that a rule may name. */
enum {
    PRIVILEGE_PRESCRIBE = 1,
    PRIVILEGE_NARCOTIC,
    PRIVILEGE_ANTIMICROBIAL_GRADE,
    PRIVILEGE_IMAGING_REPORT,
    PRIVILEGE_PATHOLOGY,
    PRIVILEGE_PSYCHOTHERAPY,
    PRIVILEGE_TCM,
    PRIVILEGE_CERTIFY_DEATH,
    PRIVILEGE_SUPPLEMENTARY_ONLY
};
extern const struct vocabulary privilege_names;

/* What a rule may demand to be disclosed. */
enum { IDENTITY_NAME = 1, IDENTITY_LICENCE_NUMBER, IDENTITY_IDENTIFIERS };
extern const struct vocabulary identities;

/* The facts of TOKENS 5.3; the order is that of the schema in transaction.c. */
enum {
    FACT_VISIT = 1,
    FACT_PRIOR_DIAGNOSIS,
    FACT_PATIENT_AGE,
    FACT_GUARDIAN_PRESENT,
    FACT_CONSENT,
    FACT_DISCLOSURE,
    FACT_SCHEDULE,
    FACT_ANTIMICROBIAL_GRADE,
    FACT_OFF_LABEL,
    FACT_STOP,
    FACT_EXCEPTION
};
extern const struct vocabulary fact_names;

enum { DENY_AGE_RULE = 1, DENY_OFF_LABEL, DENY_STOP, DENY_HARD };
extern const struct vocabulary deny_codes;

enum { OP_EQ = 1, OP_NE, OP_LT, OP_GE, OP_IN };
extern const struct vocabulary operators;

#endif
