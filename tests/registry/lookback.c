/* Look-back over what receipts say. */
#include "domain_world.h"
#include "lookback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "../unit/inputs.h"
#include "batches.h"

struct found {
    size_t count;
    uint64_t seqs[16];
    uint8_t outcomes[16];
    bool more;
    char place[LOOKBACK_PLACE_MAX];
};

static csign_code look_back(struct world *w, const struct lookback_ask *ask, struct found *ret, csign_fault *fault)
{
    static struct lookback lookback;
    struct lookback_release release;
    struct session *session = store_reader(w->registry.store);
    *ret = (struct found){0};
    csign_code code = lookback_open(&lookback, session, ask, fault);
    if (code == CSIGN_OK) {
        while (lookback_next(&lookback, &release)) {
            assert_true(span_equal(release.act, SPAN("imaging_report")));
            assert_true(span_equal(release.deployment, SPAN(WORLD_DEPLOYMENT)));
            ret->outcomes[ret->count] = release.outcome;
            ret->seqs[ret->count++] = release.seq;
        }
        code = lookback_close(&lookback);
        ret->more = lookback.more;
        memcpy(ret->place, lookback.place, sizeof ret->place);
    }
    store_reader_end(w->registry.store, session);
    return code;
}

/* DOMAIN 8, scenarios 10 to 12: what rests on her is listed, from the time on that the order names; of a rescinded licence all. */
static void test_what_rests_on_a_licence_is_listed(void **state)
{
    struct world *w = *state;
    struct signer hers[2] = {world_holder(1), world_holder(2)}, his = world_holder(3);
    struct batch *b = batch_open(1, NULL);
    struct answer answer;
    struct found found;
    csign_fault fault = {0};
    uint64_t index[3];
    world_enrol(w, 1);
    world_enrol(w, 2);
    assert_int_equal(world_bind(w, 1, 1, &hers[0], &index[0]), CSIGN_OK);
    assert_int_equal(world_bind(w, 1, 2, &hers[1], &index[1]), CSIGN_OK);
    assert_int_equal(world_bind(w, 2, 3, &his, &index[2]), CSIGN_OK);
    put_permit(b, 1, index[0]);
    put_permit(b, 2, index[2]);
    put_outcome(b, 1, OUTCOME_UNKNOWN);
    put_outcome(b, 1, OUTCOME_RELEASED); /* the newest word counts */
    clock_set(CLOCK_START + 60000);
    put_permit(b, 3, index[1]);
    put_permit(b, 4, index[0]);
    put_outcome(b, 4, OUTCOME_FAILED);
    /* Hers too, under a licence of another authority. */
    world_sql(w, "insert into licence select '%s', practitioner, profession, level, '[\"CN-11\"]', 'CN-1', specialty, privileges, conditions, "
                 "0, 0, 1, 0, null, x'00' from licence where id = '%s'", world_id('l', 50), world_id('l', 1));
    world_sql(w, "insert into binding select 50, practitioner, '%s', affiliation, x'50', x'50', 1, 1, 0, 1, 1, null from binding where id = 1",
              world_id('l', 50));
    world_sql(w, "insert into status_index values (50, 50, 0, 0, null, null, 0, 0)");
    put_permit(b, 5, 50);
    assert_int_equal(send(w, b, &answer), CSIGN_OK);
    assert_int_equal(world_order(w, 1, END_REVOKED, REASON_RESCINDED), CSIGN_OK);

    struct lookback_ask ask = {.authority = SPAN("us-ks"), .licence = span_text(world_id('l', 1)), .limit = 10};
    assert_int_equal(look_back(w, &ask, &found, &fault), CSIGN_OK);
    assert_int_equal(found.count, 3);
    assert_int_equal(found.seqs[0], 1);
    assert_int_equal(found.outcomes[0], OUTCOME_RELEASED);
    assert_int_equal(found.seqs[1], 6);
    assert_int_equal(found.outcomes[1], OUTCOME_FAILED);
    assert_int_equal(found.seqs[2], 5);
    assert_int_equal(found.outcomes[2], 0);
    assert_false(found.more);

    ask.since_s = CLOCK_START / 1000 + 60;
    assert_int_equal(look_back(w, &ask, &found, &fault), CSIGN_OK);
    assert_int_equal(found.count, 2);

    /* By the person. */
    ask = (struct lookback_ask){.authority = SPAN("us-ks"), .practitioner = span_text(world_id('p', 1)), .limit = 10};
    assert_int_equal(look_back(w, &ask, &found, &fault), CSIGN_OK);
    assert_int_equal(found.count, 3);

    /* And in pages of one. */
    ask = (struct lookback_ask){.authority = SPAN("us-ks"), .practitioner = span_text(world_id('p', 1)), .limit = 1};
    char place[LOOKBACK_PLACE_MAX];
    uint64_t seqs[3] = {0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(look_back(w, &ask, &found, &fault), CSIGN_OK);
        assert_int_equal(found.count, 1);
        assert_true(found.more);
        seqs[i] = found.seqs[0];
        memcpy(place, found.place, sizeof place);
        ask.after = span_text(place);
    }
    assert_int_equal(seqs[0], 1);
    assert_int_equal(seqs[1], 6);
    assert_int_equal(seqs[2], 5);

    world_sql(w, "insert or ignore into authority_jurisdiction values ('cn-11', 'CN-11')");
    const struct {
        struct lookback_ask ask;
        csign_code code;
        const char *field;
    } cases[] = {
        {{.authority = SPAN("cn-11"), .licence = span_text(world_id('l', 1)), .limit = 10}, CSIGN_E_NOT_FOUND, "licence"},
        {{.authority = SPAN("us-ks"), .licence = span_text(world_id('l', 9)), .limit = 10}, CSIGN_E_NOT_FOUND, "licence"},
        {{.authority = SPAN("us-ks"), .practitioner = span_text(world_id('p', 9)), .limit = 10}, CSIGN_E_NOT_FOUND, "practitioner"},
        {{.authority = SPAN("us-ks"), .limit = 10}, CSIGN_E_FIELD_INVALID, "licence"},
        {{.authority = SPAN("us-ks"), .licence = span_text(world_id('l', 1))}, CSIGN_E_FIELD_INVALID, "limit"},
        {{.authority = SPAN("us-ks"), .licence = span_text(world_id('l', 1)), .limit = 501}, CSIGN_E_FIELD_INVALID, "limit"},
        {{.authority = SPAN("us-ks"), .licence = span_text(world_id('l', 1)), .limit = 1, .after = SPAN("1.x")}, CSIGN_E_FIELD_INVALID,
         "after"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(look_back(w, &cases[i].ask, &found, &fault), &fault, cases[i].code, cases[i].field, "look-back");
    free(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_rests_on_a_licence_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
