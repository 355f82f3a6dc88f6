/*
 * What the files of this folder share: the server, a connection and an exchange from the inside. Nobody else includes it.
 *
 * A worker thread of libmicrohttpd owns a connection and calls back for it; what other threads touch is atomic or under a lock
 * that is named where it is declared.
 */
#ifndef HTTP_SERVING_H
#define HTTP_SERVING_H

#include "server.h"
#include "watchdog.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#define TARGET_MAX    2048u /* bytes of a request's target, as sent */
#define HEADERS_MAX   64u
#define PATH_NAMES    4u    /* names in braces of a route */
#define QUERY_MAX     16u   /* parameters of a query */
#define CALLER_MAX    256u
#define TOKEN_MAX     4096u /* bytes of an access token */
#define CLOSE_SECONDS 5     /* for running requests, at the end */
#define SEND_SECONDS  120   /* for an answer to be read, however large */

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    struct acceptor *acceptor;
    char address[128];
    const char *socket_path; /* to remove at the end; NULL but for Unix sockets */
    struct watchdog *watchdog;
    struct feed *feeds; /* the owner's thread alone */
    _Atomic bool closing;

    pthread_mutex_t lock; /* what follows, up to waiting */
    pthread_cond_t idle;  /* nothing runs, or nothing waits */
    size_t running;       /* exchanges between their head and their end */
    bool abandoned;       /* nobody is waited for any more */
    struct exchange *waiting; /* suspended ones */

    _Atomic uint64_t requests, refused, connections, streams, by_status[6];
};

/* One connection of a client. */
struct peer {
    struct watched watched;
    struct server *server;
    bool local;      /* over loopback or a Unix socket */
    bool unix_socket;
    bool kept_alive; /* an exchange was completed on it */
};

struct parameter {
    span name, value;
};

struct answer_header {
    struct answer_header *next;
    const char *name, *value;
};

struct memory_block {
    struct memory_block *next;
    max_align_t memory[];
};

/* Where the waiting of an exchange stands. */
enum waiting { NOT_WAITING, WAITING, SUSPENDED, WOKEN, ABANDONED };

struct exchange {
    struct server *server;
    struct peer *peer;
    struct MHD_Connection *connection;
    const struct http_route *route; /* once it was found */
    struct memory_block *blocks;

    struct exchange *next_unread, *previous_unread; /* the guard's, of one thread */
    bool unread;
    bool begun, whole; /* the head was looked at; the body is complete and the handler was called */
    bool announced;    /* a body */
    const char *raw_target; /* where libmicrohttpd read it: for the guard's comparison of places */
    size_t raw_target_size;
    char *target; /* a copy; NULL when longer than TARGET_MAX */
    struct parameter path[PATH_NAMES], query[QUERY_MAX];
    size_t path_count, query_count;
    uint8_t *body;
    size_t body_size, body_capacity;
    enum http_role role;
    span caller;

    struct MHD_Response *response; /* the answer, once given */
    unsigned status;
    struct answer_header *headers;
    bool streams; /* the answer has no end of its own */

    atomic_uint holders; /* libmicrohttpd, and who will wake it */
    _Atomic int waiting;
    void (*resume)(struct exchange *x);
    void *state;
    struct exchange *next_waiting, *previous_waiting; /* under the server's lock */
    bool listed;
};

/* exchange.c */
struct exchange *exchange_open(struct server *server, struct MHD_Connection *connection, const char *target);
bool exchange_take(struct exchange *x, const char *data, size_t size);
/* Calls the handler, or goes on with it after a wake-up, until there is an answer or it waits. */
enum MHD_Result exchange_run(struct exchange *x);
/* Gives the answer to libmicrohttpd. */
enum MHD_Result exchange_send(struct exchange *x);
/* libmicrohttpd is done with it. */
void exchange_end(struct exchange *x);
/* Gives up what still waits, at the end of the server. */
void exchange_abandon_all(struct server *server);
/* Makes `response` the answer, with the headers that every answer has. Takes it over; NULL ends in a closed connection. */
void exchange_respond(struct exchange *x, unsigned status, struct MHD_Response *response, const char *media_type,
                      enum http_cache cache);

/* guard.c: whether the head is one that libmicrohttpd and everybody else reads alike. */
csign_code guard_check(struct exchange *x, const char *method, const char *version, csign_fault *fault);
/* Between these two the head of a request is being read; what libmicrohttpd logs of it meanwhile is a refusal. */
void guard_expect(struct exchange *x);
void guard_found(struct exchange *x);
void guard_log(void *server, const char *format, va_list arguments);

/* route.c: finds the route and checks everything that can be checked before the body; on a failure the problem was answered. */
bool route_find(struct exchange *x, const char *method);
/* Decodes one component in place: percent signs, and `plus` as a space. False for what no component may have. */
bool route_decode(uint8_t *text, size_t *size, bool plus);

/* feed.c: ends all streams; none of them is suspended afterwards. */
void feed_end_all(struct server *server);

/* listen.c: a listening socket, and the address that it got. */
csign_code listen_open(const char *where, int *ret_fd, char *ret_address, size_t size, const char **ret_socket_path,
                       csign_fault *fault);

/* accept.c: the thread that takes connections from the listening socket, which is its own from then on, also where it fails. */
csign_code acceptor_open(struct server *server, int listening);
/* Stops listening. */
void acceptor_close(struct server *server);

#endif
