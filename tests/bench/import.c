/*
 * bench import [COUNT]: orders while a file is imported; practitioners of a generated table into SQLite (DESIGN 9), with the memory that it
 * takes; then what a registry of that size answers: a lookup by identifier, one order among as many bindings, start-up and memory.
 */
#include "hash.h"
#include "import.h"
#include "import_world.h"
#include "rows.h"
#include "status.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PART (1u << 20)

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of this process: on a busy machine what it needed, where the clock says how long it waited. */
static double cpu_seconds(void)
{
    struct rusage used;
    (void)getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static long memory_kb(const char *name)
{
    char line[256];
    long found = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            found = strtol(line + strlen(name) + 1, NULL, 10);
    if (file)
        (void)fclose(file);
    return found;
}

static void stop(const char *what, csign_code code)
{
    fprintf(stderr, "%s: %s\n", what, csign_code_name(code));
    exit(1);
}

/* --- the table: row n is always the same --- */

static size_t put_npi(char *into, unsigned n)
{
    unsigned sum = 24;
    (void)snprintf(into, 16, "1%08u", n);
    for (size_t i = 0; i < 9; i++) {
        unsigned d = (unsigned)(into[i] - '0') * (i % 2 == 0 ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    into[9] = (char)('0' + (10 - sum % 10) % 10);
    into[10] = 0;
    return 10;
}

static size_t put_row(char *into, unsigned n)
{
    char number[16];
    unsigned shuffled = (unsigned)((uint64_t)n * 48271u % 99999989u);
    put_npi(number, shuffled);
    return (size_t)sprintf(into, "Dr Example %u,1980-02-29,%s,physician,independent,US-KS,KS-%u,207R00000X,yes,2030-01-01,primary,yes,2026-01-01,,\r\n",
                           shuffled, number, shuffled);
}

struct source {
    unsigned next, last;
    bool has_header;
    char rest[512];
    size_t rest_size;
};

static size_t read_source(struct source *s, char *into, size_t capacity)
{
    size_t size = 0;
    while (size < capacity) {
        if (s->rest_size == 0) {
            if (s->has_header && s->next > s->last)
                break;
            s->rest_size = s->has_header ? put_row(s->rest, s->next++) : (size_t)sprintf(s->rest, "%s", PEOPLE_HEADER);
            s->has_header = true;
        }
        size_t part = s->rest_size < capacity - size ? s->rest_size : capacity - size;
        memcpy(into + size, s->rest, part);
        memmove(s->rest, s->rest + part, s->rest_size - part);
        s->rest_size -= part;
        size += part;
    }
    return size;
}

/* Brings the rows from one to another as a file; its size. */
static uint64_t upload(struct world *w, unsigned from, unsigned to, struct file *f)
{
    static char part[PART];
    struct import_upload u = {.body = SPAN("clinic-1"), .officer = SPAN("h1"), .template = SPAN("people-csv")};
    struct source s = {.next = from, .last = to};
    struct hash h;
    size_t size;
    hash_init(&h);
    while ((size = read_source(&s, part, sizeof part)) > 0) {
        hash_update(&h, span_of(part, size));
        u.size += size;
    }
    hash_final(&h, u.hash);

    s = (struct source){.next = from, .last = to};
    for (u.at = 0; (size = read_source(&s, part, sizeof part)) > 0;) {
        import_upload_init(&u, u.at == 0);
        u.part = span_of(part, size);
        csign_code code = store_perform(w->registry.store, &u.operation);
        if (code != CSIGN_OK)
            stop("upload", code);
    }
    *f = (struct file){.body = "clinic-1", .template = "people-csv"};
    memcpy(f->id, u.id, sizeof f->id);
    memcpy(f->hash, u.hash, sizeof f->hash);
    return u.size;
}

static bool is_in(struct world *w, const struct file *f, int state)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    if (number(w, "select state from import_file where id = '%s'", f->id) == state)
        return true;
    (void)nanosleep(&pause, NULL);
    return false;
}

/* The registry's own threads: the writer, and the one that works on files. */
static struct imports *start_threads(struct world *w)
{
    struct imports *imports = NULL;
    if (store_start(w->registry.store) != CSIGN_OK || imports_start(&w->registry, &imports) != CSIGN_OK)
        stop("threads", CSIGN_E_UNAVAILABLE);
    return imports;
}

static void import(struct world *w, unsigned from, unsigned to)
{
    struct file f;
    const unsigned count = to - from + 1;
    double began = seconds(), cpu = cpu_seconds();
    uint64_t bytes = upload(w, from, to, &f);
    double uploaded = seconds(), uploaded_cpu = cpu_seconds();
    while (!is_in(w, &f, IMPORT_CHECKED))
        continue;
    double checked_at = seconds(), checked_cpu = cpu_seconds();
    printf("%s\n", outcome(w, &f));
    csign_code code = sign_file(w, &f);
    if (code != CSIGN_OK)
        stop("deed", code);
    double signed_at = seconds();
    while (!is_in(w, &f, IMPORT_APPLIED))
        continue;
    double end = seconds();
    printf("import of %u practitioners, %.0f MB: upload %.1f s, dry run %.1f s, apply %.1f s; together %.1f s (bar 60 s), %.0f rows/s\n"
           "of CPU: %.1f s, %.1f s, %.1f s; together %.1f s; peak memory %ld MB\n",
           count, (double)bytes / 1e6, uploaded - began, checked_at - uploaded, end - signed_at,
           (uploaded - began) + (checked_at - uploaded) + (end - signed_at),
           count / ((uploaded - began) + (checked_at - uploaded) + (end - signed_at)), uploaded_cpu - cpu, checked_cpu - uploaded_cpu,
           cpu_seconds() - checked_cpu, cpu_seconds() - cpu, memory_kb("VmHWM:") / 1024);
    (void)fflush(stdout);
}

/* --- a registry of this size --- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void lookups(struct world *w, unsigned count)
{
    enum { N = 20000 };
    static double took[N];
    static uint8_t bytes[PEOPLE_PUT_MAX];
    struct viewer viewer;
    csign_fault fault;
    for (unsigned i = 0; i < N; i++) {
        char number[16];
        put_npi(number, (unsigned)((uint64_t)(1 + (uint64_t)i * 7919u % count) * 48271u % 99999989u));
        struct practitioner_query query = {.system = SPAN("npi"), .value = span_text(number)};
        struct buffer out = buffer_open(bytes, sizeof bytes);
        struct json_out o = json_out(&out);
        double began = seconds();
        struct session *session = store_reader(w->registry.store);
        csign_code code = viewer_open(session, SPAN("clinic-1"), &viewer);
        if (code == CSIGN_OK)
            code = practitioners_put(&o, session, &viewer, &query, &fault);
        store_reader_end(w->registry.store, session);
        took[i] = seconds() - began;
        if (code != CSIGN_OK || out.size < 100)
            stop("lookup", code);
    }
    qsort(took, N, sizeof *took, compare);
    printf("lookup by identifier: p50 %.3f ms, p99 %.3f ms (bar 1 ms)\n", took[N / 2] * 1e3, took[N * 99 / 100] * 1e3);
}

#define BIND_ROWS 500u
struct bind_row {
    char id[36], practitioner[36], licence[36];
};
struct bind_some {
    struct operation operation;
    struct world *world;
    unsigned from, bound;
    struct bind_row rows[BIND_ROWS];
    sqlite3_stmt *statement;
    csign_fault fault;
};

static csign_code run_bind(struct operation *operation, struct session *session)
{
    struct bind_some *b = (struct bind_some *)operation;
    for (unsigned i = 0; i < b->bound; i++) {
        uint8_t thumbprint[32];
        uint64_t index, n = b->from + i;
        hash_of(span_of(&n, sizeof n), thumbprint);
        TRY(RUN(session, SQL_BINDING_INSERT, VALUE_TEXT(span_of(b->rows[i].practitioner, 36)), VALUE_TEXT(span_of(b->rows[i].licence, 36)),
                VALUE_TEXT(span_of(b->rows[i].id, 36)), VALUE_HASH(thumbprint), VALUE_HASH(thumbprint), VALUE_INTEGER(1), VALUE_INTEGER(1),
                VALUE_INTEGER(1), VALUE_INTEGER(session_time_ms(session))));
        TRY(status_allocate(&b->world->registry, session, session_last_id(session), REASON_UNSPECIFIED, NULL, &index, &b->fault));
    }
    return CSIGN_OK;
}

/* The next affiliations, by a connection of the test's own. */
static void take_affiliations(struct bind_some *b)
{
    b->bound = 0;
    while (b->bound < BIND_ROWS && sqlite3_step(b->statement) == SQLITE_ROW) {
        struct bind_row *row = &b->rows[b->bound++];
        memcpy(row->id, sqlite3_column_text(b->statement, 0), 36);
        memcpy(row->practitioner, sqlite3_column_text(b->statement, 1), 36);
        memcpy(row->licence, sqlite3_column_text(b->statement, 2), 36);
    }
}

static void bind_all(struct bind_some *b)
{
    sqlite3 *db;
    if (sqlite3_open_v2(b->world->store_path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "select id, practitioner, licence from affiliation", -1, &b->statement, NULL) != SQLITE_OK)
        stop("bindings", CSIGN_E_UNAVAILABLE);
    for (take_affiliations(b); b->bound; take_affiliations(b)) {
        csign_code code = store_perform(b->world->registry.store, &b->operation);
        if (code != CSIGN_OK)
            stop("bind", code);
        b->from += b->bound;
    }
    (void)sqlite3_finalize(b->statement);
    (void)sqlite3_close(db);
}

/* What the least change costs: a row written, and the commit. */
struct little {
    struct operation operation;
    span licence;
};

static csign_code run_little(struct operation *operation, struct session *session)
{
    static const uint8_t hash[CSIGN_HASH_SIZE];
    const struct little *l = (struct little *)operation;
    return RUN(session, SQL_LICENCE_EVENT_INSERT, VALUE_TEXT(l->licence), VALUE_INTEGER(1), VALUE_HASH(hash), VALUE_TEXT(SPAN("bench")));
}

static void orders(struct world *w, unsigned count)
{
    enum { N = 200 };
    static double took[N], bare[N];
    static struct bind_some b;
    b.operation.run = run_bind;
    b.world = w;
    double began = seconds();
    bind_all(&b);
    printf("%u bindings made in %.1f s\n", b.from, seconds() - began);
    for (unsigned i = 0; i < N; i++) {
        unsigned n = 1 + (unsigned)((uint64_t)i * 104729u % count);
        struct person p = {.licence = text(w, "select id from licence where number = 'KS-%u'", (unsigned)((uint64_t)n * 48271u % 99999989u))};
        struct little little = {{.run = run_little}, span_text(p.licence)};
        double from = seconds();
        if (store_perform(w->registry.store, &little.operation) != CSIGN_OK)
            stop("commit", CSIGN_E_UNAVAILABLE);
        bare[i] = seconds() - from;
        from = seconds();
        csign_code code = give_order(w, "suspend", &p, ACTION);
        took[i] = seconds() - from;
        if (code != CSIGN_OK)
            stop("order", code);
    }
    qsort(took, N, sizeof *took, compare);
    qsort(bare, N, sizeof *bare, compare);
    printf("one order among %u bindings, both signatures made and verified: p50 %.2f ms, a bare commit %.2f ms (bar 5 ms beyond it)\n", b.from,
           took[N / 2] * 1e3, bare[N / 2] * 1e3);
}

/* --- orders while a file is imported --- */

#define KNOWN 2000u /* people to suspend, of a file before */

/* Orders until the file is in this state, from person *next on. */
static void order_until(struct world *w, const struct file *f, int state, const char *licences, unsigned *next, const char *what)
{
    static double took[KNOWN];
    unsigned count = 0;
    while (!is_in(w, f, state) && *next < KNOWN) {
        char licence[37] = "";
        memcpy(licence, licences + 38u * (*next)++, 36); /* "; " is between */
        double from = seconds();
        csign_code code = give_order(w, "suspend", &(struct person){.licence = licence}, ACTION);
        took[count++] = seconds() - from;
        if (code != CSIGN_OK)
            stop("order", code);
    }
    qsort(took, count, sizeof *took, compare);
    printf("%u orders during %s: p50 %.1f ms, p99 %.1f ms, last %.1f ms (bar 1 s)\n", count, what, took[count / 2] * 1e3,
           took[count * 99 / 100] * 1e3, took[count - 1] * 1e3);
}

static void orders_during_import(unsigned count)
{
    void *state = NULL;
    struct file f;
    unsigned next = 0;
    (void)world_make(&state);
    struct world *w = state;
    world_institutions(w);
    clock_run();
    struct imports *imports = start_threads(w);
    import(w, 1, KNOWN);
    const char *licences = text(w, "select id from licence");
    (void)upload(w, KNOWN + 1, KNOWN + count, &f);
    order_until(w, &f, IMPORT_CHECKED, licences, &next, "a dry run");
    csign_code code = sign_file(w, &f);
    if (code != CSIGN_OK)
        stop("deed", code);
    order_until(w, &f, IMPORT_APPLIED, licences, &next, "applying it");
    imports_stop(&imports);
    (void)world_remove(&state);
}

static void start(struct world *w)
{
    store_close(&w->registry.store);
    log_close(&w->registry.log);
    (void)fflush(stdout);
    if (fork() == 0) {
        (void)execl("/proc/self/exe", "bench import", "open", w->folder, (char *)NULL);
        _exit(1);
    }
    (void)wait(NULL);
}

int main(int count, char **words)
{
    void *state = NULL;
    if (count == 3 && strcmp(words[1], "open") == 0) { /* a process of its own: what it takes to open such a registry */
        static struct world again;
        double began = seconds();
        if (world_in(&again, words[2]) != 0)
            return 1;
        double opened = seconds() - began;
        lookups(&again, 1000);
        printf("store and log open in %.3f s (bar of the whole start 2 s), %ld MB resident after 20,000 lookups (bar 64 MB)\n", opened,
               memory_kb("VmRSS:") / 1024);
        return 0;
    }
    unsigned people = count > 1 ? (unsigned)atoi(words[1]) : 1000000;
    if (fork() == 0) { /* what it takes in memory is not counted with the import's */
        orders_during_import(people < 200000 ? people : 200000);
        return 0;
    }
    (void)wait(NULL);
    (void)world_make(&state);
    struct world *w = state;
    world_institutions(w);
    clock_run();
    struct imports *imports = start_threads(w);
    import(w, 1, people);
    imports_stop(&imports);
    printf("%ld MB afterwards\n", memory_kb("VmRSS:") / 1024);
    lookups(w, people);
    orders(w, people);
    start(w);
    return world_remove(&state);
}
