/*
 * The powers of PROTOCOL 5: who may sign which deed, how many must, and over what. One table, a row a kind; what a deed is about
 * is read from the data in the transaction that takes it.
 */
#ifndef DOMAIN_POWERS_H
#define DOMAIN_POWERS_H

#include "deeds.h"

/* A deed within a transaction: what the powers judge, and the effects apply. */
struct acting {
    const struct registry *registry;
    struct session *session;
    const struct deed *deed;
    const uint8_t *hash;
    uint64_t now_ms;
    bool by_authority;       /* what `at` is, set by power_check(), as the two below */
    span practitioner;       /* the person and the licence that the deed is about, absent where it is about none */
    span licence;
    uint64_t needs;          /* how many must sign */
    struct buffer *scratch;  /* what is read is copied here */
    csign_fault *fault;
};

/*
 * Whether the body of the deed has this power over what the deed is about: forbidden, foreign-institution, foreign-jurisdiction,
 * not-found for what does not exist, and what a kind says itself.
 */
csign_code power_check(struct acting *a);

/* Nobody signs what concerns their own licence: forbidden where the officer is the practitioner, by id, identifier or key. */
csign_code power_check_own(const struct acting *a, span officer, const uint8_t key[CSIGN_PUBLIC_KEY_SIZE]);

/* Whether the authority's jurisdictions cover a place; all of a JSON array of places, or any of them. */
csign_code authority_covers(struct session *session, span authority, span jurisdiction, bool *ret);
enum covers { COVERS_ALL, COVERS_ANY };
csign_code authority_covers_list(struct session *session, span authority, span jurisdictions, enum covers how, bool *ret);
/* Whether it covers any jurisdiction of a licence; CSIGN_E_NOT_FOUND if there is none. */
csign_code authority_covers_licence(struct session *session, span authority, span licence, bool *ret);

#endif
