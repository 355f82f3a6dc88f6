/*
 * The follower: one thread that keeps a gate up to date. It fetches trust roots and policies that the log names, catches up by
 * entries tiles, asks for one fresh note after each start, and stays on the stream; when that breaks, or says nothing for 15
 * seconds, it begins anew, with full jitter.
 */
#ifndef SYNC_FOLLOW_H
#define SYNC_FOLLOW_H

#include "client.h"
#include "holding.h"

#include <stdatomic.h>

#define PAST_MAX 64u

struct follower {
    struct holding *holding;
    struct problems *problems;
    struct client *client, *stream; /* what is fetched while the stream runs goes beside it */
    const uint8_t *root_hash;       /* of the first root; NULL where one was given */
    atomic_bool is_connected, is_stopping;
    bool asks_fresh;
    uint8_t past[PAST_MAX][24]; /* policies that the log names and nobody needs any more */
    size_t past_count;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex; /* of `stopped` */
    pthread_cond_t stopped;
};

/* Starts the thread; the holding is then its own. `follower_stop` also frees the clients. */
csign_code follower_start(struct follower *f, const struct client_options *options, csign_fault *fault);
void follower_stop(struct follower *f);

/* fetch.c: what the follower asks for, each once. */
csign_code fetch_roots(struct follower *f, csign_fault *fault);
csign_code fetch_log(struct follower *f, csign_fault *fault);
csign_code fetch_wants(struct follower *f, csign_fault *fault);
csign_code fetch_fresh(struct follower *f, csign_fault *fault);

#endif
