#include "outbox.h"
#include "entries.h"

#include <sodium.h>
#include <stdlib.h>
#include <time.h>

#define BATCH_WANTED 100u      /* LOG 4.3: 100 receipts, or a second */
#define TICK_S       1
#define LIFE_MS      3600000u  /* a sign of life */
#define BACKOFF_MS   60000u    /* at most, between attempts */
#define SETTLE_MS    15000u    /* counted refusals, once their minute is over */

static void on_receipts_added(void *context)
{
    struct outbox *o = context;
    const struct chain *chain = &o->ledger->chain; /* called by who leads the commit: it changes for nobody else meanwhile */
    if (chain->next_seq - chain->acked_seq < BATCH_WANTED)
        return;
    pthread_mutex_lock(&o->mutex);
    o->is_woken = true;
    pthread_cond_signal(&o->woken);
    pthread_mutex_unlock(&o->mutex);
}

/* Waits for a second, or until it is woken; false when it is told to stop. */
static bool rest(struct outbox *o)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TICK_S;
    int result = 0;
    pthread_mutex_lock(&o->mutex);
    while (!o->is_stopping && !o->is_woken && result == 0)
        result = pthread_cond_timedwait(&o->woken, &o->mutex, &until);
    o->is_woken = false;
    const bool goes_on = !o->is_stopping;
    pthread_mutex_unlock(&o->mutex);
    return goes_on;
}

/* What is due besides sending. */
static void tidy(struct outbox *o, bool is_hourly)
{
    const struct moment moment = newest_now(o->newest);
    csign_code code = refusals_settle(o->ledger, o->deployment, moment.now_ms);
    /* As of the evidence: a clock that was once set far ahead must not make a sign-off unused again. */
    if (code == CSIGN_OK && is_hourly)
        code = ledger_prune(o->ledger, moment.evidence);
    if (code != CSIGN_OK)
        problem_set(o->problems, PROBLEM_FILE, "tidy the file", code, NULL);
}

/* What failed is tried again, later and later, and not before the registry said. */
static void put_off(struct outbox *o, uint64_t now)
{
    const uint32_t most = BACKOFF_MS >> (o->failures < 6 ? 6 - o->failures : 0);
    o->failures++;
    o->not_before = now + o->retry_after * 1000 + randombytes_uniform(most);
}

/* Sends until less than a batch waits. */
static void send_all(struct outbox *o, uint64_t now)
{
    struct chain chain;
    do {
        csign_fault fault = {CSIGN_OK, "", "", 0};
        o->retry_after = 0;
        csign_code code = outbox_send(o, &fault);
        if (code != CSIGN_OK) {
            problem_set(o->problems, PROBLEM_RECEIPTS, "send receipts", code, &fault);
            put_off(o, now);
            return;
        }
        o->failures = 0;
        chain = ledger_chain(o->ledger);
    } while (o->resend_from || chain.next_seq - chain.acked_seq >= BATCH_WANTED);
    problem_over(o->problems, PROBLEM_RECEIPTS);
    o->sent = now;
}

static void *work(void *context)
{
    struct outbox *o = context;
    uint64_t tidied = 0;
    bool waited = false;
    while (rest(o)) {
        const uint64_t now = clock_boot_ms();
        const struct chain chain = ledger_chain(o->ledger);
        const uint64_t waiting = chain.next_seq - chain.acked_seq;
        const bool is_silent = o->sent == 0 || now - o->sent > LIFE_MS;
        if (tidied == 0 || now - tidied > SETTLE_MS) {
            tidy(o, tidied == 0 || is_silent);
            tidied = now;
        }
        const bool is_due = waiting >= BATCH_WANTED || (waiting > 0 && waited) || (is_silent && newest_has_evidence(o->newest));
        if (is_due && now >= o->not_before)
            send_all(o, now);
        waited = waiting > 0; /* those that came since the last tick have a second left */
    }
    return NULL;
}

csign_code outbox_start(struct outbox *o, const uint8_t seed[32], const struct client_options *options, csign_fault *fault)
{
    pthread_condattr_t monotonic;
    pthread_mutex_init(&o->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&o->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    o->key = sodium_malloc(sizeof *o->key);
    csign_code code = o->key ? CSIGN_OK : fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    if (code == CSIGN_OK) {
        signing_key_from_seed(seed, o->key);
        code = client_open(options, &o->client, fault);
    }
    if (code == CSIGN_OK && (code = ledger_reader(o->ledger, &o->reader)) != CSIGN_OK)
        fault_set(fault, code, "file", "cannot be read");
    if (code == CSIGN_OK) {
        o->ledger->context = o;
        o->ledger->receipts_added = on_receipts_added;
        o->has_thread = pthread_create(&o->thread, NULL, work, o) == 0;
        code = o->has_thread ? CSIGN_OK : fault_set(fault, CSIGN_E_UNAVAILABLE, "", "no thread");
    }
    if (code != CSIGN_OK)
        outbox_stop(o);
    return code;
}

void outbox_stop(struct outbox *o)
{
    pthread_mutex_lock(&o->mutex);
    o->is_stopping = true;
    pthread_cond_broadcast(&o->woken);
    pthread_mutex_unlock(&o->mutex);
    if (o->client)
        client_cancel(o->client);
    if (o->has_thread)
        pthread_join(o->thread, NULL);
    o->ledger->receipts_added = NULL;
    client_close(&o->client);
    connection_close(&o->reader);
    sodium_free(o->key);
    o->key = NULL;
    pthread_cond_destroy(&o->woken);
    pthread_mutex_destroy(&o->mutex);
}
