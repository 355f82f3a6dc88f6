/* Checkpoints (C2SP tlog-checkpoint): the signed size and root of a log. */
#ifndef CORE_CHECKPOINT_H
#define CORE_CHECKPOINT_H

#include "merkle.h"
#include "note.h"

#define CHECKPOINT_MAX 8192u /* bytes of the whole note */

struct checkpoint {
    span origin;
    uint64_t size;
    struct merkle_hash root;
};

/* Reads the text of a note. Extension lines are refused: our logs have none, and what they mean nobody checks. */
csign_code checkpoint_read(span text, struct checkpoint *ret, csign_fault *fault);
/* Appends the text, without signature lines. */
void checkpoint_write(struct buffer *out, const struct checkpoint *checkpoint);

#endif
