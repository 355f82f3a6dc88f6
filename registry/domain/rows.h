/* Small things that every file of this folder does with rows. */
#ifndef DOMAIN_ROWS_H
#define DOMAIN_ROWS_H

#include "query.h"
#include "buffer.h"

/* Whether a query has a row; it is closed. */
static inline csign_code query_found(struct query q, bool *ret)
{
    *ret = query_row(&q);
    return query_close(&q);
}

/* A copy of a view that would not outlive the next step; an absent one stays absent, and one without room is absent too. */
static inline span copy_span(struct buffer *scratch, span bytes)
{
    size_t from = scratch->size;
    if (!bytes.data)
        return bytes;
    buffer_put(scratch, bytes);
    return buffer_since(scratch, from);
}

/* The text in the first column of the first row, copied; absent where there is no row. */
static inline csign_code query_one_text(struct query q, struct buffer *scratch, span *ret)
{
    *ret = query_row(&q) ? copy_span(scratch, query_text(&q, 0)) : span_of(NULL, 0);
    TRY(query_close(&q));
    return buffer_code(scratch);
}

/* A blob that is a hash, key or code. */
#define VALUE_HASH(bytes) VALUE_BLOB(span_of((bytes), CSIGN_HASH_SIZE))
/* A time that may be unknown: 0 is null. */
#define VALUE_TIME(ms) ((ms) ? VALUE_INTEGER(ms) : VALUE_NULL)

#endif
