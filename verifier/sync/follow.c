#include "follow.h"
#include "events.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define STALL_MS      15000u /* PROTOCOL 3: a heartbeat comes at least every 5 s */
#define QUICK_MS      250u   /* the first attempt after a break */
#define JITTER_MS     5000u  /* the whole of it is jitter: a registry that comes back is not stormed */
#define DISTRUST_MS   30000u /* nothing but a new root helps, and those are rare */
#define WANTS_AGAIN_MS 30000u

/* --- the stream --- */

/*
 * One event: the follower's whole reaction to it. What is older than what is held already is passed over, and does not count as
 * a sign of life: who replays an old stream is left after 15 seconds.
 */
static csign_code take_event(struct follower *f, const struct server_event *event, bool *ret_taken, csign_fault *fault)
{
    csign_code code = CSIGN_E_CHECKPOINT_ROLLED_BACK;
    if (event->kind == SERVER_EVENT_LOG)
        code = hold_event(f->holding, event->data, fault);
    else if (event->kind == SERVER_EVENT_FRESH)
        code = hold_leaves(f->holding, NULL, 0, event->data, fault);
    if (code == CSIGN_E_CHECKPOINT_ROLLED_BACK)
        return CSIGN_OK;
    TRY(code);
    *ret_taken = true;
    if (event->kind == SERVER_EVENT_LOG)
        TRY(fetch_wants(f, fault));
    return f->asks_fresh ? fetch_fresh(f, fault) : CSIGN_OK;
}

static csign_code take_input(struct follower *f, struct event_reader *reader, span input, bool *ret_taken, csign_fault *fault)
{
    struct server_event event;
    bool has_event = true;
    while (has_event) {
        TRY(event_reader_next(reader, &input, &has_event, &event, fault));
        if (has_event)
            TRY(take_event(f, &event, ret_taken, fault));
    }
    return CSIGN_OK;
}

static csign_code read_stream(struct follower *f, void *memory, csign_fault *fault)
{
    struct event_reader reader = event_reader_open(memory);
    struct reply reply;
    uint64_t heard = clock_boot_ms(), wanted = heard;
    while (!atomic_load(&f->is_stopping)) {
        span input = {NULL, 0};
        TRY(client_read(f->stream, 1000, &input, &reply, fault));
        if (client_is_streaming(f->stream) && !atomic_exchange(&f->is_connected, true))
            problem_over(f->problems, PROBLEM_REGISTRY);
        const uint64_t now = clock_boot_ms();
        bool taken = false;
        TRY(take_input(f, &reader, input, &taken, fault));
        if (taken)
            heard = now;
        else if (now - heard > STALL_MS)
            return fault_set(fault, CSIGN_E_UNAVAILABLE, "stream", "nothing new for 15 seconds");
        if (now - wanted > WANTS_AGAIN_MS) {
            wanted = now;
            TRY(fetch_wants(f, fault));
        }
    }
    return CSIGN_OK;
}

static csign_code follow_stream(struct follower *f, csign_fault *fault)
{
    char path[64];
    void *memory = malloc(EVENT_READER_MEMORY);
    if (!memory)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    snprintf(path, sizeof path, "/status/stream?from=%llu", (unsigned long long)f->holding->replayed);
    csign_code code = client_stream(f->stream, path, fault);
    if (code == CSIGN_OK)
        code = read_stream(f, memory, fault);
    client_end_stream(f->stream);
    free(memory);
    return code;
}

/* --- from nothing to the stream, as often as it takes --- */

static csign_code follow_once(struct follower *f, csign_fault *fault)
{
    csign_gate_info info;
    TRY(fetch_roots(f, fault));
    csign_gate_describe(f->holding->gate, &info);
    if (info.is_distrusted)
        return fault_set(fault, CSIGN_E_EQUIVOCATION, "status", "the log was seen with two histories");
    TRY(fetch_log(f, fault));
    TRY(fetch_wants(f, fault));
    if (f->asks_fresh)
        TRY(fetch_fresh(f, fault));
    return follow_stream(f, fault);
}

/* Waits, unless it is told to stop. */
static void rest(struct follower *f, uint32_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += (time_t)(ms / 1000) + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int result = 0;
    pthread_mutex_lock(&f->mutex);
    while (!atomic_load(&f->is_stopping) && result == 0)
        result = pthread_cond_timedwait(&f->stopped, &f->mutex, &until);
    pthread_mutex_unlock(&f->mutex);
}

static void *follow(void *context)
{
    struct follower *f = context;
    unsigned failures = 0;
    while (!atomic_load(&f->is_stopping)) {
        csign_fault fault = {CSIGN_OK, "", "", 0};
        csign_code code = follow_once(f, &fault);
        if (atomic_exchange(&f->is_connected, false))
            failures = 0;
        if (atomic_load(&f->is_stopping))
            break;
        if (code != CSIGN_E_EQUIVOCATION)
            problem_set(f->problems, PROBLEM_REGISTRY, "follow the registry", code, &fault);
        rest(f, code == CSIGN_E_EQUIVOCATION ? DISTRUST_MS : randombytes_uniform(failures++ ? JITTER_MS : QUICK_MS));
    }
    return NULL;
}

csign_code follower_start(struct follower *f, const struct client_options *options, csign_fault *fault)
{
    pthread_condattr_t monotonic;
    pthread_mutex_init(&f->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&f->stopped, &monotonic);
    pthread_condattr_destroy(&monotonic);
    f->asks_fresh = true;
    csign_code code = client_open(options, &f->client, fault);
    if (code == CSIGN_OK)
        code = client_open(options, &f->stream, fault);
    if (code == CSIGN_OK && pthread_create(&f->thread, NULL, follow, f) != 0)
        code = fault_set(fault, CSIGN_E_UNAVAILABLE, "", "no thread");
    if (code == CSIGN_OK)
        f->has_thread = true;
    else
        follower_stop(f);
    return code;
}

void follower_stop(struct follower *f)
{
    pthread_mutex_lock(&f->mutex);
    atomic_store(&f->is_stopping, true);
    pthread_cond_broadcast(&f->stopped);
    pthread_mutex_unlock(&f->mutex);
    if (f->client)
        client_cancel(f->client);
    if (f->stream)
        client_cancel(f->stream);
    if (f->has_thread)
        pthread_join(f->thread, NULL);
    client_close(&f->client);
    client_close(&f->stream);
    pthread_cond_destroy(&f->stopped);
    pthread_mutex_destroy(&f->mutex);
}
