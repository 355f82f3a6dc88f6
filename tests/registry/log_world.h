/*
 * A log in a store of its own, under the test root of support/registry.h, and a gate that is told what the log tells. Its writer is
 * not started: operations run on the test's thread.
 */
#ifndef TESTS_REGISTRY_LOG_WORLD_H
#define TESTS_REGISTRY_LOG_WORLD_H

#include "folder.h"
#include "log.h"
#include "registry.h"

struct told {
    struct told *next;
    enum log_news_kind kind;
    uint64_t size;
    size_t length;
    uint8_t bytes[];
};

struct world {
    char *folder, *store_path, *mark_path;
    struct registry keys;
    struct store *store;
    struct log *log;
    struct told *told, **told_last; /* in order */
    csign_gate *gate;
};

/* For cmocka: *state is the world, its log open and empty. */
int world_make(void **state);
int world_remove(void **state);

/* As a process that ends and starts. */
csign_code world_open(struct world *w, csign_fault *fault);
void world_close(struct world *w);
struct log_options world_options(struct world *w);
struct log_check world_check(struct world *w);
void world_forget_told(struct world *w);
size_t world_count_told(const struct world *w, enum log_news_kind kind);

/* Runs `body` as one operation. */
typedef csign_code world_body(struct world *w, struct session *session, void *what);
csign_code world_do(struct world *w, world_body *body, void *what);

/* Each an operation of its own. */
csign_code world_append(struct world *w, const struct leaf *leaf);
csign_code world_bind(struct world *w, uint64_t count);
struct leaf world_root_leaf(struct world *w, uint64_t version);
struct leaf world_end_leaf(uint64_t index);

/* Applies all that was told and not applied; the gate must take it. */
void world_follow(struct world *w);
csign_gate_info world_gate(const struct world *w);

#endif
