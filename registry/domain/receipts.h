/*
 * Receipts (PROTOCOL 6, LOG 4.3): what gates decided, taken from apps in signed batches. Each deployment's lines are one chain with
 * contiguous numbers: a batch that continues it is appended, one that was taken before is answered as before, one that overlaps has
 * its tail taken, one that leaves a gap is refused with the number that is expected. Another line under an old number is
 * equivocation: both are kept, and somebody has to look.
 */
#ifndef DOMAIN_RECEIPTS_H
#define DOMAIN_RECEIPTS_H

#include "receipt_batch.h"
#include "registry.h"

#define RECEIPTS_NOTE_MAX (RECEIPT_BATCH_MAX + 4096u) /* bytes of a batch's note */
#define RECEIPTS_ACK_MAX  1024u
#define RECEIPTS_SILENCE_MS (UINT64_C(24) * 3600 * 1000) /* without a sign of life it is an alarm */

struct receipts_take {
    struct operation operation;
    const struct registry *registry;
    struct receipt_batch batch; /* points into the note, which is the caller's until `done` */
    struct receipts_lines *lines; /* what was read of each */
    csign_fault fault;
    csign_code refusal;   /* after CSIGN_OK: CSIGN_OK, or equivocation, with fault */
    uint64_t expected;    /* with sequence-gap: the number */
    size_t ack_size;
    uint8_t ack[RECEIPTS_ACK_MAX]; /* after CSIGN_OK and no refusal: the acknowledgement note */
};
/*
 * Reads and verifies a batch for the app that sent it. unavailable if the registry has no receipts key or no memory; note-malformed,
 * note-unsigned, note-signature-bad; receipt-malformed with the member, also for another deployment's or a number out of place;
 * unauthenticated if the app has ended. Then by `run`: sequence-gap.
 * Whatever it returns, receipts_take_free() is called once, when the operation is over.
 */
csign_code receipts_take_prepare(struct receipts_take *take, const struct registry *registry, span app, span note);
void receipts_take_free(struct receipts_take *take);

/* Raises an alert for each app that has been silent; to be submitted from time to time. */
struct receipts_watch {
    struct operation operation;
    uint64_t silent; /* apps that are */
};
void receipts_watch_init(struct receipts_watch *watch);

#endif
