/* Server-Sent Events as /status/stream sends them (PROTOCOL 3), read strictly: bounded, line feeds alone, known fields alone. */
#ifndef SYNC_EVENTS_H
#define SYNC_EVENTS_H

#include "buffer.h"
#include "fault.h"

#define SERVER_EVENT_MAX (96u * 1024u) /* an object of 1,024 leaves and its checkpoint are 75 KiB */

#define EVENT_READER_MEMORY (SERVER_EVENT_MAX + 1024u)

enum server_event_kind { SERVER_EVENT_OTHER, SERVER_EVENT_LOG, SERVER_EVENT_FRESH };

struct server_event {
    enum server_event_kind kind;
    bool has_id;
    uint64_t id;
    span data; /* the lines, each with its newline; a view until the next call */
};

/* One stream's state. event_reader_open() makes it in memory of EVENT_READER_MEMORY bytes. */
struct event_reader {
    struct buffer line, data;
    struct server_event event;
    bool has_data, is_taken;
};
struct event_reader event_reader_open(void *memory);

/*
 * Reads from the front of *input until an event is complete: true, and it is in *ret; false when the input is used up. On
 * malformed input the reader fails: body-malformed with the field, and nothing is read from it any more.
 */
csign_code event_reader_next(struct event_reader *reader, span *input, bool *ret_has_event, struct server_event *ret,
                             csign_fault *fault);

#endif
