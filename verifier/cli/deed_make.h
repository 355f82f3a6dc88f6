/* Making deeds: from options, from a file of members, or from an object of them. */
#ifndef CLI_DEED_MAKE_H
#define CLI_DEED_MAKE_H

#include "deed_members.h"
#include "deed_note.h"

#define DEED_LIFE_S (7 * 86400) /* how long officers have to sign, unless it is said otherwise */

struct deed_making {
    uint8_t kind; /* enum deed_kind */
    const char *origin;
    span at;
    int64_t valid_until; /* negative: DEED_LIFE_S from now */
    struct members_given given;
    const char *members_file; /* members as JSON, beside those that were given */
    span members;             /* the same, read already; absent: none */
    const char *members_name; /* what errors call them */
    const char *policy_file;  /* of policy.publish: the note that says the members */
    bool new_code;            /* of activate */
};

/*
 * Writes the deed and reads it back, so that what is wrong is named by member: REFUSED. An option for a member that the kind
 * does not have is USAGE. *ret_code is the one-time code of an activate deed that asked for one, else absent.
 */
int deed_make(struct call *call, struct deed_making *making, struct deed_note *ret, span *ret_code);

#endif
