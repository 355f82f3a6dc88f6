/*
 * Tables for import: which columns a template has, and a row of one as the JSON of members that a deed would have. docs/import.md says
 * what each column holds.
 */
#ifndef IMPORT_COLUMNS_H
#define IMPORT_COLUMNS_H

#include "csv.h"
#include "json_write.h"

enum table { TABLE_PEOPLE, TABLE_ROLL };

#define COLUMNS_MAX 40u

struct columns {
    enum table table;
    size_t count;                  /* of the header */
    size_t at[COLUMNS_MAX];        /* where a column stands in the file, from 1; 0: it is not there */
};

/* Reads the header. False, with the column and why: unknown, given twice, missing. Names may be in any case. */
bool columns_read(enum table table, const span *header, size_t count, struct columns *ret, span *ret_column, const char **ret_reason);

/*
 * Puts the members of a row. False, with the column and why, for what JSON cannot say: a date that is none, a yes that is neither. What
 * is wrong otherwise is found when the members are read.
 */
bool columns_put(const struct columns *columns, const span *fields, size_t count, struct json_out *o, const char **ret_column,
                 const char **ret_reason);

#endif
