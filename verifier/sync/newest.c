#include "newest.h"
#include "fault.h"

#include <stdlib.h>
#include <time.h>

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec t = {0, 0};
    clock_gettime(clock, &t);
    return t.tv_sec < 0 ? 0 : (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t clock_boot_ms(void)
{
    return clock_ms(CLOCK_BOOTTIME);
}

csign_code newest_open(struct newest *newest)
{
    pthread_condattr_t monotonic;
    memset(newest, 0, sizeof *newest);
    newest->current = calloc(1, sizeof *newest->current);
    if (!newest->current)
        return CSIGN_E_NO_SPACE;
    pthread_mutex_init(&newest->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&newest->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return CSIGN_OK;
}

static void free_snapshots(struct snapshot *list)
{
    while (list) {
        struct snapshot *next = list->next;
        csign_gate_free(&list->gate);
        free(list);
        list = next;
    }
}

void newest_close(struct newest *newest)
{
    if (!newest->current)
        return;
    free_snapshots(newest->retired);
    free_snapshots(newest->current);
    pthread_cond_destroy(&newest->changed);
    pthread_mutex_destroy(&newest->mutex);
    memset(newest, 0, sizeof *newest);
}

struct snapshot *newest_take(struct newest *newest)
{
    pthread_mutex_lock(&newest->mutex);
    struct snapshot *snapshot = newest->current;
    snapshot->users++;
    pthread_mutex_unlock(&newest->mutex);
    return snapshot;
}

void newest_give(struct newest *newest, struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    pthread_mutex_lock(&newest->mutex);
    snapshot->users--; /* the follower frees it, when it swaps next */
    pthread_mutex_unlock(&newest->mutex);
}

/* Takes what nobody uses out of the retired ones; called with the mutex held. */
static struct snapshot *unused(struct newest *newest)
{
    struct snapshot *found = NULL, **at = &newest->retired;
    while (*at) {
        struct snapshot *snapshot = *at;
        if (snapshot->users > 0) {
            at = &snapshot->next;
            continue;
        }
        *at = snapshot->next;
        snapshot->next = found;
        found = snapshot;
    }
    return found;
}

csign_code newest_swap(struct newest *newest, csign_gate *gate)
{
    struct snapshot *next = calloc(1, sizeof *next);
    if (!next) {
        csign_gate_free(&gate);
        return CSIGN_E_NO_SPACE;
    }
    next->gate = gate;
    pthread_mutex_lock(&newest->mutex);
    newest->current->next = newest->retired;
    newest->retired = newest->current;
    newest->current = next;
    struct snapshot *old = unused(newest);
    pthread_mutex_unlock(&newest->mutex);
    free_snapshots(old);
    return CSIGN_OK;
}

void newest_saw(struct newest *newest, int64_t evidence, bool has_evidence, bool is_ready)
{
    const uint64_t boot_ms = clock_boot_ms();
    pthread_mutex_lock(&newest->mutex);
    if (evidence > newest->evidence) {
        newest->evidence = evidence;
        newest->boot_ms = boot_ms;
    }
    newest->has_evidence = has_evidence;
    newest->is_ready = is_ready;
    pthread_cond_broadcast(&newest->changed);
    pthread_mutex_unlock(&newest->mutex);
}

void newest_forget(struct newest *newest, int64_t evidence)
{
    pthread_mutex_lock(&newest->mutex);
    newest->evidence = evidence;
    newest->boot_ms = clock_boot_ms();
    newest->has_evidence = newest->is_ready = false;
    pthread_mutex_unlock(&newest->mutex);
}

bool newest_has_evidence(struct newest *newest)
{
    pthread_mutex_lock(&newest->mutex);
    bool has = newest->has_evidence;
    pthread_mutex_unlock(&newest->mutex);
    return has;
}

bool newest_wait(struct newest *newest, int64_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int result = 0;
    pthread_mutex_lock(&newest->mutex);
    while (!newest->is_ready && result == 0)
        result = pthread_cond_timedwait(&newest->changed, &newest->mutex, &until);
    bool is_ready = newest->is_ready;
    pthread_mutex_unlock(&newest->mutex);
    return is_ready;
}

struct moment newest_now(struct newest *newest)
{
    const uint64_t wall_ms = clock_ms(CLOCK_REALTIME), boot_ms = clock_ms(CLOCK_BOOTTIME);
    pthread_mutex_lock(&newest->mutex);
    const int64_t evidence = newest->evidence;
    const uint64_t since_ms = boot_ms - newest->boot_ms;
    pthread_mutex_unlock(&newest->mutex);
    const uint64_t evidence_ms = evidence > 0 ? (uint64_t)evidence * 1000 + since_ms : 0;
    struct moment m = {.wall = (int64_t)(wall_ms / 1000), .evidence = evidence, .now_ms = wall_ms > evidence_ms ? wall_ms : evidence_ms};
    m.now = (int64_t)(m.now_ms / 1000);
    m.is_behind = m.wall < evidence - SKEW_EVIDENCE;
    return m;
}
