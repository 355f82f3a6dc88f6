/* A trust root in plain words: what `root show` prints, and what custodians read before they sign. */
#ifndef CLI_ROOT_WORDS_H
#define CLI_ROOT_WORDS_H

#include "call.h"
#include "root.h"

/* Everything that the root says, a line each. */
const char *root_words(struct call *call, const struct root *root);
/* The lines that one has and the other has not, with a minus and a plus. */
const char *root_changes(struct call *call, const struct root *before, const struct root *after);
const char *root_kind_word(const struct root *root);
const char *hash_text(struct call *call, const uint8_t hash[CSIGN_HASH_SIZE]);

#endif
