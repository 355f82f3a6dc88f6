/* Problem documents (RFC 9457) as the registry writes them, and what a bare status comes to. */
#ifndef SYNC_PROBLEM_H
#define SYNC_PROBLEM_H

#include "client.h"

#define PROBLEM_MAX 8192u

/* Reads body and status of a refusal into the reply: field, detail and expected lie in `memory` of PROBLEM_MAX bytes. */
csign_code problem_read(struct reply *reply, void *memory);

#endif
