/* Options and operands as a table: what a verb takes, of which type, and what --help says of it. */
#ifndef PROGRAM_OPTIONS_H
#define PROGRAM_OPTIONS_H

#include "call.h"
#include "schema.h"

enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char *; NULL if not given */
    OPTION_TEXTS,  /* struct texts: may be given several times */
    OPTION_NUMBER, /* uint64_t, at most `max`; keeps its value if not given */
    OPTION_TIME,   /* int64_t: NumericDate, or 2026-11-22T09:14:03Z; keeps its value if not given */
    OPTION_WORD,   /* uint8_t: a word of the vocabulary `more`; keeps its value if not given */
    OPTION_HASH    /* uint8_t[32]: base64url */
};

#define TEXTS_MAX 64u
struct texts {
    const char *items[TEXTS_MAX];
    size_t count;
};

struct option {
    const char *name; /* "--state", or an operand: "DIR" */
    enum option_kind kind;
    bool required;
    void *into;
    const char *value; /* how --help calls the value */
    const char *help;
    const void *more;
    uint64_t max;
};

/* Reads all that is left of the command line. --json and --help are known to every verb; STOP after --help. */
int options_read(struct call *call, const char *about, const struct option *options, size_t count);
#define OPTIONS(call, about, table) options_read(call, about, table, sizeof(table) / sizeof *(table))

/* A verb that has verbs of its own. */
struct verb {
    const char *name;
    int (*run)(struct call *call);
    const char *help;
};
int verbs_run(struct call *call, const char *about, const struct verb *verbs, size_t count);
#define VERBS(call, about, table) verbs_run(call, about, table, sizeof(table) / sizeof *(table))

#endif
