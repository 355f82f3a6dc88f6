/*
 * The one error idiom of the library: a function returns a code, and where it read somebody's input it fills
 * in a fault that names the field and the reason, both static strings.
 */
#ifndef CORE_FAULT_H
#define CORE_FAULT_H

#include <countersign/types.h>

/* Fills `fault`, which may be NULL, and returns `code`: `return fault_at(fault, CSIGN_E_…, "field", "why", 0)`. */
static inline csign_code fault_at(csign_fault *fault, csign_code code, const char *field, const char *reason,
                                  size_t offset)
{
    if (fault) {
        fault->code = code;
        fault->field = field ? field : "";
        fault->reason = reason ? reason : "";
        fault->offset = offset;
    }
    return code;
}

static inline csign_code fault_set(csign_fault *fault, csign_code code, const char *field, const char *reason)
{
    return fault_at(fault, code, field, reason, 0);
}

/* Passes a failure on: `TRY(note_read(…))` returns from the caller unless the call is CSIGN_OK. */
#define TRY(call)                                                                                                 \
    do {                                                                                                          \
        csign_code try_code_ = (call);                                                                            \
        if (try_code_ != CSIGN_OK)                                                                                \
            return try_code_;                                                                                     \
    } while (0)

#endif
