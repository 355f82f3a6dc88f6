/* Files for import, as `enrol --template` brings them. */
#ifndef CLI_ENROL_FILE_H
#define CLI_ENROL_FILE_H

#include "deed_act.h"

/*
 * Brings the files as one, waits for the dry run while telling how far it is, shows its counts and what is to be looked at, and makes,
 * signs and submits the deed over them. Lines of several files of a bulk export follow each other; a table comes alone.
 */
int enrol_file(struct call *call, const struct deed_act *act, struct deed_making *making, const struct texts *paths, const char *template);

#endif
