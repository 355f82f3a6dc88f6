/* JSON that somebody wrote into a file, to be put into something signed: checked as strictly as all other, and in one line. */
#ifndef CLI_JSON_FILE_H
#define CLI_JSON_FILE_H

#include "call.h"
#include "json.h"

#define JSON_FILE_DEPTH 8u /* of a deed */

/* Reads a file that is one object, or with JSON_NOTHING an object or an array; the result has no white space between its tokens. */
int json_file_read(struct call *call, const char *path, size_t max, enum json_kind kind, span *ret);
/* The name before a place in JSON: of a member that the schema does not know, the library cannot say it. */
span json_name_before(span json, size_t offset);

#endif
