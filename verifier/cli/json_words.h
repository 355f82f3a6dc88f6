/* JSON values for people to read: one line, times as times, nothing that a terminal would obey. */
#ifndef CLI_JSON_WORDS_H
#define CLI_JSON_WORDS_H

#include "json.h"

/* Reads any value and appends it; `name` is that of its member, by which a number is known to be a time (PROTOCOL 5). */
bool json_words(struct json *j, struct buffer *out, span name);

#endif
