#include "problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void problems_open(struct problems *p, void (*log)(void *context, const char *line), void *context)
{
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->mutex, NULL);
    p->log = log;
    p->context = context;
}

void problems_close(struct problems *p)
{
    pthread_mutex_destroy(&p->mutex);
}

void problem_set(struct problems *p, enum problem_kind kind, const char *doing, csign_code code, const csign_fault *fault)
{
    char text[PROBLEM_TEXT_MAX];
    const char *name = csign_code_name(code), *field = fault && fault->field ? fault->field : "";
    const char *reason = fault && fault->reason ? fault->reason : "";
    snprintf(text, sizeof text, "cannot %s: %s%s%s%s%s", doing, name ? name : "internal", field[0] ? " " : "", field,
             reason[0] ? ": " : "", reason);
    pthread_mutex_lock(&p->mutex);
    const bool is_new = strcmp(p->texts[kind], text) != 0;
    memcpy(p->texts[kind], text, sizeof text);
    pthread_mutex_unlock(&p->mutex);
    if (is_new)
        problems_tell(p, "%s", text);
}

void problem_over(struct problems *p, enum problem_kind kind)
{
    pthread_mutex_lock(&p->mutex);
    const bool was = p->texts[kind][0] != 0;
    p->texts[kind][0] = 0;
    pthread_mutex_unlock(&p->mutex);
    if (was)
        problems_tell(p, "over: what was wrong with the %s",
                      kind == PROBLEM_FILE       ? "file"
                      : kind == PROBLEM_RECEIPTS ? "receipts"
                      : kind == PROBLEM_POLICY   ? "policies"
                                                 : "registry");
}

void problem_worst(struct problems *p, char ret[PROBLEM_TEXT_MAX])
{
    ret[0] = 0;
    pthread_mutex_lock(&p->mutex);
    for (size_t i = 0; i < PROBLEM_KINDS && !ret[0]; i++)
        memcpy(ret, p->texts[i], PROBLEM_TEXT_MAX);
    pthread_mutex_unlock(&p->mutex);
}

void problems_tell(struct problems *p, const char *format, ...)
{
    char line[2 * PROBLEM_TEXT_MAX];
    va_list arguments;
    if (!p->log)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    p->log(p->context, line);
}
