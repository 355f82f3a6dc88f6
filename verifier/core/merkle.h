/*
 * The RFC 6962 Merkle tree: leaf and node hashes, a compact range that is extended leaf by leaf, and the checking of
 * inclusion and consistency proofs.
 */
#ifndef CORE_MERKLE_H
#define CORE_MERKLE_H

#include "fault.h"
#include "span.h"

#define MERKLE_SIZE_MAX  INT64_MAX /* LOG 2.2: a size above 2^63-1 is refused */
#define MERKLE_RANGE_MAX 63u
#define MERKLE_PROOF_MAX 63u

struct merkle_hash {
    uint8_t bytes[CSIGN_HASH_SIZE];
};

struct merkle_hash merkle_leaf(span leaf);
struct merkle_hash merkle_node(const struct merkle_hash *left, const struct merkle_hash *right);

/* The compact range of [0, size): one hash for each bit of size, the largest subtree first. Zeroed: empty. */
struct merkle_range {
    uint64_t size;
    uint32_t count;
    struct merkle_hash hashes[MERKLE_RANGE_MAX];
};

/* Appends one leaf hash. False at MERKLE_SIZE_MAX. */
bool merkle_range_append(struct merkle_range *range, const struct merkle_hash *leaf);
/* The tree root; of the empty tree SHA-256(""). */
struct merkle_hash merkle_range_root(const struct merkle_range *range);

/* CSIGN_OK or CSIGN_E_PROOF_BAD. The length is checked first, exactly. */
csign_code merkle_check_inclusion(uint64_t index, uint64_t size, const struct merkle_hash *leaf,
                                  const struct merkle_hash *proof, size_t proof_count, const struct merkle_hash *root);
csign_code merkle_check_consistency(uint64_t old_size, uint64_t new_size, const struct merkle_hash *old_root,
                                    const struct merkle_hash *new_root, const struct merkle_hash *proof,
                                    size_t proof_count);

#endif
