/*
 * What the daemon tells its operator: one line an event on standard error, with time and level. Nothing secret is ever passed to it,
 * and text that came from outside loses what a terminal would obey.
 *
 * Thread safety: any thread.
 */
#ifndef REGISTRY_JOURNAL_H
#define REGISTRY_JOURNAL_H

#include "fault.h"
#include "schema.h"

enum journal_level { JOURNAL_ERROR = 1, JOURNAL_WARNING, JOURNAL_INFO };
extern const struct vocabulary journal_levels;

/* What is below the level is not written. Set once, before threads start. */
void journal_set_level(enum journal_level level);
void journal(enum journal_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A code with its fault: what was done, the code, where and why, and the fix. */
void journal_code(enum journal_level level, const char *what, csign_code code, const csign_fault *fault);

#endif
