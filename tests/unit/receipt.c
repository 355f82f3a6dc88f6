/* Receipts, their batches and acknowledgements, and the release record: what each event may say, and the chain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base64.h"
#include "receipt_batch.h"
#include "release_record.h"
#include "signer.h"

#define ID     "0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234"
#define DIGEST "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define FRONT(seq, event) \
    "{\"v\":1,\"seq\":" seq ",\"time_ms\":1795330800000,\"event\":\"" event "\",\"release_id\":\"" ID "\","
#define WHERE                                                                                                     \
    "\"act\":\"imaging_report\",\"setting\":\"inpatient\",\"jurisdiction\":\"US-KS\",\"site\":\"h-1\","           \
    "\"deployment\":\"app-1\",\"tool\":\"tool-1\",\"model\":\"m\",\"model_version\":\"4.2\","
#define SIGNERS                                                                                                   \
    "\"signers\":[{\"idx\":7,\"slot\":1,\"meaning\":\"approval\",\"disposition\":\"modified\","                   \
    "\"authorship\":\"ai_draft\",\"iat\":1795330700,\"dwell_s\":95}],"
#define REST                                                                                                      \
    "\"unedited\":false,\"media_type\":\"text/plain\",\"size_band\":12,\"entries\":1,\"status_size\":1882,"       \
    "\"status_time\":1795330799,\"policies\":[{\"id\":\"us-ks\",\"version\":3}],\"root\":2"
#define PERMIT  FRONT("1", "permit") WHERE SIGNERS REST ",\"commit\":\"" DIGEST "\"}"
#define REFUSE  FRONT("2", "refuse") "\"code\":\"status-stale\",\"count\":4}"
#define OUTCOME FRONT("3", "outcome") "\"outcome\":\"released\"}"

static uint8_t memory[1 << 14];
static struct receipt receipt;

static csign_code read_line(const char *line, const char **ret_field)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code code = receipt_read(exact(span_text(line)), &scratch, &receipt, &fault);
    *ret_field = fault.field;
    return code;
}

static void accepts(const char *line)
{
    const char *field;
    csign_code code = read_line(line, &field);
    if (code != CSIGN_OK)
        print_error("%s: %s\n", field, line);
    assert_int_equal(code, CSIGN_OK);
    char bytes[4096];
    struct buffer out = buffer_open(bytes, sizeof bytes);
    receipt_write(&out, &receipt);
    assert_true(span_equal(buffer_span(&out), span_text(line)));
}

static void refuses(const char *line, const char *field)
{
    const char *got;
    csign_code code = read_line(line, &got);
    if (code != CSIGN_E_RECEIPT_MALFORMED || strcmp(got, field) != 0)
        print_error("%s: %s\n", got, line);
    assert_int_equal(code, CSIGN_E_RECEIPT_MALFORMED);
    assert_string_equal(got, field);
}

static const char *edit(const char *text, const char *find, const char *replacement)
{
    char edited[8192];
    const char *at = strstr(text, find);
    assert_non_null(at);
    int size = snprintf(edited, sizeof edited, "%.*s%s%s", (int)(at - text), text, replacement, at + strlen(find));
    return (const char *)exact(span_of(edited, (size_t)size + 1)).data;
}

static void each_event_round_trips(void **state)
{
    (void)state;
    accepts(PERMIT);
    assert_int_equal(receipt.signers.count, 1);
    assert_int_equal(receipt.present, RECEIPT_PERMIT_MEMBERS);
    accepts(REFUSE);
    assert_int_equal(receipt.code, CSIGN_E_STATUS_STALE);
    assert_int_equal(receipt.count, 4);
    accepts(OUTCOME);
    assert_int_equal(receipt.outcome, OUTCOME_RELEASED);
    accepts(edit(PERMIT, "\"entries\":1,", "\"entries\":1,\"exception\":\"break_glass\","));
    accepts(FRONT("2", "refuse") "\"code\":\"act-unknown\",\"count\":1," WHERE SIGNERS REST "}");
    accepts(edit(FRONT("2", "refuse") "\"code\":\"act-unknown\",\"count\":1," WHERE SIGNERS REST "}", SIGNERS, "\"signers\":[],"));
}

/* Which member belongs to which event. */
static void members_of_another_event_fail(void **state)
{
    (void)state;
    refuses(edit(PERMIT, "\"act\"", "\"code\":\"stop\",\"act\""), "code");
    refuses(edit(PERMIT, "\"act\"", "\"count\":1,\"act\""), "count");
    refuses(edit(PERMIT, "\"act\"", "\"outcome\":\"released\",\"act\""), "outcome");
    refuses(edit(REFUSE, "}", ",\"commit\":\"" DIGEST "\"}"), "commit");
    refuses(edit(REFUSE, "}", ",\"outcome\":\"failed\"}"), "outcome");
    refuses(edit(OUTCOME, "}", ",\"act\":\"imaging_report\"}"), "act");
    refuses(edit(OUTCOME, "}", ",\"commit\":\"" DIGEST "\"}"), "commit");
    refuses(edit(OUTCOME, "}", ",\"code\":\"stop\"}"), "code");
    refuses(edit(OUTCOME, "}", ",\"exception\":\"emergency\"}"), "exception");
    refuses(edit(REFUSE, "\"code\":\"status-stale\",", ""), "code");
    refuses(edit(REFUSE, ",\"count\":4", ""), "count");
    refuses(edit(OUTCOME, ",\"outcome\":\"released\"", ""), "outcome");
}

/* A permit lacks nothing. */
static void permit_without_a_member_fail(void **state)
{
    static const struct {
        const char *text, *field;
    } members[] = {{"\"v\":1,", "v"},
                   {"\"seq\":1,", "seq"},
                   {"\"time_ms\":1795330800000,", "time_ms"},
                   {"\"event\":\"permit\",", "event"},
                   {"\"release_id\":\"" ID "\",", "release_id"},
                   {"\"act\":\"imaging_report\",", "act"},
                   {"\"setting\":\"inpatient\",", "setting"},
                   {"\"jurisdiction\":\"US-KS\",", "jurisdiction"},
                   {"\"site\":\"h-1\",", "site"},
                   {"\"deployment\":\"app-1\",", "deployment"},
                   {"\"tool\":\"tool-1\",", "tool"},
                   {"\"model\":\"m\",", "model"},
                   {"\"model_version\":\"4.2\",", "model_version"},
                   {SIGNERS, "signers"},
                   {"\"unedited\":false,", "unedited"},
                   {"\"media_type\":\"text/plain\",", "media_type"},
                   {"\"size_band\":12,", "size_band"},
                   {"\"entries\":1,", "entries"},
                   {"\"status_size\":1882,", "status_size"},
                   {"\"status_time\":1795330799,", "status_time"},
                   {"\"policies\":[{\"id\":\"us-ks\",\"version\":3}],", "policies"},
                   {",\"root\":2", "root"},
                   {",\"commit\":\"" DIGEST "\"", "commit"}};
    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        refuses(edit(PERMIT, members[i].text, ""), members[i].field);
        if (i > 0 && i < 21) {
            char twice[600];
            (void)snprintf(twice, sizeof twice, "%s%s", members[i].text, members[i].text);
            refuses(edit(PERMIT, members[i].text, twice), members[i].field);
        }
    }
}

static void values_fail(void **state)
{
    (void)state;
    refuses("", "");
    refuses("[]", "");
    refuses(PERMIT " x", "");
    refuses(edit(PERMIT, "\"v\":1", "\"v\":2"), "v");
    refuses(edit(PERMIT, "\"v\":1", "\"v\":0"), "v");
    refuses(edit(PERMIT, "\"seq\":1", "\"seq\":0"), "seq");
    refuses(edit(PERMIT, "\"seq\":1", "\"seq\":9007199254740992"), "seq");
    refuses(edit(PERMIT, "permit", "Permit"), "event");
    refuses(edit(PERMIT, "-7f4a-", "-4f4a-"), "release_id");
    refuses(edit(PERMIT, "US-KS", "us-ks"), "jurisdiction");
    refuses(edit(PERMIT, "inpatient", "home"), "setting");
    refuses(edit(PERMIT, "\"slot\":1", "\"slot\":0"), "slot");
    refuses(edit(PERMIT, "\"slot\":1", "\"slot\":5"), "slot");
    refuses(edit(PERMIT, "\"dwell_s\":95", "\"dwell_s\":-1"), "dwell_s");
    refuses(edit(PERMIT, ",\"dwell_s\":95", ""), "dwell_s");
    refuses(edit(PERMIT, "\"authorship\":\"ai_draft\"", "\"authorship\":\"ai\""), "authorship");
    refuses(edit(PERMIT, SIGNERS, "\"signers\":[],"), "signers");
    refuses(edit(PERMIT, "{\"idx\"",
                 "{\"idx\":7,\"slot\":1,\"meaning\":\"approval\",\"disposition\":\"modified\",\"authorship\":\"human\","
                 "\"iat\":1,\"dwell_s\":1},{\"idx\""),
            "slot");
    refuses(edit(PERMIT, "\"size_band\":12", "\"size_band\":65"), "size_band");
    refuses(edit(PERMIT, "\"entries\":1", "\"entries\":0"), "entries");
    refuses(edit(PERMIT, "\"entries\":1", "\"entries\":17"), "entries");
    refuses(edit(PERMIT, "{\"id\":\"us-ks\",\"version\":3}", ""), "policies");
    refuses(edit(PERMIT, "\"version\":3", "\"version\":0"), "version");
    refuses(edit(PERMIT, "\"root\":2", "\"root\":0"), "root");
    refuses(edit(REFUSE, "status-stale", "status-old"), "code");
    refuses(edit(REFUSE, "status-stale", "ok"), "code");
    refuses(edit(REFUSE, "status-stale", "status-stale\\u0001"), "code");
    refuses(edit(REFUSE, "\"count\":4", "\"count\":0"), "count");
    refuses(edit(OUTCOME, "\"outcome\":\"released\"", "\"outcome\":\"done\""), "outcome");
    /* What a receipt must never say has no member to say it in. */
    refuses(edit(PERMIT, "\"act\"", "\"digest\":\"" DIGEST "\",\"act\""), "");
    refuses(edit(PERMIT, "\"act\"", "\"patient_ref\":\"" DIGEST "\",\"act\""), "");
    refuses(edit(PERMIT, "\"act\"", "\"label\":\"report\",\"act\""), "");
    refuses(edit(PERMIT, "\"act\"", "\"facts\":{},\"act\""), "");
}

static void receipt_too_long_fail(void **state)
{
    char text[RECEIPT_MAX + 200];
    (void)state;
    (void)snprintf(text, sizeof text, "%s%*s", OUTCOME, (int)(RECEIPT_MAX - strlen(OUTCOME)), "");
    const char *field;
    assert_int_equal(read_line(text, &field), CSIGN_OK);
    (void)snprintf(text, sizeof text, "%s%*s", OUTCOME, (int)(RECEIPT_MAX + 1 - strlen(OUTCOME)), "");
    refuses(text, "");
}

static void size_bands(void **state)
{
    (void)state;
    assert_int_equal(receipt_size_band(0), 0);
    assert_int_equal(receipt_size_band(1), 1);
    assert_int_equal(receipt_size_band(2), 2);
    assert_int_equal(receipt_size_band(3), 2);
    assert_int_equal(receipt_size_band(4096), 13);
    assert_int_equal(receipt_size_band(UINT64_MAX), 64);
}

/* --- batches --- */

static const char *batch_text(const char *deployment, uint64_t first, size_t count, const char *lines)
{
    struct receipt_batch batch = {.deployment = span_text(deployment), .first = first, .count = count,
                                  .lines = span_text(lines)};
    char text[8192];
    struct buffer out = buffer_open(text, sizeof text);
    receipt_head_start(batch.deployment, batch.before);
    receipt_batch_write(&out, &batch);
    buffer_byte(&out, 0);
    assert_int_equal(buffer_code(&out), CSIGN_OK);
    return (const char *)exact(buffer_span(&out)).data;
}

static struct receipt_batch batch_case(const char *text, csign_code code, const char *field)
{
    struct receipt_batch batch = {0};
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code got = receipt_batch_read(exact(span_text(text)), &batch, &fault);
    if (got != code || strcmp(fault.field, field) != 0)
        print_error("%s: %s\n", fault.field, text);
    assert_int_equal(got, code);
    assert_string_equal(fault.field, field);
    return batch;
}
#define BATCH_FAIL(text, field) (void)batch_case(text, CSIGN_E_RECEIPT_MALFORMED, field)

static void batches(void **state)
{
    const char *text = batch_text("app-1", 1, 2, PERMIT "\n" REFUSE "\n"), *empty = batch_text("app-1", 9, 0, "");
    (void)state;
    struct receipt_batch batch = batch_case(text, CSIGN_OK, "");
    assert_true(span_equal(batch.lines, SPAN(PERMIT "\n" REFUSE "\n")));
    assert_int_equal(batch.first, 1);
    assert_int_equal(batch.count, 2);
    batch = batch_case(empty, CSIGN_OK, "");
    assert_memory_equal(batch.before, batch.after, 32);
    BATCH_FAIL("", "");
    BATCH_FAIL(edit(text, "receipts/v1", "receipts/v2"), "");
    BATCH_FAIL(edit(text, "receipts/v1", "receipts-ack/v1"), "");
    BATCH_FAIL(edit(text, "app-1\n", "app 1\n"), "deployment");
    BATCH_FAIL(edit(text, "\n1 2\n", "\n0 2\n"), "first");
    BATCH_FAIL(edit(text, "\n1 2\n", "\n01 2\n"), "first");
    BATCH_FAIL(edit(text, "\n1 2\n", "\n9223372036854775807 2\n"), "first");
    BATCH_FAIL(edit(text, "\n1 2\n", "\n1 02\n"), "count");
    BATCH_FAIL(edit(text, "\n1 2\n", "\n1 1001\n"), "count");
    BATCH_FAIL(edit(text, "\n1 2\n", "\n1  2\n"), "count");
    BATCH_FAIL(edit(text, "\n1 2\n", "\n1 2 \n"), "count");
    BATCH_FAIL(edit(text, "\n1 2\n", "\n1 1\n"), "after");
    BATCH_FAIL(edit(text, "\n1 2\n", "\n1 3\n"), "after"); /* the head read as a line */
    BATCH_FAIL(edit(text, "\n1 2\n", "\n1 4\n"), "line");
    BATCH_FAIL(edit(text, "\n1 2\n", "\n2 2\n"), "after"); /* the numbers are in the chain */
    BATCH_FAIL(edit(text, "\"count\":4", "\"count\":5"), "after");
    BATCH_FAIL(edit(text, "{", "\n{"), "line");
    BATCH_FAIL(edit(text, REFUSE, REFUSE " "), "after");

    char cut[8192];
    (void)snprintf(cut, sizeof cut, "%smore\n", text);
    BATCH_FAIL(cut, "");
    strcpy(cut, text)[strlen(text) - 1] = 0;
    BATCH_FAIL(cut, "after");
    char *before = strstr(strcpy(cut, text), "\n1 2\n") + 5;
    before[0] = before[0] == 'A' ? 'B' : 'A';
    BATCH_FAIL(cut, "after");
    before[43] = 'A'; /* no padding */
    BATCH_FAIL(cut, "before");
}

static void batch_too_long_fail(void **state)
{
    static char text[RECEIPT_BATCH_MAX + 2];
    (void)state;
    memset(text, 'a', RECEIPT_BATCH_MAX + 1);
    BATCH_FAIL(text, "");
}

static void chain_is_that_of_protocol_6(void **state)
{
    uint8_t head[32], expected[32], message[128];
    struct buffer out = buffer_open(message, sizeof message);
    (void)state;
    receipt_head_start(SPAN("app-1"), head);
    hash_of(SPAN("countersign/receipts/v1\napp-1"), expected);
    assert_memory_equal(head, expected, 32);
    buffer_byte(&out, 2);
    buffer_put(&out, span_of(expected, 32));
    buffer_u64(&out, 1);
    hash_of(SPAN("line"), expected);
    buffer_put(&out, span_of(expected, 32));
    receipt_head_next(head, 1, SPAN("line"));
    hash_of(buffer_span(&out), expected);
    assert_memory_equal(head, expected, 32);
}

static void acknowledgements(void **state)
{
#define ACK  "countersign/receipts-ack/v1\n"
#define HEAD "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    static const struct {
        const char *text;
        csign_code code;
        const char *field;
    } cases[] = {{ACK "app-1\n3\n" HEAD, CSIGN_OK, ""},
                 {ACK "app-1\n9223372036854775807\n" HEAD, CSIGN_OK, ""},
                 {"countersign/receipts/v1\napp-1\n3\n" HEAD, CSIGN_E_RECEIPT_MALFORMED, ""},
                 {ACK "\n3\n" HEAD, CSIGN_E_RECEIPT_MALFORMED, "deployment"},
                 {ACK "app-1\n0\n" HEAD, CSIGN_E_RECEIPT_MALFORMED, "next"},
                 {ACK "app-1\n03\n" HEAD, CSIGN_E_RECEIPT_MALFORMED, "next"},
                 {ACK "app-1\n9223372036854775808\n" HEAD, CSIGN_E_RECEIPT_MALFORMED, "next"},
                 {ACK "app-1\n3\nAAAA\n", CSIGN_E_RECEIPT_MALFORMED, "head"},
                 {ACK "app-1\n3\n" HEAD "\n", CSIGN_E_RECEIPT_MALFORMED, ""}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct receipt_ack ack;
        csign_fault fault = {CSIGN_OK, "", "", 0};
        assert_int_equal(receipt_ack_read(exact(span_text(cases[i].text)), &ack, &fault), cases[i].code);
        assert_string_equal(fault.field, cases[i].field);
        if (cases[i].code == CSIGN_OK) {
            uint8_t bytes[200];
            struct buffer out = buffer_open(bytes, sizeof bytes);
            receipt_ack_write(&out, &ack);
            assert_true(span_equal(buffer_span(&out), span_text(cases[i].text)));
        }
    }
}

/* --- release records --- */

#define RECORD                                                                                                    \
    "{\"v\":1,\"release_id\":\"" ID "\",\"time_ms\":1795330800000,\"deployment\":\"app-1\","                      \
    "\"act\":\"imaging_report\",\"setting\":\"inpatient\",\"jurisdiction\":\"US-KS\",\"site\":\"h-1\","           \
    "\"document\":{\"digest\":\"" DIGEST "\",\"media_type\":\"text/plain\",\"size\":412},"                        \
    "\"sign_offs\":[\"" DIGEST "\",\"" DIGEST "\"],\"status_size\":1882,\"status_time\":1795330799,"              \
    "\"policies\":[{\"id\":\"us-ks\",\"version\":3}],\"root\":2}"

static void record_case(const char *line, csign_code code, const char *field)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct release_record record;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code got = release_record_read(exact(span_text(line)), &scratch, &record, &fault);
    if (got != code || strcmp(fault.field, field) != 0)
        print_error("%s: %s\n", fault.field, line);
    assert_int_equal(got, code);
    assert_string_equal(fault.field, field);
    if (code == CSIGN_OK) {
        char bytes[4096];
        struct buffer out = buffer_open(bytes, sizeof bytes);
        release_record_write(&out, &record);
        assert_true(span_equal(buffer_span(&out), span_text(line)));
    }
}
#define RECORD_FAIL(line, field) record_case(line, CSIGN_E_RECEIPT_MALFORMED, field)

static void release_records(void **state)
{
    static const struct {
        const char *text, *field;
    } members[] = {{"\"v\":1,", "v"},
                   {"\"release_id\":\"" ID "\",", "release_id"},
                   {"\"time_ms\":1795330800000,", "time_ms"},
                   {"\"deployment\":\"app-1\",", "deployment"},
                   {"\"act\":\"imaging_report\",", "act"},
                   {"\"setting\":\"inpatient\",", "setting"},
                   {"\"jurisdiction\":\"US-KS\",", "jurisdiction"},
                   {"\"site\":\"h-1\",", "site"},
                   {"\"digest\":\"" DIGEST "\",", "digest"},
                   {"\"media_type\":\"text/plain\",", "media_type"},
                   {",\"size\":412", "size"},
                   {"\"sign_offs\":[\"" DIGEST "\",\"" DIGEST "\"],", "sign_offs"},
                   {"\"status_size\":1882,", "status_size"},
                   {"\"status_time\":1795330799,", "status_time"},
                   {"\"policies\":[{\"id\":\"us-ks\",\"version\":3}],", "policies"},
                   {",\"root\":2", "root"}};
    (void)state;
    record_case(RECORD, CSIGN_OK, "");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        RECORD_FAIL(edit(RECORD, members[i].text, ""), members[i].field);
    RECORD_FAIL(edit(RECORD, "\"v\":1", "\"v\":2"), "v");
    RECORD_FAIL(edit(RECORD, "-7f4a-", "-4f4a-"), "release_id");
    RECORD_FAIL(edit(RECORD, "\"act\"", "\"model\":\"m\",\"act\""), "");
    RECORD_FAIL(edit(RECORD, "[\"" DIGEST "\",\"" DIGEST "\"]", "[]"), "sign_offs");
    RECORD_FAIL(edit(RECORD, "[\"" DIGEST "\",", "[\"AAAA\","), "sign_offs");
    RECORD_FAIL(edit(RECORD, "[\"" DIGEST "\"", "[\"" DIGEST "\",\"" DIGEST "\",\"" DIGEST "\",\"" DIGEST "\""), "sign_offs");
    RECORD_FAIL(edit(RECORD, "{\"id\":\"us-ks\",\"version\":3}", ""), "policies");
    RECORD_FAIL(edit(RECORD, "\"version\":3", "\"version\":0"), "version");
    RECORD_FAIL(edit(RECORD, "\"root\":2", "\"root\":0"), "root");
    RECORD_FAIL(RECORD "\n{}", "");

    char text[RELEASE_RECORD_MAX + 200];
    (void)snprintf(text, sizeof text, "%s%*s", RECORD, (int)(RELEASE_RECORD_MAX + 1 - strlen(RECORD)), "");
    RECORD_FAIL(text, "");
}

static void commit_of_a_release(void **state)
{
    static const char expected[] = "b0f5c9e1ab10e9c389aadeb1a320f59e41c135d73764004b6636caf18a23955f"; /* LOG 2.6 */
    uint8_t salt[32], commit[32];
    char hex[65];
    (void)state;
    for (size_t i = 0; i < 32; i++)
        salt[i] = (uint8_t)i;
    release_commit(salt, SPAN("{\"doc\":\"example\"}"), commit);
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", commit[i]);
    assert_string_equal(hex, expected);
}

static void release_leaves(void **state)
{
    const struct release_leaf leaf = {RELEASE_LEAF_RECORD, 1795330800000, {1, 2, 3}};
    uint8_t bytes[RELEASE_LEAF_SIZE + 1] = {0};
    struct buffer out = buffer_open(bytes, RELEASE_LEAF_SIZE);
    struct release_leaf read;
    csign_fault fault;
    (void)state;
    release_leaf_write(&out, &leaf);
    assert_int_equal(out.size, RELEASE_LEAF_SIZE);
    assert_memory_equal(bytes, "\1\1\0\0\1\xA2\2\x0D\xF9\x80\1\2\3", 13);
    assert_int_equal(release_leaf_read(span_of(bytes, RELEASE_LEAF_SIZE), &read, &fault), CSIGN_OK);
    assert_int_equal(read.kind, leaf.kind);
    assert_true(read.time_ms == leaf.time_ms);
    assert_memory_equal(read.commit, leaf.commit, 32);
    assert_int_equal(release_leaf_read(span_of(bytes, RELEASE_LEAF_SIZE - 1), &read, &fault), CSIGN_E_LEAF_MALFORMED);
    assert_int_equal(release_leaf_read(span_of(bytes, RELEASE_LEAF_SIZE + 1), &read, &fault), CSIGN_E_LEAF_MALFORMED);
    for (size_t i = 0; i < RELEASE_LEAF_SIZE; i++) {
        const char *field = i == 0 ? "" : i == 1 ? "kind" : i == 2 ? "time_ms" : i >= 42 ? "unused" : NULL;
        bytes[i] ^= 0x80u;
        csign_code code = release_leaf_read(span_of(bytes, RELEASE_LEAF_SIZE), &read, &fault);
        assert_int_equal(code, field ? CSIGN_E_LEAF_MALFORMED : CSIGN_OK);
        if (field)
            assert_string_equal(fault.field, field);
        bytes[i] ^= 0x80u;
    }
    bytes[1] = 0;
    assert_int_equal(release_leaf_read(span_of(bytes, RELEASE_LEAF_SIZE), &read, &fault), CSIGN_E_LEAF_MALFORMED);
    bytes[1] = 3;
    assert_int_equal(release_leaf_read(span_of(bytes, RELEASE_LEAF_SIZE), &read, &fault), CSIGN_E_LEAF_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_round_trips),
        cmocka_unit_test(members_of_another_event_fail),
        cmocka_unit_test(permit_without_a_member_fail),
        cmocka_unit_test(values_fail),
        cmocka_unit_test(receipt_too_long_fail),
        cmocka_unit_test(size_bands),
        cmocka_unit_test(batches),
        cmocka_unit_test(batch_too_long_fail),
        cmocka_unit_test(chain_is_that_of_protocol_6),
        cmocka_unit_test(acknowledgements),
        cmocka_unit_test(release_records),
        cmocka_unit_test(commit_of_a_release),
        cmocka_unit_test(release_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
