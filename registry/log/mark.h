/*
 * The mark: size and root that the log published last, kept apart from the database. A database that is behind it is a restored
 * backup, and going on from there would sign a second history (LOG 2.5).
 *
 * It is moved at each commit, so it is written in place: two sectors take turns, each with a checksum, and the one that is written is never
 * the one that counts. A crash in the middle of a write leaves the mark before, which is behind the database and thus
 * harmless; and as neither size nor name of the file changes, one fdatasync of one sector is all that it costs, where a rename
 * would cost the folder's journal as well.
 */
#ifndef LOG_MARK_H
#define LOG_MARK_H

#include "merkle.h"

struct mark_value {
    uint64_t size;
    struct merkle_hash root;
};

struct mark {
    int file; /* -1: none is kept */
    span origin;
    unsigned next; /* the sector to be written */
    bool is_set;
    struct mark_value value; /* if it is set */
};

/*
 * Opens the mark of this log; a file that is not there is made, unless it is only to be read: then the mark is not set.
 * CSIGN_E_CONFLICT if it is another log's or neither sector is whole, CSIGN_E_UNAVAILABLE. `path` NULL: none is kept.
 */
csign_code mark_open(const char *path, span origin, bool only_read, struct mark *ret, csign_fault *fault);
/* Durable when it returns. */
csign_code mark_move(struct mark *mark, const struct mark_value *value);
void mark_close(struct mark *mark);

#endif
