/*
 * The client of issue_http.py: holders who ask for credentials over kept connections, the nonce of each from the reply before.
 *
 *     bench-issue-http PORT ISS PID COUNT CONNECTIONS     with the holders' seeds in hex, one a line, on standard input
 *
 * It shares the processors with the registry, process PID. What it costs, most of it for signing proofs, it tells: issuings a second;
 * p50, p99 and the last in milliseconds; microseconds of processor time that one took of the client and of the registry.
 */
#include "caller.h"
#include "key.h"
#include "proof.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HOLDERS_MAX 4096u
#define WARM_UP     10u /* issuings a connection before it counts */

static struct {
    const char *iss;
    struct signing_key holders[HOLDERS_MAX];
    size_t holder_count, sent, answered, warm, count;
    double *latencies;
} bench;

static void ask(struct caller *c)
{
    uint8_t memory[PROOF_MAX + 16];
    struct buffer body = buffer_open(memory, sizeof memory);
    const struct proof proof = {.aud = span_text(bench.iss), .nonce = span_text(c->nonce), .iat = (uint64_t)time(NULL),
                                .use = PROOF_CREDENTIAL};
    buffer_text(&body, "{\"proof\":\"");
    must(proof_write(&body, &proof, &bench.holders[bench.sent++ % bench.holder_count]) == CSIGN_OK, "no proof");
    buffer_text(&body, "\"}");
    caller_send(c, "/v1/credentials", buffer_span(&body));
}

static void take_nonce(struct caller *c)
{
    const char *nonce = caller_field(c, "\r\nCountersign-Nonce: "), *end = nonce ? strstr(nonce, "\r\n") : NULL;
    if (caller_status(c) != 200 || !nonce || (size_t)(end - nonce) >= sizeof c->nonce)
        must(false, c->answer);
    memcpy(c->nonce, nonce, (size_t)(end - nonce));
    c->nonce[end - nonce] = 0;
}

static void hear_nonce(struct caller *c)
{
    take_nonce(c);
    ask(c);
}

static void hear_credential(struct caller *c)
{
    take_nonce(c);
    if (bench.answered >= bench.warm && bench.answered < bench.warm + bench.count)
        bench.latencies[bench.answered - bench.warm] = seconds() - c->sent_at;
    if (++bench.answered < bench.warm + bench.count)
        ask(c);
}

static void hear(struct caller *c)
{
    if (c->nonce[0])
        hear_credential(c);
    else
        hear_nonce(c);
}

static void read_holders(void)
{
    char line[80];
    uint8_t seed[32];
    while (bench.holder_count < HOLDERS_MAX && fgets(line, sizeof line, stdin)) {
        must(sodium_hex2bin(seed, sizeof seed, line, 64, NULL, NULL, NULL) == 0, "not a seed");
        signing_key_from_seed(seed, &bench.holders[bench.holder_count++]);
    }
    must(bench.holder_count > 0, "no holders");
}

int main(int argc, char **argv)
{
    must(argc == 6 && sodium_init() >= 0, "PORT ISS PID COUNT CONNECTIONS");
    const size_t count = strtoul(argv[4], NULL, 10), connections = strtoul(argv[5], NULL, 10);
    must(count > 0 && connections > 0, "nothing to do");
    bench.iss = argv[2];
    bench.warm = connections * WARM_UP;
    bench.count = count;
    bench.latencies = calloc(count, sizeof *bench.latencies);
    must(bench.latencies != NULL, "no memory");
    read_holders();
    struct caller *all = callers_open(argv[1], connections);
    for (size_t i = 0; i < connections; i++)
        caller_send(&all[i], "/v1/challenges", SPAN("{}"));
    while (bench.answered < bench.warm)
        callers_turn(hear);
    const double from = seconds(), client = cpu_own(), registry = cpu_of(argv[3]);
    while (bench.answered < bench.warm + bench.count)
        callers_turn(hear);
    const double took = seconds() - from, client_used = cpu_own() - client, registry_used = cpu_of(argv[3]) - registry;
    sort_seconds(bench.latencies, count);
    printf("%.0f %.3f %.3f %.3f %.1f %.1f\n", (double)count / took, bench.latencies[count / 2] * 1e3,
           bench.latencies[count * 99 / 100] * 1e3, bench.latencies[count - 1] * 1e3, client_used * 1e6 / (double)count,
           registry_used * 1e6 / (double)count);
    return 0;
}
