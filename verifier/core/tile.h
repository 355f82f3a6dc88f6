/*
 * Tiles (C2SP tlog-tiles): the log as static files. A tile is up to 256 hashes side by side, eight levels of the tree
 * apart; an entries tile is the leaves themselves. Registry, state folder and gate share what is here: names, widths,
 * the writer that turns appended leaves into tiles, and the reader that turns tiles into roots and proofs.
 *
 * It keeps and fetches nothing: tiles go out and come in through callbacks, whatever holds them.
 */
#ifndef CORE_TILE_H
#define CORE_TILE_H

#include "buffer.h"
#include "merkle.h"

#define TILE_WIDTH  256u
#define TILE_BYTES  (TILE_WIDTH * CSIGN_HASH_SIZE) /* of a full hash tile */
#define TILE_LEVELS 8u                             /* 256^8 > 2^63-1: no higher level has an entry */

/* --- names --- */

struct tile {
    bool entries; /* leaves instead of hashes: level is then 0 */
    unsigned level;
    uint64_t index;
    uint32_t width; /* 1 to 256; below 256 the tile is partial */
};

/* Appends `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`; what stands before it is the caller's. */
void tile_path_write(struct buffer *out, const struct tile *tile);
/* The whole of `path` as such a name, in the one way in which it is written. */
bool tile_path_read(span path, struct tile *ret);
/* How many entries tile `index` of a level has in a log of `size` leaves: 0 to 256. */
uint32_t tile_width(uint64_t size, unsigned level, uint64_t index);

/* The entries tile of leaf `place` in a log of `size` leaves. */
struct tile tile_of_entry(uint64_t size, uint64_t place);

/* --- entries tiles --- */

/* Appends one leaf as an entries tile holds it: u16 length, then the leaf. */
void tile_entry_write(struct buffer *out, span leaf);
/*
 * Takes apart an entries tile of exactly `width` leaves of `leaf_size` bytes each, appending the leaves to `out` without
 * their lengths. CSIGN_E_TILE_MALFORMED, with "width" or "leaf" as field, or CSIGN_E_NO_SPACE.
 */
csign_code tile_entries_read(span bytes, uint32_t width, size_t leaf_size, struct buffer *out, csign_fault *fault);

/* --- writing --- */

/* Where tiles are kept. `get` is asked for tiles of a size that was flushed; it returns the first `width` hashes. */
struct tile_store {
    csign_code (*get)(void *context, unsigned level, uint64_t index, uint32_t width, uint8_t *ret);
    csign_code (*put)(void *context, unsigned level, uint64_t index, uint32_t width, const uint8_t *hashes);
    void *context;
};

/*
 * The right edge of a log: its partial tiles, one a level, which is all of the tree that an append needs. About 64 KiB;
 * it may be copied, and a copy is how a batch that was not committed is forgotten.
 */
struct tile_writer {
    uint64_t size;
    bool changed[TILE_LEVELS];
    uint8_t edge[TILE_LEVELS][TILE_BYTES];
};

/* Opens the writer at `size`, reading the partial tiles from the store. CSIGN_E_ARGUMENT above 2^63-1. */
csign_code tile_writer_open(struct tile_writer *writer, uint64_t size, const struct tile_store *store);
/* Appends one leaf hash. Tiles that it fills are put at once. After a failure the writer must be opened again. */
csign_code tile_writer_append(struct tile_writer *writer, const struct merkle_hash *leaf, const struct tile_store *store);
/* Puts the partial tiles that have changed since the last flush: a commit is any number of appends, then this. */
csign_code tile_writer_flush(struct tile_writer *writer, const struct tile_store *store);
/* The root of what was appended, flushed or not. */
struct merkle_hash tile_writer_root(const struct tile_writer *writer);

/* --- reading --- */

/* Reads nodes of a log of `size` leaves from its store, keeping the tile that it read last. About 8 KiB. */
struct tile_reader {
    const struct tile_store *store; /* only `get` is used */
    uint64_t size;
    struct tile held;
    uint8_t hashes[TILE_BYTES];
};

void tile_reader_open(struct tile_reader *reader, uint64_t size, const struct tile_store *store);
/* The reader as a source of merkle.h: for merkle_prove_… and merkle_source_root(). */
struct merkle_source tile_reader_source(struct tile_reader *reader);

#endif
