#include "store.h"
#include "readers.h"
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct store {
    char *path;
    int lock; /* of the process, -1: none */
    bool read_only;
    struct writer writer;
    struct readers readers;
};

/* --- opening --- */

static csign_code refused(csign_fault *fault, const char *reason)
{
    return fault_set(fault, CSIGN_E_UNAVAILABLE, "store", reason);
}

/* Two processes that write would be two sequencers: whoever comes second is refused before it has read anything. */
static csign_code lock_process(struct store *store, csign_fault *fault)
{
    size_t size = strlen(store->path) + sizeof ".lock";
    char *path = malloc(size);
    if (!path)
        return refused(fault, "no memory");
    memcpy(path, store->path, size - sizeof ".lock");
    memcpy(path + size - sizeof ".lock", ".lock", sizeof ".lock");
    store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    free(path);
    if (store->lock < 0)
        return refused(fault, "its lock file cannot be opened: does its folder exist, and may this user write there?");
    if (flock(store->lock, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? fault_set(fault, CSIGN_E_CONFLICT, "store", "another process has it open for writing")
                                    : refused(fault, "its lock file cannot be locked: put it on a local disk");
    return CSIGN_OK;
}

/* The engine would make the file readable by all; the files beside it get the permissions of this one. */
static csign_code make_file(const char *path, bool create, csign_fault *fault)
{
    int file = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
    if (file < 0)
        return refused(fault, create ? "the database cannot be made or written to" : "the database is not there or cannot be written to");
    close(file);
    return CSIGN_OK;
}

static csign_code open_to_write(struct store *store, const struct store_options *options, csign_fault *fault)
{
    struct session *session = &store->writer.session;
    TRY(lock_process(store, fault));
    TRY(make_file(store->path, options->create, fault));
    TRY(session_open(session, store->path, SESSION_WRITES, options->clock_ms, fault));
    return migrate(session, fault);
}

static csign_code open_to_read(struct store *store, csign_fault *fault)
{
    struct session *session = readers_lend(&store->readers);
    csign_code code = session->connection ? migrate_check(session, fault) : refused(fault, "the database cannot be opened");
    readers_return(&store->readers, session);
    return code;
}

static csign_code open_store(struct store *store, const struct store_options *options, csign_fault *fault)
{
    enum session_kind kind = options->read_only ? SESSION_READS_ONLY : SESSION_READS;
    store->path = strdup(options->path);
    if (!store->path)
        return refused(fault, "no memory");
    if (writer_open(&store->writer) != CSIGN_OK || readers_open(&store->readers, store->path, kind, options->clock_ms) != CSIGN_OK)
        return refused(fault, "no memory");
    return store->read_only ? open_to_read(store, fault) : open_to_write(store, options, fault);
}

csign_code store_open(const struct store_options *options, struct store **ret, csign_fault *fault)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return refused(fault, "no memory");
    store->lock = -1;
    store->read_only = options->read_only;
    csign_code code = open_store(store, options, fault);
    if (code == CSIGN_OK)
        *ret = store;
    else
        store_close(&store);
    return code;
}

void store_close(struct store **place)
{
    struct store *store = *place;
    if (!store)
        return;
    writer_close(&store->writer);
    readers_close(&store->readers);
    if (store->lock >= 0)
        close(store->lock); /* the file stays: who removes it may remove another's */
    free(store->path);
    free(store);
    *place = NULL;
}

/* --- operations --- */

void store_set_sequencer(struct store *store, const struct store_sequencer *sequencer)
{
    store->writer.sequencer = *sequencer;
    store->writer.has_sequencer = true;
}

csign_code store_start(struct store *store)
{
    return store->read_only ? CSIGN_E_ARGUMENT : writer_start(&store->writer);
}

csign_code store_submit(struct store *store, struct operation *operation)
{
    return writer_submit(&store->writer, operation);
}

void store_begin(struct store *store, struct errand *errand, struct operation *operation)
{
    writer_begin(&store->writer, errand, operation);
}

csign_code store_perform(struct store *store, struct operation *operation)
{
    struct errand errand;
    store_begin(store, &errand, operation);
    return store_await(&errand);
}

void store_count(struct store *store, struct store_counters *ret)
{
    *ret = writer_count(&store->writer);
}

/* --- reading --- */

struct session *store_reader(struct store *store)
{
    return readers_lend(&store->readers);
}

void store_reader_end(struct store *store, struct session *reader)
{
    readers_return(&store->readers, reader);
}

/* Worth it from where a page is in the WAL several times, and long before the writer would have to. */
#define CHECKPOINT_PAGES 16384

csign_code store_checkpoint(struct store *store, bool *ret_moved)
{
    *ret_moved = atomic_load(&store->writer.session.wal_pages) >= CHECKPOINT_PAGES;
    if (!*ret_moved)
        return CSIGN_OK;
    struct session *session = readers_lend(&store->readers);
    csign_code code = session_checkpoint(session);
    readers_return(&store->readers, session);
    return code;
}
