/*
 * From bytes as they come to records: the lines of a file, or the rows of a table, whose quoted fields may hold line breaks. Memory is
 * the caller's and bounded: what is longer is told of and read over.
 */
#ifndef IMPORT_RECORD_H
#define IMPORT_RECORD_H

#include "buffer.h"

#define RECORD_MAX (128u * 1024u) /* bytes of one record */

struct records {
    struct buffer buffer; /* what of a record is here */
    bool quotes;          /* line breaks between quotes are part of it */
    bool in_quotes, too_long, started;
    bool at_field, behind_quote; /* a quote opens only where a field begins; one behind a quote that closed is a doubled one */
    uint64_t line;        /* on which the record began */
    uint64_t here;        /* where we are */
};

struct record {
    span text;     /* without its line break; holds until the next call */
    uint64_t line; /* from 1 */
    bool too_long; /* `text` is its beginning */
    bool cut;      /* the file ends without a line break */
    bool unclosed; /* and within quotes */
};

/* `memory` holds RECORD_MAX bytes. */
void records_open(struct records *r, bool quotes, void *memory);
/* Takes from `bytes` until a record is whole; empty lines are no records. False: more bytes are needed, or, at the `end`, there are none. */
bool records_next(struct records *r, span *bytes, bool end, struct record *ret);

#endif
