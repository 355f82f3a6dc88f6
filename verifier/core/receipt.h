/*
 * Receipts (PROTOCOL 6): what a gate decided and what became of it, one line of JSON each, chained by hash. A receipt
 * never holds a digest, a label, a patient reference or a fact.
 */
#ifndef CORE_RECEIPT_H
#define CORE_RECEIPT_H

#include "json_write.h"
#include "vocabulary.h"

#define RECEIPT_MAX 4096u /* bytes of a line */

enum { RECEIPT_PERMIT = 1, RECEIPT_REFUSE, RECEIPT_OUTCOME };
extern const struct vocabulary receipt_events;
enum { OUTCOME_RELEASED = 1, OUTCOME_FAILED, OUTCOME_UNKNOWN };
extern const struct vocabulary receipt_outcomes;

/* Bits of `present`, in the order in which a line has its members. */
enum receipt_member {
    RECEIPT_V,
    RECEIPT_SEQ,
    RECEIPT_TIME_MS,
    RECEIPT_EVENT,
    RECEIPT_RELEASE_ID,
    RECEIPT_OUTCOME_MEMBER,
    RECEIPT_CODE,
    RECEIPT_COUNT,
    RECEIPT_ACT,
    RECEIPT_SETTING,
    RECEIPT_JURISDICTION,
    RECEIPT_SITE,
    RECEIPT_DEPLOYMENT,
    RECEIPT_TOOL,
    RECEIPT_MODEL,
    RECEIPT_MODEL_VERSION,
    RECEIPT_SIGNERS,
    RECEIPT_UNEDITED,
    RECEIPT_MEDIA_TYPE,
    RECEIPT_SIZE_BAND,
    RECEIPT_ENTRIES,
    RECEIPT_EXCEPTION,
    RECEIPT_STATUS_SIZE,
    RECEIPT_STATUS_TIME,
    RECEIPT_POLICIES,
    RECEIPT_ROOT,
    RECEIPT_COMMIT,
    RECEIPT_MEMBERS
};
#define RECEIPT_BIT(member) (UINT64_C(1) << (member))
/* What a permit has, all of it; `exception` besides where one was applied. */
#define RECEIPT_PERMIT_MEMBERS                                                                                    \
    ((RECEIPT_BIT(RECEIPT_MEMBERS) - 1) & ~(RECEIPT_BIT(RECEIPT_OUTCOME_MEMBER) | RECEIPT_BIT(RECEIPT_CODE) |     \
                                            RECEIPT_BIT(RECEIPT_COUNT) | RECEIPT_BIT(RECEIPT_EXCEPTION)))

struct receipt_signer {
    uint64_t present;
    uint64_t idx; /* status index */
    uint64_t slot;
    uint8_t meaning, disposition, authorship;
    uint64_t iat, dwell_s;
};

/* A policy and its version, as receipts, release records and decisions name it. */
struct policy_ref {
    uint64_t present;
    span id;
    uint64_t version;
};
extern const struct schema policy_ref_schema;
/* Puts the member `policies`: [{id, version}]. */
void policy_refs_put(struct json_out *o, struct object_list policies);

struct receipt {
    uint64_t present; /* bits RECEIPT_…; a writer sets them, v to release_id need not be */
    uint64_t seq, time_ms;
    uint8_t event;
    span release_id;
    uint8_t outcome;
    csign_code code;
    uint64_t count; /* of a refusal: how many it stands for */
    span act;
    uint8_t setting;
    span jurisdiction, site, deployment, tool, model, model_version;
    struct object_list signers; /* struct receipt_signer */
    bool unedited;
    span media_type;
    uint64_t size_band, entries;
    uint8_t exception;
    uint64_t status_size, status_time;
    struct object_list policies; /* struct policy_ref */
    uint64_t root;
    uint8_t commit[CSIGN_HASH_SIZE];
};

/*
 * Reads one line, without its newline; views point into it and into scratch. receipt-malformed with the member at fault,
 * also where the event may not have it or must; no-space.
 */
csign_code receipt_read(span line, struct buffer *scratch, struct receipt *ret, csign_fault *fault);
/* Appends the line of a receipt, without a newline: the members that are present. */
void receipt_write(struct buffer *out, const struct receipt *receipt);

/* The number of bits in a document's size: 0 for 0, 1 for 1, 2 for 2 and 3. */
unsigned receipt_size_band(uint64_t size);

/* The chain of one deployment's lines: head_0, then head_i of head_{i-1}. Numbers begin at 1. */
void receipt_head_start(span deployment, uint8_t ret[CSIGN_HASH_SIZE]);
void receipt_head_next(uint8_t head[CSIGN_HASH_SIZE], uint64_t seq, span line);

#endif
