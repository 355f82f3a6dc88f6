/* Opening the log: by one operation like any other, which reads what is there and refuses what is not a log of these keys. */
#include "sequencer.h"

#include <stdlib.h>

struct opening {
    struct operation operation;
    struct log *log;
    csign_fault *fault;
};

static csign_code conflict(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_CONFLICT, field, reason);
}

static bool has_its_key(const struct log_key *pair, enum note_key_type type)
{
    struct public_key public;
    signing_key_public(pair->key, &public);
    return pair->vkey.type == type && public_key_equal(&public, &pair->vkey.key);
}

static csign_code check_keys(const struct log_options *options, csign_fault *fault)
{
    bool good = has_its_key(&options->statuslog, NOTE_ED25519) && options->fresh_count <= LOG_FRESH_KEYS_MAX;
    for (size_t i = 0; good && i < options->fresh_count; i++)
        good = has_its_key(&options->fresh[i], NOTE_COSIGNATURE);
    if (!good)
        return fault_set(fault, CSIGN_E_ARGUMENT, "keys", "a verifier key is not that of its signing key");
    if (!span_equal(options->origin, options->statuslog.vkey.name))
        return fault_set(fault, CSIGN_E_ARGUMENT, "origin", "not the name of the statuslog key");
    return CSIGN_OK;
}

/* --- the operation --- */

static csign_code begin_log(struct log *log, struct session *session)
{
    uint8_t memory[CHECKPOINT_MAX];
    struct buffer note = buffer_open(memory, sizeof memory);
    const struct merkle_range empty = {0};
    const struct merkle_hash root = merkle_range_root(&empty);
    const uint64_t now_s = session_time_ms(session) / 1000;
    TRY(log_write_checkpoint(log, &note, 0, &root, now_s));
    return RUN(session, SQL_LOG_HEAD_INSERT, VALUE_TEXT(log->options.origin), VALUE_INTEGER(0),
               VALUE_BLOB(span_of(root.bytes, sizeof root.bytes)), VALUE_TEXT(buffer_span(&note)), VALUE_INTEGER(now_s),
               VALUE_INTEGER(0), VALUE_INTEGER(0));
}

/* LOG 2.5: a database that is behind what was published, or elsewhere, would make a second history. */
static csign_code check_mark(const struct log *log, struct session *session, csign_fault *fault)
{
    const struct tile_store tiles = log_tiles(session);
    const struct mark_value *mark = &log->mark.value;
    struct tile_reader reader;
    struct merkle_hash root;
    if (!log->mark.is_set)
        return CSIGN_OK;
    if (mark->size > log->state.size)
        return conflict(fault, "mark", "the log is smaller than it was: a restored backup, whose signatures would be a second history");
    tile_reader_open(&reader, log->state.size, &tiles);
    const struct merkle_source source = tile_reader_source(&reader);
    csign_code code = merkle_source_root(&source, mark->size, &root);
    if (code != CSIGN_OK)
        return fault_set(fault, code, "mark", "the log's tiles cannot be read");
    if (!merkle_hash_equal(&root, &mark->root))
        return conflict(fault, "mark", "the log has another history than it had");
    return CSIGN_OK;
}

/* Whoever had the log before is deposed: its compare-and-swap names a term that is over. */
static csign_code take_over(struct log *log, struct session *session, uint64_t term)
{
    const struct value values[] = {VALUE_INTEGER(term), VALUE_INTEGER(term + 1)};
    uint64_t changed = 0;
    TRY(query_run(session, SQL_LOG_HEAD_TERM, values, sizeof values / sizeof *values, &changed));
    log->state.term = term + 1;
    return changed == 1 ? CSIGN_OK : CSIGN_E_CONFLICT;
}

static csign_code run_opening(struct operation *operation, struct session *session)
{
    struct opening *opening = (struct opening *)operation;
    struct log *log = opening->log;
    struct log_head head;
    csign_code code = log_load(log, session, &head, opening->fault);
    if (code == CSIGN_E_NOT_FOUND) {
        TRY(begin_log(log, session));
        code = log_load(log, session, &head, opening->fault);
    }
    TRY(code);
    code = log_note_check(head.note, log->options.origin, &log->options.statuslog.vkey, head.size, &head.root, opening->fault);
    if (code != CSIGN_OK)
        return CSIGN_E_CONFLICT;
    TRY(check_mark(log, session, opening->fault));
    return take_over(log, session, head.term);
}

/* --- opening and closing --- */

static csign_code open_log(struct log *log, csign_fault *fault)
{
    struct opening opening = {.operation = {.run = run_opening}, .log = log, .fault = fault};
    const struct store_sequencer sequencer = log_sequencer(log);
    csign_fault none = {0};
    if (!fault)
        opening.fault = &none;
    TRY(check_keys(&log->options, fault));
    TRY(mark_open(log->options.mark_path, log->options.origin, false, &log->mark, fault));
    opening.fault->code = CSIGN_OK;
    csign_code code = store_perform(log->options.store, &opening.operation);
    if (code != CSIGN_OK && opening.fault->code == CSIGN_OK)
        return fault_set(fault, code, "log", "the store does not answer");
    if (code != CSIGN_OK)
        return opening.fault->code = code;
    if (!log->mark.is_set || log->mark.value.size < log->state.size)
        code = mark_move(&log->mark, &(struct mark_value){log->state.size, log->state.root});
    if (code != CSIGN_OK)
        return fault_set(fault, code, "mark", "its file cannot be written");
    store_set_sequencer(log->options.store, &sequencer);
    return CSIGN_OK;
}

csign_code log_open(const struct log_options *options, struct log **ret, csign_fault *fault)
{
    struct log *log = calloc(1, sizeof *log);
    if (!log)
        return fault_set(fault, CSIGN_E_UNAVAILABLE, "log", "no memory");
    log->options = *options;
    log->mark.file = -1;
    csign_code code = heartbeat_open(log);
    if (code == CSIGN_OK)
        code = open_log(log, fault);
    if (code == CSIGN_OK)
        *ret = log;
    else
        log_close(&log);
    return code;
}

void log_close(struct log **place)
{
    struct log *log = *place;
    if (!log)
        return;
    heartbeat_close(log);
    mark_close(&log->mark);
    log_drop_news(&log->unpublished);
    log_drop_news(&log->staged_news);
    free(log->pending);
    free(log);
    *place = NULL;
}
