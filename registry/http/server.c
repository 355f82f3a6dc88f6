#include "serving.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define THREADS         2u
#define CONNECTIONS     20000u
#define RECEIVE_SECONDS 10u
#define IDLE_SECONDS    30u
#define OTHER_FILES     256u  /* what a process has open beside its connections */
#define MEMORY_LIMIT    12288u /* of libmicrohttpd for one connection, a stream's too: the head and the answer's */

/* --- connections --- */

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr) || (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr) && in.sin6_addr.s6_addr[12] == 127);
    }
    return address->sa_family == AF_UNIX;
}

static void connection_begin(struct server *server, struct MHD_Connection *connection, void **peer_context)
{
    struct peer *peer = calloc(1, sizeof *peer);
    const union MHD_ConnectionInfo *address = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const union MHD_ConnectionInfo *socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!peer || !address || !socket) { /* its requests will find no peer */
        free(peer);
        return;
    }
    peer->server = server;
    peer->local = is_loopback(address->client_addr);
    peer->unix_socket = address->client_addr->sa_family == AF_UNIX;
    watchdog_add(server->watchdog, &peer->watched, socket->connect_fd, server->options.receive_seconds);
    atomic_fetch_add(&server->connections, 1);
    *peer_context = peer;
}

static void connection_changed(void *context, struct MHD_Connection *connection, void **peer_context,
                               enum MHD_ConnectionNotificationCode what)
{
    struct server *server = context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        connection_begin(server, connection, peer_context);
        return;
    }
    struct peer *peer = *peer_context;
    if (!peer)
        return;
    watchdog_remove(server->watchdog, &peer->watched);
    atomic_fetch_sub(&server->connections, 1);
    free(peer);
    *peer_context = NULL;
}

static struct peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* --- requests --- */

/* The request line was read: the last moment at which its target can be seen as it was sent. */
static void *request_begin(void *context, const char *target, struct MHD_Connection *connection)
{
    struct server *server = context;
    struct peer *peer = peer_of(connection);
    struct exchange *x = peer ? exchange_open(server, connection, target) : NULL;
    if (!x)
        return NULL;
    x->peer = peer;
    if (peer->kept_alive) /* what a first request has left of its time is not prolonged */
        watchdog_allow(&peer->watched, server->options.receive_seconds);
    guard_expect(x);
    return x;
}

static void count_running(struct server *server, bool begins)
{
    pthread_mutex_lock(&server->lock);
    if (begins)
        server->running++;
    else
        server->running--;
    if (server->running == 0)
        pthread_cond_broadcast(&server->idle);
    pthread_mutex_unlock(&server->lock);
}

/* An answer before the body has the connection closed behind it, so nothing that follows is taken for a request. */
static enum MHD_Result refuse_head(struct exchange *x, csign_code code, const csign_fault *fault)
{
    atomic_fetch_add(&x->server->refused, 1);
    exchange_problem(x, code, fault);
    return exchange_send(x);
}

static enum MHD_Result check_head(struct exchange *x, const char *method, const char *version)
{
    csign_fault fault = {0};
    atomic_fetch_add(&x->server->requests, 1);
    count_running(x->server, true);
    csign_code code = guard_check(x, method, version, &fault);
    if (code != CSIGN_OK)
        return refuse_head(x, code, &fault);
    if (route_find(x, method) || !x->announced)
        return MHD_YES;
    return exchange_send(x);
}

static enum MHD_Result request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                               const char *version, const char *data, size_t *size, void **exchange)
{
    struct exchange *x = *exchange;
    (void)context;
    (void)connection;
    (void)url;
    if (!x)
        return MHD_NO;
    if (!x->begun) {
        x->begun = true;
        guard_found(x);
        return check_head(x, method, version);
    }
    if (*size > 0) {
        bool taken = exchange_take(x, data, *size);
        *size = 0;
        return taken ? MHD_YES : MHD_NO;
    }
    return exchange_run(x);
}

static void request_end(void *context, struct MHD_Connection *connection, void **exchange, enum MHD_RequestTerminationCode why)
{
    struct server *server = context;
    struct exchange *x = *exchange;
    (void)connection;
    (void)why;
    if (!x)
        return;
    x->peer->kept_alive = true;
    watchdog_allow(&x->peer->watched, server->options.idle_seconds);
    guard_found(x);
    if (x->begun)
        count_running(server, false);
    exchange_end(x);
    *exchange = NULL;
}

/* --- life --- */

/* As many connections as were asked for, or as the system lets the process have open. */
static unsigned make_room(unsigned wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return wanted;
    rlim_t needed = (rlim_t)wanted + OTHER_FILES;
    if (limit.rlim_cur < needed) {
        limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0)
            return wanted;
    }
    if (limit.rlim_cur >= needed)
        return wanted;
    return limit.rlim_cur > 2 * OTHER_FILES ? (unsigned)limit.rlim_cur - OTHER_FILES : OTHER_FILES;
}

static void set_defaults(struct server_options *o)
{
    o->threads = o->threads ? o->threads : THREADS;
    o->connections = make_room(o->connections ? o->connections : CONNECTIONS);
    o->receive_seconds = o->receive_seconds ? o->receive_seconds : RECEIVE_SECONDS;
    o->idle_seconds = o->idle_seconds ? o->idle_seconds : IDLE_SECONDS;
}

static struct MHD_Daemon *start(struct server *server)
{
    const struct server_options *o = &server->options;
    const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    return MHD_start_daemon(flags, 0, NULL, NULL, request, server,
                            MHD_OPTION_EXTERNAL_LOGGER, guard_log, server,
                            MHD_OPTION_STRICT_FOR_CLIENT, 1,
                            MHD_OPTION_THREAD_POOL_SIZE, o->threads,
                            MHD_OPTION_CONNECTION_LIMIT, o->connections,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_LIMIT,
                            MHD_OPTION_CONNECTION_TIMEOUT, o->idle_seconds,
                            MHD_OPTION_URI_LOG_CALLBACK, request_begin, server,
                            MHD_OPTION_NOTIFY_CONNECTION, connection_changed, server,
                            MHD_OPTION_NOTIFY_COMPLETED, request_end, server,
                            MHD_OPTION_END);
}

static void server_free(struct server **server)
{
    struct server *s = *server;
    watchdog_close(&s->watchdog);
    if (s->socket_path)
        unlink(s->socket_path);
    pthread_cond_destroy(&s->idle);
    pthread_mutex_destroy(&s->lock);
    free(s);
    *server = NULL;
}

static struct server *server_new(const struct server_options *options)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->options = *options;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

csign_code server_open(const struct server_options *options, struct server **ret, csign_fault *fault)
{
    struct server *s = server_new(options);
    if (!s)
        return fault_set(fault, CSIGN_E_INTERNAL, "", "out of memory");
    set_defaults(&s->options);
    int socket = -1;
    csign_code code = watchdog_open(&s->watchdog);
    if (code == CSIGN_OK)
        code = listen_open(options->listen, &socket, s->address, sizeof s->address, &s->socket_path, fault);
    if (code == CSIGN_OK && !(s->daemon = start(s))) {
        close(socket);
        code = fault_set(fault, CSIGN_E_INTERNAL, "listen", "the HTTP server does not start");
    }
    if (code == CSIGN_OK && acceptor_open(s, socket) != CSIGN_OK) {
        MHD_stop_daemon(s->daemon);
        code = fault_set(fault, CSIGN_E_INTERNAL, "listen", "no thread to accept connections");
    }
    if (code != CSIGN_OK) {
        server_free(&s);
        return code;
    }
    *ret = s;
    return CSIGN_OK;
}

const char *server_address(const struct server *server)
{
    return server->address;
}

static void wait_for_running(struct server *server, int seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    pthread_mutex_lock(&server->lock);
    for (int late = 0; server->running > 0 && late == 0;)
        late = pthread_cond_timedwait(&server->idle, &server->lock, &until);
    pthread_mutex_unlock(&server->lock);
}

/* libmicrohttpd must not be stopped while a connection is suspended. All that waited have been woken and go on in a moment. */
static void wait_for_waiting(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    while (server->waiting)
        pthread_cond_wait(&server->idle, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

void server_close(struct server **server)
{
    struct server *s = *server;
    if (!s)
        return;
    atomic_store(&s->closing, true);
    acceptor_close(s);
    feed_end_all(s);
    wait_for_running(s, CLOSE_SECONDS);
    exchange_abandon_all(s);
    wait_for_running(s, 1);
    wait_for_waiting(s);
    MHD_stop_daemon(s->daemon);
    server_free(server);
}

void server_count(const struct server *server, struct server_counters *ret)
{
    *ret = (struct server_counters){
        .requests = atomic_load(&server->requests),
        .refused = atomic_load(&server->refused),
        .dropped = watchdog_dropped(server->watchdog),
        .connections = atomic_load(&server->connections),
        .streams = atomic_load(&server->streams),
    };
    for (size_t i = 0; i < 6; i++)
        ret->by_status[i] = atomic_load(&server->by_status[i]);
}
