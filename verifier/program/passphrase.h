/* Passphrases: from a file's first line, or typed at the terminal without echo. Never from arguments or environment. */
#ifndef PROGRAM_PASSPHRASE_H
#define PROGRAM_PASSPHRASE_H

#include "call.h"

#define PASSPHRASE_MAX 1024u

/* `file` may be NULL: the terminal asks, and asks twice for a passphrase that is new. The text lies in guarded memory. */
int passphrase_read(struct call *call, const char *file, const char *whose, bool is_new, span *ret);

/*
 * Shows a text at the terminal and asks; REFUSED unless the answer is "yes", CANNOT without a terminal. Lines of the text
 * that somebody else chose must be plain().
 */
int confirm(struct call *call, span text, const char *question);

#endif
