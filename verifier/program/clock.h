/* The only clock of a program. */
#ifndef PROGRAM_CLOCK_H
#define PROGRAM_CLOCK_H

#include "span.h"

/* NumericDate, seconds. */
int64_t clock_now(void);
uint64_t clock_now_ms(void);

/* Reads seconds since 1970, or a time in UTC like 2026-11-22T09:14:03Z. */
bool clock_read_time(span text, int64_t *ret);

#endif
