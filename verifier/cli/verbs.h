/* The verbs of countersign, one file each. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "call.h"

int verb_key(struct call *call);
int verb_root(struct call *call);
int verb_policy(struct call *call);
int verb_state(struct call *call);
int verb_request(struct call *call);
int verb_sign(struct call *call);
int verb_check(struct call *call);
int verb_gate(struct call *call);
int verb_explain(struct call *call);
int verb_deed(struct call *call);
int verb_enrol(struct call *call);
int verb_activate(struct call *call);
int verb_credential(struct call *call);
int verb_inbox(struct call *call);
int verb_order(struct call *call);
int verb_follow(struct call *call);
int verb_doctor(struct call *call);

#endif
