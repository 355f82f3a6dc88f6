/*
 * Numbers by which people and institutions are known, and what their form says of them (DOMAIN 2.1, 2.2, 2.3). A sound form proves
 * that nobody mistyped it, and nothing about a licence.
 */
#ifndef CORE_IDENTIFIER_H
#define CORE_IDENTIFIER_H

#include "span.h"

enum identifier_form {
    IDENTIFIER_BAD,   /* cannot be such a number: length, characters, check digit */
    IDENTIFIER_ODD,   /* the check digit holds, and yet no such number is given out */
    IDENTIFIER_SOUND, /* or of a system whose form is not known here */
};

/*
 * The one name under which a system is kept: "npi", "dea", "cn-id", "cn-uscc", "cn-practice" and "gmc" for the URIs that other
 * systems call them by, and for these names in capitals; else the text itself.
 */
span identifier_system(span system);
/* Whether a person has one number of it in her life: two are two people, or a mistake. */
bool identifier_is_single(span system);

/* Judges a value; `ret_reason` is why it is not sound, a static string, else "". */
enum identifier_form identifier_check(span system, span value, const char **ret_reason);

#endif
