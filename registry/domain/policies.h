/* Policies that an authority brings before it publishes them (PROTOCOL 8): held, not in force until a policy.publish names one. */
#ifndef DOMAIN_POLICIES_H
#define DOMAIN_POLICIES_H

#include "registry.h"

struct policy_upload_inside;
struct policy_upload {
    struct operation operation; /* the caller sets `done` and submits it */
    uint8_t hash[CSIGN_HASH_SIZE]; /* of the note; its first 24 bytes are its name in /policies/<name> */
    span id;                       /* of the policy; both hold until policy_upload_free() */
    uint64_t version;
    csign_fault fault;
    struct policy_upload_inside *inside;
};

/*
 * Copies and reads a policy note and checks that a policy key of the root may sign it: too-large, note-…, policy-malformed,
 * policy-signer; forbidden where the policy is another authority's than `authority`, the caller's. The operation itself gives
 * conflict for another note of the same id and version. The same note again is no error.
 */
csign_code policy_upload_prepare(const struct registry *registry, span note, span authority, struct policy_upload **ret,
                                 csign_fault *fault);
void policy_upload_free(struct policy_upload **upload);

#endif
