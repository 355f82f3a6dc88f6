/*
 * Blocks that several gate states share: counted, never changed once shared. The count is not atomic: gate.h says that
 * one thread applies and frees.
 */
#ifndef GATE_SHARE_H
#define GATE_SHARE_H

#include <stdbool.h>
#include <stddef.h>

/* A zeroed block with one holder, or NULL. Aligned for anything. */
void *share_new(size_t size);
/* One holder more; returns the block. NULL stays NULL. */
void *share_keep(void *block);
/* One holder less; the last one frees it. NULL is allowed. */
void share_drop(void *block);
/* Whether the caller is the only holder, and so may change it. */
bool share_is_own(const void *block);

#endif
