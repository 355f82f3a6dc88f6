/*
 * The configuration: one commented file, sections and `key = value`. It is closed as our other formats are: an unknown section or
 * key, one given twice, one that is missing and a value out of its range are errors that name the line and what to do.
 */
#ifndef REGISTRY_CONFIG_H
#define REGISTRY_CONFIG_H

#include "call.h"

#define CONFIG_MAX (64u * 1024u) /* bytes of the file */

struct config {
    const char *path;
    /* [server] */
    const char *listen, *base_url;
    uint64_t threads, connections, receive_deadline, idle, proofs_per_minute;
    /* [data] */
    const char *database, *mark;
    /* [trust] */
    const char *root, *keys, *passphrase_file; /* the last: NULL, the terminal asks */
    const char *iss;
    /* [credentials] */
    uint64_t life;
    /* [log] */
    uint8_t level; /* enum journal_level */
};

/* What is not given has its default. Paths are relative to the folder of the file. */
int config_read(struct call *call, const char *path, struct config *ret);
/* The defaults, to be written. */
void config_default(struct config *ret);
/* Appends the commented file that says what `config` says; paths as they stand in it. */
void config_write(struct buffer *out, const struct config *config);

#endif
