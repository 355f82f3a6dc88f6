/* What the tests of a following gate share: a served registry, a file of their own, and a desk. */
#ifndef SYNC_FOLLOWING_H
#define SYNC_FOLLOWING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock_shim.h"
#include "served.h"

#include <countersign/sync.h>

struct following {
    struct served served;
    char folder[64], file[96], url[64];
    uint8_t root_hash[CSIGN_HASH_SIZE];
    csign_sync_options options; /* as it was opened */
    csign_sync *sync;
    csign_desk *desk;
    csign_decision decision;
};

/* Tells the registry how to behave from now on: its threads read it under the mutex. */
#define SERVED_SET(f, member, value)                                                                              \
    do {                                                                                                          \
        pthread_mutex_lock(&(f)->served.mutex);                                                                   \
        (f)->served.member = (value);                                                                             \
        pthread_mutex_unlock(&(f)->served.mutex);                                                                 \
    } while (0)

/* Serves a registry at REGISTRY_NOW; opens nothing yet. */
void following_begin(struct following *f);
void following_end(struct following *f);

csign_code following_open(struct following *f);
void following_close(struct following *f);
/* Opens and waits until it is ready. */
void following_start(struct following *f);

/* Signs a document and asks for its release under this id; the number makes a release id. */
void following_sign(struct following *f, const char *document);
/* Signs that it is rejected; its request is the same one. */
void following_reject(struct following *f, const char *document);
span release_id_of(unsigned number);
csign_verdict following_release(struct following *f, unsigned number);
/* Asks again and again, under new ids from `number` on, until the decision has this code: false after a minute. */
bool following_until(struct following *f, unsigned number, csign_code code);
/* Waits until `done` says so, or fails the test after a minute. */
void following_await(struct following *f, bool (*done)(struct following *f));

#endif
