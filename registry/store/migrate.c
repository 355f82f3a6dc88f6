/* The schema's versions: each migration once, in order, and remembered by the hash of its text. */
#include "hash.h"
#include "query.h"
#include "session.h"

static csign_code differs(csign_fault *fault, const char *reason)
{
    return fault_set(fault, CSIGN_E_CONFLICT, "migration", reason);
}

static void hash_migration(unsigned number, uint8_t ret[CSIGN_HASH_SIZE])
{
    hash_of(span_text(sql_migrations[number - 1]), ret);
}

/* Compares what was applied with what we bring; *ret_count is how many were. */
static csign_code compare(struct session *session, unsigned *ret_count, csign_fault *fault)
{
    unsigned count = 0;
    csign_code code = CSIGN_OK;
    struct query q = query_open(session, SQL_MIGRATION_ALL, NULL, 0);
    while (code == CSIGN_OK && query_row(&q)) {
        uint8_t ours[CSIGN_HASH_SIZE];
        if (query_integer(&q, 0) != (int64_t)count + 1 || count == sql_migration_count) {
            code = differs(fault, "the database is of a newer version");
            break;
        }
        hash_migration(++count, ours);
        if (!span_equal(query_blob(&q, 1), span_of(ours, sizeof ours)))
            code = differs(fault, "the database was made by another text of it");
    }
    csign_code closed = query_close(&q);
    if (code == CSIGN_OK && closed != CSIGN_OK)
        code = fault_set(fault, closed, "migration", "the database cannot be read");
    *ret_count = count;
    return code;
}

static csign_code apply(struct session *session, unsigned number)
{
    uint8_t hash[CSIGN_HASH_SIZE];
    hash_migration(number, hash);
    TRY(session_code(sqlite3_exec(session->connection, sql_migrations[number - 1], NULL, NULL, NULL)));
    return RUN(session, SQL_MIGRATION_INSERT, VALUE_INTEGER(number), VALUE_BLOB(span_of(hash, sizeof hash)),
               VALUE_INTEGER(session_time_ms(session)));
}

static csign_code migrate_all(struct session *session, csign_fault *fault)
{
    unsigned number;
    csign_code code = query_run(session, SQL_MIGRATION_TABLE, NULL, 0, NULL);
    if (code == CSIGN_OK)
        TRY(compare(session, &number, fault));
    while (code == CSIGN_OK && number < sql_migration_count)
        code = apply(session, ++number);
    if (code == CSIGN_E_INTERNAL)
        return differs(fault, "the database has tables that no registry made");
    if (code == CSIGN_OK)
        code = session_control(session, CONTROL_COMMIT);
    return code == CSIGN_OK ? CSIGN_OK : fault_set(fault, code, "migration", "the database does not take it");
}

csign_code migrate(struct session *session, csign_fault *fault)
{
    csign_code code = session_control(session, CONTROL_BEGIN);
    if (code != CSIGN_OK)
        return fault_set(fault, code, "migration", "the database does not begin a transaction");
    code = migrate_all(session, fault);
    if (session_in_transaction(session))
        (void)session_control(session, CONTROL_ROLLBACK);
    session_new_time(session);
    return code;
}

csign_code migrate_check(struct session *session, csign_fault *fault)
{
    unsigned count = 0;
    struct query q = query_open(session, SQL_MIGRATION_EXISTS, NULL, 0);
    bool exists = query_row(&q) && query_integer(&q, 0) > 0;
    csign_code code = query_close(&q);
    if (code != CSIGN_OK)
        code = fault_set(fault, code, "migration", "the database cannot be read");
    else if (!exists)
        code = differs(fault, "the database is not a registry's");
    else
        code = compare(session, &count, fault);
    if (code == CSIGN_OK && count < sql_migration_count)
        code = differs(fault, "the database is of an older version: start the registry once");
    session_read_end(session);
    return code;
}
