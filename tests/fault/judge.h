/* A gate that has replayed a registry's log, asked about credentials: would a document signed with one be released? */
#ifndef TESTS_FAULT_JUDGE_H
#define TESTS_FAULT_JUDGE_H

#include "note.h"

#include <countersign/countersign.h>

struct judge {
    csign_gate *gate;
    csign_cache *cache;
    void *cache_memory;
};

/* Replays all leaves under the checkpoint, which must verify, and takes the policy. */
void judge_open(struct judge *judge, span root, span leaves, span checkpoint, span policy);
void judge_close(struct judge *judge);
/* Signs a document with a credential's key at `now`, and decides then: CSIGN_OK for ALLOW. */
csign_code judge_ask(const struct judge *judge, span credential, const struct signing_key *key, int64_t now);

#endif
