/*
 * What a program says. An error is one line on standard error, `PROGRAM VERB: what, where: fix`; with --json it is
 * one object. Text that somebody else chose never reaches a terminal as it is.
 */
#ifndef PROGRAM_OUTPUT_H
#define PROGRAM_OUTPUT_H

#include "call.h"

/* Reports and returns `exit_code`. `format` says what, and where; `fix` what to do. */
int fail(const struct call *call, int exit_code, const char *fix, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A refusal of the library: code, field and reason, in the file or argument `where`; the fix is the code's. */
int fail_code(const struct call *call, int exit_code, csign_code code, const csign_fault *fault, const char *where);
/* The same, where the caller knows better than the code what to do. */
int fail_code_fix(const struct call *call, int exit_code, csign_code code, const csign_fault *fault, const char *where, const char *fix);
/* As fail_code(), of a text of lines: where the fault has a place, the line is named and shown. */
int fail_in_text(struct call *call, int exit_code, csign_code code, const csign_fault *fault, const char *path, span text);
/* A system call that failed; uses errno. */
int fail_system(const struct call *call, const char *what, const char *path, const char *fix);

/* Prints what was written, and flushes; CANNOT if it does not go out. */
int put_out(const struct call *call, span text);
/* Prints a line. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A text for people: what a terminal would obey becomes '?'. */
const char *plain(struct call *call, span text);
/* The same of each line. */
const char *plain_lines(struct call *call, span text);

#endif
