/* What stands around a release: when its sign-offs came in, its record, and what became of it. */
#include "entries.h"
#include "sync.h"
#include "uuid.h"

#define ENTRY_OF(type, entry) ((type *)(void *)(entry))

/* --- receiving --- */

struct receiving {
    struct entry entry;
    span sign_off;
    int64_t now;
    struct sighting sighting;
};

static csign_code write_receiving(struct entry *entry, struct ledger *l)
{
    struct receiving *r = ENTRY_OF(struct receiving, entry);
    TRY(sighting_find(&l->writer, r->sign_off, r->now, &r->sighting));
    return r->sighting.is_new ? RUN(&l->writer, SQL_RECEIVED_ADD, HASH(r->sighting.hash), INTEGER(r->now)) : CSIGN_OK;
}

csign_code csign_receive(csign_sync *sync, csign_span sign_off, int64_t *ret_received_at)
{
    if (!sync || !sign_off.data || sign_off.size == 0 || !ret_received_at)
        return CSIGN_E_ARGUMENT;
    if (sign_off.size > CSIGN_SIGN_OFF_MAX)
        return CSIGN_E_TOO_LARGE;
    struct receiving r = {.entry = {.write = write_receiving}, .sign_off = sign_off, .now = newest_now(&sync->newest).now};
    TRY(ledger_write(sync->ledger, &r.entry));
    *ret_received_at = r.sighting.at;
    return CSIGN_OK;
}

/* --- the outcome --- */

struct reporting {
    struct entry entry;
    span release_id;
    uint8_t outcome;
    struct moment moment;
    bool is_late;
};

static csign_code write_outcome(struct entry *entry, struct ledger *l)
{
    struct reporting *r = ENTRY_OF(struct reporting, entry);
    struct sql q = SQL(&l->writer, SQL_RELEASE_FIND, TEXT(r->release_id));
    const bool found = sql_row(&q);
    const int64_t not_after = sql_integer(&q, 2), known = sql_integer(&q, 3);
    TRY(sql_end(&q));
    if (!found)
        return CSIGN_E_NOT_FOUND;
    r->is_late = r->outcome == OUTCOME_RELEASED && r->moment.now > not_after;
    if (known == r->outcome)
        return CSIGN_OK; /* said again */
    if (known != 0 && known != OUTCOME_UNKNOWN)
        return CSIGN_E_CONFLICT;
    struct receipt receipt = {.time_ms = r->moment.now_ms, .event = RECEIPT_OUTCOME, .release_id = r->release_id,
                              .outcome = r->outcome, .present = RECEIPT_BIT(RECEIPT_OUTCOME_MEMBER)};
    TRY(chain_add(l, &receipt));
    return RUN(&l->writer, SQL_RELEASE_OUTCOME, TEXT(r->release_id), INTEGER(r->outcome));
}

csign_code csign_outcome(csign_sync *sync, csign_span release_id, int is_released)
{
    if (!sync || !release_id.data)
        return CSIGN_E_ARGUMENT;
    if (!text_is_uuid7(release_id))
        return CSIGN_E_NOT_FOUND;
    struct reporting r = {.entry = {.write = write_outcome}, .release_id = release_id, .moment = newest_now(&sync->newest),
                          .outcome = is_released ? OUTCOME_RELEASED : OUTCOME_FAILED};
    TRY(ledger_write(sync->ledger, &r.entry));
    return r.is_late ? CSIGN_E_PERMIT_EXPIRED : CSIGN_OK;
}

/* --- the record --- */

struct fetching {
    struct entry entry;
    span release_id;
    struct buffer out;
    uint8_t salt[RELEASE_SALT_SIZE];
};

static csign_code read_record(struct entry *entry, struct ledger *l)
{
    struct fetching *f = ENTRY_OF(struct fetching, entry);
    struct sql q = SQL(&l->writer, SQL_RELEASE_FIND, TEXT(f->release_id));
    const bool found = sql_row(&q);
    const span record = sql_bytes(&q, 4), salt = sql_bytes(&q, 5);
    const bool is_kept = found && record.data && salt.size == sizeof f->salt;
    if (is_kept) {
        buffer_put(&f->out, record);
        memcpy(f->salt, salt.data, sizeof f->salt);
    }
    TRY(sql_end(&q));
    return is_kept ? buffer_code(&f->out) : CSIGN_E_NOT_FOUND;
}

csign_code csign_release_record(csign_sync *sync, csign_span release_id, char *memory, size_t size, size_t *ret_size,
                                uint8_t ret_salt[32])
{
    if (!sync || !release_id.data || !memory || !ret_size || !ret_salt)
        return CSIGN_E_ARGUMENT;
    struct fetching f = {.entry = {.write = read_record}, .release_id = release_id, .out = buffer_open(memory, size)};
    TRY(ledger_write(sync->ledger, &f.entry));
    *ret_size = f.out.size;
    memcpy(ret_salt, f.salt, sizeof f.salt);
    return CSIGN_OK;
}
