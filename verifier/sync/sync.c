#include "sync.h"
#include "entries.h"
#include "schema.h"

#include <sodium.h>
#include <stdlib.h>

#define BACKLOG_MAX     UINT64_C(1000000)      /* LOG 4.2 */
#define BACKLOG_AGE_MAX (INT64_C(72) * 3600)   /* seconds */
#define OUTBOX_MAX      (UINT64_C(4) << 30)
#define OUTBOX_MIN      (UINT64_C(1) << 20)

/* --- opening --- */

static csign_code check_options(const csign_sync_options *o, csign_fault *fault)
{
    if (!o || o->struct_size != sizeof *o)
        return fault_set(fault, CSIGN_E_ARGUMENT, "options", "missing, or of another version of the header");
    if (!o->file || !o->file[0])
        return fault_set(fault, CSIGN_E_ARGUMENT, "file", "missing");
    if (!o->offline && !o->base_url)
        return fault_set(fault, CSIGN_E_ARGUMENT, "base_url", "missing");
    if (!text_is_id(o->deployment))
        return fault_set(fault, CSIGN_E_ARGUMENT, "deployment", "not an id: 1 to 64 of A-Z a-z 0-9 . _ : -");
    if (o->backlog_age_max < 0)
        return fault_set(fault, CSIGN_E_ARGUMENT, "backlog_age_max", "negative");
    if (o->outbox_max && o->outbox_max < OUTBOX_MIN)
        return fault_set(fault, CSIGN_E_ARGUMENT, "outbox_max", "less than 1 MiB");
    return CSIGN_OK;
}

static csign_code open_parts(csign_sync *s, const csign_sync_options *o, csign_fault *fault)
{
    const struct ledger_options file = {o->file, s->deployment, o->outbox_max ? o->outbox_max : OUTBOX_MAX};
    csign_gate_options gate = {.struct_size = sizeof gate, .deployment = s->deployment, .root = o->root, .root_hash = o->root_hash,
                               .accept_test = o->accept_test, .offline = o->offline, .overlay = o->overlay};
    if (newest_open(&s->newest) != CSIGN_OK)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    TRY(ledger_open(&file, &s->ledger, fault));
    s->holding.ledger = s->ledger;
    s->holding.newest = &s->newest;
    s->holding.problems = &s->problems;
    TRY(holding_open(&s->holding, &gate, fault));
    const struct moment moment = newest_now(&s->newest);
    csign_code code = outcomes_settle(s->ledger, moment.now_ms);
    if (code == CSIGN_OK)
        code = refusals_settle(s->ledger, s->deployment, moment.now_ms);
    return code == CSIGN_OK ? code : fault_set(fault, code, "file", "cannot be written");
}

static csign_code start_threads(csign_sync *s, const csign_sync_options *o, csign_fault *fault)
{
    const struct client_options client = {o->base_url, o->accept_test != 0, o->ca_file};
    if (o->offline)
        return CSIGN_OK;
    s->follower.holding = &s->holding;
    s->follower.problems = &s->problems;
    TRY(follower_start(&s->follower, &client, fault));
    s->is_following = true;
    if (!o->app_seed)
        return CSIGN_OK;
    s->outbox.ledger = s->ledger;
    s->outbox.newest = &s->newest;
    s->outbox.problems = &s->problems;
    s->outbox.deployment = s->deployment;
    TRY(outbox_start(&s->outbox, o->app_seed, &client, fault));
    s->is_sending = true;
    return CSIGN_OK;
}

csign_code csign_sync_open(const csign_sync_options *options, csign_sync **ret_sync, csign_fault *fault)
{
    if (!ret_sync)
        return fault_set(fault, CSIGN_E_ARGUMENT, "ret_sync", "missing");
    TRY(check_options(options, fault));
    if (sodium_init() < 0)
        return fault_set(fault, CSIGN_E_UNAVAILABLE, "", "libsodium has no random numbers");
    csign_sync *s = calloc(1, sizeof *s);
    uint8_t *text = malloc(options->deployment.size);
    if (!s || !text) {
        free(s);
        free(text);
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    }
    memcpy(text, options->deployment.data, options->deployment.size);
    s->memory = text;
    s->deployment = span_of(text, options->deployment.size);
    s->offline = options->offline != 0;
    s->backlog_max = options->backlog_max ? options->backlog_max : BACKLOG_MAX;
    s->backlog_age_max = options->backlog_age_max ? options->backlog_age_max : BACKLOG_AGE_MAX;
    problems_open(&s->problems, options->log, options->log_context);
    csign_code code = open_parts(s, options, fault);
    if (code == CSIGN_OK)
        code = start_threads(s, options, fault);
    if (code != CSIGN_OK) {
        csign_sync_close(&s);
        return code;
    }
    *ret_sync = s;
    return CSIGN_OK;
}

void csign_sync_close(csign_sync **sync)
{
    if (!sync || !*sync)
        return;
    csign_sync *s = *sync;
    if (s->is_sending)
        outbox_stop(&s->outbox);
    if (s->is_following)
        follower_stop(&s->follower);
    holding_close(&s->holding);
    ledger_close(&s->ledger);
    newest_close(&s->newest);
    problems_close(&s->problems);
    free(s->memory);
    free(s);
    *sync = NULL;
}

/* --- what goes on --- */

csign_code csign_sync_wait(csign_sync *sync, int64_t timeout_ms)
{
    if (!sync || timeout_ms < 0)
        return CSIGN_E_ARGUMENT;
    return newest_wait(&sync->newest, timeout_ms) ? CSIGN_OK : CSIGN_E_UNAVAILABLE;
}

struct oldest {
    struct entry entry;
    int64_t time;
};

static csign_code read_oldest(struct entry *entry, struct ledger *l)
{
    struct oldest *o = (struct oldest *)(void *)entry;
    struct sql q = sql_begin(&l->writer, SQL_PERMIT_OLDEST, NULL, 0);
    o->time = sql_row(&q) ? sql_integer(&q, 0) / 1000 : 0;
    return sql_end(&q);
}

static int64_t oldest_permit(struct ledger *ledger)
{
    struct oldest o = {.entry = {.write = read_oldest}};
    return ledger_write(ledger, &o.entry) == CSIGN_OK ? o.time : 0;
}

void csign_sync_describe(csign_sync *sync, csign_sync_info *ret_info)
{
    struct snapshot *snapshot = newest_take(&sync->newest);
    const struct moment moment = newest_now(&sync->newest);
    const struct chain chain = ledger_chain(sync->ledger);
    csign_gate_info gate;
    csign_gate_describe(snapshot->gate, &gate);
    memset(ret_info, 0, sizeof *ret_info);
    ret_info->struct_size = sizeof *ret_info;
    ret_info->marks = gate.marks;
    ret_info->now = moment.now;
    const size_t size = gate.origin.size < sizeof ret_info->origin ? gate.origin.size : sizeof ret_info->origin - 1;
    if (size > 0)
        memcpy(ret_info->origin, gate.origin.data, size);
    ret_info->is_ready = newest_wait(&sync->newest, 0);
    ret_info->evidence_age = newest_has_evidence(&sync->newest) ? moment.now - gate.marks.evidence_time : -1;
    ret_info->is_connected = sync->is_following && atomic_load(&sync->follower.is_connected);
    ret_info->receipts_waiting = chain.next_seq - chain.acked_seq;
    ret_info->permits_waiting = chain.permits;
    ret_info->oldest_waiting = chain.permits ? oldest_permit(sync->ledger) : 0;
    problem_worst(&sync->problems, ret_info->problem);
    newest_give(&sync->newest, snapshot);
}
