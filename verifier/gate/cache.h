/*
 * A thread's workspace and its cache of verified credentials. An entry says that this presentation, under this version of
 * this root, has the form of the profile and its issuer's signature; it never holds status, time or policy.
 */
#ifndef GATE_CACHE_H
#define GATE_CACHE_H

#include "deciding.h"

#define CACHE_ARENA     4096u        /* decoded bytes of one credential; a larger one is not kept */
#define WORKSPACE_SIZE  (640u * 1024u) /* four sign-offs of the largest size, decoded and parsed */

struct cache_entry {
    uint8_t key[CSIGN_HASH_SIZE]; /* SHA-256 of the presentation */
    uint8_t root[CSIGN_HASH_SIZE];
    uint64_t used; /* the decision that used it last; 0: empty */
    struct vetted vetted;
    _Alignas(16) uint8_t arena[CACHE_ARENA];
};

struct csign_cache {
    uint64_t decision; /* counts up: what a decision uses is not evicted under it */
    size_t entry_count;
    struct cache_entry *entries;
    struct public_key *sound; /* as many keys that were found sound; a zero key is none */
    struct deciding deciding;
    _Alignas(16) uint8_t workspace[WORKSPACE_SIZE];
};

/* The verified entry of a presentation under a root, marked as used; NULL if there is none. */
struct cache_entry *cache_find(csign_cache *cache, const uint8_t key[CSIGN_HASH_SIZE], const uint8_t root[CSIGN_HASH_SIZE]);
/* An emptied entry for it, which counts only once `vetted.verified` is set; NULL if this decision uses all. */
struct cache_entry *cache_claim(csign_cache *cache, const uint8_t key[CSIGN_HASH_SIZE], const uint8_t root[CSIGN_HASH_SIZE]);
/* Whether a holder's key is a sound point: asked of libsodium once, then remembered. */
bool cache_key_is_sound(csign_cache *cache, const struct public_key *key);

#endif
