/* Policies, in their notes. */
#include "fuzz.h"

#include "policy.h"

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer signatures = fuzz_scratch(size), scratch = fuzz_scratch(POLICY_SCRATCH(size));
    struct note note;
    struct policy policy;
    csign_fault fault = {CSIGN_OK, NULL, NULL, 0};
    fuzz_accepted = false;
    if (note_read(span_of(data, size), &signatures, &note, &fault) == CSIGN_OK) {
        csign_code code = policy_read(&note, &scratch, &policy, &fault);
        fuzz_accepted = code == CSIGN_OK;
        if (fuzz_accepted) {
            (void)policy_covers(&policy, SPAN("CN-11"));
            (void)policy_find(&policy, SPAN("imaging_report"), 1);
            (void)policy_document_acts(&policy, SPAN("DiagnosticReport"));
        } else {
            PROMISE(code != CSIGN_E_NO_SPACE); /* as policy.h says of POLICY_SCRATCH */
            PROMISE(fault.code == code && fault.field && fault.reason && fault.offset <= size);
        }
    }
    free(signatures.data);
    free(scratch.data);
    return 0;
}
