#include "options.h"
#include "base64.h"
#include "clock.h"
#include "cursor.h"
#include "output.h"

#include <stdio.h>

static const char fix_help[] = "see --help";

static bool is_operand(const struct option *option)
{
    return option->name[0] != '-';
}

/* --- help --- */

static void print_words(const struct vocabulary *words)
{
    for (uint8_t i = 1; i <= words->count; i++)
        printf("%s%s", i > 1 ? ", " : "", vocabulary_word(words, i));
}

static void print_option(const char *name, const char *value, const char *help, const struct vocabulary *words)
{
    int width = printf("  %s%s%s", name, value ? " " : "", value ? value : "");
    printf("%*s%s", width < 28 ? 28 - width : 1, "", help);
    if (words) {
        printf(": ");
        print_words(words);
    }
    putchar('\n');
}

static void print_help(const struct call *call, const char *about, const struct option *options, size_t count)
{
    printf("usage: %s %s", call->program, call->verb);
    for (size_t i = 0; i < count; i++) {
        const struct option *o = &options[i];
        const char *dots = o->kind == OPTION_TEXTS ? "..." : "";
        printf(o->required ? " %s%s%s%s" : " [%s%s%s%s]", o->name, o->value ? " " : "", o->value ? o->value : "", dots);
    }
    printf("\n%s\n\n", about);
    for (size_t i = 0; i < count; i++)
        print_option(options[i].name, options[i].value, options[i].help, options[i].more);
    print_option("--json", NULL, "answers and errors as JSON", NULL);
    print_option("--help", NULL, "this", NULL);
}

/* --- values --- */

static int bad(const struct call *call, const char *what, const char *name, const char *fix)
{
    return fail(call, USAGE, fix, "%s, %s", what, name);
}

static int read_word(struct call *call, const struct option *option, span text)
{
    uint8_t word = vocabulary_find(option->more, text);
    struct buffer fix = call_buffer(call, 4096);
    if (word) {
        *(uint8_t *)option->into = word;
        return DONE;
    }
    buffer_text(&fix, "give one of");
    for (uint8_t i = 1; i <= ((const struct vocabulary *)option->more)->count; i++) {
        buffer_byte(&fix, ' ');
        buffer_text(&fix, vocabulary_word(option->more, i));
    }
    return bad(call, call_format(call, "unknown word %.*s", (int)text.size, (const char *)text.data), option->name,
               (const char *)fix.data);
}

static int read_value(struct call *call, const struct option *option, const char *value)
{
    span text = span_text(value);
    struct texts *texts = option->into;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)option->into = true;
        return DONE;
    case OPTION_TEXT:
        if (text.size == 0)
            return bad(call, "empty", option->name, "give a value");
        *(const char **)option->into = value;
        return DONE;
    case OPTION_TEXTS:
        if (text.size == 0)
            return bad(call, "empty", option->name, "give a value");
        if (texts->count == TEXTS_MAX)
            return bad(call, "given more than 64 times", option->name, "give it less often");
        texts->items[texts->count++] = value;
        return DONE;
    case OPTION_NUMBER:
        if (!span_decimal(text, option->max, option->into))
            return bad(call, "not a number in its range", option->name,
                       call_format(call, "give a whole number up to %llu", (unsigned long long)option->max));
        return DONE;
    case OPTION_TIME:
        if (!clock_read_time(text, option->into))
            return bad(call, "not a time", option->name, "give seconds since 1970, or a time like 2026-11-22T09:14:03Z");
        return DONE;
    case OPTION_WORD:
        return read_word(call, option, text);
    case OPTION_HASH:
        if (!base64url_exact(text, option->into, CSIGN_HASH_SIZE))
            return bad(call, "not base64url of 32 bytes", option->name, "give the 43 characters as `root show` prints them");
        return DONE;
    }
    return DONE;
}

/* --- the command line --- */

static const struct option *find_option(const struct option *options, size_t count, span name)
{
    for (size_t i = 0; i < count; i++)
        if (!is_operand(&options[i]) && span_equal(span_text(options[i].name), name))
            return &options[i];
    return NULL;
}

/* The operand that is due: the next one, or the last one if it takes several. */
static const struct option *next_operand(const struct option *options, size_t count, const bool *given)
{
    for (size_t i = 0; i < count; i++)
        if (is_operand(&options[i]) && (!given[i] || options[i].kind == OPTION_TEXTS))
            return &options[i];
    return NULL;
}

/* base64url may begin with a hyphen: one identifier in 64 does. No option has the form of one. */
static bool is_identifier(const char *argument)
{
    uint8_t identifier[CSIGN_HASH_SIZE];
    return base64url_exact(span_text(argument), identifier, sizeof identifier);
}

static int read_argument(struct call *call, const struct option *options, size_t count, bool *given, bool *only_operands)
{
    char *argument = call->argv[0];
    const struct option *option;
    const char *value = argument;
    call->argv++, call->argc--;
    if (!*only_operands && strcmp(argument, "--") == 0) {
        *only_operands = true;
        return DONE;
    }
    if (*only_operands || argument[0] != '-' || is_identifier(argument)) {
        option = next_operand(options, count, given);
        if (!option)
            return fail(call, USAGE, fix_help, "unexpected argument, %s", argument);
    } else {
        const char *equals = strchr(argument, '=');
        span name = span_of(argument, equals ? (size_t)(equals - argument) : strlen(argument));
        option = find_option(options, count, name);
        if (!option)
            return fail(call, USAGE, fix_help, "unknown option, %.*s", (int)name.size, argument);
        if (given[option - options] && option->kind != OPTION_TEXTS)
            return bad(call, "given twice", option->name, "give it once");
        if (option->kind == OPTION_FLAG && equals)
            return bad(call, "takes no value", option->name, "leave the value out");
        value = equals ? equals + 1 : argument;
        if (option->kind != OPTION_FLAG && !equals) {
            if (call->argc == 0 || (strncmp(call->argv[0], "--", 2) == 0 && !is_identifier(call->argv[0])))
                return bad(call, "needs a value", option->name,
                           call_format(call, "give %s %s, or %s=%s", option->name, option->value, option->name, option->value));
            value = call->argv[0];
            call->argv++, call->argc--;
        }
    }
    given[option - options] = true;
    return read_value(call, option, value);
}

/* --json and --help count wherever they stand, so that an error before them is reported as asked. */
static bool take_common(struct call *call)
{
    bool help = false;
    int kept = 0;
    for (int i = 0; i < call->argc; i++) {
        if (strcmp(call->argv[i], "--") == 0) {
            while (i < call->argc)
                call->argv[kept++] = call->argv[i++];
            break;
        }
        bool is_json = strcmp(call->argv[i], "--json") == 0, is_help = strcmp(call->argv[i], "--help") == 0;
        call->json |= is_json;
        help |= is_help;
        if (!is_json && !is_help)
            call->argv[kept++] = call->argv[i];
    }
    call->argc = kept;
    return help;
}

int options_read(struct call *call, const char *about, const struct option *options, size_t count)
{
    bool *given = call_memory(call, count + 1), only_operands = false;
    if (take_common(call)) {
        print_help(call, about, options, count);
        return STOP;
    }
    while (call->argc > 0)
        STEP(read_argument(call, options, count, given, &only_operands));
    for (size_t i = 0; i < count; i++)
        if (options[i].required && !given[i])
            return bad(call, "missing", options[i].name,
                       is_operand(&options[i]) ? call_format(call, "give %s: %s", options[i].name, options[i].help)
                                               : call_format(call, "give %s %s: %s", options[i].name, options[i].value,
                                                             options[i].help));
    return DONE;
}

int verbs_run(struct call *call, const char *about, const struct verb *verbs, size_t count)
{
    const char *name = call->argc > 0 ? call->argv[0] : NULL;
    if (!name || strcmp(name, "--help") == 0) {
        FILE *to = name ? stdout : stderr;
        fprintf(to, "usage: %s%s%s VERB\n%s\n\n", call->program, call->verb[0] ? " " : "", call->verb, about);
        for (size_t i = 0; i < count; i++)
            fprintf(to, "  %-14s%s\n", verbs[i].name, verbs[i].help);
        fprintf(to, "\n`%s%s%s VERB --help` says more.\n", call->program, call->verb[0] ? " " : "", call->verb);
        return name ? STOP : USAGE;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(verbs[i].name, name) != 0)
            continue;
        size_t size = strlen(call->verb);
        snprintf(call->verb + size, sizeof call->verb - size, "%s%s", size ? " " : "", name);
        call->argv++, call->argc--;
        return verbs[i].run(call);
    }
    for (int i = 0; i < call->argc; i++)
        call->json |= strcmp(call->argv[i], "--json") == 0;
    return fail(call, USAGE, fix_help, "unknown verb, %s", name);
}
