/*
 * Deeds (PROTOCOL 5): the signed notes by which officers grant and take away. Here is their format alone; who may sign
 * which, and how many must, is the registry's to decide.
 */
#ifndef CORE_DEED_H
#define CORE_DEED_H

#include "credential.h"
#include "leaf.h"
#include "note.h"

#define DEED_MAX       (64u * 1024u) /* bytes of the text */
#define DEED_LIST_MAX  32u           /* elements of any list in it */
#define DEED_WORDS_MAX 4000u         /* bytes of the text of a `why` */

/* The values are the places in `deed_kinds`, in the order of PROTOCOL 5. */
enum deed_kind {
    DEED_INSTITUTION_ADD = 1,
    DEED_OFFICER_ADD,
    DEED_OFFICER_END,
    DEED_ENROL,
    DEED_ENROL_IMPORT,
    DEED_ROLL_IMPORT,
    DEED_ACTIVATE,
    DEED_AFFILIATION_END,
    DEED_KEY_END,
    DEED_APP_ADD,
    DEED_APP_END,
    DEED_SUSPEND_INTERIM,
    DEED_SUSPEND,
    DEED_REVOKE,
    DEED_RESCIND,
    DEED_DEREGISTER,
    DEED_CONDITION,
    DEED_REINSTATE,
    DEED_DECEASED,
    DEED_CORRECT,
    DEED_VOID,
    DEED_CUT,
    DEED_POLICY_PUBLISH
};
extern const struct vocabulary deed_kinds;
/* What a cut is of, as the deed writes it; the places are those of enum cut_kind. */
extern const struct vocabulary cut_kinds;

/* What every deed has. `kind` is an enum deed_kind; times are NumericDate unless their name says _ms. */
struct deed_head {
    uint64_t present;
    uint8_t kind;
    span at;
    uint64_t valid_until;
};

struct deed_identifier {
    uint64_t present;
    span system, value;
};

/* Why an order is given. */
struct deed_why {
    uint64_t present;
    span text, basis;
    uint64_t decided, reported; /* 0: not given */
};

struct deed_institution_add {
    struct deed_head head;
    span id, name, jurisdiction;
    struct object_list identifiers; /* struct deed_identifier */
};

struct deed_officer {
    uint64_t present;
    span id, name, role;
    struct vkey vkey; /* named <body>/<id> */
};
struct deed_officer_add {
    struct deed_head head;
    span body;
    struct deed_officer officer;
};
struct deed_officer_end {
    struct deed_head head;
    span body, officer;
    enum end_reason reason;
};

struct deed_practitioner {
    uint64_t present;
    span id; /* absent: a new person */
    span name;
    uint32_t birth_date; /* 0: not given */
    struct object_list identifiers; /* struct deed_identifier */
};
struct deed_licence {
    uint64_t present;
    uint8_t profession, level;
    struct text_list jurisdiction; /* as the claim of this name */
    span number;
    struct object_list specialty; /* struct specialty */
    struct privileges privileges;
    struct object_list conditions;              /* struct condition */
    uint32_t independent_since, licensed_until; /* 0: unknown */
};
struct deed_affiliation {
    uint64_t present;
    span site;
    uint8_t basis;
    bool consent;
    uint64_t from, to; /* to 0: open */
};
struct deed_enrol {
    struct deed_head head;
    struct deed_practitioner practitioner;
    struct deed_licence licence;
    struct deed_affiliation affiliation;
};

struct deed_counts {
    uint64_t present;
    uint64_t added, updated, unchanged, flagged, rejected;
};
struct deed_import { /* enrol.import, roll.import */
    struct deed_head head;
    uint8_t file[CSIGN_HASH_SIZE];
    span template;
    struct deed_counts counts;
};

struct deed_activate {
    struct deed_head head;
    span practitioner, licence, affiliation;
    uint8_t code[CSIGN_HASH_SIZE]; /* SHA-256 of the one-time code */
};
struct deed_affiliation_end {
    struct deed_head head;
    span practitioner, site;
    uint64_t effective;
    enum end_reason reason;
};
struct deed_key_end {
    struct deed_head head;
    uint8_t holder[CSIGN_HASH_SIZE]; /* thumbprint */
    enum end_reason reason;
};
struct deed_app_add {
    struct deed_head head;
    span id, tool;
    struct text_list acts;
    uint64_t settings; /* bit = place in the vocabulary */
    struct text_list jurisdictions;
    struct vkey vkey; /* named as the deployment */
};
struct deed_app_end {
    struct deed_head head;
    span id;
    enum end_reason reason;
};

/* suspend.interim, suspend, revoke, rescind, deregister, condition and reinstate: what a kind does not have is zero. */
struct deed_order {
    struct deed_head head;
    span licence;
    uint64_t effective;
    enum end_reason reason;
    uint64_t confirm_by;           /* of suspend.interim */
    uint64_t until;                /* 0: not given; it never ends by itself */
    struct object_list conditions; /* of condition: struct condition */
    struct deed_why why;
};
struct deed_deceased {
    struct deed_head head;
    span practitioner;
    uint64_t effective;
};
struct deed_amendment { /* correct, void */
    struct deed_head head;
    uint8_t deed[CSIGN_HASH_SIZE];
    span with; /* of correct: a JSON object, the new members of the deed named; which they are its kind says */
    struct deed_why why;
};
struct deed_cut {
    struct deed_head head;
    uint8_t kind; /* enum cut_kind */
    span id;      /* the identifier of PROTOCOL 3; of CUT_MODEL the tool; absent of CUT_ALL */
    span model;   /* of CUT_MODEL, what stands behind the newline of `id` */
    uint64_t cut_ms;
    enum end_reason reason;
    struct deed_why why;
};
struct deed_policy_publish {
    struct deed_head head;
    span id;
    uint64_t version;
    uint8_t note[CSIGN_HASH_SIZE];
    uint64_t effective_ms;
};

struct deed {
    span origin, id, json;
    union {
        struct deed_head head;
        struct deed_institution_add institution_add;
        struct deed_officer_add officer_add;
        struct deed_officer_end officer_end;
        struct deed_enrol enrol;
        struct deed_import import;
        struct deed_activate activate;
        struct deed_affiliation_end affiliation_end;
        struct deed_key_end key_end;
        struct deed_app_add app_add;
        struct deed_app_end app_end;
        struct deed_order order;
        struct deed_deceased deceased;
        struct deed_amendment amendment;
        struct deed_cut cut;
        struct deed_policy_publish policy_publish;
    };
};

/*
 * Reads the text of a deed note; views point into it and into scratch. deed-malformed with the member at fault, or with
 * "origin" or "id" for these lines; no-space.
 */
csign_code deed_read(span text, struct buffer *scratch, struct deed *ret, csign_fault *fault);
/* Appends the text of a deed, without signature lines, from the line of JSON that says what it does. */
void deed_write(struct buffer *out, span origin, span id, span json);

/* SHA-256 of the text: the hash by which a deed is named. */
void deed_hash(span text, uint8_t ret[CSIGN_HASH_SIZE]);

/* The chain of accepted deeds: chain_0 of a registry, then chain_i of chain_{i-1}, the number from 1, and a deed's hash. */
void deed_chain_start(span origin, uint8_t ret[CSIGN_HASH_SIZE]);
void deed_chain_next(uint8_t chain[CSIGN_HASH_SIZE], uint64_t number, const uint8_t deed[CSIGN_HASH_SIZE]);

#endif
