/* What enrolling and correcting an enrolment have in common: finding the person, and the columns of a licence. */
#ifndef DOMAIN_ENROLMENT_H
#define DOMAIN_ENROLMENT_H

#include "effects.h"

/* The columns of a licence that are JSON, written from what a deed brought in the one form that is compared. */
struct licence_columns {
    span jurisdiction, specialty, privileges, conditions;
};
csign_code licence_columns(struct acting *a, const struct deed_licence *licence, struct licence_columns *ret);

/* A new licence, attested; its id and its deed say when it came and by what. */
csign_code insert_licence(struct acting *a, const struct deed_licence *licence, const struct licence_columns *columns, span practitioner, span *ret);

/* duplicate-person if an identifier is another's than `practitioner`, which is absent for a new person. */
csign_code check_identifiers(struct acting *a, const struct deed_practitioner *practitioner, span own);
csign_code insert_identifiers(struct acting *a, const struct deed_practitioner *practitioner, span id);

/*
 * The licence of this profession and number that is valid in one of these places: *ret is absent if there is none. Two people never
 * have the same: duplicate-person if it is another's than `own`. conflict if it is her own with other places. `besides` is not asked for.
 * `ret_is_known`: there is some of this number, here or elsewhere, ended or not.
 */
csign_code find_licence(struct acting *a, const struct deed_licence *licence, span jurisdiction, span own, span besides,
                        span *ret, bool *ret_is_known);

/*
 * standing-order if one stands, or was accepted for later, on a licence of this profession in one of these places that is the person's
 * or has this number, ended or not: nobody gets round it by another licence.
 */
csign_code check_orders_beside(struct acting *a, const struct deed_licence *licence, span practitioner);

/* Each place of a licence lies within an issuer line: credentials for another would be refused everywhere. field-invalid. */
csign_code check_issuable(const struct acting *a, const struct deed_licence *licence);

#endif
