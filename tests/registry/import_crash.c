/*
 * import_crash: an import cut short at any point comes to the end of one that was not. CRASHES points (50), in the dry run and in
 * applying, of a table and of FHIR resources, at a random place of each kind:
 *   - the process is killed (SIGKILL) as a statement begins, which is in the middle of a row and of a transaction;
 *   - it is killed when half of a page was written: of the WAL, in a commit, or of the database, in a checkpoint;
 *   - a page is not written, for the disk is full: the transaction is lost, and the same process goes on.
 * Then it is begun again as after a start. Compared are everybody's names, identifiers, licences with their history, affiliations, units,
 * who is expected, what each row came to and every count of the file; and the database must be whole.
 */
#include "hash.h"
#include "import_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS        1200u
#define COMMIT_ROWS 100u

/* --- the files --- */

static char memory[1u << 20];

__attribute__((format(printf, 2, 3))) static void add(struct buffer *out, const char *format, ...)
{
    char line[1024];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(line, sizeof line, format, values);
    va_end(values);
    buffer_text(out, line);
    assert_false(out->overflow);
}

/* People in no order; among them rows again, contradictions, second licences, people without a licence, and rows that are wrong. */
static span table(void)
{
    struct buffer out = buffer_open(memory, sizeof memory);
    buffer_text(&out, PEOPLE_HEADER);
    for (unsigned i = 0; i < ROWS; i++) {
        const unsigned n = i * 7 % ROWS, who = i % 40 == 39 ? (i - 20) * 7 % ROWS : n;
        const char *name = i % 80 == 79 ? "Dr Else" : "Dr", *day = i % 90 == 89 ? "1980-02-30" : "1980-02-29";
        char number[16] = "";
        if (i % 25 != 24)
            (void)snprintf(number, sizeof number, "KS-%u", i % 60 == 59 ? n + ROWS : n);
        add(&out, "\"%s %u, MD\",%s,%s,physician,independent,US-KS,%s,207R00000X,yes,2030-01-01,primary,yes,2026-01-01,,%s\r\n", name, who, day,
            npi(1, who), number, i % 3 ? "" : i % 2 ? "Ward" : "Theatre");
    }
    return exact(buffer_span(&out));
}

#define NPI_URI "http://hl7.org/fhir/sid/us-npi"
static span resources(void)
{
    struct buffer out = buffer_open(memory, sizeof memory);
    for (unsigned i = 0; i < ROWS / 2; i++) {
        add(&out, "{\"resourceType\":\"PractitionerRole\",\"id\":\"r%u\",\"practitioner\":{\"reference\":\"Practitioner/p%u\"},\"organization\":"
                  "{\"identifier\":{\"system\":\"urn:o\",\"value\":\"%u\"},\"display\":\"Ward %u\"},\"specialty\":[{\"coding\":[{\"system\":"
                  "\"http://nucc.org/provider-taxonomy\",\"code\":\"208D00000X\"}]}]}\n", i, i * 7 % (ROWS / 2 + 20), i % 9, i % 9);
        if (i % 60 == 0)
            add(&out, "{\"resourceType\":\"Organization\",\"id\":\"o%u\",\"identifier\":[{\"system\":\"urn:o\",\"value\":\"%u\"}],\"name\":\"Ward %u\"}\n",
                i, i / 60 % 9, i / 60 % 9);
        add(&out, "{\"resourceType\":\"Practitioner\",\"id\":\"p%u\",\"identifier\":[{\"system\":\"" NPI_URI "\",\"value\":\"%s\"}],\"name\":[{\"family\":"
                  "\"A%u\",\"given\":[\"B\"]}],\"birthDate\":\"1970-01-02\"}\n", i, npi(1, i % 50 == 49 ? i - 1 : i), i);
    }
    return exact(buffer_span(&out));
}

/* --- the point --- */

enum kind { AT_STATEMENT, HALF_A_PAGE, DISK_FULL, KINDS };
enum step { DRY_RUN, APPLYING, STEPS };

struct point {
    enum step step;
    enum kind kind;
    long at; /* 0: nowhere, and counts how many there are */
};

static struct point point;
static _Atomic bool is_armed;
static struct shared { /* with the child */
    _Atomic long found[STEPS][2]; /* statements, pages: of the thread that reads ahead, and of the writer's */
    bool was_hit;
} *shared;

static bool is_here(bool is_page)
{
    if (!is_armed || is_page != (point.kind != AT_STATEMENT))
        return false;
    return atomic_fetch_add(&shared->found[point.step][is_page], 1) + 1 == point.at;
}

static int on_statement(unsigned type, void *context, void *statement, void *text)
{
    (void)type, (void)context, (void)statement, (void)text;
    if (is_here(false)) {
        shared->was_hit = true;
        (void)raise(SIGKILL);
    }
    return 0;
}

static int watch(sqlite3 *db, char **ret_error, const struct sqlite3_api_routines *api)
{
    (void)ret_error, (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_statement, NULL);
}

static ssize_t on_page(int file, const void *bytes, size_t size, off_t at)
{
    if (!is_here(true))
        return pwrite(file, bytes, size, at);
    shared->was_hit = true;
    if (point.kind == HALF_A_PAGE) {
        (void)!pwrite(file, bytes, size / 2, at);
        (void)raise(SIGKILL);
    }
    errno = ENOSPC;
    return -1;
}

/* Here and not at every call of the engine: only this process, only its files. */
static void watch_engine(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    if (sqlite3_auto_extension((void (*)(void))watch) != SQLITE_OK ||
        vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)on_page) != SQLITE_OK ||
        vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)on_page) != SQLITE_OK)
        _exit(2);
}

/* --- one run, in a process of its own --- */

static void work(struct world *w, enum step step)
{
    csign_code code;
    is_armed = point.step == step;
    do
        code = imports_work(&w->registry, COMMIT_ROWS);
    while (code == CSIGN_E_UNAVAILABLE && point.kind == DISK_FULL); /* the thread's next round */
    is_armed = false;
    if (code != CSIGN_OK)
        _exit(4);
}

static void run_child(struct world *w, struct file *f)
{
    watch_engine();
    if (world_open(w) != 0 || store_start(w->registry.store) != CSIGN_OK)
        _exit(3);
    work(w, DRY_RUN);
    if (number(w, "select state from import_file") == IMPORT_CHECKED && sign_file(w, f) != CSIGN_OK)
        _exit(5);
    work(w, APPLYING);
    _exit(0);
}

/* False: it came to its end. */
static bool run(struct world *w, struct file *f, struct point where)
{
    int status;
    point = where;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        run_child(w, f);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    return WIFSIGNALED(status);
}

/* --- all of them --- */

struct scenario {
    const char *template;
    span (*make)(void);
    void *state; /* the world with the file brought, closed: each point has a copy of its folder */
    struct file file;
    const char *end;
    long found[STEPS][2];
};

static void close_world(struct world *w)
{
    store_close(&w->registry.store);
    log_close(&w->registry.log);
}

static void copy_world(const struct scenario *s, struct world *copy)
{
    char command[512];
    void *folder = NULL;
    assert_int_equal(folder_make(&folder), 0);
    (void)snprintf(command, sizeof command, "cp '%s'/* '%s'", ((struct world *)s->state)->folder, (char *)folder);
    assert_int_equal(system(command), 0);
    *copy = (struct world){0};
    assert_int_equal(world_in(copy, folder), 0);
    copy->deeds = ((struct world *)s->state)->deeds; /* theirs are there */
    close_world(copy);
}

static void drop_world(struct world *w)
{
    void *folder = w->folder;
    free(w->store_path);
    (void)folder_remove(&folder);
}

static void is_whole(struct world *w)
{
    csign_fault fault;
    assert_int_equal(world_open(w), 0);
    struct session *session = store_reader(w->registry.store);
    assert_int_equal(store_check_integrity(session, &fault), CSIGN_OK);
    store_reader_end(w->registry.store, session);
    close_world(w);
}

/* Brings the file, and runs it to its end once for each kind of place, counting them. */
static void prepare(struct scenario *s)
{
    static struct world copy;
    csign_fault fault;
    assert_int_equal(world_make(&s->state), 0);
    struct world *w = s->state;
    world_institutions(w);
    assert_int_equal(bring(w, &s->file, "clinic-1", s->template, s->make(), 0, &fault), CSIGN_OK);
    close_world(w);
    memset(shared, 0, sizeof *shared);
    for (int i = 0; i < STEPS * 2; i++) {
        copy_world(s, &copy);
        assert_false(run(&copy, &s->file, (struct point){(enum step)(i % STEPS), i < STEPS ? AT_STATEMENT : HALF_A_PAGE, 0}));
        const char *end = end_state(&copy);
        if (s->end)
            assert_string_equal(end, s->end);
        s->end = end;
        drop_world(&copy);
    }
    for (int i = 0; i < STEPS * 2; i++)
        s->found[i / 2][i % 2] = shared->found[i / 2][i % 2];
}

static void crashes(void **state)
{
    static struct scenario scenarios[] = {{.template = "people-csv", .make = table}, {.template = "fhir-r4", .make = resources}};
    static struct world w;
    const char *asked = getenv("CRASHES");
    const unsigned points = asked ? (unsigned)atoi(asked) : 50;
    unsigned hit[STEPS][KINDS] = {{0}}, missed = 0, behind = 0;
    (void)state;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    srand(17);
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        prepare(&scenarios[i]);
    for (unsigned i = 0; i < points; i++) {
        struct scenario *s = &scenarios[i / 2 % 2];
        struct point where = {.step = (enum step)(i % STEPS), .kind = (enum kind)(i / 4 % KINDS)};
        where.at = 1 + rand() % s->found[where.step][where.kind != AT_STATEMENT];
        copy_world(s, &w);
        memset(shared, 0, sizeof *shared);
        bool was_killed = run(&w, &s->file, where);
        assert_int_equal(was_killed, shared->was_hit && where.kind != DISK_FULL);
        hit[where.step][where.kind] += shared->was_hit;
        missed += !shared->was_hit;
        if (was_killed) {
            behind += number(&w, "select line + done from import_file") > 0;
            assert_false(run(&w, &s->file, (struct point){0}));
        }
        if (strcmp(end_state(&w), s->end) != 0)
            fail_msg("point %u (%s, step %d, kind %d, place %ld): another end than without a crash", i, s->template, where.step, where.kind,
                     where.at);
        is_whole(&w);
        drop_world(&w);
    }
    print_message("dry run: %u killed at a statement, %u in half a page, %u without a page; applying: %u, %u, %u; %u of the killed behind a commit; "
                  "%u came to the end before\n", hit[0][0], hit[0][1], hit[0][2], hit[1][0], hit[1][1], hit[1][2], behind, missed);
    assert_true(missed * 10 <= points); /* pages differ by where random ids fall */
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        drop_world(scenarios[i].state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(crashes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
