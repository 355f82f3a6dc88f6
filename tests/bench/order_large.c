/*
 * One order on one binding in a registry that has many: the whole deed, from the note with its two signatures to its effect, beyond
 * what a commit of one leaf costs on the same disk; with few bindings, with many, and with half of them ended.
 *
 *     bench-order-large [bindings [orders]]
 */
#include "deeds_world.h"
#include "query.h"
#include "status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FIRST 1000000 /* number of the first of the many */
#define BATCH 1000    /* of them in one commit, which has 1,024 leaves at most */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* --- the many --- */

struct batch {
    struct operation operation;
    const struct registry *registry;
    int64_t first, count;
};

static csign_code run_allocate(struct operation *operation, struct session *session)
{
    const struct batch *b = (struct batch *)operation;
    uint64_t index;
    for (int64_t i = 0; i < b->count; i++)
        TRY(status_allocate(b->registry, session, b->first + i, REASON_UNSPECIFIED, NULL, &index, NULL));
    return CSIGN_OK;
}

static csign_code run_end(struct operation *operation, struct session *session)
{
    static const uint8_t deed[CSIGN_HASH_SIZE] = {1};
    const struct batch *b = (struct batch *)operation;
    const struct status_ending ending = {END_REVOKED, REASON_ADMINISTRATIVE, session_time_ms(session), deed};
    for (int64_t i = 0; i < b->count; i++) {
        const struct status_subject subject = {.scope = STATUS_OF_BINDING, .binding = b->first + i};
        TRY(status_end(b->registry, session, &subject, &ending, NULL));
    }
    return CSIGN_OK;
}

static void in_batches(struct world *w, csign_code (*run)(struct operation *, struct session *), int64_t count)
{
    for (int64_t done = 0; done < count; done += BATCH) {
        struct batch b = {{.run = run}, &w->registry, FIRST + done, count - done < BATCH ? count - done : BATCH};
        assert_int_equal(store_perform(w->registry.store, &b.operation), CSIGN_OK);
    }
}

/* People as rows, since a million deeds would take their time; their indexes come as all others do. */
static void insert_people(struct world *w, int64_t count)
{
    static const char *const tables[] = {
        "practitioner select printf('01aa5d7c-9b50-7001-8f00-%012x', i), 'Dr ' || i, 0, null, x'00' from n",
        "practitioner_identifier select 'npi', 'bench-' || i, printf('01aa5d7c-9b50-7001-8f00-%012x', i) from n",
        "licence select printf('01aa5d7c-9b50-7002-8f00-%012x', i), printf('01aa5d7c-9b50-7001-8f00-%012x', i), 1, 1, '[\"US-KS\"]', "
        "'REG-' || i, '[]', '{\"prescribe\":true,\"schedules\":[],\"antimicrobial_grade\":1,\"narcotic\":false}', '[]', 0, 0, 2, 0, null, "
        "x'00' from n",
        "affiliation select printf('01aa5d7c-9b50-7003-8f00-%012x', i), printf('01aa5d7c-9b50-7001-8f00-%012x', i), "
        "printf('01aa5d7c-9b50-7002-8f00-%012x', i), 'clinic-1', 2, 1, 1790000000, 0, null, x'00' from n",
        "binding select i, printf('01aa5d7c-9b50-7001-8f00-%012x', i), printf('01aa5d7c-9b50-7002-8f00-%012x', i), "
        "printf('01aa5d7c-9b50-7003-8f00-%012x', i), randomblob(32), randomblob(32), 1, 1, 0, 1, 0, null from n",
    };
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(w->store_path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "begin", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        /* In front of the rows: insert into T with … select …. */
        const char *rows = strchr(tables[i], ' ');
        char *sql = sqlite3_mprintf("insert into %.*s with recursive n(i) as (values(%lld) union all select i + 1 from n where i < %lld)%s",
                                    (int)(rows - tables[i]), tables[i], (long long)FIRST, (long long)(FIRST + count - 1), rows);
        if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        sqlite3_free(sql);
    }
    assert_int_equal(sqlite3_exec(db, "commit", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* --- what is measured --- */

static csign_code run_leaf(struct operation *operation, struct session *session)
{
    static uint64_t cut_ms = 1;
    const struct batch *b = (struct batch *)operation;
    struct leaf leaf = {.type = LEAF_CUT, .cut = {.kind = CUT_TOOL, .reason = REASON_ADMINISTRATIVE, .cut_ms = cut_ms++, .id = {1}}};
    (void)session;
    return log_append(b->registry->log, &leaf);
}

static void measure(struct world *w, const char *when, unsigned first, size_t orders)
{
    double *order = calloc(orders, sizeof *order), *commit = calloc(orders, sizeof *commit);
    struct person *people = calloc(orders, sizeof *people);
    assert_true(order && commit && people);
    for (unsigned i = 0; i < orders; i++) {
        people[i] = enrol(w, "clinic-1", first + i);
        (void)activate(w, &people[i]);
        (void)bind(w, &people[i], first + i);
    }
    for (size_t i = 0; i < orders; i++) {
        struct batch b = {.operation = {.run = run_leaf}, .registry = &w->registry};
        double from = seconds();
        assert_int_equal(store_perform(w->registry.store, &b.operation), CSIGN_OK);
        commit[i] = seconds() - from;
        from = seconds();
        must_be(w, give_order(w, "suspend", &people[i], ACTION), DEED_EFFECTIVE);
        order[i] = seconds() - from;
    }
    qsort(order, orders, sizeof *order, by_value);
    qsort(commit, orders, sizeof *commit, by_value);
    const double beyond = order[orders / 2] - commit[orders / 2];
    printf("%-36s order p50 %6.2f ms, p99 %6.2f ms;  commit of one leaf p50 %6.2f ms;  beyond it %6.2f ms, %.2f x the bar of 5 ms\n",
           when, order[orders / 2] * 1e3, order[orders * 99 / 100] * 1e3, commit[orders / 2] * 1e3, beyond * 1e3, beyond / 5e-3);
    fflush(stdout);
    free(order);
    free(commit);
    free(people);
}

int main(int argc, char **argv)
{
    const int64_t bindings = argc > 1 ? strtoll(argv[1], NULL, 10) : 100000;
    const size_t orders = argc > 2 ? strtoul(argv[2], NULL, 10) : 200;
    void *state = NULL;
    char when[64];
    if (orders == 0 || world_make(&state) != 0)
        return 1;
    struct world *w = state;
    world_institutions(w);
    measure(w, "no other binding", 1, orders);
    const double from = seconds();
    insert_people(w, bindings);
    in_batches(w, run_allocate, bindings);
    printf("%lld bindings made in %.1f s\n", (long long)bindings, seconds() - from);
    snprintf(when, sizeof when, "%lld bindings", (long long)bindings);
    measure(w, when, 100001, orders);
    in_batches(w, run_end, bindings / 2);
    snprintf(when, sizeof when, "%lld bindings, half of them ended", (long long)bindings);
    measure(w, when, 200001, orders);
    return world_remove(&state) == 0 ? 0 : 1;
}
