/* The members of a deed as options: one option a member of PROTOCOL 5, whatever kinds have it. */
#ifndef CLI_DEED_MEMBERS_H
#define CLI_DEED_MEMBERS_H

#include "json_write.h"
#include "options.h"

struct schema_field;

#define MEMBER_OPTIONS_MAX 32u

/* What one option was given. */
struct member_value {
    const char *text;
    struct texts texts;
    int64_t time; /* -1: not given */
};

struct members_given {
    struct member_value *values; /* one a row of the table in deed_members.c */
    const char *model;
    bool for_good;
};

enum member_options {
    MEMBERS_ALL,   /* of any kind */
    MEMBERS_ORDERS /* what an order says beside its subject */
};

/* Nothing is given yet. */
void members_none(struct call *call, struct members_given *given);
/* The same, and appends the options to `options`, which has room for MEMBER_OPTIONS_MAX; *count grows. */
void member_options(struct call *call, struct members_given *given, enum member_options which, struct option *options, size_t *count);

/* USAGE for an option whose member a deed of this kind does not have. */
int members_check(struct call *call, const struct members_given *given, uint8_t kind);
/* Gives the member `licence`, `practitioner` or `id`, whichever a kind has; USAGE if it has none. */
int members_set_subject(struct call *call, struct members_given *given, uint8_t kind, const char *subject);
/* `effective` and `cut_ms` are now where they were not given: that an order acts at once is what most of them want. */
void members_set_now(struct members_given *given, uint8_t kind, int64_t now);
/* Writes what was given of a kind, in the order of PROTOCOL 5. */
int members_write(struct call *call, const struct members_given *given, uint8_t kind, struct json_out *o);

#endif
