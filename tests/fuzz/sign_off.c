/*
 * Sign-offs: the first line is the SD-JWT with key binding, or begins with '{' and is the key binding's header, the next line
 * then its payload; the lines behind are entries (of transaction data, or their JSON), the last the stored request.
 */
#include "fuzz.h"

#include "base64.h"
#include "cursor.h"
#include "key_binding.h"
#include "request.h"

bool fuzz_accepted;

static csign_code read_binding(struct cursor *c, struct buffer *scratch, struct key_binding *binding, csign_fault *fault)
{
    static struct presentation p;
    span line;
    if (!cursor_line(c, &line))
        return fault_set(fault, CSIGN_E_MALFORMED_TOKEN, "", "no lines");
    if (line.size > 0 && line.data[0] == '{') {
        p.key_binding.header = line;
        if (!cursor_line(c, &p.key_binding.payload))
            return fault_set(fault, CSIGN_E_MALFORMED_TOKEN, "", "no payload");
    } else {
        TRY(presentation_split(line, true, &p, fault));
        TRY(jws_decode(&p.key_binding, scratch, fault));
    }
    return key_binding_read(&p.key_binding, scratch, binding, fault);
}

static csign_code read_all(struct cursor *c, struct buffer *scratch, csign_fault *fault)
{
    static struct key_binding binding;
    static struct transaction transaction;
    static struct request request;
    span line, json;
    bool any = false;
    TRY(read_binding(c, scratch, &binding, fault));
    PROMISE(binding.hash_count <= CSIGN_ENTRIES_MAX);
    while (cursor_line(c, &line) && !cursor_done(c)) {
        json = line;
        if ((line.size == 0 || line.data[0] != '{') && !base64url_decode(scratch, line, &json))
            return fault_set(fault, CSIGN_E_MALFORMED_BASE64, "", "an entry");
        TRY(transaction_read(json, scratch, &transaction, fault));
        PROMISE(transaction.slot >= 1 && transaction.slot <= CSIGN_SLOTS_MAX && transaction.meaning && transaction.disposition);
        any = true;
    }
    if (!any)
        return fault_set(fault, CSIGN_E_MALFORMED_TRANSACTION, "", "no entry");
    TRY(request_read(line, scratch, &request, fault));
    return request_check(&request, &transaction, fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer scratch = fuzz_scratch(size * 16 + 65536);
    struct cursor c = cursor_open(span_of(data, size));
    csign_fault fault = {CSIGN_OK, NULL, NULL, 0};
    csign_code code = read_all(&c, &scratch, &fault);
    fuzz_accepted = code == CSIGN_OK;
    PROMISE(fuzz_accepted || (fault.code == code && fault.field && fault.reason));
    free(scratch.data);
    return 0;
}
