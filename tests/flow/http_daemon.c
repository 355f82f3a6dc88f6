/*
 * A server of registry/http with routes that only tests want: http_daemon LISTEN RECEIVE_SECONDS IDLE_SECONDS [EVENTS BYTES].
 * Prints where it listens; stops gracefully at the end of its input.
 */
#include "json_write.h"
#include "cursor.h"
#include "server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WAITING_MAX 100000u
#define SPINS       2000u /* looks at an empty queue before it sleeps: a quick waker meets handlers that still return */

/* A handler may be called before server_open() returns. */
static struct feed *_Atomic feed;
static struct server *_Atomic server;

/* --- a thread that ends what handlers begin --- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct exchange *queue[WAITING_MAX];
    size_t count;
    bool stop;
    struct exchange *held[WAITING_MAX]; /* until somebody asks for /release */
    size_t held_count;
} ender = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static void *end_exchanges(void *unused)
{
    pthread_mutex_lock(&ender.lock);
    for (unsigned idle = 0; !ender.stop || ender.count > 0;) {
        if (ender.count == 0 && idle++ < SPINS) {
            pthread_mutex_unlock(&ender.lock);
            pthread_mutex_lock(&ender.lock);
            continue;
        }
        idle = 0;
        if (ender.count == 0) {
            pthread_cond_wait(&ender.more, &ender.lock);
            continue;
        }
        struct exchange *x = ender.queue[--ender.count];
        pthread_mutex_unlock(&ender.lock);
        exchange_wake(x);
        pthread_mutex_lock(&ender.lock);
    }
    pthread_mutex_unlock(&ender.lock);
    return unused;
}

static void end_later(struct exchange *x)
{
    pthread_mutex_lock(&ender.lock);
    ender.queue[ender.count++] = x;
    pthread_cond_signal(&ender.more);
    pthread_mutex_unlock(&ender.lock);
}

/* --- routes --- */

static void answer_text(struct exchange *x, const char *text)
{
    exchange_answer(x, 200, "text/plain; charset=utf-8", span_text(text), CACHE_NEVER);
}

static void hello(struct exchange *x)
{
    answer_text(x, "hello\n");
}

static void echo(struct exchange *x)
{
    exchange_answer_header(x, "Countersign-Nonce", "next");
    exchange_answer(x, 200, "application/json", exchange_body(x), CACHE_NEVER);
}

static void big(struct exchange *x)
{
    size_t size = 4u << 20;
    uint8_t *bytes = exchange_memory(x, size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)('a' + i % 26);
    exchange_answer(x, 200, "application/octet-stream", span_of(bytes, size), CACHE_IMMUTABLE);
}

static void say_caller(struct exchange *x)
{
    span caller = exchange_caller(x);
    uint8_t *text = exchange_memory(x, 300);
    struct buffer to = buffer_open(text, 300);
    buffer_decimal(&to, (uint64_t)exchange_role(x));
    buffer_byte(&to, ' ');
    buffer_put(&to, caller);
    exchange_answer(x, 200, "text/plain; charset=utf-8", buffer_span(&to), CACHE_NEVER);
}

static void say_names(struct exchange *x)
{
    static const char *const names[] = {"id", "rest", "q", "p"};
    uint8_t *text = exchange_memory(x, 8192);
    struct buffer to = buffer_open(text, 8192);
    for (size_t i = 0; i < 4; i++) {
        span path = exchange_path(x, names[i]), query = exchange_query(x, names[i]), value = path.data ? path : query;
        if (!value.data)
            continue;
        buffer_text(&to, names[i]);
        buffer_byte(&to, '=');
        buffer_put(&to, value);
        buffer_byte(&to, '\n');
    }
    exchange_answer(x, 200, "text/plain; charset=utf-8", buffer_span(&to), CACHE_SECONDS);
}

static void finish(struct exchange *x)
{
    answer_text(x, exchange_state(x));
}

static void again(struct exchange *x)
{
    exchange_wait(x, finish);
    end_later(x);
}

/* Two steps on another thread. */
static void slow(struct exchange *x)
{
    char *state = exchange_memory(x, 8);
    memcpy(state, "slow\n", 5);
    exchange_set_state(x, state);
    exchange_wait(x, again);
    end_later(x);
}

/* Woken before the handler returns. */
static void hasty(struct exchange *x)
{
    static char state[] = "hasty\n";
    exchange_set_state(x, state);
    exchange_wait(x, finish);
    exchange_wake(x);
}

static void held(struct exchange *x)
{
    static char state[] = "held\n";
    exchange_set_state(x, state);
    exchange_wait(x, finish);
    pthread_mutex_lock(&ender.lock);
    ender.held[ender.held_count++] = x;
    pthread_mutex_unlock(&ender.lock);
}

static size_t let_go(void)
{
    pthread_mutex_lock(&ender.lock);
    size_t count = ender.held_count;
    struct exchange **all = calloc(count + 1, sizeof(struct exchange *));
    memcpy(all, ender.held, count * sizeof *all);
    ender.held_count = 0;
    pthread_mutex_unlock(&ender.lock);
    for (size_t i = 0; i < count; i++)
        exchange_wake(all[i]);
    free(all);
    return count;
}

static void release(struct exchange *x)
{
    uint8_t *text = exchange_memory(x, 32);
    struct buffer to = buffer_open(text, 32);
    buffer_decimal(&to, let_go());
    exchange_answer(x, 200, "text/plain; charset=utf-8", buffer_span(&to), CACHE_NEVER);
}

static void nothing(struct exchange *x)
{
    (void)x;
}

static void problem(struct exchange *x)
{
    char name[64] = {0};
    span text = exchange_path(x, "code");
    memcpy(name, text.data, text.size < sizeof name ? text.size : sizeof name - 1);
    csign_code code = csign_code_find(name);
    csign_fault fault = {code, "a \"field\"", "a reason", 0};
    if (code == CSIGN_E_SEQUENCE_GAP)
        exchange_problem_with(x, code, &fault, "expected", 17);
    else
        exchange_problem(x, code ? code : CSIGN_E_NOT_FOUND, code ? &fault : NULL);
}

static void stream(struct exchange *x)
{
    uint64_t from = 0;
    if (!span_decimal(exchange_query(x, "from"), UINT64_MAX, &from)) {
        exchange_problem(x, CSIGN_E_ARGUMENT, NULL);
        return;
    }
    enum feed_place place = feed_follow(feed, x, from);
    if (place == FEED_TOO_OLD)
        exchange_problem_as(x, 410, CSIGN_E_NOT_FOUND, NULL);
    else if (place == FEED_UNKNOWN)
        exchange_problem(x, CSIGN_E_ARGUMENT, NULL);
}

static void publish(struct exchange *x)
{
    uint64_t id = 0;
    bool keep = !exchange_query(x, "live").data;
    if (!span_decimal(exchange_query(x, "id"), UINT64_MAX, &id)) {
        exchange_problem(x, CSIGN_E_ARGUMENT, NULL);
        return;
    }
    feed_publish(feed, id, keep ? "log" : "fresh", exchange_body(x), keep);
    answer_text(x, "published\n");
}

static void count(struct exchange *x)
{
    struct server_counters c;
    server_count(server, &c);
    uint8_t *text = exchange_memory(x, 1024);
    struct buffer to = buffer_open(text, 1024);
    struct json_out json = json_out(&to);
    json_put_object(&json);
    json_put_integer_member(&json, "requests", c.requests);
    json_put_integer_member(&json, "refused", c.refused);
    json_put_integer_member(&json, "dropped", c.dropped);
    json_put_integer_member(&json, "connections", c.connections);
    json_put_integer_member(&json, "streams", c.streams);
    json_put_integer_member(&json, "ok", c.by_status[2]);
    json_end_object(&json);
    exchange_answer(x, 200, "application/json", buffer_span(&to), CACHE_NEVER);
}

static csign_code authenticate(void *context, span token, enum http_role *ret_role, struct buffer *caller, csign_fault *fault)
{
    (void)context;
    if (span_starts(token, SPAN("officer")))
        *ret_role = ROLE_OFFICER;
    else if (span_equal(token, SPAN("app")))
        *ret_role = ROLE_APP;
    else
        return fault_set(fault, CSIGN_E_UNAUTHENTICATED, "Authorization", "the token is not known");
    buffer_text(caller, "body/");
    buffer_put(caller, token);
    return CSIGN_OK;
}

static const struct http_route routes[] = {
    {HTTP_GET, "/hello", ROLE_ANYONE, NULL, 0, hello, ""},
    {HTTP_POST, "/echo", ROLE_ANYONE, "application/json", 1u << 20, echo, ""},
    {HTTP_POST, "/note", ROLE_ANYONE, "text/plain", 16, echo, ""},
    {HTTP_POST, "/bare", ROLE_ANYONE, NULL, 0, hello, ""},
    {HTTP_GET, "/both", ROLE_ANYONE, NULL, 0, hello, ""},
    {HTTP_POST, "/both", ROLE_ANYONE, "application/json", 100, echo, ""},
    {HTTP_GET, "/big", ROLE_ANYONE, NULL, 0, big, ""},
    {HTTP_GET, "/slow", ROLE_ANYONE, NULL, 0, slow, ""},
    {HTTP_GET, "/hasty", ROLE_ANYONE, NULL, 0, hasty, ""},
    {HTTP_GET, "/held", ROLE_ANYONE, NULL, 0, held, ""},
    {HTTP_GET, "/release", ROLE_ANYONE, NULL, 0, release, ""},
    {HTTP_GET, "/nothing", ROLE_ANYONE, NULL, 0, nothing, ""},
    {HTTP_GET, "/local", ROLE_LOCAL, NULL, 0, hello, ""},
    {HTTP_GET, "/officer", ROLE_OFFICER, NULL, 0, say_caller, ""},
    {HTTP_POST, "/officer", ROLE_OFFICER, "application/json", 100, say_caller, ""},
    {HTTP_GET, "/either", ROLE_OFFICER | ROLE_APP, NULL, 0, say_caller, ""},
    {HTTP_GET, "/nobody", 0, NULL, 0, hello, ""},
    {HTTP_GET, "/items/{id}", ROLE_ANYONE, NULL, 0, say_names, ""},
    {HTTP_GET, "/items/{id}/parts/{rest*}", ROLE_ANYONE, NULL, 0, say_names, ""},
    {HTTP_GET, "/search", ROLE_ANYONE, NULL, 0, say_names, ""},
    {HTTP_GET, "/problem/{code}", ROLE_ANYONE, NULL, 0, problem, ""},
    {HTTP_GET, "/stream", ROLE_ANYONE, NULL, 0, stream, ""},
    {HTTP_POST, "/publish", ROLE_ANYONE, "text/plain", 1u << 20, publish, ""},
    {HTTP_GET, "/count", ROLE_ANYONE, NULL, 0, count, ""},
};

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    const struct server_options options = {.listen = argv[1],
                                           .routes = routes,
                                           .route_count = sizeof routes / sizeof *routes,
                                           .authenticate = authenticate,
                                           .receive_seconds = (unsigned)atoi(argv[2]),
                                           .idle_seconds = (unsigned)atoi(argv[3])};
    csign_fault fault = {0};
    struct server *opened = NULL;
    if (server_open(&options, &opened, &fault) != CSIGN_OK) {
        fprintf(stderr, "%s: %s\n", fault.field, fault.reason);
        return 1;
    }
    size_t events = argc > 5 ? (size_t)atoi(argv[4]) : 1024, bytes = argc > 5 ? (size_t)atoi(argv[5]) : 64u << 20;
    struct feed *events_feed = feed_open(opened, events, bytes);
    feed_begin(events_feed, 100);
    server = opened;
    feed = events_feed;
    pthread_t thread;
    pthread_create(&thread, NULL, end_exchanges, NULL);
    printf("%s\n", server_address(opened));
    fflush(stdout);

    char byte;
    while (read(0, &byte, 1) > 0)
        continue;
    server_close(&opened);
    feed_close(&events_feed);
    let_go(); /* what the server gave up on is still woken, once */
    pthread_mutex_lock(&ender.lock);
    ender.stop = true;
    pthread_cond_signal(&ender.more);
    pthread_mutex_unlock(&ender.lock);
    pthread_join(thread, NULL);
    return 0;
}
