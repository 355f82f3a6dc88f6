/* The policy notes that are held, by the name that a P leaf gives them: in force or not, the log says. */
#ifndef DOMAIN_POLICY_NOTE_H
#define DOMAIN_POLICY_NOTE_H

#include "registry.h"

#define POLICY_NOTE_NAME 24u /* PROTOCOL 3: the first bytes of the note's hash */

/* Appends the note; CSIGN_E_NOT_FOUND. */
csign_code policy_note_read(struct session *session, const uint8_t name[POLICY_NOTE_NAME], struct buffer *out);

#endif
