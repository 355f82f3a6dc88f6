/* What sql/embed.py made of sql/: the texts behind the constants of statements.h, and the migrations. */
#ifndef STORE_EMBEDDED_H
#define STORE_EMBEDDED_H

#include "statements.h"

#define SQL_PARAMETERS_MAX 32u

struct sql_text {
    const char *name;
    unsigned parameters; /* $1 to $n */
    const char *text;
};
extern const struct sql_text sql_texts[SQL_STATEMENT_COUNT];

/* Migration n is at n - 1. */
extern const unsigned sql_migration_count;
extern const char *const sql_migrations[];

#endif
