/* One row of a table in the form of RFC 4180: fields between commas, quoted where they hold commas, quotes or line breaks. */
#ifndef IMPORT_CSV_H
#define IMPORT_CSV_H

#include "buffer.h"

#define CSV_FIELDS_MAX 400u

/*
 * Takes a record apart. Fields are views into it, or into `scratch` where quotes were doubled; white space around them is left out.
 * False, with why in *ret_reason: text behind a closing quote, a quote inside a bare field, too many fields, no room.
 */
bool csv_read(span record, struct buffer *scratch, span fields[CSV_FIELDS_MAX], size_t *ret_count, const char **ret_reason);

#endif
