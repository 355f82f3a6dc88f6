/* JSON in one form: members in the order of their names, no white space, so that two texts that say the same are the same bytes. */
#ifndef CLI_JSON_SORTED_H
#define CLI_JSON_SORTED_H

#include "call.h"

/* One member of an object, its value in that form. */
struct sorted_member {
    span name, value;
};

/* The members of an object that was read already, by name. */
size_t json_sorted_members(struct call *call, span object, struct sorted_member **ret);
/* The elements of an array that was read already, as their text. */
size_t json_elements(struct call *call, span array, span **ret);

#endif
