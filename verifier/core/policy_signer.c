#include "policy_signer.h"

/* Whether the lines of a key cover all of applies_to: one key may stand on several, all of them together cover. */
static bool key_covers(const struct root *root, const struct vkey *key, const struct policy *policy, bool whenever)
{
    bool covers = true;
    for (size_t i = 0; covers && i < policy->applies_to.count; i++) {
        bool code_covered = false;
        for (size_t k = 0; k < root->policy_count; k++) {
            const struct root_policy *line = &root->policies[k];
            code_covered |= vkey_same_key(&line->vkey, key) && jurisdiction_covers(line->jurisdiction, policy->applies_to.items[i]) &&
                            (whenever || validity_holds(line->validity, (int64_t)policy->effective_from));
        }
        covers = code_covered;
    }
    return covers;
}

csign_code policy_check_signer(const struct root *root, const struct note *note, const struct policy *policy, csign_fault *fault)
{
    bool is_signed = false, is_of_another_time = false;
    for (size_t i = 0; i < root->policy_count; i++) /* LOG 2.2: a known key's bad signature refuses the whole note */
        if (note_verify(note, &root->policies[i].vkey, NULL) == CSIGN_E_NOTE_SIGNATURE_BAD)
            return fault_set(fault, CSIGN_E_NOTE_SIGNATURE_BAD, "policy", "a signature does not verify");
    for (size_t i = 0; i < root->policy_count; i++) {
        const struct root_policy *line = &root->policies[i];
        if (note_verify(note, &line->vkey, NULL) != CSIGN_OK)
            continue;
        if (key_covers(root, &line->vkey, policy, false))
            return CSIGN_OK;
        is_signed = true;
        is_of_another_time |= key_covers(root, &line->vkey, policy, true);
    }
    if (!is_signed)
        return fault_set(fault, CSIGN_E_NOTE_UNSIGNED, "policy", "not signed by a policy key of the root");
    return is_of_another_time ? fault_set(fault, CSIGN_E_POLICY_SIGNER, "effective_from", "the root does not name the key as valid then")
                              : fault_set(fault, CSIGN_E_POLICY_SIGNER, "applies_to", "the root names the key for less than all of these");
}
