/* Event objects and their leaves: both are written again byte for byte. */
#include "fuzz.h"

#include "event.h"

static bool check_leaf(span bytes)
{
    uint8_t memory[LEAF_SIZE];
    struct buffer again = buffer_open(memory, sizeof memory);
    struct leaf leaf;
    csign_fault fault;
    bool good = leaf_read(bytes, &leaf, &fault) == CSIGN_OK;
    if (good) {
        leaf_write(&again, &leaf);
        PROMISE(span_equal(buffer_span(&again), bytes));
    }
    return good;
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer scratch = fuzz_scratch(size + EVENT_LEAVES_MAX * LEAF_SIZE), again = fuzz_scratch(size);
    struct event event;
    csign_fault fault = {CSIGN_OK, NULL, NULL, 0};
    csign_code code = event_read(span_of(data, size), &scratch, &event, &fault);
    fuzz_accepted = code == CSIGN_OK;
    if (code == CSIGN_OK) {
        PROMISE(event.count >= 1 && event.count <= EVENT_LEAVES_MAX);
        for (size_t i = 0; i < event.count; i++)
            fuzz_accepted &= check_leaf(span_of(event.leaves + i * LEAF_SIZE, LEAF_SIZE));
        event_write(&again, event.first, event.count, event.leaves, event.checkpoint);
        PROMISE(span_equal(buffer_span(&again), span_of(data, size)));
    } else {
        PROMISE(code == CSIGN_E_LEAF_MALFORMED);
        PROMISE(fault.code == code && fault.field && fault.reason && fault.offset <= size);
    }
    fuzz_accepted |= check_leaf(span_of(data, size));
    free(scratch.data);
    free(again.data);
    return 0;
}
