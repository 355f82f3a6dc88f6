/* POST /v1/receipts: what an app's gates decided, in batches that the app's key signed; answered by a note of the registry. */
#include "receipts.h"
#include "api.h"
#include "resources.h"

struct take_work {
    struct api_work work;
    struct receipts_take take;
};

static void answer_taken(struct exchange *x)
{
    struct take_work *w = exchange_state(x);
    struct receipts_take *take = &w->take;
    csign_code code = w->work.code == CSIGN_OK ? take->refusal : w->work.code;
    if (code == CSIGN_OK) {
        struct buffer note = buffer_open(take->ack, sizeof take->ack);
        note.size = take->ack_size;
        api_answer_note(x, &note, CACHE_NEVER);
    } else if (code == CSIGN_E_SEQUENCE_GAP) {
        exchange_problem_with(x, code, &take->fault, "expected", take->expected);
    } else {
        exchange_problem(x, code, &take->fault);
    }
    receipts_take_free(take);
}

void receipts_post(struct exchange *x)
{
    struct take_work *w = api_work_open(x, sizeof *w);
    if (!w)
        return;
    csign_code code = receipts_take_prepare(&w->take, api_registry(x), exchange_caller(x), exchange_body(x));
    if (code == CSIGN_OK) {
        api_submit(x, &w->take.operation, answer_taken);
        return;
    }
    exchange_problem(x, code, &w->take.fault);
    receipts_take_free(&w->take);
}
