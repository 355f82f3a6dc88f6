/* What is read of a batch's lines before its operation runs. Of receipts*.c only. */
#ifndef DOMAIN_RECEIPTS_LINES_H
#define DOMAIN_RECEIPTS_LINES_H

#include "receipts.h"
#include "uuid.h"

#define RECEIPT_SCRATCH_MAX (2u * RECEIPT_MAX + 4096u) /* of one line */

struct receipts_line {
    span text;
    uint64_t time_ms;
    uint8_t head[CSIGN_HASH_SIZE]; /* behind it */
    uint8_t release_id[UUID_SIZE];
    uint8_t event, outcome;
    bool is_outside; /* of what its app was added for */
    uint8_t signer_count;
    struct {
        uint64_t idx, signed_s;
    } signers[CSIGN_SLOTS_MAX]; /* of a permit */
};

struct receipts_lines {
    uint8_t authority[CSIGN_ID_MAX]; /* of the app's institution: whom an alert is for */
    size_t authority_size;
    struct receipts_line line[]; /* as many as the batch has */
};

/* The whole of receipts_take_prepare(), behind its setting up; `lines` is receipts_take_free()'s, whatever it returns. */
csign_code receipts_take_read(struct receipts_take *take, span app, span bytes);

#endif
