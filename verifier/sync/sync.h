/* A gate that keeps itself up to date, and a desk of it, as their own files see them. */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include "follow.h"
#include "outbox.h"

#include <countersign/sync.h>

struct csign_sync {
    span deployment;
    bool offline;
    struct ledger *ledger;
    struct newest newest;
    struct problems problems;
    struct holding holding;
    struct follower follower;
    struct outbox outbox;
    uint8_t root_hash[CSIGN_HASH_SIZE];
    bool is_following, is_sending;
    uint64_t backlog_max;
    int64_t backlog_age_max;
    void *memory; /* of the deployment's text */
};

struct csign_desk {
    csign_sync *sync;
    struct connection reader;
    struct snapshot *snapshot; /* of the last decision, whose views it keeps alive */
    csign_cache *cache;
    void *cache_memory;
    struct csign_release release; /* as it was asked, with the times that we recorded */
};

#endif
