#include "serving.h"

#include <stdlib.h>

#define BODY_FIRST 4096u

/*
 * Waiting is a small state machine on `waiting`: the worker goes WAITING → SUSPENDED once libmicrohttpd has suspended the
 * connection, the waker goes to WOKEN from wherever it is; whoever finds that the other was first takes the next step. Both
 * hold the exchange, so that a wake-up which comes too late finds memory.
 */

/* --- life --- */

struct exchange *exchange_open(struct server *server, struct MHD_Connection *connection, const char *target)
{
    struct exchange *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->server = server;
    x->connection = connection;
    x->raw_target = target;
    x->raw_target_size = strlen(target);
    x->holders = 1;
    if (x->raw_target_size <= TARGET_MAX && (x->target = exchange_memory(x, x->raw_target_size + 1)))
        memcpy(x->target, target, x->raw_target_size);
    return x;
}

static void exchange_release(struct exchange *x)
{
    if (atomic_fetch_sub(&x->holders, 1) != 1)
        return;
    while (x->blocks) {
        struct memory_block *next = x->blocks->next;
        free(x->blocks);
        x->blocks = next;
    }
    if (x->response)
        MHD_destroy_response(x->response);
    free(x->body);
    free(x);
}

void *exchange_memory(struct exchange *x, size_t size)
{
    struct memory_block *block = size > SIZE_MAX - sizeof *block ? NULL : calloc(1, sizeof *block + size);
    if (!block)
        return NULL;
    block->next = x->blocks;
    x->blocks = block;
    return block->memory;
}

/* --- the request --- */

/* Keeps more of the body, which is at most as long as the route allows: its length was compared before the first byte. */
bool exchange_take(struct exchange *x, const char *data, size_t size)
{
    if (size > x->route->body_max - x->body_size)
        return false;
    if (size > x->body_capacity - x->body_size) {
        size_t capacity = x->body_capacity ? x->body_capacity : BODY_FIRST;
        while (capacity - x->body_size < size)
            capacity *= 2;
        uint8_t *body = realloc(x->body, capacity);
        if (!body)
            return false;
        x->body = body;
        x->body_capacity = capacity;
    }
    memcpy(x->body + x->body_size, data, size);
    x->body_size += size;
    return true;
}

span exchange_body(const struct exchange *x)
{
    return span_of(x->body, x->body_size);
}

static span find(const struct parameter *parameters, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (span_equal(parameters[i].name, span_text(name)))
            return parameters[i].value;
    return span_of(NULL, 0);
}

span exchange_path(const struct exchange *x, const char *name)
{
    return find(x->path, x->path_count, name);
}

span exchange_query(const struct exchange *x, const char *name)
{
    return find(x->query, x->query_count, name);
}

/* RFC 9110 5.5: white space around a value is no part of it; libmicrohttpd takes off what is before it. */
span exchange_header(const struct exchange *x, const char *name)
{
    const char *value = NULL;
    size_t size = 0;
    if (MHD_lookup_connection_value_n(x->connection, MHD_HEADER_KIND, name, strlen(name), &value, &size) != MHD_YES || !value)
        return span_of(NULL, 0);
    while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
        size--;
    return span_of(value, size);
}

enum http_role exchange_role(const struct exchange *x)
{
    return x->role;
}

span exchange_caller(const struct exchange *x)
{
    return x->caller;
}

void *exchange_context(const struct exchange *x)
{
    return x->server->options.context;
}

void exchange_set_state(struct exchange *x, void *state)
{
    x->state = state;
}

void *exchange_state(const struct exchange *x)
{
    return x->state;
}

/* --- the answer --- */

void exchange_answer_header(struct exchange *x, const char *name, const char *value)
{
    struct answer_header *header = exchange_memory(x, sizeof *header);
    if (!header)
        return;
    *header = (struct answer_header){x->headers, name, value};
    x->headers = header;
}

static const char *cache_control(enum http_cache cache)
{
    switch (cache) {
    case CACHE_SECONDS:
        return "public, max-age=1";
    case CACHE_MINUTE:
        return "public, max-age=60";
    case CACHE_IMMUTABLE:
        return "public, max-age=31536000, immutable";
    case CACHE_NEVER:
        break;
    }
    return "no-store";
}

void exchange_respond(struct exchange *x, unsigned status, struct MHD_Response *response, const char *media_type,
                      enum http_cache cache)
{
    if (x->response) /* the first answer holds */
        MHD_destroy_response(response);
    if (x->response || !response)
        return;
    MHD_add_response_header(response, "Content-Type", media_type);
    MHD_add_response_header(response, "Cache-Control", cache_control(cache));
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    for (const struct answer_header *h = x->headers; h; h = h->next)
        MHD_add_response_header(response, h->name, h->value);
    x->status = status;
    x->response = response;
}

void exchange_answer(struct exchange *x, unsigned status, const char *media_type, span body, enum http_cache cache)
{
    /* libmicrohttpd does not write to it, but asks for it without const. */
    void *bytes = (void *)(uintptr_t)body.data;
    exchange_respond(x, status, MHD_create_response_from_buffer(body.size, bytes, MHD_RESPMEM_PERSISTENT), media_type, cache);
}

enum MHD_Result exchange_send(struct exchange *x)
{
    if (!x->response)
        return MHD_NO; /* no memory for an answer: the connection is closed */
    if (atomic_load(&x->server->closing))
        MHD_add_response_header(x->response, "Connection", "close");
    if (x->status < 600)
        atomic_fetch_add(&x->server->by_status[x->status / 100], 1);
    return MHD_queue_response(x->connection, x->status, x->response);
}

/* --- waiting --- */

void exchange_wait(struct exchange *x, void (*resume)(struct exchange *x))
{
    x->resume = resume;
    atomic_fetch_add(&x->holders, 1);
    atomic_store(&x->waiting, WAITING);
}

void exchange_wake(struct exchange *x)
{
    if (atomic_exchange(&x->waiting, WOKEN) == SUSPENDED)
        MHD_resume_connection(x->connection);
    exchange_release(x);
}

static void list(struct exchange *x)
{
    x->previous_waiting = NULL;
    x->next_waiting = x->server->waiting;
    if (x->next_waiting)
        x->next_waiting->previous_waiting = x;
    x->server->waiting = x;
    x->listed = true;
}

static void unlist(struct exchange *x)
{
    if (!x->listed) /* the worker's */
        return;
    pthread_mutex_lock(&x->server->lock);
    if (x->next_waiting)
        x->next_waiting->previous_waiting = x->previous_waiting;
    if (x->previous_waiting)
        x->previous_waiting->next_waiting = x->next_waiting;
    else
        x->server->waiting = x->next_waiting;
    x->listed = false;
    if (!x->server->waiting)
        pthread_cond_broadcast(&x->server->idle);
    pthread_mutex_unlock(&x->server->lock);
}

/* Suspends the connection; whoever woke it meanwhile has it resumed at once. False when nobody is waited for any more. */
static bool suspend(struct exchange *x)
{
    int expected = WAITING;
    pthread_mutex_lock(&x->server->lock);
    bool wanted = !x->server->abandoned;
    if (wanted)
        MHD_suspend_connection(x->connection);
    bool woken = !atomic_compare_exchange_strong(&x->waiting, &expected, wanted ? SUSPENDED : ABANDONED);
    if (wanted && woken)
        MHD_resume_connection(x->connection);
    else if (wanted)
        list(x);
    pthread_mutex_unlock(&x->server->lock);
    return wanted;
}

void exchange_abandon_all(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    server->abandoned = true;
    for (struct exchange *x = server->waiting; x; x = x->next_waiting) {
        int expected = SUSPENDED;
        if (atomic_compare_exchange_strong(&x->waiting, &expected, ABANDONED))
            MHD_resume_connection(x->connection);
    }
    pthread_mutex_unlock(&server->lock);
}

void exchange_end(struct exchange *x)
{
    unlist(x); /* a client that hung up while it waited: it was woken, and its handler was not called again */
    exchange_release(x);
}

/* What was abandoned may still be in use by who would have woken it: nothing of its memory is touched. */
static enum MHD_Result send_abandoned(struct exchange *x)
{
    static const char problem[] = "{\"type\":\"about:blank\",\"title\":\"The registry cannot answer now.\",\"status\":503,"
                                  "\"code\":\"unavailable\",\"fix\":\"try again later\"}";
    x->headers = NULL;
    exchange_answer(x, 503, "application/problem+json", span_text(problem), CACHE_NEVER);
    return exchange_send(x);
}

enum MHD_Result exchange_run(struct exchange *x)
{
    if (!x->whole && !x->response) {
        x->whole = true;
        watchdog_allow(&x->peer->watched, 0);
        x->route->handle(x);
    }
    while (!x->response && atomic_load(&x->waiting) != NOT_WAITING) {
        if (atomic_load(&x->waiting) == WAITING && suspend(x))
            return MHD_YES;
        unlist(x);
        if (atomic_load(&x->waiting) == ABANDONED)
            return send_abandoned(x);
        atomic_store(&x->waiting, NOT_WAITING);
        x->resume(x);
    }
    if (!x->response)
        exchange_problem(x, CSIGN_E_INTERNAL, NULL);
    watchdog_allow(&x->peer->watched, x->streams ? 0 : SEND_SECONDS);
    return exchange_send(x);
}
