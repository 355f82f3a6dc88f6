/* Writing what schemas read: members that are words of a vocabulary, lists of texts, and dates. */
#ifndef CORE_SCHEMA_WRITE_H
#define CORE_SCHEMA_WRITE_H

#include "json_write.h"
#include "schema.h"

void json_put_word_member(struct json_out *o, const char *name, const struct vocabulary *v, uint8_t word);
void json_put_texts_member(struct json_out *o, const char *name, struct text_list list);
/* year * 10000 + month * 100 + day as "YYYY-MM-DD"; 0 writes no member. */
void json_put_date_member(struct json_out *o, const char *name, uint32_t date);

#endif
