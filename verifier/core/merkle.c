#include "merkle.h"
#include "hash.h"

/* RFC 6962 2.1: the prefixes keep a leaf from being read as a node. */
struct merkle_hash merkle_leaf(span leaf)
{
    struct merkle_hash ret;
    struct hash h;
    hash_init(&h);
    hash_update(&h, span_of("\x00", 1));
    hash_update(&h, leaf);
    hash_final(&h, ret.bytes);
    return ret;
}

struct merkle_hash merkle_node(const struct merkle_hash *left, const struct merkle_hash *right)
{
    struct merkle_hash ret;
    struct hash h;
    hash_init(&h);
    hash_update(&h, span_of("\x01", 1));
    hash_update(&h, span_of(left->bytes, sizeof left->bytes));
    hash_update(&h, span_of(right->bytes, sizeof right->bytes));
    hash_final(&h, ret.bytes);
    return ret;
}

static struct merkle_hash empty_root(void)
{
    struct merkle_hash ret;
    hash_of(span_of(NULL, 0), ret.bytes);
    return ret;
}

/* --- the compact range --- */

bool merkle_range_append(struct merkle_range *range, const struct merkle_hash *leaf)
{
    if (range->size >= MERKLE_SIZE_MAX)
        return false;
    struct merkle_hash hash = *leaf;
    /* Each trailing one of the size is a subtree as large as the one that `hash` has become. */
    for (uint64_t size = range->size; size & 1; size >>= 1)
        hash = merkle_node(&range->hashes[--range->count], &hash);
    range->hashes[range->count++] = hash;
    range->size++;
    return true;
}

struct merkle_hash merkle_range_root(const struct merkle_range *range)
{
    if (range->count == 0)
        return empty_root();
    struct merkle_hash root = range->hashes[range->count - 1];
    for (uint32_t i = range->count - 1; i > 0; i--)
        root = merkle_node(&range->hashes[i - 1], &root);
    return root;
}

bool merkle_root_fits(uint64_t size, const struct merkle_hash *root)
{
    struct merkle_hash nothing = empty_root();
    return size > 0 || merkle_hash_equal(root, &nothing);
}

/* --- checking --- */

static unsigned bit_length(uint64_t value)
{
    unsigned length = 0;
    for (; value; value >>= 1)
        length++;
    return length;
}

static unsigned bit_count(uint64_t value)
{
    unsigned count = 0;
    for (; value; value &= value - 1)
        count++;
    return count;
}

static unsigned trailing_zeros(uint64_t value)
{
    unsigned count = 0;
    for (; !(value & 1); value >>= 1)
        count++;
    return count;
}

/*
 * The path from leaf `index` to the root of `size` leaves (RFC 9162 2.1.3.2): below the level where it meets the right
 * edge of the tree a sibling is on either side, above it only on the left.
 */
struct path {
    unsigned inner, border;
};

static struct path path_of(uint64_t index, uint64_t size)
{
    struct path p;
    p.inner = bit_length(index ^ (size - 1));
    p.border = bit_count(index >> p.inner);
    return p;
}

static struct merkle_hash climb(struct merkle_hash hash, uint64_t index, const struct merkle_hash *proof, struct path path)
{
    for (unsigned i = 0; i < path.inner; i++)
        hash = index >> i & 1 ? merkle_node(&proof[i], &hash) : merkle_node(&hash, &proof[i]);
    for (unsigned i = path.inner; i < path.inner + path.border; i++)
        hash = merkle_node(&proof[i], &hash);
    return hash;
}

csign_code merkle_check_inclusion(uint64_t index, uint64_t size, const struct merkle_hash *leaf,
                                  const struct merkle_hash *proof, size_t proof_count, const struct merkle_hash *root)
{
    if (size > MERKLE_SIZE_MAX || index >= size)
        return CSIGN_E_PROOF_BAD;
    struct path path = path_of(index, size);
    if (proof_count != path.inner + path.border)
        return CSIGN_E_PROOF_BAD;
    struct merkle_hash computed = climb(*leaf, index, proof, path);
    return merkle_hash_equal(&computed, root) ? CSIGN_OK : CSIGN_E_PROOF_BAD;
}

/* As climb(), but only over what is left of the path: this rebuilds the old root, which ends where the path starts. */
static struct merkle_hash climb_left(struct merkle_hash hash, uint64_t index, const struct merkle_hash *proof,
                                     struct path path)
{
    for (unsigned i = 0; i < path.inner; i++)
        if (index >> i & 1)
            hash = merkle_node(&proof[i], &hash);
    for (unsigned i = path.inner; i < path.inner + path.border; i++)
        hash = merkle_node(&proof[i], &hash);
    return hash;
}

csign_code merkle_check_consistency(uint64_t old_size, uint64_t new_size, const struct merkle_hash *old_root,
                                    const struct merkle_hash *new_root, const struct merkle_hash *proof, size_t proof_count)
{
    if (new_size > MERKLE_SIZE_MAX || old_size > new_size)
        return CSIGN_E_PROOF_BAD;
    if (old_size == new_size)
        return proof_count == 0 && merkle_hash_equal(old_root, new_root) ? CSIGN_OK : CSIGN_E_PROOF_BAD;
    if (old_size == 0)
        return proof_count == 0 && merkle_root_fits(0, old_root) ? CSIGN_OK : CSIGN_E_PROOF_BAD;

    /* The path starts at the largest subtree that ends where the old tree did; if it is the old tree, it is not sent. */
    unsigned level = trailing_zeros(old_size);
    size_t sent = old_size == UINT64_C(1) << level ? 0 : 1;
    struct path path = path_of(old_size - 1, new_size);
    path.inner -= level;
    if (proof_count != sent + path.inner + path.border)
        return CSIGN_E_PROOF_BAD;
    uint64_t index = (old_size - 1) >> level;
    struct merkle_hash start = sent ? proof[0] : *old_root;
    struct merkle_hash old_computed = climb_left(start, index, proof + sent, path);
    struct merkle_hash new_computed = climb(start, index, proof + sent, path);
    return merkle_hash_equal(&old_computed, old_root) && merkle_hash_equal(&new_computed, new_root) ? CSIGN_OK
                                                                                                    : CSIGN_E_PROOF_BAD;
}
