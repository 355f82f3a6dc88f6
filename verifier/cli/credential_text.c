#include "credential_text.h"
#include "output.h"

static csign_code read(struct buffer *scratch, span text, struct credential_text *c, csign_fault *fault)
{
    TRY(presentation_split(text, false, &c->presentation, fault));
    TRY(jws_decode(&c->presentation.jwt, scratch, fault));
    TRY(disclosure_decode(&c->presentation, scratch, c->disclosures, fault));
    return credential_read(&c->presentation, c->disclosures, scratch, &c->claims, fault);
}

int credential_text_read(struct call *call, const char *where, span text, struct credential_text *ret)
{
    struct buffer scratch = call_buffer(call, 4 * CSIGN_SIGN_OFF_MAX);
    csign_fault fault;
    if (text.size > 0 && text.data[text.size - 1] == '\n')
        text.size--;
    csign_code code = read(&scratch, text, ret, &fault);
    return code == CSIGN_OK ? DONE : fail_code(call, REFUSED, code, &fault, where);
}
