/* The strict reader and the closed schema: what is refused, and with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "schema.h"

static uint8_t memory[4096];

static enum json_failure read_all(const char *text, size_t size, unsigned depth)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct json j;
    json_open(&j, span_of(text, size), depth, &scratch);
    if (json_skip(&j, NULL))
        (void)json_finish(&j);
    return j.failure;
}

#define ACCEPTS(text) assert_int_equal(read_all(text, sizeof(text) - 1, 8), JSON_FINE)
#define REFUSES(text) assert_int_equal(read_all(text, sizeof(text) - 1, 8), JSON_SYNTAX)

static void accepts_json(void **state)
{
    (void)state;
    ACCEPTS("{}");
    ACCEPTS(" [ ] ");
    ACCEPTS("[1,-1,0,-0,1.5,1e3,1E+3,1e400,0.1e-1]");
    ACCEPTS("[true,false,null]");
    ACCEPTS("{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}");
    ACCEPTS("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"");
    ACCEPTS("\"\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80 \xEF\xBF\xBF\"");
    ACCEPTS("{\"__proto__\":1,\"constructor\":2}");
    ACCEPTS("[[[[[[[[]]]]]]]]");
}

static void refuses_what_is_not_strict(void **state)
{
    (void)state;
    REFUSES("");
    REFUSES(" ");
    REFUSES("{} {}");
    REFUSES("[1,]");
    REFUSES("[,1]");
    REFUSES("{\"a\":1,}");
    REFUSES("{a:1}");
    REFUSES("{\"a\" 1}");
    REFUSES("[1 2]");
    REFUSES("[01]");
    REFUSES("[1.]");
    REFUSES("[.5]");
    REFUSES("[+1]");
    REFUSES("[1e]");
    REFUSES("[-]");
    REFUSES("[1.2.3]");
    REFUSES("[NaN]");
    REFUSES("[tru]");
    REFUSES("[nul]");
    REFUSES("// c\n{}");
    REFUSES("{\"a\":1}x");
    REFUSES("'a'");
    REFUSES("\xEF\xBB\xBF{}");
    REFUSES("\"a\nb\"");
    REFUSES("\"\\x\"");
    REFUSES("\"\\u12\"");
    REFUSES("\"\\u0000\"");
    REFUSES("\"\\ud800\"");
    REFUSES("\"\\udc00\"");
    REFUSES("\"\\ud800\\u0041\"");
    REFUSES("\"\xC0\x80\"");
    REFUSES("\"\xED\xA0\x80\"");
    REFUSES("\"\xE0\x80\x80\"");
    REFUSES("\"\xF4\x90\x80\x80\"");
    REFUSES("\"\xF5\x80\x80\x80\"");
    REFUSES("\"\x80\"");
    REFUSES("\"\xC3\"");
    REFUSES("\"a");
    REFUSES("[[[[[[[[[]]]]]]]]]");
    REFUSES("[\0]");
    REFUSES("{}\0");
}

static void refuses_a_name_twice(void **state)
{
    (void)state;
    REFUSES("{\"exp\":1,\"exp\":2}");
    REFUSES("{\"exp\":1,\"e\\u0078p\":2}");
    REFUSES("{\"a\":{\"b\":1,\"c\":2,\"b\":3}}");
    REFUSES("[{\"a\":1},{\"a\":1,\"a\":1}]");
    REFUSES("{\"\":1,\"\":2}");
}

static void unescapes(void **state)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct json j;
    span text;
    (void)state;
    json_open(&j, SPAN("\"a\\u00e9\\ud83d\\ude00\\n\\/\""), 8, &scratch);
    assert_true(json_string(&j, &text));
    assert_true(json_finish(&j));
    assert_true(span_equal(text, SPAN("a\xC3\xA9\xF0\x9F\x98\x80\n/")));
}

/* Two bytes of every value, side by side at every place of a word: a string goes on to the first that is not plain. */
static void plain_strings_end(void **state)
{
    (void)state;
    for (unsigned place = 0; place < 9; place++)
        for (unsigned pair = 0; pair < 0x10000u; pair++) {
            uint8_t text[] = "\"aaaaaaaaaaaaaaa\"";
            const uint8_t first = (uint8_t)(pair >> 8), second = (uint8_t)pair;
            const bool plain[] = {first >= 0x20 && first < 0x80 && first != '"' && first != '\\',
                                  second >= 0x20 && second < 0x80 && second != '"' && second != '\\'};
            if (first == '\\' || first >= 0x80) /* with the second it may be a character */
                continue;
            text[1 + place] = first;
            text[2 + place] = second;
            struct json j;
            span string;
            json_open(&j, span_of(text, sizeof text - 1), 8, NULL);
            const size_t end = !plain[0] ? place : !plain[1] ? place + 1 : 15;
            assert_int_equal(json_string(&j, &string), text[1 + end] == '"');
            if (text[1 + end] == '"')
                assert_int_equal(string.size, end);
            else
                assert_ptr_equal(j.at, text + 1 + end);
        }
}

static void integers_are_digits_alone(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t value;
    } cases[] = {{"0", true, 0},
                 {"9007199254740991", true, 9007199254740991u},
                 {"9007199254740992", false, 0},
                 {"99999999999999999999999", false, 0},
                 {"00", false, 0},
                 {"01", false, 0},
                 {"-0", false, 0},
                 {"-1", false, 0},
                 {"1E3", false, 0},
                 {"1.", false, 0},
                 {"1.0", false, 0},
                 {"1e3", false, 0},
                 {"\"1\"", false, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json j;
        uint64_t value = 0;
        json_open(&j, span_text(cases[i].text), 8, NULL);
        assert_int_equal(json_integer(&j, 9007199254740991u, &value), cases[i].good);
        assert_int_equal(value, cases[i].value);
    }
}

struct person {
    uint64_t present;
    span name;
    uint64_t age;
    uint8_t kind;
    uint32_t born;
};
static const char *const kind_words[] = {"nurse", "physician"};
static const struct vocabulary kinds = {kind_words, 2};
static const struct schema_field person_fields[] = {
    {.name = "name", .kind = FIELD_TEXT, .max = 10, .offset = offsetof(struct person, name)},
    {.name = "age", .kind = FIELD_INTEGER, .max = 150, .optional = true, .offset = offsetof(struct person, age)},
    {.name = "kind", .kind = FIELD_WORD, .more = &kinds, .offset = offsetof(struct person, kind)},
    {.name = "born", .kind = FIELD_DATE, .optional = true, .offset = offsetof(struct person, born)},
};
static const struct schema person_schema = SCHEMA(struct person, person_fields);

static void schema_case(const char *text, csign_code code, const char *field)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct person p;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code got = schema_read_text(span_text(text), 8, &scratch, &person_schema, &p, CSIGN_E_MALFORMED_JSON,
                                      CSIGN_E_MALFORMED_CLAIMS, &fault);
    assert_int_equal(got, code);
    assert_string_equal(fault.field, field);
}

static void closed_schema(void **state)
{
    (void)state;
    schema_case("{\"name\":\"A\",\"age\":3,\"kind\":\"nurse\",\"born\":\"2024-02-29\"}", CSIGN_OK, "");
    schema_case("{\"kind\":\"nurse\",\"name\":\"A\"}", CSIGN_OK, "");
    schema_case("{\"kind\":\"nurse\"}", CSIGN_E_MALFORMED_CLAIMS, "name");
    schema_case("{\"name\":\"\",\"kind\":\"nurse\"}", CSIGN_E_MALFORMED_CLAIMS, "name");
    schema_case("{\"name\":\"01234567890\",\"kind\":\"nurse\"}", CSIGN_E_MALFORMED_CLAIMS, "name");
    schema_case("{\"name\":null,\"kind\":\"nurse\"}", CSIGN_E_MALFORMED_CLAIMS, "name");
    schema_case("{\"name\":\"A\",\"kind\":\"Nurse\"}", CSIGN_E_MALFORMED_CLAIMS, "kind");
    schema_case("{\"name\":\"A\",\"age\":151,\"kind\":\"nurse\"}", CSIGN_E_MALFORMED_CLAIMS, "age");
    schema_case("{\"name\":\"A\",\"kind\":\"nurse\",\"born\":\"2023-02-29\"}", CSIGN_E_MALFORMED_CLAIMS, "born");
    schema_case("{\"name\":\"A\",\"kind\":\"nurse\",\"born\":\"2023-2-9\"}", CSIGN_E_MALFORMED_CLAIMS, "born");
    schema_case("{\"name\":\"A\",\"kind\":\"nurse\",\"x\":1}", CSIGN_E_MALFORMED_CLAIMS, "");
    schema_case("{\"name\":\"A\",\"kind\":\"nurse\",\"n\\u0061me\":\"B\"}", CSIGN_E_MALFORMED_JSON, "name");
    schema_case("{\"name\":\"A\",\"kind\":\"nurse\"", CSIGN_E_MALFORMED_JSON, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_json),
        cmocka_unit_test(refuses_what_is_not_strict),
        cmocka_unit_test(refuses_a_name_twice),
        cmocka_unit_test(unescapes),
        cmocka_unit_test(plain_strings_end),
        cmocka_unit_test(integers_are_digits_alone),
        cmocka_unit_test(closed_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
