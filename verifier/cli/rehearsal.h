/*
 * A rehearsal: policies in force in a registry made up in memory, and releases that made-up clinicians sign with keys of
 * their own, decided by the gate itself. It shows what policies answer; nothing of it is ever trusted elsewhere, for its root is
 * a test root that nobody holds.
 */
#ifndef CLI_REHEARSAL_H
#define CLI_REHEARSAL_H

#include "credential.h"
#include "policy.h"

#include <countersign/decide.h>

#define REHEARSAL_PEOPLE CSIGN_SLOTS_MAX

/* Who wrote the text, and what the signer says of that. */
enum rehearsed_text {
    TEXT_HUMAN,
    TEXT_ASSISTED,        /* an AI helped; the document differs from its draft */
    TEXT_DRAFT_EDITED,    /* an AI wrote it, a person changed it */
    TEXT_DRAFT_UNEDITED,  /* signed as the AI wrote it */
    TEXT_DRAFT_AS_HUMAN,  /* the app asks for ai_draft, and the signer declares a human's text */
    TEXT_DRAFT_AS_ASSISTED, /* unedited, and declared as assistance */
    TEXT_HUMAN_AND_DRAFT,   /* declared a human's by all, and there is a draft */
};

struct rehearsed_signer {
    struct credential claims; /* what a registry vouches for: times, status and keys are the rehearsal's; no jurisdiction: there */
    uint8_t meaning;
    uint8_t ended;   /* enum end_code; 0: live */
    bool rejects;
    bool is_first;      /* the person of slot 1, whatever the claims */
    bool signs_early;   /* before the slot before */
    bool invents_prior; /* over a sign-off that is not there */
    bool other_facts;   /* of a patient a year older than the slot before signed */
    int64_t auth_age_s; /* from unlocking the key to the signature */
};

struct rehearsed {
    span act, jurisdiction, site;
    uint8_t setting;
    struct facts facts;
    enum rehearsed_text text;
    span fhir_type; /* of the document; absent: plain text */
    bool has_label, has_provenance, changed, two_patients;
    int64_t evidence_age_s, received_ago_s;
    size_t entries; /* documents under each signature */
    struct rehearsed_signer signers[CSIGN_SLOTS_MAX];
    size_t signer_count;
};

struct rehearsal {
    csign_gate *gate;
    csign_cache *cache;
    struct buffer memory, scratch; /* what lives as long as the rehearsal, and what lives for one release */
    int64_t evidence_time;
    struct signing_key issuer, people[REHEARSAL_PEOPLE];
};

#define REHEARSAL_POLICIES_MAX CSIGN_POLICIES_MAX
#define REHEARSAL_MEMORY       (48u * 1024u * 1024u)

/*
 * Puts policies, JSON, in force, with evidence as of `at`, and an overlay if one is given. `memory` of REHEARSAL_MEMORY bytes,
 * aligned to 16, must outlive the rehearsal. policy-malformed and the other codes of loading; then nothing is to be closed.
 */
csign_code rehearsal_open(struct rehearsal *r, void *memory, const span *policies, size_t count, span overlay, int64_t at,
                          csign_fault *fault);
/* Signs and decides; the decision's views live until the next. */
csign_verdict rehearsal_decide(struct rehearsal *r, const struct rehearsed *what, csign_decision *ret_decision);
void rehearsal_close(struct rehearsal *r);

/* A release that most policies have something to say of, and one physician who may do everything, in that place. */
void rehearsed_usual(struct rehearsed *ret, span jurisdiction);
void rehearsed_signer_usual(struct rehearsed_signer *ret);

#endif
