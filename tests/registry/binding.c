/* Binding a key by a one-time code, ending it, and the status that follows. */
#include "domain_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../unit/inputs.h"

static csign_code try_code(struct world *w, const struct signer *key, const char *code, struct binding_make *make)
{
    csign_code prepared = binding_make_prepare(make, &w->registry, world_proof(w, key, PROOF_BINDING, code, 0), clock_ms());
    if (prepared != CSIGN_OK)
        return prepared;
    csign_code run = store_perform(w->registry.store, &make->operation);
    return run == CSIGN_OK ? make->refusal : run;
}

#define ASSERT_CODE(w, key, code, expected, field)                                                                              \
    do {                                                                                                                       \
        const char *code_ = (code);                                                                                            \
        struct binding_make make_ = {0};                                                                                        \
        csign_code got_ = try_code((w), (key), code_, &make_);                                                                  \
        assert_refused(got_, &make_.fault, (expected), (field), code_);                                                         \
    } while (0)

static int64_t indexes(struct world *w)
{
    return world_number(w, "select count(*) from status_index");
}

static void test_key_is_bound_once_with_a_live_index(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1);
    struct binding_make make = {0};
    world_enrol(w, 1);
    assert_int_equal(try_code(w, &holder, world_activate(w, 1, 1), &make), CSIGN_OK);
    assert_string_equal(make.practitioner, world_id('p', 1));
    assert_int_equal(make.index, 0);
    assert_int_equal(world_number(w, "select idx from status_index where code = 0"), 0);
    assert_int_equal(world_number(w, "select state from activation"), 2);
    world_follow(w);
    csign_gate_info info;
    csign_gate_describe(w->gate, &info);
    assert_int_equal(info.bindings, 1);
}

static void test_code_is_used_once_fail(void **state)
{
    struct world *w = *state;
    struct signer first = world_holder(1), second = world_holder(2);
    world_enrol(w, 1);
    const char *code = world_activate(w, 1, 1);
    ASSERT_CODE(w, &first, code, CSIGN_OK, "");
    ASSERT_CODE(w, &second, code, CSIGN_E_CODE_WRONG, "code");
    assert_int_equal(indexes(w), 1);
}

static void test_code_without_handle_or_of_nobody_fail(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1);
    ASSERT_CODE(w, &holder, "short", CSIGN_E_CODE_WRONG, "code");
    ASSERT_CODE(w, &holder, "000000000000-", CSIGN_E_CODE_WRONG, "code");
    ASSERT_CODE(w, &holder, "000000000000-secret", CSIGN_E_CODE_WRONG, "code");
}

/* What was wrong is remembered though nothing else has changed: the fifth locks, and then the right one does not open. */
static void test_wrong_codes_lock_fail(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1);
    char right[64], wrong[64];
    world_enrol(w, 1);
    snprintf(right, sizeof right, "%s", world_activate(w, 1, 1));
    snprintf(wrong, sizeof wrong, "%.13swrong", right);
    for (int i = 1; i < 5; i++) {
        ASSERT_CODE(w, &holder, wrong, CSIGN_E_CODE_WRONG, "code");
        assert_int_equal(world_number(w, "select failures from activation"), i);
    }
    ASSERT_CODE(w, &holder, wrong, CSIGN_E_CODE_LOCKED, "code");
    ASSERT_CODE(w, &holder, right, CSIGN_E_CODE_LOCKED, "code");
    assert_int_equal(world_number(w, "select failures from activation"), 5);
    assert_int_equal(indexes(w), 0);
}

static void test_expired_and_voided_codes_fail(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1);
    world_enrol(w, 1);
    const char *code = world_activate(w, 1, 1);
    clock_set(CLOCK_START + 3601000);
    ASSERT_CODE(w, &holder, code, CSIGN_E_CODE_EXPIRED, "code");
    code = world_activate(w, 1, 2);
    world_sql(w, "update activation set state = 3");
    ASSERT_CODE(w, &holder, code, CSIGN_E_CODE_WRONG, "code");
}

static void test_key_with_a_role_fail(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1);
    uint64_t index;
    world_enrol(w, 1);
    world_enrol(w, 2);
    assert_int_equal(world_bind(w, 1, 1, &holder, &index), CSIGN_OK);
    ASSERT_CODE(w, &holder, world_activate(w, 2, 2), CSIGN_E_KEY_ALREADY_BOUND, "jwk");
    ASSERT_CODE(w, &w->officer, world_activate(w, 2, 3), CSIGN_E_KEY_ALREADY_BOUND, "jwk");
    ASSERT_CODE(w, &w->app, world_activate(w, 2, 4), CSIGN_E_KEY_ALREADY_BOUND, "jwk");
    ASSERT_CODE(w, &w->issuer, world_activate(w, 2, 5), CSIGN_E_KEY_ALREADY_BOUND, "jwk");
    assert_int_equal(world_number(w, "select count(*) from activation where state = 1"), 4);
}

static void test_ended_parts_fail(void **state)
{
    static const struct {
        const char *sql, *undo, *field;
        csign_code code;
    } cases[] = {
        {"update affiliation set ended_ms = 1", "update affiliation set ended_ms = null", "affiliation", CSIGN_E_CONFLICT},
        {"update affiliation set to_s = 1795338870", "update affiliation set to_s = 0", "affiliation", CSIGN_E_CONFLICT},
        {"update licence set ended_ms = 1", "update licence set ended_ms = null", "licence", CSIGN_E_CONFLICT},
        {"update institution set ended_ms = 1", "update institution set ended_ms = null", "institution", CSIGN_E_CONFLICT},
        {"update practitioner set deceased_ms = 1", "update practitioner set deceased_ms = null", "practitioner", CSIGN_E_STANDING_ORDER},
        {"insert into standing_order select x'01', id, null, 2, 2, 0, 0, 1, null from licence", "delete from standing_order", "licence",
         CSIGN_E_STANDING_ORDER},
        {"insert into standing_order select x'01', null, id, 1, 5, 0, 0, 1, null from practitioner", "delete from standing_order",
         "practitioner", CSIGN_E_STANDING_ORDER},
        {"insert into cut values (1, 5, x'', 9000000000000, x'00')", "delete from cut", "institution", CSIGN_E_STANDING_ORDER},
    };
    struct world *w = *state;
    struct signer holder = world_holder(1);
    world_enrol(w, 1);
    const char *code = world_activate(w, 1, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world_sql(w, "%s", cases[i].sql);
        ASSERT_CODE(w, &holder, code, cases[i].code, cases[i].field);
        world_sql(w, "%s", cases[i].undo);
    }
    assert_int_equal(world_number(w, "select count(*) from binding"), 0);
    ASSERT_CODE(w, &holder, code, CSIGN_OK, "");
}

static void test_proof_for_another_use_or_registry_fail(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1);
    struct binding_make make = {0};
    span proof = world_proof(w, &holder, PROOF_END, NULL, 0);
    assert_refused(binding_make_prepare(&make, &w->registry, proof, clock_ms()), &make.fault, CSIGN_E_POSSESSION_BAD, "use", "use");
    w->registry.iss = SPAN("https://other.test");
    proof = world_proof(w, &holder, PROOF_BINDING, "000000000000-1", 0);
    assert_refused(binding_make_prepare(&make, &w->registry, proof, clock_ms()), &make.fault, CSIGN_E_POSSESSION_BAD, "aud", "aud");
    w->registry.iss = SPAN(WORLD_ISS);
    assert_int_equal(binding_make_prepare(&make, &w->registry, proof, clock_ms()), CSIGN_OK);
    assert_refused(binding_make_prepare(&make, &w->registry, proof, clock_ms()), &make.fault, CSIGN_E_NONCE_UNKNOWN, "nonce", "used");
}

static void test_holder_ends_her_key(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1), stranger = world_holder(2);
    struct binding_end end = {0};
    uint64_t index;
    world_enrol(w, 1);
    assert_int_equal(world_bind(w, 1, 1, &holder, &index), CSIGN_OK);
    assert_int_equal(binding_end_prepare(&end, &w->registry, world_proof(w, &holder, PROOF_END, NULL, 0), clock_ms()), CSIGN_OK);
    assert_int_equal(store_perform(w->registry.store, &end.operation), CSIGN_OK);
    assert_true(end.has_index);
    assert_int_equal(end.index, index);
    assert_int_equal(world_number(w, "select code * 100 + reason from status_index"), 101);
    assert_int_equal(world_number(w, "select count(*) from binding where ended_ms is not null"), 1);
    /* Again: it is ended already, and nothing more is said. */
    assert_int_equal(binding_end_prepare(&end, &w->registry, world_proof(w, &holder, PROOF_END, NULL, 0), clock_ms()), CSIGN_OK);
    assert_int_equal(store_perform(w->registry.store, &end.operation), CSIGN_OK);
    assert_false(end.has_index);
    assert_int_equal(binding_end_prepare(&end, &w->registry, world_proof(w, &stranger, PROOF_END, NULL, 0), clock_ms()), CSIGN_OK);
    assert_int_equal(store_perform(w->registry.store, &end.operation), CSIGN_E_NOT_FOUND);
    /* And the key is never bound again. */
    ASSERT_CODE(w, &holder, world_activate(w, 1, 2), CSIGN_E_KEY_ALREADY_BOUND, "jwk");
    world_follow(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_key_is_bound_once_with_a_live_index),
        TEST(test_code_is_used_once_fail),
        TEST(test_code_without_handle_or_of_nobody_fail),
        TEST(test_wrong_codes_lock_fail),
        TEST(test_expired_and_voided_codes_fail),
        TEST(test_key_with_a_role_fail),
        TEST(test_ended_parts_fail),
        TEST(test_proof_for_another_use_or_registry_fail),
        TEST(test_holder_ends_her_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
