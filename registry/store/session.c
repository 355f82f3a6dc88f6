#include "session.h"
#include "query.h"
#include "store.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define BUSY_MS 5000

/*
 * Checkpoints run behind commits, at 2,000 pages, which is 16 MB: rare enough not to be felt, small enough that none takes long. Where
 * much is written, a page is changed by many commits before it is worth moving, and store_checkpoint() moves it aside from the writer,
 * which comes to it only if nobody else does.
 */
#define WAL_PAGES      2000
#define WAL_PAGES_BULK 32768

static const char *const control_texts[CONTROL_COUNT] = {
    [CONTROL_BEGIN] = "begin immediate",
    [CONTROL_BEGIN_READ] = "begin",
    [CONTROL_SAVEPOINT] = "savepoint operation",
    [CONTROL_RELEASE] = "release operation",
    [CONTROL_ROLLBACK_TO] = "rollback to operation",
    [CONTROL_COMMIT] = "commit",
    [CONTROL_ROLLBACK] = "rollback",
};

/* A setting, and what reading it back must give: a library built otherwise answers politely and does nothing. */
struct setting {
    const char *set, *read, *expected;
};

static const struct setting shared_settings[] = {
    {"pragma foreign_keys = on", "pragma foreign_keys", "1"},
    {"pragma synchronous = full", "pragma synchronous", "2"},
    {"pragma trusted_schema = off", "pragma trusted_schema", "0"},
    {"pragma temp_store = memory", "pragma temp_store", "2"},
    {"pragma cell_size_check = on", "pragma cell_size_check", "1"},
    {"pragma secure_delete = on", "pragma secure_delete", "1"}, /* what is deleted is gone */
};

/*
 * WAL loses nothing only with synchronous FULL, also of who checkpoints, which is why it is set and read back rather than hoped for.
 * After a burst the WAL is cut to 64 MB.
 */
#define TEXT_OF(value) #value
#define TEXT(macro)    TEXT_OF(macro)
#define NEW_PAGES      "pragma page_size = " TEXT(PAGE_SIZE)
#define WRITER_CACHE   "pragma cache_size = -4096"
#define WRITER_WAL     "pragma journal_size_limit = 67108864"
static const struct setting writer_settings[] = {
    {"pragma journal_mode = wal", "pragma journal_mode", "wal"},
    {WRITER_WAL, "pragma journal_size_limit", "67108864"},
    {WRITER_CACHE, "pragma cache_size", "-4096"},
};

static const struct setting reader_settings[] = {
    {"pragma query_only = on", "pragma query_only", "1"},
    {"pragma cache_size = -512", "pragma cache_size", "-512"},
};

csign_code session_code(int sqlite_code)
{
    switch (sqlite_code) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return CSIGN_OK;
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return CSIGN_E_CONFLICT;
    }
    switch (sqlite_code & 0xff) {
    case SQLITE_ERROR: /* what is wrong with the statement or its values, not with the system */
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
        return CSIGN_E_INTERNAL;
    }
    return CSIGN_E_UNAVAILABLE;
}

static bool reads_back(sqlite3 *connection, const struct setting *setting)
{
    sqlite3_stmt *statement = NULL;
    bool same = sqlite3_exec(connection, setting->set, NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(connection, setting->read, -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW &&
                strcmp((const char *)sqlite3_column_text(statement, 0), setting->expected) == 0;
    sqlite3_finalize(statement);
    return same;
}

static bool apply(sqlite3 *connection, const struct setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!reads_back(connection, &settings[i]))
            return false;
    return true;
}

static int after_commit(void *context, sqlite3 *connection, const char *name, int pages)
{
    struct session *session = context;
    (void)connection, (void)name;
    atomic_store(&session->wal_pages, pages);
    if (pages >= (session->is_bulk ? WAL_PAGES_BULK : WAL_PAGES))
        (void)session_checkpoint(session); /* what cannot be moved now can be later */
    return SQLITE_OK;
}

static bool configure(sqlite3 *connection, enum session_kind kind)
{
    sqlite3_extended_result_codes(connection, 1);
    return sqlite3_busy_timeout(connection, BUSY_MS) == SQLITE_OK &&
           sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL) == SQLITE_OK &&
           sqlite3_db_config(connection, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL) == SQLITE_OK &&
           sqlite3_db_config(connection, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)NULL) == SQLITE_OK &&
           apply(connection, shared_settings, sizeof shared_settings / sizeof *shared_settings) &&
           (kind != SESSION_WRITES || sqlite3_exec(connection, NEW_PAGES, NULL, NULL, NULL) == SQLITE_OK) &&
           (kind == SESSION_WRITES ? apply(connection, writer_settings, sizeof writer_settings / sizeof *writer_settings)
                                   : apply(connection, reader_settings, sizeof reader_settings / sizeof *reader_settings));
}

/* The engine would count its memory under one lock for all connections, and nobody asks how much it is. */
static void configure_engine(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

csign_code session_open(struct session *session, const char *path, enum session_kind kind, uint64_t (*clock_ms)(void),
                        csign_fault *fault)
{
    /* One thread uses a session at a time: the engine need not lock for that. */
    static pthread_once_t configured = PTHREAD_ONCE_INIT;
    int flags = SQLITE_OPEN_NOMUTEX | (kind == SESSION_READS_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    (void)pthread_once(&configured, configure_engine);
    *session = (struct session){.kind = kind, .clock_ms = clock_ms};
    if (sqlite3_open_v2(path, &session->connection, flags, NULL) != SQLITE_OK) {
        session_close(session);
        return fault_set(fault, CSIGN_E_UNAVAILABLE, "store", "the database cannot be opened");
    }
    if (!configure(session->connection, kind)) {
        bool is_other = sqlite3_errcode(session->connection) == SQLITE_NOTADB;
        session_close(session);
        return fault_set(fault, CSIGN_E_UNAVAILABLE, "store",
                         is_other ? "the file is no database" : "the database does not take the settings for durability");
    }
    if (kind == SESSION_WRITES)
        (void)sqlite3_wal_hook(session->connection, after_commit, session);
    return CSIGN_OK;
}

void session_close(struct session *session)
{
    (void)session_abandon_queries(session);
    for (size_t i = 0; i < SQL_STATEMENT_COUNT; i++)
        sqlite3_finalize(session->statements[i]);
    for (size_t i = 0; i < CONTROL_COUNT; i++)
        sqlite3_finalize(session->controls[i]);
    sqlite3_close(session->connection);
    *session = (struct session){.kind = session->kind, .clock_ms = session->clock_ms};
}

csign_code session_control(struct session *session, enum session_control control)
{
    sqlite3_stmt **statement = &session->controls[control];
    if (!session->connection)
        return CSIGN_E_UNAVAILABLE;
    if (!*statement)
        TRY(session_code(sqlite3_prepare_v3(session->connection, control_texts[control], -1, SQLITE_PREPARE_PERSISTENT, statement,
                                            NULL)));
    csign_code code = session_code(sqlite3_step(*statement));
    sqlite3_reset(*statement);
    return code;
}

bool session_in_transaction(const struct session *session)
{
    return session->connection && !sqlite3_get_autocommit(session->connection);
}

csign_code session_checkpoint(struct session *session)
{
    if (!session->connection)
        return CSIGN_E_UNAVAILABLE;
    return session_code(sqlite3_wal_checkpoint_v2(session->connection, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
}

csign_code session_bulk(struct session *session, bool is_on)
{
    /* A WAL that is not cut is written over: what lengthens a file costs more than what it holds. */
    static const char *const settings[] = {WRITER_CACHE "; " WRITER_WAL "; pragma shrink_memory",
                                           "pragma cache_size = -65536; pragma journal_size_limit = -1"};
    if (session->is_bulk == is_on)
        return CSIGN_OK;
    session->is_bulk = is_on;
    csign_code code = session_code(sqlite3_exec(session->connection, settings[is_on], NULL, NULL, NULL));
    if (!is_on)
        (void)malloc_trim(0); /* pages are small pieces, which the allocator would keep */
    return code;
}

bool session_is_awaited(const struct session *session)
{
    return atomic_load(&session->is_awaited);
}

void session_new_time(struct session *session)
{
    session->time_ms = 0;
}

uint64_t session_time_ms(const struct session *session)
{
    /* Remembering is not a change that a caller sees. */
    struct session *own = (struct session *)(uintptr_t)session;
    if (own->time_ms == 0)
        own->time_ms = own->clock_ms();
    return own->time_ms;
}

int64_t session_last_id(const struct session *session)
{
    return session->connection ? sqlite3_last_insert_rowid(session->connection) : 0;
}

static bool is_kept(const struct session *session, const sqlite3_stmt *statement)
{
    for (size_t i = 0; i < SQL_STATEMENT_COUNT; i++)
        if (session->statements[i] == statement)
            return true;
    for (size_t i = 0; i < CONTROL_COUNT; i++)
        if (session->controls[i] == statement)
            return true;
    return false;
}

unsigned session_abandon_queries(struct session *session)
{
    unsigned count = session->queries_open;
    sqlite3_stmt *statement = count ? sqlite3_next_stmt(session->connection, NULL) : NULL;
    while (statement) {
        sqlite3_stmt *next = sqlite3_next_stmt(session->connection, statement);
        if (!is_kept(session, statement))
            sqlite3_finalize(statement);
        statement = next;
    }
    session->queries_open = 0;
    return count;
}

csign_code session_read(struct session *session)
{
    if (session->kind == SESSION_WRITES || session->in_read)
        return CSIGN_OK;
    TRY(session_control(session, CONTROL_BEGIN_READ));
    session->in_read = true;
    return CSIGN_OK;
}

void session_read_end(struct session *session)
{
    (void)session_abandon_queries(session);
    if (session->in_read && session_control(session, CONTROL_COMMIT) != CSIGN_OK)
        session_close(session); /* opened again when it is lent again */
    session->in_read = false;
    session_new_time(session);
}
