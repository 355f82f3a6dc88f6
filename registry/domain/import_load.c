/* Loads: rows on their way from the thread that reads them to the writer, which does some in each operation. */
#include "import_batch.h"
#include "rows.h"
#include "schema.h"

#define SOME_ROWS 500u /* done in any case: an order waits for so many */

bool load_is_full(const struct batch *b, const struct load *load)
{
    return load->count == b->commit_rows || load->arena.capacity - load->arena.size < LOAD_ROW_MAX;
}

void load_clear(struct load *load)
{
    load->count = load->next = 0;
    load->arena = buffer_open(load->arena.data, load->arena.capacity);
}

csign_code load_read(struct load *load, struct batch_row *row, csign_fault *fault)
{
    struct import_members *members = schema_scratch_in(&load->arena, 1, sizeof *members);
    if (!members)
        return CSIGN_E_NO_SPACE;
    TRY(import_members_read(row->text, &load->arena, members, fault));
    row->members = members;
    return CSIGN_OK;
}

/* --- on the writer's thread --- */

struct acting batch_acting(struct batch *b, struct session *session, struct buffer *scratch)
{
    b->fault = (csign_fault){CSIGN_OK, "", "", 0};
    return (struct acting){.registry = b->registry, .session = session, .hash = b->work.deed, .now_ms = session_time_ms(session),
                           .scratch = scratch, .fault = &b->fault};
}

static bool is_enough(const struct batch *b, const struct session *session)
{
    const size_t done = b->next - b->at_work->next;
    return b->is_over || b->next == b->at_work->count || (done >= SOME_ROWS && session_is_awaited(session));
}

static csign_code run_load(struct operation *operation, struct session *session)
{
    struct batch *b = (struct batch *)operation;
    memset(b->counts, 0, sizeof b->counts);
    b->differing = 0;
    b->is_over = false;
    for (b->next = b->at_work->next; !is_enough(b, session); b->next++)
        TRY(b->act(b, session, &b->at_work->rows[b->next]));
    b->reached = b->at_work->rows[b->next - 1].at;
    return b->keep(b, session);
}

/* --- on the thread that works --- */

static csign_code begin(struct batch *b)
{
    if (b->stop && atomic_load(b->stop))
        return CSIGN_E_UNAVAILABLE;
    b->operation.run = run_load;
    b->is_begun = true;
    store_begin(b->registry->store, &b->errand, &b->operation);
    return CSIGN_OK;
}

/* What was moved while the writer wrote is all but its last commit; behind that one, the WAL begins anew. */
static void checkpoint(struct batch *b)
{
    bool moved = false;
    if (b->is_begun || b->is_moved)
        (void)store_checkpoint(b->registry->store, &moved); /* what is not moved now is moved later */
    b->is_moved = b->is_begun && moved;
}

csign_code batch_finish(struct batch *b)
{
    while (b->is_begun) {
        csign_code code = store_await(&b->errand);
        b->is_begun = false;
        checkpoint(b);
        if (code == CSIGN_OK) {
            b->at_work->next = b->next;
            b->work.done = b->reached;
        } else if (code != b->culprit.code) {
            return code;
        }
        if (b->at_work->next < b->at_work->count)
            TRY(begin(b)); /* somebody waited, or one is left alone */
    }
    return CSIGN_OK;
}

csign_code batch_hand_over(struct batch *b)
{
    TRY(batch_finish(b));
    struct load *load = b->ahead;
    b->ahead = b->at_work;
    b->at_work = load;
    load_clear(b->ahead);
    if (load->count == 0)
        return CSIGN_OK;
    TRY(begin(b));
    checkpoint(b);
    return CSIGN_OK;
}
