/* Sessions that only read, lent to one thread at a time. Of this folder only. */
#ifndef STORE_READERS_H
#define STORE_READERS_H

#include "session.h"

#include <pthread.h>

#define READERS_MAX 16u

struct readers {
    const char *path;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t returned;
    struct session sessions[READERS_MAX];
    struct session *idle[READERS_MAX]; /* the last one used is lent first: its pages are warm */
    size_t idle_count;
};

csign_code readers_open(struct readers *readers, const char *path, enum session_kind kind, uint64_t (*clock_ms)(void));
void readers_close(struct readers *readers);
struct session *readers_lend(struct readers *readers);
void readers_return(struct readers *readers, struct session *session);

#endif
