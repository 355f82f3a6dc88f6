/*
 * The HTTP server: libmicrohttpd behind a guard that refuses what it would let pass (two lengths, any transfer encoding, bare
 * line feeds, NUL, folded lines, other versions than 1.1), a watchdog with absolute deadlines for headers and body, limits,
 * and a graceful stop. It listens on loopback or a Unix socket by default; TLS is a proxy's.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "buffer.h"
#include "exchange.h"

struct server;
struct feed;

/* Who an Authorization header's token names: fills role and caller (in `caller`, at most 256 bytes), or returns a code. */
typedef csign_code (*http_authenticate)(void *context, span token, enum http_role *ret_role, struct buffer *caller,
                                        csign_fault *fault);

struct server_options {
    const char *listen; /* "127.0.0.1:8440", "[::1]:0", "unix:PATH" */
    const struct http_route *routes;
    size_t route_count;
    http_authenticate authenticate;
    void *context;
    unsigned threads;         /* 0: two */
    unsigned connections;     /* at most; 0: 20,000 or what the system allows */
    unsigned receive_seconds; /* absolute deadline for headers and body; 0: 10 */
    unsigned idle_seconds;    /* between requests of a connection; 0: 30 */
};

/* Handlers may be called before it returns: what they need is in `context`, and a feed that is not open yet is unavailable. */
csign_code server_open(const struct server_options *options, struct server **ret, csign_fault *fault);
/* Where it listens, with the port that was chosen: "127.0.0.1:40123". */
const char *server_address(const struct server *server);
/* Stops accepting, ends streams, lets running requests finish for some seconds, and closes. */
void server_close(struct server **server);

struct server_counters {
    uint64_t requests, refused, dropped; /* refused: by the guard; dropped: by the watchdog */
    uint64_t connections, streams;       /* now */
    uint64_t by_status[6];               /* 1xx … 5xx; 0 is unused */
};
void server_count(const struct server *server, struct server_counters *ret);

/*
 * Server-Sent Events. A feed is a ring of shared events; any number of suspended connections read from it, each from its own
 * place; one copy of an event serves them all. Old events fall out by count and by bytes.
 */
struct feed *feed_open(struct server *server, size_t events_max, size_t bytes_max);
/*
 * Publishes: every line of `data` becomes one data: line. The ids of kept events rise. An event with `keep` false is for those
 * connected now; who is many of them behind gets the newest. Never waits.
 */
void feed_publish(struct feed *feed, uint64_t id, const char *event, span data, bool keep);
/* How far back the feed goes: what follows `id`, if a kept event has it or `id` is the oldest's predecessor. */
enum feed_place { FEED_FOUND, FEED_UNKNOWN, FEED_TOO_OLD };
/* Says that events before `id` exist but were not kept; `id` itself is a place to start from. */
void feed_begin(struct feed *feed, uint64_t id);
/* Answers the exchange with the stream from behind `id`. On anything but FEED_FOUND nothing was answered. */
enum feed_place feed_follow(struct feed *feed, struct exchange *x, uint64_t id);
void feed_close(struct feed **feed);

#endif
