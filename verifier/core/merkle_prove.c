/* Proofs made from stored nodes. Only complete nodes are stored; what the right edge needs is folded from them. */
#include "merkle.h"
#include "hash.h"

/*
 * The hash over the leaves [begin, end), where `begin` is a multiple of a power of two that is not below their number:
 * the complete subtrees that make it up, one for each bit of the number, folded from the smallest, which is rightmost.
 */
static csign_code fold(const struct merkle_source *source, uint64_t begin, uint64_t end, struct merkle_hash *ret)
{
    uint64_t left = end - begin;
    bool started = false;
    for (unsigned level = 0; left; level++, left >>= 1) {
        if (!(left & 1))
            continue;
        uint64_t index = (begin >> level) + left - 1;
        struct merkle_hash node;
        TRY(source->node(source->context, level, index, &node));
        *ret = started ? merkle_node(&node, ret) : node;
        started = true;
    }
    return CSIGN_OK;
}

/* The siblings on the way from the node (level, index) to the root of `size` leaves, appended to the proof. */
static csign_code siblings(const struct merkle_source *source, unsigned level, uint64_t index, uint64_t size,
                           struct merkle_hash *proof, size_t *count)
{
    for (;; level++, index >>= 1) {
        uint64_t last = (size - 1) >> level;
        if (last == 0)
            return CSIGN_OK;
        if (index & 1) {
            TRY(source->node(source->context, level, index - 1, &proof[*count]));
        } else if (index < last) {
            uint64_t begin = (index + 1) << level, width = UINT64_C(1) << level;
            TRY(fold(source, begin, size - begin < width ? size : begin + width, &proof[*count]));
        } else {
            continue; /* the right edge: this node moves up as it is */
        }
        ++*count;
    }
}

csign_code merkle_prove_inclusion(const struct merkle_source *source, uint64_t index, uint64_t size,
                                  struct merkle_hash ret_proof[MERKLE_PROOF_MAX], size_t *ret_count)
{
    if (size > MERKLE_SIZE_MAX || index >= size)
        return CSIGN_E_ARGUMENT;
    *ret_count = 0;
    return siblings(source, 0, index, size, ret_proof, ret_count);
}

csign_code merkle_prove_consistency(const struct merkle_source *source, uint64_t old_size, uint64_t new_size,
                                    struct merkle_hash ret_proof[MERKLE_PROOF_MAX], size_t *ret_count)
{
    if (new_size > MERKLE_SIZE_MAX || old_size > new_size)
        return CSIGN_E_ARGUMENT;
    *ret_count = 0;
    if (old_size == 0 || old_size == new_size)
        return CSIGN_OK;
    unsigned level = 0;
    while (!(old_size >> level & 1))
        level++;
    uint64_t index = (old_size >> level) - 1;
    if (index > 0)
        TRY(source->node(source->context, level, index, &ret_proof[(*ret_count)++]));
    return siblings(source, level, index, new_size, ret_proof, ret_count);
}

csign_code merkle_source_root(const struct merkle_source *source, uint64_t size, struct merkle_hash *ret)
{
    if (size > MERKLE_SIZE_MAX)
        return CSIGN_E_ARGUMENT;
    if (size == 0) {
        hash_of(span_of(NULL, 0), ret->bytes);
        return CSIGN_OK;
    }
    return fold(source, 0, size, ret);
}
