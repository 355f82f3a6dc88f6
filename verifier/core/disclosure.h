/*
 * Selective disclosure (RFC 9901 sections 4.2 and 7.1): which digests a payload commits to, and which disclosures answer
 * them. Of our credential only name, licence_number and identifiers may be disclosed, each whole (TOKENS 4.1): a disclosure
 * within a claim has nothing that it could stand in, and refuses.
 */
#ifndef CORE_DISCLOSURE_H
#define CORE_DISCLOSURE_H

#include "presentation.h"
#include "schema.h"

#define DIGESTS_MAX 64u /* decoys included */

enum { DISCLOSED_NAME, DISCLOSED_LICENCE_NUMBER, DISCLOSED_IDENTIFIERS, DISCLOSED_COUNT };
extern const char *const disclosed_names[DISCLOSED_COUNT];

/* The JSON text of each disclosed claim's value, absent if it was not disclosed. */
struct disclosed {
    span values[DISCLOSED_COUNT];
};

/*
 * Decodes the disclosures into scratch, walks payload and disclosed values, and matches: every digest stands once, every
 * disclosure answers one, none names a claim that the payload has or that may not be disclosed.
 * malformed-base64, malformed-json, malformed-disclosure, and malformed-claims for a payload that is no object.
 */
csign_code disclosure_decode(const struct presentation *presentation, struct buffer *scratch, span decoded[DISCLOSURES_MAX],
                             csign_fault *fault);
csign_code disclosure_match(const struct presentation *presentation, const span decoded[DISCLOSURES_MAX], span payload,
                            struct buffer *scratch, struct disclosed *ret, csign_fault *fault);

/* Appends a disclosure of an object's member: `value` is JSON. Its digest goes into `_sd`. */
void disclosure_write(struct buffer *out, span salt, const char *name, span value);
/* The digest of a disclosure as it stands in `_sd`: 43 characters. */
void disclosure_digest(span disclosure, struct buffer *out);

#endif
