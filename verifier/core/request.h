/* The request (PROTOCOL 4): what an app asks one signer to sign, made and kept by the app, one a slot. */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include "transaction.h"

#define REQUEST_MAX 8192u /* bytes of its JSON */
#define URL_MAX     2000u

struct requested_document {
    uint64_t present;
    span url, media_type, label;
};

struct request {
    uint64_t present;
    span request_id; /* as text */
    uint64_t slot;
    span act;
    uint8_t setting, authorship;
    uint8_t meaning; /* 0: the signer chooses among the rule's */
    span jurisdiction, site;
    struct tool tool;
    uint8_t patient_ref[CSIGN_HASH_SIZE];
    struct reference encounter_ref, prior;
    struct facts facts;
    struct draft draft;
    span audience, nonce; /* the nonce as text */
    struct requested_document document;
    uint64_t issued_at, expires_at;
    span answer_to;
};

/* Reads one request; views point into it and into scratch. Errors: request-mismatch with the member at fault, no-space. */
csign_code request_read(span json, struct buffer *scratch, struct request *ret, csign_fault *fault);
void request_write(struct buffer *out, const struct request *request);

/*
 * Whether a sign-off answers a request: every member that the request fixes is equal (PROTOCOL 1, row 5). CSIGN_OK or
 * signoff-mismatch with the member.
 */
csign_code request_check(const struct request *request, const struct transaction *transaction, csign_fault *fault);

#endif
