#include "watched.h"
#include "base64.h"
#include "checkpoint.h"
#include "tile.h"

#include <sodium.h>

#define ROOTS_MAX    1024u
#define SCRATCH_SIZE (EVENT_LEAVES_MAX * LEAF_SIZE + 65536u)

/* --- the gate --- */

static void free_gate(void *memory)
{
    struct watched *watched = memory;
    csign_gate_free(&watched->gate);
}

csign_code watched_open(struct remote *remote, const uint8_t root_hash[CSIGN_HASH_SIZE], struct watched *ret,
                        csign_fault *fault)
{
    *ret = (struct watched){.remote = remote, .scratch = call_buffer(remote->call, SCRATCH_SIZE)};
    randombytes_buf(ret->nonce, sizeof ret->nonce);
    csign_gate_options options = {.struct_size = sizeof options, .deployment = SPAN("countersign"), .root_hash = root_hash,
                                  .accept_test = remote->asked->test};
    memcpy(options.nonce, ret->nonce, sizeof options.nonce);
    TRY(csign_gate_open(&options, &ret->gate, fault));
    call_keep(remote->call, ret, free_gate);
    return CSIGN_OK;
}

/* Goes on with the next state, also with one that an equivocation left behind. */
static csign_code next(struct watched *w, csign_gate *gate, csign_code code)
{
    if (gate) {
        csign_gate_free(&w->gate);
        w->gate = gate;
    }
    return code;
}

uint64_t watched_size(const struct watched *w)
{
    return w->gate->status.range.size;
}

int64_t watched_evidence(const struct watched *w)
{
    return w->gate->evidence_time;
}

/* --- roots --- */

static csign_code take_root(struct watched *w, uint64_t version, csign_fault *fault)
{
    char tail[24];
    struct reply reply;
    struct buffer out = buffer_open(tail, sizeof tail - 1);
    csign_gate *gate = NULL;
    buffer_decimal(&out, version);
    tail[out.size] = 0;
    TRY(remote_try(w->remote, REMOTE_ROOT, tail, &reply, fault));
    csign_code code = csign_gate_apply_root(w->gate, reply.body, &gate, fault);
    if (w->calls && (code == CSIGN_OK || (code == CSIGN_E_ROOT_HASH && !w->gate->root)))
        w->calls->note(w->context, call_format(w->remote->call, "trust/%s", tail), reply.body);
    return next(w, gate, code);
}

/* The first is the one whose hash was pinned, whatever its version is: the gate refuses all others. */
csign_code watched_roots(struct watched *w, csign_fault *fault)
{
    csign_code code = CSIGN_E_ROOT_HASH;
    for (uint64_t version = 1; !w->gate->root && code == CSIGN_E_ROOT_HASH && version <= ROOTS_MAX; version++)
        code = take_root(w, version, fault);
    if (!w->gate->root)
        return code == CSIGN_E_NOT_FOUND
                   ? fault_set(fault, CSIGN_E_ROOT_HASH, "--root-hash", "the registry has no root of this hash")
                   : code;
    for (unsigned i = 0; i < ROOTS_MAX; i++) {
        code = take_root(w, w->gate->root->root.version + 1, fault);
        if (code != CSIGN_OK)
            break;
    }
    return code == CSIGN_E_NOT_FOUND ? CSIGN_OK : code;
}

/* --- the log --- */

/* Appends the leaves from `from` to the end of the tile that they are in. */
static csign_code fetch_tile(struct watched *w, uint64_t from, uint64_t size, struct buffer *leaves, csign_fault *fault)
{
    const struct tile tile = tile_of_entry(size, from);
    char tail[128] = "";
    struct buffer path = buffer_open(tail, sizeof tail - 1);
    struct reply reply;
    const size_t skip = (size_t)(from % TILE_WIDTH) * LEAF_SIZE;
    tile_path_write(&path, &tile);
    TRY(remote_try(w->remote, REMOTE_STATUS, tail, &reply, fault));
    w->scratch.size = 0;
    TRY(tile_entries_read(reply.body, tile.width, LEAF_SIZE, &w->scratch, fault));
    buffer_put(leaves, span_of(w->scratch.data + skip, w->scratch.size - skip));
    return CSIGN_OK;
}

static void show(struct watched *w, uint64_t first, const uint8_t *leaves, uint64_t count, span checkpoint)
{
    struct leaf leaf;
    for (uint64_t i = 0; w->calls && i < count; i++)
        if (leaf_read(span_of(leaves + i * LEAF_SIZE, LEAF_SIZE), &leaf, NULL) == CSIGN_OK) /* the gate took it: it reads */
            w->calls->leaf(w->context, first + i, &leaf);
    if (w->calls)
        w->calls->checkpoint(w->context, checkpoint);
}

csign_code watched_log(struct watched *w, csign_fault *fault)
{
    uint8_t memory[CHECKPOINT_MAX];
    const uint64_t first = watched_size(w);
    uint64_t size = 0;
    struct reply reply;
    csign_gate *gate = NULL;
    TRY(remote_try(w->remote, REMOTE_CHECKPOINT, "", &reply, fault));
    if (reply.body.size > sizeof memory)
        return fault_set(fault, CSIGN_E_CHECKPOINT_MALFORMED, "", "longer than 8 KiB");
    const span checkpoint = span_of(memory, reply.body.size);
    memcpy(memory, reply.body.data, reply.body.size);
    w->scratch.size = 0;
    TRY(checkpoint_note_size(checkpoint, CHECKPOINT_HELD_MAX, w->scratch, &size, fault));
    const uint64_t count = size > first ? size - first : 0;
    struct buffer leaves = call_buffer(w->remote->call, (size_t)count * LEAF_SIZE + 1);
    while (leaves.size < count * LEAF_SIZE)
        TRY(fetch_tile(w, first + leaves.size / LEAF_SIZE, size, &leaves, fault));
    csign_code code = csign_gate_apply_leaves(w->gate, leaves.data, count, checkpoint, &gate, fault);
    TRY(next(w, gate, code));
    show(w, first, leaves.data, count, checkpoint);
    return CSIGN_OK;
}

csign_code watched_fresh(struct watched *w, csign_fault *fault)
{
    char nonce[2 * CSIGN_NONCE_SIZE] = "";
    struct buffer tail = buffer_open(nonce, sizeof nonce - 1);
    struct reply reply;
    csign_gate *gate = NULL;
    base64url_encode(&tail, span_of(w->nonce, sizeof w->nonce));
    TRY(remote_try(w->remote, REMOTE_FRESH, nonce, &reply, fault));
    csign_code code = csign_gate_apply_fresh(w->gate, reply.body, &gate, fault);
    return next(w, gate, code);
}

/* --- policies --- */

static csign_code take_policy(struct watched *w, const csign_gate_want *want, csign_fault *fault)
{
    char name[64] = "";
    struct buffer tail = buffer_open(name, sizeof name - 1);
    struct reply reply;
    csign_gate *gate = NULL;
    base64url_encode(&tail, span_of(want->note, sizeof want->note));
    TRY(remote_try(w->remote, REMOTE_POLICY_NOTE, name, &reply, fault));
    csign_code code = csign_gate_apply_wanted(w->gate, want->note, reply.body, &gate, fault);
    if (w->calls && code == CSIGN_OK)
        w->calls->note(w->context, call_format(w->remote->call, "policies/%s", name), reply.body);
    return next(w, gate, code);
}

csign_code watched_policies(struct watched *w, size_t *ret_missing, csign_fault *fault)
{
    csign_gate_want want;
    csign_code worst = CSIGN_OK;
    *ret_missing = 0;
    for (size_t place = 0; csign_gate_wants(w->gate, place, &want);) {
        csign_fault why = {CSIGN_OK, "", "", 0};
        csign_code code = want.is_policy ? take_policy(w, &want, &why) : take_root(w, want.version, &why);
        if (code == CSIGN_OK) /* it is wanted no more: the next has its place */
            continue;
        place++;
        if (code == CSIGN_E_POLICY_ROLLED_BACK) /* another is in force already */
            continue;
        ++*ret_missing;
        worst = code;
        if (fault)
            *fault = why;
    }
    return worst;
}

/* --- the stream --- */

static csign_code take_leaves(struct watched *w, span object, csign_fault *fault)
{
    struct event event;
    csign_gate *gate = NULL;
    csign_code code = csign_gate_apply_event(w->gate, object, &gate, fault);
    TRY(next(w, gate, code));
    w->scratch.size = 0;
    TRY(event_read(object, &w->scratch, &event, fault));
    show(w, event.first, event.leaves, event.count, event.checkpoint);
    return CSIGN_OK;
}

csign_code watched_take(struct watched *w, const struct server_event *event, csign_fault *fault)
{
    csign_gate *gate = NULL;
    csign_code code = CSIGN_OK;
    if (event->kind == SERVER_EVENT_LOG) {
        code = take_leaves(w, event->data, fault);
    } else if (event->kind == SERVER_EVENT_FRESH) {
        code = csign_gate_apply_checkpoint(w->gate, event->data, &gate, fault);
        code = next(w, gate, code);
        if (w->calls && code == CSIGN_OK)
            w->calls->checkpoint(w->context, event->data);
    }
    return code == CSIGN_E_CHECKPOINT_ROLLED_BACK ? CSIGN_OK : code;
}
