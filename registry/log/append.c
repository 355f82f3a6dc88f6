/* Appending: leaves of operations wait in memory until their transaction is sealed. */
#include "order.h"
#include "sequencer.h"

#include <stdlib.h>

/* What only rises is a row of the operation's own transaction: with the operation it is rolled back, and no restart forgets it. */
static csign_code raise_row(void *context, const struct leaf_limit *limit, uint64_t step)
{
    const struct value values[] = {VALUE_TEXT(span_text(limit->type)), VALUE_BLOB(span_of(limit->id, limit->id_size)),
                                   VALUE_INTEGER(limit->value), VALUE_INTEGER(step)};
    uint64_t changed = 0;
    TRY(query_run(context, SQL_LOG_LIMIT_RAISE, values, sizeof values / sizeof *values, &changed));
    return changed == 1 ? CSIGN_OK : CSIGN_E_LEAF_MALFORMED;
}

static csign_code keep(struct log *log, const uint8_t bytes[LEAF_SIZE])
{
    if (log->pending_count == log->pending_capacity) {
        size_t capacity = log->pending_capacity ? log->pending_capacity * 2 : 256;
        uint8_t *pending = realloc(log->pending, capacity * LEAF_SIZE);
        if (!pending)
            return CSIGN_E_NO_SPACE;
        log->pending = pending;
        log->pending_capacity = capacity;
    }
    memcpy(log->pending + log->pending_count++ * LEAF_SIZE, bytes, LEAF_SIZE);
    return CSIGN_OK;
}

static uint64_t next_index(const struct log *log)
{
    return log->state.next_index + log->pending_bindings;
}

csign_code log_append(struct log *log, const struct leaf *leaf)
{
    uint8_t bytes[LEAF_SIZE];
    struct buffer out = buffer_open(bytes, sizeof bytes);
    struct leaf read;
    const struct leaf_order order = {.size = log_size(log), .bindings = next_index(log), .raise = raise_row, .context = log->session};
    if (!log->session)
        return CSIGN_E_ARGUMENT;
    leaf_write(&out, leaf);
    TRY(leaf_read(buffer_span(&out), &read, NULL)); /* as a gate will: what it cannot write, it cannot read */
    TRY(leaf_order_check(&order, &read, NULL));
    TRY(keep(log, bytes));
    log->pending_bindings += read.type == LEAF_BINDING;
    return CSIGN_OK;
}

csign_code log_append_binding(struct log *log, const uint8_t commit[32], uint64_t *ret_index)
{
    const uint64_t index = next_index(log);
    struct leaf leaf = {.type = LEAF_BINDING, .binding = {.index = index}};
    memcpy(leaf.binding.commit, commit, sizeof leaf.binding.commit);
    TRY(log_append(log, &leaf));
    *ret_index = index;
    return CSIGN_OK;
}

uint64_t log_size(const struct log *log)
{
    return log->state.size + log->pending_count;
}
