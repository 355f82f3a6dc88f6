#include "sync.h"
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
                               .accept_test = o->accept_test, .offline = o->offline};
    if (state_open(&s->state) != CSIGN_OK)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    TRY(ledger_open(&file, &s->ledger, fault));
    s->holding.ledger = s->ledger;
    s->holding.state = &s->state;
    s->holding.problems = &s->problems;
    return holding_open(&s->holding, &gate, fault);
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
    if (s->is_following)
        follower_stop(&s->follower);
    holding_close(&s->holding);
    ledger_close(&s->ledger);
    state_close(&s->state);
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
    return state_wait(&sync->state, timeout_ms) ? CSIGN_OK : CSIGN_E_UNAVAILABLE;
}

void csign_sync_describe(csign_sync *sync, csign_sync_info *ret_info)
{
    struct snapshot *snapshot = state_take(&sync->state);
    const struct moment moment = state_now(&sync->state);
    const struct chain chain = ledger_chain(sync->ledger);
    csign_gate_info gate;
    csign_gate_describe(snapshot->gate, &gate);
    memset(ret_info, 0, sizeof *ret_info);
    ret_info->struct_size = sizeof *ret_info;
    ret_info->marks = gate.marks;
    ret_info->now = moment.now;
    ret_info->evidence_age = state_has_evidence(&sync->state) ? moment.now - gate.marks.evidence_time : -1;
    ret_info->is_connected = sync->is_following && atomic_load(&sync->follower.is_connected);
    ret_info->receipts_waiting = chain.next_seq - chain.acked_seq;
    ret_info->permits_waiting = chain.permits;
    problem_worst(&sync->problems, ret_info->problem);
    state_give(&sync->state, snapshot);
}
