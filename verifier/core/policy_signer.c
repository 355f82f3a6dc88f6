#include "policy_signer.h"

csign_code policy_check_signer(const struct root *root, const struct note *note, const struct policy *policy, csign_fault *fault)
{
    csign_code found = CSIGN_E_NOTE_UNSIGNED;
    for (size_t i = 0; i < root->policy_count; i++) /* LOG 2.2: a known key's bad signature refuses the whole note */
        if (note_verify(note, &root->policies[i].vkey, NULL) == CSIGN_E_NOTE_SIGNATURE_BAD)
            return fault_set(fault, CSIGN_E_NOTE_SIGNATURE_BAD, "policy", "a signature does not verify");
    for (size_t i = 0; i < root->policy_count; i++) {
        const struct root_policy *line = &root->policies[i];
        if (note_verify(note, &line->vkey, NULL) != CSIGN_OK)
            continue;
        found = CSIGN_E_POLICY_SIGNER;
        bool covers = validity_holds(line->validity, (int64_t)policy->effective_from);
        for (size_t k = 0; k < policy->applies_to.count; k++) {
            /* One key may stand on several lines: all of them together cover. */
            bool code_covered = false;
            for (size_t m = 0; m < root->policy_count; m++)
                code_covered |= vkey_same_key(&root->policies[m].vkey, &line->vkey) &&
                                validity_holds(root->policies[m].validity, (int64_t)policy->effective_from) &&
                                jurisdiction_covers(root->policies[m].jurisdiction, policy->applies_to.items[k]);
            covers &= code_covered;
        }
        if (covers)
            return CSIGN_OK;
    }
    return found == CSIGN_E_NOTE_UNSIGNED ? fault_set(fault, found, "policy", "not signed by a policy key of the root")
                                          : fault_set(fault, found, "policy", "the key is not valid for all of applies_to");
}
