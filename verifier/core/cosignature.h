/*
 * cosignature/v1 (C2SP tlog-cosignature): a cosigner's word that at a time this was the largest consistent tree it had
 * seen. Its time is what "7 seconds old" means.
 */
#ifndef CORE_COSIGNATURE_H
#define CORE_COSIGNATURE_H

#include "key.h"

#define COSIGNATURE_SIZE     72u   /* u64 time, then 64 bytes, behind the key id */
#define COSIGNATURE_TEXT_MAX 8192u /* of the text: a checkpoint's (CHECKPOINT_MAX) or a fresh note's, nothing longer */

/*
 * Whether `bytes`, of COSIGNATURE_SIZE, is this key's cosignature over `text`. `ret_time` is in seconds, at most 2^63-1,
 * and written only on success. False for a longer text than COSIGNATURE_TEXT_MAX.
 */
bool cosignature_verify(const struct public_key *key, span text, span bytes, uint64_t *ret_time);

/* Makes the bytes behind the key id; false for a longer text. note_cosign() makes the line. */
bool cosignature_make(const struct signing_key *key, span text, uint64_t time, uint8_t ret[COSIGNATURE_SIZE]);

#endif
