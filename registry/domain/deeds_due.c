/* What time brings: accepted deeds take effect, waiting ones expire, and interim suspensions that nobody confirmed are escalated. */
#include "alerts.h"
#include "deeds_accept.h"
#include "rows.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define SCRATCH_SIZE   (16u * DEED_MAX)
#define INTERVAL_MS    1000u
#define ALERT_TEXT_MAX 512u

/* One thing that is due, as an operation. */
struct due {
    struct operation operation;
    const struct registry *registry;
    uint8_t hash[CSIGN_HASH_SIZE];
    csign_code refused; /* of a deed that could not take effect: why */
    struct buffer scratch;
    csign_fault fault;
};

/* --- deeds that take effect --- */

/*
 * Whose power a deed was given by was judged when it was accepted. That the authority has lost a place since does not lose what it took
 * away; what gives back is judged again.
 */
static csign_code check_again(struct acting *a, const struct deed_row *row)
{
    if (row->kind == DEED_REINSTATE)
        return power_check(a);
    a->licence = row->licence;
    a->practitioner = row->practitioner;
    return CSIGN_OK;
}

static csign_code run_effect(struct operation *operation, struct session *session)
{
    struct due *due = (struct due *)operation;
    struct buffer scratch = due->scratch;
    struct deed_row row;
    struct deed deed;
    bool found;
    TRY(deed_row_read(session, due->hash, &scratch, &row, &found));
    if (!found || row.state != DEED_ACCEPTED || row.effective_ms > session_time_ms(session))
        return CSIGN_OK;
    TRY(deed_row_parse(&row, &scratch, &deed, &due->fault));
    struct acting a = {.registry = due->registry,
                       .session = session,
                       .deed = &deed,
                       .hash = due->hash,
                       .now_ms = session_time_ms(session),
                       .scratch = &scratch,
                       .fault = &due->fault};
    TRY(check_again(&a, &row));
    return deed_take_effect(&a);
}

static csign_code raise(struct session *session, const char *kind, const uint8_t *hash, span authority, span detail)
{
    uint8_t memory[64];
    struct buffer about = buffer_open(memory, sizeof memory);
    struct json_out o = json_out(&about);
    json_put_base64url(&o, span_of(hash, CSIGN_HASH_SIZE));
    span quoted = buffer_span(&about);
    return alert_raise(session, span_text(kind), span_of(quoted.data + 1, quoted.size - 2), authority, detail);
}

/* An accepted deed that the data no longer allow: it is struck out, and somebody is told. */
static csign_code run_give_up(struct operation *operation, struct session *session)
{
    struct due *due = (struct due *)operation;
    uint8_t memory[ALERT_TEXT_MAX];
    struct buffer detail = buffer_open(memory, sizeof memory);
    struct json_out o = json_out(&detail);
    json_put_object(&o);
    json_put_text_member(&o, "refused", span_text(csign_code_name(due->refused)));
    json_put_text_member(&o, "field", span_text(due->fault.field));
    json_put_text_member(&o, "reason", span_text(due->fault.reason));
    json_end_object(&o);
    TRY(RUN(session, SQL_DEED_FAIL, VALUE_HASH(due->hash), VALUE_TEXT(buffer_span(&detail))));
    return raise(session, "deed-refused", due->hash, span_of(NULL, 0), buffer_span(&detail));
}

/* What passes by itself is tried again; everything else would fail for ever, and hold the heartbeat up. */
static bool passes(csign_code code)
{
    return code == CSIGN_E_UNAVAILABLE || code == CSIGN_E_NO_SPACE || code == CSIGN_E_INTERNAL;
}

static csign_code take_effect(struct due *due)
{
    due->operation.run = run_effect;
    csign_code code = store_perform(due->registry->store, &due->operation);
    if (code == CSIGN_OK || passes(code))
        return code;
    due->refused = code;
    due->operation.run = run_give_up;
    return store_perform(due->registry->store, &due->operation);
}

/* --- interim suspensions --- */

/* PROTOCOL 5: two confirm before confirm_by, else it is escalated, never lifted. */
static csign_code run_escalate(struct operation *operation, struct session *session)
{
    struct due *due = (struct due *)operation;
    uint8_t memory[ALERT_TEXT_MAX];
    struct buffer detail = buffer_open(memory, sizeof memory), scratch = due->scratch;
    struct json_out o = json_out(&detail);
    struct query q = QUERY(session, SQL_ORDER_NEXT_UNCONFIRMED, VALUE_INTEGER(session_time_ms(session) / 1000));
    bool found = query_row(&q);
    span authority = copy_span(&scratch, query_text(&q, 3));
    if (found) {
        query_bytes(&q, 0, due->hash, sizeof due->hash);
        json_put_object(&o);
        json_put_text_member(&o, "licence", query_text(&q, 1));
        json_put_integer_member(&o, "confirm_by", (uint64_t)query_integer(&q, 2));
        json_end_object(&o);
    }
    TRY(query_close(&q));
    if (!found)
        return CSIGN_OK;
    TRY(RUN(session, SQL_ORDER_ESCALATE, VALUE_HASH(due->hash)));
    return raise(session, "interim-unconfirmed", due->hash, authority, buffer_span(&detail));
}

static csign_code run_expire(struct operation *operation, struct session *session)
{
    (void)operation;
    return RUN(session, SQL_DEED_EXPIRE, VALUE_INTEGER(session_time_ms(session) / 1000));
}

/* --- one round --- */

struct agenda {
    bool effect, expiry, unconfirmed;
    uint8_t hash[CSIGN_HASH_SIZE];
    uint64_t next_ms; /* when the next deed takes effect; 0: none is known */
};

static csign_code look(struct session *reader, struct agenda *ret)
{
    const uint64_t now_ms = session_time_ms(reader);
    struct query q = query_open(reader, SQL_DEED_NEXT_DUE, NULL, 0);
    *ret = (struct agenda){0};
    if (query_row(&q)) {
        query_bytes(&q, 0, ret->hash, sizeof ret->hash);
        ret->next_ms = (uint64_t)query_integer(&q, 1);
        ret->effect = ret->next_ms <= now_ms;
    }
    TRY(query_close(&q));
    TRY(query_found(QUERY(reader, SQL_DEED_HAS_EXPIRED, VALUE_INTEGER(now_ms / 1000)), &ret->expiry));
    return query_found(QUERY(reader, SQL_ORDER_NEXT_UNCONFIRMED, VALUE_INTEGER(now_ms / 1000)), &ret->unconfirmed);
}

static csign_code work_off(const struct registry *registry, struct due *due, uint64_t *ret_next_ms)
{
    struct agenda agenda;
    do {
        struct session *reader = store_reader(registry->store);
        if (!reader)
            return CSIGN_E_UNAVAILABLE;
        csign_code code = look(reader, &agenda);
        store_reader_end(registry->store, reader);
        TRY(code);
        if (agenda.effect) {
            memcpy(due->hash, agenda.hash, sizeof due->hash);
            TRY(take_effect(due));
        }
        if (agenda.expiry) {
            due->operation.run = run_expire;
            TRY(store_perform(registry->store, &due->operation));
        }
        if (agenda.unconfirmed) {
            due->operation.run = run_escalate;
            TRY(store_perform(registry->store, &due->operation));
        }
    } while (agenda.effect || agenda.expiry || agenda.unconfirmed);
    *ret_next_ms = agenda.next_ms;
    return CSIGN_OK;
}

static csign_code apply_due(const struct registry *registry, uint64_t *ret_next_ms)
{
    struct due due = {
        .registry = registry, .scratch = buffer_open(malloc(SCRATCH_SIZE), SCRATCH_SIZE), .fault = {CSIGN_OK, "", "", 0}};
    *ret_next_ms = 0;
    if (!due.scratch.data)
        return CSIGN_E_NO_SPACE;
    csign_code code = work_off(registry, &due, ret_next_ms);
    free(due.scratch.data);
    return code;
}

csign_code deeds_apply_due(const struct registry *registry)
{
    uint64_t next_ms;
    return apply_due(registry, &next_ms);
}

bool deeds_overdue(void *context, struct session *session, uint64_t now_ms)
{
    bool overdue = false;
    (void)context;
    /* Who cannot ask has to suppose it: no heartbeat dates a tree that may lack an order. */
    csign_code code = now_ms < LOG_WAITING_MS
                          ? CSIGN_OK
                          : query_found(QUERY(session, SQL_DEED_IS_OVERDUE, VALUE_INTEGER(now_ms - LOG_WAITING_MS)), &overdue);
    return overdue || code != CSIGN_OK;
}

/* --- the thread --- */

struct deeds_timer {
    const struct registry *registry;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stop;
};

static uint64_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* Until the next deed's time, at most an interval; the store's clock may be another than the machine's, and then it is the interval. */
static uint64_t pause_ms(uint64_t next_ms)
{
    uint64_t now_ms = wall_ms();
    if (next_ms <= now_ms)
        return INTERVAL_MS;
    return next_ms - now_ms < INTERVAL_MS ? next_ms - now_ms : INTERVAL_MS;
}

static void *run_timer(void *context)
{
    struct deeds_timer *timer = context;
    (void)pthread_mutex_lock(&timer->mutex);
    while (!timer->stop) {
        uint64_t next_ms;
        struct timespec until;
        (void)pthread_mutex_unlock(&timer->mutex);
        (void)apply_due(timer->registry, &next_ms); /* what failed is tried again in the next round */
        uint64_t pause = pause_ms(next_ms);
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += (time_t)(pause / 1000);
        until.tv_nsec += (long)(pause % 1000) * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        (void)pthread_mutex_lock(&timer->mutex);
        while (!timer->stop && pthread_cond_timedwait(&timer->wake, &timer->mutex, &until) == 0)
            continue;
    }
    (void)pthread_mutex_unlock(&timer->mutex);
    return NULL;
}

csign_code deeds_timer_start(const struct registry *registry, struct deeds_timer **ret)
{
    struct deeds_timer *timer = calloc(1, sizeof *timer);
    pthread_condattr_t attributes;
    if (!timer)
        return CSIGN_E_NO_SPACE;
    timer->registry = registry;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&timer->mutex, NULL);
    (void)pthread_cond_init(&timer->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (pthread_create(&timer->thread, NULL, run_timer, timer) != 0) {
        free(timer);
        return CSIGN_E_UNAVAILABLE;
    }
    *ret = timer;
    return CSIGN_OK;
}

void deeds_timer_stop(struct deeds_timer **timer)
{
    struct deeds_timer *t = *timer;
    if (!t)
        return;
    (void)pthread_mutex_lock(&t->mutex);
    t->stop = true;
    (void)pthread_cond_signal(&t->wake);
    (void)pthread_mutex_unlock(&t->mutex);
    (void)pthread_join(t->thread, NULL);
    (void)pthread_cond_destroy(&t->wake);
    (void)pthread_mutex_destroy(&t->mutex);
    free(t);
    *timer = NULL;
}
