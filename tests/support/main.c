/*
 * What happens before the main of every test program, as its environment asks: CONFINE=1 takes files and
 * network from it, FAIL_AT=n lets its n-th allocation fail, FAIL_AFTER=1 all that follow too. With FAIL_AT the
 * last line on stderr says how many allocations there were.
 */
#include "confine.h"
#include "counting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);

static void tell(void)
{
    fflush(NULL);
    fprintf(stderr, "counting: %zu allocations, %s\n", counting_allocations(),
            counting_failed() ? "failed" : "none failed");
}

static int skip(const char *why)
{
    fprintf(stderr, "skipped: %s\n", why);
    return 77;
}

int __wrap_main(int argc, char **argv)
{
    const char *confined = getenv("CONFINE"), *fail_at = getenv("FAIL_AT"), *after = getenv("FAIL_AFTER");
    if (confined && strcmp(confined, "1") == 0) {
        if (!confine_available())
            return skip("no seccomp here, or a sanitizer's runtime in the way");
        if (confine() != 0) {
            fprintf(stderr, "confine: the filter was not accepted\n");
            return 1;
        }
    }
    if (fail_at) {
        atexit(tell);
        counting_fail_at((size_t)strtoull(fail_at, NULL, 10), after && strcmp(after, "1") == 0);
    }
    return __real_main(argc, argv);
}
