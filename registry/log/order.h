/*
 * What no gate takes, refused before it goes in: the order of leaves (PROTOCOL 3). The log asks it leaf by leaf, and fsck asks it
 * again of every leaf that is there; what only rises is kept by one in the table log_limit, by the other in memory.
 */
#ifndef LOG_ORDER_H
#define LOG_ORDER_H

#include "leaf.h"

/* Something that only rises: the cut of one kind and id, the version of one policy, the floor, the root's version. */
struct leaf_limit {
    char type[3]; /* "X1" to "X5", "P", "F", "K" */
    uint8_t id[16];
    size_t id_size;
    uint64_t value;
};

struct leaf_order {
    uint64_t size, bindings; /* before the leaf */
    /* Raises a limit by at least `step`: CSIGN_E_LEAF_MALFORMED if it stands too high. */
    csign_code (*raise)(void *context, const struct leaf_limit *limit, uint64_t step);
    void *context;
};

/* Whether the leaf may stand here. CSIGN_E_LEAF_MALFORMED, or what `raise` returned. */
csign_code leaf_order_check(const struct leaf_order *order, const struct leaf *leaf, csign_fault *fault);

#endif
