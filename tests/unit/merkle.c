/* The tree against its recursive definition, and proofs with one thing wrong each (LOG 6, item 1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base64.h"
#include "merkle.h"

#define LEAVES 70u

static struct merkle_hash leaves[LEAVES], roots[LEAVES + 1];

/* RFC 6962 2.1, written down as it stands there. */
static struct merkle_hash mth(size_t begin, size_t end)
{
    if (end - begin == 1)
        return leaves[begin];
    size_t k = 1;
    while (k * 2 < end - begin)
        k *= 2;
    struct merkle_hash left = mth(begin, begin + k), right = mth(begin + k, end);
    return merkle_node(&left, &right);
}

static csign_code stored_node(void *context, unsigned level, uint64_t index, struct merkle_hash *ret)
{
    uint64_t size = *(const uint64_t *)context;
    assert_true((index + 1) << level <= size); /* only what is complete is asked for */
    *ret = mth((size_t)(index << level), (size_t)((index + 1) << level));
    return CSIGN_OK;
}

static int make_tree(void **state)
{
    struct merkle_range range = {0};
    (void)state;
    roots[0] = merkle_range_root(&range);
    for (size_t i = 0; i < LEAVES; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "leaf-%zu", i);
        leaves[i] = merkle_leaf(span_text(text));
        assert_true(merkle_range_append(&range, &leaves[i]));
        roots[i + 1] = merkle_range_root(&range);
    }
    return 0;
}

static void assert_hash(const struct merkle_hash *hash, const char *base64)
{
    uint8_t expected[32];
    assert_true(base64_exact(span_text(base64), expected, 32));
    assert_memory_equal(hash->bytes, expected, 32);
}

static void roots_are_the_definition(void **state)
{
    (void)state;
    assert_hash(&roots[0], "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    assert_hash(&roots[1], "MF31n5WQw8msY9KydDw4jjeSRJB4zr9/s9vmRxZDsrc=");
    assert_hash(&roots[7], "CwB/uRXrmyoUb1SxyG7FO2ZPjkVbdmCwtu4T7cDZIcA=");
    assert_hash(&roots[8], "ymt7PmdKyGwQJ7Wch8Bk/DvCezEylMdfg70F/dE/Dc8=");
    for (uint64_t size = 0; size <= LEAVES; size++) {
        struct merkle_source source = {stored_node, &size};
        struct merkle_hash root;
        assert_int_equal(merkle_source_root(&source, size, &root), CSIGN_OK);
        assert_memory_equal(&root, &roots[size], sizeof root);
        if (size > 0) {
            root = mth(0, (size_t)size);
            assert_memory_equal(&root, &roots[size], sizeof root);
        }
    }
}

static void classic_eight_leaves(void **state)
{
    static const char *const texts[] = {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                        "606162636465666768696a6b6c6d6e6f"};
    static const char *const expected[] = {"6e340b9cffb37a98", "fac54203e7cc696c", "aeb6bcfe274b70a1", "d37ee418976dd957",
                                           "4e3bbb1f7b478dcf", "76e67dadbcdf1e10", "ddb89be403809e32", "5dc9da79a70659a9"};
    struct merkle_range range = {0};
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        uint8_t bytes[16];
        char hex[17];
        size_t size = strlen(texts[i]) / 2;
        for (size_t k = 0; k < size; k++) {
            unsigned value;
            assert_int_equal(sscanf(texts[i] + 2 * k, "%2x", &value), 1);
            bytes[k] = (uint8_t)value;
        }
        struct merkle_hash leaf = merkle_leaf(span_of(bytes, size)), root;
        assert_true(merkle_range_append(&range, &leaf));
        root = merkle_range_root(&range);
        for (size_t k = 0; k < 8; k++)
            (void)snprintf(hex + 2 * k, 3, "%02x", root.bytes[k]);
        assert_string_equal(hex, expected[i]);
    }
}

static void full_range_takes_no_more(void **state)
{
    struct merkle_range range = {.size = MERKLE_SIZE_MAX, .count = MERKLE_RANGE_MAX};
    (void)state;
    assert_false(merkle_range_append(&range, &leaves[0]));
    range = (struct merkle_range){.size = MERKLE_SIZE_MAX - 1, .count = MERKLE_RANGE_MAX - 1};
    assert_true(merkle_range_append(&range, &leaves[0]));
    assert_int_equal(range.count, MERKLE_RANGE_MAX);
}

/* --- inclusion --- */

struct inclusion {
    uint64_t index, size;
    struct merkle_hash leaf, root, proof[MERKLE_PROOF_MAX];
    size_t count;
};

static struct inclusion prove_inclusion(uint64_t index, uint64_t size)
{
    struct inclusion p = {.index = index, .size = size, .leaf = leaves[index], .root = roots[size]};
    struct merkle_source source = {stored_node, &size};
    assert_int_equal(merkle_prove_inclusion(&source, index, size, p.proof, &p.count), CSIGN_OK);
    return p;
}

static csign_code check_inclusion(const struct inclusion *p)
{
    return merkle_check_inclusion(p->index, p->size, &p->leaf, p->proof, p->count, &p->root);
}

static void inclusion_proofs_verify(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= LEAVES; size++)
        for (uint64_t index = 0; index < size; index++) {
            struct inclusion p = prove_inclusion(index, size);
            assert_int_equal(check_inclusion(&p), CSIGN_OK);
        }
}

static void inclusion_bit_flipped_fail(void **state)
{
    static const uint64_t places[][2] = {{0, 1}, {3, 7}, {5, 8}, {6, 7}, {69, 70}, {64, 70}, {33, 70}};
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct inclusion p = prove_inclusion(places[i][0], places[i][1]);
        for (size_t bit = 0; bit < p.count * 256; bit++) {
            p.proof[bit / 256].bytes[bit % 256 / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(check_inclusion(&p), CSIGN_E_PROOF_BAD);
            p.proof[bit / 256].bytes[bit % 256 / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t bit = 0; bit < 256; bit++) {
            p.leaf.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(check_inclusion(&p), CSIGN_E_PROOF_BAD);
            p.leaf.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            p.root.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(check_inclusion(&p), CSIGN_E_PROOF_BAD);
            p.root.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        assert_int_equal(check_inclusion(&p), CSIGN_OK);
    }
}

static void inclusion_elsewhere_fail(void **state)
{
    (void)state;
    for (uint64_t size = 2; size <= LEAVES; size++)
        for (uint64_t index = 0; index < size; index++) {
            struct inclusion p = prove_inclusion(index, size);
            p.index = index + 1;
            assert_int_equal(check_inclusion(&p), CSIGN_E_PROOF_BAD);
            p.index = index - 1; /* of 0: 2^64-1 */
            assert_int_equal(check_inclusion(&p), CSIGN_E_PROOF_BAD);
            p.index = index;
            p.size = size * 2;
            assert_int_equal(check_inclusion(&p), CSIGN_E_PROOF_BAD);
            p.size = index; /* not in the tree */
            assert_int_equal(check_inclusion(&p), CSIGN_E_PROOF_BAD);
            p.size = (uint64_t)MERKLE_SIZE_MAX + 1 + size;
            assert_int_equal(check_inclusion(&p), CSIGN_E_PROOF_BAD);
        }
}

static void inclusion_of_another_length_fail(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= LEAVES; size++)
        for (uint64_t index = 0; index < size; index++) {
            struct inclusion p = prove_inclusion(index, size);
            size_t count = p.count;
            p.proof[count] = p.root;
            p.count = count + 1;
            assert_int_equal(check_inclusion(&p), CSIGN_E_PROOF_BAD);
            memmove(p.proof + 1, p.proof, count * sizeof *p.proof);
            assert_int_equal(check_inclusion(&p), CSIGN_E_PROOF_BAD);
            p = prove_inclusion(index, size);
            for (p.count = 0; p.count < count; p.count++)
                assert_int_equal(check_inclusion(&p), CSIGN_E_PROOF_BAD);
        }
}

/* The node above a leaf is no leaf, and the root of one leaf needs no proof but is not another's. */
static void inclusion_of_a_node_fail(void **state)
{
    struct inclusion p = prove_inclusion(0, 4);
    (void)state;
    p.leaf = mth(0, 2);
    p.proof[0] = mth(2, 4);
    p.count = 1;
    assert_int_equal(check_inclusion(&p), CSIGN_E_PROOF_BAD);
    p.size = 2; /* as a tree of two it would do: the size is signed beside the root */
    assert_int_equal(check_inclusion(&p), CSIGN_OK);
    assert_int_equal(merkle_check_inclusion(0, 1, &leaves[0], NULL, 0, &roots[1]), CSIGN_OK);
    assert_int_equal(merkle_check_inclusion(0, 1, &leaves[1], NULL, 0, &roots[1]), CSIGN_E_PROOF_BAD);
    assert_int_equal(merkle_check_inclusion(0, 0, &leaves[0], NULL, 0, &roots[0]), CSIGN_E_PROOF_BAD);
}

/* Each would verify by its arithmetic alone: leaf 2 of two leaves, and a tree above 2^63-1. */
static void inclusion_outside_fail(void **state)
{
    const uint64_t half = UINT64_C(1) << 63;
    struct merkle_hash proof[2] = {leaves[1], leaves[2]}, right = merkle_node(&leaves[0], &proof[0]);
    struct merkle_hash outside = merkle_node(&proof[1], &right), above = merkle_node(&proof[0], &leaves[0]);
    (void)state;
    assert_int_equal(merkle_check_inclusion(2, 3, &leaves[0], proof, 1, &above), CSIGN_OK);
    assert_int_equal(merkle_check_inclusion(2, 2, &leaves[0], proof, 2, &outside), CSIGN_E_PROOF_BAD);
    assert_int_equal(merkle_check_inclusion(half, half + 1, &leaves[0], proof, 1, &above), CSIGN_E_PROOF_BAD);
    assert_int_equal(merkle_check_consistency(half, half, &above, &above, NULL, 0), CSIGN_E_PROOF_BAD);
    assert_int_equal(merkle_check_consistency(half - 1, half - 1, &above, &above, NULL, 0), CSIGN_OK);
}

/* --- consistency --- */

struct consistency {
    uint64_t old_size, new_size;
    struct merkle_hash old_root, new_root, proof[MERKLE_PROOF_MAX];
    size_t count;
};

static struct consistency prove_consistency(uint64_t old_size, uint64_t new_size)
{
    struct consistency p = {
        .old_size = old_size, .new_size = new_size, .old_root = roots[old_size], .new_root = roots[new_size]};
    struct merkle_source source = {stored_node, &new_size};
    assert_int_equal(merkle_prove_consistency(&source, old_size, new_size, p.proof, &p.count), CSIGN_OK);
    return p;
}

static csign_code check_consistency(const struct consistency *p)
{
    return merkle_check_consistency(p->old_size, p->new_size, &p->old_root, &p->new_root, p->proof, p->count);
}

static void consistency_proofs_verify(void **state)
{
    (void)state;
    for (uint64_t size = 0; size <= LEAVES; size++)
        for (uint64_t old = 0; old <= size; old++) {
            struct consistency p = prove_consistency(old, size);
            assert_int_equal(check_consistency(&p), CSIGN_OK);
            assert_true(p.count == 0 || (old > 0 && old < size));
        }
}

static void consistency_bit_flipped_fail(void **state)
{
    static const uint64_t sizes[][2] = {{1, 2}, {3, 8}, {4, 7}, {6, 8}, {32, 70}, {33, 70}, {69, 70}, {64, 65}};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct consistency p = prove_consistency(sizes[i][0], sizes[i][1]);
        for (size_t bit = 0; bit < p.count * 256; bit++) {
            p.proof[bit / 256].bytes[bit % 256 / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(check_consistency(&p), CSIGN_E_PROOF_BAD);
            p.proof[bit / 256].bytes[bit % 256 / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t bit = 0; bit < 256; bit++) {
            p.old_root.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(check_consistency(&p), CSIGN_E_PROOF_BAD);
            p.old_root.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            p.new_root.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(check_consistency(&p), CSIGN_E_PROOF_BAD);
            p.new_root.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        assert_int_equal(check_consistency(&p), CSIGN_OK);
    }
}

static void consistency_of_other_sizes_fail(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= LEAVES; size++)
        for (uint64_t old = 1; old < size; old++) {
            struct consistency p = prove_consistency(old, size);
            p.old_size = old + 1;
            assert_int_equal(check_consistency(&p), CSIGN_E_PROOF_BAD);
            p.old_size = old - 1;
            assert_int_equal(check_consistency(&p), CSIGN_E_PROOF_BAD);
            p.old_size = size + 1; /* larger than the new */
            assert_int_equal(check_consistency(&p), CSIGN_E_PROOF_BAD);
            p.old_size = old;
            p.new_size = size * 2;
            assert_int_equal(check_consistency(&p), CSIGN_E_PROOF_BAD);
            p.new_size = (uint64_t)MERKLE_SIZE_MAX + 1 + size;
            assert_int_equal(check_consistency(&p), CSIGN_E_PROOF_BAD);
        }
}

static void consistency_of_another_length_fail(void **state)
{
    (void)state;
    for (uint64_t size = 0; size <= LEAVES; size++)
        for (uint64_t old = 0; old <= size; old++) {
            struct consistency p = prove_consistency(old, size);
            size_t count = p.count;
            p.proof[count] = p.new_root;
            p.count = count + 1;
            assert_int_equal(check_consistency(&p), CSIGN_E_PROOF_BAD);
            for (p.count = 0; p.count < count; p.count++)
                assert_int_equal(check_consistency(&p), CSIGN_E_PROOF_BAD);
        }
}

static void consistency_at_the_edges_fail(void **state)
{
    struct consistency p = prove_consistency(5, 5);
    (void)state;
    p.new_root = roots[6];
    assert_int_equal(check_consistency(&p), CSIGN_E_PROOF_BAD); /* one size, two roots: equivocation */
    p = prove_consistency(0, 5);
    p.old_root = roots[1];
    assert_int_equal(check_consistency(&p), CSIGN_E_PROOF_BAD); /* nothing has one root only */
}

static void provers_check_their_arguments(void **state)
{
    uint64_t size = LEAVES;
    struct merkle_source source = {stored_node, &size};
    struct merkle_hash proof[MERKLE_PROOF_MAX], root;
    size_t count;
    (void)state;
    assert_int_equal(merkle_prove_inclusion(&source, 5, 5, proof, &count), CSIGN_E_ARGUMENT);
    assert_int_equal(merkle_prove_inclusion(&source, 0, (uint64_t)MERKLE_SIZE_MAX + 1, proof, &count), CSIGN_E_ARGUMENT);
    assert_int_equal(merkle_prove_consistency(&source, 6, 5, proof, &count), CSIGN_E_ARGUMENT);
    assert_int_equal(merkle_prove_consistency(&source, 6, (uint64_t)MERKLE_SIZE_MAX + 1, proof, &count), CSIGN_E_ARGUMENT);
    assert_int_equal(merkle_source_root(&source, (uint64_t)MERKLE_SIZE_MAX + 1, &root), CSIGN_E_ARGUMENT);
}

static csign_code no_node(void *context, unsigned level, uint64_t index, struct merkle_hash *ret)
{
    (void)context, (void)level, (void)index, (void)ret;
    return CSIGN_E_TILE_MALFORMED;
}

static void provers_pass_failures_on(void **state)
{
    struct merkle_source source = {no_node, NULL};
    struct merkle_hash proof[MERKLE_PROOF_MAX], root;
    size_t count;
    (void)state;
    assert_int_equal(merkle_prove_inclusion(&source, 3, 7, proof, &count), CSIGN_E_TILE_MALFORMED);
    assert_int_equal(merkle_prove_consistency(&source, 3, 7, proof, &count), CSIGN_E_TILE_MALFORMED);
    assert_int_equal(merkle_prove_consistency(&source, 4, 7, proof, &count), CSIGN_E_TILE_MALFORMED);
    assert_int_equal(merkle_source_root(&source, 7, &root), CSIGN_E_TILE_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_the_definition),
        cmocka_unit_test(classic_eight_leaves),
        cmocka_unit_test(full_range_takes_no_more),
        cmocka_unit_test(inclusion_proofs_verify),
        cmocka_unit_test(inclusion_bit_flipped_fail),
        cmocka_unit_test(inclusion_elsewhere_fail),
        cmocka_unit_test(inclusion_of_another_length_fail),
        cmocka_unit_test(inclusion_of_a_node_fail),
        cmocka_unit_test(inclusion_outside_fail),
        cmocka_unit_test(consistency_proofs_verify),
        cmocka_unit_test(consistency_bit_flipped_fail),
        cmocka_unit_test(consistency_of_other_sizes_fail),
        cmocka_unit_test(consistency_of_another_length_fail),
        cmocka_unit_test(consistency_at_the_edges_fail),
        cmocka_unit_test(provers_check_their_arguments),
        cmocka_unit_test(provers_pass_failures_on),
    };
    return cmocka_run_group_tests(tests, make_tree, NULL);
}
