/* The verb of `countersign policy` that asks the registry. */
#ifndef CLI_POLICY_VERBS_H
#define CLI_POLICY_VERBS_H

#include "call.h"

int policy_upload(struct call *call);

#endif
