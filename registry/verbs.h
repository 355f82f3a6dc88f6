/* The verbs of countersign-registry, one file each. */
#ifndef REGISTRY_VERBS_H
#define REGISTRY_VERBS_H

#include "call.h"

int verb_init(struct call *call);
int verb_serve(struct call *call);
int verb_fsck(struct call *call);
int verb_doctor(struct call *call);

#endif
