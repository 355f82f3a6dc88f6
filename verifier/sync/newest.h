/*
 * The newest state of the gate, for all who decide: a pointer to an immutable snapshot. A desk takes a reference and decides
 * without a lock; the follower swaps the pointer, and frees what nobody uses any more. And the time: what `now` is.
 */
#ifndef SYNC_NEWEST_H
#define SYNC_NEWEST_H

#include "span.h"

#include <countersign/gate.h>
#include <pthread.h>

#define SKEW_EVIDENCE 5 /* seconds, PROTOCOL 3 */

struct snapshot {
    csign_gate *gate;
    unsigned users; /* under the state's mutex */
    struct snapshot *next;
};

struct newest {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct snapshot *current, *retired;
    int64_t evidence;  /* the newest time that any evidence had, here or before this start */
    uint64_t boot_ms;  /* CLOCK_BOOTTIME when it was seen */
    bool has_evidence; /* the current snapshot stands on some */
    bool is_ready;     /* with what a start needs: the answer to our nonce, or being declared offline */
};

csign_code newest_open(struct newest *newest);
void newest_close(struct newest *newest);

/* The newest snapshot, kept until it is given back. Its gate is NULL before the first. */
struct snapshot *newest_take(struct newest *newest);
void newest_give(struct newest *newest, struct snapshot *snapshot);

/*
 * Makes `gate` the newest and takes it over; NULL without memory, and it is freed. Called by one thread alone, which also frees
 * the old ones: their memory is shared, and must be freed by one thread at a time.
 */
csign_code newest_swap(struct newest *newest, csign_gate *gate);
/* Evidence of this time was seen now. */
void newest_saw(struct newest *newest, int64_t evidence, bool has_evidence, bool is_ready);
/* The root may have taken back what stood: the newest time is now this one, which may be older, and the state is not ready. */
void newest_forget(struct newest *newest, int64_t evidence);
bool newest_has_evidence(struct newest *newest);
/* Waits until the state is ready: false after `timeout_ms`. */
bool newest_wait(struct newest *newest, int64_t timeout_ms);

/* PROTOCOL 3: now = max(wall clock, last evidence + CLOCK_BOOTTIME since). */
struct moment {
    int64_t now, wall, evidence; /* NumericDate; evidence: of the newest, 0 for none */
    uint64_t now_ms;
    bool is_behind; /* the wall clock is more than 5 s behind the last evidence: decisions are taken as of `wall`, and refuse */
};
struct moment newest_now(struct newest *newest);

uint64_t clock_boot_ms(void);

#endif
