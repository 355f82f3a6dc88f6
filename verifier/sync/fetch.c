/* What a gate fetches: trust roots in turn, the log by its entries tiles, policies by the names that leaves give them. */
#include "follow.h"
#include "base64.h"
#include "hash.h"
#include "leaf.h"
#include "note.h"
#include "policy.h"
#include "tile.h"

#include <stdio.h>
#include <stdlib.h>

#define ROOTS_MAX     1024u /* LOG 3.2 */
#define ENTRY_BYTES   (LEAF_SIZE + 2u)
#define ENTRIES_BYTES (TILE_WIDTH * ENTRY_BYTES)

/* --- roots --- */

static csign_code fetch_root(struct follower *f, uint64_t version, csign_fault *fault)
{
    char path[64];
    struct reply reply;
    snprintf(path, sizeof path, "/trust/%llu", (unsigned long long)version);
    TRY(client_get(f->client, path, CSIGN_ROOT_MAX, &reply, fault));
    return hold_root(f->holding, reply.body, fault);
}

/* The first root is the one whose hash was pinned, whatever its version is: the gate refuses all others. */
static csign_code fetch_first_root(struct follower *f, csign_fault *fault)
{
    csign_code code = CSIGN_E_ROOT_HASH;
    for (uint64_t version = 1; code == CSIGN_E_ROOT_HASH && version <= ROOTS_MAX; version++)
        code = fetch_root(f, version, fault);
    return code == CSIGN_E_NOT_FOUND ? fault_set(fault, CSIGN_E_ROOT_HASH, "root", "the registry has no root of this hash") : code;
}

csign_code fetch_roots(struct follower *f, csign_fault *fault)
{
    if (!holding_has_root(f->holding))
        TRY(fetch_first_root(f, fault));
    csign_code code = CSIGN_OK;
    for (unsigned i = 0; code == CSIGN_OK && i < ROOTS_MAX; i++) {
        csign_gate_info info;
        csign_gate_describe(f->holding->gate, &info);
        code = fetch_root(f, info.marks.root_version + 1, fault);
        if (code == CSIGN_OK)
            f->asks_fresh = true;
    }
    return code == CSIGN_E_NOT_FOUND ? CSIGN_OK : code;
}

/* --- the log --- */

/* Appends the leaves from `from` to the end of the tile that they are in. */
static csign_code fetch_tile(struct follower *f, uint64_t from, uint64_t size, struct buffer *leaves, csign_fault *fault)
{
    const struct tile tile = tile_of_entry(size, from);
    uint8_t memory[TILE_WIDTH * LEAF_SIZE];
    struct buffer all = buffer_open(memory, sizeof memory);
    char path[128] = "/status/";
    struct buffer out = buffer_open(path + strlen(path), sizeof path - strlen(path) - 1);
    struct reply reply;
    tile_path_write(&out, &tile);
    TRY(client_get(f->client, path, ENTRIES_BYTES, &reply, fault));
    TRY(tile_entries_read(reply.body, tile.width, LEAF_SIZE, &all, fault));
    const size_t skip = (size_t)(from % TILE_WIDTH) * LEAF_SIZE;
    buffer_put(leaves, span_of(all.data + skip, all.size - skip));
    return CSIGN_OK;
}

/* All leaves behind those that the gate holds, up to `size`: what the ledger keeps, and then tiles. */
static csign_code gather(struct follower *f, uint64_t size, uint8_t **ret, bool *ret_used_kept, csign_fault *fault)
{
    struct holding *h = f->holding;
    const uint64_t first = h->replayed;
    uint64_t kept_count = 0;
    uint8_t *kept = NULL;
    TRY(kept_leaves(&h->reader, first, size < h->kept_size ? size : h->kept_size, &kept, &kept_count));
    const size_t room = (size_t)(size - first) * LEAF_SIZE;
    uint8_t *memory = malloc(room);
    if (!memory) {
        free(kept);
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    }
    struct buffer leaves = buffer_open(memory, room);
    buffer_put(&leaves, span_of(kept, (size_t)kept_count * LEAF_SIZE));
    free(kept);
    csign_code code = CSIGN_OK;
    while (code == CSIGN_OK && leaves.size < room)
        code = fetch_tile(f, first + leaves.size / LEAF_SIZE, size, &leaves, fault);
    if (code != CSIGN_OK) {
        free(memory);
        return code;
    }
    *ret = memory;
    *ret_used_kept = kept_count > 0;
    return CSIGN_OK;
}

csign_code fetch_log(struct follower *f, csign_fault *fault)
{
    struct holding *h = f->holding;
    uint8_t checkpoint[CHECKPOINT_MAX], memory[CHECKPOINT_MAX], *leaves = NULL;
    uint64_t size = 0;
    bool used_kept = false;
    struct reply reply;
    TRY(client_get(f->client, "/status/checkpoint", CHECKPOINT_MAX, &reply, fault));
    const span note = span_of(checkpoint, reply.body.size);
    memcpy(checkpoint, reply.body.data, reply.body.size);
    TRY(checkpoint_note_size(note, CHECKPOINT_HELD_MAX, buffer_open(memory, sizeof memory), &size, fault));
    if (size <= h->replayed) { /* the gate says what it is if it is smaller */
        csign_code code = hold_leaves(h, NULL, 0, note, fault);
        return size == h->replayed && code == CSIGN_E_CHECKPOINT_ROLLED_BACK ? CSIGN_OK : code; /* a cache's, a little older */
    }
    TRY(gather(f, size, &leaves, &used_kept, fault));
    csign_code code = hold_leaves(h, leaves, size - h->replayed, note, fault);
    free(leaves);
    if (used_kept && (code == CSIGN_E_PROOF_BAD || code == CSIGN_E_LEAF_MALFORMED)) {
        TRY(holding_drop_leaves(h));
        return fault_set(fault, CSIGN_E_UNAVAILABLE, "file", "its leaves do not lead to the signed tree: fetched again");
    }
    return code;
}

/* --- policies, and roots that the log names --- */

static csign_code fetch_policy(struct follower *f, const uint8_t name[24], csign_fault *fault)
{
    char path[64] = "/policies/";
    struct buffer out = buffer_open(path + strlen(path), sizeof path - strlen(path) - 1);
    struct reply reply;
    base64url_encode(&out, span_of(name, 24));
    TRY(client_get(f->client, path, POLICY_NOTE_MAX, &reply, fault));
    return hold_policy(f->holding, reply.body, name, true, fault);
}

static bool is_past(const struct follower *f, const uint8_t name[24])
{
    for (size_t i = 0; i < f->past_count; i++)
        if (memcmp(f->past[i], name, 24) == 0)
            return true;
    return false;
}

static void remember_past(struct follower *f, const uint8_t name[24])
{
    if (!is_past(f, name) && f->past_count < PAST_MAX)
        memcpy(f->past[f->past_count++], name, 24);
}

/* A policy that cannot be had leaves its acts refused; what is wrong with one keeps nobody from the others. */
csign_code fetch_wants(struct follower *f, csign_fault *fault)
{
    csign_gate_want want;
    bool all = true;
    hold_kept_policies(f->holding);
    for (size_t place = 0; csign_gate_wants(f->holding->gate, place, &want);) {
        if (!want.is_policy) {
            TRY(fetch_root(f, want.version, fault));
            f->asks_fresh = true;
            continue;
        }
        csign_code code = is_past(f, want.note) ? CSIGN_E_POLICY_ROLLED_BACK : fetch_policy(f, want.note, fault);
        if (code == CSIGN_OK)
            continue;
        place++;
        if (code == CSIGN_E_POLICY_ROLLED_BACK) {
            remember_past(f, want.note);
            continue;
        }
        if (code == CSIGN_E_UNAVAILABLE)
            return code;
        all = false;
        problem_set(f->problems, PROBLEM_POLICY, "hold a policy that the log names", code, fault);
    }
    if (all)
        problem_over(f->problems, PROBLEM_POLICY);
    return CSIGN_OK;
}

/* --- the fresh note of a start --- */

/* The log may have moved on since it was caught up with: then the stream brings what is missing, and it is asked again. */
csign_code fetch_fresh(struct follower *f, csign_fault *fault)
{
    char path[64] = "/status/fresh?nonce=";
    struct buffer out = buffer_open(path + strlen(path), sizeof path - strlen(path) - 1);
    struct reply reply;
    base64url_encode(&out, span_of(f->holding->nonce, CSIGN_NONCE_SIZE));
    TRY(client_get(f->client, path, CHECKPOINT_MAX, &reply, fault));
    csign_code code = hold_fresh(f->holding, reply.body, fault);
    if (code == CSIGN_OK)
        f->asks_fresh = false;
    return code == CSIGN_E_PROOF_BAD || code == CSIGN_E_CHECKPOINT_ROLLED_BACK ? CSIGN_OK : code;
}
