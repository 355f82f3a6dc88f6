#include "log_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#define ORIGIN "log.registry.test"

/* --- making and opening --- */

static struct log_key key_of(const char *name, enum note_key_type type, struct signing_key *key)
{
    struct public_key public;
    signing_key_public(key, &public);
    return (struct log_key){vkey_make(span_text(name), type, &public), key};
}

static void hear(void *context, const struct log_news *news)
{
    struct world *w = context;
    struct told *told = malloc(sizeof *told + news->bytes.size);
    if (!told)
        abort();
    *told = (struct told){.kind = news->kind, .size = news->size, .length = news->bytes.size};
    memcpy(told->bytes, news->bytes.data, news->bytes.size);
    *w->told_last = told;
    w->told_last = &told->next;
}

struct log_options world_options(struct world *w)
{
    struct log_options options = {.store = w->store,
                                  .origin = SPAN(ORIGIN),
                                  .statuslog = key_of(ORIGIN, NOTE_ED25519, &w->keys.statuslog),
                                  .fresh = {key_of("fresh.registry.test", NOTE_COSIGNATURE, &w->keys.fresh)},
                                  .fresh_count = 1,
                                  .mark_path = w->mark_path,
                                  .wake = hear,
                                  .context = w};
    return options;
}

struct log_check world_check(struct world *w)
{
    const struct log_options options = world_options(w);
    return (struct log_check){.origin = options.origin, .statuslog = options.statuslog.vkey, .mark_path = w->mark_path};
}

csign_code world_open(struct world *w, csign_fault *fault)
{
    const struct store_options at = {.path = w->store_path, .create = true, .clock_ms = clock_ms};
    csign_code code = store_open(&at, &w->store, fault);
    if (code != CSIGN_OK)
        return code;
    const struct log_options options = world_options(w);
    code = log_open(&options, &w->log, fault);
    if (code != CSIGN_OK)
        store_close(&w->store);
    return code;
}

void world_close(struct world *w)
{
    store_close(&w->store);
    log_close(&w->log);
}

int world_make(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    void *folder = NULL;
    csign_fault fault = {0};
    if (!w || folder_make(&folder) != 0)
        return -1;
    w->folder = folder;
    w->store_path = folder_file(&folder, "store");
    w->mark_path = folder_file(&folder, "mark");
    w->told_last = &w->told;
    registry_open(&w->keys, 1, 1);
    const csign_gate_options gate = {.struct_size = sizeof gate,
                                     .deployment = SPAN(REGISTRY_DEPLOYMENT),
                                     .root = w->keys.root_note,
                                     .accept_test = 1,
                                     .nonce = "nonce of a gate"};
    *state = w;
    if (csign_gate_open(&gate, &w->gate, &fault) != CSIGN_OK)
        return -1;
    return world_open(w, &fault) == CSIGN_OK ? 0 : -1;
}

int world_remove(void **state)
{
    struct world *w = *state;
    void *folder = w->folder;
    world_close(w);
    csign_gate_free(&w->gate);
    registry_close(&w->keys);
    world_forget_told(w);
    free(w->store_path);
    free(w->mark_path);
    free(w);
    return folder_remove(&folder);
}

void world_forget_told(struct world *w)
{
    while (w->told) {
        struct told *next = w->told->next;
        free(w->told);
        w->told = next;
    }
    w->told_last = &w->told;
}

size_t world_count_told(const struct world *w, enum log_news_kind kind)
{
    size_t count = 0;
    for (const struct told *told = w->told; told; told = told->next)
        count += told->kind == kind;
    return count;
}

/* --- operations --- */

struct act {
    struct operation operation;
    struct world *world;
    world_body *body;
    void *what;
};

static csign_code run_act(struct operation *operation, struct session *session)
{
    const struct act *act = (struct act *)operation;
    return act->body(act->world, session, act->what);
}

csign_code world_do(struct world *w, world_body *body, void *what)
{
    struct act act = {.operation = {.run = run_act}, .world = w, .body = body, .what = what};
    return store_perform(w->store, &act.operation);
}

static csign_code append_leaf(struct world *w, struct session *session, void *what)
{
    (void)session;
    return log_append(w->log, what);
}

csign_code world_append(struct world *w, const struct leaf *leaf)
{
    struct leaf copy = *leaf;
    return world_do(w, append_leaf, &copy);
}

static csign_code append_bindings(struct world *w, struct session *session, void *what)
{
    const uint64_t count = *(const uint64_t *)what;
    uint8_t commit[32] = {0};
    uint64_t index;
    (void)session;
    for (uint64_t i = 0; i < count; i++) {
        memcpy(commit, &i, sizeof i);
        csign_code code = log_append_binding(w->log, commit, &index);
        if (code != CSIGN_OK)
            return code;
    }
    return CSIGN_OK;
}

csign_code world_bind(struct world *w, uint64_t count)
{
    return world_do(w, append_bindings, &count);
}

struct leaf world_root_leaf(struct world *w, uint64_t version)
{
    struct leaf leaf = {.type = LEAF_ROOT, .root = {.version = version}};
    uint8_t memory[CSIGN_ROOT_MAX];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct note note;
    assert_int_equal(note_read(w->keys.root_note, &scratch, &note, NULL), CSIGN_OK);
    note_hash(&note, leaf.root.hash);
    return leaf;
}

struct leaf world_end_leaf(uint64_t index)
{
    return (struct leaf){.type = LEAF_END,
                         .end = {.index = index, .effective_ms = CLOCK_START, .recorded_ms = CLOCK_START, .code = END_REVOKED}};
}

/* --- the gate --- */

void world_follow(struct world *w)
{
    for (const struct told *told = w->told; told; told = told->next) {
        csign_gate *next = NULL;
        csign_fault fault = {0};
        csign_span bytes = span_of(told->bytes, told->length);
        csign_code code = told->kind == LOG_COMMIT ? csign_gate_apply_event(w->gate, bytes, &next, &fault)
                                                   : csign_gate_apply_checkpoint(w->gate, bytes, &next, &fault);
        if (code != CSIGN_OK)
            print_error("%s %s: %s\n", csign_code_name(code), fault.field, fault.reason);
        assert_int_equal(code, CSIGN_OK);
        csign_gate_free(&w->gate);
        w->gate = next;
    }
    world_forget_told(w);
}

csign_gate_info world_gate(const struct world *w)
{
    csign_gate_info info;
    csign_gate_describe(w->gate, &info);
    return info;
}
