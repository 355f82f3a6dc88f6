/* A decision explained: which policy and rule, what each check asked and saw, and what would have made it pass. */
#ifndef CLI_EXPLAIN_DECISION_H
#define CLI_EXPLAIN_DECISION_H

#include "call.h"

#include <countersign/decide.h>

/* Prints the explanation of the decision that was made with this cache last. */
int explain_decision(struct call *call, const csign_cache *cache, const csign_decision *decision);

struct applicable;
struct deciding;

/* "cn-11 version 3", or the overlay that the app opened its gate with. */
const char *explain_source(struct call *call, const struct applicable *applicable);
/* The policies and rules that a decision was refused by, each with a semicolon behind it; empty if it was by none of them. */
const char *explain_refusers(struct call *call, const struct deciding *deciding, const csign_decision *decision);

#endif
