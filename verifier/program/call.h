/*
 * One run of a program of ours: what it was asked, the memory it took, and how it ends. Whatever a verb reads lives until the
 * run ends, so that nothing is freed by hand; secrets are wiped there.
 */
#ifndef PROGRAM_CALL_H
#define PROGRAM_CALL_H

#include "buffer.h"
#include "fault.h"

/* What the process returns (PROTOCOL 1). */
enum {
    DONE = 0,       /* allow, or the verb did what it says */
    REFUSED = 1,    /* refuse: what was given is not what it must be */
    USAGE = 2,      /* the command line is wrong */
    CANNOT = 3,     /* cannot decide: a file is missing or cannot be written, memory, time */
    BREAK_GLASS = 4,
    STOP = -1 /* all is done already, as after --help: DONE, but the verb goes no further */
};

/* Every function that can fail reports it and returns one of the above; STEP passes it on. */
#define STEP(call)                                                                                                \
    do {                                                                                                          \
        int step_ = (call);                                                                                       \
        if (step_ != DONE)                                                                                        \
            return step_;                                                                                         \
    } while (0)

struct call {
    const char *program; /* "countersign" */
    char verb[32]; /* "key new": stands in front of its errors */
    int argc;      /* what is not read yet */
    char **argv;
    bool json;
    struct block *blocks;
};

/* Zeroed memory until the run ends. Without memory the process ends here, CANNOT. */
void *call_memory(struct call *call, size_t size);
/* The same in guarded pages, wiped at the end. */
void *call_secret(struct call *call, size_t size);
/* What `release` is called with when the run ends; the newest first. */
void *call_keep(struct call *call, void *memory, void (*release)(void *));
/* A buffer of so many bytes. */
struct buffer call_buffer(struct call *call, size_t capacity);
/* A NUL-terminated copy. */
const char *call_text(struct call *call, span text);
/* printf into memory. */
const char *call_format(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
void call_end(struct call *call);

#endif
