/*
 * A state of the gate that cannot be allocated is an error and leaves nothing behind; a decision, and all that
 * is done with it, allocates nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "counting.h"
#include "leaf.h"
#include "registry.h"

#include <stdlib.h>

static struct registry registry;

static int make_registry(void **state)
{
    (void)state;
    registry_open(&registry, 3, 10);
    registry_sign(&registry, SPAN("No acute finding.\n"));
    return 0;
}

static int drop_registry(void **state)
{
    (void)state;
    registry_close(&registry);
    return 0;
}

/* Replaces a state by the next one, as a caller does. */
static csign_code go_on(csign_code code, csign_gate **gate, csign_gate **next)
{
    if (code == CSIGN_OK) {
        csign_gate_free(gate);
        *gate = *next;
    }
    return code;
}

/* Opens a gate and brings it to where it can allow. */
static csign_code build(csign_gate **ret_gate, csign_fault *fault)
{
    const csign_gate_options options = {.struct_size = sizeof options,
                                        .deployment = SPAN(REGISTRY_DEPLOYMENT),
                                        .root = registry.root_note,
                                        .accept_test = 1,
                                        .offline = 1};
    csign_gate *gate = NULL, *next = NULL;
    csign_code code = csign_gate_open(&options, &gate, fault);
    if (code == CSIGN_OK)
        code = go_on(csign_gate_apply_leaves(gate, registry.leaves.data, registry.leaves.size / LEAF_SIZE,
                                             registry.checkpoint, &next, fault),
                     &gate, &next);
    if (code == CSIGN_OK)
        code = go_on(csign_gate_apply_policy(gate, registry.policy_note, &next, fault), &gate, &next);
    if (code == CSIGN_OK)
        code = go_on(csign_gate_apply_checkpoint(gate, registry.checkpoint, &next, fault), &gate, &next);
    if (code != CSIGN_OK)
        csign_gate_free(&gate);
    *ret_gate = gate;
    return code;
}

static csign_cache *make_cache(size_t credentials)
{
    size_t size = csign_cache_size(credentials);
    csign_cache *cache;
    assert_int_equal(csign_cache_init(counting_spare(size), size, &cache), CSIGN_OK);
    return cache;
}

static csign_verdict decide(const csign_gate *gate, csign_cache *cache, csign_decision *ret)
{
    return csign_decide(gate, cache, &registry.release, REGISTRY_NOW, ret);
}

static size_t fail_each(bool and_after)
{
    size_t live = counting_live(), n;
    for (n = 1; n < 10000; n++) {
        csign_fault fault = {CSIGN_OK, NULL, NULL, 0};
        csign_gate *gate;
        counting_fail_at(n, and_after);
        csign_code code = build(&gate, &fault);
        bool failed = counting_failed();
        counting_fail_at(0, false);
        if (!failed) {
            assert_int_equal(code, CSIGN_OK);
            csign_gate_free(&gate);
            break;
        }
        assert_int_equal(code, CSIGN_E_NO_SPACE);
        assert_int_equal(fault.code, CSIGN_E_NO_SPACE);
        assert_null(gate);
        assert_int_equal(counting_live(), live);
    }
    assert_int_equal(counting_live(), live);
    return n - 1;
}

static void a_state_without_memory_leaves_nothing(void **state)
{
    (void)state;
    assert_true(fail_each(false) >= 5);
    assert_true(fail_each(true) >= 5);
}

static void the_old_state_still_decides(void **state)
{
    csign_cache *cache = make_cache(4);
    csign_decision decision;
    csign_gate *next = NULL;
    (void)state;
    counting_fail_at(1, true);
    csign_code code = csign_gate_apply_checkpoint(registry.gate, registry.checkpoint, &next, NULL);
    counting_fail_at(0, false);
    assert_int_equal(code, CSIGN_E_NO_SPACE);
    assert_null(next);
    assert_int_equal(decide(registry.gate, cache, &decision), CSIGN_ALLOW);
    free(cache);
}

static void a_decision_allocates_nothing(void **state)
{
    static char text[CSIGN_DECISION_TEXT_MAX];
    csign_cache *cache = make_cache(4);
    csign_decision decision;
    size_t size, before = counting_allocations();
    (void)state;
    assert_int_equal(decide(registry.gate, cache, &decision), CSIGN_ALLOW); /* cold */
    assert_int_equal(decide(registry.gate, cache, &decision), CSIGN_ALLOW); /* the credential is known */
    assert_int_equal(csign_decision_json(&decision, text, sizeof text, &size), CSIGN_OK);
    assert_int_equal(csign_decision_text(&decision, text, sizeof text, &size), CSIGN_OK);
    registry.release.audience = SPAN("another");
    assert_int_equal(decide(registry.gate, cache, &decision), CSIGN_REFUSE);
    registry.release.audience = SPAN(REGISTRY_DEPLOYMENT);
    assert_int_equal(counting_allocations(), before);
    free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_without_memory_leaves_nothing),
        cmocka_unit_test(the_old_state_still_decides),
        cmocka_unit_test(a_decision_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, make_registry, drop_registry);
}
