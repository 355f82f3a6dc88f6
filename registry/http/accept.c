/*
 * Accepting. Left to libmicrohttpd's workers, a connection is whose thread is quick to see it, and that is mostly the same one:
 * of 64 connections it had 43, which waited twice as long as the others. So one thread accepts, and libmicrohttpd deals what it
 * is given to its workers by socket number, which the system counts up.
 */
#include "serving.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define FULL_MS 20 /* until it is looked again whether there is room for one more */

struct acceptor {
    struct server *server;
    int listening, stop;
    pthread_t thread;
};

/* Waits until somebody connects, or for `full` until that may be over; false when it is to stop. */
static bool wait_for_work(const struct acceptor *a, bool full)
{
    struct pollfd fds[2] = {{.fd = a->stop, .events = POLLIN}, {.fd = full ? -1 : a->listening, .events = POLLIN}};
    (void)poll(fds, 2, full ? FULL_MS : -1);
    return fds[0].revents == 0;
}

/* False when there is no room: too many connections, or no more files. */
static bool accept_all(const struct acceptor *a)
{
    struct server *s = a->server;
    struct sockaddr_storage from;
    while (atomic_load(&s->connections) < s->options.connections) {
        socklen_t size = sizeof from;
        int fd = accept4(a->listening, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS;
        (void)MHD_add_connection(s->daemon, fd, (struct sockaddr *)&from, size); /* where it fails, it has closed the socket */
    }
    return false;
}

static void *run(void *context)
{
    const struct acceptor *a = context;
    bool full = false;
    while (wait_for_work(a, full))
        full = !accept_all(a);
    return NULL;
}

static void acceptor_free(struct acceptor *a)
{
    if (a->stop >= 0)
        close(a->stop);
    close(a->listening);
    free(a);
}

csign_code acceptor_open(struct server *server, int listening)
{
    struct acceptor *a = malloc(sizeof *a);
    sigset_t all, before;
    if (!a) {
        close(listening);
        return CSIGN_E_INTERNAL;
    }
    *a = (struct acceptor){.server = server, .listening = listening, .stop = eventfd(0, EFD_CLOEXEC)};
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = a->stop >= 0 && pthread_create(&a->thread, NULL, run, a) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!started) {
        acceptor_free(a);
        return CSIGN_E_INTERNAL;
    }
    server->acceptor = a;
    return CSIGN_OK;
}

void acceptor_close(struct server *server)
{
    struct acceptor *a = server->acceptor;
    if (!a)
        return;
    (void)eventfd_write(a->stop, 1);
    pthread_join(a->thread, NULL);
    acceptor_free(a);
    server->acceptor = NULL;
}
