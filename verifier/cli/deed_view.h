/* A deed as the registry shows it: what has become of it, and what it still needs. */
#ifndef CLI_DEED_VIEW_H
#define CLI_DEED_VIEW_H

#include "remote.h"

struct deed_signer {
    uint64_t present;
    span officer;
    uint64_t at_ms;
};
struct deed_view {
    uint64_t present;
    uint8_t hash[CSIGN_HASH_SIZE];
    span kind, at, state;
    uint64_t number, valid_until, needs;
    struct object_list signers; /* struct deed_signer */
    span result;                /* a JSON object; absent if there is none */
    span note;                  /* absent in lists */
};
extern const struct schema deed_view_schema;

/* Says it in a line, and beneath it what came of the deed, as the ids of an enrolment. */
void deed_view_say(struct call *call, const struct deed_view *view);

#endif
