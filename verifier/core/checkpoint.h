/* Checkpoints (C2SP tlog-checkpoint): the signed size and root of a log. */
#ifndef CORE_CHECKPOINT_H
#define CORE_CHECKPOINT_H

#include "merkle.h"
#include "note.h"

#define CHECKPOINT_MAX      8192u               /* bytes of the whole note */
#define CHECKPOINT_HELD_MAX (UINT64_C(1) << 26) /* leaves that a gate is made of: 3 GiB */

struct checkpoint {
    span origin;
    uint64_t size;
    struct merkle_hash root;
};

/* Reads the text of a note. Extension lines are refused: our logs have none, and what they mean nobody checks. */
csign_code checkpoint_read(span text, struct checkpoint *ret, csign_fault *fault);
/*
 * The size that a signed checkpoint speaks of, before anybody has verified it: how much to fetch. More than `max` leaves are
 * CSIGN_E_TOO_LARGE. The scratch takes the note: CHECKPOINT_MAX is enough.
 */
csign_code checkpoint_note_size(span note, uint64_t max, struct buffer scratch, uint64_t *ret, csign_fault *fault);
/* Appends the text, without signature lines. */
void checkpoint_write(struct buffer *out, const struct checkpoint *checkpoint);

#endif
