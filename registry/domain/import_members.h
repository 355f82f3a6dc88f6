/* What a row of a file says, in the words of a deed; and what it comes to. Used by import*.c. */
#ifndef DOMAIN_IMPORT_MEMBERS_H
#define DOMAIN_IMPORT_MEMBERS_H

#include "effects.h"
#include "import.h"

struct import_person {
    uint64_t present;
    span name;           /* absent in a roll that has none */
    uint32_t birth_date; /* 0: not given */
    struct object_list identifiers;
};
struct import_affiliation {
    uint64_t present;
    uint8_t basis;
    bool consent;
    uint64_t from, to; /* 0: not given */
};
struct import_unit {
    uint64_t present;
    span system, value, name;
};
struct import_members {
    uint64_t present;
    struct import_person practitioner;
    struct deed_licence licence;
    struct import_affiliation affiliation;
    uint8_t profession; /* 0: not said */
    struct object_list specialty;
    struct import_unit unit;
    span status, of;
};
/* Bits of `present`. */
#define IMPORT_HAS_PERSON      (UINT64_C(1) << 0)
#define IMPORT_HAS_LICENCE     (UINT64_C(1) << 1)
#define IMPORT_HAS_AFFILIATION (UINT64_C(1) << 2)
#define IMPORT_HAS_UNIT        (UINT64_C(1) << 5)

csign_code import_members_read(span json, struct buffer *scratch, struct import_members *ret, csign_fault *fault);

#define IMPORT_OFFICERS_MAX 64u

/* Who acts on a file: whoever brought it, and all who have signed the deed that applies it. */
struct import_officers {
    struct {
        char id[CSIGN_ID_MAX + 1];
        uint8_t key[CSIGN_PUBLIC_KEY_SIZE];
    } items[IMPORT_OFFICERS_MAX];
    size_t count;
};

/* Where rows stand in the order in which they are judged and applied. */
struct import_place {
    uint64_t phase, line;
};

/* A file as a batch works on it. */
struct import_work {
    char id[40], body[CSIGN_ID_MAX + 1], jurisdiction[8];
    enum import_template template;
    enum import_state state;
    uint8_t hash[CSIGN_HASH_SIZE], deed[CSIGN_HASH_SIZE];
    uint64_t size, rows;
    struct import_place done; /* how far it was judged or applied */
    struct import_officers officers;
};

struct import_verdict {
    enum import_outcome outcome; /* set by import_settle(), or IMPORT_REJECTED before */
    enum import_outcome did;     /* added, updated or unchanged */
    bool flagged;
    const char *field, *reason; /* static, or those of a fault */
    uint64_t other;             /* the line that it is about; 0: none */
    span practitioner;          /* who it turned out to be, in scratch */
    bool is_new;                /* a person who is not here yet */
    enum import_outcome judged; /* in the dry run, which officers signed; IMPORT_PENDING: this is it */
};

/*
 * Judges a row, and with `apply` does what it says. What the row is refused for is a verdict; a code is what stops the batch.
 * `a` has registry, session, hash, now_ms, scratch and fault.
 */
csign_code import_row_act(struct acting *a, const struct import_work *work, uint8_t phase, const struct import_members *m, bool apply,
                          struct import_verdict *ret);
csign_code import_roll_act(struct acting *a, const struct import_work *work, const struct import_members *m, bool apply,
                           struct import_verdict *ret);

/* --- shared by both --- */

csign_code import_officers_read(struct session *session, span file, struct import_officers *ret);
/* PROTOCOL 5: nobody signs what concerns their own licence. A row about one of the officers is refused; `practitioner` is absent for a new person. */
csign_code import_check_own(struct acting *a, const struct import_officers *officers, struct object_list identifiers, span practitioner,
                            struct import_verdict *v);

/* Refusals of the data, which become verdicts; what passes, or is our own mistake, does not. */
bool import_is_refusal(csign_code code);
csign_code import_refuse(struct import_verdict *v, const char *field, const char *reason);
void import_flag(struct import_verdict *v, const char *field, const char *reason);
void import_raise(struct import_verdict *v, enum import_outcome did);
void import_settle(struct import_verdict *v);
/* The person whom these identifiers name here: absent for nobody. A verdict for a form that cannot be, or for two people. */
csign_code import_find_person(struct acting *a, struct object_list identifiers, struct import_verdict *v, span *ret);
/* Which column of a known licence differs, of those that the file speaks of, and whether a roll has confirmed it; NULL for none. */
enum import_compared { COMPARE_WHOLE, COMPARE_BUT_SPECIALTY, COMPARE_UNTIL /* and only if it is given */ };
csign_code import_compare_licence(struct acting *a, span id, const struct deed_licence *licence, enum import_compared how,
                                  const char **ret_differs, bool *ret_validated);
csign_code import_insert_licence(struct acting *a, const struct deed_licence *licence, span practitioner, uint8_t assurance, span *ret);
csign_code import_insert_affiliation(struct acting *a, span practitioner, span licence, span institution,
                                     const struct import_affiliation *affiliation, span unit);

#endif
