/* Batches of receipts and what answers them (PROTOCOL 6), both as texts of notes. */
#ifndef CORE_RECEIPT_BATCH_H
#define CORE_RECEIPT_BATCH_H

#include "receipt.h"

#define RECEIPT_BATCH_MAX  (1024u * 1024u) /* bytes of the text, LOG 4.3 */
#define RECEIPT_BATCH_LINES 1000u

struct receipt_batch {
    span deployment;
    uint64_t first; /* number of the first line, from 1; with no line, of the next */
    size_t count;   /* 0: a sign of life */
    uint8_t before[CSIGN_HASH_SIZE], after[CSIGN_HASH_SIZE];
    span lines; /* each with its newline */
};

/*
 * Reads the text of a batch note and checks that its lines lead from the head before to the head after. It does not read
 * the lines: receipt_read() does, and that each has its place's number is for its caller to check.
 * receipt-malformed with deployment, first, count, before, line or after as field.
 */
csign_code receipt_batch_read(span text, struct receipt_batch *ret, csign_fault *fault);
/* Appends the text; `after` is computed and put into the batch. */
void receipt_batch_write(struct buffer *out, struct receipt_batch *batch);

struct receipt_ack {
    span deployment;
    uint64_t next; /* the number that is expected next */
    uint8_t head[CSIGN_HASH_SIZE];
};

/* receipt-malformed with deployment, next or head as field. */
csign_code receipt_ack_read(span text, struct receipt_ack *ret, csign_fault *fault);
void receipt_ack_write(struct buffer *out, const struct receipt_ack *ack);

#endif
