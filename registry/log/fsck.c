/*
 * Checks a log against itself: entry by entry, in one pass, making again all that was ever made of them. Memory does not grow with
 * the log, only with what it ever cut or named as policy.
 */
#include "limits.h"
#include "log.h"
#include "mark.h"
#include "rows.h"

#include <stdlib.h>

#define PROGRESS_EVERY 4096u

struct check {
    const struct log_check *asked;
    struct session *session;
    csign_fault *fault;
    struct log_head head;
    struct mark mark;
    struct tile_writer writer; /* gives each tile once: when it is full, or at the end */
    uint64_t tiles;            /* given */
    struct merkle_range range;
    uint64_t bindings;
    struct limits limits;
    struct query commits; /* the next one: */
    bool has_commit;
    uint64_t commit_size, commit_first, commit_end; /* its size and first; the size of the one before */
};

static csign_code wrong(const struct check *c, csign_code code, const char *field, const char *reason)
{
    return fault_at(c->fault, code, field, reason, (size_t)c->range.size);
}

/* What was found with a fault of its own stays; what the database did not give gets one. */
static csign_code unreadable(const struct check *c, csign_code code)
{
    return code == CSIGN_OK ? CSIGN_OK : wrong(c, code, "database", "it cannot be read");
}

/* --- tiles: compared when the writer gives them --- */

static csign_code compare_tile(void *context, unsigned level, uint64_t index, uint32_t width, const uint8_t *hashes)
{
    struct check *c = context;
    struct query q = QUERY(c->session, SQL_LOG_TILE, VALUE_INTEGER(level), VALUE_INTEGER(index));
    bool same = query_row(&q) && query_integer(&q, 0) == (int64_t)width &&
                span_equal(query_blob(&q, 1), span_of(hashes, (size_t)width * CSIGN_HASH_SIZE));
    TRY(unreadable(c, query_close(&q)));
    c->tiles++;
    return same ? CSIGN_OK : wrong(c, CSIGN_E_TILE_MALFORMED, "tile", "a tile is not that of its entries");
}

static csign_code check_tiles_end(struct check *c)
{
    const struct tile_store store = {.put = compare_tile, .context = c};
    TRY(tile_writer_flush(&c->writer, &store));
    struct query q = query_open(c->session, SQL_LOG_TILE_COUNT, NULL, 0);
    bool same = query_row(&q) && (uint64_t)query_integer(&q, 0) == c->tiles;
    TRY(unreadable(c, query_close(&q)));
    return same ? CSIGN_OK : wrong(c, CSIGN_E_TILE_MALFORMED, "tile", "there are tiles of no entries");
}

/* --- commits --- */

static csign_code next_commit(struct check *c)
{
    c->commit_end = c->commit_size;
    c->has_commit = query_row(&c->commits);
    c->commit_size = (uint64_t)query_integer(&c->commits, 0);
    c->commit_first = (uint64_t)query_integer(&c->commits, 1);
    if (!c->has_commit)
        return unreadable(c, c->commits.code);
    if (c->commit_first != c->commit_end || c->commit_size <= c->commit_first || c->commit_size - c->commit_first > EVENT_LEAVES_MAX)
        return wrong(c, CSIGN_E_CHECKPOINT_MALFORMED, "commit", "it does not follow the one before, or is too large");
    return CSIGN_OK;
}

static csign_code check_commit(struct check *c)
{
    const struct merkle_hash root = merkle_range_root(&c->range);
    csign_code code = log_note_check(query_text(&c->commits, 2), c->asked->origin, &c->asked->statuslog, c->range.size, &root, c->fault);
    if (c->fault)
        c->fault->offset = (size_t)c->range.size;
    return code == CSIGN_OK ? next_commit(c) : code;
}

/* --- entries --- */

static csign_code check_mark_root(const struct check *c)
{
    const struct merkle_hash root = merkle_range_root(&c->range);
    if (!c->mark.is_set || c->mark.value.size != c->range.size || merkle_hash_equal(&root, &c->mark.value.root))
        return CSIGN_OK;
    return wrong(c, CSIGN_E_CONFLICT, "mark", "the log had another history");
}

static csign_code check_entry(struct check *c, uint64_t position, span bytes)
{
    const struct tile_store store = {.put = compare_tile, .context = c};
    const struct leaf_order order = {.size = c->range.size, .bindings = c->bindings, .raise = limits_raise, .context = &c->limits};
    const struct merkle_hash hash = merkle_leaf(bytes);
    struct leaf leaf;
    if (position != c->range.size)
        return wrong(c, CSIGN_E_LEAF_MALFORMED, "entry", "an entry is missing");
    csign_code code = leaf_read(bytes, &leaf, c->fault);
    if (code == CSIGN_OK)
        code = leaf_order_check(&order, &leaf, c->fault);
    if (c->fault)
        c->fault->offset = (size_t)position;
    TRY(code);
    c->bindings += leaf.type == LEAF_BINDING;
    if (!merkle_range_append(&c->range, &hash))
        return wrong(c, CSIGN_E_TOO_LARGE, "entry", "the log is full");
    TRY(tile_writer_append(&c->writer, &hash, &store));
    TRY(check_mark_root(c));
    return c->has_commit && c->commit_size == c->range.size ? check_commit(c) : CSIGN_OK;
}

static csign_code check_entries(struct check *c)
{
    csign_code code = CSIGN_OK;
    struct query q = query_open(c->session, SQL_LOG_ENTRY_ALL, NULL, 0);
    while (code == CSIGN_OK && query_row(&q)) {
        code = check_entry(c, (uint64_t)query_integer(&q, 0), query_blob(&q, 1));
        if (c->asked->progress && c->range.size % PROGRESS_EVERY == 0)
            c->asked->progress(c->asked->context, c->range.size, c->head.size);
    }
    csign_code closed = query_close(&q);
    return code != CSIGN_OK ? code : unreadable(c, closed);
}

/* --- what they must have led to --- */

static bool is_limit(const struct query *q, const struct leaf_limit *limit)
{
    return span_equal(query_text(q, 0), span_text(limit->type)) && span_equal(query_blob(q, 1), span_of(limit->id, limit->id_size)) &&
           (uint64_t)query_integer(q, 2) == limit->value;
}

static csign_code check_limits(struct check *c)
{
    size_t place = 0;
    bool same = true;
    struct query q = query_open(c->session, SQL_LOG_LIMIT_ALL, NULL, 0);
    for (; same && query_row(&q); place++)
        same = place < c->limits.count && is_limit(&q, &c->limits.items[place]);
    TRY(unreadable(c, query_close(&q)));
    same = same && place == c->limits.count;
    return same ? CSIGN_OK : wrong(c, CSIGN_E_LEAF_MALFORMED, "limit", "what was cut or named is not what the entries say");
}

static csign_code check_head(struct check *c)
{
    const struct merkle_hash root = merkle_range_root(&c->range);
    if (c->head.size != c->range.size || !merkle_hash_equal(&c->head.root, &root) || c->head.next_index != c->bindings)
        return wrong(c, CSIGN_E_CHECKPOINT_MALFORMED, "head", "it is not that of the entries");
    if (c->has_commit || c->commit_end != c->range.size)
        return wrong(c, CSIGN_E_CHECKPOINT_MALFORMED, "commit", "the last one does not end where the entries end");
    return log_note_check(c->head.note, c->asked->origin, &c->asked->statuslog, c->head.size, &root, c->fault);
}

static csign_code check_all(struct check *c)
{
    /* The mark first: beside a registry that runs, what is read later is newer. */
    TRY(mark_open(c->asked->mark_path, c->asked->origin, true, &c->mark, c->fault));
    csign_code code = log_head_read(c->session, &c->head);
    if (code != CSIGN_OK)
        return wrong(c, code, "head", code == CSIGN_E_NOT_FOUND ? "there is no log" : "it cannot be read");
    if (!span_equal(c->head.origin, c->asked->origin))
        return wrong(c, CSIGN_E_CONFLICT, "origin", "the log is of another origin");
    c->commits = query_open(c->session, SQL_LOG_COMMIT_ALL, NULL, 0);
    TRY(next_commit(c));
    TRY(check_mark_root(c));
    TRY(check_entries(c));
    TRY(check_tiles_end(c));
    TRY(check_limits(c));
    TRY(check_head(c));
    if (c->mark.is_set && c->mark.value.size > c->range.size)
        return wrong(c, CSIGN_E_CONFLICT, "mark", "the log is smaller than it was: a restored backup");
    return CSIGN_OK;
}

csign_code log_fsck(struct session *session, const struct log_check *asked, uint64_t *ret_size, csign_fault *fault)
{
    struct check *c = calloc(1, sizeof *c);
    if (!c)
        return fault_set(fault, CSIGN_E_UNAVAILABLE, "", "no memory");
    c->asked = asked;
    c->session = session;
    c->fault = fault;
    c->mark.file = -1;
    csign_code code = check_all(c);
    if (c->commits.statement)
        (void)query_close(&c->commits);
    if (code == CSIGN_OK)
        *ret_size = c->range.size;
    mark_close(&c->mark);
    limits_free(&c->limits);
    free(c);
    return code;
}
