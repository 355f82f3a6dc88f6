/* Passphrases: from a file's first line, or typed at the terminal without echo. Never from arguments or environment. */
#ifndef CLI_PASSPHRASE_H
#define CLI_PASSPHRASE_H

#include "call.h"

#define PASSPHRASE_MAX 1024u

/* `file` may be NULL: the terminal asks, and asks twice for a passphrase that is new. The text lies in guarded memory. */
int passphrase_read(struct call *call, const char *file, const char *whose, bool is_new, span *ret);

/* Asks a question at the terminal; *ret_yes only for the answer "yes". CANNOT without a terminal. */
int confirm(struct call *call, const char *question, bool *ret_yes);

#endif
