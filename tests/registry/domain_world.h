/*
 * A registry in a temporary folder under a test root of its own, with one institution, an app and officers as rows, and a gate that
 * is told what the log tells. Its writer is not started unless a test does so.
 */
#ifndef TESTS_REGISTRY_DOMAIN_WORLD_H
#define TESTS_REGISTRY_DOMAIN_WORLD_H

#include "../unit/signer.h"
#include "binding.h"
#include "folder.h"

#include <countersign/countersign.h>

#define WORLD_ISS        "https://registry.test"
#define WORLD_DEPLOYMENT "deployment-1"
#define WORLD_OFFICER    "clinic-1/officer-1"
#define WORLD_TOLD_MAX   256u
#define WORLD_ORDERS_MAX 16u

struct world {
    char *folder, *store_path;
    struct signer root_key, issuer, statuslog, fresh, receipts, policy, officer, app;
    struct registry registry;
    uint8_t memory[1u << 17];
    struct buffer arena; /* notes and what else has to stay */
    span root_note, policy_note;
    csign_gate *gate;
    span told[WORLD_TOLD_MAX]; /* events not applied yet; each to be freed */
    size_t told_count;
    uint8_t standing[WORLD_ORDERS_MAX][CSIGN_HASH_SIZE]; /* deeds of world_order() that were not lifted */
    size_t standing_count;
};

/* For cmocka: *state is the world. */
int world_make(void **state);
int world_remove(void **state);

/* Executes SQL in a connection of its own: rows that deeds would make. */
void world_sql(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One number from the data. */
int64_t world_number(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* People are numbered: this is an id of theirs, of the licence, of the affiliation. Kind 'p', 'l' or 'a'. */
const char *world_id(char kind, unsigned person);
/* A practitioner with a licence and an affiliation. */
void world_enrol(struct world *w, unsigned person);
/* An open one-time code of hers for an hour; *ret is static until the next call. `number` makes it another. */
const char *world_activate(struct world *w, unsigned person, unsigned number);
struct signer world_holder(unsigned number);

/* A proof of a key over a fresh nonce. */
span world_proof(struct world *w, const struct signer *key, uint8_t use, const char *code, uint64_t idx);
/* Binds the key to the person with a code of hers: the operation's code. */
csign_code world_bind(struct world *w, unsigned person, unsigned number, const struct signer *key, uint64_t *ret_index);

/* Runs `body` as one operation. */
typedef csign_code world_body(struct world *w, struct session *session, void *what);
csign_code world_do(struct world *w, world_body *body, void *what);

/* An order on the person's licence, as a deed makes it: it stands, and what it concerns has ended. */
csign_code world_order(struct world *w, unsigned person, int code, int reason);
/* Lifts every order. */
csign_code world_lift(struct world *w);
/* Lifts them and gives the person's bindings new indexes. */
csign_code world_reinstate(struct world *w, unsigned person);

/* Applies all that was told; the gate must take it. */
void world_follow(struct world *w);

#endif
