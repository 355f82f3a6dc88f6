/* Group commit: LOG 2.5's order with no thread of its own. Who comes first leads; who comes while a commit runs is in the next. */
#include "ledger.h"

static csign_code write_one(struct ledger *l, struct entry *e)
{
    const struct chain before = l->chain;
    csign_code code = connection_execute(&l->writer, "savepoint entry");
    if (code != CSIGN_OK)
        return code;
    code = e->write(e, l);
    if (code != CSIGN_OK) {
        l->chain = before;
        (void)connection_execute(&l->writer, "rollback to entry");
    }
    csign_code released = connection_execute(&l->writer, "release entry");
    return code == CSIGN_OK ? released : code;
}

static csign_code write_chain(struct ledger *l, const struct chain *before)
{
    const struct chain *now = &l->chain;
    if (now->next_seq == before->next_seq && now->permits == before->permits)
        return CSIGN_OK;
    return RUN(&l->writer, SQL_OUTBOX_PUT, INTEGER(now->next_seq), HASH(now->head), INTEGER(now->permits));
}

/* Each entry's code is its own; a commit that fails is everybody's. */
static void write_all(struct ledger *l, struct entry *first)
{
    const struct chain before = l->chain;
    csign_code code = connection_execute(&l->writer, "begin immediate");
    for (struct entry *e = first; code == CSIGN_OK && e; e = e->next) {
        e->code = write_one(l, e);
        if (sqlite3_get_autocommit(l->writer.db)) /* a full disk ends the transaction: nobody has written anything */
            code = e->code == CSIGN_OK ? CSIGN_E_UNAVAILABLE : e->code;
    }
    if (code == CSIGN_OK)
        code = write_chain(l, &before);
    if (code == CSIGN_OK)
        code = connection_execute(&l->writer, "commit");
    if (code == CSIGN_OK) {
        if (l->chain.next_seq != before.next_seq && l->receipts_added)
            l->receipts_added(l->context);
        return;
    }
    l->chain = before;
    if (!sqlite3_get_autocommit(l->writer.db))
        (void)connection_execute(&l->writer, "rollback");
    for (struct entry *e = first; e; e = e->next)
        e->code = code;
}

/* Writes all that wait; called and left with the mutex held. */
static void lead(struct ledger *l)
{
    struct entry *first = l->first;
    l->first = NULL;
    l->last = &l->first;
    l->is_led = true;
    pthread_mutex_unlock(&l->mutex);
    write_all(l, first);
    pthread_mutex_lock(&l->mutex);
    l->is_led = false;
    l->commits++;
    for (struct entry *e = first, *next; e; e = next) {
        next = e->next; /* whoever waits for it may be gone when it is done */
        e->is_done = true;
    }
    pthread_cond_broadcast(&l->ended);
}

csign_code ledger_write(struct ledger *l, struct entry *entry)
{
    entry->next = NULL;
    entry->is_done = false;
    entry->code = CSIGN_OK;
    pthread_mutex_lock(&l->mutex);
    *l->last = entry;
    l->last = &entry->next;
    while (!entry->is_done) {
        if (l->is_led)
            pthread_cond_wait(&l->ended, &l->mutex);
        else
            lead(l);
    }
    csign_code code = entry->code;
    pthread_mutex_unlock(&l->mutex);
    return code;
}

struct chain ledger_chain(struct ledger *l)
{
    pthread_mutex_lock(&l->mutex);
    while (l->is_led)
        pthread_cond_wait(&l->ended, &l->mutex);
    struct chain chain = l->chain;
    pthread_mutex_unlock(&l->mutex);
    return chain;
}
