/* The 48-byte leaves of the status log (PROTOCOL 3). Unused bytes are zero, and checked. */
#ifndef CORE_LEAF_H
#define CORE_LEAF_H

#include "buffer.h"
#include "fault.h"
#include "key.h"

#define LEAF_SIZE 48u

enum leaf_type { LEAF_BINDING = 'B', LEAF_END = 'E', LEAF_CUT = 'X', LEAF_FLOOR = 'F', LEAF_POLICY = 'P', LEAF_ROOT = 'K' };
enum end_code { END_REVOKED = 1, END_SUSPENDED = 2, END_SUPERSEDED = 3 };
enum cut_kind { CUT_INSTITUTION = 1, CUT_TOOL = 2, CUT_MODEL = 3, CUT_ISSUER = 4, CUT_ALL = 5 };
enum end_reason {
    REASON_UNSPECIFIED, REASON_KEY, REASON_LICENCE_ACTION, REASON_AFFILIATION_ENDED, REASON_LAPSED, REASON_DECEASED,
    REASON_RESCINDED, REASON_CONDITIONS_CHANGED, REASON_REINSTATED, REASON_ADMINISTRATIVE, REASON_EMERGENCY, REASON_REKEYED,
    REASON_COUNT
};

struct leaf {
    enum leaf_type type;
    union {
        struct { uint64_t index; uint8_t commit[32]; } binding;
        struct { uint64_t index, effective_ms, recorded_ms; enum end_code code; enum end_reason reason; uint8_t deed[16]; } end;
        struct { enum cut_kind kind; enum end_reason reason; uint64_t cut_ms; uint8_t id[16], deed[16]; } cut;
        struct { uint64_t floor, recorded_ms; } floor;
        struct { uint32_t version; uint64_t effective_ms; uint8_t id[8], note[24]; } policy;
        struct { uint64_t version; uint8_t hash[32]; } root;
    };
};

/* Reads exactly LEAF_SIZE bytes; CSIGN_E_LEAF_MALFORMED for an unknown type or any byte that must be zero. */
csign_code leaf_read(span bytes, struct leaf *ret, csign_fault *fault);
void leaf_write(struct buffer *out, const struct leaf *leaf);

/* The name of a reason as deeds write it ("licence_action"), NULL outside the table; and back, REASON_COUNT if unknown. */
const char *end_reason_name(enum end_reason reason);
enum end_reason end_reason_find(span name);

/* commit of a B leaf: issuer, subject and the thumbprint of the holder's key. */
void leaf_binding_commit(span iss, span sub, const uint8_t thumbprint[32], uint8_t ret[32]);
/* id of an X leaf: the first 16 bytes of SHA-256 of the identifier, of tool 0x0A model for CUT_MODEL, zero for CUT_ALL. */
void leaf_cut_id(enum cut_kind kind, span identifier, span model, uint8_t ret[16]);
/* id of a P leaf: the first 8 bytes of SHA-256 of the policy id. */
void leaf_policy_id(span id, uint8_t ret[8]);

#endif
