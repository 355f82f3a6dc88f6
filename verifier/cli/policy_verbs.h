/* What the verbs of `countersign policy` share. */
#ifndef CLI_POLICY_VERBS_H
#define CLI_POLICY_VERBS_H

#include "call.h"
#include "policy.h"
#include "rule_text.h"

/* A policy and its text: a note's, or one made of bare JSON. */
struct loaded {
    struct policy policy;
    span json;
    const struct note *note; /* NULL for bare JSON; nobody has verified its signature */
};
int policy_load(struct call *call, const char *path, struct loaded *ret);

int policy_lint(struct call *call);
int policy_diff(struct call *call);
int policy_test(struct call *call);
int policy_explain(struct call *call);
int policy_upload(struct call *call);

#endif
