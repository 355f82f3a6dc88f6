/* A leaf of the status log in words. */
#ifndef CLI_LEAF_WORDS_H
#define CLI_LEAF_WORDS_H

#include "leaf.h"

#define LEAF_WORDS_MAX 256u

/* Appends what a leaf says, as one line without its end; never more than LEAF_WORDS_MAX bytes. */
void leaf_words(struct buffer *out, const struct leaf *leaf);

#endif
