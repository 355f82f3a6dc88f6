#include "entries.h"
#include "hash.h"
#include "uuid.h"

/*
 * A credential lives for 24 hours at most (PROTOCOL 4): a sign-off that is not remembered any more would count as received now,
 * when its credential has long expired. So what was consumed can be forgotten together with when it was seen.
 */
#define REMEMBERED_S (INT64_C(35) * 86400)
#define MINUTE_MS    UINT64_C(60000)

#define ENTRY_OF(type, entry) ((type *)(void *)(entry))

/* --- sightings --- */

csign_code sighting_find(struct connection *c, span sign_off, int64_t now, struct sighting *ret)
{
    hash_of(sign_off, ret->hash);
    struct sql q = SQL(c, SQL_RECEIVED_FIND, HASH(ret->hash));
    ret->is_new = !sql_row(&q);
    ret->at = ret->is_new ? now : sql_integer(&q, 0);
    return sql_end(&q);
}

static csign_code add_sightings(struct connection *c, const struct sighting *sightings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sightings[i].is_new)
            TRY(RUN(c, SQL_RECEIVED_ADD, HASH(sightings[i].hash), INTEGER(sightings[i].at)));
    return CSIGN_OK;
}

/* --- permits --- */

struct earlier {
    bool exists, is_same;
    int64_t decided_at, not_after;
};

static csign_code find_earlier(struct connection *c, const struct permit *p, struct earlier *ret)
{
    struct sql q = SQL(c, SQL_RELEASE_FIND, TEXT(p->told.receipt.release_id));
    *ret = (struct earlier){0};
    if (sql_row(&q)) {
        ret->exists = true;
        ret->is_same = span_equal(sql_bytes(&q, 0), span_of(p->input, sizeof p->input));
        ret->decided_at = sql_integer(&q, 1);
        ret->not_after = sql_integer(&q, 2);
    }
    return sql_end(&q);
}

/* Each sign-off for one release, for ever; what this release consumed before stays its own. */
static csign_code consume(struct connection *c, const struct permit *p)
{
    const span release_id = p->told.receipt.release_id;
    for (size_t i = 0; i < p->decision->signer_count; i++) {
        const uint8_t *id = p->decision->signers[i].sign_off_id;
        struct sql q = SQL(c, SQL_CONSUMED_FIND, HASH(id));
        const bool is_consumed = sql_row(&q), is_own = is_consumed && span_equal(sql_bytes(&q, 0), release_id);
        TRY(sql_end(&q));
        if (is_consumed && !is_own)
            return CSIGN_E_REPLAY;
        if (!is_consumed)
            TRY(RUN(c, SQL_CONSUMED_ADD, HASH(id), TEXT(release_id), INTEGER(p->decision->decided_at)));
    }
    return CSIGN_OK;
}

/* PROTOCOL 4: a recorded rejection is final, whoever accepts under the same request later. */
static csign_code check_rejected(struct connection *c, const struct permit *p)
{
    struct sql q = SQL(c, SQL_REJECTED_FIND, TEXT(p->request_id));
    const bool is_rejected = sql_row(&q);
    TRY(sql_end(&q));
    return is_rejected ? CSIGN_E_REJECTED : CSIGN_OK;
}

/* LOG 4.2: a gate whose receipts do not arrive must not go on for ever. */
static csign_code check_backlog(struct ledger *l, const struct permit *p)
{
    if (l->chain.permits >= p->backlog_max)
        return CSIGN_E_AUDIT_BACKLOG;
    struct sql q = sql_begin(&l->writer, SQL_PERMIT_OLDEST, NULL, 0);
    const bool is_late = sql_row(&q) && sql_integer(&q, 0) / 1000 < p->decision->decided_at - p->backlog_age_max;
    TRY(sql_end(&q));
    return is_late ? CSIGN_E_AUDIT_BACKLOG : CSIGN_OK;
}

static csign_code write_permit(struct entry *entry, struct ledger *l)
{
    struct permit *p = ENTRY_OF(struct permit, entry);
    csign_decision *d = p->decision;
    struct connection *c = &l->writer;
    struct earlier earlier;
    TRY(find_earlier(c, p, &earlier));
    if (earlier.exists && !earlier.is_same)
        return CSIGN_E_REPLAY;
    TRY(consume(c, p));
    TRY(add_sightings(c, p->sightings, p->sighting_count));
    if (earlier.exists && d->decided_at <= earlier.not_after) {
        d->decided_at = earlier.decided_at;
        d->not_after = earlier.not_after;
        return CSIGN_OK;
    }
    TRY(check_rejected(c, p));
    TRY(check_backlog(l, p));
    TRY(chain_add(l, &p->told.receipt));
    return RUN(c, SQL_RELEASE_PUT, TEXT(p->told.receipt.release_id), HASH(p->input), INTEGER(d->decided_at), INTEGER(d->not_after),
               TEXT(span_of(p->record, p->record_size)), BLOB(span_of(p->salt, sizeof p->salt)));
}

csign_code permit_write(struct ledger *ledger, struct permit *permit)
{
    permit->entry.write = write_permit;
    return ledger_write(ledger, &permit->entry);
}

/* --- refusals --- */

struct counted {
    csign_code code;
    uint64_t minute, count;
    char release_id[UUID_SIZE + 1];
};

static void read_counted(const struct sql *q, int column, struct counted *ret)
{
    const span id = sql_bytes(q, column + 2);
    ret->minute = (uint64_t)sql_integer(q, column);
    ret->count = (uint64_t)sql_integer(q, column + 1);
    memset(ret->release_id, 0, sizeof ret->release_id);
    if (id.size == UUID_SIZE)
        memcpy(ret->release_id, id.data, UUID_SIZE);
}

/* The receipt of those that were counted: what they have in common is their code. */
static csign_code settle(struct ledger *l, const struct counted *counted, span deployment, uint64_t time_ms)
{
    struct told told = {.receipt = {.time_ms = time_ms, .deployment = deployment, .present = RECEIPT_BIT(RECEIPT_DEPLOYMENT)}};
    told.receipt.release_id = span_text(counted->release_id);
    told_refuse(&told, counted->code, counted->count);
    if (counted->count > 0)
        TRY(chain_add(l, &told.receipt));
    return RUN(&l->writer, SQL_REFUSAL_DROP, INTEGER(counted->code));
}

static csign_code write_refusal(struct entry *entry, struct ledger *l)
{
    struct refusal *r = ENTRY_OF(struct refusal, entry);
    struct receipt *receipt = &r->told.receipt;
    struct counted counted = {.code = receipt->code};
    const uint64_t minute = receipt->time_ms / MINUTE_MS;
    TRY(add_sightings(&l->writer, r->sightings, r->sighting_count));
    if (receipt->code == CSIGN_E_REJECTED)
        TRY(RUN(&l->writer, SQL_REJECTED_ADD, TEXT(r->request_id)));
    struct sql q = SQL(&l->writer, SQL_REFUSAL_FIND, INTEGER(receipt->code));
    const bool found = sql_row(&q);
    if (found)
        read_counted(&q, 0, &counted);
    TRY(sql_end(&q));
    const bool is_first = !found || counted.minute != minute;
    if (found && is_first)
        TRY(settle(l, &counted, receipt->deployment, receipt->time_ms));
    if (is_first)
        TRY(chain_add(l, receipt));
    return RUN(&l->writer, SQL_REFUSAL_PUT, INTEGER(receipt->code), INTEGER(minute), INTEGER(is_first ? 0 : counted.count + 1),
               TEXT(receipt->release_id));
}

csign_code refusal_write(struct ledger *ledger, struct refusal *refusal)
{
    refusal->entry.write = write_refusal;
    return ledger_write(ledger, &refusal->entry);
}

struct settling {
    struct entry entry;
    span deployment;
    uint64_t time_ms;
    int64_t prune_before;
};

static csign_code write_settled(struct entry *entry, struct ledger *l)
{
    const struct settling *s = ENTRY_OF(struct settling, entry);
    struct counted counted;
    bool found = true;
    while (found) {
        struct sql q = SQL(&l->writer, SQL_REFUSALS_OVER, INTEGER(s->time_ms / MINUTE_MS));
        found = sql_row(&q);
        counted.code = (csign_code)sql_integer(&q, 0);
        read_counted(&q, 1, &counted);
        TRY(sql_end(&q));
        if (found)
            TRY(settle(l, &counted, s->deployment, s->time_ms));
    }
    return CSIGN_OK;
}

csign_code refusals_settle(struct ledger *ledger, span deployment, uint64_t time_ms)
{
    struct settling s = {.entry = {.write = write_settled}, .deployment = deployment, .time_ms = time_ms};
    return ledger_write(ledger, &s.entry);
}

/* --- what a start finds, and what time takes --- */

static csign_code write_unknown(struct entry *entry, struct ledger *l)
{
    const struct settling *s = ENTRY_OF(struct settling, entry);
    char id[UUID_SIZE];
    bool found = true;
    while (found) {
        struct sql q = sql_begin(&l->writer, SQL_RELEASE_OPEN, NULL, 0);
        found = sql_row(&q);
        const span text = sql_bytes(&q, 0);
        if (found && text.size == sizeof id)
            memcpy(id, text.data, sizeof id);
        else if (found)
            q.code = CSIGN_E_INTERNAL;
        TRY(sql_end(&q));
        if (!found)
            break;
        struct receipt receipt = {.time_ms = s->time_ms, .event = RECEIPT_OUTCOME, .release_id = span_of(id, sizeof id),
                                  .outcome = OUTCOME_UNKNOWN, .present = RECEIPT_BIT(RECEIPT_OUTCOME_MEMBER)};
        TRY(chain_add(l, &receipt));
        TRY(RUN(&l->writer, SQL_RELEASE_UNKNOWN, TEXT(receipt.release_id)));
    }
    return CSIGN_OK;
}

csign_code outcomes_settle(struct ledger *ledger, uint64_t time_ms)
{
    struct settling s = {.entry = {.write = write_unknown}, .time_ms = time_ms};
    return ledger_write(ledger, &s.entry);
}

static csign_code write_pruned(struct entry *entry, struct ledger *l)
{
    const int64_t before = ENTRY_OF(struct settling, entry)->prune_before;
    TRY(RUN(&l->writer, SQL_RECEIVED_PRUNE, INTEGER(before)));
    TRY(RUN(&l->writer, SQL_CONSUMED_PRUNE, INTEGER(before)));
    return RUN(&l->writer, SQL_RELEASE_PRUNE, INTEGER(before));
}

csign_code ledger_prune(struct ledger *ledger, int64_t now)
{
    struct settling s = {.entry = {.write = write_pruned}, .prune_before = now - REMEMBERED_S};
    return ledger_write(ledger, &s.entry);
}
