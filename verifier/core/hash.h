/*
 * SHA-256 by libcrypto's low-level calls, used in hash.c alone: the fastest on CPUs with SHA extensions, and
 * unlike EVP they neither allocate nor read a configuration file.
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include "span.h"

struct hash {
    _Alignas(8) uint8_t state[112];
};

void hash_init(struct hash *h);
void hash_update(struct hash *h, span bytes);
void hash_u16(struct hash *h, uint16_t value); /* big-endian */
void hash_u64(struct hash *h, uint64_t value); /* big-endian */
void hash_final(struct hash *h, uint8_t ret[CSIGN_HASH_SIZE]);

/* The SHA-256 of one view. */
void hash_of(span bytes, uint8_t ret[CSIGN_HASH_SIZE]);

/* Compares two digests in constant time. */
bool hash_equal(const uint8_t a[CSIGN_HASH_SIZE], const uint8_t b[CSIGN_HASH_SIZE]);

#endif
