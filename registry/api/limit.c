#include "limit.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#define MINUTE_MS 60000u

/* What a bucket lacks of being full, in 1/60,000 of a request, so that it fills by `per_minute` each millisecond. */
struct bucket {
    uint64_t missing, at_ms;
};

struct limit {
    uint64_t per_minute;
    uint64_t (*clock_ms)(void);
    uint8_t key[crypto_shorthash_KEYBYTES];
    pthread_mutex_t lock; /* the buckets */
    struct bucket buckets[LIMIT_BUCKETS];
};

struct limit *limit_open(uint64_t per_minute, uint64_t (*clock_ms)(void))
{
    struct limit *limit = calloc(1, sizeof *limit);
    if (!limit)
        return NULL;
    limit->per_minute = per_minute;
    limit->clock_ms = clock_ms;
    randombytes_buf(limit->key, sizeof limit->key);
    pthread_mutex_init(&limit->lock, NULL);
    return limit;
}

void limit_close(struct limit **limit)
{
    if (!*limit)
        return;
    pthread_mutex_destroy(&(*limit)->lock);
    free(*limit);
    *limit = NULL;
}

static struct bucket *bucket_of(struct limit *limit, span client)
{
    uint64_t hash;
    uint8_t bytes[crypto_shorthash_BYTES];
    crypto_shorthash(bytes, client.data, client.size, limit->key);
    memcpy(&hash, bytes, sizeof hash);
    return &limit->buckets[hash % LIMIT_BUCKETS];
}

bool limit_take(struct limit *limit, span client, uint64_t *ret_wait_s)
{
    uint64_t now_ms = limit->clock_ms(), full = limit->per_minute * MINUTE_MS;
    pthread_mutex_lock(&limit->lock);
    struct bucket *bucket = bucket_of(limit, client);
    uint64_t passed_ms = now_ms > bucket->at_ms ? now_ms - bucket->at_ms : 0;
    uint64_t filled = passed_ms >= MINUTE_MS ? full : passed_ms * limit->per_minute;
    uint64_t missing = bucket->missing > filled ? bucket->missing - filled : 0;
    bool taken = missing + MINUTE_MS <= full;
    if (taken)
        missing += MINUTE_MS;
    *bucket = (struct bucket){missing, now_ms};
    pthread_mutex_unlock(&limit->lock);
    uint64_t wait_ms = taken ? 0 : (missing + MINUTE_MS - full) / limit->per_minute;
    *ret_wait_s = taken ? 0 : wait_ms / 1000 + 1;
    return taken;
}
