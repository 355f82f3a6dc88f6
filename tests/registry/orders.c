/* Orders by what they end and give back, when they take effect, and what becomes of those that nobody confirms. */
#include "deeds_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sqlite3.h>

static int begin(void **state)
{
    if (world_make(state) != 0)
        return -1;
    world_institutions(*state);
    return 0;
}

static void a_suspension_ends_what_is_live_and_reinstating_gives_the_next(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    uint64_t first = bind(w, &p, 1);
    (void)activate(w, &p);
    must_be(w, give_order(w, "suspend", &p, ACTION), DEED_EFFECTIVE);
    assert_non_null(strstr(w->view, "\"indexes\":[0]"));
    struct leaf leaf = last_leaf(w, LEAF_END);
    assert_int_equal(leaf.end.index, first);
    assert_int_equal(leaf.end.code, END_SUSPENDED);
    assert_int_equal(leaf.end.reason, REASON_LICENCE_ACTION);
    assert_memory_equal(leaf.end.deed, w->hash, 16);
    assert_int_equal(index_code(w, first), END_SUSPENDED);
    /* The code that was open is void. */
    assert_int_equal(number(w, "select count(*) from activation where state = 1"), 0);
    must_be(w, give_order(w, "reinstate", &p, "\"reason\":\"reinstated\","), DEED_EFFECTIVE);
    assert_int_equal(live_index(w, &p), 1);
    assert_int_equal(index_code(w, first), END_SUPERSEDED);
    assert_int_equal(last_leaf(w, LEAF_END).end.reason, REASON_REINSTATED);
}

static void revoking_what_is_suspended_says_so_again(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    uint64_t index = bind(w, &p, 1);
    must_be(w,
            give(w, "us-ks/o1", "suspend.interim", "us-ks",
                 "\"licence\":\"%s\",\"effective\":%llu,\"reason\":\"emergency\",\"confirm_by\":%llu," WHY, p.licence,
                 (unsigned long long)NOW_S, (unsigned long long)NOW_S + 100),
            DEED_EFFECTIVE);
    assert_int_equal(index_code(w, index), END_SUSPENDED);
    must_be(w, give_order(w, "revoke", &p, ACTION), DEED_EFFECTIVE);
    assert_int_equal(index_code(w, index), END_REVOKED);
    assert_int_equal(last_leaf(w, LEAF_END).end.code, END_REVOKED);
    assert_int_equal(number(w, "select count(*) from standing_order where interim = 0 and lifted_ms is null"), 2);
    /* Revoked is an end: only voiding the order undoes it. */
    assert_int_equal(give_order(w, "reinstate", &p, "\"reason\":\"reinstated\","), CSIGN_E_CONFLICT);
}

static void an_order_voids_grants_that_wait(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    must_be(w,
            give(w, "clinic-1/h1", "activate", "clinic-1",
                 "\"practitioner\":\"%s\",\"licence\":\"%s\",\"affiliation\":\"%s\",\"code\":\"%s\"", p.practitioner, p.licence,
                 p.affiliation, b64(span_of(w->hash, 32))),
            DEED_WAITING);
    char waiting[sizeof w->text];
    memcpy(waiting, w->text, sizeof waiting);
    must_be(w, give_order(w, "suspend", &p, ACTION), DEED_EFFECTIVE);
    memcpy(w->text, waiting, sizeof waiting);
    assert_int_equal(sign(w, "clinic-1/h2"), CSIGN_E_DEED_REPLAYED);
    assert_string_equal(w->fault.reason, "voided by an order or a deed");
    assert_int_equal(number(w, "select count(*) from deed where state = 5"), 1);
}

static void a_condition_gives_a_new_index(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    (void)bind(w, &p, 1);
    must_be(w,
            give(w, KS, "condition", "us-ks",
                 "\"licence\":\"%s\",\"effective\":%llu,\"conditions\":[{\"code\":\"supervised\","
                 "\"acts_denied\":[\"prescription_new\"],\"needs_cosign\":true}]," WHY,
                 p.licence, (unsigned long long)NOW_S),
            DEED_EFFECTIVE);
    assert_int_equal(live_index(w, &p), 1);
    assert_int_equal(last_leaf(w, LEAF_END).end.reason, REASON_CONDITIONS_CHANGED);
    assert_int_equal(number(w, "select count(*) from licence where conditions like '%%prescription_new%%'"), 1);
}

static void an_order_for_later_waits_for_its_time(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    uint64_t index = bind(w, &p, 1);
    must_be(w,
            give(w, KS, "suspend", "us-ks", "\"licence\":\"%s\",\"effective\":%llu," ACTION WHY, p.licence,
                 (unsigned long long)NOW_S + 50),
            DEED_ACCEPTED);
    assert_non_null(strstr(w->view, "\"state\":\"accepted\""));
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(index_code(w, index), 0);
    clock_set(CLOCK_START + 49999);
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(index_code(w, index), 0);
    clock_set(CLOCK_START + 52500);
    struct session *reader = store_reader(w->registry.store);
    assert_true(deeds_overdue(NULL, reader, clock_ms()));
    assert_false(deeds_overdue(NULL, reader, clock_ms() - 600));
    store_reader_end(w->registry.store, reader);
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(index_code(w, index), END_SUSPENDED);
    assert_int_equal(last_leaf(w, LEAF_END).end.effective_ms, CLOCK_START + 50000);
    reader = store_reader(w->registry.store);
    assert_false(deeds_overdue(NULL, reader, clock_ms()));
    store_reader_end(w->registry.store, reader);
}

/* What is given back later is the order that stood when that was decided, not one that came since. */
static void a_later_order_outlives_a_reinstatement_that_waits(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    (void)bind(w, &p, 1);
    must_be(w, give_order(w, "suspend", &p, ACTION), DEED_EFFECTIVE);
    must_be(w,
            give(w, KS, "reinstate", "us-ks", "\"licence\":\"%s\",\"effective\":%llu,\"reason\":\"reinstated\"," WHY, p.licence,
                 (unsigned long long)NOW_S + 50),
            DEED_ACCEPTED);
    must_be(w, give_order(w, "suspend", &p, ACTION), DEED_EFFECTIVE);
    clock_set(CLOCK_START + 60000);
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(live_index(w, &p), -1);
    assert_int_equal(number(w, "select count(*) from standing_order where lifted_ms is null"), 2);
}

/* Both were planned together: the suspension's time coming does not undo its planned end. */
static void a_reinstatement_is_planned_behind_its_order(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    (void)bind(w, &p, 1);
    must_be(w,
            give(w, KS, "suspend", "us-ks", "\"licence\":\"%s\",\"effective\":%llu," ACTION WHY, p.licence,
                 (unsigned long long)NOW_S + 20),
            DEED_ACCEPTED);
    must_be(w,
            give(w, KS, "reinstate", "us-ks", "\"licence\":\"%s\",\"effective\":%llu,\"reason\":\"reinstated\"," WHY, p.licence,
                 (unsigned long long)NOW_S + 50),
            DEED_ACCEPTED);
    clock_set(CLOCK_START + 30000);
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(live_index(w, &p), -1);
    clock_set(CLOCK_START + 60000);
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(live_index(w, &p), 1);
}

static void an_order_outlives_the_reach_of_its_authority(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    (void)bind(w, &p, 1);
    must_be(w,
            give(w, KS, "suspend", "us-ks", "\"licence\":\"%s\",\"effective\":%llu," ACTION WHY, p.licence,
                 (unsigned long long)NOW_S + 50),
            DEED_ACCEPTED);
    sqlite3 *db = NULL; /* as the next root may */
    assert_int_equal(sqlite3_open(w->store_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "update authority_jurisdiction set jurisdiction = 'US-AK' where authority = 'us-ks'", NULL, NULL, NULL),
                     SQLITE_OK);
    (void)sqlite3_close(db);
    clock_set(CLOCK_START + 60000);
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(live_index(w, &p), -1);
    assert_int_equal(number(w, "select count(*) from alert"), 0);
}

static void what_cannot_take_effect_any_more_is_struck_out_and_told(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    must_be(w, give_order(w, "suspend", &p, ACTION), DEED_EFFECTIVE);
    must_be(w,
            give(w, KS, "reinstate", "us-ks", "\"licence\":\"%s\",\"effective\":%llu,\"reason\":\"reinstated\"," WHY, p.licence,
                 (unsigned long long)NOW_S + 50),
            DEED_ACCEPTED);
    must_be(w, give_order(w, "reinstate", &p, "\"reason\":\"reinstated\","), DEED_EFFECTIVE);
    clock_set(CLOCK_START + 60000);
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(number(w, "select count(*) from alert where kind = 'deed-refused' and detail like '%%conflict%%'"), 1);
    assert_int_equal(number(w, "select count(*) from deed where state = 5"), 1);
}

static void an_interim_suspension_nobody_confirms_is_escalated_and_stands(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    must_be(w,
            give(w, "us-ks/o1", "suspend.interim", "us-ks",
                 "\"licence\":\"%s\",\"effective\":%llu,\"reason\":\"emergency\",\"confirm_by\":%llu," WHY, p.licence,
                 (unsigned long long)NOW_S, (unsigned long long)NOW_S + 100),
            DEED_EFFECTIVE);
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(number(w, "select count(*) from alert"), 0);
    clock_set(CLOCK_START + 100000);
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(deeds_apply_due(&w->registry), CSIGN_OK);
    assert_int_equal(number(w, "select count(*) from alert where kind = 'interim-unconfirmed' and authority = 'us-ks'"), 1);
    assert_int_equal(number(w, "select count(*) from standing_order where lifted_ms is null"), 1);
}

static void the_dead_sign_nothing(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    uint64_t index = bind(w, &p, 1);
    must_be(w,
            give(w, "clinic-1/h1", "deceased", "clinic-1", "\"practitioner\":\"%s\",\"effective\":%llu", p.practitioner,
                 (unsigned long long)NOW_S - 5),
            DEED_EFFECTIVE);
    assert_int_equal(index_code(w, index), END_REVOKED);
    assert_int_equal(last_leaf(w, LEAF_END).end.reason, REASON_DECEASED);
    assert_int_equal(give(w, C1, "activate", "clinic-1",
                          "\"practitioner\":\"%s\",\"licence\":\"%s\",\"affiliation\":\"%s\",\"code\":\"%s\"", p.practitioner,
                          p.licence, p.affiliation, b64(span_of(w->hash, 32))),
                     CSIGN_E_STANDING_ORDER);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, world_remove)
    const struct CMUnitTest tests[] = {
        TEST(a_suspension_ends_what_is_live_and_reinstating_gives_the_next),
        TEST(revoking_what_is_suspended_says_so_again),
        TEST(an_order_voids_grants_that_wait),
        TEST(a_condition_gives_a_new_index),
        TEST(an_order_for_later_waits_for_its_time),
        TEST(a_later_order_outlives_a_reinstatement_that_waits),
        TEST(a_reinstatement_is_planned_behind_its_order),
        TEST(an_order_outlives_the_reach_of_its_authority),
        TEST(what_cannot_take_effect_any_more_is_struck_out_and_told),
        TEST(an_interim_suspension_nobody_confirms_is_escalated_and_stands),
        TEST(the_dead_sign_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
