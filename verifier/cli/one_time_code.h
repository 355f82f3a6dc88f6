/*
 * One-time codes (PROTOCOL 5, activate): the handle by which the registry finds the deed, then a secret. It is read out, typed
 * and printed, so the secret is Crockford's base32, whose look-alikes can be told apart.
 */
#ifndef CLI_ONE_TIME_CODE_H
#define CLI_ONE_TIME_CODE_H

#include "call.h"

#define ONE_TIME_CODE_HANDLE 12u /* the last characters of the deed's id */

/* A new code for the activate deed of this id, in guarded memory; its secret has 80 bits. */
span one_time_code_make(struct call *call, span deed_id);
/* A code as somebody typed it, in the one form that was hashed; USAGE if it is none. */
int one_time_code_read(struct call *call, const char *typed, span *ret);

#endif
