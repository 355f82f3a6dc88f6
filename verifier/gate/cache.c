#include "cache.h"

#define WAYS 4u /* places in which a key may stand */

size_t csign_cache_size(size_t credentials)
{
    return sizeof(struct csign_cache) + credentials * (sizeof(struct cache_entry) + sizeof(struct public_key));
}

csign_code csign_cache_init(void *memory, size_t size, csign_cache **ret_cache)
{
    csign_cache *cache = memory;
    if (!memory || !ret_cache || (uintptr_t)memory % 16 != 0)
        return CSIGN_E_ARGUMENT;
    if (size < csign_cache_size(1))
        return CSIGN_E_NO_SPACE;
    cache->decision = 0;
    cache->entry_count = (size - sizeof *cache) / (sizeof(struct cache_entry) + sizeof(struct public_key));
    cache->entries = (struct cache_entry *)(void *)((uint8_t *)memory + sizeof *cache);
    cache->sound = (struct public_key *)(void *)(cache->entries + cache->entry_count);
    for (size_t i = 0; i < cache->entry_count; i++)
        cache->entries[i].used = 0;
    memset(cache->sound, 0, cache->entry_count * sizeof *cache->sound);
    *ret_cache = cache;
    return CSIGN_OK;
}

/* A digest is its own hash: nobody chooses where a verified credential stands but by finding collisions of its bits. */
static size_t place_of(const csign_cache *cache, const uint8_t bytes[CSIGN_HASH_SIZE], size_t way)
{
    uint64_t h;
    memcpy(&h, bytes, sizeof h);
    return (size_t)((h + way) % cache->entry_count);
}

struct cache_entry *cache_find(csign_cache *cache, const uint8_t key[CSIGN_HASH_SIZE], const uint8_t root[CSIGN_HASH_SIZE])
{
    for (size_t way = 0; way < WAYS && way < cache->entry_count; way++) {
        struct cache_entry *entry = &cache->entries[place_of(cache, key, way)];
        if (entry->used && entry->vetted.verified && memcmp(entry->key, key, CSIGN_HASH_SIZE) == 0 &&
            memcmp(entry->root, root, CSIGN_HASH_SIZE) == 0) {
            entry->used = cache->decision;
            return entry;
        }
    }
    return NULL;
}

struct cache_entry *cache_claim(csign_cache *cache, const uint8_t key[CSIGN_HASH_SIZE], const uint8_t root[CSIGN_HASH_SIZE])
{
    struct cache_entry *oldest = NULL;
    for (size_t way = 0; way < WAYS && way < cache->entry_count; way++) {
        struct cache_entry *entry = &cache->entries[place_of(cache, key, way)];
        if (entry->used != cache->decision && (!oldest || entry->used < oldest->used))
            oldest = entry;
    }
    if (!oldest)
        return NULL;
    oldest->vetted.verified = false;
    oldest->used = cache->decision;
    memcpy(oldest->key, key, CSIGN_HASH_SIZE);
    memcpy(oldest->root, root, CSIGN_HASH_SIZE);
    return oldest;
}

bool cache_key_is_sound(csign_cache *cache, const struct public_key *key)
{
    static const struct public_key none = {{0}};
    struct public_key *known = &cache->sound[place_of(cache, key->bytes, 0)];
    if (!public_key_equal(key, &none) && public_key_equal(known, key))
        return true;
    if (!public_key_is_sound(key))
        return false;
    *known = *key;
    return true;
}
