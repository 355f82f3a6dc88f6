/*
 * csign_release(): releases a second, by one thread and by eight, against what it cannot do without: one decision, and one
 * SQLite transaction at full durability on the same disk. Ratios of one run; group commit is what lets the second be above 1.
 */
#include "clock_shim.h"
#include "counting.h"
#include "served.h"

#include <countersign/sync.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8u
#define EACH    250u
#define COMMITS 500u

static struct served served;
static struct csign_release *releases;
static span *entries;
static char (*ids)[40];

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- what it is measured against --- */

static double decisions_a_second(void)
{
    const size_t size = csign_cache_size(4);
    csign_cache *cache;
    csign_decision decision;
    void *memory = malloc(size);
    must(csign_cache_init(memory, size, &cache) == CSIGN_OK, "cache");
    const double from = seconds();
    for (unsigned i = 0; i < COMMITS; i++)
        must(csign_decide(served.registry.gate, cache, &releases[i], REGISTRY_NOW, &decision) == CSIGN_ALLOW, "decide");
    const double took = seconds() - from;
    free(memory);
    return COMMITS / took;
}

static double commits_a_second(const char *path)
{
    sqlite3 *db;
    must(sqlite3_open(path, &db) == SQLITE_OK, "sqlite");
    must(sqlite3_exec(db, "pragma journal_mode = wal; pragma synchronous = full; create table t (a blob)", NULL, NULL, NULL) == SQLITE_OK,
         "table");
    const double from = seconds();
    for (unsigned i = 0; i < COMMITS; i++)
        must(sqlite3_exec(db, "insert into t values (zeroblob(1000))", NULL, NULL, NULL) == SQLITE_OK, "insert");
    const double took = seconds() - from;
    sqlite3_close(db);
    return COMMITS / took;
}

/* --- csign_release() --- */

struct worker {
    pthread_t thread;
    csign_sync *sync;
    unsigned first, count;
};

static void *release_some(void *context)
{
    struct worker *w = context;
    csign_desk *desk;
    csign_decision decision;
    must(csign_desk_open(w->sync, 4, &desk) == CSIGN_OK, "desk");
    for (unsigned i = w->first; i < w->first + w->count; i++)
        if (csign_release(desk, &releases[i], &decision) != CSIGN_ALLOW)
            must(false, csign_code_name(decision.code));
    csign_desk_close(&desk);
    return NULL;
}

static double releases_a_second(csign_sync *sync, unsigned threads, unsigned first, unsigned each)
{
    struct worker workers[THREADS];
    const double from = seconds();
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (struct worker){.sync = sync, .first = first + i * each, .count = each};
        must(pthread_create(&workers[i].thread, NULL, release_some, &workers[i]) == 0, "thread");
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    return threads * each / (seconds() - from);
}

static void prepare(unsigned count)
{
    releases = calloc(count, sizeof *releases);
    entries = calloc(count, sizeof *entries);
    ids = calloc(count, sizeof *ids);
    must(releases && entries && ids, "memory");
    for (unsigned i = 0; i < count; i++) {
        char *document = malloc(32);
        must(document != NULL, "memory");
        snprintf(document, 32, "report %u", i);
        snprintf(ids[i], sizeof ids[i], "01aa5d7c-9b50-7c3a-8f00-%012x", i);
        registry_sign(&served.registry, span_text(document));
        entries[i] = served.registry.entries[0];
        releases[i] = served.registry.release;
        releases[i].release_id = span_text(ids[i]);
        releases[i].slots[0].transaction_data = &entries[i];
    }
}

int main(void)
{
    char folder[] = "/tmp/countersign-bench-XXXXXX", file[64], raw[64], url[64], command[96];
    csign_sync *sync;
    csign_fault fault;
    must(mkdtemp(folder) != NULL, "folder");
    snprintf(file, sizeof file, "%s/gate", folder);
    snprintf(raw, sizeof raw, "%s/raw", folder);
    clock_shim_set(REGISTRY_NOW);
    served_open(&served, 1);
    prepare(EACH * (THREADS + 2));
    const csign_sync_options options = {.struct_size = sizeof options, .base_url = served_url(&served, url), .file = file,
                                        .deployment = SPAN(REGISTRY_DEPLOYMENT), .root = served.registry.root_note, .accept_test = 1};
    must(csign_sync_open(&options, &sync, &fault) == CSIGN_OK, "open");
    must(csign_sync_wait(sync, 10000) == CSIGN_OK, "wait");
    const double decided = decisions_a_second(), committed = commits_a_second(raw);
    const double one = releases_a_second(sync, 1, 0, 2 * EACH), many = releases_a_second(sync, THREADS, 2 * EACH, EACH);
    const double floor = 1 / (1 / decided + 1 / committed);
    printf("decisions           %8.0f a second\n", decided);
    printf("durable commits     %8.0f a second\n", committed);
    printf("releases, 1 thread  %8.0f a second   %.2f x one decision and one commit\n", one, one / floor);
    printf("releases, %u threads %8.0f a second   %.2f x\n", THREADS, many, many / floor);
    csign_sync_close(&sync);
    served_close(&served);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) == 0 ? 0 : 1;
}
