/* A decision explained: which policy and rule, what each check asked and saw, and what would have made it pass. */
#ifndef CLI_EXPLAIN_DECISION_H
#define CLI_EXPLAIN_DECISION_H

#include "call.h"

#include <countersign/decide.h>

/* Prints the explanation of the decision that was made with this cache last. */
int explain_decision(struct call *call, const csign_cache *cache, const csign_decision *decision);

#endif
