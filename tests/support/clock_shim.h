/* The wall clock of a test program, see clock_shim.c. */
#ifndef SUPPORT_CLOCK_SHIM_H
#define SUPPORT_CLOCK_SHIM_H

#include <stdint.h>

/* From now on it is this time, NumericDate, and goes on from there. */
void clock_shim_set(int64_t now);

#endif
