/* The log: what its leaves become, what it refuses, and that it goes on where it was. */
#include "log_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

static void begin(struct world *w)
{
    const struct leaf root = world_root_leaf(w, 1);
    assert_int_equal(world_append(w, &root), CSIGN_OK);
}

static void reopen(struct world *w)
{
    csign_fault fault = {0};
    world_close(w);
    assert_int_equal(world_open(w, &fault), CSIGN_OK);
}

/* --- growing --- */

static void test_gate_follows_commits(void **state)
{
    struct world *w = *state;
    const struct leaf end = world_end_leaf(1);
    begin(w);
    assert_int_equal(world_bind(w, 3), CSIGN_OK);
    assert_int_equal(world_append(w, &end), CSIGN_OK);
    assert_int_equal(world_count_told(w, LOG_COMMIT), 3);
    world_follow(w);
    assert_int_equal(world_gate(w).marks.log_size, 5);
    assert_int_equal(world_gate(w).bindings, 3);
    assert_int_equal(world_gate(w).marks.evidence_time, CLOCK_START / 1000);
}

static void test_5000_leaves_are_five_commits(void **state)
{
    struct world *w = *state;
    begin(w);
    world_forget_told(w);
    reopen(w);
    const struct leaf root = world_root_leaf(w, 1);
    assert_int_equal(world_append(w, &root), CSIGN_E_LEAF_MALFORMED);
    assert_int_equal(world_bind(w, 5000), CSIGN_OK);
    assert_int_equal(world_count_told(w, LOG_COMMIT), 5);
    const uint64_t expected[] = {1025, 2049, 3073, 4097, 5001, 0};
    size_t at = 0;
    for (const struct told *told = w->told; told; told = told->next)
        assert_int_equal(told->size, expected[at++]);

    /* What is served is what was told; from the first event on, a gate takes it all. */
    struct session *reader = store_reader(w->store);
    static uint8_t memory[LOG_EVENT_MAX];
    struct buffer event = buffer_open(memory, sizeof memory);
    assert_int_equal(log_read_event(reader, 5001, &event), CSIGN_OK);
    const struct told *last = w->told;
    while (last->next)
        last = last->next;
    assert_int_equal(event.size, last->length);
    assert_memory_equal(event.data, last->bytes, event.size);
    event = buffer_open(memory, sizeof memory);
    assert_int_equal(log_read_event(reader, 5000, &event), CSIGN_E_NOT_FOUND);
    assert_int_equal(log_read_event(reader, UINT64_MAX, &event), CSIGN_E_NOT_FOUND);
    assert_int_equal(log_read_event(reader, 1, &event), CSIGN_OK);
    store_reader_end(w->store, reader);

    csign_gate *next = NULL;
    assert_int_equal(csign_gate_apply_event(w->gate, buffer_span(&event), &next, NULL), CSIGN_OK);
    csign_gate_free(&w->gate);
    w->gate = next;
    world_follow(w);
    assert_int_equal(world_gate(w).bindings, 5000);

    uint64_t sizes[8];
    size_t count = 0;
    reader = store_reader(w->store);
    assert_int_equal(log_read_boundaries(reader, sizes, 2, &count), CSIGN_OK);
    assert_int_equal(count, 2);
    assert_int_equal(sizes[0], 5001);
    assert_int_equal(sizes[1], 4097);
    assert_int_equal(log_read_boundaries(reader, sizes, 8, &count), CSIGN_OK);
    assert_int_equal(count, 6);
    assert_int_equal(sizes[5], 1);
    store_reader_end(w->store, reader);
}

static csign_code fail_after_binding(struct world *w, struct session *session, void *what)
{
    const uint8_t commit[32] = {1};
    uint64_t *index = what;
    const struct leaf policy = {.type = LEAF_POLICY, .policy = {.version = 7, .effective_ms = 1, .id = {1}}};
    (void)session;
    assert_int_equal(log_append_binding(w->log, commit, index), CSIGN_OK);
    assert_int_equal(log_append(w->log, &policy), CSIGN_OK);
    return CSIGN_E_FORBIDDEN;
}

static void test_failed_operation_gives_its_places_back(void **state)
{
    struct world *w = *state;
    uint64_t index = 99;
    const struct leaf policy = {.type = LEAF_POLICY, .policy = {.version = 1, .effective_ms = 1, .id = {1}}};
    begin(w);
    assert_int_equal(world_bind(w, 1), CSIGN_OK);
    assert_int_equal(world_do(w, fail_after_binding, &index), CSIGN_E_FORBIDDEN);
    assert_int_equal(index, 1);
    assert_int_equal(world_do(w, fail_after_binding, &index), CSIGN_E_FORBIDDEN);
    assert_int_equal(index, 1);
    assert_int_equal(world_append(w, &policy), CSIGN_OK); /* that of version 7 never was */
    world_follow(w);
    assert_int_equal(world_gate(w).bindings, 1);
    assert_int_equal(world_gate(w).marks.log_size, 3);
}

/* --- several in one transaction --- */

struct queued {
    struct operation operation;
    struct log *log;
    csign_code returns, code;
    uint64_t index;
};

static csign_code run_queued(struct operation *operation, struct session *session)
{
    const uint8_t commit[32] = {4};
    struct queued *queued = (struct queued *)operation;
    (void)session;
    csign_code code = log_append_binding(queued->log, commit, &queued->index);
    return code == CSIGN_OK ? queued->returns : code;
}

static void queued_done(struct operation *operation, csign_code code)
{
    ((struct queued *)operation)->code = code;
}

/* Runs on the writer's thread: what it submits waits for the next transaction, all of it. */
static csign_code submit_three(struct world *w, struct session *session, void *what)
{
    struct queued *queued = what;
    (void)session;
    for (int i = 0; i < 3; i++) {
        queued[i] = (struct queued){.operation = {.run = run_queued, .done = queued_done}, .log = w->log};
        queued[i].returns = i == 1 ? CSIGN_E_FORBIDDEN : CSIGN_OK;
        assert_int_equal(store_submit(w->store, &queued[i].operation), CSIGN_OK);
    }
    return CSIGN_OK;
}

static void test_neighbours_share_a_commit(void **state)
{
    struct world *w = *state;
    struct queued queued[3];
    begin(w);
    assert_int_equal(store_start(w->store), CSIGN_OK);
    assert_int_equal(world_do(w, submit_three, queued), CSIGN_OK);
    store_close(&w->store);
    assert_int_equal(queued[0].code, CSIGN_OK);
    assert_int_equal(queued[1].code, CSIGN_E_FORBIDDEN);
    assert_int_equal(queued[2].code, CSIGN_OK);
    assert_int_equal(queued[0].index, 0);
    assert_int_equal(queued[1].index, 1);
    assert_int_equal(queued[2].index, 1); /* given back */
    assert_int_equal(world_count_told(w, LOG_COMMIT), 2);
    world_follow(w);
    assert_int_equal(world_gate(w).bindings, 2);
}

/* --- what no gate takes --- */

static void refuse(struct world *w, struct leaf leaf)
{
    const uint64_t size = log_size(w->log);
    assert_int_equal(world_append(w, &leaf), CSIGN_E_LEAF_MALFORMED);
    assert_int_equal(log_size(w->log), size);
}

static void take(struct world *w, struct leaf leaf)
{
    assert_int_equal(world_append(w, &leaf), CSIGN_OK);
}

static struct leaf cut_leaf(enum cut_kind kind, uint8_t id, uint64_t cut_ms)
{
    return (struct leaf){.type = LEAF_CUT, .cut = {.kind = kind, .cut_ms = cut_ms, .id = {id}}};
}

static struct leaf policy_leaf(uint8_t id, uint32_t version)
{
    return (struct leaf){.type = LEAF_POLICY, .policy = {.version = version, .effective_ms = 1, .id = {id}, .note = {version & 0xff}}};
}

static struct leaf floor_leaf(uint64_t floor)
{
    return (struct leaf){.type = LEAF_FLOOR, .floor = {.floor = floor, .recorded_ms = 1}};
}

static void test_refuses_what_no_gate_takes(void **state)
{
    struct world *w = *state;
    struct leaf late = world_end_leaf(0);
    late.end.effective_ms = late.end.recorded_ms + 1;

    refuse(w, floor_leaf(0)); /* the first leaf is K */
    take(w, world_root_leaf(w, 1));
    refuse(w, world_end_leaf(0));
    assert_int_equal(world_bind(w, 2), CSIGN_OK);
    refuse(w, (struct leaf){.type = LEAF_BINDING, .binding = {.index = 3}});
    refuse(w, (struct leaf){.type = LEAF_BINDING, .binding = {.index = 1}});
    refuse(w, (struct leaf){.type = (enum leaf_type)'Z'});
    refuse(w, world_end_leaf(2));
    refuse(w, late);
    take(w, world_end_leaf(1));
    take(w, world_end_leaf(1));

    refuse(w, floor_leaf(3));
    take(w, floor_leaf(1));
    take(w, floor_leaf(1));
    refuse(w, floor_leaf(0));

    take(w, cut_leaf(CUT_TOOL, 1, 100));
    refuse(w, cut_leaf(CUT_TOOL, 1, 100));
    refuse(w, cut_leaf(CUT_TOOL, 1, 99));
    take(w, cut_leaf(CUT_TOOL, 2, 50));
    take(w, cut_leaf(CUT_MODEL, 1, 50));
    take(w, cut_leaf(CUT_TOOL, 1, 101));
    refuse(w, cut_leaf(CUT_ALL, 1, 1)); /* its id is zero */

    take(w, policy_leaf(1, 2));
    refuse(w, policy_leaf(1, 2));
    refuse(w, policy_leaf(1, 1));
    take(w, policy_leaf(2, 1));
    refuse(w, world_root_leaf(w, 1));

    reopen(w); /* which must not forget */
    refuse(w, floor_leaf(0));
    refuse(w, cut_leaf(CUT_TOOL, 1, 101));
    refuse(w, policy_leaf(1, 2));
    refuse(w, world_root_leaf(w, 1));
    refuse(w, world_end_leaf(2));
    take(w, policy_leaf(1, 3));
    world_follow(w);
    assert_int_equal(world_gate(w).floor, 1);
}

static csign_code bind_and_end(struct world *w, struct session *session, void *what)
{
    const uint8_t commit[32] = {2};
    uint64_t index;
    (void)session;
    (void)what;
    csign_code code = log_append_binding(w->log, commit, &index);
    const struct leaf end = world_end_leaf(index);
    return code == CSIGN_OK ? log_append(w->log, &end) : code;
}

static void test_leaf_may_rest_on_one_of_the_same_operation(void **state)
{
    struct world *w = *state;
    begin(w);
    assert_int_equal(world_do(w, bind_and_end, NULL), CSIGN_OK);
    assert_int_equal(world_count_told(w, LOG_COMMIT), 2);
    world_follow(w);
}

/* --- tiles --- */

static void test_tiles_lead_to_the_checkpoint(void **state)
{
    struct world *w = *state;
    static uint8_t memory[TILE_WIDTH * (2 + LEAF_SIZE)], leaves[600 * LEAF_SIZE], note[CHECKPOINT_MAX];
    struct buffer all = buffer_open(leaves, sizeof leaves), checkpoint = buffer_open(note, sizeof note);
    uint64_t size = 0;
    begin(w);
    assert_int_equal(world_bind(w, 599), CSIGN_OK);
    struct session *reader = store_reader(w->store);
    for (uint64_t index = 0; index < 3; index++) {
        struct tile tile = {.entries = true, .index = index, .width = tile_width(600, 0, index)};
        struct buffer bytes = buffer_open(memory, sizeof memory);
        assert_int_equal(log_read_tile(reader, &tile, &bytes), CSIGN_OK);
        assert_int_equal(tile_entries_read(buffer_span(&bytes), tile.width, LEAF_SIZE, &all, NULL), CSIGN_OK);
        tile.entries = false;
        bytes = buffer_open(memory, sizeof memory);
        assert_int_equal(log_read_tile(reader, &tile, &bytes), CSIGN_OK);
        struct merkle_hash first = merkle_leaf(span_of(leaves + index * TILE_WIDTH * LEAF_SIZE, LEAF_SIZE));
        assert_memory_equal(bytes.data, first.bytes, sizeof first.bytes);
        assert_int_equal(bytes.size, tile.width * CSIGN_HASH_SIZE);
    }
    assert_int_equal(log_read_checkpoint(reader, &checkpoint, &size), CSIGN_OK);
    assert_int_equal(size, 600);

    struct buffer bytes = buffer_open(memory, sizeof memory);
    const struct tile above = {.level = 1, .index = 0, .width = 2}, narrow = {.index = 2, .width = 5};
    const struct tile absent[] = {{.level = 0, .index = 2, .width = 89},
                                  {.entries = true, .index = 2, .width = 89},
                                  {.level = 1, .index = 0, .width = 3},
                                  {.level = 0, .index = 3, .width = 1},
                                  {.level = 63, .index = 0, .width = 1},
                                  {.level = 0, .index = UINT64_MAX / 256, .width = 256}};
    assert_int_equal(log_read_tile(reader, &above, &bytes), CSIGN_OK);
    bytes = buffer_open(memory, sizeof memory);
    assert_int_equal(log_read_tile(reader, &narrow, &bytes), CSIGN_OK);
    assert_int_equal(bytes.size, 5 * CSIGN_HASH_SIZE);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_int_equal(log_read_tile(reader, &absent[i], &bytes), CSIGN_E_NOT_FOUND);
    store_reader_end(w->store, reader);

    csign_gate *next = NULL;
    assert_int_equal(csign_gate_apply_leaves(w->gate, leaves, 600, buffer_span(&checkpoint), &next, NULL), CSIGN_OK);
    csign_gate_free(&next);
}

/* --- failing and going on --- */

static csign_code bump_head(struct world *w, struct session *session, void *what)
{
    const struct value values[] = {VALUE_INTEGER(1), VALUE_INTEGER(2)}; /* as a second sequencer would */
    (void)w;
    (void)what;
    return query_run(session, SQL_LOG_HEAD_TERM, values, 2, NULL);
}

static void test_deposed_sequencer_writes_nothing(void **state)
{
    struct world *w = *state;
    begin(w);
    world_forget_told(w);
    assert_int_equal(world_do(w, bump_head, NULL), CSIGN_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(world_bind(w, 1), CSIGN_E_UNAVAILABLE);
    assert_int_equal(world_bind(w, 0), CSIGN_E_UNAVAILABLE); /* not even what needs no leaf */
    assert_int_equal(world_count_told(w, LOG_COMMIT), 0);
    reopen(w);
    assert_int_equal(log_size(w->log), 1);
    assert_int_equal(world_bind(w, 1), CSIGN_OK);
}

/* Lets an entry be there already, so that sealing fails at the insertion. */
static csign_code occupy(struct world *w, struct session *session, void *what)
{
    (void)w;
    return RUN(session, SQL_LOG_ENTRY_INSERT, VALUE_INTEGER(*(uint64_t *)what), VALUE_BLOB(SPAN("occupied")));
}

static csign_code occupy_and_bind(struct world *w, struct session *session, void *what)
{
    const uint8_t commit[32] = {3};
    uint64_t index;
    csign_code code = occupy(w, session, what);
    return code == CSIGN_OK ? log_append_binding(w->log, commit, &index) : code;
}

static void test_failed_seal_changes_nothing(void **state)
{
    struct world *w = *state;
    uint64_t place = 300;
    begin(w);
    assert_int_equal(world_bind(w, 255), CSIGN_OK);
    place = 256;
    assert_int_equal(world_do(w, occupy_and_bind, &place), CSIGN_E_UNAVAILABLE);
    assert_int_equal(log_size(w->log), 256);
    assert_int_equal(world_bind(w, 300), CSIGN_OK);
    world_follow(w);
    assert_int_equal(world_gate(w).marks.log_size, 556);
}

static void test_reopening_goes_on(void **state)
{
    struct world *w = *state;
    begin(w);
    for (int i = 0; i < 5; i++) {
        reopen(w);
        assert_int_equal(world_bind(w, 100), CSIGN_OK);
    }
    world_follow(w);
    assert_int_equal(world_gate(w).bindings, 500);
}

static void expect_refusal(struct world *w, const struct log_options *changed, csign_code expected, const char *field)
{
    csign_fault fault = {0};
    struct log *log = NULL;
    assert_int_equal(log_open(changed, &log, &fault), expected);
    assert_null(log);
    assert_string_equal(fault.field, field);
    assert_non_null(w->store);
}

static void test_log_of_others_fail(void **state)
{
    struct world *w = *state;
    csign_fault fault = {0};
    begin(w);
    world_close(w);
    w->told_last = &w->told;
    const struct store_options at = {.path = w->store_path, .clock_ms = clock_ms};
    assert_int_equal(store_open(&at, &w->store, &fault), CSIGN_OK);

    struct log_options options = world_options(w);
    options.statuslog.key = &w->keys.policy; /* a vkey without its key */
    expect_refusal(w, &options, CSIGN_E_ARGUMENT, "keys");

    options = world_options(w);
    struct public_key public;
    signing_key_public(&w->keys.policy, &public);
    options.statuslog = (struct log_key){vkey_make(options.origin, NOTE_ED25519, &public), &w->keys.policy};
    expect_refusal(w, &options, CSIGN_E_CONFLICT, "checkpoint");

    signing_key_public(&w->keys.statuslog, &public);
    options = world_options(w);
    options.origin = SPAN("other.registry.test");
    expect_refusal(w, &options, CSIGN_E_ARGUMENT, "origin");
    options.statuslog.vkey = vkey_make(options.origin, NOTE_ED25519, &public);
    options.mark_path = NULL;
    expect_refusal(w, &options, CSIGN_E_CONFLICT, "log");
    options.mark_path = w->mark_path;
    expect_refusal(w, &options, CSIGN_E_CONFLICT, "mark");

    options = world_options(w);
    assert_int_equal(log_open(&options, &w->log, &fault), CSIGN_OK); /* none of this changed anything */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_gate_follows_commits, world_make, world_remove),
        cmocka_unit_test_setup_teardown(test_5000_leaves_are_five_commits, world_make, world_remove),
        cmocka_unit_test_setup_teardown(test_failed_operation_gives_its_places_back, world_make, world_remove),
        cmocka_unit_test_setup_teardown(test_neighbours_share_a_commit, world_make, world_remove),
        cmocka_unit_test_setup_teardown(test_refuses_what_no_gate_takes, world_make, world_remove),
        cmocka_unit_test_setup_teardown(test_leaf_may_rest_on_one_of_the_same_operation, world_make, world_remove),
        cmocka_unit_test_setup_teardown(test_tiles_lead_to_the_checkpoint, world_make, world_remove),
        cmocka_unit_test_setup_teardown(test_deposed_sequencer_writes_nothing, world_make, world_remove),
        cmocka_unit_test_setup_teardown(test_failed_seal_changes_nothing, world_make, world_remove),
        cmocka_unit_test_setup_teardown(test_reopening_goes_on, world_make, world_remove),
        cmocka_unit_test_setup_teardown(test_log_of_others_fail, world_make, world_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
