#include "state.h"
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

csign_code state_open(struct state *state)
{
    pthread_condattr_t monotonic;
    memset(state, 0, sizeof *state);
    state->current = calloc(1, sizeof *state->current);
    if (!state->current)
        return CSIGN_E_NO_SPACE;
    pthread_mutex_init(&state->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&state->changed, &monotonic);
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

void state_close(struct state *state)
{
    if (!state->current)
        return;
    free_snapshots(state->retired);
    free_snapshots(state->current);
    pthread_cond_destroy(&state->changed);
    pthread_mutex_destroy(&state->mutex);
    memset(state, 0, sizeof *state);
}

struct snapshot *state_take(struct state *state)
{
    pthread_mutex_lock(&state->mutex);
    struct snapshot *snapshot = state->current;
    snapshot->users++;
    pthread_mutex_unlock(&state->mutex);
    return snapshot;
}

void state_give(struct state *state, struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    pthread_mutex_lock(&state->mutex);
    snapshot->users--; /* the follower frees it, when it swaps next */
    pthread_mutex_unlock(&state->mutex);
}

/* Takes what nobody uses out of the retired ones; called with the mutex held. */
static struct snapshot *unused(struct state *state)
{
    struct snapshot *found = NULL, **at = &state->retired;
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

csign_code state_swap(struct state *state, csign_gate *gate)
{
    struct snapshot *next = calloc(1, sizeof *next);
    if (!next) {
        csign_gate_free(&gate);
        return CSIGN_E_NO_SPACE;
    }
    next->gate = gate;
    pthread_mutex_lock(&state->mutex);
    state->current->next = state->retired;
    state->retired = state->current;
    state->current = next;
    struct snapshot *old = unused(state);
    pthread_mutex_unlock(&state->mutex);
    free_snapshots(old);
    return CSIGN_OK;
}

void state_saw(struct state *state, int64_t evidence, bool has_evidence, bool is_ready)
{
    const uint64_t boot_ms = clock_boot_ms();
    pthread_mutex_lock(&state->mutex);
    if (evidence > state->evidence) {
        state->evidence = evidence;
        state->boot_ms = boot_ms;
    }
    state->has_evidence = has_evidence;
    state->is_ready = is_ready;
    pthread_cond_broadcast(&state->changed);
    pthread_mutex_unlock(&state->mutex);
}

void state_forget(struct state *state, int64_t evidence)
{
    pthread_mutex_lock(&state->mutex);
    state->evidence = evidence;
    state->boot_ms = clock_boot_ms();
    state->has_evidence = state->is_ready = false;
    pthread_mutex_unlock(&state->mutex);
}

bool state_has_evidence(struct state *state)
{
    pthread_mutex_lock(&state->mutex);
    bool has = state->has_evidence;
    pthread_mutex_unlock(&state->mutex);
    return has;
}

bool state_wait(struct state *state, int64_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int result = 0;
    pthread_mutex_lock(&state->mutex);
    while (!state->is_ready && result == 0)
        result = pthread_cond_timedwait(&state->changed, &state->mutex, &until);
    bool is_ready = state->is_ready;
    pthread_mutex_unlock(&state->mutex);
    return is_ready;
}

struct moment state_now(struct state *state)
{
    const uint64_t wall_ms = clock_ms(CLOCK_REALTIME), boot_ms = clock_ms(CLOCK_BOOTTIME);
    pthread_mutex_lock(&state->mutex);
    const int64_t evidence = state->evidence;
    const uint64_t since_ms = boot_ms - state->boot_ms;
    pthread_mutex_unlock(&state->mutex);
    const uint64_t evidence_ms = evidence > 0 ? (uint64_t)evidence * 1000 + since_ms : 0;
    struct moment m = {.wall = (int64_t)(wall_ms / 1000), .now_ms = wall_ms > evidence_ms ? wall_ms : evidence_ms};
    m.now = (int64_t)(m.now_ms / 1000);
    m.is_behind = m.wall < evidence - SKEW_EVIDENCE;
    return m;
}
