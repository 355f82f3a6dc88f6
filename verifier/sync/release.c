/* csign_release(): decide, consume, record, and only then answer (PROTOCOL 6). */
#include "entries.h"
#include "hash.h"
#include "sync.h"

#include <sodium.h>
#include <stdlib.h>

/* --- desks --- */

csign_code csign_desk_open(csign_sync *sync, size_t credentials, csign_desk **ret_desk)
{
    if (!sync || !ret_desk || credentials == 0)
        return CSIGN_E_ARGUMENT;
    csign_desk *desk = calloc(1, sizeof *desk);
    if (!desk)
        return CSIGN_E_NO_SPACE;
    const size_t size = csign_cache_size(credentials);
    desk->sync = sync;
    desk->cache_memory = malloc(size);
    csign_code code = desk->cache_memory ? csign_cache_init(desk->cache_memory, size, &desk->cache) : CSIGN_E_NO_SPACE;
    if (code == CSIGN_OK)
        code = ledger_reader(sync->ledger, &desk->reader);
    if (code != CSIGN_OK) {
        csign_desk_close(&desk);
        return code;
    }
    *ret_desk = desk;
    return CSIGN_OK;
}

void csign_desk_close(csign_desk **desk)
{
    if (!desk || !*desk)
        return;
    csign_desk *d = *desk;
    newest_give(&d->sync->newest, d->snapshot);
    connection_close(&d->reader);
    free(d->cache_memory);
    free(d);
    *desk = NULL;
}

/* --- a release --- */

/* One call of csign_release(). */
struct asking {
    csign_desk *desk;
    struct moment moment;
    int64_t at; /* what decisions take as now */
    csign_decision *decision;
    struct sighting sightings[CSIGN_SLOTS_MAX];
    size_t sighting_count;
};

static bool is_permit(csign_verdict verdict)
{
    return verdict == CSIGN_ALLOW || verdict == CSIGN_BREAK_GLASS;
}

/* Turns a decision into a refusal of this library's own. */
static csign_verdict refuse(csign_decision *d, csign_verdict verdict, csign_code code, const char *field, const char *reason)
{
    d->verdict = verdict;
    d->code = code;
    d->field = field;
    d->reason = reason;
    d->not_after = 0;
    return verdict;
}

/* The release as it was asked, with the times at which we first saw its sign-offs. */
static csign_code take_release(struct asking *a, const struct csign_release *release)
{
    struct csign_release *own = &a->desk->release;
    *own = *release;
    if (own->sign_off_count > CSIGN_SLOTS_MAX) /* the decision says so */
        return CSIGN_OK;
    for (size_t i = 0; i < own->sign_off_count; i++) {
        struct sighting *s = &a->sightings[i];
        if (own->slots[i].sign_off.size == 0 || own->slots[i].sign_off.size > CSIGN_SIGN_OFF_MAX) {
            own->slots[i].received_at = a->at;
            continue; /* not one */
        }
        TRY(sighting_find(&a->desk->reader, own->slots[i].sign_off, a->at, s));
        own->slots[i].received_at = s->at;
        a->sighting_count = i + 1;
    }
    return CSIGN_OK;
}

/* A clock that stands behind the evidence makes times that nobody may rely on: nothing is recorded as of it. */
static void drop_sightings(struct asking *a)
{
    if (a->moment.is_behind)
        a->sighting_count = 0;
}

static csign_verdict verdict_of_write(struct asking *a, csign_code code)
{
    csign_decision *d = a->decision;
    switch (code) {
    case CSIGN_E_REPLAY:
        return refuse(d, CSIGN_REFUSE, code, "release_id", "used with another input, or a sign-off was consumed by another release");
    case CSIGN_E_REJECTED:
        return refuse(d, CSIGN_REFUSE, code, "request_id", "this request was rejected before");
    case CSIGN_E_AUDIT_BACKLOG:
        return refuse(d, CSIGN_REFUSE, code, "outbox", "more permits, or older ones, wait to be sent than may");
    case CSIGN_E_OUTBOX_FULL:
        return refuse(d, CSIGN_REFUSE, code, "file", "at its limit, or the disk is full");
    default:
        return refuse(d, CSIGN_CANNOT_DECIDE, code == CSIGN_E_TOO_LARGE ? code : CSIGN_E_UNAVAILABLE, "file",
                      "the answer could not be made durable");
    }
}

static csign_verdict record_refusal(struct asking *a)
{
    csign_sync *s = a->desk->sync;
    const csign_decision *d = a->decision;
    struct refusal refusal = {.request_id = a->desk->release.request_id, .sightings = a->sightings, .sighting_count = a->sighting_count};
    if (!d->release_id.data) /* what has no id has no receipt */
        return d->verdict;
    told_describe(&refusal.told, &a->desk->release, d, s->deployment, a->moment.now_ms);
    told_refuse(&refusal.told, d->code, 1);
    csign_code code = refusal_write(s->ledger, &refusal);
    if (code == CSIGN_OK)
        return d->verdict;
    problem_set(&s->problems, PROBLEM_FILE, "record a refusal", code, NULL);
    /* That it is final may be said only once that is on disk. */
    return d->code == CSIGN_E_REJECTED ? verdict_of_write(a, code) : d->verdict;
}

/* Consumes and records; the answer is a permit only once that is on disk, and while it is still good. */
static csign_verdict permit(struct asking *a)
{
    csign_sync *s = a->desk->sync;
    csign_decision *d = a->decision;
    struct permit p = {.decision = d, .request_id = a->desk->release.request_id, .sightings = a->sightings, .sighting_count = a->sighting_count,
                       .backlog_max = s->backlog_max, .backlog_age_max = s->backlog_age_max};
    struct buffer record = buffer_open(p.record, sizeof p.record);
    uint8_t commit[CSIGN_HASH_SIZE];
    told_describe(&p.told, &a->desk->release, d, s->deployment, a->moment.now_ms);
    csign_code code = record_write(&record, &p.told, d);
    p.record_size = record.size;
    randombytes_buf(p.salt, sizeof p.salt);
    release_commit(p.salt, buffer_span(&record), commit);
    told_permit(&p.told, &a->desk->release, d, commit);
    release_input(&a->desk->release, d, p.input);
    if (code == CSIGN_OK)
        code = permit_write(s->ledger, &p);
    if (code != CSIGN_OK) {
        verdict_of_write(a, code);
        return record_refusal(a);
    }
    problem_over(&s->problems, PROBLEM_FILE);
    if (newest_now(&s->newest).now > d->not_after) {
        refuse(d, CSIGN_REFUSE, CSIGN_E_PERMIT_EXPIRED, "not_after", "passed before the permit was on disk");
        return record_refusal(a);
    }
    return d->verdict;
}

static csign_verdict decide(struct asking *a, const struct csign_release *release)
{
    csign_desk *desk = a->desk;
    a->moment = newest_now(&desk->sync->newest);
    a->at = a->moment.is_behind ? a->moment.wall : a->moment.now;
    const csign_code taken = take_release(a, release);
    csign_verdict verdict = csign_decide(desk->snapshot->gate, desk->cache, &desk->release, a->at, a->decision);
    drop_sightings(a);
    if (taken != CSIGN_OK)
        return refuse(a->decision, CSIGN_CANNOT_DECIDE, CSIGN_E_UNAVAILABLE, "file", "it cannot be read when sign-offs were seen");
    if (a->moment.is_behind && is_permit(verdict))
        return refuse(a->decision, CSIGN_REFUSE, CSIGN_E_CLOCK, "now", "more than 5 s behind the newest evidence");
    return verdict;
}

csign_verdict csign_release(csign_desk *desk, const struct csign_release *release, csign_decision *ret_decision)
{
    if (!ret_decision)
        return CSIGN_CANNOT_DECIDE;
    memset(ret_decision, 0, sizeof *ret_decision);
    ret_decision->struct_size = sizeof *ret_decision;
    if (!desk || !release || release->struct_size != sizeof *release)
        return refuse(ret_decision, CSIGN_CANNOT_DECIDE, CSIGN_E_ARGUMENT, "release", "missing, or of another version of the header");
    struct asking a = {.desk = desk, .decision = ret_decision};
    newest_give(&desk->sync->newest, desk->snapshot);
    desk->snapshot = newest_take(&desk->sync->newest);
    return is_permit(decide(&a, release)) ? permit(&a) : record_refusal(&a);
}
