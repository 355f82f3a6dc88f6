/*
 * The cheapest client that can measure an HTTP server on the same processors: connections that are kept, one request at a time on
 * each, one thread, and no parser but a look for the end of the answer.
 */
#ifndef BENCH_CALLER_H
#define BENCH_CALLER_H

#include "buffer.h"

#include <stdbool.h>
#include <stddef.h>

#define CALLER_ANSWER_MAX (24u * 1024u)

struct caller {
    int socket;
    double sent_at; /* seconds, of the request that is on its way */
    size_t size;
    char answer[CALLER_ANSWER_MAX]; /* head and body, terminated */
    char nonce[128];                /* for who needs one */
    size_t number;                  /* the same */
};

/* Ends the program with a line, unless it is good. */
void must(bool good, const char *what);
double seconds(void);

/* `count` connections to "unix:PATH" or to a port of loopback. */
struct caller *callers_open(const char *where, size_t count);
/* POST of application/json. */
void caller_send(struct caller *c, const char *path, span body);
/* What follows the field's name in the head, as "\r\nName: " wants it; NULL: it is not there. */
const char *caller_field(const struct caller *c, const char *name);
unsigned caller_status(const struct caller *c);
/* Waits, reads what came, and calls `heard` for each whole answer; it may send the next request. */
void callers_turn(void (*heard)(struct caller *c));

/* Seconds of processor time: this process', and another's. */
double cpu_own(void);
double cpu_of(const char *pid);

/* Sorts. */
void sort_seconds(double *values, size_t count);

#endif
