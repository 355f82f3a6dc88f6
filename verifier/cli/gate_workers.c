#include "gate_workers.h"

#include <pthread.h>
#include <stdlib.h>

#define CREDENTIALS 64u /* that each desk remembers as verified */

struct gate_workers {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct gate_job *first, **last;
    size_t waiting, count;
    bool is_closing;
    struct worker {
        pthread_t thread;
        csign_desk *desk;
        struct gate_workers *all;
    } workers[GATE_WORKERS];
};

static struct gate_job *next_job(struct gate_workers *w)
{
    pthread_mutex_lock(&w->mutex);
    while (!w->first && !w->is_closing)
        pthread_cond_wait(&w->changed, &w->mutex);
    struct gate_job *job = w->first;
    if (job) {
        w->first = job->next;
        w->waiting--;
        if (!w->first)
            w->last = &w->first;
    }
    pthread_mutex_unlock(&w->mutex);
    return job;
}

static void *work(void *context)
{
    struct worker *worker = context;
    for (struct gate_job *job; (job = next_job(worker->all));) {
        job->run(job, worker->desk);
        exchange_wake(job->exchange);
    }
    return NULL;
}

csign_code gate_workers_open(csign_sync *sync, struct gate_workers **ret)
{
    struct gate_workers *w = calloc(1, sizeof *w);
    if (!w)
        return CSIGN_E_NO_SPACE;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->changed, NULL);
    w->last = &w->first;
    csign_code code = CSIGN_OK;
    while (code == CSIGN_OK && w->count < GATE_WORKERS) {
        struct worker *worker = &w->workers[w->count];
        worker->all = w;
        code = csign_desk_open(sync, CREDENTIALS, &worker->desk);
        if (code == CSIGN_OK && pthread_create(&worker->thread, NULL, work, worker) != 0) {
            csign_desk_close(&worker->desk);
            code = CSIGN_E_UNAVAILABLE;
        }
        if (code == CSIGN_OK)
            w->count++;
    }
    if (code != CSIGN_OK)
        gate_workers_close(&w);
    else
        *ret = w;
    return code;
}

void gate_workers_close(struct gate_workers **workers)
{
    struct gate_workers *w = *workers;
    if (!w)
        return;
    pthread_mutex_lock(&w->mutex);
    w->is_closing = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    for (size_t i = 0; i < w->count; i++) {
        pthread_join(w->workers[i].thread, NULL);
        csign_desk_close(&w->workers[i].desk);
    }
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->mutex);
    free(w);
    *workers = NULL;
}

static void answer(struct exchange *x)
{
    struct gate_job *job = exchange_state(x);
    if (job->problem != CSIGN_OK)
        exchange_problem(x, job->problem, &job->fault);
    else
        exchange_answer(x, job->status, job->media_type, span_of(job->body, job->size), CACHE_NEVER);
}

static bool queue(struct gate_workers *w, struct gate_job *job)
{
    pthread_mutex_lock(&w->mutex);
    const bool takes = w->waiting < GATE_JOBS && !w->is_closing;
    if (takes) {
        *w->last = job;
        w->last = &job->next;
        w->waiting++;
        exchange_wait(job->exchange, answer); /* before a worker can see it */
        pthread_cond_signal(&w->changed);
    }
    pthread_mutex_unlock(&w->mutex);
    return takes;
}

void gate_workers_take(struct exchange *x, void (*run)(struct gate_job *job, csign_desk *desk))
{
    static const csign_fault busy = {CSIGN_E_UNAVAILABLE, "", "too many requests wait", 0};
    struct gate_service *service = exchange_context(x);
    struct gate_job *job = exchange_memory(x, sizeof *job);
    if (!job)
        return; /* the server answers */
    job->exchange = x;
    job->run = run;
    job->sync = service->sync;
    job->is_unix = service->is_unix;
    exchange_set_state(x, job);
    if (!queue(service->workers, job))
        exchange_problem(x, CSIGN_E_UNAVAILABLE, &busy);
}
