/*
 * The client of release_socket.py: an app that asks `countersign gate` over kept connections, one release at a time on each.
 *
 *     bench-release-socket WHERE PID CONNECTIONS     with the releases, JSON, one a line, on standard input
 *
 * Every answer must be a permit. It tells releases a second; p50 and p99 in milliseconds; microseconds of processor time that one took
 * of the client and of the gate, process PID.
 */
#include "caller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RELEASES_MAX 100000u
#define RELEASE_MAX  (32u * 1024u)

static struct {
    span releases[RELEASES_MAX];
    size_t count, sent, answered;
    double latencies[RELEASES_MAX];
} bench;

static void ask(struct caller *c)
{
    if (bench.sent < bench.count)
        caller_send(c, "/release", bench.releases[bench.sent++]);
}

static void hear(struct caller *c)
{
    if (caller_status(c) != 200)
        must(false, c->answer);
    bench.latencies[bench.answered++] = seconds() - c->sent_at;
    ask(c);
}

static void read_releases(void)
{
    char line[RELEASE_MAX];
    while (bench.count < RELEASES_MAX && fgets(line, sizeof line, stdin)) {
        char *copy = strdup(line);
        must(copy != NULL, "no memory");
        bench.releases[bench.count++] = span_of(copy, strcspn(copy, "\n"));
    }
    must(bench.count > 0, "no releases");
}

int main(int argc, char **argv)
{
    must(argc == 4, "WHERE PID CONNECTIONS");
    const size_t connections = strtoul(argv[3], NULL, 10);
    must(connections > 0, "nothing to do");
    read_releases();
    struct caller *all = callers_open(argv[1], connections);
    const double from = seconds(), client = cpu_own(), gate = cpu_of(argv[2]);
    for (size_t i = 0; i < connections; i++)
        ask(&all[i]);
    while (bench.answered < bench.count)
        callers_turn(hear);
    const double took = seconds() - from, client_used = cpu_own() - client, gate_used = cpu_of(argv[2]) - gate;
    sort_seconds(bench.latencies, bench.count);
    printf("%.0f %.3f %.3f %.1f %.1f\n", (double)bench.count / took, bench.latencies[bench.count / 2] * 1e3,
           bench.latencies[bench.count * 99 / 100] * 1e3, client_used * 1e6 / (double)bench.count,
           gate_used * 1e6 / (double)bench.count);
    return 0;
}
