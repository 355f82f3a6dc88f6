/* What the verbs of `countersign root` share. */
#ifndef CLI_ROOT_VERBS_H
#define CLI_ROOT_VERBS_H

#include "options.h"
#include "root_words.h"

/* Reads a root that is complete. */
int root_load(struct call *call, const char *path, span *ret_note, struct root *ret);

/* Reads a root that some are still to sign: the note, with room for signatures, and its text. */
int root_read_draft(struct call *call, const char *path, struct buffer *ret_note, span *ret_text, struct root *ret);

/* A root to be drafted: key files, of which the public part is named. */
struct root_plan {
    const char *out, *origin, *iss;
    struct texts jurisdictions, keys; /* a key may end in @CODE */
    uint64_t threshold, freshness, days;
};
int root_draft(struct call *call, const struct root_plan *plan);

int root_next(struct call *call);
int root_add_signature(struct call *call);

#endif
