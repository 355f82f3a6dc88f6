/* A complete test root with all its keys: what a newcomer needs before anything can be tried. */
#ifndef CLI_TEST_ROOT_H
#define CLI_TEST_ROOT_H

#include "keys.h"
#include "options.h"

struct test_root_plan {
    const char *origin;                 /* ends in .test */
    const struct texts *jurisdictions;  /* NULL or none: US and CN */
    const char *keys;                   /* a folder that is there */
    const char *passphrase_file;
    int64_t at;
};

/* The keys that a test registry goes on with, open. */
struct test_root {
    span note;
    struct key statuslog, fresh;
};

/*
 * Makes the keys `master` (sealed under the passphrase) and root, issuer, statuslog, releaselog, fresh, receipts, statuslist
 * and policy-<jurisdiction> (sealed under the master) and a root that names them, signed.
 */
int test_root_make(struct call *call, const struct test_root_plan *plan, struct test_root *ret);

#endif
