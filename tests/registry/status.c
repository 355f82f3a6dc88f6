/* Status indexes: what ends stays ended, and what is given next is asked for anew. */
#include "domain_world.h"
#include "status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../unit/inputs.h"

/* code * 100 + reason of an index: 0 is live. */
static int64_t state_of(struct world *w, uint64_t index)
{
    return world_number(w, "select code * 100 + reason from status_index where idx = %d", (int)index);
}

static uint64_t bound(struct world *w, unsigned person, unsigned number)
{
    struct signer holder = world_holder(number);
    uint64_t index = UINT64_MAX;
    assert_int_equal(world_bind(w, person, number, &holder, &index), CSIGN_OK);
    return index;
}

static void test_reinstating_gives_a_new_index(void **state)
{
    struct world *w = *state;
    world_enrol(w, 1);
    const uint64_t first = bound(w, 1, 1), second = bound(w, 1, 2);
    assert_int_equal(world_order(w, 1, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
    assert_int_equal(state_of(w, first), 202);
    assert_int_equal(state_of(w, second), 202);
    assert_int_equal(world_reinstate(w, 1), CSIGN_OK);
    assert_int_equal(state_of(w, first), 308);
    assert_int_equal(state_of(w, second), 308);
    assert_int_equal(world_number(w, "select count(*) from status_index where code = 0"), 2);
    /* And again: what ended at first is not touched. */
    const int64_t ended = world_number(w, "select ended_ms from status_index where idx = 0");
    clock_set(CLOCK_START + 5000);
    assert_int_equal(world_order(w, 1, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
    assert_int_equal(world_reinstate(w, 1), CSIGN_OK);
    assert_int_equal(world_number(w, "select ended_ms from status_index where idx = 0"), ended);
    assert_int_equal(world_number(w, "select count(*) from status_index where code = 0"), 2);
    assert_int_equal(world_number(w, "select count(*) from status_index"), 6);
    world_follow(w); /* a gate takes every leaf */
    csign_gate_info info;
    csign_gate_describe(w->gate, &info);
    assert_int_equal(info.bindings, 6);
}

static void test_revoking_reaches_what_is_suspended(void **state)
{
    struct world *w = *state;
    world_enrol(w, 1);
    const uint64_t index = bound(w, 1, 1);
    assert_int_equal(world_order(w, 1, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
    assert_int_equal(world_order(w, 1, END_SUSPENDED, REASON_EMERGENCY), CSIGN_OK);
    assert_int_equal(state_of(w, index), 202); /* ended already */
    assert_int_equal(world_order(w, 1, END_REVOKED, REASON_RESCINDED), CSIGN_OK);
    assert_int_equal(state_of(w, index), 106);
    assert_int_equal(world_order(w, 1, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
    assert_int_equal(state_of(w, index), 106); /* revoked is the last word */
    assert_int_equal(world_number(w, "select count(*) from log_entry where substr(leaf, 1, 1) = x'45'"), 2);
    world_follow(w);
}

static void test_other_people_are_not_touched(void **state)
{
    struct world *w = *state;
    world_enrol(w, 1);
    world_enrol(w, 2);
    const uint64_t hers = bound(w, 1, 1), his = bound(w, 2, 2);
    assert_int_equal(world_order(w, 1, END_REVOKED, REASON_LICENCE_ACTION), CSIGN_OK);
    assert_int_equal(state_of(w, hers), 102);
    assert_int_equal(state_of(w, his), 0);
}

/* --- renewing --- */

struct renewal {
    enum status_renewal which;
    uint64_t count;
};

static csign_code renew(struct world *w, struct session *session, void *what)
{
    struct renewal *renewal = what;
    const struct status_subject subject = {.scope = STATUS_OF_LICENCE, .id = span_text(world_id('l', 1))};
    return status_renew(&w->registry, session, &subject, renewal->which, REASON_CONDITIONS_CHANGED, NULL, &renewal->count, NULL);
}

static void test_renewing_supersedes_in_the_same_commit(void **state)
{
    struct world *w = *state;
    struct renewal renewal = {STATUS_RENEW_LIVE, 0};
    world_enrol(w, 1);
    const uint64_t index = bound(w, 1, 1);
    const int64_t commits = world_number(w, "select count(*) from log_commit");
    assert_int_equal(world_do(w, renew, &renewal), CSIGN_OK);
    assert_int_equal(renewal.count, 1);
    assert_int_equal(state_of(w, index), 307);
    assert_int_equal(state_of(w, index + 1), 0);
    assert_int_equal(world_number(w, "select count(*) from log_commit"), commits + 1);
}

/* What has ended gets nothing new; and where conditions changed, what was live does not stay as it was. */
static void test_renewing_passes_over_what_ended(void **state)
{
    static const char *const endings[][2] = {
        {"update binding set ended_ms = 1", "update binding set ended_ms = null"},
        {"update affiliation set ended_ms = 1", "update affiliation set ended_ms = null"},
        {"update licence set ended_ms = 1", "update licence set ended_ms = null"},
        {"update institution set ended_ms = 1", "update institution set ended_ms = null"},
        {"update practitioner set deceased_ms = 1", "update practitioner set deceased_ms = null"},
        {"insert into standing_order select x'01', id, null, 2, 2, 0, 0, 1, null from licence", "delete from standing_order"},
    };
    struct world *w = *state;
    world_enrol(w, 1);
    const uint64_t index = bound(w, 1, 1);
    assert_int_equal(world_order(w, 1, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
    assert_int_equal(world_lift(w), CSIGN_OK);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct renewal renewal = {STATUS_RENEW_ALL, 9};
        world_sql(w, "%s", endings[i][0]);
        assert_int_equal(world_do(w, renew, &renewal), CSIGN_OK);
        if (renewal.count != 0)
            fail_msg("%s", endings[i][0]);
        assert_int_equal(state_of(w, index), 202);
        world_sql(w, "%s", endings[i][1]);
    }
    struct renewal renewal = {STATUS_RENEW_ALL, 0};
    assert_int_equal(world_do(w, renew, &renewal), CSIGN_OK);
    assert_int_equal(renewal.count, 1);
    renewal = (struct renewal){STATUS_RENEW_LIVE, 9};
    world_sql(w, "update affiliation set ended_ms = 1");
    assert_int_equal(world_do(w, renew, &renewal), CSIGN_OK);
    assert_int_equal(renewal.count, 0);
    assert_int_equal(state_of(w, index + 1), 307);
    assert_int_equal(world_number(w, "select count(*) from status_index where code = 0"), 0);
    world_follow(w);
}

/* --- what is no ending --- */

static csign_code end_ahead(struct world *w, struct session *session, void *what)
{
    const struct status_subject subject = {.scope = STATUS_OF_BINDING, .binding = 1};
    const struct status_ending ending = {END_REVOKED, REASON_KEY, session_time_ms(session) + 1, NULL};
    (void)what;
    return status_end(&w->registry, session, &subject, &ending, NULL);
}

static void test_ending_that_lies_ahead_fail(void **state)
{
    struct world *w = *state;
    world_enrol(w, 1);
    const uint64_t index = bound(w, 1, 1);
    assert_int_equal(world_do(w, end_ahead, NULL), CSIGN_E_LEAF_MALFORMED);
    assert_int_equal(state_of(w, index), 0);
}

struct asked {
    const char *licence, *practitioner;
    csign_fault fault;
};

static csign_code ask_orders(struct world *w, struct session *session, void *what)
{
    struct asked *asked = what;
    (void)w;
    return status_check_orders(session, asked->licence ? span_text(asked->licence) : span_of(NULL, 0),
                               asked->practitioner ? span_text(asked->practitioner) : span_of(NULL, 0), &asked->fault);
}

static void test_orders_that_stand_are_named(void **state)
{
    static const struct {
        const char *row, *field, *reason;
    } cases[] = {
        {"null, 2, 2, 1, 0, 1, null", "licence", "suspended, interim"},
        {"null, 2, 2, 0, 0, 1, null", "licence", "suspended"},
        {"null, 1, 2, 0, 0, 1, null", "licence", "revoked"},
        {"null, 1, 6, 0, 0, 1, null", "licence", "rescinded"},
    };
    struct world *w = *state;
    struct asked asked = {.licence = world_id('l', 1)};
    world_enrol(w, 1);
    assert_int_equal(world_do(w, ask_orders, &asked), CSIGN_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world_sql(w, "insert into standing_order values (x'01', '%s', %s)", world_id('l', 1), cases[i].row);
        assert_refused(world_do(w, ask_orders, &asked), &asked.fault, CSIGN_E_STANDING_ORDER, cases[i].field, cases[i].row);
        assert_string_equal(asked.fault.reason, cases[i].reason);
        world_sql(w, "delete from standing_order");
    }
    /* The clock went back since it took effect: it stands. */
    world_sql(w, "insert into standing_order values (x'05', '%s', null, 2, 2, 0, 0, %lld, null)", world_id('l', 1), (long long)CLOCK_START + 1);
    assert_refused(world_do(w, ask_orders, &asked), &asked.fault, CSIGN_E_STANDING_ORDER, "licence", "suspended");
    world_sql(w, "delete from standing_order");
    /* No longer. */
    world_sql(w, "insert into standing_order values (x'06', '%s', null, 2, 2, 0, 0, 1, 2)", world_id('l', 1));
    assert_int_equal(world_do(w, ask_orders, &asked), CSIGN_OK);
    world_sql(w, "insert into standing_order values (x'07', null, '%s', 1, 5, 0, 0, 1, null)", world_id('p', 1));
    assert_int_equal(world_do(w, ask_orders, &asked), CSIGN_OK); /* nobody asked for the person */
    asked.practitioner = world_id('p', 1);
    assert_refused(world_do(w, ask_orders, &asked), &asked.fault, CSIGN_E_STANDING_ORDER, "practitioner", "deceased");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reinstating_gives_a_new_index),
        TEST(test_revoking_reaches_what_is_suspended),
        TEST(test_other_people_are_not_touched),
        TEST(test_renewing_supersedes_in_the_same_commit),
        TEST(test_renewing_passes_over_what_ended),
        TEST(test_ending_that_lies_ahead_fail),
        TEST(test_orders_that_stand_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
