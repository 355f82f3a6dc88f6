/*
 * Credentials: for a binding's live index, by proof of its key. What it will say is read, and that it was issued is made durable, in
 * one transaction; it is signed after that, on the caller's thread, so that the writer never waits for a signature.
 */
#ifndef DOMAIN_ISSUE_H
#define DOMAIN_ISSUE_H

#include "binding.h"
#include "credential.h"

#define ISSUE_COLUMNS_MAX    6144u        /* the claims of one person as the registry keeps them */
#define ISSUE_CREDENTIAL_MAX (16u * 1024u) /* bytes of a credential, TOKENS 3: 8 KiB and three disclosures */

struct issue {
    struct operation operation;
    const struct registry *registry;
    struct possession possession;
    csign_fault fault;
    /* results */
    uint64_t index, iat, exp;
    uint64_t validated_s;
    uint32_t independent_since, licensed_until;
    uint8_t profession, level, basis, assurance;
    bool consent;
    struct authenticator authenticator;
    span practitioner, name, number, site;                              /* in `memory` */
    span jurisdiction, specialty, privileges, conditions, identifiers;  /* the same: JSON */
    struct buffer columns;
    uint8_t memory[ISSUE_COLUMNS_MAX];
};
/*
 * body-malformed, possession-bad, nonce-unknown. Then by `run`: not-found for a key that is not bound; revoked, suspended or
 * superseded, with field idx, for one whose last index ended so; superseded too where the proof names another index than the live
 * one; conflict where the affiliation is over or not begun, or affiliation, licence or institution has ended.
 */
csign_code issue_prepare(struct issue *issue, const struct registry *registry, span proof, uint64_t now_ms);
/* Appends the credential, after the commit: the claims of TOKENS 4.1, fresh salts, the issuer's signature. */
csign_code issue_write(const struct issue *issue, struct buffer *out);

#endif
