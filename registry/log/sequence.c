/*
 * The sequencer: how leaves that operations appended become commits of the log (LOG 2.5). Stage, sign, compare-and-swap, commit,
 * move the mark, publish; what fails before the commit leaves the state as it was, and it is read again from its rows.
 */
#include "sequencer.h"
#include "fresh.h"

#include <stdlib.h>

#define PENDING_KEPT 8192u /* leaves whose memory is kept for the next transaction */

/* --- news --- */

static void news_open(struct news_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

void log_drop_news(struct news_list *list)
{
    while (list->first) {
        struct news *next = list->first->next;
        free(list->first);
        list->first = next;
    }
    news_open(list);
}

static struct news *add_news(struct news_list *list, enum log_news_kind kind, uint64_t size, size_t capacity)
{
    struct news *news = malloc(sizeof *news + capacity);
    if (news) {
        *news = (struct news){.kind = kind, .size = size};
        *list->last = news;
        list->last = &news->next;
    }
    return news;
}

/* --- reading the state --- */

static csign_code inconsistent(csign_fault *fault, const char *reason)
{
    return fault_set(fault, CSIGN_E_CONFLICT, "log", reason);
}

csign_code log_load(struct log *log, struct session *session, struct log_head *ret_head, csign_fault *fault)
{
    const struct tile_store tiles = log_tiles(session);
    struct log_state *state = &log->state;
    struct log_head own, *head = ret_head ? ret_head : &own;
    csign_code code = log_head_read(session, head);
    if (code != CSIGN_OK)
        return code;
    if (!span_equal(head->origin, log->options.origin))
        return inconsistent(fault, "it is of another origin");
    code = tile_writer_open(&state->edge, head->size, &tiles);
    if (code == CSIGN_E_TILE_MALFORMED || code == CSIGN_E_ARGUMENT)
        return inconsistent(fault, "its tiles are damaged");
    TRY(code);
    state->root = tile_writer_root(&state->edge);
    if (!merkle_hash_equal(&state->root, &head->root))
        return inconsistent(fault, "its tiles do not lead to its root");
    state->size = head->size;
    state->next_index = head->next_index;
    state->fresh_s = head->fresh_s;
    return CSIGN_OK;
}

/* --- signing --- */

void log_cosign(const struct log *log, struct buffer *note, span text, uint64_t time_s)
{
    for (size_t i = 0; i < log->options.fresh_count; i++)
        note_cosign(note, text, &log->options.fresh[i].vkey, log->options.fresh[i].key, time_s);
}

csign_code log_write_checkpoint(const struct log *log, struct buffer *note, uint64_t size, const struct merkle_hash *root,
                                uint64_t time_s)
{
    const struct checkpoint checkpoint = {.origin = log->options.origin, .size = size, .root = *root};
    checkpoint_write(note, &checkpoint);
    span text = buffer_span(note);
    buffer_byte(note, '\n');
    note_sign(note, text, &log->options.statuslog.vkey, log->options.statuslog.key);
    log_cosign(log, note, text, time_s);
    return buffer_code(note);
}

/* PROTOCOL 3: time only rises, and stands while an accepted deed that is due has not taken effect. */
uint64_t log_evidence_time(struct log *log)
{
    if (log->has_time)
        return log->time_s;
    uint64_t now_ms = session_time_ms(log->session);
    bool rises = now_ms / 1000 > log->state.fresh_s && !(log->overdue && log->overdue(log->overdue_context, log->session, now_ms));
    log->time_s = rises ? now_ms / 1000 : log->state.fresh_s;
    log->has_time = true;
    return log->time_s;
}

/* --- before the commit --- */

/* One commit: entries, tiles, checkpoint and event object of `count` pending leaves. */
static csign_code stage_commit(struct log *log, const uint8_t *leaves, size_t count, struct buffer *note)
{
    const struct tile_store tiles = log_tiles(log->session);
    struct log_state *staged = &log->staged;
    const uint64_t first = staged->size;
    for (size_t i = 0; i < count; i++) {
        span leaf = span_of(leaves + i * LEAF_SIZE, LEAF_SIZE);
        struct merkle_hash hash = merkle_leaf(leaf);
        TRY(RUN(log->session, SQL_LOG_ENTRY_INSERT, VALUE_INTEGER(first + i), VALUE_BLOB(leaf)));
        TRY(tile_writer_append(&staged->edge, &hash, &tiles));
    }
    TRY(tile_writer_flush(&staged->edge, &tiles));
    staged->size = first + count;
    staged->root = tile_writer_root(&staged->edge);
    TRY(log_write_checkpoint(log, note, staged->size, &staged->root, staged->fresh_s));
    TRY(RUN(log->session, SQL_LOG_COMMIT_INSERT, VALUE_INTEGER(staged->size), VALUE_INTEGER(first), VALUE_TEXT(buffer_span(note))));

    const size_t capacity = EVENT_BYTES(count, note->size);
    struct news *news = add_news(&log->staged_news, LOG_COMMIT, staged->size, capacity);
    if (!news)
        return CSIGN_E_UNAVAILABLE;
    struct buffer event = buffer_open(news->bytes, capacity);
    event_write(&event, first, count, leaves, buffer_span(note));
    news->length = event.size;
    return buffer_code(&event);
}

static csign_code changed_one(csign_code code, uint64_t changed)
{
    return code == CSIGN_OK && changed != 1 ? CSIGN_E_CONFLICT : code; /* another sequencer was here */
}

static csign_code stage_commits(struct log *log)
{
    uint8_t memory[CHECKPOINT_MAX];
    struct log_state *staged = &log->staged;
    struct buffer note = {0};
    uint64_t changed = 0;
    for (size_t done = 0; done < log->pending_count;) {
        size_t left = log->pending_count - done, count = left < EVENT_LEAVES_MAX ? left : EVENT_LEAVES_MAX;
        note = buffer_open(memory, sizeof memory);
        TRY(stage_commit(log, log->pending + done * LEAF_SIZE, count, &note));
        done += count;
    }
    staged->next_index += log->pending_bindings;
    const struct value values[] = {
        VALUE_INTEGER(log->state.size),  VALUE_INTEGER(staged->term),
        VALUE_INTEGER(staged->size),     VALUE_BLOB(span_of(staged->root.bytes, sizeof staged->root.bytes)),
        VALUE_TEXT(buffer_span(&note)),  VALUE_INTEGER(staged->fresh_s),
        VALUE_INTEGER(staged->next_index),
    };
    csign_code code = query_run(log->session, SQL_LOG_HEAD_COMMIT, values, sizeof values / sizeof *values, &changed);
    return changed_one(code, changed);
}

/* The heartbeat: the same tree under a newer time. */
static csign_code stage_renewal(struct log *log)
{
    uint8_t memory[CHECKPOINT_MAX];
    struct log_state *staged = &log->staged;
    struct buffer note = buffer_open(memory, sizeof memory);
    uint64_t changed = 0;
    TRY(log_write_checkpoint(log, &note, staged->size, &staged->root, staged->fresh_s));
    const struct value values[] = {VALUE_INTEGER(staged->size), VALUE_INTEGER(staged->term), VALUE_TEXT(buffer_span(&note)),
                                   VALUE_INTEGER(staged->fresh_s)};
    csign_code code = query_run(log->session, SQL_LOG_HEAD_FRESH, values, sizeof values / sizeof *values, &changed);
    TRY(changed_one(code, changed));
    struct news *news = add_news(&log->staged_news, LOG_HEARTBEAT, staged->size, note.size);
    if (!news)
        return CSIGN_E_UNAVAILABLE;
    memcpy(news->bytes, note.data, note.size);
    news->length = note.size;
    return CSIGN_OK;
}

static csign_code seal(void *context, struct session *session)
{
    struct log *log = context;
    (void)session; /* the one that `before` was given */
    bool rises = (log->pending_count > 0 || log->is_renewed) && log_evidence_time(log) > log->state.fresh_s;
    if (log->pending_count == 0 && !rises)
        return CSIGN_OK;
    log->is_staged = true;
    log->staged = log->state;
    log->staged.fresh_s = log->time_s;
    return log->pending_count > 0 ? stage_commits(log) : stage_renewal(log);
}

/* --- after the commit --- */

/* Moves the mark, then tells. False if the mark cannot be moved: then nothing is told, and nothing more is written. */
static bool publish(struct log *log)
{
    const struct mark_value reached = {log->state.size, log->state.root};
    if ((!log->mark.is_set || log->mark.value.size < reached.size) && mark_move(&log->mark, &reached) != CSIGN_OK)
        return false;
    for (const struct news *news = log->unpublished.first; news && log->options.wake; news = news->next) {
        const struct log_news told = {news->kind, news->size, span_of(news->bytes, news->length)};
        log->options.wake(log->options.context, &told);
    }
    log_drop_news(&log->unpublished);
    return true;
}

static void answer(const struct log *log, struct log_fresh *asked)
{
    struct fresh fresh = {.origin = log->options.origin, .size = log->state.size, .root = log->state.root};
    struct buffer note = buffer_open(asked->note, sizeof asked->note);
    memcpy(fresh.nonce, asked->nonce, sizeof fresh.nonce);
    fresh_write(&note, &fresh);
    span text = buffer_span(&note);
    buffer_byte(&note, '\n');
    log_cosign(log, &note, text, log->state.fresh_s);
    asked->note_size = note.overflow ? 0 : note.size;
}

static void forget_transaction(struct log *log)
{
    if (log->pending_capacity > PENDING_KEPT) {
        free(log->pending);
        log->pending = NULL;
        log->pending_capacity = 0;
    }
    log->session = NULL;
    log->pending_count = 0;
    log->pending_bindings = 0;
    log->is_renewed = false;
    log->asked = NULL;
    log->has_time = false;
    log->is_staged = false;
}

static void after(void *context, bool committed)
{
    struct log *log = context;
    bool published = false;
    if (committed && log->is_staged) {
        log->state = log->staged;
        log->unpublished = log->staged_news;
        news_open(&log->staged_news);
        published = publish(log);
    } else if (committed) {
        published = true;
    } else {
        log_drop_news(&log->staged_news);
        log->is_stale = true;
    }
    for (struct log_fresh *asked = log->asked; asked && published; asked = asked->next)
        answer(log, asked);
    forget_transaction(log);
}

/* --- the beginning, and operations that fail --- */

static csign_code before(void *context, struct session *session)
{
    struct log *log = context;
    log->session = session;
    if (log->unpublished.first && !publish(log))
        return CSIGN_E_UNAVAILABLE;
    if (!log->is_stale)
        return CSIGN_OK;
    struct log_head head;
    TRY(log_load(log, session, &head, NULL));
    if (head.term != log->state.term)
        return CSIGN_E_CONFLICT; /* deposed: this sequencer dates and writes nothing more */
    log->is_stale = false;
    return CSIGN_OK;
}

static uint64_t mark_place(void *context)
{
    const struct log *log = context;
    return log->pending_count;
}

static void roll_back(void *context, uint64_t mark)
{
    struct log *log = context;
    while (log->pending_count > mark)
        if (log->pending[--log->pending_count * LEAF_SIZE] == LEAF_BINDING)
            log->pending_bindings--;
}

struct store_sequencer log_sequencer(struct log *log)
{
    news_open(&log->unpublished);
    news_open(&log->staged_news);
    return (struct store_sequencer){before, mark_place, roll_back, seal, after, log};
}
