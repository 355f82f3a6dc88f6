/* The fresh note (PROTOCOL 3): the answer to a gate's nonce, cosigned by the freshness keys. */
#ifndef CORE_FRESH_H
#define CORE_FRESH_H

#include "merkle.h"
#include "note.h"

struct fresh {
    span origin;
    uint64_t size;
    struct merkle_hash root;
    uint8_t nonce[CSIGN_NONCE_SIZE];
};

/* Reads the text of a note; CSIGN_E_CHECKPOINT_MALFORMED if it is not one. */
csign_code fresh_read(span text, struct fresh *ret, csign_fault *fault);
void fresh_write(struct buffer *out, const struct fresh *fresh);

#endif
