#define SQL_TEXTS
#include "sql.h"

#include <stdio.h>

static csign_code code_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return CSIGN_OK;
    case SQLITE_CONSTRAINT:
        return CSIGN_E_CONFLICT;
    case SQLITE_FULL:
        return CSIGN_E_OUTBOX_FULL;
    default:
        return CSIGN_E_UNAVAILABLE;
    }
}

static int bind_value(sqlite3_stmt *s, size_t number, const struct value *v)
{
    char name[24];
    snprintf(name, sizeof name, "$%zu", number);
    const int place = sqlite3_bind_parameter_index(s, name);
    const char *text = v->bytes.data ? (const char *)v->bytes.data : "";
    switch (v->kind) {
    case VALUE_INTEGER:
        return sqlite3_bind_int64(s, place, v->integer);
    case VALUE_TEXT:
        return sqlite3_bind_text64(s, place, text, v->bytes.size, SQLITE_STATIC, SQLITE_UTF8);
    default:
        return sqlite3_bind_blob64(s, place, text, v->bytes.size, SQLITE_STATIC);
    }
}

struct sql sql_begin(struct connection *c, enum sql_statement statement, const struct value *values, size_t count)
{
    sqlite3_stmt **s = &c->statements[statement];
    int result = *s ? SQLITE_OK : sqlite3_prepare_v3(c->db, sql_texts[statement], -1, SQLITE_PREPARE_PERSISTENT, s, NULL);
    for (size_t i = 0; result == SQLITE_OK && i < count; i++)
        result = bind_value(*s, i + 1, &values[i]);
    return (struct sql){*s, code_of(result)};
}

bool sql_row(struct sql *q)
{
    if (q->code != CSIGN_OK)
        return false;
    int result = sqlite3_step(q->statement);
    q->code = code_of(result);
    return result == SQLITE_ROW;
}

int64_t sql_integer(const struct sql *q, int column)
{
    return q->code == CSIGN_OK ? sqlite3_column_int64(q->statement, column) : 0;
}

span sql_bytes(const struct sql *q, int column)
{
    if (q->code != CSIGN_OK || sqlite3_column_type(q->statement, column) == SQLITE_NULL)
        return span_of(NULL, 0);
    const void *bytes = sqlite3_column_blob(q->statement, column);
    return span_of(bytes ? bytes : "", (size_t)sqlite3_column_bytes(q->statement, column));
}

void sql_hash(struct sql *q, int column, uint8_t ret[CSIGN_HASH_SIZE])
{
    span bytes = sql_bytes(q, column);
    memset(ret, 0, CSIGN_HASH_SIZE);
    if (bytes.size == CSIGN_HASH_SIZE)
        memcpy(ret, bytes.data, CSIGN_HASH_SIZE);
    else if (q->code == CSIGN_OK)
        q->code = CSIGN_E_INTERNAL;
}

csign_code sql_end(struct sql *q)
{
    if (q->statement) {
        sqlite3_reset(q->statement);
        sqlite3_clear_bindings(q->statement);
    }
    return q->code;
}

csign_code sql_run(struct connection *c, enum sql_statement statement, const struct value *values, size_t count)
{
    struct sql q = sql_begin(c, statement, values, count);
    (void)sql_row(&q);
    return sql_end(&q);
}

csign_code connection_execute(struct connection *c, const char *text)
{
    return code_of(sqlite3_exec(c->db, text, NULL, NULL, NULL));
}

csign_code connection_open(struct connection *c, const char *path)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    memset(c, 0, sizeof *c);
    TRY(code_of(sqlite3_open_v2(path, &c->db, flags, NULL)));
    (void)sqlite3_extended_result_codes(c->db, 1);
    TRY(code_of(sqlite3_busy_timeout(c->db, 5000)));
    /* LOG 4.2: FULL is said, never left to a default. */
    return connection_execute(c, "pragma page_size = 8192; pragma journal_mode = wal; pragma synchronous = full; "
                                 "pragma wal_autocheckpoint = 4096");
}

void connection_close(struct connection *c)
{
    for (size_t i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(c->statements[i]);
    sqlite3_close(c->db);
    memset(c, 0, sizeof *c);
}

static csign_code migrate(struct connection *c, const char *migration, int64_t version)
{
    char ending[64];
    snprintf(ending, sizeof ending, "pragma user_version = %lld; commit", (long long)version);
    TRY(connection_execute(c, "begin immediate"));
    csign_code code = connection_execute(c, migration);
    if (code == CSIGN_OK)
        code = connection_execute(c, ending);
    if (code != CSIGN_OK)
        (void)connection_execute(c, "rollback");
    return code;
}

csign_code connection_make_tables(struct connection *c)
{
    const int64_t newest = sizeof sql_migrations / sizeof *sql_migrations;
    sqlite3_stmt *s = NULL;
    int64_t version = -1;
    if (sqlite3_prepare_v2(c->db, "pragma user_version", -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        version = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    if (version < 0)
        return CSIGN_E_UNAVAILABLE;
    if (version > newest) /* a newer library's file, or none of ours */
        return CSIGN_E_CONFLICT;
    for (; version < newest; version++)
        TRY(migrate(c, sql_migrations[version], version + 1));
    return CSIGN_OK;
}
