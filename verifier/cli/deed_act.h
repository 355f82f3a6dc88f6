/* One officer's part in a deed, as `order`, `enrol` and `deed approve` play it: shown, agreed to, signed, submitted. */
#ifndef CLI_DEED_ACT_H
#define CLI_DEED_ACT_H

#include "deed_make.h"
#include "deed_view.h"

struct deed_act {
    struct remote_asked remote;
    const char *origin, *at; /* of deeds that are made; `at` NULL: the body that the key acts for */
    int64_t valid_until;     /* -1: as deed_make.h says */
    bool yes;
};
/* Rows of an option table for verbs that make deeds. */
#define ROWS_ACT(a)                                                                                               \
    ROWS_REGISTRY(&(a)->remote), ROWS_PROOF(&(a)->remote, "your officer's key, named BODY/OFFICER"),                        \
    {"--origin", OPTION_TEXT, true, &(a)->origin, "NAME", "of the registry, as its root says", NULL, 0},                    \
    {"--at", OPTION_TEXT, false, &(a)->at, "BODY", "that acts; default: your key's", NULL, 0},                              \
    {"--valid-until", OPTION_TIME, false, &(a)->valid_until, "TIME", "void unless all have signed by then; default: 7 days", NULL, 0}, \
    {"--yes", OPTION_FLAG, false, &(a)->yes, NULL, "do not ask: it was read and agreed to elsewhere", NULL, 0}
#define ROWS_ACT_COUNT 10u

/* Opens the registry, and says for whom deeds are made: what these verbs begin with. */
int deed_act_begin(struct call *call, const struct deed_act *act, struct deed_making *making, struct remote **ret);

/* Asks, signs and submits; says what has become of it. The key is opened once a run. */
int deed_act_sign(struct remote *remote, struct deed_note *note, bool yes, const char *where);
int deed_act_submit(struct remote *remote, const struct deed_note *note);

#endif
