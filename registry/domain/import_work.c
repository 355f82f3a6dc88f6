/* The thread that works on files, one after the other, and the deed that applies one. */
#include "import_batch.h"
#include "rows.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define POLL_MS 100

/* --- the file --- */

static void copy_text(char *into, size_t size, span text)
{
    size_t length = text.size < size - 1 ? text.size : size - 1;
    memcpy(into, text.data ? (const char *)text.data : "", length);
    into[length] = 0;
}

csign_code import_work_read(struct session *session, span id, struct import_work *ret, bool *ret_found)
{
    struct query q = QUERY(session, SQL_IMPORT_FILE_READ, VALUE_TEXT(id));
    *ret = (struct import_work){0};
    *ret_found = query_row(&q);
    if (*ret_found) {
        copy_text(ret->id, sizeof ret->id, query_text(&q, 0));
        copy_text(ret->body, sizeof ret->body, query_text(&q, 1));
        ret->template = (enum import_template)query_integer(&q, 3);
        query_bytes(&q, 4, ret->hash, sizeof ret->hash);
        ret->size = (uint64_t)query_integer(&q, 5);
        ret->state = (enum import_state)query_integer(&q, 7);
        ret->rows = (uint64_t)query_integer(&q, 12);
        ret->done = (struct import_place){(uint64_t)query_integer(&q, 19), (uint64_t)query_integer(&q, 20)};
        if (!query_null(&q, 23))
            query_bytes(&q, 23, ret->deed, sizeof ret->deed);
    }
    TRY(query_close(&q));
    if (!*ret_found)
        return CSIGN_OK;
    q = QUERY(session, SQL_INSTITUTION_READ, VALUE_TEXT(span_text(ret->body)));
    if (query_row(&q))
        copy_text(ret->jurisdiction, sizeof ret->jurisdiction, query_text(&q, 3));
    TRY(query_close(&q));
    return import_officers_read(session, id, &ret->officers);
}

/* --- states --- */

static csign_code run_state(struct operation *operation, struct session *session)
{
    struct batch *b = (struct batch *)operation;
    const struct value file = VALUE_TEXT(span_text(b->work.id));
    return RUN(session, SQL_IMPORT_FILE_STATE, file, VALUE_INTEGER(b->next_state),
               b->reason ? VALUE_TEXT(span_text(b->reason)) : VALUE_NULL, VALUE_INTEGER(session_time_ms(session)));
}

static csign_code set_state(struct batch *b, enum import_state state)
{
    if (b->stop && atomic_load(b->stop))
        return CSIGN_E_UNAVAILABLE;
    b->next_state = state;
    b->operation.run = run_state;
    TRY(store_perform(b->registry->store, &b->operation));
    b->work.state = state;
    return CSIGN_OK;
}

/* --- what is not kept --- */

#define UPLOAD_LIFE_MS UINT64_C(86400000) /* an upload that nobody ends fails after a day */

/* Asked of a reader, and of the writer for what it deletes. */
static struct query parts_left(struct session *session)
{
    return QUERY(session, SQL_IMPORT_PART_LEFT, VALUE_INTEGER(session_time_ms(session) - UPLOAD_LIFE_MS));
}

/* A part in each operation: it is large, and overwritten. */
static csign_code run_forget(struct operation *operation, struct session *session)
{
    struct batch *b = (struct batch *)operation;
    struct buffer scratch = b->scratch;
    TRY(RUN(session, SQL_IMPORT_FILE_EXPIRE, VALUE_INTEGER(session_time_ms(session) - UPLOAD_LIFE_MS),
            VALUE_TEXT(SPAN("the upload was not brought to its end within a day"))));
    struct query q = parts_left(session);
    b->is_over = !query_row(&q);
    span file = copy_span(&scratch, query_text(&q, 0));
    int64_t at = query_integer(&q, 1);
    TRY(query_close(&q));
    return b->is_over ? CSIGN_OK : RUN(session, SQL_IMPORT_PART_DELETE, VALUE_TEXT(file), VALUE_INTEGER(at));
}

static csign_code forget(struct batch *b)
{
    do {
        if (b->stop && atomic_load(b->stop))
            return CSIGN_E_UNAVAILABLE;
        b->operation.run = run_forget;
        TRY(store_perform(b->registry->store, &b->operation));
    } while (!b->is_over);
    return CSIGN_OK;
}

/* --- the work on a file --- */

static csign_code check(struct batch *b)
{
    b->reason = NULL;
    if (b->work.state != IMPORT_CHECKING)
        TRY(set_state(b, IMPORT_CHECKING));
    if (b->work.done.phase == 0)
        TRY(import_stage(b));
    if (b->reason)
        return set_state(b, IMPORT_FAILED);
    if (b->work.done.phase == 0)
        b->work.done = (struct import_place){IMPORT_PEOPLE, INT64_MAX}; /* only roles are left */
    if (b->work.template == TEMPLATE_FHIR_R4)
        TRY(import_pass(b, false));
    return set_state(b, IMPORT_CHECKED);
}

static csign_code apply(struct batch *b)
{
    b->reason = NULL;
    TRY(import_pass(b, true));
    return set_state(b, IMPORT_APPLIED);
}

static csign_code next_file(struct batch *b, bool *ret_found)
{
    uint8_t memory[64];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    span id;
    struct session *session = store_reader(b->registry->store);
    if (!session)
        return CSIGN_E_UNAVAILABLE;
    csign_code code = query_one_text(query_open(session, SQL_IMPORT_FILE_AT_WORK, NULL, 0), &scratch, &id);
    *ret_found = code == CSIGN_OK && id.data;
    if (*ret_found)
        code = import_work_read(session, id, &b->work, ret_found);
    store_reader_end(b->registry->store, session);
    return code;
}

static csign_code work_off(struct batch *b)
{
    for (;;) {
        bool found;
        TRY(forget(b));
        TRY(next_file(b, &found));
        if (!found)
            return CSIGN_OK;
        csign_code code = b->work.state == IMPORT_APPLYING ? apply(b) : check(b);
        if (code == CSIGN_OK)
            continue;
        if (code == CSIGN_E_UNAVAILABLE)
            return code;
        b->reason = csign_code_sentence(code); /* our own mistake: the file must not be tried for ever */
        TRY(set_state(b, IMPORT_FAILED));
    }
}

static void free_batch(struct batch *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < 2; i++) {
        free(b->loads[i].rows);
        free(b->loads[i].arena.data);
    }
    free(b->reading.data);
    free(b->scratch.data);
    free(b->part);
    free(b->record);
    free(b->names);
    free(b);
}

/* A small file uses little of it: what is not touched is not there. */
static bool make_load(struct load *load)
{
    load->rows = malloc(LOAD_ROWS * sizeof *load->rows);
    load->arena = buffer_open(malloc(LOAD_ARENA), LOAD_ARENA);
    return load->rows && load->arena.data;
}

static struct batch *make_batch(const struct registry *registry)
{
    struct batch *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->registry = registry;
    b->ahead = &b->loads[0];
    b->at_work = &b->loads[1];
    b->reading = buffer_open(malloc(BATCH_SCRATCH), BATCH_SCRATCH);
    b->scratch = buffer_open(malloc(BATCH_SCRATCH), BATCH_SCRATCH);
    b->part = malloc(IMPORT_PART_MAX);
    b->record = malloc(RECORD_MAX);
    b->names = import_names_make();
    const bool loads = make_load(&b->loads[0]) && make_load(&b->loads[1]);
    if (loads && b->reading.data && b->scratch.data && b->part && b->record && b->names)
        return b;
    free_batch(b);
    return NULL;
}

/* The operation of a whole work-off: what comes between its two calls writes much. */
struct bulk {
    struct operation operation;
    bool is_on;
};

static csign_code run_bulk(struct operation *operation, struct session *session)
{
    return session_bulk(session, ((struct bulk *)operation)->is_on);
}

static csign_code set_bulk(const struct registry *registry, bool is_on)
{
    struct bulk bulk = {.operation = {.run = run_bulk}, .is_on = is_on};
    return store_perform(registry->store, &bulk.operation);
}

static csign_code work(const struct registry *registry, size_t commit_rows, const _Atomic bool *stop)
{
    struct batch *b = make_batch(registry);
    if (!b)
        return CSIGN_E_NO_SPACE;
    b->commit_rows = commit_rows && commit_rows < LOAD_ROWS ? commit_rows : LOAD_ROWS;
    b->stop = stop;
    csign_code code = set_bulk(registry, true);
    if (code == CSIGN_OK)
        code = work_off(b);
    free_batch(b);
    (void)set_bulk(registry, false); /* gives memory back: behind what we have freed */
    return code;
}

csign_code imports_work(const struct registry *registry, size_t commit_rows)
{
    return work(registry, commit_rows, NULL);
}

/* --- the thread --- */

struct imports {
    const struct registry *registry;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    _Atomic bool stop;
};

static bool is_waiting(const struct registry *registry)
{
    bool found = false;
    struct session *session = store_reader(registry->store);
    if (session) {
        if (query_found(query_open(session, SQL_IMPORT_FILE_AT_WORK, NULL, 0), &found) == CSIGN_OK && !found)
            (void)query_found(parts_left(session), &found);
        store_reader_end(registry->store, session);
    }
    return found;
}

static void *run_imports(void *context)
{
    struct imports *i = context;
    while (!atomic_load(&i->stop)) {
        if (is_waiting(i->registry))
            (void)work(i->registry, 0, &i->stop); /* what failed is tried again in the next round */
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += POLL_MS * 1000000L;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        (void)pthread_mutex_lock(&i->mutex);
        while (!atomic_load(&i->stop) && pthread_cond_timedwait(&i->wake, &i->mutex, &until) == 0)
            continue;
        (void)pthread_mutex_unlock(&i->mutex);
    }
    return NULL;
}

csign_code imports_start(const struct registry *registry, struct imports **ret)
{
    struct imports *i = calloc(1, sizeof *i);
    pthread_condattr_t attributes;
    if (!i)
        return CSIGN_E_NO_SPACE;
    i->registry = registry;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&i->mutex, NULL);
    (void)pthread_cond_init(&i->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (pthread_create(&i->thread, NULL, run_imports, i) != 0) {
        free(i);
        return CSIGN_E_UNAVAILABLE;
    }
    *ret = i;
    return CSIGN_OK;
}

void imports_stop(struct imports **imports)
{
    struct imports *i = *imports;
    if (!i)
        return;
    atomic_store(&i->stop, true); /* a batch that runs is finished */
    (void)pthread_mutex_lock(&i->mutex);
    (void)pthread_cond_signal(&i->wake);
    (void)pthread_mutex_unlock(&i->mutex);
    (void)pthread_join(i->thread, NULL);
    (void)pthread_cond_destroy(&i->wake);
    (void)pthread_mutex_destroy(&i->mutex);
    free(i);
    *imports = NULL;
}
