/* Operations for the tests of the store: entries of the log are rows like any other. */
#ifndef TESTS_REGISTRY_INSERTS_H
#define TESTS_REGISTRY_INSERTS_H

#include "folder.h"
#include "query.h"
#include "store.h"

struct insert {
    struct operation operation;
    int64_t position;
    csign_code returns; /* after inserting */
    csign_code code;    /* as `done` was told */
    bool is_done;
};

csign_code run_insert(struct operation *operation, struct session *session);
struct insert insert_of(int64_t position);
csign_code insert_one(struct store *store, int64_t position);
int64_t count_entries(struct store *store);

/* In the test's folder. */
struct store *open_store(void **state);

#endif
