/*
 * What an operation of the store costs beside a bare commit: operations a second of one caller, and of 64 at once, each inserting one
 * row durably, against a loop of one row and one commit on the same disk; then the same with a leaf of the log each. The ratios
 * count, not the times: the disk is whichever is there.
 */
#include "log.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SECONDS 2.0
#define ORIGIN  "log.bench.test"

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

/* --- the floor: one row, one commit --- */

static double bare_commits(const char *path)
{
    sqlite3 *connection = NULL;
    sqlite3_stmt *insert = NULL;
    uint64_t count = 0;
    must(sqlite3_open(path, &connection) == SQLITE_OK, "the bare database does not open");
    must(sqlite3_exec(connection, "pragma journal_mode = wal; pragma synchronous = full; create table t (x blob)", NULL, NULL, NULL) ==
             SQLITE_OK, "the bare database has no table");
    must(sqlite3_prepare_v2(connection, "insert into t values (zeroblob(200))", -1, &insert, NULL) == SQLITE_OK, "no insert");
    double start = seconds();
    while (seconds() - start < SECONDS) {
        must(sqlite3_step(insert) == SQLITE_DONE, "no commit");
        sqlite3_reset(insert);
        count++;
    }
    double rate = (double)count / (seconds() - start);
    sqlite3_finalize(insert);
    sqlite3_close(connection);
    return rate;
}

/* --- operations --- */

struct bench {
    struct store *store;
    struct log *log; /* NULL: rows alone */
    _Atomic int64_t next;
    _Atomic bool is_over;
    _Atomic uint64_t count;
};

struct one {
    struct operation operation;
    struct bench *bench;
    int64_t number;
};

static csign_code run_one(struct operation *operation, struct session *session)
{
    static const uint8_t row[200];
    const struct one *one = (struct one *)operation;
    uint8_t commit[32] = {0};
    uint64_t index;
    if (one->bench->log) {
        memcpy(commit, &one->number, sizeof one->number);
        return log_append_binding(one->bench->log, commit, &index);
    }
    return RUN(session, SQL_LOG_ENTRY_INSERT, VALUE_INTEGER(one->number), VALUE_BLOB(span_of(row, sizeof row)));
}

static void *submit(void *context)
{
    struct bench *bench = context;
    while (!bench->is_over) {
        struct one one = {.operation = {.run = run_one}, .bench = bench, .number = bench->next++};
        must(store_perform(bench->store, &one.operation) == CSIGN_OK, "an operation fails");
        bench->count++;
    }
    return NULL;
}

static double operations(struct bench *bench, int threads)
{
    pthread_t all[64];
    bench->is_over = false;
    bench->count = 0;
    double start = seconds();
    for (int i = 0; i < threads; i++)
        must(pthread_create(&all[i], NULL, submit, bench) == 0, "no thread");
    while (seconds() - start < SECONDS)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    bench->is_over = true;
    for (int i = 0; i < threads; i++)
        pthread_join(all[i], NULL);
    return (double)bench->count / (seconds() - start);
}

static csign_code run_first(struct operation *operation, struct session *session)
{
    (void)session;
    return log_append(((struct one *)operation)->bench->log, &(struct leaf){.type = LEAF_ROOT, .root = {.version = 1}});
}

static struct log_key key_of(const char *name, enum note_key_type type, struct signing_key *key)
{
    struct public_key public;
    signing_key_from_seed((const uint8_t[32]){(uint8_t)type}, key);
    signing_key_public(key, &public);
    return (struct log_key){vkey_make(span_text(name), type, &public), key};
}

static void report(const char *what, double rate, double floor_rate)
{
    printf("| %-40s | %9.0f | %6.2f |\n", what, rate, rate / floor_rate);
}

/* In the current folder, unless told another: /tmp may be memory, which commits for nothing. */
int main(int argc, char **argv)
{
    char folder[4096], path[4200];
    static struct signing_key statuslog, fresh;
    struct bench bench = {0};
    csign_fault fault;
    snprintf(folder, sizeof folder, "%s/bench-store-XXXXXX", argc > 1 ? argv[1] : ".");
    must(mkdtemp(folder) != NULL, "no folder");
    snprintf(path, sizeof path, "%s/bare", folder);
    double floor_rate = bare_commits(path);

    snprintf(path, sizeof path, "%s/store", folder);
    const struct store_options at = {.path = path, .create = true, .clock_ms = clock_ms};
    must(store_open(&at, &bench.store, &fault) == CSIGN_OK && store_start(bench.store) == CSIGN_OK, "no store");
    printf("| durable, one row each | per second | ratio to the bare loop |\n|---|---|---|\n");
    report("a bare loop of commits", floor_rate, floor_rate);
    report("operations, 1 at a time", operations(&bench, 1), floor_rate);
    report("operations, 64 at once", operations(&bench, 64), floor_rate);
    store_close(&bench.store);

    snprintf(path, sizeof path, "%s/log", folder);
    must(store_open(&at, &bench.store, &fault) == CSIGN_OK, "no store");
    const struct log_options options = {.store = bench.store, .origin = SPAN(ORIGIN), .statuslog = key_of(ORIGIN, NOTE_ED25519, &statuslog),
                                        .fresh = {key_of("fresh.bench.test", NOTE_COSIGNATURE, &fresh)}, .fresh_count = 1};
    must(log_open(&options, &bench.log, &fault) == CSIGN_OK, "no log");
    struct one first = {.operation = {.run = run_first}, .bench = &bench};
    must(store_perform(bench.store, &first.operation) == CSIGN_OK && store_start(bench.store) == CSIGN_OK, "no first leaf");
    report("leaves of the log, 1 at a time", operations(&bench, 1), floor_rate);
    report("leaves of the log, 64 at once", operations(&bench, 64), floor_rate);
    store_close(&bench.store);
    log_close(&bench.log);

    static const char *const files[] = {"bare", "store", "store.lock", "log", "log.lock"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        (void)remove(path);
    }
    return rmdir(folder) == 0 ? 0 : 1;
}
