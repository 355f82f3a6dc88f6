/*
 * The RFC 6962 Merkle tree: leaf and node hashes, a compact range that is extended leaf by leaf, and the checking and
 * making of inclusion and consistency proofs.
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

static inline bool merkle_hash_equal(const struct merkle_hash *a, const struct merkle_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0; /* public: every tree hash is */
}

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
/* Whether a tree of `size` leaves may have this root: that of no leaves is SHA-256(""). */
bool merkle_root_fits(uint64_t size, const struct merkle_hash *root);

/* CSIGN_OK or CSIGN_E_PROOF_BAD. The length is checked first, exactly. */
csign_code merkle_check_inclusion(uint64_t index, uint64_t size, const struct merkle_hash *leaf,
                                  const struct merkle_hash *proof, size_t proof_count, const struct merkle_hash *root);
csign_code merkle_check_consistency(uint64_t old_size, uint64_t new_size, const struct merkle_hash *old_root,
                                    const struct merkle_hash *new_root, const struct merkle_hash *proof,
                                    size_t proof_count);

/*
 * Where proofs take their hashes from: the node over the leaves [index << level, (index + 1) << level), which is asked
 * for only where all of them are in the tree. tile.h has one that reads tiles.
 */
struct merkle_source {
    csign_code (*node)(void *context, unsigned level, uint64_t index, struct merkle_hash *ret);
    void *context;
};

/*
 * Makes the proof that leaf `index` is in the tree of `size` leaves, or that the tree of `old_size` is the beginning of
 * that of `new_size`. CSIGN_E_ARGUMENT unless index < size, or old_size <= new_size; else what the source returns.
 */
csign_code merkle_prove_inclusion(const struct merkle_source *source, uint64_t index, uint64_t size,
                                  struct merkle_hash ret_proof[MERKLE_PROOF_MAX], size_t *ret_count);
csign_code merkle_prove_consistency(const struct merkle_source *source, uint64_t old_size, uint64_t new_size,
                                    struct merkle_hash ret_proof[MERKLE_PROOF_MAX], size_t *ret_count);
/* The root of the tree of `size` leaves. */
csign_code merkle_source_root(const struct merkle_source *source, uint64_t size, struct merkle_hash *ret);

#endif
