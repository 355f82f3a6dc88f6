#include "holding.h"
#include "event.h"
#include "hash.h"
#include "note.h"

#include <sodium.h>
#include <stdlib.h>

/* --- showing and keeping --- */

static csign_gate_info describe(const csign_gate *gate)
{
    csign_gate_info info;
    csign_gate_describe(gate, &info);
    return info;
}

bool holding_has_root(const struct holding *h)
{
    return describe(h->gate).marks.root_version > 0;
}

static csign_code show(struct holding *h, csign_gate *next)
{
    TRY(newest_swap(h->newest, next));
    h->gate = next;
    return CSIGN_OK;
}

static csign_code keep_and_tell(struct holding *h, struct keeping *k)
{
    csign_code code = keep(h->ledger, k);
    if (code == CSIGN_OK)
        problem_over(h->problems, PROBLEM_FILE);
    else
        problem_set(h->problems, PROBLEM_FILE, "keep what the registry sent", code, NULL);
    return code;
}

/* Two histories of one log: nothing is released until the root names another, and both notes are kept (PROTOCOL 3). */
static csign_code take_equivocation(struct holding *h, csign_gate *next, span note, csign_fault *fault)
{
    struct keeping k = {.held_note = span_of(h->checkpoint, h->checkpoint_size), .seen_note = note,
                        .at_ms = newest_now(h->newest).now_ms};
    TRY(show(h, next));
    problem_set(h->problems, PROBLEM_EQUIVOCATION, "trust the status log", CSIGN_E_EQUIVOCATION, fault);
    (void)keep_and_tell(h, &k);
    return CSIGN_E_EQUIVOCATION;
}

/*
 * Shows a state that leaves or a checkpoint made, and keeps both. The time that is kept as a mark is the checkpoint's: what a
 * fresh note vouched for later cannot be replayed from the file, and the next start asks for a fresh note anyway.
 */
static csign_code take(struct holding *h, csign_gate *next, span leaves, uint64_t first, span checkpoint)
{
    const int64_t before = describe(h->gate).marks.evidence_time;
    const csign_gate_info info = describe(next);
    struct keeping k = {.checkpoint = checkpoint, .marks = info.marks};
    TRY(show(h, next));
    if (info.marks.evidence_time > before)
        h->kept_time = info.marks.evidence_time;
    newest_saw(h->newest, info.marks.evidence_time, true, h->nonce_answered || h->offline);
    memcpy(h->checkpoint, checkpoint.data, checkpoint.size);
    h->checkpoint_size = checkpoint.size;
    k.marks.evidence_time = h->kept_time;
    k.seen = info.marks.evidence_time;
    const uint64_t count = leaves.size / LEAF_SIZE, skip = h->kept_size > first ? h->kept_size - first : 0;
    if (count > skip) {
        k.leaves = span_of(leaves.data + skip * LEAF_SIZE, (size_t)(count - skip) * LEAF_SIZE);
        k.first = first + skip;
    }
    if (keep_and_tell(h, &k) == CSIGN_OK && count > skip && k.first == h->kept_size)
        h->kept_size = first + count;
    return CSIGN_OK;
}

/* --- applying --- */

csign_code hold_leaves(struct holding *h, const uint8_t *leaves, uint64_t count, span checkpoint, csign_fault *fault)
{
    csign_gate *next = NULL;
    const uint64_t first = h->replayed;
    csign_code code = csign_gate_apply_leaves(h->gate, leaves, count, checkpoint, &next, fault);
    if (code == CSIGN_E_EQUIVOCATION)
        return take_equivocation(h, next, checkpoint, fault);
    TRY(code);
    h->replayed += count;
    return take(h, next, span_of(leaves, (size_t)count * LEAF_SIZE), first, checkpoint);
}

csign_code hold_event(struct holding *h, span bytes, csign_fault *fault)
{
    static const size_t room = EVENT_LEAVES_MAX * LEAF_SIZE;
    struct event event;
    csign_gate *next = NULL;
    uint8_t *memory = malloc(room);
    if (!memory)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    struct buffer scratch = buffer_open(memory, room);
    csign_code code = event_read(bytes, &scratch, &event, fault);
    if (code == CSIGN_OK)
        code = csign_gate_apply_event(h->gate, bytes, &next, fault);
    if (code == CSIGN_E_EQUIVOCATION) {
        code = take_equivocation(h, next, event.checkpoint, fault);
    } else if (code == CSIGN_OK) {
        h->replayed = event.first + event.count;
        code = take(h, next, span_of(event.leaves, event.count * LEAF_SIZE), event.first, event.checkpoint);
    }
    free(memory);
    return code;
}

csign_code hold_fresh(struct holding *h, span note, csign_fault *fault)
{
    csign_gate *next = NULL;
    csign_code code = csign_gate_apply_fresh(h->gate, note, &next, fault);
    if (code == CSIGN_E_EQUIVOCATION)
        return take_equivocation(h, next, note, fault);
    TRY(code);
    TRY(show(h, next));
    h->nonce_answered = true;
    newest_saw(h->newest, describe(next).marks.evidence_time, true, true);
    return CSIGN_OK;
}

csign_code hold_policy(struct holding *h, span note, const uint8_t name[24], bool is_new, csign_fault *fault)
{
    csign_gate *next = NULL;
    TRY(csign_gate_apply_wanted(h->gate, name, note, &next, fault));
    TRY(show(h, next));
    if (is_new) {
        struct keeping k = {.policy_note = note, .policy_name = name};
        (void)keep_and_tell(h, &k);
    }
    return CSIGN_OK;
}

static csign_code hash_of_note(span bytes, uint8_t ret[CSIGN_HASH_SIZE], csign_fault *fault)
{
    uint8_t *memory = malloc(bytes.size + sizeof(struct note));
    if (!memory)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    struct note *note = (struct note *)(void *)memory;
    struct buffer scratch = buffer_open(memory + sizeof *note, bytes.size);
    csign_code code = note_read(bytes, &scratch, note, fault);
    if (code == CSIGN_OK)
        note_hash(note, ret);
    free(memory);
    return code;
}

csign_code hold_root(struct holding *h, span note, csign_fault *fault)
{
    csign_gate *next = NULL;
    uint8_t hash[CSIGN_HASH_SIZE];
    const csign_gate_info before = describe(h->gate);
    TRY(hash_of_note(note, hash, fault));
    TRY(csign_gate_apply_root(h->gate, note, &next, fault));
    const csign_gate_info after = describe(next);
    /* Whoever saw two histories describes the marks of its start: those of a new file are 0. */
    const bool is_new_log = after.marks.log_size < before.marks.log_size || after.is_distrusted < before.is_distrusted;
    struct keeping k = {.root_note = note, .root_version = after.marks.root_version, .root_hash = hash};
    if (is_new_log) {
        k.drops_leaves = true;
        k.checkpoint = SPAN("");
        k.marks = after.marks;
    }
    csign_code code = keep_and_tell(h, &k); /* persisted before it is used */
    if (code != CSIGN_OK) {
        csign_gate_free(&next);
        return code;
    }
    TRY(show(h, next));
    if (is_new_log) {
        h->kept_size = h->replayed = h->checkpoint_size = 0;
        h->kept_time = 0;
        problem_over(h->problems, PROBLEM_EQUIVOCATION);
    }
    h->nonce_answered = false; /* the root may have changed who vouches; to ask once more costs nothing */
    newest_forget(h->newest, after.marks.evidence_time);
    return CSIGN_OK;
}

/* --- opening --- */

void hold_kept_policies(struct holding *h)
{
    csign_gate_want want;
    for (size_t place = 0; csign_gate_wants(h->gate, place, &want);) {
        uint8_t *note = NULL;
        size_t size = 0;
        if (!want.is_policy || kept_policy(&h->reader, want.note, &note, &size) != CSIGN_OK || !note ||
            hold_policy(h, span_of(note, size), want.note, false, NULL) != CSIGN_OK)
            place++;
        free(note);
    }
}

csign_code holding_drop_leaves(struct holding *h)
{
    struct keeping k = {.drops_leaves = true};
    h->kept_size = 0;
    return keep_and_tell(h, &k);
}

/* What is kept is replayed as if it came from the registry: verified, all of it. What does not verify is fetched again. */
static csign_code replay(struct holding *h, const struct kept *kept)
{
    uint8_t *leaves = NULL;
    uint64_t count = 0;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    TRY(kept_leaves(&h->reader, 0, kept->marks.log_size, &leaves, &count));
    h->kept_size = count;
    if (count == kept->marks.log_size && count > 0 && kept->checkpoint && kept->checkpoint_size <= CHECKPOINT_MAX) {
        csign_code code = hold_leaves(h, leaves, count, span_of(kept->checkpoint, kept->checkpoint_size), &fault);
        if (code != CSIGN_OK)
            problems_tell(h->problems, "what the file holds of the log is not used: %s %s", csign_code_name(code), fault.reason);
        else
            hold_kept_policies(h);
    }
    free(leaves);
    return CSIGN_OK;
}

/* A root that was pinned anew must be one of those that this file began with or came to. */
static csign_code check_pin(struct holding *h, const csign_gate_options *options, csign_fault *fault)
{
    uint8_t hash[CSIGN_HASH_SIZE];
    if (options->root_hash)
        memcpy(hash, options->root_hash, sizeof hash);
    else if (options->root.data)
        TRY(hash_of_note(options->root, hash, fault));
    else
        return CSIGN_OK;
    csign_code code = kept_find_root(&h->reader, hash);
    return code == CSIGN_E_NOT_FOUND ? fault_set(fault, CSIGN_E_ROOT_HASH, "root", "the file holds other roots than this one") : code;
}

static csign_code open_gate(struct holding *h, const csign_gate_options *options, struct kept *kept, csign_fault *fault)
{
    csign_gate_options with = *options;
    csign_gate *gate = NULL;
    memcpy(with.nonce, h->nonce, sizeof with.nonce);
    with.marks = &kept->marks;
    if (kept->root) {
        TRY(check_pin(h, options, fault));
        with.root = span_of(kept->root, kept->root_size);
        with.root_hash = NULL;
        if (kept->root_version > kept->marks.root_version)
            kept->marks.root_version = kept->root_version;
    }
    TRY(csign_gate_open(&with, &gate, fault));
    TRY(show(h, gate));
    h->kept_time = kept->marks.evidence_time;
    newest_saw(h->newest, kept->seen, false, false);
    if (kept->root || !options->root.data)
        return CSIGN_OK;
    uint8_t hash[CSIGN_HASH_SIZE];
    struct keeping k = {.root_note = options->root, .root_version = describe(gate).marks.root_version, .root_hash = hash};
    TRY(hash_of_note(options->root, hash, fault));
    return keep_and_tell(h, &k);
}

csign_code holding_open(struct holding *h, const csign_gate_options *options, csign_fault *fault)
{
    struct kept kept;
    randombytes_buf(h->nonce, sizeof h->nonce);
    h->offline = options->offline != 0;
    csign_code code = ledger_reader(h->ledger, &h->reader);
    if (code == CSIGN_OK)
        code = kept_read(&h->reader, &kept);
    if (code != CSIGN_OK)
        return fault_set(fault, code, "file", "cannot be read");
    code = open_gate(h, options, &kept, fault);
    if (code == CSIGN_OK && kept.marks.is_distrusted)
        problem_set(h->problems, PROBLEM_EQUIVOCATION, "trust the status log", CSIGN_E_EQUIVOCATION, NULL);
    if (code == CSIGN_OK && replay(h, &kept) != CSIGN_OK)
        code = fault_set(fault, CSIGN_E_UNAVAILABLE, "file", "its leaves cannot be read");
    kept_free(&kept);
    return code;
}

void holding_close(struct holding *h)
{
    connection_close(&h->reader);
}
