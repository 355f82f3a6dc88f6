/* What the verbs that act by deeds share: showing one, and having it signed. */
#ifndef CLI_DEED_VERBS_H
#define CLI_DEED_VERBS_H

#include "deed_note.h"
#include "json_write.h"

/*
 * Shows the deed in plain words and asks for a yes; with `yes` it is shown on standard output and not asked. With --json and
 * `yes` nothing is shown.
 */
int deed_confirm(struct call *call, const struct deed_note *note, bool yes);
/* Writes it as an object: hash, id, origin, sentence, deed, signers. */
void deed_put_json(struct call *call, struct json_out *o, const struct deed_note *note);

/* The verbs that ask the registry, in deed_remote.c. */
int deed_submit(struct call *call);
int deed_list(struct call *call);
int deed_fetch(struct call *call);
int deed_approve(struct call *call);

#endif
