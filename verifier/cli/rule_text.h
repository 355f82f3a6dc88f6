/* A rule in words: what `policy show` prints, `policy diff` compares and a decision is explained with. */
#ifndef CLI_RULE_TEXT_H
#define CLI_RULE_TEXT_H

#include "call.h"
#include "policy.h"

#define RULE_ROWS_MAX 64u

/* One demand: what it is of, and what it is. */
struct row {
    const char *label, *text;
};

/* All that a rule says, nothing left out: what is shown of a policy is what it says. */
size_t rule_rows(struct call *call, const struct rule *rule, struct row rows[RULE_ROWS_MAX]);
/* "prescription_new, prescription_renewal in online" */
const char *rule_name(struct call *call, const struct rule *rule);
const char *signer_text(struct call *call, const struct rule_signer *signer);
/* The words of a set, with commas. */
const char *set_text(struct call *call, uint64_t set, const struct vocabulary *words);
const char *list_text(struct call *call, struct text_list list);

#endif
