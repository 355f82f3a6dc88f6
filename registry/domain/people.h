/*
 * What the registry knows, for officers to read: institutions, practitioners, licences with their history. An authority sees
 * what is within its jurisdictions, an institution its own. Whoever can name a practitioner exactly, by id, identifier or
 * licence number, finds the person and the licences, so that nobody is enrolled twice; birth date, affiliations and bindings
 * are put for those only that the viewer is responsible for.
 *
 * All of these put one JSON value; the caller's buffer may be full afterwards (buffer_code()). CSIGN_E_NOT_FOUND is also what
 * a viewer gets who may not see a thing.
 */
#ifndef DOMAIN_PEOPLE_H
#define DOMAIN_PEOPLE_H

#include "deeds.h"

#define PEOPLE_LIST_MAX 100u           /* institutions or practitioners in one answer */
#define PEOPLE_PUT_MAX  (1024u * 1024u) /* bytes of one answer */

/* {"institutions":[{id,name,authority,jurisdiction,identifiers,ended}],"next"?}; `after` is an id. */
csign_code institutions_put(struct json_out *o, struct session *session, const struct viewer *viewer, span after);
csign_code institution_put(struct json_out *o, struct session *session, const struct viewer *viewer, span id);

/* One of: system and value, a licence number, or how the name begins, in at least two bytes. */
struct practitioner_query {
    span system, value, number, name;
};
/* {"practitioners":[…]} as practitioner_put(), at most PEOPLE_LIST_MAX; CSIGN_E_FIELD_INVALID for none or several questions. */
csign_code practitioners_put(struct json_out *o, struct session *session, const struct viewer *viewer,
                             const struct practitioner_query *query, csign_fault *fault);
/* {id,name,birth_date?,deceased?,identifiers,licences:[…],affiliations:[…],bindings:[{id,licence,affiliation,thumbprint,idx?,state}]} */
csign_code practitioner_put(struct json_out *o, struct session *session, const struct viewer *viewer, span id);
/* The licence, {"status":{"state":live|suspended|revoked,"deed"?}} and {"history":[{at_ms,deed,what}]}. */
csign_code licence_put(struct json_out *o, struct session *session, const struct viewer *viewer, span id);

#endif
