/* The release JSON: a closed object, its bounds, and where the document comes from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "counting.h"
#include "inputs.h"

#include <countersign/decide.h>

#define SIGN_OFF "{\"sign_off\":\"a~b\",\"transaction_data\":[\"AAAA\",\"BBBB\"],\"entry\":1}"
#define FRONT                                                                                                  \
    "{\"release_id\":\"r-1\",\"act\":\"imaging_report\",\"setting\":\"online\",\"jurisdiction\":\"US-KS\","    \
    "\"site\":\"h-1\",\"tool\":{\"id\":\"t\","                                                                 \
    "\"model\":\"m\",\"version\":\"4.2\"},\"audience\":\"deployment-1\",\"request_id\":\"q-1\","
#define TEXT FRONT "\"requests\":[{\"any\":[1]},null],\"sign_offs\":[" SIGN_OFF "],\"document\":\"Zm9v\"}"

static uint8_t memory[1 << 18];
static struct csign_release release;

static csign_code read_json(span json, csign_fault *fault)
{
    memset(&release, 0, sizeof release);
    assert_true(csign_release_memory(json.size) <= sizeof memory);
    return csign_release_read(json, 77, memory, csign_release_memory(json.size), &release, fault);
}

static void is(const char *json, csign_code code, const char *field)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_refused(read_json(placed_text(json), &fault), &fault, code, field, json);
}

static void refuses(const char *json, const char *field)
{
    is(json, CSIGN_E_ARGUMENT, field);
}

static void fields(void **state)
{
    (void)state;
    is(TEXT, CSIGN_OK, "");
    assert_true(release.struct_size == sizeof release && span_equal(release.release_id, SPAN("r-1")) &&
                span_equal(release.tool_version, SPAN("4.2")));
    assert_true(release.request_count == 2 && span_equal(release.slots[0].request, SPAN("{\"any\":[1]}")) &&
                span_equal(release.slots[1].request, SPAN("null")));
    assert_true(release.sign_off_count == 1 && release.slots[0].entry == 1 &&
                release.slots[0].transaction_data_count == 2 && release.slots[0].received_at == 77);
    assert_true(span_equal(release.slots[0].sign_off, SPAN("a~b")) &&
                span_equal(release.slots[0].transaction_data[1], SPAN("BBBB")));
    assert_true(span_equal(release.document, SPAN("foo")));
    is(FRONT "\"requests\":[],\"sign_offs\":[],\"document\":\"\"}", CSIGN_OK,
       ""); /* nothing at all reads: the decision says what is missing */
    assert_true(release.document.data && release.document.size == 0 && release.sign_off_count == 0);
}

static void members_fail(void **state)
{
    static const struct closed_exception members[] = {{"requests", NULL, false, false},
                                                      {NULL, NULL, false, false}};
    static const struct closed closed = {read_json, CSIGN_E_ARGUMENT, CSIGN_E_ARGUMENT, members, false, false};
    (void)state;
    closed_check(&closed, FRONT "\"requests\":[],\"sign_offs\":[" SIGN_OFF "],\"document\":\"Zm9v\"}");
}

static void documents_fail(void **state)
{
    static const char both[] =
        FRONT "\"requests\":[],\"sign_offs\":[],\"document\":\"Zm9v\",\"document_file\":\"/tmp/x\"}";
    static const char file[] = FRONT "\"requests\":[],\"sign_offs\":[],\"document_file\":\"/tmp/x\"}";
    csign_fault fault = {CSIGN_OK, "", "", 0};
    (void)state;
    refuses(both, "document_file");
    refuses(file, "document"); /* nobody has read it */
    release = (struct csign_release){.document = SPAN("mapped")};
    assert_refused(csign_release_read(placed_text(file), 0, memory, sizeof memory, &release, &fault), &fault,
                   CSIGN_OK, "", file);
    assert_true(span_equal(release.document, SPAN("mapped")));
    refuses(edited(TEXT, "\"Zm9v\"", "\"Zm9\\n\""), "document");
    refuses(edited(TEXT, "\"Zm9v\"", "\"Zm9v=\""), "document");
    refuses(edited(TEXT, "\"Zm9v\"", "\"AB\""), "document");
    refuses(edited(TEXT, "\"Zm9v\"", "\"+/+/\""), "document");
}

static void values_fail(void **state)
{
    char list[4096], text[8192];
    (void)state;
    refuses(edited(TEXT, "\"r-1\"", "\"r 1\""), "release_id");
    refuses(edited(TEXT, "\"entry\":1", "\"entry\":65"), "entry");
    refuses(edited(TEXT, "\"entry\":1", "\"entry\":-1"), "entry");
    refuses(edited(TEXT, "[\"AAAA\",\"BBBB\"]", "[1]"), "transaction_data");
    refuses(edited(TEXT, "[{\"any\":[1]},null]", "[1,2,3,4,5]"), "requests");
    is(edited(TEXT, "[{\"any\":[1]},null]", "[1,2,3,4]"), CSIGN_OK, "");
    refuses(edited(TEXT, SIGN_OFF, SIGN_OFF "," SIGN_OFF "," SIGN_OFF "," SIGN_OFF "," SIGN_OFF), "sign_offs");
    is(edited(TEXT, SIGN_OFF, SIGN_OFF "," SIGN_OFF "," SIGN_OFF "," SIGN_OFF), CSIGN_OK, "");
    refuses(edited(TEXT, "{\"any\":[1]}", "{\"any\":1,\"any\":1}"), "requests");
    refuses(edited(TEXT, "[1]", "[[[[[[[[1]]]]]]]]"), "requests");
    refuses(TEXT "x", "");
    refuses("", "");
    refuses("[]", "");
    for (unsigned count = 64; count <= 65; count++) {
        int size = snprintf(list, sizeof list, "[");
        for (unsigned i = 0; i < count; i++)
            size += snprintf(list + size, sizeof list - (size_t)size, "%s\"AAAA\"", i ? "," : "");
        (void)snprintf(list + size, sizeof list - (size_t)size, "]");
        (void)snprintf(text, sizeof text, "%s", edited(TEXT, "[\"AAAA\",\"BBBB\"]", list));
        is(text, count > 64 ? CSIGN_E_ARGUMENT : CSIGN_OK, "transaction_data");
    }
}

static void arguments_fail(void **state)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    size_t size = csign_release_memory(strlen(TEXT));
    (void)state;
    assert_refused(csign_release_read(span_of(NULL, 0), 0, memory, size, &release, &fault), &fault,
                   CSIGN_E_ARGUMENT, "release", "no text");
    assert_refused(csign_release_read(SPAN(TEXT), 0, NULL, size, &release, &fault), &fault, CSIGN_E_ARGUMENT,
                   "release", "no memory");
    assert_refused(csign_release_read(SPAN(TEXT), 0, memory, size, NULL, &fault), &fault, CSIGN_E_ARGUMENT,
                   "release", "no place");
    assert_refused(csign_release_read(SPAN(TEXT), 0, memory, size - 1, &release, &fault), &fault,
                   CSIGN_E_NO_SPACE, "memory", "a byte short");
    assert_int_equal(csign_release_read(SPAN(TEXT), 0, memory, size, &release, NULL), CSIGN_OK);
    /* On a failure the release is left alone. */
    release.act = SPAN("untouched");
    assert_int_equal(csign_release_read(SPAN("{}"), 0, memory, size, &release, NULL), CSIGN_E_ARGUMENT);
    assert_true(span_equal(release.act, SPAN("untouched")));
}

/* The memory that is asked for is enough: the most of short strings, and of escaped ones. */
static void memory_is_enough(void **state)
{
    (void)state;
    for (unsigned shape = 0; shape < 2; shape++) {
        static char text[1 << 17];
        int size = snprintf(text, sizeof text, FRONT "\"requests\":[1,2,3,4],\"sign_offs\":[");
        for (unsigned i = 0; i < 4; i++) {
            size += snprintf(text + size, sizeof text - (size_t)size, "%s{\"sign_off\":\"", i ? "," : "");
            for (unsigned k = 0; shape == 1 && k < 2000; k++)
                size += snprintf(text + size, sizeof text - (size_t)size, "\\t\\n");
            size += snprintf(text + size, sizeof text - (size_t)size, "\",\"transaction_data\":[");
            for (unsigned k = 0; k < 64; k++)
                size += snprintf(text + size, sizeof text - (size_t)size, "%s\"%s\"", k ? "," : "",
                                 shape ? "\\n" : "");
            size += snprintf(text + size, sizeof text - (size_t)size, "],\"entry\":0}");
        }
        (void)snprintf(text + size, sizeof text - (size_t)size, "],\"document\":\"\"}");
        is(text, CSIGN_OK, "");
        assert_int_equal(release.slots[3].transaction_data_count, 64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),      cmocka_unit_test(members_fail),   cmocka_unit_test(documents_fail),
        cmocka_unit_test(values_fail), cmocka_unit_test(arguments_fail), cmocka_unit_test(memory_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
