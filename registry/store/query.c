#include "query.h"
#include "session.h"

#include <string.h>

static const char *const parameter_names[SQL_PARAMETERS_MAX] = {
    "$1",  "$2",  "$3",  "$4",  "$5",  "$6",  "$7",  "$8",  "$9",  "$10", "$11", "$12", "$13", "$14", "$15", "$16",
    "$17", "$18", "$19", "$20", "$21", "$22", "$23", "$24", "$25", "$26", "$27", "$28", "$29", "$30", "$31", "$32",
};

/* --- opening --- */

static int bind_value(sqlite3_stmt *statement, int place, const struct value *value, sqlite3_destructor_type life)
{
    const bool is_absent = !value->bytes.data;
    switch (value->kind) {
    case VALUE_KIND_INTEGER:
        return sqlite3_bind_int64(statement, place, value->integer);
    case VALUE_KIND_TEXT:
        return is_absent ? sqlite3_bind_null(statement, place)
                         : sqlite3_bind_text64(statement, place, (const char *)value->bytes.data, value->bytes.size, life, SQLITE_UTF8);
    case VALUE_KIND_BLOB:
        return is_absent ? sqlite3_bind_null(statement, place)
                         : sqlite3_bind_blob64(statement, place, value->bytes.data, value->bytes.size, life);
    case VALUE_KIND_NULL:
        break;
    }
    return sqlite3_bind_null(statement, place);
}

/* By name, asked once: this engine gives $2 the number 1 where it stands first, others read the number (DESIGN 4). */
static csign_code bind_all(sqlite3_stmt *statement, uint8_t *places, const struct value *values, size_t count,
                           sqlite3_destructor_type life)
{
    for (size_t i = 0; i < count; i++) {
        if (places[i] == 0)
            places[i] = (uint8_t)sqlite3_bind_parameter_index(statement, parameter_names[i]);
        TRY(session_code(places[i] == 0 ? SQLITE_RANGE : bind_value(statement, places[i], &values[i], life)));
    }
    return CSIGN_OK;
}

/* Takes the statement out of the session, so that a second query of it, opened meanwhile, gets one of its own. */
static csign_code take(struct session *session, enum sql_statement which, sqlite3_stmt **ret)
{
    if (!session->connection)
        return CSIGN_E_UNAVAILABLE;
    if (session->kind == SESSION_WRITES && !session_in_transaction(session))
        return CSIGN_E_UNAVAILABLE; /* the engine rolled it back: what came now would be committed alone */
    TRY(session_read(session));
    *ret = session->statements[which];
    session->statements[which] = NULL;
    if (!*ret)
        TRY(session_code(sqlite3_prepare_v3(session->connection, sql_texts[which].text, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL)));
    session->queries_open++;
    return CSIGN_OK;
}

static struct query open_query(struct session *session, enum sql_statement which, const struct value *values, size_t count,
                               sqlite3_destructor_type life)
{
    struct query q = {.session = session, .which = which};
    sqlite3_stmt *statement = NULL;
    q.code = count == sql_texts[which].parameters ? take(session, which, &statement) : CSIGN_E_INTERNAL;
    if (q.code == CSIGN_OK)
        q.code = bind_all(statement, session->places[which], values, count, life);
    q.statement = statement;
    return q;
}

struct query query_open(struct session *session, enum sql_statement statement, const struct value *values, size_t count)
{
    return open_query(session, statement, values, count, SQLITE_TRANSIENT); /* what was given may be gone before the last row */
}

/* --- rows --- */

bool query_row(struct query *q)
{
    if (q->code != CSIGN_OK)
        return false;
    int code = sqlite3_step(q->statement);
    q->code = session_code(code);
    return code == SQLITE_ROW;
}

int64_t query_integer(const struct query *q, int column)
{
    return q->code == CSIGN_OK ? sqlite3_column_int64(q->statement, column) : 0;
}

span query_text(const struct query *q, int column)
{
    if (query_null(q, column))
        return span_of(NULL, 0);
    const unsigned char *text = sqlite3_column_text(q->statement, column);
    return span_of(text, text ? (size_t)sqlite3_column_bytes(q->statement, column) : 0);
}

span query_blob(const struct query *q, int column)
{
    if (query_null(q, column))
        return span_of(NULL, 0);
    const void *bytes = sqlite3_column_blob(q->statement, column); /* NULL where there are none */
    return bytes ? span_of(bytes, (size_t)sqlite3_column_bytes(q->statement, column)) : SPAN("");
}

bool query_null(const struct query *q, int column)
{
    return q->code != CSIGN_OK || sqlite3_column_type(q->statement, column) == SQLITE_NULL;
}

void query_bytes(struct query *q, int column, void *ret, size_t size)
{
    span bytes = query_blob(q, column);
    if (bytes.size == size && bytes.data) {
        memcpy(ret, bytes.data, size);
        return;
    }
    memset(ret, 0, size);
    if (q->code == CSIGN_OK)
        q->code = CSIGN_E_INTERNAL;
}

/* --- ending --- */

csign_code query_close(struct query *q)
{
    struct session *session = q->session;
    sqlite3_stmt *statement = q->statement;
    q->statement = NULL;
    if (!statement)
        return q->code;
    session->queries_open--;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (session->statements[q->which])
        sqlite3_finalize(statement);
    else
        session->statements[q->which] = statement;
    return q->code;
}

csign_code query_run(struct session *session, enum sql_statement statement, const struct value *values, size_t count,
                     uint64_t *ret_changed)
{
    struct query q = open_query(session, statement, values, count, SQLITE_STATIC);
    while (query_row(&q)) {
    }
    if (ret_changed && q.code == CSIGN_OK)
        *ret_changed = (uint64_t)sqlite3_changes64(session->connection);
    return query_close(&q);
}
