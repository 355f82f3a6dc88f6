/* Schemas: every kind of field by what it refuses, and the member that is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inputs.h"
#include "schema_write.h"

#define SYNTAX    CSIGN_E_MALFORMED_JSON
#define MALFORMED CSIGN_E_MALFORMED_CLAIMS
#define DIGEST    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const char *const word_texts[] = {"red", "green"};
static const struct vocabulary colours = {word_texts, 2};

struct inner {
    uint64_t present, n;
};
static const struct schema_field inner_fields[] = {
    {.name = "n", .kind = FIELD_INTEGER, .max = 9, .offset = offsetof(struct inner, n)},
};
static const struct schema inner_schema = SCHEMA(struct inner, inner_fields);

struct all {
    uint64_t present;
    span text, id, code, random, bytes, raw;
    uint8_t digest[32], word;
    uint64_t integer, words;
    bool boolean;
    uint32_t date;
    struct text_list texts, ids, codes;
    struct inner object;
    struct object_list objects;
    span called;
};

static bool call(struct json *j, const struct schema_field *field, void *into)
{
    return json_string(j, into) && (((span *)into)->size != 3 || json_fail(j, field->name, "three"));
}

#define AT(member) .optional = true, .offset = offsetof(struct all, member)
static const struct schema_field all_fields[] = {
    {.name = "text", .kind = FIELD_TEXT, .max = 5, AT(text)},
    {.name = "id", .kind = FIELD_ID, AT(id)},
    {.name = "code", .kind = FIELD_CODE, AT(code)},
    {.name = "random", .kind = FIELD_RANDOM, AT(random)},
    {.name = "bytes", .kind = FIELD_B64U, .max = 3, AT(bytes)},
    {.name = "digest", .kind = FIELD_DIGEST, AT(digest)},
    {.name = "const", .kind = FIELD_CONST, .more = "only", .optional = true},
    {.name = "word", .kind = FIELD_WORD, .more = &colours, AT(word)},
    {.name = "integer", .kind = FIELD_INTEGER, .max = 10, AT(integer)},
    {.name = "boolean", .kind = FIELD_BOOL, AT(boolean)},
    {.name = "date", .kind = FIELD_DATE, AT(date)},
    {.name = "texts", .kind = FIELD_TEXTS, .max = 3, AT(texts)},
    {.name = "ids", .kind = FIELD_IDS, AT(ids)},
    {.name = "codes", .kind = FIELD_CODES, .max = 2, AT(codes)},
    {.name = "words", .kind = FIELD_WORDS, .more = &colours, AT(words)},
    {.name = "object", .kind = FIELD_OBJECT, .more = &inner_schema, AT(object)},
    {.name = "objects", .kind = FIELD_OBJECTS, .max = 2, .more = &inner_schema, AT(objects)},
    {.name = "raw", .kind = FIELD_RAW, AT(raw)},
    {.name = "call", .kind = FIELD_CALL, .call = call, AT(called)},
};
static const struct schema all_schema = SCHEMA(struct all, all_fields);
static const struct schema open_schema = SCHEMA_OPEN(struct all, all_fields);

static uint8_t memory[8192];
static struct all all;

static csign_code read_with(const struct schema *schema, span json, size_t scratch_size, csign_fault *fault)
{
    struct buffer scratch = buffer_open(memory, scratch_size);
    return schema_read_text(json, 4, &scratch, schema, &all, SYNTAX, MALFORMED, fault);
}

static csign_code read_all(span json, csign_fault *fault)
{
    return read_with(&all_schema, json, sizeof memory, fault);
}

static void accepts(const char *json)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_refused(read_all(placed_text(json), &fault), &fault, CSIGN_OK, "", json);
}

static void refuses(const char *json, csign_code code, const char *field)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_refused(read_all(placed_text(json), &fault), &fault, code, field, json);
}

static void each_kind_reads(void **state)
{
    (void)state;
    accepts("{\"text\":\"12345\",\"id\":\"A-z.0_9:\",\"code\":\"CN-11\",\"random\":\"AAAAAAAAAAAAAAAAAAAAAA\","
            "\"bytes\":\"Zm9v\","
            "\"digest\":\"" DIGEST
            "\",\"const\":\"only\",\"word\":\"green\",\"integer\":10,\"boolean\":true,\"date\":\"2024-02-29\","
            "\"texts\":[\"a\",\"b\",\"c\"],\"ids\":[],\"codes\":[\"US\",\"FR-IDF\"],\"words\":[\"green\","
            "\"red\"],\"object\":{\"n\":9},"
            "\"objects\":[{\"n\":1},{\"n\":2}],\"raw\":{\"x\":[null]},\"call\":\"four\"}");
    assert_true(all.present == (UINT64_C(1) << 19) - 1);
    assert_true(span_equal(all.text, SPAN("12345")) && span_equal(all.bytes, SPAN("foo")) &&
                all.random.size == 22);
    assert_true(all.word == 2 && all.words == 6 && all.integer == 10 && all.boolean && all.date == 20240229);
    assert_true(all.texts.count == 3 && all.ids.count == 0 && all.codes.count == 2 && all.object.n == 9 &&
                all.objects.count == 2);
    assert_true(((const struct inner *)all.objects.items)[1].n == 2 &&
                span_equal(all.raw, SPAN("{\"x\":[null]}")));
    accepts("{}");
    assert_true(all.present == 0 && !all.text.data);
}

static void kinds_fail(void **state)
{
    static const char *const cases[][2] = {
        {"text", "\"\""},
        {"text", "\"123456\""},
        {"text", "5"},
        {"text", "null"},
        {"id", "\"\""},
        {"id", "\"a b\""},
        {"id", "\"a/b\""},
        {"id", "\"\xC3\xA9\""},
        {"id", "\"a\\n\""},
        {"id", "\"a@\""},
        {"id", "\"[\""},
        {"id", "\"a;\""},
        {"id", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""},
        {"code", "\"C\""},
        {"code", "\"cn\""},
        {"code", "\"CN-\""},
        {"code", "\"CN-1111\""},
        {"code", "\"CN_11\""},
        {"code", "\"CN-1a\""},
        {"code", "\"CN11\""},
        {"code", "\"1N\""},
        {"code", "\"*\""},
        {"code", "\"\""},
        {"random", "\"AAAAAAAAAAAAAAAAAAAA\""},
        {"random", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""},
        {"random", "\"AAAAAAAAAAAAAAAAAAAAAB\""},
        {"random", "\"AAAAAAAAAAAAAAAAAAAAAA==\""},
        {"random", "\"\""},
        {"bytes", "\"\""},
        {"bytes", "\"Zm9vYg\""},
        {"bytes", "\"Zm9v=\""},
        {"bytes", "\"Zm9\\n\""},
        {"digest", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""},
        {"digest", "\"" DIGEST "A\""},
        {"digest", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\""},
        {"digest", "\"" DIGEST "=\""},
        {"digest", "\"0000000000000000000000000000000000000000000000000000000000000000\""},
        {"const", "\"Only\""},
        {"const", "\"onl\""},
        {"const", "\"only \""},
        {"const", "true"},
        {"word", "\"blue\""},
        {"word", "\"\""},
        {"word", "\"Red\""},
        {"word", "1"},
        {"integer", "11"},
        {"integer", "-1"},
        {"integer", "1.0"},
        {"integer", "1e0"},
        {"integer", "\"1\""},
        {"integer", "18446744073709551617"},
        {"integer", "-0"},
        {"integer", "true"},
        {"boolean", "1"},
        {"boolean", "\"true\""},
        {"boolean", "null"},
        {"date", "\"2023-02-29\""},
        {"date", "\"2100-02-29\""},
        {"date", "\"2024-13-01\""},
        {"date", "\"2024-00-01\""},
        {"date", "\"2024-01-00\""},
        {"date", "\"2024-04-31\""},
        {"date", "\"2024-01-32\""},
        {"date", "\"2024-1-01\""},
        {"date", "\"20240101\""},
        {"date", "\"2024-01-01Z\""},
        {"date", "\"2024/01/01\""},
        {"date", "\"0999-01-01\""},
        {"date", "\"2024-01-0a\""},
        {"date", "20240101"},
        {"date", "\"2024-01--1\""},
        {"texts", "[\"a\",\"b\",\"c\",\"d\"]"},
        {"texts", "[\"a\",\"a\"]"},
        {"texts", "[\"\"]"},
        {"texts", "[1]"},
        {"texts", "\"a\""},
        {"texts", "[\"a\",\"\\u0061\"]"},
        {"ids", "[\"a\",\"a\"]"},
        {"ids", "[\"a b\"]"},
        {"ids", "{}"},
        {"codes", "[]"},
        {"codes", "[\"us\"]"},
        {"codes", "[\"US\",\"US\"]"},
        {"codes", "[\"US\",\"FR\",\"DE\"]"},
        {"words", "[\"red\",\"red\"]"},
        {"words", "[\"blue\"]"},
        {"words", "\"red\""},
        {"words", "[[\"red\"]]"},
        {"objects", "[{\"n\":1},{\"n\":1},{\"n\":1}]"},
        {"objects", "{\"n\":1}"},
        {"objects", "[1]"},
        {"object", "[]"},
        {"object", "null"},
        {"call", "\"abc\""},
        {"call", "5"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[512];
        (void)snprintf(json, sizeof json, "{\"%s\":%s}", cases[i][0], cases[i][1]);
        refuses(json, MALFORMED, cases[i][0]);
    }
}

/* Bounds from the inside. */
static void kinds_at_their_bounds(void **state)
{
    char json[8192];
    (void)state;
    accepts("{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}");
    accepts("{\"random\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"); /* 32 bytes */
    accepts("{\"code\":\"FR-IDF\"}");
    accepts("{\"date\":\"1000-01-01\"}");
    accepts("{\"date\":\"9999-12-31\"}");
    accepts("{\"date\":\"2000-02-29\"}");
    accepts("{\"integer\":0}");
    accepts("{\"text\":\"\\u00e9\\n\"}");
    assert_int_equal(all.text.size, 3);
    /* A list without a maximum of its own has 64; a text in one 200 bytes. */
    for (unsigned count = 64; count <= 65; count++) {
        int size = snprintf(json, sizeof json, "{\"ids\":[\"i0\"");
        for (unsigned i = 1; i < count; i++)
            size += snprintf(json + size, sizeof json - (size_t)size, ",\"i%u\"", i);
        (void)snprintf(json + size, sizeof json - (size_t)size, "]}");
        if (count == 64)
            accepts(json);
        else
            refuses(json, MALFORMED, "ids");
    }
    (void)snprintf(json, sizeof json, "{\"texts\":[\"%0200d\"]}", 0);
    accepts(json);
    (void)snprintf(json, sizeof json, "{\"texts\":[\"%0201d\"]}", 0);
    refuses(json, MALFORMED, "texts");
}

static void objects_fail(void **state)
{
    (void)state;
    refuses("{\"unknown\":1}", MALFORMED, "");
    refuses("{\"Text\":\"a\"}", MALFORMED, "");
    refuses("{\"tex\":\"a\"}", MALFORMED, "");
    refuses("{\"texts2\":\"a\"}", MALFORMED, "");
    refuses("{\"object\":{}}", MALFORMED, "n");
    refuses("{\"object\":{\"n\":1,\"m\":1}}", MALFORMED, "");
    refuses("{\"objects\":[{\"n\":1},{}]}", MALFORMED, "n");
    refuses("{\"text\":\"a\",\"text\":\"a\"}", SYNTAX, "text");
    refuses("{\"text\":\"a\",\"t\\u0065xt\":\"a\"}", SYNTAX, "text");
    refuses("{\"object\":{\"n\":1,\"n\":1}}", SYNTAX, "n");
    refuses("{\"raw\":{\"x\":1,\"x\":1}}", SYNTAX, "raw");
    refuses("{\"raw\":[[[[1]]]]}", SYNTAX, "raw"); /* depth 4 is the most */
    refuses("{\"text\":\"a\"} {}", SYNTAX, "");
    refuses("{\"text\":\"a\",}", SYNTAX, "");
    refuses("[]", MALFORMED, "");
    refuses("\"a\"", MALFORMED, "");
    refuses("", SYNTAX, "");
    refuses("{", SYNTAX, "");
    refuses("{\"text\":\"a", SYNTAX, "text");
    accepts(" {\"raw\":[[[1]]]}\n");
}

/* A name is the same however it is spelled, and wherever it stands: what the schema expects next is no more than that. */
static void names_however_spelled(void **state)
{
    static const char *const cases[] = {
        "{\"text\":\"a\",\"id\":\"b\",\"integer\":7}",
        " { \"text\" :\t\"a\" ,\n\"id\" : \"b\" , \"integer\"\r: 7 } ",
        "{\"text\" :\"a\", \"id\":\"b\" ,\"integer\":7}",
        "{\"te\\u0078t\":\"a\",\"i\\u0064\":\"b\",\"\\u0069nteger\":7}",
        "{\"integer\":7,\"id\":\"b\",\"text\":\"a\"}",
    };
    char json[128];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        accepts(cases[i]);
        assert_true(span_equal(all.text, SPAN("a")) && span_equal(all.id, SPAN("b")) && all.integer == 7);
        assert_true(all.present == (1u << 0 | 1u << 1 | 1u << 8));
    }
    for (size_t size = 0; size < strlen(cases[0]); size++) {
        (void)snprintf(json, sizeof json, "%.*s", (int)size, cases[0]);
        assert_int_equal(read_all(placed_text(json), NULL), SYNTAX);
    }
    refuses("{\"text\":\"a\"\"id\":\"b\"}", SYNTAX, "");
    refuses("{\"text\":\"a\",,\"id\":\"b\"}", SYNTAX, "");
    refuses("{,\"text\":\"a\"}", SYNTAX, "");
    refuses("{\"text\"\"a\"}", SYNTAX, "");
    refuses("{\"text\";\"a\"}", SYNTAX, "");
    refuses("{\"text:\"a\"}", SYNTAX, "");
    refuses("{\"\":\"a\"}", MALFORMED, "");
    refuses("{\"id\":\"b\",\"text\":\"a\",\"id\":\"b\"}", SYNTAX, "id");
    refuses("{\"call\":\"four\",\"text\":\"a\",\"call\":\"four\"}", SYNTAX, "call");
}

/* Unknown members are read over, and as strictly: at any depth, and not twice. */
static void open_objects(void **state)
{
    static const struct {
        const char *json;
        csign_code code;
    } cases[] = {{"{\"unknown\":{\"a\":[1]},\"text\":\"a\",\"more\":null}", CSIGN_OK},
                 {"{\"unknown\":1,\"unknown\":1}", SYNTAX},
                 {"{\"unknown\":1,\"unkn\\u006fwn\":1}", SYNTAX},
                 {"{\"unknown\":{\"a\":1,\"a\":1}}", SYNTAX},
                 {"{\"unknown\":[01]}", SYNTAX},
                 {"{\"unknown\":[[[[1]]]]}", SYNTAX},
                 {"{\"object\":{\"n\":1,\"m\":1}}", MALFORMED}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(read_with(&open_schema, placed_text(cases[i].json), sizeof memory, NULL),
                         cases[i].code);
}

/* With every size of scratch that is too small the answer is no-space, never another one and never a success.
 */
static void no_space_fail(void **state)
{
    static const char json[] = "{\"text\":\"\\u0061\",\"bytes\":\"Zm9v\",\"texts\":[\"a\",\"\\u0062\"],"
                               "\"objects\":[{\"n\":1},{\"n\":2}]}";
    size_t size = 0;
    (void)state;
    while (read_with(&all_schema, placed_text(json), size, NULL) == CSIGN_E_NO_SPACE)
        assert_true(++size < sizeof memory);
    assert_int_equal(read_with(&all_schema, placed_text(json), size, NULL), CSIGN_OK);
    assert_true(size > 2 * sizeof(span) + 2 * sizeof(struct inner));
    struct buffer small = buffer_open(memory, 64);
    assert_null(schema_scratch_in(&small, SIZE_MAX / 8, 16));
    assert_true(small.overflow);
    small = buffer_open(memory, 64);
    buffer_byte(&small, 1);
    assert_int_equal((uintptr_t)schema_scratch_in(&small, 1, 8) % 8, 0);
}

static void jurisdictions_cover(void **state)
{
    (void)state;
    assert_true(jurisdiction_covers(SPAN("US"), SPAN("US")));
    assert_true(jurisdiction_covers(SPAN("US"), SPAN("US-KS")));
    assert_true(jurisdiction_covers(SPAN("US-KS"), SPAN("US-KS")));
    assert_false(jurisdiction_covers(SPAN("US-KS"), SPAN("US")));
    assert_false(jurisdiction_covers(SPAN("US-KS"), SPAN("US-NY")));
    assert_false(jurisdiction_covers(SPAN("US"), SPAN("UK-KS")));
    assert_false(jurisdiction_covers(SPAN("US"), SPAN("USA")));
    assert_false(jurisdiction_covers(SPAN("US"), SPAN("")));
    assert_false(jurisdiction_covers(SPAN("US-K"), SPAN("US-KS")));
}

static void vocabularies(void **state)
{
    (void)state;
    assert_int_equal(vocabulary_find(&colours, SPAN("red")), 1);
    assert_int_equal(vocabulary_find(&colours, SPAN("re")), 0);
    assert_int_equal(vocabulary_find(&colours, SPAN("redd")), 0);
    assert_int_equal(vocabulary_find(&colours, SPAN("")), 0);
    assert_string_equal(vocabulary_word(&colours, 2), "green");
    assert_null(vocabulary_word(&colours, 0));
    assert_null(vocabulary_word(&colours, 3));
}

static void written(void **state)
{
    static const span items[] = {{(const uint8_t *)"a", 1}, {(const uint8_t *)"\"\n", 2}};
    struct buffer out = buffer_open(memory, sizeof memory);
    struct json_out o = json_out(&out);
    (void)state;
    json_put_object(&o);
    json_put_word_member(&o, "word", &colours, 1);
    json_put_texts_member(&o, "texts", (struct text_list){items, 2});
    json_put_date_member(&o, "absent", 0);
    json_put_date_member(&o, "date", 20270331);
    json_end_object(&o);
    assert_true(span_equal(buffer_span(&out),
                           SPAN("{\"word\":\"red\",\"texts\":[\"a\",\"\\\"\\n\"],\"date\":\"2027-03-31\"}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_reads),
        cmocka_unit_test(kinds_fail),
        cmocka_unit_test(kinds_at_their_bounds),
        cmocka_unit_test(objects_fail),
        cmocka_unit_test(names_however_spelled),
        cmocka_unit_test(open_objects),
        cmocka_unit_test(no_space_fail),
        cmocka_unit_test(jurisdictions_cover),
        cmocka_unit_test(vocabularies),
        cmocka_unit_test(written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
