/* Who may sign a policy: asked by the gate that loads it and by the registry that takes it in. */
#ifndef CORE_POLICY_SIGNER_H
#define CORE_POLICY_SIGNER_H

#include "policy.h"
#include "root.h"

/*
 * A policy's signer: a `policy` line valid at effective_from that covers each code of applies_to (PROTOCOL 2). note-unsigned,
 * note-signature-bad, policy-signer.
 */
csign_code policy_check_signer(const struct root *root, const struct note *note, const struct policy *policy, csign_fault *fault);

#endif
