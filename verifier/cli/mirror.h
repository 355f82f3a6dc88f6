/* A state folder (PROTOCOL 9) kept of what a registry serves, as a gate has verified it: `countersign check` decides by it. */
#ifndef CLI_MIRROR_H
#define CLI_MIRROR_H

#include "call.h"
#include "leaf.h"
#include "tile.h"

/* The entries tile that grows; full ones are written and forgotten. Zeroed but for the first two: nothing is there yet. */
struct mirror {
    struct call *call;
    const char *folder;
    uint64_t size;    /* leaves taken */
    uint64_t written; /* of them, when the checkpoint was written last */
    uint8_t edge[TILE_WIDTH * LEAF_SIZE];
    int outcome; /* the first failure to write, which was reported; nothing is written behind it */
};

/* A leaf, each in its turn from the first on. */
void mirror_leaf(struct mirror *mirror, const struct leaf *leaf);
/* A note under the path where the registry serves it: "trust/1", "policies/…". */
void mirror_note(struct mirror *mirror, const char *path, span note);
/* A checkpoint of exactly these leaves; it is written last, so that the folder is never ahead of its tiles. */
void mirror_checkpoint(struct mirror *mirror, span checkpoint);

#endif
