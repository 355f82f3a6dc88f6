/* From enough signatures to effect: numbering, chaining, and what is done at once or when the time comes. */
#ifndef DOMAIN_DEEDS_ACCEPT_H
#define DOMAIN_DEEDS_ACCEPT_H

#include "effects.h"

/* Accepts a deed that is kept and judged: numbers and chains it, and applies it unless its time lies ahead. */
csign_code deed_accept(struct acting *a, enum deed_state *ret_state);
/* Applies an accepted deed whose time has come. */
csign_code deed_take_effect(struct acting *a);

#endif
