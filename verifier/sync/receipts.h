/* What is told of a decision: its receipt, and the release record that the receipt of a permit commits to (PROTOCOL 6). */
#ifndef SYNC_RECEIPTS_H
#define SYNC_RECEIPTS_H

#include "ledger.h"
#include "release_record.h"

#include <countersign/decide.h>

/* A receipt with what its lists point to; it points into decision and release. */
struct told {
    struct receipt receipt;
    struct receipt_signer signers[CSIGN_SLOTS_MAX];
    struct policy_ref policies[CSIGN_POLICIES_MAX];
};

/* All that release and decision say which a receipt may have; `seq` is set when it is written. */
void told_describe(struct told *told, const struct csign_release *release, const csign_decision *decision, span deployment,
                   uint64_t time_ms);
/* Makes it a refusal that stands for `count`, or the permit of a record. */
void told_refuse(struct told *told, csign_code code, uint64_t count);
void told_permit(struct told *told, const struct csign_release *release, const csign_decision *decision,
                 const uint8_t commit[CSIGN_HASH_SIZE]);

/* Appends the release record of a permit. */
csign_code record_write(struct buffer *out, const struct told *told, const csign_decision *decision);
/* SHA-256 of all that was asked: what makes two releases of one id the same. */
void release_input(const struct csign_release *release, const csign_decision *decision, uint8_t ret[CSIGN_HASH_SIZE]);

/* Writes a receipt as the next of the chain: within an entry. */
csign_code chain_add(struct ledger *ledger, struct receipt *receipt);

#endif
