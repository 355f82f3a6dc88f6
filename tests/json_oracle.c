/*
 * json_oracle [COUNT [SEED]]: core/json against jansson at its strictest, on documents made by a grammar that also errs,
 * and then mutated. Both must accept or both refuse, and what both accept must hold the same values.
 *
 * No difference is ever passed over. Where the two are meant to differ, no document is made (`comparable`): numbers
 * that fit neither jansson's integer nor its double, which core keeps as text; more containers or names than core's
 * caps, which jansson does not have; and a NUL byte outside strings, which jansson takes for the end of the text.
 */
#include "json_oracle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "json.h"

#define DOCUMENT_MAX 4096u
#define DIGITS_MAX   17u /* of a number: below 2^63, and 10^17 x 10^99 is a double */
#define EXPONENT_MAX 2u

static uint64_t random_state;

/* xorshift64*: the same documents for the same seed everywhere. */
static uint32_t random_below(uint32_t n)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)(random_state * UINT64_C(2685821657736338717) >> 33) % n;
}

static bool one_in(uint32_t n)
{
    return random_below(n) == 0;
}

/* --- making documents --- */

static uint8_t document[DOCUMENT_MAX];
static size_t document_size;

static void put(const char *text, size_t size)
{
    if (document_size + size <= DOCUMENT_MAX) {
        memcpy(document + document_size, text, size);
        document_size += size;
    }
}

static void put_text(const char *text)
{
    put(text, strlen(text));
}

struct choice {
    const char *text;
    size_t size;
};
#define CHOICE(literal)    {"" literal, sizeof(literal) - 1}
#define PUT_ONE_OF(list)   put_choice(list, sizeof(list) / sizeof *(list))

static void put_choice(const struct choice *list, size_t count)
{
    const struct choice *c = &list[random_below((uint32_t)count)];
    put(c->text, c->size);
}

static void make_space(void)
{
    static const struct choice spaces[] = {CHOICE(" "), CHOICE("\n"), CHOICE("\r\n"), CHOICE("\t"), CHOICE("  ")};
    static const struct choice wrong[] = {CHOICE("\v"), CHOICE("\f"), CHOICE("\xC2\xA0"), CHOICE("\xEF\xBB\xBF"),
                                          CHOICE("\0"), CHOICE("//\n"), CHOICE("/**/")};
    if (one_in(6))
        PUT_ONE_OF(spaces);
    if (one_in(2000))
        PUT_ONE_OF(wrong);
}

static void make_character(void)
{
    static const struct choice good[] = {
        CHOICE("\\\""), CHOICE("\\\\"), CHOICE("\\/"), CHOICE("\\b"), CHOICE("\\f"), CHOICE("\\n"), CHOICE("\\r"),
        CHOICE("\\t"), CHOICE("\\u0001"), CHOICE("\\u001F"), CHOICE("\\u007f"), CHOICE("\\u0080"), CHOICE("\\u00e9"),
        CHOICE("\\u07FF"), CHOICE("\\u0800"), CHOICE("\\u20AC"), CHOICE("\\uD7fF"), CHOICE("\\ue000"), CHOICE("\\uFFFF"),
        CHOICE("\\ud800\\udc00"), CHOICE("\\uDBFF\\uDFFF"), CHOICE("\\ud83d\\ude00"), CHOICE("\x7F"), CHOICE("\xC2\x80"),
        CHOICE("\xC3\xA9"), CHOICE("\xDF\xBF"), CHOICE("\xE0\xA0\x80"), CHOICE("\xE2\x82\xAC"), CHOICE("\xED\x9F\xBF"),
        CHOICE("\xEE\x80\x80"), CHOICE("\xEF\xBF\xBF"), CHOICE("\xEF\xBB\xBF"), CHOICE("\xF0\x90\x80\x80"),
        CHOICE("\xF0\x9F\x98\x80"), CHOICE("\xF4\x8F\xBF\xBF"), CHOICE("'"), CHOICE("{"), CHOICE(",")};
    static const struct choice wrong[] = {
        CHOICE("\\u0000"), CHOICE("\\x41"), CHOICE("\\'"), CHOICE("\\0"), CHOICE("\\u12"), CHOICE("\\u12g4"), CHOICE("\\U0041"),
        CHOICE("\\ud800"), CHOICE("\\udc00"), CHOICE("\\ud800\\u0041"), CHOICE("\\ud800\\ud800"), CHOICE("\\udc00\\ud800"),
        CHOICE("\\ud800\\n"), CHOICE("\\ud83d\\ude0"), CHOICE("\0"), CHOICE("\n"), CHOICE("\t"), CHOICE("\x1F"), CHOICE("\x80"),
        CHOICE("\xBF"), CHOICE("\xC0\x80"), CHOICE("\xC1\xBF"), CHOICE("\xC3"), CHOICE("\xC3("), CHOICE("\xE0\x80\x80"),
        CHOICE("\xE0\x9F\xBF"), CHOICE("\xE2\x82"), CHOICE("\xED\xA0\x80"), CHOICE("\xED\xBF\xBF"), CHOICE("\xF0\x80\x80\x80"),
        CHOICE("\xF0\x8F\xBF\xBF"), CHOICE("\xF0\x9F\x98"), CHOICE("\xF4\x90\x80\x80"), CHOICE("\xF5\x80\x80\x80"),
        CHOICE("\xF8\x88\x80\x80\x80"), CHOICE("\xFE"), CHOICE("\xFF"), CHOICE("\\"), CHOICE("\"")};
    if (one_in(500)) {
        PUT_ONE_OF(wrong);
    } else if (one_in(6)) {
        PUT_ONE_OF(good);
    } else {
        const char plain = (char)('a' + random_below(26));
        put(&plain, 1);
    }
}

static void make_string(void)
{
    put_text("\"");
    for (uint32_t left = one_in(20) ? random_below(60) : random_below(6); left > 0; left--)
        make_character();
    put_text("\"");
}

/* Few names, and some of them spelled twice: duplicates are common. */
static void make_name(void)
{
    static const struct choice names[] = {
        CHOICE("\"\""), CHOICE("\"a\""), CHOICE("\"\\u0061\""), CHOICE("\"b\""), CHOICE("\"aa\""), CHOICE("\"a\\u0061\""),
        CHOICE("\"exp\""), CHOICE("\"e\\u0078p\""), CHOICE("\"\xC3\xA9\""), CHOICE("\"\\u00e9\""), CHOICE("\"\\u00E9\""),
        CHOICE("\"/\""), CHOICE("\"\\/\""), CHOICE("\"\xF0\x9F\x98\x80\""), CHOICE("\"\\ud83d\\ude00\""), CHOICE("\"iat\"")};
    static const struct choice wrong[] = {CHOICE("a"), CHOICE("1"), CHOICE("null"), CHOICE("'a'"), CHOICE("")};
    if (one_in(1000))
        PUT_ONE_OF(wrong);
    else if (one_in(3))
        PUT_ONE_OF(names);
    else
        make_string();
}

static void make_digits(uint32_t most)
{
    for (uint32_t left = 1 + random_below(most); left > 0; left--) {
        const char digit = (char)('0' + random_below(10));
        put(&digit, 1);
    }
}

static void make_number(void)
{
    static const struct choice wrong[] = {CHOICE("01"), CHOICE("1."), CHOICE(".5"), CHOICE("+1"), CHOICE("1e"), CHOICE("1e+"),
                                          CHOICE("-"), CHOICE("--1"), CHOICE("0x10"), CHOICE("1.e3"), CHOICE("NaN"),
                                          CHOICE("Infinity"), CHOICE("-Infinity"), CHOICE("1.2.3"), CHOICE("1_0"), CHOICE("-01")};
    if (one_in(200)) {
        PUT_ONE_OF(wrong);
        return;
    }
    if (one_in(4))
        put_text("-");
    if (one_in(5)) {
        put_text("0");
    } else {
        const char digit = (char)('1' + random_below(9));
        put(&digit, 1);
        if (!one_in(3))
            make_digits(one_in(10) ? 16 : 3);
    }
    if (one_in(4)) {
        put_text(".");
        make_digits(6);
    }
    if (one_in(6)) {
        static const struct choice signs[] = {CHOICE("e"), CHOICE("E"), CHOICE("e+"), CHOICE("E-"), CHOICE("e-")};
        PUT_ONE_OF(signs);
        make_digits(EXPONENT_MAX);
    }
}

static void make_value(unsigned depth);

static void make_container(unsigned depth, bool object)
{
    put_text(object ? "{" : "[");
    make_space();
    for (uint32_t left = random_below(depth > 4 ? 3 : 6), first = 1; left > 0; left--, first = 0) {
        if (!first)
            put_text(one_in(1000) ? ";" : ",");
        make_space();
        if (object) {
            make_name();
            make_space();
            if (!one_in(1000))
                put_text(":");
            make_space();
        }
        make_value(depth + 1);
        make_space();
    }
    if (one_in(1000))
        put_text(",");
    put_text(one_in(1000) ? "" : object != one_in(1000) ? "}" : "]");
}

static void make_value(unsigned depth)
{
    static const struct choice words[] = {CHOICE("true"), CHOICE("false"), CHOICE("null")};
    static const struct choice wrong[] = {CHOICE("True"), CHOICE("nul"), CHOICE("truefalse"), CHOICE("undefined"), CHOICE(""),
                                          CHOICE("nullx"), CHOICE("fals"), CHOICE("'a'")};
    switch (random_below(depth == 0 ? 5 : depth > 10 ? 9 : 12)) {
    case 0:
    case 1:
        make_container(depth, true);
        break;
    case 2:
    case 9:
        make_container(depth, false);
        break;
    case 3:
    case 10:
        PUT_ONE_OF(words);
        break;
    case 4:
    case 5:
    case 6:
        make_number();
        break;
    default:
        make_string();
        break;
    }
    if (one_in(1000))
        PUT_ONE_OF(wrong);
}

/* One change anywhere: a bit, a byte, a stretch taken out, repeated or moved. */
static void mutate(void)
{
    static const char telling[] = "{}[]:,\"\\/u0123456789abefdtnrl -+.eE\n\t\x00\x1F\x7F\x80\xBF\xC2\xE0\xED\xF0\xF4\xFF";
    if (document_size == 0)
        return;
    uint32_t at = random_below((uint32_t)document_size), rest = (uint32_t)document_size - at;
    uint32_t length = 1 + random_below(rest < 8 ? rest : 8);
    const uint8_t byte = (uint8_t)telling[random_below(sizeof telling - 1)];
    switch (random_below(6)) {
    case 0:
        document[at] ^= (uint8_t)(1u << random_below(8));
        break;
    case 1:
        document[at] = byte;
        break;
    case 2:
        if (document_size < DOCUMENT_MAX) {
            memmove(document + at + 1, document + at, rest);
            document[at] = byte;
            document_size++;
        }
        break;
    case 3:
        memmove(document + at, document + at + length, rest - length);
        document_size -= length;
        break;
    case 4:
        if (document_size + length <= DOCUMENT_MAX) {
            memmove(document + at + length, document + at, rest);
            document_size += length;
        }
        break;
    case 5:
        if (one_in(4))
            document_size = at;
        else
            memmove(document + random_below(at + 1), document + at, length);
        break;
    }
}

/* Whether the two readers mean to agree about the text; see the top. */
static bool comparable(void)
{
    unsigned containers = 0, colons = 0, digits = 0, exponent = 0;
    bool in_exponent = false, in_string = false, escaped = false;
    for (size_t i = 0; i < document_size; i++) {
        const uint8_t c = document[i];
        if (c == 0 && !in_string)
            return false;
        in_string ^= c == '"' && !escaped;
        escaped = in_string && c == '\\' && !escaped;
        containers += c == '[' || c == '{';
        colons += c == ':';
        if (c >= '0' && c <= '9') {
            digits += !in_exponent;
            exponent += in_exponent;
        } else if (c == 'e' || c == 'E') {
            in_exponent = true;
        } else if (c != '+' && c != '-' && c != '.') {
            digits = exponent = 0;
            in_exponent = false;
        }
        if (digits > DIGITS_MAX || exponent > EXPONENT_MAX)
            return false;
    }
    return containers <= JSON_DEPTH_MAX && colons <= JSON_KEYS_MAX;
}

static void make_document(void)
{
    do {
        document_size = 0;
        make_space();
        make_value(0);
        make_space();
        if (one_in(3))
            for (uint32_t left = 1 + random_below(3); left > 0; left--)
                mutate();
    } while (!comparable());
}

/* --- core's side --- */

static void tell_number(struct transcript *told, span text)
{
    char copy[DOCUMENT_MAX + 1];
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    if (strpbrk(copy, ".eE"))
        tell_real(told, strtod(copy, NULL));
    else
        tell_integer(told, strtoll(copy, NULL, 10));
}

static bool walk(struct json *j, struct transcript *told)
{
    span text;
    bool flag;
    switch (json_kind(j)) {
    case JSON_OBJECT:
        tell(told, '{');
        if (!json_object(j))
            return false;
        while (json_member(j, &text)) {
            tell_text(told, 'm', text.data, text.size);
            if (!walk(j, told))
                return false;
        }
        tell(told, '}');
        return j->failure == JSON_FINE;
    case JSON_ARRAY:
        tell(told, '[');
        if (!json_array(j))
            return false;
        while (json_element(j))
            if (!walk(j, told))
                return false;
        tell(told, ']');
        return j->failure == JSON_FINE;
    case JSON_STRING:
        if (!json_string(j, &text))
            return false;
        tell_text(told, 's', text.data, text.size);
        return true;
    case JSON_NUMBER:
        if (!json_number(j, &text))
            return false;
        tell_number(told, text);
        return true;
    case JSON_BOOL:
        if (!json_bool(j, &flag))
            return false;
        tell(told, flag ? 't' : 'f');
        return true;
    case JSON_NULL:
        tell(told, 'n');
        return json_null(j);
    case JSON_NOTHING:
        break;
    }
    return false;
}

static bool core_reads(struct transcript *told, const char **ret_reason)
{
    static uint8_t memory[DOCUMENT_MAX];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct json j;
    json_open(&j, span_of(document, document_size), JSON_DEPTH_MAX, &scratch);
    bool good = walk(&j, told) && json_finish(&j);
    *ret_reason = j.failure == JSON_SPACE ? "out of space" : j.reason;
    return good;
}

static bool core_skips(void)
{
    static uint8_t memory[DOCUMENT_MAX];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct json j;
    json_open(&j, span_of(document, document_size), JSON_DEPTH_MAX, &scratch);
    return json_skip(&j, NULL) && json_finish(&j);
}

/* --- the comparison --- */

static int report(uint64_t number, const char *what, const char *core_reason, const char *jansson_reason)
{
    printf("document %" PRIu64 ": %s\n  core: %s\n  jansson: %s\n  ", number, what, *core_reason ? core_reason : "accepts",
           *jansson_reason ? jansson_reason : "accepts");
    for (size_t i = 0; i < document_size; i++)
        if (document[i] >= 0x20 && document[i] < 0x7F)
            putchar(document[i]);
        else
            printf("\\%02X", document[i]);
    putchar('\n');
    return 1;
}

int main(int argc, char **argv)
{
    static uint8_t ours[16 * DOCUMENT_MAX], theirs[16 * DOCUMENT_MAX];
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000, accepted = 0;
    random_state = argc > 2 ? strtoull(argv[2], NULL, 10) : UINT64_C(0x5EED);
    if (count == 0 || random_state == 0) {
        fprintf(stderr, "usage: json_oracle [COUNT [SEED]], both above 0\n");
        return 2;
    }
    for (uint64_t number = 1; number <= count; number++) {
        struct transcript core_told = {ours, 0, sizeof ours}, jansson_told = {theirs, 0, sizeof theirs};
        const char *core_reason, *jansson_reason;
        make_document();
        bool good = core_reads(&core_told, &core_reason);
        if (jansson_reads(document, document_size, &jansson_told, &jansson_reason) != good)
            return report(number, "one accepts, one refuses", core_reason, jansson_reason);
        if (core_skips() != good)
            return report(number, "json_skip() and the reader differ", core_reason, jansson_reason);
        accepted += good;
        if (good && (core_told.size > sizeof ours || core_told.size != jansson_told.size ||
                     memcmp(ours, theirs, core_told.size) != 0))
            return report(number, "the values differ", core_reason, jansson_reason);
    }
    printf("%" PRIu64 " documents, %" PRIu64 " accepted by both, the others refused by both\n", count, accepted);
    return accepted > count / 10 && accepted < count - count / 10 ? 0 : report(count, "the mix is poor", "", "");
}
