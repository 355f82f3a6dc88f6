/* UUID version 7 (RFC 9562 5.7), the ids of deeds, releases and practitioners: they sort by when they were made. */
#ifndef CORE_UUID_H
#define CORE_UUID_H

#include "buffer.h"

#define UUID_SIZE 36u

/* Whether a text is a UUIDv7 in lower case: there is one way to write an id. */
bool text_is_uuid7(span text);

/* When one was made, in milliseconds since 1970; 0 for what is none. */
uint64_t uuid7_time_ms(span text);

/* Appends the UUIDv7 of a time in milliseconds since 1970, below 2^48, and ten random bytes. */
void uuid7_write(struct buffer *out, uint64_t time_ms, const uint8_t random[10]);

#endif
