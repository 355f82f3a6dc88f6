#include "possession.h"
#include "nonce.h"

#define SCRATCH_MAX 4096u /* what a proof of PROOF_MAX bytes decodes to, and more */

csign_code possession_read(const struct registry *registry, uint8_t use, span proof, uint64_t now_ms, struct possession *ret,
                           csign_fault *fault)
{
    uint8_t memory[SCRATCH_MAX];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct proof read;
    TRY(proof_read(proof, &scratch, &read, fault));
    TRY(proof_check(&read, registry->iss, use, read.nonce, fault));
    /* Last, so that a proof that was made for something else does not use up its nonce. */
    csign_code code = nonce_use(registry->nonces, read.nonce, now_ms);
    if (code != CSIGN_OK)
        return fault_set(fault, code, "nonce", "not given by this registry, expired or used");
    *ret = (struct possession){.key = read.key, .idx = read.idx, .code_size = read.code.size};
    if (read.code.size)
        memcpy(ret->code, read.code.data, read.code.size);
    public_key_thumbprint(&ret->key, ret->thumbprint);
    return CSIGN_OK;
}
