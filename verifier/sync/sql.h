/*
 * Statements and rows of one SQLite connection. The statements are those of sql/sync, by their constants; parameters are $1
 * to $n, bound by name from the values in that order.
 *
 * A statement that has failed stays failed: rows end, columns are empty, and sql_end() says so.
 */
#ifndef SYNC_SQL_H
#define SYNC_SQL_H

#include "fault.h"
#include "span.h"
#include "sync_statements.h"

#include <sqlite3.h>

/* One connection; one thread uses it at a time. */
struct connection {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT]; /* prepared when first used */
};

enum value_kind { VALUE_INTEGER, VALUE_TEXT, VALUE_BLOB };
struct value {
    enum value_kind kind;
    int64_t integer;
    span bytes;
};
#define INTEGER(n) ((struct value){.kind = VALUE_INTEGER, .integer = (int64_t)(n)})
#define TEXT(s)    ((struct value){.kind = VALUE_TEXT, .bytes = (s)})
#define BLOB(s)    ((struct value){.kind = VALUE_BLOB, .bytes = (s)})
#define HASH(h)    BLOB(span_of((h), CSIGN_HASH_SIZE))

struct sql {
    sqlite3_stmt *statement;
    csign_code code;
};

struct sql sql_begin(struct connection *c, enum sql_statement statement, const struct value *values, size_t count);
#define SQL(c, statement, ...)                                                                                    \
    sql_begin((c), (statement), (const struct value[]){__VA_ARGS__},                                              \
              sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value))
/* Steps to the next row. */
bool sql_row(struct sql *q);
/* Columns from 0 of the row stepped to; views hold until the next step. Null is 0 or an absent span. */
int64_t sql_integer(const struct sql *q, int column);
span sql_bytes(const struct sql *q, int column);
/* Copies a blob of exactly 32 bytes; another length fails the statement with CSIGN_E_INTERNAL. */
void sql_hash(struct sql *q, int column, uint8_t ret[CSIGN_HASH_SIZE]);
/* Ends it: CSIGN_OK, CSIGN_E_CONFLICT where a uniqueness was broken, CSIGN_E_OUTBOX_FULL, CSIGN_E_UNAVAILABLE. */
csign_code sql_end(struct sql *q);
/* A statement without rows. */
csign_code sql_run(struct connection *c, enum sql_statement statement, const struct value *values, size_t count);
#define RUN(c, statement, ...)                                                                                    \
    sql_run((c), (statement), (const struct value[]){__VA_ARGS__},                                                \
            sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value))

/* SQL that is no statement of sql/sync: pragmas, transactions, the schema. */
csign_code connection_execute(struct connection *c, const char *text);
csign_code connection_open(struct connection *c, const char *path);
void connection_close(struct connection *c);
/* Makes the tables where they are not yet, also those that an older library did not have. */
csign_code connection_make_tables(struct connection *c);

#endif
