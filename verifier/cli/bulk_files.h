/* The files of a bulk export, as they were downloaded: named one by one, or by their manifest. */
#ifndef CLI_BULK_FILES_H
#define CLI_BULK_FILES_H

#include "call.h"
#include "options.h"

struct bulk_files {
    struct texts paths;
    uint64_t counts[TEXTS_MAX]; /* resources, as the manifest says; UINT64_MAX: it does not */
    uint64_t first[TEXTS_MAX];  /* on which line of the whole each begins; set by bulk_files_join() */
};

/*
 * Whether the one file that was given is a manifest (FHIR Bulk Data Access), and the files that it names: those of practitioners, their roles
 * and organizations, and what was deleted. They lie beside it, under the last part of their URLs. Others are read over, and told.
 */
int bulk_files_of_manifest(struct call *call, const char *path, span bytes, struct bulk_files *ret, bool *ret_is);

/* One after the other, each ending with a line. Refuses what is compressed, and what has not as many lines as its manifest says. */
int bulk_files_join(struct call *call, struct bulk_files *files, const span *bytes, span *ret);

#endif
