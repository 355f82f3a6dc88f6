/*
 * The nonces over which keys are proven: single use, 60 seconds. A nonce carries its own expiry under a key that lives as long as
 * the process, so that giving one out costs no memory and a restart ends them all; those that were used are remembered until
 * they expire.
 *
 * Thread safety: any thread.
 */
#ifndef DOMAIN_NONCE_H
#define DOMAIN_NONCE_H

#include "fault.h"
#include "span.h"

#define NONCE_LIFE_S   60u
#define NONCE_TEXT     43u      /* characters, B64U of 32 bytes */
#define NONCE_USED_MAX 1000000u /* remembered at once; more are refused with CSIGN_E_TOO_MANY */

struct nonces;
csign_code nonces_open(struct nonces **ret);
void nonces_close(struct nonces **nonces);
void nonce_give(struct nonces *nonces, uint64_t now_ms, char ret[NONCE_TEXT + 1], uint64_t *ret_expires_s);
/* Uses it up: CSIGN_E_NONCE_UNKNOWN unless it was given by this process, has not expired and was not used. */
csign_code nonce_use(struct nonces *nonces, span nonce, uint64_t now_ms);

/* A MAC for what else shall live as long as the process: access tokens. `purpose` keeps it apart from nonces. */
#define NONCE_SEAL_SIZE 32u
void nonces_seal(const struct nonces *nonces, const char *purpose, span message, uint8_t ret[NONCE_SEAL_SIZE]);

#endif
