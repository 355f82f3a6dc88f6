/* UTF-8 without overlong forms, surrogates or anything above U+10FFFF (RFC 3629 section 4). */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include "span.h"

/* Reads the character at `at`, which is before `end`. Its length, or 0 if it is not well-formed. */
unsigned utf8_read(const uint8_t *at, const uint8_t *end, uint32_t *ret);

/* Whether a character is white space: Unicode's White_Space, what Go's unicode.IsSpace says of note names. */
bool utf8_is_space(uint32_t character);

#endif
