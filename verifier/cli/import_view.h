/* A file for import as the registry shows it: how far it is, and what came of it. */
#ifndef CLI_IMPORT_VIEW_H
#define CLI_IMPORT_VIEW_H

#include "remote.h"

struct import_view {
    uint64_t present;
    span id, state, reason;
    uint64_t rows, judged, done, differing, rate, left_s;
    struct {
        uint64_t present, added, updated, unchanged, flagged, rejected;
    } counts;
};
extern const struct schema import_view_schema;

/* Asks until the file is in this state, telling on a terminal how far it is. REFUSED for a file that failed. */
int import_wait(struct remote *remote, const char *id, const char *state, struct import_view *ret);

/* The same for one that is being applied, where somebody sits and watches; the registry goes on without. `result` is that of the deed. */
int import_watch_applied(struct remote *remote, span result);

#endif
