/*
 * Shows that a function makes no system call: it runs in a child that may only end. A clock that is read through the
 * vDSO makes none; that no clock is linked is what tests/purity/imports.py shows.
 */
#ifndef SUPPORT_QUIET_H
#define SUPPORT_QUIET_H

#include <stdbool.h>
#include <stddef.h>

/* False under sanitizers, whose runtimes make calls of their own, and without seccomp. */
bool quiet_available(void);

/* Zeroed memory that the child shares, for what the function wants to tell. Never freed. */
void *quiet_memory(size_t size);

/*
 * True if the function returned and made no system call. Else *ret_call is the number of the first it tried, or -1 if
 * the child died of something else.
 */
bool quiet_run(void (*function)(void *context), void *context, long *ret_call);

#endif
