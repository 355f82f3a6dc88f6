/* The leaves of the status log, byte by byte, and the event objects that carry them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base64.h"
#include "event.h"
#include "signer.h"

#define MS    UINT64_C(1795330800000)
#define ABOVE ((uint64_t)INT64_MAX + 1)

static const struct leaf binding = {.type = LEAF_BINDING, .binding = {.index = 7, .commit = {1, 2, 3}}};
static const struct leaf end = {.type = LEAF_END,
                                .end = {.index = 7, .effective_ms = MS, .recorded_ms = MS + 5, .code = END_SUSPENDED,
                                        .reason = REASON_LICENCE_ACTION, .deed = {9}}};
static const struct leaf cut = {
    .type = LEAF_CUT,
    .cut = {.kind = CUT_ISSUER, .reason = REASON_KEY, .cut_ms = INT64_MAX, .id = {4}, .deed = {5}}};
static const struct leaf floor_ = {.type = LEAF_FLOOR, .floor = {.floor = 12, .recorded_ms = MS}};
static const struct leaf policy = {.type = LEAF_POLICY,
                                   .policy = {.version = 3, .effective_ms = MS, .id = {6}, .note = {8}}};
static const struct leaf root = {.type = LEAF_ROOT, .root = {.version = 1, .hash = {7}}};

static void write_leaf(const struct leaf *leaf, uint8_t ret[LEAF_SIZE])
{
    struct buffer out = buffer_open(ret, LEAF_SIZE);
    leaf_write(&out, leaf);
    assert_int_equal(buffer_code(&out), CSIGN_OK);
    assert_int_equal(out.size, LEAF_SIZE);
}

static void reads(const uint8_t *bytes, size_t size, csign_code code, const char *field)
{
    struct leaf leaf;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_int_equal(leaf_read(exact(span_of(bytes, size)), &leaf, &fault), code);
    assert_string_equal(fault.field, field);
    if (code == CSIGN_OK) {
        uint8_t again[LEAF_SIZE];
        write_leaf(&leaf, again);
        assert_memory_equal(again, bytes, LEAF_SIZE);
    }
}

/* The leaf with one change made to it before it is written. */
static void refuses(struct leaf leaf, const char *field)
{
    uint8_t bytes[LEAF_SIZE];
    write_leaf(&leaf, bytes);
    reads(bytes, LEAF_SIZE, CSIGN_E_LEAF_MALFORMED, field);
}
#define REFUSES(original, change, field)                                                                          \
    do {                                                                                                          \
        struct leaf leaf = original;                                                                              \
        leaf.change;                                                                                              \
        refuses(leaf, field);                                                                                     \
    } while (0)

static void every_type_round_trips(void **state)
{
    static const struct leaf *const leaves[] = {&binding, &end, &cut, &floor_, &policy, &root};
    (void)state;
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        uint8_t bytes[LEAF_SIZE + 1] = {0};
        write_leaf(leaves[i], bytes);
        reads(bytes, LEAF_SIZE, CSIGN_OK, "");
        reads(bytes, LEAF_SIZE - 1, CSIGN_E_LEAF_MALFORMED, "");
        reads(bytes, LEAF_SIZE + 1, CSIGN_E_LEAF_MALFORMED, "");
    }
}

static void stands_as_protocol_3_says(void **state)
{
    static const uint8_t expected[LEAF_SIZE] = {'E', 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7,
                                                0, 0, 1, 0xA2, 0x02, 0x0D, 0xF9, 0x80, 0, 0, 1, 0xA2, 0x02, 0x0D, 0xF9, 0x85,
                                                9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    uint8_t bytes[LEAF_SIZE];
    (void)state;
    write_leaf(&end, bytes);
    assert_memory_equal(bytes, expected, LEAF_SIZE);
}

static void numbers_out_of_range_fail(void **state)
{
    (void)state;
    REFUSES(binding, binding.index = ABOVE, "idx");
    REFUSES(end, end.index = ABOVE, "idx");
    REFUSES(end, end.effective_ms = ABOVE, "effective_ms");
    REFUSES(end, end.recorded_ms = ABOVE, "recorded_ms");
    REFUSES(end, end.code = (enum end_code)0, "code");
    REFUSES(end, end.code = (enum end_code)4, "code");
    REFUSES(end, end.reason = (enum end_reason)12, "reason");
    REFUSES(cut, cut.kind = (enum cut_kind)0, "kind");
    REFUSES(cut, cut.kind = (enum cut_kind)6, "kind");
    REFUSES(cut, cut.reason = (enum end_reason)12, "reason");
    REFUSES(cut, cut.cut_ms = ABOVE, "cut_ms");
    REFUSES(floor_, floor.floor = ABOVE, "floor");
    REFUSES(floor_, floor.recorded_ms = ABOVE, "recorded_ms");
    REFUSES(policy, policy.version = 0, "version");
    REFUSES(policy, policy.effective_ms = ABOVE, "effective_ms");
    REFUSES(root, root.version = 0, "version");
    REFUSES(root, root.version = ABOVE, "version");
}

static void end_before_it_takes_effect_fail(void **state)
{
    uint8_t bytes[LEAF_SIZE];
    struct leaf at_once = end;
    (void)state;
    REFUSES(end, end.effective_ms = MS + 6, "effective_ms");
    at_once.end.effective_ms = at_once.end.recorded_ms;
    write_leaf(&at_once, bytes);
    reads(bytes, LEAF_SIZE, CSIGN_OK, "");
}

static void cut_of_everything_names_nothing(void **state)
{
    uint8_t bytes[LEAF_SIZE];
    struct leaf all = cut;
    (void)state;
    REFUSES(cut, cut.kind = CUT_ALL, "id");
    for (size_t i = 0; i < 16; i++) {
        struct leaf leaf = cut;
        leaf.cut.kind = CUT_ALL;
        memset(leaf.cut.id, 0, 16);
        leaf.cut.id[i] = 1;
        refuses(leaf, "id");
    }
    all.cut.kind = CUT_ALL;
    memset(all.cut.id, 0, 16);
    write_leaf(&all, bytes);
    reads(bytes, LEAF_SIZE, CSIGN_OK, "");
}

/* Each byte that a type does not use must be zero. */
static void unused_byte_set_fail(void **state)
{
    static const struct {
        const struct leaf *leaf;
        size_t from, to;
    } unused[] = {{&binding, 2, 8}, {&end, 4, 8}, {&cut, 4, 8}, {&floor_, 2, 8}, {&floor_, 24, 48},
                  {&policy, 2, 4},  {&root, 2, 8}};
    (void)state;
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++)
        for (size_t at = unused[i].from; at < unused[i].to; at++) {
            uint8_t bytes[LEAF_SIZE];
            write_leaf(unused[i].leaf, bytes);
            bytes[at] = 1;
            reads(bytes, LEAF_SIZE, CSIGN_E_LEAF_MALFORMED, "unused");
        }
}

static void unknown_type_or_version_fail(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        uint8_t bytes[LEAF_SIZE] = {(uint8_t)value, 1};
        if (!strchr("BEXFPK", (int)value) || value == 0)
            reads(bytes, LEAF_SIZE, CSIGN_E_LEAF_MALFORMED, "type");
        write_leaf(&binding, bytes);
        bytes[1] = (uint8_t)value;
        if (value != 1)
            reads(bytes, LEAF_SIZE, CSIGN_E_LEAF_MALFORMED, "");
    }
}

static void reasons_have_names(void **state)
{
    (void)state;
    assert_string_equal(end_reason_name(REASON_LICENCE_ACTION), "licence_action");
    for (unsigned i = 0; i < REASON_COUNT; i++)
        assert_int_equal(end_reason_find(span_text(end_reason_name((enum end_reason)i))), i);
    assert_null(end_reason_name(REASON_COUNT));
    assert_int_equal(end_reason_find(SPAN("Licence_action")), REASON_COUNT);
    assert_int_equal(end_reason_find(SPAN("")), REASON_COUNT);
}

static void commits_and_ids(void **state)
{
    uint8_t thumbprint[32] = {1, 2, 3}, a[32], b[32], message[256], id[16], policy_id[8];
    struct buffer out = buffer_open(message, sizeof message);
    (void)state;
    buffer_text(&out, "countersign/binding/v1\n");
    buffer_u16(&out, 5);
    buffer_text(&out, "https");
    buffer_u16(&out, 3);
    buffer_text(&out, "sub");
    buffer_put(&out, span_of(thumbprint, 32));
    hash_of(buffer_span(&out), a);
    leaf_binding_commit(SPAN("https"), SPAN("sub"), thumbprint, b);
    assert_memory_equal(a, b, 32);
    leaf_binding_commit(SPAN("httpss"), SPAN("ub"), thumbprint, b); /* the lengths keep the two apart */
    assert_memory_not_equal(a, b, 32);

    hash_of(SPAN("tool\nmodel"), a);
    leaf_cut_id(CUT_MODEL, SPAN("tool"), SPAN("model"), id);
    assert_memory_equal(a, id, 16);
    hash_of(SPAN("tool"), a);
    leaf_cut_id(CUT_TOOL, SPAN("tool"), SPAN("model"), id);
    assert_memory_equal(a, id, 16);
    memset(a, 0, sizeof a);
    leaf_cut_id(CUT_ALL, SPAN("tool"), SPAN("model"), id);
    assert_memory_equal(a, id, 16);
    hash_of(SPAN("cn-rx"), a);
    leaf_policy_id(SPAN("cn-rx"), policy_id);
    assert_memory_equal(a, policy_id, 8);
}

/* --- event objects --- */

#define L64 "QQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define L   L64 "\n"

static uint8_t memory[EVENT_LEAVES_MAX * LEAF_SIZE];

static struct event event_case(const char *text, csign_code code, const char *field)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct event event = {0};
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_int_equal(event_read(exact(span_text(text)), &scratch, &event, &fault), code);
    assert_string_equal(fault.field, field);
    if (code == CSIGN_OK) {
        static uint8_t bytes[1 << 17];
        struct buffer out = buffer_open(bytes, sizeof bytes);
        event_write(&out, event.first, event.count, event.leaves, event.checkpoint);
        assert_true(span_equal(buffer_span(&out), span_text(text)));
    }
    return event;
}
#define EVENT_FAIL(text, field) event_case(text, CSIGN_E_LEAF_MALFORMED, field)

static void events(void **state)
{
    (void)state;
    struct event event = event_case("3 2\n" L L "\nnote\n", CSIGN_OK, "");
    assert_int_equal(event.first, 3);
    assert_int_equal(event.count, 2);
    assert_int_equal(event.leaves[LEAF_SIZE], 'A');
    assert_true(span_equal(event.checkpoint, SPAN("note\n")));
    event_case("0 1\n" L "\nn", CSIGN_OK, "");
    event_case("9223372036854775806 1\n" L "\nn", CSIGN_OK, "");
    EVENT_FAIL("", "first");
    EVENT_FAIL("03 1\n" L "\nnote\n", "first");
    EVENT_FAIL("+3 1\n" L "\nnote\n", "first");
    EVENT_FAIL("3  1\n" L "\nnote\n", "count");
    EVENT_FAIL("9223372036854775807 1\n" L "\nnote\n", "first"); /* the size would be 2^63 */
    EVENT_FAIL("9223372036854775808 1\n" L "\nnote\n", "first");
    EVENT_FAIL("3 0\n\nnote\n", "count");
    EVENT_FAIL("3 01\n" L "\nnote\n", "count");
    EVENT_FAIL("3 1025\n" L "\nnote\n", "count");
    EVENT_FAIL("3 1 \n" L "\nnote\n", "count");
    EVENT_FAIL("3 1\r\n" L "\nnote\n", "count");
    EVENT_FAIL("3 1\n" L L "\nnote\n", "count");
    EVENT_FAIL("3 2\n" L "\nnote\n", "leaf");
    EVENT_FAIL("3 1\n" L64 "A\n\nnote\n", "leaf");
    EVENT_FAIL("3 1\n" L64, "leaf");
    EVENT_FAIL("3 1\nQQEA\n\nnote\n", "leaf");
    EVENT_FAIL("3 1\n" L "note\n", "count");
    EVENT_FAIL("3 1\n" L "\n", "checkpoint");
}

static void largest_event(void **state)
{
    static char text[EVENT_LEAVES_MAX * 65 + 9000];
    static uint8_t leaves[EVENT_LEAVES_MAX * LEAF_SIZE];
    struct buffer out = buffer_open(text, sizeof text - 1), scratch = buffer_open(memory, sizeof memory - 1);
    struct event event;
    (void)state;
    event_write(&out, 0, EVENT_LEAVES_MAX, leaves, SPAN("note\n"));
    assert_int_equal(buffer_code(&out), CSIGN_OK);
    text[out.size] = 0;
    event_case(text, CSIGN_OK, "");
    assert_int_equal(event_read(span_text(text), &scratch, &event, NULL), CSIGN_E_NO_SPACE);
}

static void checkpoint_of_an_event_too_long_fail(void **state)
{
    static char text[9000];
    (void)state;
    (void)snprintf(text, sizeof text, "3 1\n" L "\n%08192d", 0);
    event_case(text, CSIGN_OK, "");
    (void)snprintf(text, sizeof text, "3 1\n" L "\n%08193d", 0);
    EVENT_FAIL(text, "checkpoint");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_round_trips),
        cmocka_unit_test(stands_as_protocol_3_says),
        cmocka_unit_test(numbers_out_of_range_fail),
        cmocka_unit_test(end_before_it_takes_effect_fail),
        cmocka_unit_test(cut_of_everything_names_nothing),
        cmocka_unit_test(unused_byte_set_fail),
        cmocka_unit_test(unknown_type_or_version_fail),
        cmocka_unit_test(reasons_have_names),
        cmocka_unit_test(commits_and_ids),
        cmocka_unit_test(events),
        cmocka_unit_test(largest_event),
        cmocka_unit_test(checkpoint_of_an_event_too_long_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
