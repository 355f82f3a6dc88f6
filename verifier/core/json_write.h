/*
 * The JSON writer: members in the order in which they are written, no white space. It writes what it is told; the
 * caller closes what it opens. Strings must be UTF-8.
 */
#ifndef CORE_JSON_WRITE_H
#define CORE_JSON_WRITE_H

#include "buffer.h"

struct json_out {
    struct buffer *to;
    bool comma; /* an item was written before at this level */
};

static inline struct json_out json_out(struct buffer *to)
{
    return (struct json_out){to, false};
}

void json_put_object(struct json_out *o);
void json_end_object(struct json_out *o);
void json_put_array(struct json_out *o);
void json_end_array(struct json_out *o);
/* The name of the value that is put next; a plain C string without characters to escape. */
void json_put_name(struct json_out *o, const char *name);
void json_put_text(struct json_out *o, span text);
void json_put_integer(struct json_out *o, uint64_t value);
void json_put_bool(struct json_out *o, bool value);
/* B64U of bytes, as a string. */
void json_put_base64url(struct json_out *o, span bytes);
/* A value that is JSON already. */
void json_put_raw(struct json_out *o, span json);

/* A member in one call. */
void json_put_text_member(struct json_out *o, const char *name, span text);
void json_put_integer_member(struct json_out *o, const char *name, uint64_t value);
void json_put_bool_member(struct json_out *o, const char *name, bool value);
void json_put_base64url_member(struct json_out *o, const char *name, span bytes);

#endif
