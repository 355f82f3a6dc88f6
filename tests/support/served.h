/*
 * The registry in memory, served over HTTP on a port of loopback: what a gate follows, and what takes its receipts. It answers
 * as the real one does where a gate can see it, and lies where a test tells it to.
 *
 * Times are those of the wall clock, see clock_shim.h.
 */
#ifndef SUPPORT_SERVED_H
#define SUPPORT_SERVED_H

#include "leaf.h"
#include "merkle.h"
#include "registry.h"

#include <pthread.h>
#include <stdbool.h>

#define SERVED_STREAMS 16

/* A batch as it came. */
struct served_receipts {
    uint64_t next; /* expected */
    uint8_t head[CSIGN_HASH_SIZE];
    uint64_t permits, refusals, outcomes, batches;
    uint64_t counted; /* refusals that receipts stand for */
    char last[4096];  /* line */
};

struct served {
    struct registry registry;
    struct public_key app; /* whose receipts are taken */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int listener, port;
    pthread_t acceptor;
    int connections[256];
    bool is_closing;
    uint8_t *leaves;
    uint64_t size;
    struct merkle_range range;
    struct served_commit {
        uint64_t first, count;
        uint8_t note[1024];
        size_t note_size;
    } commits[512];
    size_t commit_count;
    uint64_t heartbeats, told; /* how many there were; which one a stream was told last */
    int64_t fresh_age;   /* seconds that every time that is signed lies behind the clock */
    span next_root;      /* /trust/2 */
    unsigned stream_status, receipts_status; /* 0: as it should be */
    uint64_t streams, checkpoints_asked, fresh_asked, tokens_given, receipts_asked;
    struct served_receipts receipts;
    bool lies_in_ack;      /* acknowledges another chain */
    bool forgets_receipts; /* the next batch is answered with a gap */
};

/* `leaves` B leaves behind those of registry_open(). */
void served_open(struct served *s, uint64_t bindings);
void served_close(struct served *s);
/* Stops listening and drops all connections; and begins again on the same port. */
void served_cut(struct served *s);
void served_restore(struct served *s);
/* "http://127.0.0.1:PORT" */
const char *served_url(struct served *s, char ret[64]);

/* One commit of these leaves; the streams get it. */
void served_commit(struct served *s, const struct leaf *leaves, size_t count);
/* Ends the clinician's index. */
void served_suspend(struct served *s);
/* A heartbeat to all streams. */
void served_heartbeat(struct served *s);
/* An event of another history to all streams: same size, another root. */
void served_equivocate(struct served *s);

#endif
