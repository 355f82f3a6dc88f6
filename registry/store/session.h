/*
 * Sessions: one connection each, with its statements prepared as they are first asked for. Of this folder only; what others may do
 * with a session stands in query.h.
 */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H

#include "embedded.h"
#include "fault.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Bytes of a page of a new database; one that is there keeps its own. Twice the engine's choice: who writes much writes half as often, and
 * what a small change writes is not felt beside waiting for the disk.
 */
#define PAGE_SIZE 8192

/* What the driver itself says to the engine, prepared like any other statement. */
enum session_control { CONTROL_BEGIN, CONTROL_BEGIN_READ, CONTROL_SAVEPOINT, CONTROL_RELEASE, CONTROL_ROLLBACK_TO, CONTROL_COMMIT,
                       CONTROL_ROLLBACK, CONTROL_COUNT };

enum session_kind { SESSION_WRITES, SESSION_READS, SESSION_READS_ONLY /* the file is opened so, too */ };

struct session {
    sqlite3 *connection; /* NULL: there is none, and every query fails */
    enum session_kind kind;
    bool in_read; /* of a reader: its transaction has begun */
    bool is_bulk; /* of the writer: much is being written */
    _Atomic bool is_awaited; /* others wait for its transaction to end */
    _Atomic int wal_pages;   /* after its last commit */
    uint64_t (*clock_ms)(void);
    uint64_t time_ms; /* 0: not asked yet */
    sqlite3_stmt *statements[SQL_STATEMENT_COUNT]; /* those that no query has taken */
    uint8_t places[SQL_STATEMENT_COUNT][SQL_PARAMETERS_MAX]; /* the engine's numbers of $1 to $n; 0: not asked yet */
    sqlite3_stmt *controls[CONTROL_COUNT];
    unsigned queries_open;
};

/* CSIGN_E_UNAVAILABLE with the reason; `session` then has no connection. */
csign_code session_open(struct session *session, const char *path, enum session_kind kind, uint64_t (*clock_ms)(void),
                        csign_fault *fault);
void session_close(struct session *session);

csign_code session_control(struct session *session, enum session_control control);
/* False once the engine has rolled the transaction back by itself, as it does on a full disk. */
bool session_in_transaction(const struct session *session);
/* The clock is asked again. */
void session_new_time(struct session *session);
/* Ends queries that were left open: how many there were. */
unsigned session_abandon_queries(struct session *session);
/* Begins the reader's transaction if it has not begun. */
csign_code session_read(struct session *session);
/* Ends it; the session may be lent again. */
void session_read_end(struct session *session);

/* Moves what is committed from the WAL into the file, as far as no reader needs the state before. */
csign_code session_checkpoint(struct session *session);

/* The code of what the engine answered. */
csign_code session_code(int sqlite_code);

/* migrate.c */
csign_code migrate(struct session *session, csign_fault *fault);
/* For who only reads: the schema must be ours already. */
csign_code migrate_check(struct session *session, csign_fault *fault);

#endif
