/* Text for a terminal: what it would obey becomes '?', controls and the characters that turn the direction of writing. */
#ifndef CORE_PLAIN_H
#define CORE_PLAIN_H

#include "buffer.h"

/* Appends a text that somebody else chose; never more bytes than it has. */
void plain_write(struct buffer *out, span text);

#endif
