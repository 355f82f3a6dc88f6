/* Token Status List entries: where they lie in the bytes, and what lies outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "status_list.h"

/* The draft's first two examples, section 4.1. */
static void lowest_bits_first(void **state)
{
    static const uint8_t one[] = {1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1};
    static const uint8_t two[] = {1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3};
    uint8_t list[3] = {0}, value;
    (void)state;
    for (size_t i = 0; i < sizeof one; i++)
        assert_true(status_list_set(list, 2, 1, i, one[i]));
    assert_memory_equal(list, "\xB9\xA3", 2);
    for (size_t i = 0; i < sizeof one; i++) {
        assert_true(status_list_get(span_of(list, 2), 1, i, &value));
        assert_int_equal(value, one[i]);
    }
    for (size_t i = 0; i < sizeof two; i++)
        assert_true(status_list_set(list, 3, 2, i, two[i]));
    assert_memory_equal(list, "\xC9\x44\xF9", 3);
    for (size_t i = 0; i < sizeof two; i++) {
        assert_true(status_list_get(span_of(list, 3), 2, i, &value));
        assert_int_equal(value, two[i]);
    }
}

static void setting_leaves_neighbours(void **state)
{
    static const unsigned sizes[] = {1, 2, 4, 8};
    (void)state;
    for (size_t s = 0; s < 4; s++) {
        unsigned bits = sizes[s], count = 32 / bits;
        for (unsigned index = 0; index < count; index++) {
            uint8_t list[4] = {0xFF, 0xFF, 0xFF, 0xFF}, value;
            assert_true(status_list_set(list, 4, bits, index, 0));
            for (unsigned i = 0; i < count; i++) {
                assert_true(status_list_get(span_of(list, 4), bits, i, &value));
                assert_int_equal(value, i == index ? 0 : (1u << bits) - 1);
            }
        }
    }
}

static void outside_fail(void **state)
{
    uint8_t list[2] = {0, 0}, value = 9;
    (void)state;
    assert_false(status_list_get(span_of(list, 2), 1, 16, &value));
    assert_false(status_list_get(span_of(list, 2), 2, 8, &value));
    assert_false(status_list_get(span_of(list, 2), 8, 2, &value));
    assert_false(status_list_get(span_of(list, 2), 1, UINT64_MAX, &value));
    assert_false(status_list_get(span_of(list, 2), 3, 0, &value));
    assert_false(status_list_get(span_of(list, 2), 0, 0, &value));
    assert_false(status_list_get(span_of(list, 2), 16, 0, &value));
    assert_false(status_list_get(span_of(NULL, 0), 1, 0, &value));
    assert_int_equal(value, 9);
    assert_false(status_list_set(list, 2, 1, 16, 1));
    assert_false(status_list_set(list, 2, 1, 0, 2));
    assert_false(status_list_set(list, 2, 2, 0, 4));
    assert_false(status_list_set(list, 2, 4, 0, 16));
    assert_false(status_list_set(list, 2, 3, 0, 1));
    assert_memory_equal(list, "\0\0", 2);
}

static void sizes(void **state)
{
    (void)state;
    assert_int_equal(status_list_size(0, 1), 0);
    assert_int_equal(status_list_size(1, 1), 1);
    assert_int_equal(status_list_size(8, 1), 1);
    assert_int_equal(status_list_size(9, 1), 2);
    assert_int_equal(status_list_size(4, 2), 1);
    assert_int_equal(status_list_size(5, 2), 2);
    assert_int_equal(status_list_size(3, 8), 3);
    assert_int_equal(status_list_size(STATUS_LIST_ENTRIES, STATUS_LIST_BITS), 4194304);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lowest_bits_first),
        cmocka_unit_test(setting_leaves_neighbours),
        cmocka_unit_test(outside_fail),
        cmocka_unit_test(sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
