/* Views of bytes: comparing and making them. Nothing here owns memory. */
#ifndef CORE_SPAN_H
#define CORE_SPAN_H

#include <countersign/types.h>
#include <stdbool.h>
#include <string.h>

typedef csign_span span;

/* The bytes of a string literal or char array, without its terminator. */
#define SPAN(literal) ((span){(const uint8_t *)("" literal), sizeof(literal) - 1})

static inline span span_of(const void *data, size_t size)
{
    return (span){(const uint8_t *)data, size};
}

static inline span span_text(const char *text)
{
    return span_of(text, strlen(text));
}

static inline bool span_equal(span a, span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* The same but for the case of letters; of texts of letters, digits and the marks of an id. */
static inline bool span_equal_folded(span a, span b)
{
    bool equal = a.size == b.size;
    for (size_t i = 0; i < a.size && equal; i++)
        equal = (a.data[i] | 0x20u) == (b.data[i] | 0x20u);
    return equal;
}

static inline bool span_starts(span text, span prefix)
{
    return text.size >= prefix.size && (prefix.size == 0 || memcmp(text.data, prefix.data, prefix.size) == 0);
}

static inline bool span_ends(span text, span suffix)
{
    return text.size >= suffix.size &&
           (suffix.size == 0 || memcmp(text.data + text.size - suffix.size, suffix.data, suffix.size) == 0);
}

#endif
