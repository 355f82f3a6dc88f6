/* A credential as issued, taken apart: what its holder reads of it. No signature is verified. */
#ifndef CLI_CREDENTIAL_TEXT_H
#define CLI_CREDENTIAL_TEXT_H

#include "call.h"
#include "credential.h"
#include "presentation.h"

struct credential_text {
    struct presentation presentation;
    span disclosures[DISCLOSURES_MAX]; /* decoded */
    struct credential claims;
};

/* A newline at its end is none of it. REFUSED with what is wrong with it, in `where`. */
int credential_text_read(struct call *call, const char *where, span text, struct credential_text *ret);

#endif
