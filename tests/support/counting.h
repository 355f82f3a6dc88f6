/*
 * Counts the allocations of a program's own objects, and lets one fail. The linker brings them here (--wrap); those of
 * shared libraries, cmocka's among them, are not counted.
 *
 * Every program of the suite `unit` is also run with its first allocation failing, its second, and so on (suite `oom`):
 * tests may then fail, but nothing may crash. A test that wants to know more calls these itself.
 */
#ifndef SUPPORT_COUNTING_H
#define SUPPORT_COUNTING_H

#include <stdbool.h>
#include <stddef.h>

size_t counting_allocations(void); /* calls of malloc, calloc and realloc so far */
size_t counting_live(void);        /* blocks that are not freed yet */

/* Lets the n-th allocation from now on fail, from 1, and all after it if `and_after`. 0: none. */
void counting_fail_at(size_t n, bool and_after);
/* Whether one has failed since. */
bool counting_failed(void);

/* Memory for the test itself: not counted, and never NULL. free() it as any other. */
void *counting_spare(size_t size);

#endif
