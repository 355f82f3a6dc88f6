/* A rule of a policy, or an app's overlay (PROTOCOL 8): what must hold before something may be released as an act. */
#ifndef CORE_RULE_H
#define CORE_RULE_H

#include "transaction.h"

/* One signer that a rule asks for. */
struct rule_signer {
    uint64_t present;
    uint64_t professions, levels, privileges, meanings; /* sets of words */
    struct object_list specialties;                     /* struct specialty of credential.h: any of them */
    bool schedule, antimicrobial;
    uint64_t independent_years;
    bool jurisdiction, jurisdiction_given;
    uint8_t site;
    bool consent_employer, unrestricted, licence_date;
    bool validated;      /* assurance */
    bool only_supervised; /* only_if */
};

struct rule_factors {
    uint64_t present;
    uint64_t storage, user_auth; /* sets of words; 0: no demand */
    bool attested;
};

/* One condition of a hard denial: a fact, an operator and the value, or with OP_IN the values. */
struct rule_value {
    uint64_t number; /* of an integer, a bool or a word of a vocabulary */
    span word;       /* of `schedule` */
};
struct rule_condition {
    uint64_t present;
    uint8_t fact, op;
    span text; /* of the value, JSON */
    size_t value_count;
    struct rule_value *values;
};

struct rule_deny {
    uint64_t present;
    uint8_t code;
    struct object_list conditions; /* struct rule_condition; all must hold */
    struct object_list unless;     /* struct rule_condition with OP_EQ; none, or all must hold to excuse */
};

struct rule_retention {
    uint64_t present;
    uint64_t record_y, process_y, log_m;
};

/* What an exception bridges, a set of words; 0: the rule does not list it. */
struct rule_exception {
    uint64_t present;
    uint64_t bridges;
};
struct rule_exceptions {
    uint64_t present;
    struct rule_exception of[EXCEPTION_BREAK_GLASS]; /* by the word of the fact; the first is nobody's */
};

/* Break-glass: what it bridges, and within how many hours a person must look at it. */
struct rule_emergency {
    uint64_t present;
    uint64_t max_status_age_s, bridges, review_h;
};

struct rule {
    uint64_t present;
    struct text_list acts, settings;
    uint8_t ai_authorship;
    bool provenance;
    struct object_list signers; /* struct rule_signer */
    uint64_t max_status_age_s, signoff_to_release_s, auth_max_age_s;
    bool has_auth_max_age;
    struct rule_factors factors;
    uint64_t batch; /* 1 if not given */
    bool revisit;   /* visit */
    uint64_t facts; /* a set of fact words */
    struct text_list consent, ai_notice;
    struct object_list hard_deny; /* struct rule_deny */
    struct rule_exceptions exceptions;
    bool has_emergency;
    struct rule_emergency emergency;
    uint64_t identity; /* a set of words */
    span no_signoff_text;
    struct rule_retention retention;
};

/* One rule, and an overlay: a rule without `acts`. */
extern const struct schema rule_schema, rule_overlay_schema;

/* Sets defaults and checks what the schema cannot say of one rule; its acts are set. policy-malformed with the member. */
csign_code rule_settle(struct rule *rule, csign_fault *fault);

/* What an exception that was stated, 0 for none, bridges under a rule: a set of enum BRIDGE_… */
uint64_t rule_bridges(const struct rule *rule, uint8_t exception);

#endif
