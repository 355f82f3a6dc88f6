#include "writer.h"

#include <signal.h>
#include <time.h>

/* What is run together, and how each ended. */
struct batch {
    struct operation *operations[STORE_BATCH_MAX];
    csign_code codes[STORE_BATCH_MAX];
    size_t count;
    bool was_refused; /* its only operation failed, and the transaction with it */
};

/* --- one transaction --- */

/* Runs an operation: what left queries open has failed, for whether they did was never asked. */
static csign_code run_whole(struct writer *w, struct operation *operation)
{
    csign_code code = operation->run(operation, &w->session);
    unsigned left_open = session_abandon_queries(&w->session);
    return code == CSIGN_OK && left_open ? CSIGN_E_INTERNAL : code;
}

/* Runs one of several so that its failure leaves nothing. CSIGN_E_UNAVAILABLE if the whole transaction is lost. */
static csign_code run_within(struct writer *w, struct operation *operation, csign_code *ret)
{
    struct store_sequencer *s = &w->sequencer;
    uint64_t mark = w->has_sequencer ? s->mark(s->context) : 0;
    TRY(session_control(&w->session, CONTROL_SAVEPOINT));
    *ret = run_whole(w, operation);
    if (*ret != CSIGN_OK) {
        TRY(session_control(&w->session, CONTROL_ROLLBACK_TO));
        if (w->has_sequencer)
            s->rollback(s->context, mark);
    }
    return session_control(&w->session, CONTROL_RELEASE);
}

/* One that writes much and is alone needs no savepoint, for which every page would be copied: it takes the transaction with it. */
static csign_code run_alone(struct writer *w, struct batch *batch)
{
    batch->codes[0] = run_whole(w, batch->operations[0]);
    batch->was_refused = batch->codes[0] != CSIGN_OK && session_in_transaction(&w->session);
    return batch->codes[0];
}

static csign_code run_batch(struct writer *w, struct batch *batch)
{
    struct store_sequencer *s = &w->sequencer;
    if (w->has_sequencer)
        TRY(s->before(s->context, &w->session));
    if (batch->count == 1 && w->session.is_bulk)
        TRY(run_alone(w, batch));
    else
        for (size_t i = 0; i < batch->count; i++)
            TRY(run_within(w, batch->operations[i], &batch->codes[i]));
    if (w->has_sequencer)
        TRY(s->seal(s->context, &w->session));
    return session_control(&w->session, CONTROL_COMMIT);
}

/* Runs the batch; its codes are what each operation is told. */
static void transact(struct writer *w, struct batch *batch)
{
    pthread_mutex_lock(&w->turn);
    session_new_time(&w->session);
    bool has_begun = session_control(&w->session, CONTROL_BEGIN) == CSIGN_OK;
    bool committed = has_begun && run_batch(w, batch) == CSIGN_OK;
    (void)session_abandon_queries(&w->session);
    if (session_in_transaction(&w->session))
        (void)session_control(&w->session, CONTROL_ROLLBACK);
    if (has_begun && w->has_sequencer)
        w->sequencer.after(w->sequencer.context, committed);
    pthread_mutex_unlock(&w->turn);
    for (size_t i = 0; i < batch->count && !committed && !batch->was_refused; i++)
        batch->codes[i] = CSIGN_E_UNAVAILABLE;

    pthread_mutex_lock(&w->lock);
    w->counters.transactions += committed;
    w->counters.failed_commits += !committed && !batch->was_refused;
    w->counters.operations += batch->count;
    w->busy_since_ms = 0;
    pthread_mutex_unlock(&w->lock);
}

/* --- the queue and its thread --- */

static uint64_t steady_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Called with the lock held. A disk that hangs would keep everybody waiting who comes: they are told at once instead. */
static bool hangs(const struct writer *w)
{
    return w->busy_since_ms != 0 && steady_ms() - w->busy_since_ms > STORE_HUNG_MS;
}

/* Waits for work; false when there is none and none will come. */
static bool take_batch(struct writer *w, struct batch *batch)
{
    batch->count = 0;
    batch->was_refused = false;
    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->is_ending)
        pthread_cond_wait(&w->more, &w->lock);
    while (w->first && batch->count < STORE_BATCH_MAX) {
        batch->operations[batch->count++] = w->first;
        w->first = w->first->next;
    }
    if (!w->first)
        w->last = &w->first;
    atomic_store(&w->session.is_awaited, batch->count > 1 || w->first);
    w->counters.waiting -= batch->count;
    w->busy_since_ms = steady_ms();
    pthread_mutex_unlock(&w->lock);
    return batch->count > 0;
}

static void *write_batches(void *context)
{
    struct writer *w = context;
    struct batch batch;
    while (take_batch(w, &batch)) {
        transact(w, &batch);
        for (size_t i = 0; i < batch.count; i++) /* from here on it is its owner's */
            batch.operations[i]->done(batch.operations[i], batch.codes[i]);
    }
    return NULL;
}

csign_code writer_open(struct writer *w)
{
    w->last = &w->first;
    if (pthread_mutex_init(&w->turn, NULL) != 0 || pthread_mutex_init(&w->lock, NULL) != 0 || pthread_cond_init(&w->more, NULL) != 0)
        return CSIGN_E_UNAVAILABLE;
    return CSIGN_OK;
}

csign_code writer_start(struct writer *w)
{
    sigset_t all, before;
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&w->thread, NULL, write_batches, w) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_mutex_lock(&w->lock);
    w->is_running = started;
    pthread_mutex_unlock(&w->lock);
    return started ? CSIGN_OK : CSIGN_E_UNAVAILABLE;
}

void writer_close(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    bool was_running = w->is_running;
    w->is_ending = true;
    pthread_cond_signal(&w->more);
    pthread_mutex_unlock(&w->lock);
    if (was_running)
        pthread_join(w->thread, NULL);
    session_close(&w->session);
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->lock);
    pthread_mutex_destroy(&w->turn);
}

csign_code writer_submit(struct writer *w, struct operation *operation)
{
    csign_code code = CSIGN_E_UNAVAILABLE;
    pthread_mutex_lock(&w->lock);
    if (w->is_running && !w->is_ending && w->counters.waiting < STORE_QUEUE_MAX && !hangs(w)) {
        operation->next = NULL;
        *w->last = operation;
        w->last = &operation->next;
        w->counters.waiting++;
        atomic_store(&w->session.is_awaited, true);
        pthread_cond_signal(&w->more);
        code = CSIGN_OK;
    }
    pthread_mutex_unlock(&w->lock);
    return code;
}

/* --- waiting for one's own --- */

static csign_code run_inner(struct operation *operation, struct session *session)
{
    struct operation *inner = ((struct errand *)operation)->inner;
    return inner->run(inner, session);
}

static void end_errand(struct errand *errand, csign_code code)
{
    pthread_mutex_lock(&errand->lock);
    errand->code = code;
    errand->has_ended = true;
    pthread_cond_signal(&errand->ended);
    pthread_mutex_unlock(&errand->lock);
}

static void tell_errand(struct operation *operation, csign_code code)
{
    end_errand((struct errand *)operation, code);
}

/* Before the thread runs, on the caller's. */
static csign_code run_here(struct writer *w, struct operation *operation)
{
    struct batch batch = {.operations = {operation}, .count = 1};
    transact(w, &batch);
    return batch.codes[0];
}

void writer_begin(struct writer *w, struct errand *errand, struct operation *operation)
{
    errand->operation = (struct operation){.run = run_inner, .done = tell_errand};
    errand->inner = operation;
    errand->has_ended = false;
    (void)pthread_mutex_init(&errand->lock, NULL); /* neither can fail on Linux, with no attributes */
    (void)pthread_cond_init(&errand->ended, NULL);
    pthread_mutex_lock(&w->lock);
    bool is_running = w->is_running;
    pthread_mutex_unlock(&w->lock);
    csign_code code = is_running ? writer_submit(w, &errand->operation) : run_here(w, operation);
    if (!is_running || code != CSIGN_OK)
        end_errand(errand, code);
}

csign_code store_await(struct errand *errand)
{
    pthread_mutex_lock(&errand->lock);
    while (!errand->has_ended)
        pthread_cond_wait(&errand->ended, &errand->lock);
    csign_code code = errand->code;
    pthread_mutex_unlock(&errand->lock);
    pthread_cond_destroy(&errand->ended);
    pthread_mutex_destroy(&errand->lock);
    return code;
}

struct store_counters writer_count(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    struct store_counters ret = w->counters;
    pthread_mutex_unlock(&w->lock);
    return ret;
}
