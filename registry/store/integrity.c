/* What the engine itself knows of damage. */
#include "session.h"
#include "store.h"

#include <string.h>

/* The first column of the first row, compared with `wanted`; NULL: there must be no row. */
static csign_code ask(struct session *session, const char *question, const char *wanted, bool *ret_as_wanted)
{
    sqlite3_stmt *statement = NULL;
    if (!session->connection || sqlite3_prepare_v2(session->connection, question, -1, &statement, NULL) != SQLITE_OK)
        return CSIGN_E_UNAVAILABLE;
    int step = sqlite3_step(statement);
    const char *text = step == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    *ret_as_wanted = wanted ? text && strcmp(text, wanted) == 0 : step == SQLITE_DONE;
    sqlite3_finalize(statement);
    return step == SQLITE_ROW || step == SQLITE_DONE ? CSIGN_OK : CSIGN_E_UNAVAILABLE;
}

csign_code store_check_integrity(struct session *session, csign_fault *fault)
{
    bool whole = false, referred = false;
    csign_code code = ask(session, "pragma integrity_check(1)", "ok", &whole);
    if (code == CSIGN_OK && whole)
        code = ask(session, "pragma foreign_key_check", NULL, &referred);
    if (code != CSIGN_OK)
        return fault_set(fault, code, "database", "it cannot be read");
    if (!whole)
        return fault_set(fault, CSIGN_E_CONFLICT, "database", "pages or indexes of the file are damaged");
    return referred ? CSIGN_OK : fault_set(fault, CSIGN_E_CONFLICT, "database", "a row refers to one that is not there");
}
