/*
 * The registry: what the rules of this folder work on. It is made once, when the process starts, and is then the same for all.
 * This folder knows no HTTP and no SQL dialect.
 *
 * What changes something is a struct whose first member is a store operation (store.h): its `…_prepare` reads and verifies what
 * was sent, on the caller's thread; its `run` asks the data and decides, on the writer's; its results stand in the struct once
 * `done` was called with CSIGN_OK. On any other code its `fault` says what was wrong, and nothing has changed.
 */
#ifndef DOMAIN_REGISTRY_H
#define DOMAIN_REGISTRY_H

#include "log.h"
#include "root.h"
#include "store.h"

struct nonces;
struct status_lists;

struct registry {
    struct store *store;
    struct log *log;
    struct root root;           /* the newest; its memory is the process's. A new version takes a restart */
    span iss;                   /* issuer of credentials: an issuer line of the root */
    struct public_key issuer;   /* the key of that line, */
    char kid[44];               /* its thumbprint, */
    struct signing_key *issuer_key; /* and its secret, in guarded memory */
    struct log_key receipts_key; /* acknowledges receipt batches; key NULL: the registry takes no receipts */
    uint64_t credential_life_s; /* 3,600 by default, at most CREDENTIAL_LIFE_MAX */
    struct signing_key *statuslist_key; /* signs Token Status Lists; NULL: the registry publishes none */
    char statuslist_kid[44];
    struct status_lists *status_lists;
    struct nonces *nonces;
};

#endif
