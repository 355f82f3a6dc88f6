#include "presentation.h"
#include "cursor.h"

csign_code presentation_split(span text, bool bound, struct presentation *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(text);
    span jwt, part;
    if (text.size > CSIGN_SIGN_OFF_MAX)
        return fault_set(fault, CSIGN_E_MALFORMED_TOKEN, "sign_off", "longer than 96 KiB");
    if (!cursor_until(&c, '~', &jwt))
        return fault_set(fault, CSIGN_E_MALFORMED_TOKEN, "sign_off", "no tilde behind the credential");
    if (jwt.size > ISSUER_JWT_MAX)
        return fault_set(fault, CSIGN_E_MALFORMED_TOKEN, "credential", "longer than 8 KiB");

    ret->disclosure_count = 0;
    while (cursor_until(&c, '~', &part)) {
        if (part.size == 0)
            return fault_set(fault, CSIGN_E_MALFORMED_TOKEN, "disclosure", "an empty part");
        if (part.size > DISCLOSURE_MAX)
            return fault_set(fault, CSIGN_E_MALFORMED_TOKEN, "disclosure", "longer than 2 KiB");
        if (ret->disclosure_count == DISCLOSURES_MAX)
            return fault_set(fault, CSIGN_E_MALFORMED_TOKEN, "disclosure", "more than 32");
        ret->disclosures[ret->disclosure_count++] = part;
    }
    ret->bound = span_of(text.data, cursor_offset(&c));
    if (bound == cursor_done(&c))
        return fault_set(fault, CSIGN_E_MALFORMED_TOKEN, "key_binding", bound ? "missing" : "not part of an issued credential");
    if (cursor_left(&c) > KEY_BINDING_JWT_MAX)
        return fault_set(fault, CSIGN_E_MALFORMED_TOKEN, "key_binding", "longer than 4 KiB");
    TRY(jws_split(jwt, &ret->jwt, fault));
    return bound ? jws_split(cursor_rest(&c), &ret->key_binding, fault) : CSIGN_OK;
}
