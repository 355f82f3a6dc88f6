/*
 * The gates of order.py: COUNT instances of csign_sync in one process, each with its own thread, stream and file.
 *
 *     bench-order-gates URL ROOT FOLDER DEPLOYMENT COUNT
 *
 * For each line on standard input, the name of a file with a release, it waits until every gate allows that release and says
 * "armed"; then it watches for the moment from which each refuses it as suspended, and tells them all in one line, in microseconds
 * since 1970. It looks twice a millisecond for a state that has the order's leaf. That such a state refuses is asked of every gate,
 * after the last has it: a thousand decisions, of a thousand machines, would otherwise be in the others' way on this one.
 */
#include "sync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define LOOK_NS  500000
#define DEADLINE 120 /* seconds, for whatever all gates are to come to */

struct watched {
    csign_sync *sync;
    uint64_t asked; /* the size of the log that decided last */
    uint64_t refuses_us;
};

static struct {
    struct watched *gates;
    size_t count;
    csign_cache *cache;
    struct csign_release release;
} bench;

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench-order-gates: %s\n", what);
    exit(1);
}

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static span read_whole(const char *path)
{
    FILE *file = fopen(path, "re");
    must(file != NULL, path);
    char *memory = malloc(CSIGN_ROOT_MAX);
    must(memory != NULL, "memory");
    size_t size = fread(memory, 1, CSIGN_ROOT_MAX, file);
    fclose(file);
    return span_of(memory, size);
}

/* --- deciding --- */

/* What the newest state of a gate says of the release. */
static csign_code ask(struct watched *w)
{
    csign_decision decision;
    csign_gate_info info;
    struct snapshot *snapshot = newest_take(&w->sync->newest);
    csign_verdict verdict = csign_decide(snapshot->gate, bench.cache, &bench.release, newest_now(&w->sync->newest).now, &decision);
    csign_gate_describe(snapshot->gate, &info);
    w->asked = info.marks.log_size;
    newest_give(&w->sync->newest, snapshot);
    return verdict == CSIGN_ALLOW ? CSIGN_OK : decision.code;
}

/* Whether its state has another log than that which decided last. */
static bool has_grown(struct watched *w)
{
    csign_gate_info info;
    struct snapshot *snapshot = newest_take(&w->sync->newest);
    csign_gate_describe(snapshot->gate, &info);
    newest_give(&w->sync->newest, snapshot);
    return info.marks.log_size > w->asked;
}

static void rest(void)
{
    const struct timespec look = {.tv_nsec = LOOK_NS};
    nanosleep(&look, NULL);
}

static void wait_for_allow(uint64_t until_us)
{
    for (size_t i = 0; i < bench.count; i++) {
        struct watched *w = &bench.gates[i];
        csign_code code;
        w->refuses_us = 0;
        while ((code = ask(w)) != CSIGN_OK) {
            must(now_us() < until_us, csign_code_name(code));
            rest();
        }
    }
}

static void watch(uint64_t until_us)
{
    for (size_t waiting = bench.count; waiting > 0; rest()) {
        must(now_us() < until_us, "an order does not arrive");
        for (size_t i = 0; i < bench.count; i++) {
            struct watched *w = &bench.gates[i];
            if (w->refuses_us == 0 && has_grown(w)) {
                w->refuses_us = now_us();
                waiting--;
            }
        }
    }
    for (size_t i = 0; i < bench.count; i++)
        must(ask(&bench.gates[i]) == CSIGN_E_SUSPENDED, "a gate has the order and does not refuse");
}

static void follow_order(const char *path)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    const span json = read_whole(path);
    const size_t size = csign_release_memory(json.size);
    void *memory = malloc(size);
    must(memory != NULL, "memory");
    csign_code code = csign_release_read(json, time(NULL), memory, size, &bench.release, &fault);
    if (code != CSIGN_OK)
        fprintf(stderr, "%s %s %s\n", csign_code_name(code), fault.field, fault.reason);
    must(code == CSIGN_OK, "not a release");
    const uint64_t until_us = now_us() + DEADLINE * UINT64_C(1000000);
    wait_for_allow(until_us);
    printf("armed\n");
    fflush(stdout);
    watch(until_us);
    for (size_t i = 0; i < bench.count; i++)
        printf("%llu%c", (unsigned long long)bench.gates[i].refuses_us, i + 1 < bench.count ? ' ' : '\n');
    fflush(stdout);
    free(memory);
    free((void *)(uintptr_t)json.data);
}

/* --- life --- */

static void open_gates(const char *url, span root, const char *folder, span deployment)
{
    char file[512];
    csign_fault fault = {CSIGN_OK, "", "", 0};
    for (size_t i = 0; i < bench.count; i++) {
        snprintf(file, sizeof file, "%s/gate-%zu", folder, i);
        const csign_sync_options options = {.struct_size = sizeof options, .base_url = url, .file = file, .deployment = deployment,
                                            .root = root, .accept_test = 1};
        if (csign_sync_open(&options, &bench.gates[i].sync, &fault) != CSIGN_OK) {
            fprintf(stderr, "gate %zu: %s %s\n", i, fault.field, fault.reason);
            must(false, "a gate does not open");
        }
    }
    for (size_t i = 0; i < bench.count; i++)
        must(csign_sync_wait(bench.gates[i].sync, DEADLINE * 1000) == CSIGN_OK, "a gate is not ready");
}

int main(int argc, char **argv)
{
    char path[512];
    struct rlimit files;
    must(argc == 6, "URL ROOT FOLDER DEPLOYMENT COUNT");
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    const size_t size = csign_cache_size(4);
    bench.count = strtoul(argv[5], NULL, 10);
    bench.gates = calloc(bench.count, sizeof *bench.gates);
    must(bench.count > 0 && bench.gates != NULL, "memory");
    must(csign_cache_init(malloc(size), size, &bench.cache) == CSIGN_OK, "cache");
    open_gates(argv[1], read_whole(argv[2]), argv[3], span_text(argv[4]));
    printf("ready\n");
    fflush(stdout);
    while (fgets(path, sizeof path, stdin)) {
        path[strcspn(path, "\n")] = 0;
        follow_order(path);
    }
    return 0; /* the files go with their folder, and nothing in them is wanted again */
}
