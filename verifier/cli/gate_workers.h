/*
 * The workers of a local gate: csign_release() and its like wait for the disk, which a thread of the server must not. A job is
 * queued by a handler, done by a worker at its own desk, and answered on the server again.
 */
#ifndef CLI_GATE_WORKERS_H
#define CLI_GATE_WORKERS_H

#include "exchange.h"

#include <countersign/sync.h>

#define GATE_WORKERS 8u
#define GATE_JOBS    1024u /* that wait; more are refused with `unavailable` */

struct gate_workers;

/* One request under way; it lies in the exchange's memory. */
struct gate_job {
    struct exchange *exchange;
    void (*run)(struct gate_job *job, csign_desk *desk); /* writes the answer: on a worker's thread */
    csign_sync *sync;
    bool is_unix;
    /* the answer: a problem, or status and body */
    csign_code problem;
    csign_fault fault;
    unsigned status;
    const char *media_type;
    size_t size;
    char body[CSIGN_DECISION_TEXT_MAX];
    struct gate_job *next;
};

/* What the routes are opened with. */
struct gate_service {
    csign_sync *sync;
    struct gate_workers *workers;
    bool is_unix; /* listens on a Unix socket */
};

csign_code gate_workers_open(csign_sync *sync, struct gate_workers **ret);
/* Finishes what is queued. */
void gate_workers_close(struct gate_workers **workers);

/* Queues the request of an exchange for `run`. */
void gate_workers_take(struct exchange *x, void (*run)(struct gate_job *job, csign_desk *desk));

/* gate_routes.c */
extern const struct http_route gate_routes[];
extern const size_t gate_route_count;

#endif
