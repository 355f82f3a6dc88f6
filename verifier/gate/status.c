#include "status.h"
#include "share.h"

#include <stdlib.h>

bool status_copy(struct status *to, const struct status *from)
{
    *to = *from;
    to->chunks = NULL;
    to->chunk_count = 0;
    to->cuts = share_keep(from->cuts);
    to->policies = share_keep(from->policies);
    if (from->chunk_count == 0)
        return true;
    to->chunks = malloc(from->chunk_count * sizeof(struct status_chunk *));
    if (!to->chunks) {
        status_free(to);
        return false;
    }
    for (; to->chunk_count < from->chunk_count; to->chunk_count++)
        to->chunks[to->chunk_count] = share_keep(from->chunks[to->chunk_count]);
    return true;
}

void status_free(struct status *status)
{
    for (size_t i = 0; i < status->chunk_count; i++)
        share_drop(status->chunks[i]);
    free(status->chunks);
    share_drop(status->cuts);
    share_drop(status->policies);
    memset(status, 0, sizeof *status);
}

static csign_code malformed(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_LEAF_MALFORMED, field, reason);
}

static csign_code no_memory(csign_fault *fault)
{
    return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
}

/* The chunk of an index, as one that may be changed. */
static struct status_chunk *own_chunk(struct status *s, uint64_t index)
{
    struct status_chunk **place = &s->chunks[index / STATUS_CHUNK];
    if (!share_is_own(*place)) {
        struct status_chunk *copy = share_new(sizeof *copy);
        if (!copy)
            return NULL;
        memcpy(copy, *place, sizeof *copy);
        share_drop(*place);
        *place = copy;
    }
    return *place;
}

static csign_code apply_binding(struct status *s, const struct leaf *leaf, csign_fault *fault)
{
    if (leaf->binding.index != s->bindings)
        return malformed(fault, "index", "a binding out of sequence");
    if (s->bindings / STATUS_CHUNK == s->chunk_count) {
        struct status_chunk **chunks = realloc(s->chunks, (s->chunk_count + 1) * sizeof *chunks);
        if (!chunks)
            return no_memory(fault);
        s->chunks = chunks;
        chunks[s->chunk_count] = share_new(sizeof **chunks);
        if (!chunks[s->chunk_count])
            return no_memory(fault);
        s->chunk_count++;
    }
    struct status_chunk *chunk = own_chunk(s, s->bindings);
    if (!chunk)
        return no_memory(fault);
    memcpy(chunk->commit[s->bindings % STATUS_CHUNK], leaf->binding.commit, STATUS_COMMIT);
    s->bindings++;
    return CSIGN_OK;
}

static csign_code apply_end(struct status *s, const struct leaf *leaf, csign_fault *fault)
{
    if (leaf->end.index >= s->bindings)
        return malformed(fault, "index", "the end of an index that was never live");
    if (leaf->end.effective_ms > leaf->end.recorded_ms)
        return malformed(fault, "effective", "takes effect after it was recorded");
    struct status_chunk *chunk = own_chunk(s, leaf->end.index);
    if (!chunk)
        return no_memory(fault);
    chunk->ended[leaf->end.index % STATUS_CHUNK] = (uint8_t)leaf->end.code;
    return CSIGN_OK;
}

static int cut_compare(const struct status_cut *cut, enum cut_kind kind, const uint8_t id[16])
{
    return cut->kind != kind ? (cut->kind < kind ? -1 : 1) : memcmp(cut->id, id, sizeof cut->id);
}

/* The place of a cut in the ordered table, or where it would stand. */
static size_t cut_place(const struct status *s, enum cut_kind kind, const uint8_t id[16])
{
    size_t low = 0, high = s->cut_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cut_compare(&s->cuts[middle], kind, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool cut_at(const struct status *s, size_t place, enum cut_kind kind, const uint8_t id[16])
{
    return place < s->cut_count && cut_compare(&s->cuts[place], kind, id) == 0;
}

/* A shared table with `gap` more room at `place`: for tables that change rarely. */
static void *grown(void *table, size_t count, size_t size, size_t place, size_t gap)
{
    uint8_t *next = share_new((count + gap) * size);
    if (next && count) {
        memcpy(next, table, place * size);
        memcpy(next + (place + gap) * size, (uint8_t *)table + place * size, (count - place) * size);
    }
    return next;
}

static csign_code apply_cut(struct status *s, const struct leaf *leaf, csign_fault *fault)
{
    size_t place = cut_place(s, leaf->cut.kind, leaf->cut.id);
    bool known = cut_at(s, place, leaf->cut.kind, leaf->cut.id);
    if (known && leaf->cut.cut_ms <= s->cuts[place].cut_ms)
        return malformed(fault, "cut", "not later than the cut before it");
    struct status_cut *cuts = grown(s->cuts, s->cut_count, sizeof *cuts, place, known ? 0 : 1);
    if (!cuts)
        return no_memory(fault);
    cuts[place] = (struct status_cut){.kind = leaf->cut.kind, .cut_ms = leaf->cut.cut_ms};
    memcpy(cuts[place].id, leaf->cut.id, sizeof cuts[place].id);
    share_drop(s->cuts);
    s->cuts = cuts;
    s->cut_count += known ? 0 : 1;
    return CSIGN_OK;
}

static csign_code apply_floor(struct status *s, const struct leaf *leaf, csign_fault *fault)
{
    if (leaf->floor.floor < s->floor)
        return malformed(fault, "floor", "a floor that falls");
    if (leaf->floor.floor > s->bindings)
        return malformed(fault, "floor", "above the number of bindings");
    s->floor = leaf->floor.floor;
    return CSIGN_OK;
}

static csign_code apply_policy(struct status *s, const struct leaf *leaf, csign_fault *fault)
{
    size_t place = 0;
    while (place < s->policy_count && memcmp(s->policies[place].id, leaf->policy.id, sizeof leaf->policy.id) <= 0)
        place++;
    if (place > 0 && memcmp(s->policies[place - 1].id, leaf->policy.id, sizeof leaf->policy.id) == 0 &&
        leaf->policy.version <= s->policies[place - 1].version)
        return malformed(fault, "version", "not above the version that the log named before");
    struct status_policy *policies = grown(s->policies, s->policy_count, sizeof *policies, place, 1);
    if (!policies)
        return no_memory(fault);
    struct status_policy *named = &policies[place];
    memcpy(named->id, leaf->policy.id, sizeof named->id);
    memcpy(named->note, leaf->policy.note, sizeof named->note);
    named->version = leaf->policy.version;
    named->effective_ms = leaf->policy.effective_ms;
    named->leaf = s->range.size;
    share_drop(s->policies);
    s->policies = policies;
    s->policy_count++;
    return CSIGN_OK;
}

static csign_code apply_root(struct status *s, const struct leaf *leaf, csign_fault *fault)
{
    if (leaf->root.version <= s->root_version)
        return malformed(fault, "version", "not above the root version that the log named before");
    s->root_version = leaf->root.version;
    memcpy(s->root_hash, leaf->root.hash, sizeof s->root_hash);
    return CSIGN_OK;
}

static csign_code apply(struct status *s, const struct leaf *leaf, csign_fault *fault)
{
    if (s->range.size == 0 && leaf->type != LEAF_ROOT)
        return malformed(fault, "type", "the first leaf of a log names its root");
    switch (leaf->type) {
    case LEAF_BINDING:
        return apply_binding(s, leaf, fault);
    case LEAF_END:
        return apply_end(s, leaf, fault);
    case LEAF_CUT:
        return apply_cut(s, leaf, fault);
    case LEAF_FLOOR:
        return apply_floor(s, leaf, fault);
    case LEAF_POLICY:
        return apply_policy(s, leaf, fault);
    case LEAF_ROOT:
        return apply_root(s, leaf, fault);
    }
    return malformed(fault, "type", "unknown");
}

csign_code status_apply(struct status *status, span bytes, csign_fault *fault)
{
    struct leaf leaf;
    struct merkle_hash hash = merkle_leaf(bytes);
    TRY(leaf_read(bytes, &leaf, fault));
    TRY(apply(status, &leaf, fault));
    return merkle_range_append(&status->range, &hash) ? CSIGN_OK : malformed(fault, "size", "the log is full");
}

const uint8_t *status_commit(const struct status *s, uint64_t index)
{
    return s->chunks[index / STATUS_CHUNK]->commit[index % STATUS_CHUNK];
}

uint8_t status_ended(const struct status *s, uint64_t index)
{
    return s->chunks[index / STATUS_CHUNK]->ended[index % STATUS_CHUNK];
}

uint64_t status_cut_ms(const struct status *s, enum cut_kind kind, const uint8_t id[16])
{
    size_t place = cut_place(s, kind, id);
    return cut_at(s, place, kind, id) ? s->cuts[place].cut_ms : 0;
}
