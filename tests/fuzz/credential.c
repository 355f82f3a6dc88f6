/*
 * Credentials as issued. An input that begins with '{' is header, payload and disclosures as lines of JSON, so that mutation
 * meets the readers and not the base64 around them; any other is the text of a credential.
 */
#include "fuzz.h"

#include "base64.h"
#include "credential.h"
#include "cursor.h"

bool fuzz_accepted;

static csign_code read_lines(struct cursor *c, struct buffer *scratch, struct credential *credential, csign_fault *fault)
{
    static struct presentation p;
    span decoded[DISCLOSURES_MAX];
    memset(&p, 0, sizeof p);
    if (!cursor_line(c, &p.jwt.header) || !cursor_line(c, &p.jwt.payload))
        return fault_set(fault, CSIGN_E_MALFORMED_TOKEN, "", "no lines");
    for (span line; p.disclosure_count < DISCLOSURES_MAX && cursor_line(c, &line);) {
        size_t from = scratch->size;
        base64url_encode(scratch, line);
        p.disclosures[p.disclosure_count] = buffer_since(scratch, from);
        decoded[p.disclosure_count++] = line;
    }
    return credential_read(&p, decoded, scratch, credential, fault);
}

static csign_code read_text(span text, struct buffer *scratch, struct credential *credential, csign_fault *fault)
{
    static struct presentation p;
    span decoded[DISCLOSURES_MAX];
    TRY(presentation_split(text, false, &p, fault));
    TRY(jws_decode(&p.jwt, scratch, fault));
    TRY(disclosure_decode(&p, scratch, decoded, fault));
    return credential_read(&p, decoded, scratch, credential, fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer scratch = fuzz_scratch(size * 16 + 65536);
    struct cursor c = cursor_open(span_of(data, size));
    struct credential credential;
    csign_fault fault = {CSIGN_OK, NULL, NULL, 0};
    csign_code code = size > 0 && data[0] == '{' ? read_lines(&c, &scratch, &credential, &fault)
                                                 : read_text(span_of(data, size), &scratch, &credential, &fault);
    fuzz_accepted = code == CSIGN_OK;
    if (fuzz_accepted) {
        PROMISE(credential.exp > credential.nbf && credential.sub.size > 0 && credential.jurisdiction.count > 0);
        (void)credential_type_matches(&credential);
    } else {
        PROMISE(fault.code == code && fault.field && fault.reason);
        PROMISE(code == CSIGN_E_NO_SPACE || (code >= CSIGN_E_MALFORMED_TOKEN && code <= CSIGN_E_MALFORMED_CLAIMS));
    }
    free(scratch.data);
    return 0;
}
