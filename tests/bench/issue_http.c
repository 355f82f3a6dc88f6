/*
 * The client of issue_http.py: holders over kept connections, each with one request at a time, its nonce from the reply before.
 *
 *     bench-issue-http PORT ISS PID COUNT CONNECTIONS     with the holders' seeds in hex, one a line, on standard input
 *
 * It shares the processors with the registry, process PID, so it does as little as it can: one thread, one buffer a connection, no
 * parser; what it costs all the same, which is mostly signing proofs, it tells.
 */
#include "key.h"
#include "proof.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define HOLDERS_MAX 4096u
#define NONCE_MAX   128u
#define ANSWER_MAX  (24u * 1024u)
#define WARM_UP     10u /* issuings a connection before it counts */

struct connection {
    int socket;
    char nonce[NONCE_MAX];
    double sent_at;
    size_t size;
    char answer[ANSWER_MAX];
};

static struct {
    const char *iss;
    struct signing_key holders[HOLDERS_MAX];
    size_t holder_count, sent, answered, count, warm;
    double *latencies;
} bench;

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench-issue-http: %s\n", what);
    exit(1);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- requests --- */

static void send_all(const struct connection *c, const struct buffer *request)
{
    must(!request->overflow && send(c->socket, request->data, request->size, MSG_NOSIGNAL) == (ssize_t)request->size, "send");
}

static void put_head(struct buffer *to, const char *path, size_t body)
{
    buffer_text(to, "POST ");
    buffer_text(to, path);
    buffer_text(to, " HTTP/1.1\r\nHost: registry.test\r\nContent-Type: application/json\r\nContent-Length: ");
    buffer_decimal(to, body);
    buffer_text(to, "\r\n\r\n");
}

static void ask_nonce(struct connection *c)
{
    uint8_t memory[256];
    struct buffer request = buffer_open(memory, sizeof memory);
    put_head(&request, "/v1/challenges", 2);
    buffer_text(&request, "{}");
    send_all(c, &request);
}

static void ask_credential(struct connection *c)
{
    uint8_t proof_memory[PROOF_MAX], memory[PROOF_MAX + 512];
    struct buffer token = buffer_open(proof_memory, sizeof proof_memory), request = buffer_open(memory, sizeof memory);
    const struct proof proof = {.aud = span_text(bench.iss), .nonce = span_text(c->nonce), .iat = (uint64_t)time(NULL),
                                .use = PROOF_CREDENTIAL};
    c->sent_at = seconds();
    must(proof_write(&token, &proof, &bench.holders[bench.sent++ % bench.holder_count]) == CSIGN_OK, "proof");
    put_head(&request, "/v1/credentials", token.size + 12);
    buffer_text(&request, "{\"proof\":\"");
    buffer_put(&request, buffer_span(&token));
    buffer_text(&request, "\"}");
    send_all(c, &request);
}

/* --- answers --- */

static const char *field(const struct connection *c, const char *name)
{
    const char *at = strstr(c->answer, name);
    return at ? at + strlen(name) : NULL;
}

/* Whether the answer is there, whole. */
static bool is_whole(const struct connection *c)
{
    const char *end = strstr(c->answer, "\r\n\r\n"), *length = field(c, "\r\nContent-Length: ");
    return end && length && length < end && (size_t)(end + 4 - c->answer) + strtoul(length, NULL, 10) <= c->size;
}

static void take_nonce(struct connection *c)
{
    const char *nonce = field(c, "\r\nCountersign-Nonce: "), *end = nonce ? strstr(nonce, "\r\n") : NULL;
    if (strncmp(c->answer, "HTTP/1.1 200", 12) != 0 || !nonce || !end || end - nonce >= (ptrdiff_t)NONCE_MAX) {
        fprintf(stderr, "%s\n", c->answer);
        must(false, "not the answer that was expected");
        return;
    }
    memcpy(c->nonce, nonce, (size_t)(end - nonce));
    c->nonce[end - nonce] = 0;
}

static void hear(struct connection *c)
{
    ssize_t got = recv(c->socket, c->answer + c->size, sizeof c->answer - c->size - 1, 0);
    must(got > 0, "the registry hung up");
    c->size += (size_t)got;
    c->answer[c->size] = 0;
    if (!is_whole(c))
        return;
    take_nonce(c);
    c->size = 0;
    if (c->sent_at > 0 && bench.answered++ >= bench.warm)
        bench.latencies[bench.answered - bench.warm - 1] = seconds() - c->sent_at;
    if (bench.answered < bench.warm + bench.count)
        ask_credential(c);
}

/* --- the run --- */

static void read_holders(void)
{
    char line[80];
    uint8_t seed[32];
    while (bench.holder_count < HOLDERS_MAX && fgets(line, sizeof line, stdin)) {
        must(sodium_hex2bin(seed, sizeof seed, line, 64, NULL, NULL, NULL) == 0, "a seed");
        signing_key_from_seed(seed, &bench.holders[bench.holder_count++]);
    }
    must(bench.holder_count > 0, "no holders");
}

static struct connection *connect_all(int poll, size_t count, uint16_t port)
{
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct connection *all = calloc(count, sizeof *all);
    must(all != NULL, "memory");
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        const int one = 1;
        all[i].socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(all[i].socket >= 0 && connect(all[i].socket, (const struct sockaddr *)&to, sizeof to) == 0, "connect");
        setsockopt(all[i].socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        must(epoll_ctl(poll, EPOLL_CTL_ADD, all[i].socket, &event) == 0, "epoll");
    }
    return all;
}

static void turn(int poll)
{
    struct epoll_event events[64];
    int ready = epoll_wait(poll, events, 64, 10000);
    must(ready > 0 || errno == EINTR, "no answer within 10 s");
    for (int i = 0; i < ready; i++)
        hear(events[i].data.ptr);
}

static double own_cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double cpu_of(const char *pid)
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

int main(int argc, char **argv)
{
    must(argc == 6 && sodium_init() >= 0, "PORT ISS PID COUNT CONNECTIONS");
    const size_t count = strtoul(argv[4], NULL, 10), connections = strtoul(argv[5], NULL, 10);
    must(count > 0 && connections > 0, "nothing to do");
    bench.iss = argv[2];
    bench.warm = connections * WARM_UP;
    bench.count = count;
    bench.latencies = calloc(count + connections, sizeof *bench.latencies);
    must(bench.latencies != NULL, "memory");
    read_holders();
    int poll = epoll_create1(EPOLL_CLOEXEC);
    struct connection *all = connect_all(poll, connections, (uint16_t)strtoul(argv[1], NULL, 10));
    for (size_t i = 0; i < connections; i++)
        ask_nonce(&all[i]);
    while (bench.answered < bench.warm)
        turn(poll);
    const double from = seconds(), client = own_cpu(), registry = cpu_of(argv[3]);
    while (bench.answered < bench.warm + bench.count)
        turn(poll);
    const double took = seconds() - from, client_used = own_cpu() - client, registry_used = cpu_of(argv[3]) - registry;
    qsort(bench.latencies, count, sizeof *bench.latencies, by_value);
    printf("%.0f %.3f %.3f %.3f %.1f %.1f\n", (double)count / took, bench.latencies[count / 2] * 1e3,
           bench.latencies[count * 99 / 100] * 1e3, bench.latencies[count - 1] * 1e3, client_used * 1e6 / (double)count,
           registry_used * 1e6 / (double)count);
    return 0;
}
