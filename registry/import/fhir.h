/*
 * FHIR R4 as it is exported in bulk (NDJSON, a resource a line): Practitioner, PractitionerRole and Organization as the JSON of members
 * that a deed would have. Other resources are refused by name; none of their text is kept.
 */
#ifndef IMPORT_FHIR_H
#define IMPORT_FHIR_H

#include "json.h"
#include "json_write.h"

enum fhir_kind { FHIR_OTHER, FHIR_ORGANIZATION, FHIR_PERSON, FHIR_ROLE, FHIR_DELETED };

struct fhir_line {
    enum fhir_kind kind;
    char key[160];             /* "Practitioner/<id>", or "" */
    const char *field, *reason; /* where it was refused */
};

/*
 * Puts the members of one line: of an organization {"unit"}, of a person {"practitioner","licence"?}, of a role
 * {"of","unit"?,"profession"?,"specialty","affiliation"}. `jurisdiction` is that of a licence, for a
 * qualification does not say where it is valid. False: refused, with where and why.
 */
bool fhir_put(span line, span jurisdiction, struct buffer *scratch, struct json_out *o, struct fhir_line *ret);

#endif
