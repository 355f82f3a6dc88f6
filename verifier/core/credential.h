/*
 * The credential (TOKENS 4.1): an SD-JWT VC by which a registry says who a clinician is, what they may do, where, and under
 * which status index. Short-lived, bound to the holder's key.
 */
#ifndef CORE_CREDENTIAL_H
#define CORE_CREDENTIAL_H

#include "disclosure.h"
#include "json_write.h"
#include "vocabulary.h"

#define CREDENTIAL_LIFE_MAX (24 * 60 * 60) /* seconds */
#define JURISDICTIONS_MAX   16u

struct specialty {
    uint64_t present;
    span system, code;
};

struct privileges {
    uint64_t present;
    bool prescribe, narcotic;
    struct text_list schedules;
    uint64_t antimicrobial_grade; /* 0 to 3 */
    bool imaging_report, pathology, psychotherapy, tcm, certify_death, supplementary_only;
};

struct credential_site {
    uint64_t present;
    span id;
    uint8_t basis;
    bool consent; /* of the employer to online care */
};

struct condition {
    uint64_t present;
    span code;
    struct text_list acts_denied;
    bool needs_cosign;
    uint32_t until; /* 0: without end */
};

/* Of the three above: a deed brings them into the registry with the same members as a credential takes them out. */
extern const struct schema claim_specialty_schema, claim_privileges_schema, claim_condition_schema;
/* And their values as JSON, in the one form in which they are written. */
void claim_put_specialty(struct json_out *o, struct object_list list);
void claim_put_privileges(struct json_out *o, const struct privileges *privileges);
void claim_put_conditions(struct json_out *o, struct object_list list);

struct assurance {
    uint64_t present;
    uint8_t level;
    uint64_t validated_at;
};

struct authenticator {
    uint64_t present;
    uint8_t storage, user_auth, proofing;
    bool attested;
};

struct status_list_ref {
    uint64_t present;
    uint64_t idx;
    span uri;
};
struct status_log_ref {
    uint64_t present;
    span origin;
    uint64_t idx;
};
struct credential_status {
    uint64_t present;
    struct status_list_ref status_list;
    struct status_log_ref countersign;
};

struct jwk {
    uint64_t present;
    struct public_key x;
};
/* RFC 8037, closed: kty, crv and x, so that no private or foreign member travels along. */
extern const struct schema jwk_schema;
void jwk_write(struct json_out *o, const struct public_key *key);

struct confirmation {
    uint64_t present;
    struct jwk jwk;
};

struct credential {
    uint64_t present;
    span vct, iss;
    uint64_t iat, nbf, exp;
    span sub;
    struct confirmation cnf;
    struct credential_status status;
    uint8_t profession, level;
    struct text_list jurisdiction;
    struct object_list specialty; /* struct specialty */
    struct privileges privileges;
    struct credential_site site;
    uint32_t independent_since, licensed_until; /* 0: unknown */
    struct object_list conditions;              /* struct condition */
    struct assurance assurance;
    struct authenticator authenticator;
    bool test;
    span name, licence_number; /* absent if not disclosed */
    struct object_list identifiers; /* struct specialty, its code the value */
    span kid;                       /* of the header */
};

/*
 * Reads the issuer-signed JWT of a presentation and its disclosures, all decoded already by jws_decode() and
 * disclosure_decode(). It verifies no signature and no time. malformed-header, -json, -disclosure, -claims.
 */
csign_code credential_read(const struct presentation *presentation, const span decoded[DISCLOSURES_MAX],
                           struct buffer *scratch, struct credential *ret, csign_fault *fault);

/*
 * Reads what a registry knows of a practitioner: one closed object of the claims from `profession` to `identifiers`, and
 * `sub`, which may be absent. What the registry itself adds is left zero. malformed-json, malformed-claims.
 */
csign_code credential_read_practitioner(span json, struct buffer *scratch, struct credential *ret, csign_fault *fault);

/* What is disclosable in a credential that is made: each salt 16 random bytes; an absent value leaves the claim out. */
struct credential_secrets {
    uint8_t salts[DISCLOSED_COUNT][16];
};
/* Appends a credential as issued: <JWT>~<D>~…~. `kid` and `name` … are taken from the struct. */
csign_code credential_write(struct buffer *out, const struct credential *credential, const struct credential_secrets *secrets,
                            const struct signing_key *key);

/* Whether `vct` is the one type of an issuer: iss ‖ /vct/practitioner/1. */
bool credential_type_matches(const struct credential *credential);

#endif
