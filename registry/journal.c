#include "journal.h"
#include "clock.h"
#include "date.h"
#include "plain.h"

#include <stdarg.h>
#include <stdio.h>

#define JOURNAL_LINE_MAX 2048u

static const char *const words[] = {"error", "warning", "info"};
const struct vocabulary journal_levels = {words, sizeof words / sizeof *words};
static enum journal_level lowest = JOURNAL_INFO;

void journal_set_level(enum journal_level level)
{
    lowest = level;
}

void journal(enum journal_level level, const char *format, ...)
{
    char text[JOURNAL_LINE_MAX];
    uint8_t line[2 * JOURNAL_LINE_MAX];
    struct buffer out = buffer_open(line, sizeof line - 1);
    va_list arguments;
    if (level > lowest)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    time_write(&out, clock_now());
    buffer_byte(&out, ' ');
    buffer_text(&out, vocabulary_word(&journal_levels, (uint8_t)level));
    buffer_byte(&out, ' ');
    plain_write(&out, span_text(text));
    fprintf(stderr, "%.*s\n", (int)out.size, (const char *)line); /* one call: lines of threads do not mix */
}

void journal_code(enum journal_level level, const char *what, csign_code code, const csign_fault *fault)
{
    const char *field = fault && fault->field ? fault->field : "", *reason = fault && fault->reason ? fault->reason : "";
    journal(level, "%s: %s%s%s%s%s: %s", what, csign_code_name(code), reason[0] ? ": " : "", reason, field[0] ? ", " : "", field,
            csign_code_fix(code));
}
