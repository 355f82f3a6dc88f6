/*
 * A fuzz target is one file with LLVMFuzzerTestOneInput(): it gives the bytes to a parser and traps where a
 * promise of the header is broken. clang's libFuzzer drives it (run.sh); replay.c gives it its corpus as an
 * ordinary test.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "buffer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each target sets it: whether the parser took the last input. replay.c holds it against the names of the
 * seeds. */
extern bool fuzz_accepted;

#define PROMISE(condition)                                                                                     \
    do {                                                                                                       \
        if (!(condition)) {                                                                                    \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);                            \
            abort();                                                                                           \
        }                                                                                                      \
    } while (0)

/* Scratch of exactly this size, so that a sanitizer sees the byte behind it; free() its data. */
static inline struct buffer fuzz_scratch(size_t capacity)
{
    void *memory = malloc(capacity ? capacity : 1);
    PROMISE(memory != NULL);
    return buffer_open(memory, capacity);
}

#endif
