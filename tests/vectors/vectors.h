/*
 * Vectors that are read at run time, from COUNTERSIGN_VECTORS or from ../shared/vectors beside the source: the project's
 * tests run without them and say so. Each program prints one line a group: how many checks it made, or why none.
 */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include "span.h"

#include <stdio.h>
#include <stdlib.h>

#define VECTORS_SKIPPED 77 /* meson: skipped */

static inline const char *vectors_folder(void)
{
    const char *folder = getenv("COUNTERSIGN_VECTORS");
    return folder ? folder : SOURCE_ROOT "/../shared/vectors";
}

static inline span vectors_read_in(const char *folder, const char *name)
{
    static uint8_t memory[1 << 20];
    static size_t used;
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return span_of(NULL, 0);
    size_t size = fread(memory + used, 1, sizeof memory - used, file);
    (void)fclose(file);
    span text = span_of(memory + used, size);
    used += size;
    return text;
}

/* The whole of a file of the folder, as long as the program runs; {NULL, 0} if there is none. */
static inline span vectors_read(const char *name)
{
    return vectors_read_in(vectors_folder(), name);
}

/* A file that lies beside this one, and so is always there. */
static inline span vectors_read_own(const char *name)
{
    span text = vectors_read_in(SOURCE_ROOT "/tests/vectors", name);
    if (!text.data) {
        fprintf(stderr, "vectors: %s cannot be read\n", name);
        exit(2);
    }
    return text;
}

struct group {
    const char *name;
    unsigned checks, failures;
};

static inline void check(struct group *group, bool good, const char *what)
{
    group->checks++;
    if (good)
        return;
    group->failures++;
    printf("%s: FAILED: %s\n", group->name, what);
}

static inline void skip(const char *name, const char *reason)
{
    printf("%s: skipped: %s\n", name, reason);
}

/* Prints the group. A group that checked nothing has failed: what it was to read was not there. */
static inline unsigned report(const struct group *group)
{
    printf("%s: %u checks, %u failed\n", group->name, group->checks, group->failures);
    return group->failures + (group->checks == 0);
}

#endif
