/*
 * Statements and rows. A statement is one of sql/, by its constant of statements.h; its parameters are $1 to $n, bound by
 * name from the array of values in that order.
 *
 *     struct query q = QUERY(session, SQL_OFFICER_BY_KEY, VALUE_BLOB(span_of(key, 32)));
 *     if (query_row(&q))
 *         found = query_integer(&q, 0);
 *     TRY(query_close(&q));
 *
 * A query that has failed stays failed: rows end, columns are empty, and query_close() says so. A statement may be opened again
 * while a query of it is open. Queries that an operation leaves open when it fails are ended with it; one that succeeds must have
 * closed its own, or it fails with CSIGN_E_INTERNAL.
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "fault.h"
#include "span.h"
#include "statements.h"

struct session;

enum value_kind { VALUE_KIND_NULL, VALUE_KIND_INTEGER, VALUE_KIND_TEXT, VALUE_KIND_BLOB };
struct value {
    enum value_kind kind;
    int64_t integer;
    span bytes;
};
#define VALUE_NULL       ((struct value){.kind = VALUE_KIND_NULL})
#define VALUE_INTEGER(n) ((struct value){.kind = VALUE_KIND_INTEGER, .integer = (int64_t)(n)})
/* An absent span (NULL) is bound as null. */
#define VALUE_TEXT(s)    ((struct value){.kind = VALUE_KIND_TEXT, .bytes = (s)})
#define VALUE_BLOB(s)    ((struct value){.kind = VALUE_KIND_BLOB, .bytes = (s)})

struct query {
    struct session *session;
    enum sql_statement which;
    void *statement;
    csign_code code;
};

struct query query_open(struct session *session, enum sql_statement statement, const struct value *values, size_t count);
#define QUERY(session, statement, ...)                                                                                      \
    query_open((session), (statement), (const struct value[]){__VA_ARGS__},                                                \
               sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value))
/* Steps to the next row. */
bool query_row(struct query *q);
/* Columns from 0 of the row stepped to; views hold until the next step. Null is 0 or an absent span. */
int64_t query_integer(const struct query *q, int column);
span query_text(const struct query *q, int column);
span query_blob(const struct query *q, int column);
bool query_null(const struct query *q, int column);
/* Copies a blob of exactly `size` bytes; otherwise zeroes `ret` and fails the query with CSIGN_E_INTERNAL. */
void query_bytes(struct query *q, int column, void *ret, size_t size);
/*
 * Ends it: CSIGN_OK, CSIGN_E_CONFLICT where a uniqueness was broken, CSIGN_E_UNAVAILABLE for what the system refuses, and
 * CSIGN_E_INTERNAL for what is our own mistake: a statement, a value of the wrong type, a reference to nothing.
 */
csign_code query_close(struct query *q);

/* A statement whose rows nobody wants; `ret_changed`, which may be NULL, is how many rows it changed. */
csign_code query_run(struct session *session, enum sql_statement statement, const struct value *values, size_t count,
                     uint64_t *ret_changed);
#define RUN(session, statement, ...)                                                                                        \
    query_run((session), (statement), (const struct value[]){__VA_ARGS__},                                                 \
              sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value), NULL)

/* The time of this transaction, or of the moment for a reader, in milliseconds since 1970: asked of the clock once. */
uint64_t session_time_ms(const struct session *session);
/* The number of the last row inserted with an INTEGER PRIMARY KEY. */
int64_t session_last_id(const struct session *session);

/*
 * For operations with very much to write, one after the other. Whether others wait for this transaction: who has done a little then
 * stops, and comes again. And `bulk`, from the first such operation to the last: more pages stay in memory, which is given back when it
 * ends, and moving what was written into the file is left to store_checkpoint(), which somebody has to call between them.
 */
bool session_is_awaited(const struct session *session);
csign_code session_bulk(struct session *session, bool is_on);

#endif
