/* The event object (PROTOCOL 3): the leaves of one commit and the checkpoint that it led to. */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "fault.h"
#include "leaf.h"

#define EVENT_LEAVES_MAX 1024u
/* Bytes that hold the object of `count` leaves and a note of `note` bytes. */
#define EVENT_BYTES(count, note) (64u + (count) * (LEAF_SIZE / 3 * 4 + 1) + (note))

struct event {
    uint64_t first;
    size_t count;
    const uint8_t *leaves; /* count x LEAF_SIZE, in `scratch` */
    span checkpoint;       /* the note, with its signature lines */
};

/*
 * Reads the frame: CSIGN_E_LEAF_MALFORMED with first, count, leaf or checkpoint as field, or CSIGN_E_NO_SPACE. It reads
 * neither a leaf nor the note: that the note's size is first + count, and its root theirs, is for the caller to check.
 */
csign_code event_read(span bytes, struct buffer *scratch, struct event *ret, csign_fault *fault);
void event_write(struct buffer *out, uint64_t first, size_t count, const uint8_t *leaves, span checkpoint);

#endif
