/* A temporary folder, gone with everything in it when the test ends, and a clock that stands where it was put. */
#ifndef TESTS_REGISTRY_FOLDER_H
#define TESTS_REGISTRY_FOLDER_H

#include <stdint.h>

#define CLOCK_START UINT64_C(1795338870000)

/* For cmocka: *state is the path. The clock is put at CLOCK_START. */
int folder_make(void **state);
int folder_remove(void **state);
/* The path of a file in it; to be freed. */
char *folder_file(void **state, const char *name);

/* May be set from any thread. */
void clock_set(uint64_t now_ms);
uint64_t clock_ms(void);
/* From here on it runs: ids sort by time, as they do in life. */
void clock_run(void);

#endif
