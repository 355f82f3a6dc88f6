/* How often a client may ask (registry/api/limit.h), by a clock that the test moves. */
#include "limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sodium.h>

static uint64_t now_ms;

static uint64_t test_clock(void)
{
    return now_ms;
}

static unsigned take_all(struct limit *limit, span client)
{
    unsigned taken = 0;
    uint64_t wait_s;
    while (taken < 1000 && limit_take(limit, client, &wait_s))
        taken++;
    return taken;
}

static void gives_a_minutes_worth_at_once(void **state)
{
    (void)state;
    uint64_t wait_s = 99;
    now_ms = 1000000;
    struct limit *limit = limit_open(60, test_clock);
    assert_int_equal(take_all(limit, SPAN("a")), 60);
    assert_false(limit_take(limit, SPAN("a"), &wait_s));
    assert_in_range(wait_s, 1, 2);
    limit_close(&limit);
    assert_null(limit);
}

static void fills_evenly_and_no_higher(void **state)
{
    (void)state;
    uint64_t wait_s;
    now_ms = 1000000;
    struct limit *limit = limit_open(60, test_clock);
    assert_int_equal(take_all(limit, SPAN("a")), 60);
    now_ms += 999;
    assert_false(limit_take(limit, SPAN("a"), &wait_s));
    now_ms += 1;
    assert_true(limit_take(limit, SPAN("a"), &wait_s));
    assert_false(limit_take(limit, SPAN("a"), &wait_s));
    now_ms += 3600 * 1000;
    assert_int_equal(take_all(limit, SPAN("a")), 60);
    now_ms -= 1000; /* a clock that goes back gives nothing */
    assert_false(limit_take(limit, SPAN("a"), &wait_s));
    limit_close(&limit);
}

static void says_how_long_to_wait(void **state)
{
    (void)state;
    uint64_t wait_s;
    now_ms = 1000000;
    struct limit *limit = limit_open(2, test_clock);
    assert_int_equal(take_all(limit, SPAN("a")), 2);
    assert_false(limit_take(limit, SPAN("a"), &wait_s));
    now_ms += wait_s * 1000;
    assert_true(limit_take(limit, SPAN("a"), &wait_s));
    limit_close(&limit);
}

static void tells_clients_apart(void **state)
{
    (void)state;
    unsigned free_ones = 0;
    uint64_t wait_s;
    now_ms = 1000000;
    struct limit *limit = limit_open(1, test_clock);
    assert_true(limit_take(limit, SPAN("a"), &wait_s));
    assert_false(limit_take(limit, SPAN("a"), &wait_s));
    for (uint8_t i = 0; i < 100; i++)
        free_ones += limit_take(limit, span_of(&i, 1), &wait_s);
    assert_in_range(free_ones, 95, 100); /* of 16,384 buckets a few may be shared */
    limit_close(&limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_a_minutes_worth_at_once),
        cmocka_unit_test(fills_evenly_and_no_higher),
        cmocka_unit_test(says_how_long_to_wait),
        cmocka_unit_test(tells_clients_apart),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
