/*
 * What releases write: permits with what they consume, refusals, outcomes, and when a sign-off was first seen. Each is one
 * entry of the ledger.
 */
#ifndef SYNC_ENTRIES_H
#define SYNC_ENTRIES_H

#include "receipts.h"

/* A sign-off that was seen. */
struct sighting {
    uint8_t hash[CSIGN_HASH_SIZE]; /* SHA-256 of its text */
    int64_t at;                    /* when it was first seen */
    bool is_new;                   /* it is to be recorded */
};
/* Looks it up; where it was not seen before, `at` is `now`. */
csign_code sighting_find(struct connection *c, span sign_off, int64_t now, struct sighting *ret);

/*
 * A permit. REPLAY: this release id was used with another input, or one of the sign-offs by another release; REJECTED: somebody
 * rejected this request before; AUDIT_BACKLOG.
 * Within the time of an earlier permit of the same release, decided_at and not_after become that one's, and no second receipt
 * is written.
 */
struct permit {
    struct entry entry;
    struct told told;
    csign_decision *decision;
    span request_id;
    const struct sighting *sightings;
    size_t sighting_count;
    uint8_t input[CSIGN_HASH_SIZE], salt[RELEASE_SALT_SIZE];
    char record[RELEASE_RECORD_MAX];
    size_t record_size;
    uint64_t backlog_max;
    int64_t backlog_age_max;
};
csign_code permit_write(struct ledger *ledger, struct permit *permit);

/*
 * A refusal: the first of its code in a minute has a receipt of its own, those that follow are counted into another. That of a
 * rejection leaves its request rejected for ever.
 */
struct refusal {
    struct entry entry;
    struct told told;
    span request_id;
    const struct sighting *sightings;
    size_t sighting_count;
};
csign_code refusal_write(struct ledger *ledger, struct refusal *refusal);
/* Writes the receipts of what was counted in minutes that are over. */
csign_code refusals_settle(struct ledger *ledger, span deployment, uint64_t time_ms);

/* Permits that were given before this start and of which nobody has said what became of them: `unknown`. */
csign_code outcomes_settle(struct ledger *ledger, uint64_t time_ms);
/* Drops what no release can need any more. */
csign_code ledger_prune(struct ledger *ledger, int64_t now);

#endif
