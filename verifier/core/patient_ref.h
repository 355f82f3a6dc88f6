/*
 * The reference to a patient in requests and sign-offs (PROTOCOL 4): comparable inside one request or batch, unlinkable
 * outside. Only the institution holds the key.
 */
#ifndef CORE_PATIENT_REF_H
#define CORE_PATIENT_REF_H

#include "span.h"

#define PATIENT_KEY_SIZE 32u

/* HMAC-SHA-256(key, "countersign/patient/v1\n" ‖ scope ‖ "\n" ‖ patient); scope is the request_id, as text. */
void patient_ref(const uint8_t key[PATIENT_KEY_SIZE], span scope, span patient, uint8_t ret[CSIGN_HASH_SIZE]);

#endif
