/* What only rises, in memory: one entry for each thing that a log ever cut or named, ordered by type, then id. For fsck. */
#ifndef LOG_LIMITS_H
#define LOG_LIMITS_H

#include "order.h"

struct limits {
    struct leaf_limit *items;
    size_t count, capacity;
};

/* As leaf_order wants it; `context` is the limits. CSIGN_E_UNAVAILABLE without memory. */
csign_code limits_raise(void *context, const struct leaf_limit *limit, uint64_t step);
void limits_free(struct limits *limits);

#endif
