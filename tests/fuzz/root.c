/* Trust roots: what is read is written again byte for byte, and a root never follows itself. */
#include "fuzz.h"

#include "root.h"

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer scratch = fuzz_scratch(ROOT_SCRATCH(size)), again = fuzz_scratch(size);
    struct root root;
    csign_fault fault = {CSIGN_OK, NULL, NULL, 0};
    csign_code code = root_read(span_of(data, size), &scratch, &root, &fault);
    fuzz_accepted = code == CSIGN_OK;
    if (fuzz_accepted) {
        root_write(&again, &root);
        PROMISE(buffer_code(&again) == CSIGN_OK && span_starts(span_of(data, size), buffer_span(&again)));
        PROMISE(root.threshold >= 1 && root.threshold <= root.key_count);
        PROMISE(root_check_next(&root, &root, span_of(data, size), &fault) == CSIGN_E_ROOT_VERSION);
    } else {
        PROMISE(code != CSIGN_E_NO_SPACE); /* as root.h says of ROOT_SCRATCH */
        PROMISE(fault.code == code && fault.field && fault.reason && fault.offset <= size);
    }
    free(scratch.data);
    free(again.data);
    return 0;
}
