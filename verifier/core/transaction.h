/*
 * Transaction data, urn:countersign:sign-off:1 (TOKENS 5.3): what a clinician signs for one document, a closed object
 * in a base64url string whose hash is in the key binding.
 */
#ifndef CORE_TRANSACTION_H
#define CORE_TRANSACTION_H

#include "json_write.h"
#include "vocabulary.h"

#define TOKEN_DEPTH_MAX 8u                   /* TOKENS 3 */
#define NUMERIC_DATE_MAX ((UINT64_C(1) << 53) - 1) /* TOKENS 3: 0 <= n < 2^53 */

/* Closed, each optional; bit FACT_… - 1 of `present`. */
struct facts {
    uint64_t present;
    uint8_t visit, exception;
    bool prior_diagnosis, guardian_present, off_label, stop;
    uint64_t patient_age, antimicrobial_grade;
    struct text_list consent, disclosure;
    span schedule;
};

struct tool {
    uint64_t present;
    span id, model, version;
};

struct draft {
    uint64_t present; /* 0: no draft */
    uint8_t digest[CSIGN_HASH_SIZE];
};

struct signed_document {
    uint64_t present;
    uint8_t digest[CSIGN_HASH_SIZE];
    span media_type, label;
    uint64_t size;
};

/* A reference that may be absent. */
struct reference {
    bool present;
    uint8_t bytes[CSIGN_HASH_SIZE];
};

struct transaction {
    uint64_t present;
    span request_id; /* as text */
    uint64_t slot;
    span act;
    uint8_t meaning, disposition, authorship, setting;
    struct signed_document document;
    struct draft draft;
    struct tool tool;
    span jurisdiction, site;
    uint8_t patient_ref[CSIGN_HASH_SIZE];
    struct reference encounter_ref, prior;
    struct facts facts;
    uint64_t opened_at;
};

extern const struct schema facts_schema, tool_schema, draft_schema;
/* Reads a struct reference. */
bool reference_read(struct json *j, const struct schema_field *field, void *into);

/* Reads one decoded entry; views point into it and into scratch. malformed-json or malformed-transaction. */
csign_code transaction_read(span json, struct buffer *scratch, struct transaction *ret, csign_fault *fault);
/* Writes it as JSON; the caller encodes it. */
void transaction_write(struct buffer *out, const struct transaction *transaction);

bool facts_equal(const struct facts *a, const struct facts *b);
bool tool_equal(const struct tool *a, const struct tool *b);
bool draft_equal(const struct draft *a, const struct draft *b);
bool reference_equal(const struct reference *a, const struct reference *b);

void facts_write(struct json_out *o, const struct facts *facts);
void tool_write(struct json_out *o, const struct tool *tool);
void draft_write(struct json_out *o, const char *name, const struct draft *draft);

static inline bool facts_have(const struct facts *facts, unsigned fact)
{
    return (facts->present >> (fact - 1) & 1) != 0;
}

#endif
