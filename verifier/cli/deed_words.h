/* A deed in plain words: one sentence of what it does, and beneath it everything else that it says. */
#ifndef CLI_DEED_WORDS_H
#define CLI_DEED_WORDS_H

#include "deed_note.h"

/*
 * Lines for a terminal, plain already. Every member of the deed is in them, for what is not shown is signed unseen: REFUSED for a
 * deed that is too much for that.
 */
int deed_words(struct call *call, const struct deed_note *note, const char **ret);
/* The sentence alone. */
const char *deed_sentence(struct call *call, const struct deed *deed);

#endif
