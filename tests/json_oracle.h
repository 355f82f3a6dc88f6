/* Both readers tell what they read in the same words, so that two answers are equal when their bytes are. */
#ifndef TESTS_JSON_ORACLE_H
#define TESTS_JSON_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The values of a document in order: a letter each, then what it holds. */
struct transcript {
    uint8_t *data;
    size_t size, capacity;
};

static inline void tell_bytes(struct transcript *t, const void *bytes, size_t size)
{
    if (size && t->size + size <= t->capacity)
        memcpy(t->data + t->size, bytes, size);
    t->size += size;
}

static inline void tell(struct transcript *t, char letter)
{
    tell_bytes(t, &letter, 1);
}

static inline void tell_text(struct transcript *t, char letter, const void *text, size_t size)
{
    tell(t, letter);
    tell_bytes(t, &size, sizeof size);
    tell_bytes(t, text, size);
}

static inline void tell_integer(struct transcript *t, long long value)
{
    tell(t, 'i');
    tell_bytes(t, &value, sizeof value);
}

static inline void tell_real(struct transcript *t, double value)
{
    tell(t, 'r');
    tell_bytes(t, &value, sizeof value);
}

/* Whether jansson, at its strictest, accepts the text; *ret_reason is why not, until the next call. */
bool jansson_reads(const uint8_t *text, size_t size, struct transcript *told, const char **ret_reason);

#endif
