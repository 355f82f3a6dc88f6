/*
 * A registry in memory for tests and benchmarks: one test root, a log, a policy, one clinician, and sign-offs by her key. All
 * keys come from labels, so that runs are alike.
 */
#ifndef SUPPORT_REGISTRY_H
#define SUPPORT_REGISTRY_H

#include "credential.h"
#include "key_binding.h"
#include "request.h"

#include <countersign/countersign.h>

#define REGISTRY_NOW        INT64_C(1795338870)
#define REGISTRY_DEPLOYMENT "deployment-1"

struct registry {
    struct signing_key root_keys[2], issuer, statuslog, fresh, policy, receipts, holder;
    uint8_t *memory;
    struct buffer arena; /* what the members point to */
    span root_note, policy_note, credential;
    uint64_t index; /* the clinician's, in the status log */
    span leaves, checkpoint; /* what the gate was caught up with */
    csign_gate *gate; /* opened, caught up, offline */
    struct csign_release release; /* of `document`, signed */
    span entries[CSIGN_ENTRIES_MAX];
};

/* `rules` rules in the policy, of which one fits; `bindings` in the log, the last of which is the clinician's. */
void registry_open(struct registry *r, size_t rules, uint64_t bindings);
/* Requests and signs a document; the release is then ready to be decided at REGISTRY_NOW. */
void registry_sign(struct registry *r, span document);
/* The same, but the clinician rejects it. */
void registry_reject(struct registry *r, span document);
/* A fresh credential for the same binding, so that no cache knows it. `number` makes its salts. */
void registry_issue(struct registry *r, uint32_t number);
void registry_close(struct registry *r);

#endif
