/* Freshness: operations that let the cosignatures' time rise, for a nonce or with the beat of a thread. */
#include "sequencer.h"

#include <signal.h>
#include <time.h>

/* --- a nonce --- */

/* The answer is written when the time that it carries is durable: see `after` of sequence.c. */
static csign_code run_fresh(struct operation *operation, struct session *session)
{
    struct log_fresh *fresh = (struct log_fresh *)operation;
    struct log *log = fresh->log;
    if (log_evidence_time(log) != session_time_ms(session) / 1000)
        return CSIGN_E_UNAVAILABLE; /* time stands still: the clock went back, or a deed waits */
    fresh->note_size = 0;
    fresh->next = log->asked;
    log->asked = fresh;
    log->is_renewed = true;
    return CSIGN_OK;
}

void log_fresh_init(struct log_fresh *fresh, struct log *log)
{
    fresh->operation = (struct operation){.run = run_fresh};
    fresh->log = log;
    fresh->note_size = 0;
}

/* --- the beat --- */

static csign_code run_beat(struct operation *operation, struct session *session)
{
    const struct beat *beat = (struct beat *)operation;
    (void)session;
    beat->log->is_renewed = true;
    return CSIGN_OK;
}

void beat_init(struct beat *beat, struct log *log)
{
    *beat = (struct beat){.operation = {.run = run_beat}, .log = log};
}

static void beat_done(struct operation *operation, csign_code code)
{
    struct heartbeat *h = &((struct beat *)operation)->log->heartbeat;
    (void)code; /* what did not succeed shows in the evidence, which grows older */
    pthread_mutex_lock(&h->lock);
    h->is_on_its_way = false;
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
}

static struct timespec from_now(long ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* With a writer that hangs the beat before is still on its way, and no other follows. */
static void *beat_on(void *context)
{
    struct log *log = context;
    struct heartbeat *h = &log->heartbeat;
    pthread_mutex_lock(&h->lock);
    while (!h->is_ending) {
        if (!h->is_on_its_way) {
            h->is_on_its_way = true;
            pthread_mutex_unlock(&h->lock);
            csign_code code = store_submit(log->options.store, &h->beat.operation);
            pthread_mutex_lock(&h->lock);
            if (code != CSIGN_OK)
                h->is_on_its_way = false;
        }
        const struct timespec next = from_now(LOG_HEARTBEAT_MS);
        while (!h->is_ending && pthread_cond_timedwait(&h->changed, &h->lock, &next) == 0) {
        }
    }
    while (h->is_on_its_way)
        pthread_cond_wait(&h->changed, &h->lock);
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

/* Hands the question to the writer's thread, which alone asks it. */
struct adoption {
    struct operation operation;
    struct log *log;
    bool (*overdue)(void *context, struct session *session, uint64_t now_ms);
    void *context;
};

static csign_code run_adoption(struct operation *operation, struct session *session)
{
    const struct adoption *adoption = (struct adoption *)operation;
    (void)session;
    adoption->log->overdue = adoption->overdue;
    adoption->log->overdue_context = adoption->context;
    return CSIGN_OK;
}

csign_code log_heartbeat_start(struct log *log, bool (*overdue)(void *context, struct session *session, uint64_t now_ms),
                               void *context)
{
    struct heartbeat *h = &log->heartbeat;
    struct adoption adoption = {.operation = {.run = run_adoption}, .log = log, .overdue = overdue, .context = context};
    sigset_t all, before;
    TRY(store_perform(log->options.store, &adoption.operation));
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    h->is_ending = false;
    h->is_running = pthread_create(&h->thread, NULL, beat_on, log) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return h->is_running ? CSIGN_OK : CSIGN_E_UNAVAILABLE;
}

void log_heartbeat_stop(struct log *log)
{
    struct heartbeat *h = &log->heartbeat;
    if (!h->is_running)
        return;
    pthread_mutex_lock(&h->lock);
    h->is_ending = true;
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
    h->is_running = false;
}

csign_code heartbeat_open(struct log *log)
{
    struct heartbeat *h = &log->heartbeat;
    pthread_condattr_t steady; /* a wall clock that is set must not stop the heart */
    beat_init(&h->beat, log);
    h->beat.operation.done = beat_done;
    if (pthread_condattr_init(&steady) != 0)
        return CSIGN_E_UNAVAILABLE;
    bool good = pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&h->changed, &steady) == 0 &&
                pthread_mutex_init(&h->lock, NULL) == 0;
    pthread_condattr_destroy(&steady);
    return good ? CSIGN_OK : CSIGN_E_UNAVAILABLE;
}

void heartbeat_close(struct log *log)
{
    pthread_cond_destroy(&log->heartbeat.changed);
    pthread_mutex_destroy(&log->heartbeat.lock);
}
