/* Root notes in the registry: K leaves, first officers, and whose jurisdictions are whose when a new version comes. */
#include "deeds_world.h"
#include "trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static uint8_t scratch_memory[1u << 20];

/* As a restart with these notes: the newest is the root in use. */
static csign_code load(struct world *w, const span *notes, size_t count)
{
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    assert_int_equal(root_read(notes[count - 1], &scratch, &w->registry.root, &w->fault), CSIGN_OK);
    return trust_load(&w->registry, notes, count, &w->fault);
}

static void the_first_leaf_names_the_root(void **state)
{
    struct world *w = *state;
    struct leaf leaf = last_leaf(w, LEAF_ROOT);
    assert_int_equal(leaf.root.version, 1);
    assert_memory_equal(leaf.root.hash, w->registry.root.hash, 32);
    assert_int_equal(number(w, "select count(*) from officer where deed is null"), 5);
    assert_int_equal(number(w, "select count(*) from authority_jurisdiction"), 2);
    assert_int_equal(load(w, &w->root_note, 1), CSIGN_OK);
    assert_int_equal(number(w, "select count(*) from log_entry"), 1);
}

static void a_new_version_decides_the_jurisdictions_and_ends_no_officer(void **state)
{
    struct world *w = *state;
    world_institutions(w);
    must_be(w,
            give(w, "us-ks/o1", "officer.end", "us-ks", "\"body\":\"us-ks\",\"officer\":\"o3\",\"reason\":\"administrative\""),
            DEED_EFFECTIVE);
    const span notes[2] = {w->root_note, world_root(w, 2, 3)};
    assert_int_equal(load(w, notes, 2), CSIGN_OK);
    assert_int_equal(last_leaf(w, LEAF_ROOT).root.version, 2);
    assert_int_equal(number(w, "select count(*) from authority_jurisdiction where authority = 'us-mo'"), 0);
    assert_int_equal(number(w, "select count(*) from officer where body = 'us-mo' and ended_ms is null"), 2);
    /* Who was ended is not brought back by the line that brought her. */
    assert_int_equal(number(w, "select count(*) from officer where body = 'us-ks' and ended_ms is null"), 2);
    /* An authority without jurisdictions has no power. */
    assert_int_equal(give(w, MO, "institution.add", "us-mo",
                          "\"id\":\"clinic-8\",\"name\":\"X\",\"jurisdiction\":\"US-MO\",\"identifiers\":[]"),
                     CSIGN_E_FORBIDDEN);
    assert_string_equal(w->fault.field, "at");
}

static void what_does_not_follow_is_refused(void **state)
{
    struct world *w = *state;
    const span other = world_root(w, 1, 4), third = world_root(w, 3, 5);
    const span gap[2] = {w->root_note, third};
    assert_int_equal(load(w, &other, 1), CSIGN_E_CONFLICT);
    assert_int_equal(load(w, &third, 1), CSIGN_E_ROOT_VERSION);
    assert_int_equal(load(w, gap, 2), CSIGN_E_ROOT_VERSION);
    assert_int_equal(trust_load(&w->registry, gap, 0, &w->fault), CSIGN_E_ROOT_MISSING);
    assert_int_equal(number(w, "select count(*) from log_entry"), 1);
    assert_int_equal(number(w, "select count(*) from officer"), 5);
}

static void a_key_of_the_root_has_a_role(void **state)
{
    struct world *w = *state;
    const struct signer *signers[] = {&w->root_keys[0], &w->issuer, &w->statuslog, &w->fresh, &w->policy};
    for (size_t i = 0; i < sizeof signers / sizeof *signers; i++)
        assert_true(trust_has_key(&w->registry.root, &signers[i]->vkey.key));
    struct signer stranger = signer_make("stranger", NOTE_ED25519);
    assert_false(trust_has_key(&w->registry.root, &stranger.vkey.key));
}

/* --- the timer --- */

static void the_timer_applies_what_is_due(void **state)
{
    struct world *w = *state;
    struct deeds_timer *timer = NULL;
    world_institutions(w);
    struct person p = enrol(w, "clinic-1", 1);
    must_be(w,
            give(w, KS, "suspend", "us-ks", "\"licence\":\"%s\",\"effective\":%llu,\"reason\":\"licence_action\"," WHY,
                 p.licence, (unsigned long long)NOW_S + 10),
            DEED_ACCEPTED);
    clock_set(CLOCK_START + 10000);
    assert_int_equal(store_start(w->registry.store), CSIGN_OK);
    assert_int_equal(deeds_timer_start(&w->registry, &timer), CSIGN_OK);
    const time_t deadline = time(NULL) + 30;
    while (number(w, "select count(*) from standing_order") != 1 && time(NULL) < deadline)
        continue;
    assert_int_equal(number(w, "select count(*) from standing_order"), 1);
    deeds_timer_stop(&timer);
    assert_null(timer);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_remove)
    const struct CMUnitTest tests[] = {
        TEST(the_first_leaf_names_the_root),   TEST(a_new_version_decides_the_jurisdictions_and_ends_no_officer),
        TEST(what_does_not_follow_is_refused), TEST(a_key_of_the_root_has_a_role),
        TEST(the_timer_applies_what_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
