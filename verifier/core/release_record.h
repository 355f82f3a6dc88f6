/*
 * The release record (PROTOCOL 6), which stays in the app's bundle with its salt, and the leaf of the release log that
 * commits to it (LOG 2.6): erasing record and salt leaves 32 bytes that nothing can be linked to.
 */
#ifndef CORE_RELEASE_RECORD_H
#define CORE_RELEASE_RECORD_H

#include "receipt.h"

#define RELEASE_RECORD_MAX 4096u
#define RELEASE_SALT_SIZE  32u
#define RELEASE_LEAF_SIZE  64u

struct released_document {
    uint64_t present;
    uint8_t digest[CSIGN_HASH_SIZE];
    span media_type;
    uint64_t size;
};

struct sign_off_ids {
    uint8_t ids[CSIGN_SLOTS_MAX][CSIGN_HASH_SIZE]; /* slot 1 first */
    size_t count;
};

struct release_record {
    uint64_t present;
    span release_id;
    uint64_t time_ms;
    span deployment, act;
    uint8_t setting;
    span jurisdiction, site;
    struct released_document document;
    struct sign_off_ids sign_offs;
    uint64_t status_size, status_time;
    struct object_list policies; /* struct policy_ref */
    uint64_t root;
};

/* Reads one line, without its newline: receipt-malformed with the member at fault, or no-space. */
csign_code release_record_read(span line, struct buffer *scratch, struct release_record *ret, csign_fault *fault);
void release_record_write(struct buffer *out, const struct release_record *record);

/* commit = SHA-256("countersign/release/v1\n" ‖ salt ‖ u64 len ‖ record). The salt is fresh random bytes for each record. */
void release_commit(const uint8_t salt[RELEASE_SALT_SIZE], span record, uint8_t ret[CSIGN_HASH_SIZE]);

/* What a leaf of the release log commits to: a release record, or the head that a deployment's receipts have reached. */
enum release_leaf_kind { RELEASE_LEAF_RECORD = 1, RELEASE_LEAF_RECEIPTS = 2 };

struct release_leaf {
    enum release_leaf_kind kind;
    uint64_t time_ms;
    uint8_t commit[CSIGN_HASH_SIZE];
};

/* Reads exactly RELEASE_LEAF_SIZE bytes: leaf-malformed. */
csign_code release_leaf_read(span bytes, struct release_leaf *ret, csign_fault *fault);
void release_leaf_write(struct buffer *out, const struct release_leaf *leaf);

#endif
