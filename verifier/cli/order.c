/* countersign order: what a regulator orders, made, shown, signed and submitted in one step. */
#include "deed_act.h"
#include "output.h"
#include "verbs.h"

/* The places of these words are those of `order_kinds`. */
static const char *const kind_words[] = {"suspend", "suspend.interim", "revoke", "rescind", "deregister",
                                         "condition", "reinstate", "deceased", "cut"};
static const struct vocabulary order_kinds = {kind_words, sizeof kind_words / sizeof *kind_words};

int verb_order(struct call *call)
{
    struct deed_making *making = call_memory(call, sizeof *making);
    struct deed_note *note = call_memory(call, sizeof *note);
    struct deed_act act = {.valid_until = -1};
    struct remote *remote;
    const char *subject = NULL;
    uint8_t kind = 0;
    span code;
    struct option options[2 + ROWS_ACT_COUNT + MEMBER_OPTIONS_MAX] = {
        {"KIND", OPTION_WORD, true, &kind, NULL, "of order", &order_kinds, 0},
        {"SUBJECT", OPTION_TEXT, false, &subject, NULL, "the licence; of deceased the practitioner; of cut what is cut off", NULL, 0},
        ROWS_ACT(&act),
    };
    size_t count = 2 + ROWS_ACT_COUNT;
    member_options(call, &making->given, MEMBERS_ORDERS, options, &count);
    STEP(options_read(call, "Orders: makes the deed, shows it in plain words, signs it and brings it to the registry.", options,
                      count));
    making->kind = vocabulary_find(&deed_kinds, span_text(vocabulary_word(&order_kinds, kind)));
    if (subject)
        STEP(members_set_subject(call, &making->given, making->kind, subject));
    STEP(deed_act_begin(call, &act, making, &remote));
    STEP(deed_make(call, making, note, &code));
    return deed_act_sign(remote, note, act.yes, "the order");
}
