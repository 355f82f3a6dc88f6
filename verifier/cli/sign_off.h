/* A sign-off as it travels from the signer to the app (TOKENS 5.4): {"sign_off", "transaction_data"}. */
#ifndef CLI_SIGN_OFF_H
#define CLI_SIGN_OFF_H

#include "call.h"
#include "schema.h"

#define SIGN_OFF_FILE_MAX (128u * 1024u)

struct sign_off {
    uint64_t present;
    span sign_off;
    struct text_list transaction_data; /* 1 to CSIGN_ENTRIES_MAX */
};

int sign_off_read(struct call *call, const char *path, struct sign_off *ret);
void sign_off_write(struct buffer *out, span sign_off, span entry);

#endif
