#include "caller.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ANSWERS_AT_ONCE 64
#define DEADLINE_MS     10000

static int poller = -1;

void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- connections --- */

static int connect_unix(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(strlen(path) < sizeof to.sun_path, path);
    memcpy(to.sun_path, path, strlen(path));
    must(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0, path);
    return fd;
}

static int connect_port(const char *port)
{
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0, port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

struct caller *callers_open(const char *where, size_t count)
{
    struct caller *all = calloc(count, sizeof *all);
    if (poller < 0)
        poller = epoll_create1(EPOLL_CLOEXEC);
    must(all != NULL && poller >= 0, "no memory for the connections");
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        all[i].number = i;
        all[i].socket = strncmp(where, "unix:", 5) == 0 ? connect_unix(where + 5) : connect_port(where);
        must(epoll_ctl(poller, EPOLL_CTL_ADD, all[i].socket, &event) == 0, "epoll");
    }
    return all;
}

/* --- requests and answers --- */

static void send_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        must(sent > 0, "the server does not take a request");
        bytes += sent;
        size -= (size_t)sent;
    }
}

void caller_send(struct caller *c, const char *path, span body)
{
    uint8_t memory[32u * 1024u];
    struct buffer request = buffer_open(memory, sizeof memory);
    buffer_text(&request, "POST ");
    buffer_text(&request, path);
    buffer_text(&request, " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ");
    buffer_decimal(&request, body.size);
    buffer_text(&request, "\r\n\r\n");
    buffer_put(&request, body);
    must(!request.overflow, "a request is too large");
    c->sent_at = seconds();
    send_all(c->socket, request.data, request.size);
}

const char *caller_field(const struct caller *c, const char *name)
{
    const char *at = strstr(c->answer, name), *end = strstr(c->answer, "\r\n\r\n");
    return at && at < end ? at + strlen(name) : NULL;
}

unsigned caller_status(const struct caller *c)
{
    return c->size > 12 ? (unsigned)strtoul(c->answer + 9, NULL, 10) : 0;
}

static bool is_whole(const struct caller *c)
{
    const char *end = strstr(c->answer, "\r\n\r\n"), *length = end ? caller_field(c, "\r\nContent-Length: ") : NULL;
    return length && (size_t)(end + 4 - c->answer) + strtoul(length, NULL, 10) <= c->size;
}

static void read_more(struct caller *c)
{
    ssize_t got = recv(c->socket, c->answer + c->size, sizeof c->answer - c->size - 1, 0);
    must(got > 0, "the server hung up");
    c->size += (size_t)got;
    c->answer[c->size] = 0;
}

void callers_turn(void (*heard)(struct caller *c))
{
    struct epoll_event events[ANSWERS_AT_ONCE];
    int ready = epoll_wait(poller, events, ANSWERS_AT_ONCE, DEADLINE_MS);
    must(ready > 0 || (ready < 0 && errno == EINTR), "no answer within 10 s");
    for (int i = 0; i < ready; i++) {
        struct caller *c = events[i].data.ptr;
        read_more(c);
        if (!is_whole(c))
            continue;
        heard(c);
        c->size = 0;
    }
}

/* --- what is measured --- */

double cpu_own(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

double cpu_of(const char *pid)
{
    char path[64], line[1024] = "";
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "re");
    must(file && fgets(line, sizeof line, file), path);
    fclose(file);
    const char *after = strrchr(line, ')'); /* the name may have spaces */
    must(after && sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2, path);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

void sort_seconds(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
}
