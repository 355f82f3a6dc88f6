/*
 * The words of a table of cases: what is released and who signed, in phrases that a lawyer reads as they stand. A cell is a list
 * of phrases between commas; each changes one thing of what is usual or was given above the table.
 */
#ifndef CLI_CASE_WORDS_H
#define CLI_CASE_WORDS_H

#include "rehearsal.h"

/*
 * Reads a cell over what is there already. What it points to lies in the cell and in `memory`. False with the phrase at fault in
 * *ret_phrase; a phrase that is unknown is never passed over.
 */
bool words_read_release(span cell, struct buffer *memory, struct rehearsed *what, span *ret_phrase);
/* The signers, with `;` between them: one that is named changes the one that stands in its place. */
bool words_read_signers(span cell, struct buffer *memory, struct rehearsed *what, span *ret_phrase);


/* The text between two places without white space and backticks around it. */
span words_trim(span text);
/* Takes what stands before the next `separator`, trimmed; false at the end. */
bool words_next(span *rest, uint8_t separator, span *ret);

#endif
