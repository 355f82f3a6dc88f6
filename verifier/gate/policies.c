/* The policies that a gate holds: each is exactly the note that a leaf of the log names, signed by a key of the root. */
#include "gate.h"
#include "policy_signer.h"
#include "share.h"

#include <stdlib.h>

/* The row of the log that names this note, or the number of rows. */
static size_t find_row(const struct status *status, const struct policy *policy)
{
    uint8_t id[8];
    size_t row = 0;
    leaf_policy_id(policy->id, id);
    for (; row < status->policy_count; row++) {
        const struct status_policy *named = &status->policies[row];
        if (memcmp(named->id, id, sizeof id) == 0 && named->version == policy->version &&
            named->effective_ms == policy->effective_from * 1000 &&
            memcmp(named->note, policy->hash, sizeof named->note) == 0)
            break;
    }
    return row;
}

/* Whether the log names a higher version of the same policy that was in force no later: this one never can be again. */
static bool is_rolled_back(const struct status *status, size_t row)
{
    const struct status_policy *named = &status->policies[row];
    for (size_t i = row + 1; i < status->policy_count && memcmp(status->policies[i].id, named->id, sizeof named->id) == 0; i++)
        if (status->policies[i].effective_ms <= named->effective_ms)
            return true;
    return false;
}

/* Reads a note twice: once to learn how much room it needs, then into a block of that size. */
static csign_code read_held(span bytes, const struct root *root, struct held_policy **ret, csign_fault *fault)
{
    size_t worst = bytes.size + POLICY_SCRATCH(bytes.size);
    csign_code code = CSIGN_OK;
    for (int round = 0; round < 2; round++) {
        struct held_policy *held = share_new(sizeof *held + worst);
        if (!held)
            return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
        struct buffer memory = buffer_open(held + 1, worst);
        struct note note;
        buffer_put(&memory, bytes);
        held->note = buffer_span(&memory);
        code = note_read(held->note, &memory, &note, fault);
        if (code == CSIGN_OK)
            code = policy_read(&note, &memory, &held->policy, fault);
        if (code == CSIGN_OK && !span_equal(held->policy.origin, root->origin))
            code = fault_set(fault, CSIGN_E_POLICY_MALFORMED, "origin", "for another registry");
        if (code == CSIGN_OK)
            code = policy_check_signer(root, &note, &held->policy, fault);
        if (code == CSIGN_OK && round == 1) {
            *ret = held;
            return CSIGN_OK;
        }
        worst = memory.size;
        share_drop(held);
        if (code != CSIGN_OK)
            break;
    }
    return code;
}

/* Two leaves may give one note to two policies, of which it is but one: then the other waits for ever. */
static bool is_awaited(const csign_gate *gate, size_t row, const uint8_t *name)
{
    const struct status_policy *named = &gate->status.policies[row];
    return memcmp(named->note, name, sizeof named->note) == 0 && !gate->policies[row];
}

csign_code gate_hold_policy(csign_gate *gate, span bytes, const uint8_t *name, csign_fault *fault)
{
    struct held_policy *held = NULL;
    if (bytes.size > POLICY_NOTE_MAX)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "policy", "longer than 256 KiB");
    TRY(read_held(bytes, &gate->root->root, &held, fault));
    size_t row = find_row(&gate->status, &held->policy);
    csign_code code = CSIGN_OK;
    if (row == gate->status.policy_count)
        code = fault_set(fault, CSIGN_E_POLICY_UNNAMED, held->policy.id.size ? "id" : "", "no leaf names this note");
    else if (name && !is_awaited(gate, row, name))
        code = fault_set(fault, CSIGN_E_POLICY_UNNAMED, "note", "not the one that is wanted");
    else if (is_rolled_back(&gate->status, row))
        code = fault_set(fault, CSIGN_E_POLICY_ROLLED_BACK, "version", "the log names a higher one in force before it");
    if (code != CSIGN_OK) {
        share_drop(held);
        return code;
    }
    share_drop(gate->policies[row]);
    gate->policies[row] = held;
    return CSIGN_OK;
}

void gate_drop_policies(csign_gate *gate)
{
    for (size_t row = 0; row < gate->policy_count; row++)
        share_drop(gate->policies[row]);
    free(gate->policies);
    gate->policies = NULL;
    gate->policy_count = 0;
}

static bool same_row(const struct status_policy *a, const struct status_policy *b)
{
    return a->version == b->version && memcmp(a->id, b->id, sizeof a->id) == 0;
}

csign_code gate_match_policies(csign_gate *gate, const csign_gate *before, csign_fault *fault)
{
    const struct status *now = &gate->status, *then = &before->status;
    struct held_policy **policies = now->policy_count ? calloc(now->policy_count, sizeof(struct held_policy *)) : NULL;
    if (now->policy_count && !policies)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    for (size_t row = 0, old = 0; row < now->policy_count && old < before->policy_count; row++)
        if (same_row(&now->policies[row], &then->policies[old])) /* rows are only ever inserted: old ones keep their order */
            policies[row] = share_keep(before->policies[old++]);
    gate_drop_policies(gate);
    gate->policies = policies;
    gate->policy_count = now->policy_count;
    return CSIGN_OK;
}

void gate_recheck_policies(csign_gate *gate)
{
    for (size_t row = 0; row < gate->policy_count; row++) {
        struct held_policy *held = gate->policies[row], *again = NULL;
        if (!held)
            continue;
        csign_code code = read_held(held->note, &gate->root->root, &again, NULL);
        share_drop(held);
        gate->policies[row] = code == CSIGN_OK ? again : NULL;
    }
}
