#include "watchdog.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define TICK_MS 100

struct watchdog {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;
    struct watched all; /* a ring with this as its head */
    uint64_t dropped;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- the thread --- */

static void drop_late(struct watchdog *w, int64_t now)
{
    for (struct watched *at = w->all.next; at != &w->all; at = at->next) {
        int64_t deadline = atomic_load(&at->deadline_ms);
        if (deadline == 0 || now < deadline)
            continue;
        atomic_store(&at->deadline_ms, 0);
        shutdown(at->socket, SHUT_RDWR);
        w->dropped++;
    }
}

static void *watch(void *context)
{
    struct watchdog *w = context;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping) {
        int64_t now = now_ms(), next = now + TICK_MS;
        drop_late(w, now);
        struct timespec until = {next / 1000, next % 1000 * 1000000};
        pthread_cond_timedwait(&w->stop, &w->lock, &until);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

csign_code watchdog_open(struct watchdog **ret)
{
    struct watchdog *w = calloc(1, sizeof *w);
    if (!w)
        return CSIGN_E_INTERNAL;
    w->all.next = w->all.previous = &w->all;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&w->lock, NULL);
    if (pthread_create(&w->thread, NULL, watch, w) != 0) {
        pthread_cond_destroy(&w->stop);
        pthread_mutex_destroy(&w->lock);
        free(w);
        return CSIGN_E_INTERNAL;
    }
    *ret = w;
    return CSIGN_OK;
}

void watchdog_close(struct watchdog **watchdog)
{
    struct watchdog *w = *watchdog;
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->stop);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->stop);
    pthread_mutex_destroy(&w->lock);
    free(w);
    *watchdog = NULL;
}

/* --- what is watched --- */

void watchdog_add(struct watchdog *w, struct watched *watched, int socket, unsigned seconds)
{
    watched->socket = socket;
    watchdog_allow(watched, seconds);
    pthread_mutex_lock(&w->lock);
    watched->previous = &w->all;
    watched->next = w->all.next;
    w->all.next->previous = watched;
    w->all.next = watched;
    pthread_mutex_unlock(&w->lock);
}

void watchdog_remove(struct watchdog *w, struct watched *watched)
{
    pthread_mutex_lock(&w->lock);
    watched->next->previous = watched->previous;
    watched->previous->next = watched->next;
    pthread_mutex_unlock(&w->lock);
}

void watchdog_allow(struct watched *watched, unsigned seconds)
{
    atomic_store(&watched->deadline_ms, seconds == 0 ? 0 : now_ms() + (int64_t)seconds * 1000);
}

uint64_t watchdog_dropped(struct watchdog *w)
{
    pthread_mutex_lock(&w->lock);
    uint64_t dropped = w->dropped;
    pthread_mutex_unlock(&w->lock);
    return dropped;
}
