#include "patient_ref.h"

#include <sodium.h>

static void add(crypto_auth_hmacsha256_state *state, span bytes)
{
    crypto_auth_hmacsha256_update(state, bytes.data, bytes.size);
}

void patient_ref(const uint8_t key[PATIENT_KEY_SIZE], span scope, span patient, uint8_t ret[CSIGN_HASH_SIZE])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, PATIENT_KEY_SIZE);
    add(&state, SPAN("countersign/patient/v1\n"));
    add(&state, scope);
    add(&state, SPAN("\n"));
    add(&state, patient);
    crypto_auth_hmacsha256_final(&state, ret);
    sodium_memzero(&state, sizeof state);
}
