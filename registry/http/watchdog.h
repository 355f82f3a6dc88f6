/*
 * Absolute deadlines. libmicrohttpd's own timeout is one of inactivity: who sends a byte a second is never dropped. Here every
 * connection has a time by which what it does must be done; when it has passed, its socket is shut down, and libmicrohttpd
 * finds it closed.
 *
 * Thread safety: everything here may be called from any thread.
 */
#ifndef HTTP_WATCHDOG_H
#define HTTP_WATCHDOG_H

#include "fault.h"

#include <stdatomic.h>
#include <stdbool.h>

struct watchdog;

/* Part of what is watched; it stays where it is until watchdog_remove(). */
struct watched {
    struct watched *next, *previous;
    int socket;
    _Atomic int64_t deadline_ms; /* on watchdog_now()'s clock; 0: none */
};

csign_code watchdog_open(struct watchdog **ret);
void watchdog_close(struct watchdog **watchdog);
void watchdog_add(struct watchdog *watchdog, struct watched *watched, int socket, unsigned seconds);
/* Before the socket is closed: its number may be another connection's a moment later. */
void watchdog_remove(struct watchdog *watchdog, struct watched *watched);
/* Gives the next step of a connection its time; 0 seconds: as long as it takes. */
void watchdog_allow(struct watched *watched, unsigned seconds);
uint64_t watchdog_dropped(struct watchdog *watchdog);

#endif
