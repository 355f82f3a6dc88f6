/*
 * Issuing as the server does it, without HTTP: 64 connections, each with one request at a time, prove a key over a nonce of this
 * process, wait until the issuing is durable, and have the credential signed. Proofs are made beforehand: that is the client's work.
 *
 *     bench-issue [issuings] [connections]
 */
#include "access.h"
#include "domain_world.h"
#include "issue.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HOLDERS 256u

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct connection {
    pthread_t thread;
    struct world *world;
    span *proofs;
    double *latencies;
    size_t count;
    struct issue issue;
    uint8_t credential[ISSUE_CREDENTIAL_MAX];
};

static void must(csign_code code, const char *what)
{
    if (code == CSIGN_OK)
        return;
    fprintf(stderr, "bench-issue: %s: %s\n", what, csign_code_name(code));
    exit(1);
}

static void *serve(void *context)
{
    struct connection *c = context;
    const struct registry *registry = &c->world->registry;
    for (size_t i = 0; i < c->count; i++) {
        struct buffer out = buffer_open(c->credential, sizeof c->credential);
        const double from = seconds();
        must(issue_prepare(&c->issue, registry, c->proofs[i], clock_ms()), "prepare");
        must(store_perform(registry->store, &c->issue.operation), "perform");
        must(issue_write(&c->issue, &out), "write");
        c->latencies[i] = seconds() - from;
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void bench_issue(struct world *w, size_t issuings, size_t connections)
{
    const size_t each = issuings / connections, count = each * connections;
    struct connection *all = calloc(connections, sizeof *all);
    span *proofs = calloc(count, sizeof *proofs);
    double *latencies = calloc(count, sizeof *latencies);
    if (!all || !proofs || !latencies)
        exit(1);
    for (size_t i = 0; i < count; i++) {
        struct signer holder = world_holder((unsigned)(i % HOLDERS));
        span proof = world_proof(w, &holder, PROOF_CREDENTIAL, NULL, 0);
        uint8_t *copy = malloc(proof.size);
        if (!copy)
            exit(1);
        memcpy(copy, proof.data, proof.size);
        proofs[i] = span_of(copy, proof.size);
    }
    struct store_counters before, after;
    store_count(w->registry.store, &before);
    const double from = seconds();
    for (size_t i = 0; i < connections; i++) {
        all[i].world = w;
        all[i].proofs = proofs + i * each;
        all[i].latencies = latencies + i * each;
        all[i].count = each;
        if (pthread_create(&all[i].thread, NULL, serve, &all[i]) != 0)
            exit(1);
    }
    for (size_t i = 0; i < connections; i++)
        pthread_join(all[i].thread, NULL);
    const double took = seconds() - from;
    store_count(w->registry.store, &after);
    qsort(latencies, count, sizeof *latencies, by_value);
    printf("issue    %8.0f/s  p50 %6.2f ms  p99 %6.2f ms  %zu issued over %zu connections in %llu commits\n", (double)count / took,
           latencies[count / 2] * 1e3, latencies[count * 99 / 100] * 1e3, count, connections,
           (unsigned long long)(after.transactions - before.transactions));
    for (size_t i = 0; i < count; i++)
        free((void *)(uintptr_t)proofs[i].data);
    free(proofs);
    free(latencies);
    free(all);
}

static void bench_access(struct world *w, size_t checks)
{
    char token[ACCESS_TOKEN_MAX];
    struct access access;
    must(access_grant(&w->registry, world_proof(w, &w->officer, PROOF_TOKEN, NULL, 0), clock_ms(), &access, token, NULL), "grant");
    const double from = seconds();
    for (size_t i = 0; i < checks; i++)
        must(access_check(&w->registry, span_text(token), clock_ms(), &access, NULL), "check");
    printf("access   %8.2f us a check, one reading session each\n", (seconds() - from) * 1e6 / (double)checks);
}

int main(int argc, char **argv)
{
    const size_t issuings = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000, connections = argc > 2 ? strtoul(argv[2], NULL, 10) : 64;
    void *state = NULL;
    uint64_t index;
    if (connections == 0 || world_make(&state) != 0)
        return 1;
    struct world *w = state;
    for (unsigned i = 0; i < HOLDERS; i++) {
        struct signer holder = world_holder(i);
        world_enrol(w, i);
        must(world_bind(w, i, i, &holder, &index), "bind");
    }
    must(store_start(w->registry.store), "start");
    bench_issue(w, issuings, connections);
    bench_access(w, 100000);
    return world_remove(&state) == 0 ? 0 : 1;
}
