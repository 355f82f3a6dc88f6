#include "following.h"
#include "hash.h"
#include "note.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const uint8_t app_seed[32] = {7};

static void print_line(void *context, const char *line)
{
    (void)context;
    if (getenv("VERBOSE"))
        fprintf(stderr, "  %s\n", line);
}

void following_begin(struct following *f)
{
    static uint8_t memory[1u << 16];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct note note;
    memset(f, 0, sizeof *f);
    clock_shim_set(REGISTRY_NOW);
    served_open(&f->served, 1);
    strcpy(f->folder, "/tmp/countersign-sync-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->file, sizeof f->file, "%s/gate", f->folder);
    assert_int_equal(note_read(f->served.registry.root_note, &scratch, &note, NULL), CSIGN_OK);
    note_hash(&note, f->root_hash);
    f->options = (csign_sync_options){.struct_size = sizeof f->options, .base_url = served_url(&f->served, f->url), .file = f->file,
                                      .deployment = SPAN(REGISTRY_DEPLOYMENT), .root_hash = f->root_hash, .accept_test = 1,
                                      .app_seed = app_seed, .log = print_line};
}

void following_end(struct following *f)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char path[128];
    following_close(f);
    served_close(&f->served);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", f->file, ends[i]);
        unlink(path);
    }
    rmdir(f->folder);
}

csign_code following_open(struct following *f)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    TRY(csign_sync_open(&f->options, &f->sync, &fault));
    return csign_desk_open(f->sync, 4, &f->desk);
}

void following_close(struct following *f)
{
    csign_desk_close(&f->desk);
    csign_sync_close(&f->sync);
}

void following_start(struct following *f)
{
    assert_int_equal(following_open(f), CSIGN_OK);
    if (csign_sync_wait(f->sync, 60000) != CSIGN_OK) {
        csign_sync_info info = {.struct_size = sizeof info};
        csign_sync_describe(f->sync, &info);
        fail_msg("not ready: %s", info.problem);
    }
}

void following_sign(struct following *f, const char *document)
{
    registry_sign(&f->served.registry, span_text(document));
}

void following_reject(struct following *f, const char *document)
{
    registry_reject(&f->served.registry, span_text(document));
}

span release_id_of(unsigned number)
{
    static char ids[64][40];
    static unsigned at;
    char *id = ids[at++ % 64];
    snprintf(id, 40, "01aa5d7c-9b50-7c3a-8f00-%012x", number);
    return span_text(id);
}

csign_verdict following_release(struct following *f, unsigned number)
{
    f->served.registry.release.release_id = release_id_of(number);
    return csign_release(f->desk, &f->served.registry.release, &f->decision);
}

static void nap(void)
{
    const struct timespec t = {0, 2000000};
    nanosleep(&t, NULL);
}

/* A minute is there for machines that are busy with other tests. */
static time_t deadline(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 60;
}

static bool is_over(time_t end)
{
    return deadline() - 60 > end;
}

bool following_until(struct following *f, unsigned number, csign_code code)
{
    const time_t end = deadline();
    for (unsigned i = 0; !is_over(end); i++) {
        (void)following_release(f, number + i);
        if (f->decision.code == code)
            return true;
        nap();
    }
    return false;
}

void following_await(struct following *f, bool (*done)(struct following *f))
{
    const time_t end = deadline();
    while (!is_over(end)) {
        pthread_mutex_lock(&f->served.mutex);
        bool is_done = done(f);
        pthread_mutex_unlock(&f->served.mutex);
        if (is_done)
            return;
        nap();
    }
    fail_msg("waited for a minute");
}
