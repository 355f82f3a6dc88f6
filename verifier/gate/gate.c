#include "gate.h"
#include "fresh.h"
#include "share.h"

#include <stdlib.h>

static csign_code no_memory(csign_fault *fault)
{
    return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
}

void csign_gate_free(csign_gate **gate)
{
    if (!gate || !*gate)
        return;
    csign_gate *g = *gate;
    gate_drop_policies(g);
    status_free(&g->status);
    share_drop(g->root);
    share_drop(g->opening);
    free(g);
    *gate = NULL;
}

csign_gate *gate_copy(const csign_gate *gate)
{
    csign_gate *next = malloc(sizeof *next);
    if (!next)
        return NULL;
    *next = *gate;
    next->policies = NULL;
    next->policy_count = 0;
    next->opening = share_keep(gate->opening);
    next->root = share_keep(gate->root);
    if (!status_copy(&next->status, &gate->status) || gate_match_policies(next, gate, NULL) != CSIGN_OK)
        csign_gate_free(&next);
    return next;
}

/* --- opening --- */

static csign_code read_root(span bytes, struct held_root **ret, csign_fault *fault)
{
    if (bytes.size > CSIGN_ROOT_MAX)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "root", "longer than 64 KiB");
    size_t room = bytes.size + ROOT_SCRATCH(bytes.size);
    struct held_root *held = share_new(sizeof *held + room);
    if (!held)
        return no_memory(fault);
    struct buffer memory = buffer_open(held + 1, room);
    buffer_put(&memory, bytes);
    held->note = buffer_span(&memory);
    csign_code code = root_read(held->note, &memory, &held->root, fault);
    if (code != CSIGN_OK) {
        share_drop(held);
        return code;
    }
    *ret = held;
    return CSIGN_OK;
}

/* What a root must be for this gate, whether it is the first or the next. */
static csign_code check_root(const csign_gate *gate, const struct root *root, csign_fault *fault)
{
    if (gate->opening->accept_test && root->kind == ROOT_PRODUCTION)
        return fault_set(fault, CSIGN_E_ROOT_KIND, "kind", "a production root, and the gate was opened for test roots");
    if (root->version < gate->marks.root_version)
        return fault_set(fault, CSIGN_E_ROOT_VERSION, "version", "older than one seen before");
    return CSIGN_OK;
}

static csign_code pin_root(csign_gate *gate, span note, csign_fault *fault)
{
    struct held_root *held = NULL;
    TRY(read_root(note, &held, fault));
    csign_code code = check_root(gate, &held->root, fault);
    if (code == CSIGN_OK && gate->opening->by_hash && !hash_equal(held->root.hash, gate->opening->root_hash))
        code = fault_set(fault, CSIGN_E_ROOT_HASH, "", "not the root whose hash was given");
    if (code != CSIGN_OK) {
        share_drop(held);
        return code;
    }
    gate->root = held;
    return CSIGN_OK;
}

static csign_code make_opening(const csign_gate_options *options, struct opening **ret, csign_fault *fault)
{
    bool has_overlay = options->overlay.data != NULL;
    size_t room = options->deployment.size + (has_overlay ? options->overlay.size + POLICY_SCRATCH(options->overlay.size) : 0);
    if (options->overlay.size > CSIGN_OVERLAY_MAX)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "overlay", "longer than 16 KiB");
    struct opening *opening = share_new(sizeof *opening + room);
    if (!opening)
        return no_memory(fault);
    *ret = opening;
    struct buffer memory = buffer_open(opening + 1, room);
    buffer_put(&memory, options->deployment);
    opening->deployment = buffer_span(&memory);
    opening->has_overlay = has_overlay;
    if (has_overlay) {
        size_t from = memory.size;
        buffer_put(&memory, options->overlay);
        TRY(overlay_read(buffer_since(&memory, from), &memory, &opening->overlay, fault));
    }
    opening->accept_test = options->accept_test != 0;
    opening->offline = options->offline != 0;
    opening->by_hash = options->root_hash != NULL;
    if (options->root_hash)
        memcpy(opening->root_hash, options->root_hash, sizeof opening->root_hash);
    memcpy(opening->nonce, options->nonce, sizeof opening->nonce);
    return CSIGN_OK;
}

csign_code csign_gate_open(const csign_gate_options *options, csign_gate **ret_gate, csign_fault *fault)
{
    if (!options || !ret_gate || options->struct_size != sizeof *options)
        return fault_set(fault, CSIGN_E_ARGUMENT, "options", "missing, or of another version of the header");
    if (!text_is_id(options->deployment))
        return fault_set(fault, CSIGN_E_ARGUMENT, "deployment", "not an id: 1 to 64 of A-Z a-z 0-9 . _ : -");
    if (!options->root.data && !options->root_hash)
        return fault_set(fault, CSIGN_E_ARGUMENT, "root", "neither a root nor its hash: there is no trust on first use");
    csign_gate *gate = calloc(1, sizeof *gate);
    if (!gate)
        return no_memory(fault);
    gate->tree_root = merkle_range_root(&gate->status.range);
    if (options->marks) {
        gate->marks = *options->marks;
        gate->distrusted = options->marks->is_distrusted != 0;
    }
    csign_code code = make_opening(options, &gate->opening, fault);
    if (code == CSIGN_OK && options->root.data)
        code = pin_root(gate, options->root, fault);
    if (code != CSIGN_OK) {
        csign_gate_free(&gate);
        return code;
    }
    *ret_gate = gate;
    return CSIGN_OK;
}

/* --- applying --- */

/* Hands the next state over, or frees it: the end of every apply function. */
static csign_code finish(csign_gate *next, csign_code code, csign_gate **ret_gate)
{
    if (code == CSIGN_OK || code == CSIGN_E_EQUIVOCATION)
        *ret_gate = next;
    else
        csign_gate_free(&next);
    return code;
}

static csign_code begin(const csign_gate *gate, csign_gate **ret_gate, bool needs_root, csign_gate **ret_next,
                        csign_fault *fault)
{
    if (!gate || !ret_gate)
        return fault_set(fault, CSIGN_E_ARGUMENT, "gate", "missing");
    if (needs_root && !gate->root)
        return fault_set(fault, CSIGN_E_ROOT_MISSING, "root", "the gate holds no root yet");
    *ret_next = gate_copy(gate);
    return *ret_next ? CSIGN_OK : no_memory(fault);
}

static bool same_validity(struct validity a, struct validity b)
{
    return a.not_before == b.not_before && a.expires == b.expires;
}

/* Whether two roots take the same word for evidence: the same log keys, freshness keys, validities and k. */
static bool same_evidence(const struct root *a, const struct root *b)
{
    bool same = a->freshness == b->freshness && a->fresh_count == b->fresh_count && a->statuslog_count == b->statuslog_count;
    for (size_t i = 0; same && i < a->fresh_count; i++)
        same = vkey_same_key(&a->fresh[i].vkey, &b->fresh[i].vkey) && same_validity(a->fresh[i].validity, b->fresh[i].validity);
    for (size_t i = 0; same && i < a->statuslog_count; i++)
        same = vkey_same_key(&a->statuslogs[i].vkey, &b->statuslogs[i].vkey) &&
               same_validity(a->statuslogs[i].validity, b->statuslogs[i].validity);
    return same;
}

static bool has_fresh_key(const struct root *root, const struct vkey *vkey)
{
    for (size_t i = 0; i < root->fresh_count; i++)
        if (vkey_same_key(vkey, &root->fresh[i].vkey))
            return true;
    return false;
}

static void forget_evidence(csign_gate *gate)
{
    gate->has_evidence = gate->nonce_answered = false;
    gate->evidence_time = 0;
    gate->vouched_size = gate->vouched_bindings = 0;
}

/*
 * A new status log begins with nothing known. Evidence that the new root might not back is asked for again; its time still
 * binds, unless a freshness key is gone, which takes its word with it (LOG 3.3).
 */
static void forget_what_the_root_dropped(csign_gate *gate, const struct root *old)
{
    const struct root *root = &gate->root->root;
    bool dropped = false;
    if (!span_equal(old->statuslogs[0].vkey.name, root->statuslogs[0].vkey.name)) {
        gate_drop_policies(gate);
        status_free(&gate->status);
        gate->tree_root = merkle_range_root(&gate->status.range);
        gate->distrusted = false;
        gate->marks = (struct csign_marks){.root_version = root->version};
        forget_evidence(gate);
        return;
    }
    for (size_t i = 0; i < old->fresh_count; i++)
        dropped |= !has_fresh_key(root, &old->fresh[i].vkey);
    if (gate->has_evidence && gate->evidence_time > gate->marks.evidence_time)
        gate->marks.evidence_time = gate->evidence_time;
    if (dropped)
        gate->marks.evidence_time = 0;
    if (!same_evidence(old, root))
        forget_evidence(gate);
}

static csign_code next_root(csign_gate *gate, span note, csign_fault *fault)
{
    struct held_root *held = NULL, *old = gate->root;
    TRY(read_root(note, &held, fault));
    csign_code code = root_check_next(&old->root, &held->root, held->note, fault);
    if (code == CSIGN_OK)
        code = check_root(gate, &held->root, fault);
    if (code == CSIGN_OK && held->root.version == gate->status.root_version &&
        !hash_equal(held->root.hash, gate->status.root_hash))
        code = fault_set(fault, CSIGN_E_ROOT_HASH, "", "the log names another root of this version");
    if (code != CSIGN_OK) {
        share_drop(held);
        return code;
    }
    gate->root = held;
    forget_what_the_root_dropped(gate, &old->root);
    share_drop(old);
    gate_recheck_policies(gate);
    return CSIGN_OK;
}

csign_code csign_gate_apply_root(const csign_gate *gate, csign_span note, csign_gate **ret_gate, csign_fault *fault)
{
    csign_gate *next = NULL;
    TRY(begin(gate, ret_gate, false, &next, fault));
    return finish(next, next->root ? next_root(next, note, fault) : pin_root(next, note, fault), ret_gate);
}

csign_code csign_gate_apply_policy(const csign_gate *gate, csign_span note, csign_gate **ret_gate, csign_fault *fault)
{
    csign_gate *next = NULL;
    TRY(begin(gate, ret_gate, true, &next, fault));
    return finish(next, gate_hold_policy(next, note, NULL, fault), ret_gate);
}

csign_code csign_gate_apply_wanted(const csign_gate *gate, const uint8_t name[24], csign_span note, csign_gate **ret_gate,
                                   csign_fault *fault)
{
    csign_gate *next = NULL;
    if (!name)
        return fault_set(fault, CSIGN_E_ARGUMENT, "name", "missing");
    TRY(begin(gate, ret_gate, true, &next, fault));
    return finish(next, gate_hold_policy(next, note, name, fault), ret_gate);
}

/* What was seen before this start binds: the tree must pass through the marked one (PROTOCOL 3, marks). */
static bool misses_mark(const csign_gate *gate)
{
    const struct csign_marks *marks = &gate->marks;
    if (marks->log_size == 0 || gate->status.range.size != marks->log_size)
        return false;
    struct merkle_hash root = merkle_range_root(&gate->status.range);
    return memcmp(root.bytes, marks->log_root, sizeof root.bytes) != 0;
}

static csign_code extend(csign_gate *gate, const uint8_t *leaves, uint64_t count, bool *ret_misses_mark, csign_fault *fault)
{
    bool missed = count == 0 && misses_mark(gate);
    for (uint64_t i = 0; i < count; i++) {
        TRY(status_apply(&gate->status, span_of(leaves + i * LEAF_SIZE, LEAF_SIZE), fault));
        const struct status *status = &gate->status;
        if (status->root_version == gate->root->root.version && !hash_equal(status->root_hash, gate->root->root.hash))
            return fault_set(fault, CSIGN_E_ROOT_HASH, "", "the log names another root of this version");
        missed |= misses_mark(gate);
    }
    gate->tree_root = merkle_range_root(&gate->status.range);
    *ret_misses_mark = missed;
    return CSIGN_OK;
}

static csign_code equivocation(csign_gate *gate, const char *reason, csign_fault *fault)
{
    gate->distrusted = true;
    return fault_set(fault, CSIGN_E_EQUIVOCATION, "root", reason);
}

/* The newest time that freshness keys ever vouched for, here or before this start. */
static int64_t newest_time(const csign_gate *gate)
{
    return gate->evidence_time > gate->marks.evidence_time ? gate->evidence_time : gate->marks.evidence_time;
}

/* The freshness keys saw this tree at `time`: all that it holds counts from now on. */
static void vouch(csign_gate *gate, int64_t time)
{
    gate->has_evidence = true;
    gate->evidence_time = time;
    gate->vouched_size = gate->status.range.size;
    gate->vouched_bindings = gate->status.bindings;
}

static csign_code check_size(const csign_gate *gate, uint64_t count, const struct checkpoint *checkpoint,
                             csign_fault *fault)
{
    uint64_t size = gate->status.range.size;
    if (checkpoint->size < size || checkpoint->size < gate->marks.log_size)
        return fault_set(fault, CSIGN_E_CHECKPOINT_ROLLED_BACK, "size", "smaller than the tree that was seen");
    if (checkpoint->size - size != count)
        return fault_set(fault, CSIGN_E_PROOF_BAD, "size", "not the size that these leaves lead to");
    return CSIGN_OK;
}

/* Takes the leaves behind the tree that is held, and the checkpoint that they must lead to. */
static csign_code take(csign_gate *gate, const csign_gate *before, const uint8_t *leaves, uint64_t count, span note,
                       csign_fault *fault)
{
    uint8_t memory[CHECKPOINT_MAX];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct evidence evidence;
    bool missed = false;
    TRY(evidence_read(&gate->root->root, note, &scratch, &evidence, fault));
    TRY(check_size(gate, count, &evidence.checkpoint, fault));
    int64_t marked = gate->marks.evidence_time, seen = newest_time(gate);
    if (evidence.has_time && evidence.time < (count == 0 ? seen : marked))
        return fault_set(fault, CSIGN_E_CHECKPOINT_ROLLED_BACK, "time", "older than evidence seen before");
    TRY(extend(gate, leaves, count, &missed, fault));
    if (!merkle_hash_equal(&gate->tree_root, &evidence.checkpoint.root)) {
        if (count > 0)
            return fault_set(fault, CSIGN_E_PROOF_BAD, "root", "the leaves do not lead to the signed tree");
        return equivocation(gate, "two signed trees of one size", fault);
    }
    if (missed)
        return equivocation(gate, "another history than the one seen before this start", fault);
    TRY(gate_match_policies(gate, before, fault));
    if (evidence.has_time && evidence.time >= seen)
        vouch(gate, evidence.time);
    return CSIGN_OK;
}

csign_code csign_gate_apply_leaves(const csign_gate *gate, const uint8_t *leaves, uint64_t count, csign_span checkpoint,
                                   csign_gate **ret_gate, csign_fault *fault)
{
    csign_gate *next = NULL;
    if (count > 0 && !leaves)
        return fault_set(fault, CSIGN_E_ARGUMENT, "leaves", "missing");
    TRY(begin(gate, ret_gate, true, &next, fault));
    return finish(next, take(next, gate, leaves, count, checkpoint, fault), ret_gate);
}

csign_code csign_gate_apply_checkpoint(const csign_gate *gate, csign_span checkpoint, csign_gate **ret_gate,
                                       csign_fault *fault)
{
    return csign_gate_apply_leaves(gate, NULL, 0, checkpoint, ret_gate, fault);
}

csign_code csign_gate_apply_event(const csign_gate *gate, csign_span bytes, csign_gate **ret_gate, csign_fault *fault)
{
    static const size_t room = EVENT_LEAVES_MAX * LEAF_SIZE;
    struct event event;
    csign_gate *next = NULL;
    TRY(begin(gate, ret_gate, true, &next, fault));
    uint8_t *memory = malloc(room);
    struct buffer scratch = buffer_open(memory, memory ? room : 0);
    csign_code code = memory ? event_read(bytes, &scratch, &event, fault) : no_memory(fault);
    if (code == CSIGN_OK && event.first != gate->status.range.size)
        code = event.first + event.count <= gate->status.range.size
                   ? fault_set(fault, CSIGN_E_CHECKPOINT_ROLLED_BACK, "first", "a commit that is held already")
                   : fault_set(fault, CSIGN_E_PROOF_BAD, "first", "not the commit behind the tree that is held");
    if (code == CSIGN_OK)
        code = take(next, gate, event.leaves, event.count, event.checkpoint, fault);
    free(memory);
    return finish(next, code, ret_gate);
}

static csign_code take_fresh(csign_gate *gate, span bytes, csign_fault *fault)
{
    uint8_t memory[CHECKPOINT_MAX];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    const struct root *root = &gate->root->root;
    struct note note;
    struct fresh fresh;
    bool has_time;
    int64_t time;
    if (bytes.size > CHECKPOINT_MAX)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "fresh", "longer than 8 KiB");
    TRY(note_read(bytes, &scratch, &note, fault));
    TRY(fresh_read(note.text, &fresh, fault));
    TRY(evidence_time(root, &note, &has_time, &time, fault));
    if (!span_equal(fresh.origin, root->statuslogs[0].vkey.name))
        return fault_set(fault, CSIGN_E_CHECKPOINT_MALFORMED, "origin", "not the root's status log");
    if (!has_time)
        return fault_set(fault, CSIGN_E_NOTE_UNSIGNED, "fresh", "too few freshness keys cosigned");
    if (memcmp(fresh.nonce, gate->opening->nonce, sizeof fresh.nonce) != 0)
        return fault_set(fault, CSIGN_E_ARGUMENT, "nonce", "not the nonce of this start");
    if (fresh.size < gate->status.range.size)
        return fault_set(fault, CSIGN_E_CHECKPOINT_ROLLED_BACK, "size", "smaller than the tree that was seen");
    if (fresh.size > gate->status.range.size)
        return fault_set(fault, CSIGN_E_PROOF_BAD, "size", "the gate has to catch up first");
    if (!merkle_hash_equal(&fresh.root, &gate->tree_root))
        return equivocation(gate, "two signed trees of one size", fault);
    if (time < newest_time(gate))
        return fault_set(fault, CSIGN_E_CHECKPOINT_ROLLED_BACK, "time", "older than evidence seen before");
    gate->nonce_answered = true;
    vouch(gate, time);
    return CSIGN_OK;
}

csign_code csign_gate_apply_fresh(const csign_gate *gate, csign_span note, csign_gate **ret_gate, csign_fault *fault)
{
    csign_gate *next = NULL;
    TRY(begin(gate, ret_gate, true, &next, fault));
    return finish(next, take_fresh(next, note, fault), ret_gate);
}

/* --- describing --- */

void csign_gate_describe(const csign_gate *gate, csign_gate_info *ret_info)
{
    memset(ret_info, 0, sizeof *ret_info);
    ret_info->marks = gate->marks;
    ret_info->marks.is_distrusted = gate->distrusted;
    if (!gate->distrusted) { /* of two histories neither is to be kept */
        if (gate->status.range.size >= gate->marks.log_size) {
            ret_info->marks.log_size = gate->status.range.size;
            memcpy(ret_info->marks.log_root, gate->tree_root.bytes, sizeof ret_info->marks.log_root);
        }
        ret_info->marks.evidence_time = newest_time(gate);
    }
    ret_info->bindings = gate->status.bindings;
    ret_info->floor = gate->status.floor;
    ret_info->is_distrusted = gate->distrusted;
    if (gate->root) {
        ret_info->origin = gate->root->root.origin;
        ret_info->is_test = gate->root->root.kind == ROOT_TEST;
        ret_info->marks.root_version = gate->root->root.version;
    }
}

int csign_gate_wants(const csign_gate *gate, size_t place, csign_gate_want *ret_want)
{
    const struct status *status = &gate->status;
    memset(ret_want, 0, sizeof *ret_want);
    if (gate->root && status->root_version > gate->root->root.version && place-- == 0) {
        ret_want->version = gate->root->root.version + 1;
        return 1;
    }
    for (size_t row = 0; row < status->policy_count; row++) {
        if (gate->policies[row] || place-- > 0)
            continue;
        ret_want->is_policy = 1;
        ret_want->version = status->policies[row].version;
        memcpy(ret_want->note, status->policies[row].note, sizeof ret_want->note);
        ret_want->effective_time = (int64_t)(status->policies[row].effective_ms / 1000);
        return 1;
    }
    return 0;
}
