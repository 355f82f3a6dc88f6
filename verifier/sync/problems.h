/* What goes wrong, as long as it does: told once to the log, and by csign_sync_describe() until it is over. */
#ifndef SYNC_PROBLEMS_H
#define SYNC_PROBLEMS_H

#include "fault.h"
#include "span.h"

#include <pthread.h>

#define PROBLEM_TEXT_MAX 256u

/* The worst first: what is told where several things are wrong. */
enum problem_kind { PROBLEM_EQUIVOCATION, PROBLEM_FILE, PROBLEM_RECEIPTS, PROBLEM_REGISTRY, PROBLEM_POLICY, PROBLEM_KINDS };

struct problems {
    pthread_mutex_t mutex;
    char texts[PROBLEM_KINDS][PROBLEM_TEXT_MAX];
    void (*log)(void *context, const char *line);
    void *context;
};

void problems_open(struct problems *problems, void (*log)(void *context, const char *line), void *context);
void problems_close(struct problems *problems);
/* `doing` is what was being done: "follow the registry". */
void problem_set(struct problems *problems, enum problem_kind kind, const char *doing, csign_code code, const csign_fault *fault);
void problem_over(struct problems *problems, enum problem_kind kind);
void problem_worst(struct problems *problems, char ret[PROBLEM_TEXT_MAX]);
/* A line for the log alone. */
void problems_tell(struct problems *problems, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
