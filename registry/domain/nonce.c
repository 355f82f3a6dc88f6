/*
 * A nonce is its expiry, a random number and a MAC of both. The used ones are kept by their MAC, which nobody can choose, in two
 * sets: every nonce that is good now expires in this minute or in the next, and a set whose minute is over is dropped whole.
 */
#include "nonce.h"
#include "base64.h"
#include "cursor.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#define LIFE_MS     ((uint64_t)NONCE_LIFE_S * 1000)
#define NONCE_SIZE  32u
#define MARK_SIZE   16u
#define SIGNED_SIZE (NONCE_SIZE - MARK_SIZE) /* expiry in milliseconds, 8 random bytes */
#define MARKS_FIRST 1024u                    /* places of a set that is made */

struct marks {
    uint64_t minute;
    size_t count, places; /* places: a power of two, at least twice the count */
    uint8_t (*at)[MARK_SIZE]; /* all zero: free */
};

struct nonces {
    uint8_t *key; /* in guarded memory */
    pthread_mutex_t lock;
    uint64_t latest_ms; /* a clock that steps back brings no nonce back */
    struct marks marks[2];
};

csign_code nonces_open(struct nonces **ret)
{
    if (sodium_init() < 0)
        return CSIGN_E_UNAVAILABLE;
    struct nonces *nonces = calloc(1, sizeof *nonces);
    uint8_t *key = sodium_malloc(crypto_generichash_KEYBYTES);
    if (!nonces || !key || pthread_mutex_init(&nonces->lock, NULL) != 0) {
        sodium_free(key);
        free(nonces);
        return CSIGN_E_UNAVAILABLE;
    }
    crypto_generichash_keygen(key);
    nonces->key = key;
    *ret = nonces;
    return CSIGN_OK;
}

void nonces_close(struct nonces **nonces)
{
    if (!*nonces)
        return;
    for (size_t i = 0; i < 2; i++)
        free((*nonces)->marks[i].at);
    sodium_free((*nonces)->key);
    pthread_mutex_destroy(&(*nonces)->lock);
    free(*nonces);
    *nonces = NULL;
}

static void mac(const struct nonces *nonces, const char *purpose, span message, uint8_t *ret, size_t size)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, nonces->key, crypto_generichash_KEYBYTES, size);
    crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
    crypto_generichash_update(&state, message.data, message.size);
    crypto_generichash_final(&state, ret, size);
}

void nonces_seal(const struct nonces *nonces, const char *purpose, span message, uint8_t ret[NONCE_SEAL_SIZE])
{
    mac(nonces, purpose, message, ret, NONCE_SEAL_SIZE);
}

/* The time, which does not go back. The lock is held. */
static uint64_t advance(struct nonces *nonces, uint64_t now_ms)
{
    if (now_ms > nonces->latest_ms)
        nonces->latest_ms = now_ms;
    return nonces->latest_ms;
}

void nonce_give(struct nonces *nonces, uint64_t now_ms, char ret[NONCE_TEXT + 1], uint64_t *ret_expires_s)
{
    uint8_t bytes[NONCE_SIZE];
    struct buffer out = buffer_open(bytes, sizeof bytes), text = buffer_open(ret, NONCE_TEXT);
    pthread_mutex_lock(&nonces->lock);
    const uint64_t expires_ms = advance(nonces, now_ms) + LIFE_MS;
    pthread_mutex_unlock(&nonces->lock);
    buffer_u64(&out, expires_ms);
    randombytes_buf(bytes + out.size, SIGNED_SIZE - out.size);
    mac(nonces, "nonce", span_of(bytes, SIGNED_SIZE), bytes + SIGNED_SIZE, MARK_SIZE);
    base64url_encode(&text, span_of(bytes, sizeof bytes));
    ret[NONCE_TEXT] = 0;
    *ret_expires_s = expires_ms / 1000;
}

/* --- the used ones --- */

/* Where a mark is, or the free place where it belongs. Marks are MACs: their first bytes are spread evenly. */
static uint8_t *place_of(const struct marks *m, const uint8_t mark[MARK_SIZE])
{
    static const uint8_t unused[MARK_SIZE];
    size_t at;
    memcpy(&at, mark, sizeof at);
    for (at &= m->places - 1; memcmp(m->at[at], unused, MARK_SIZE) != 0; at = (at + 1) & (m->places - 1))
        if (memcmp(m->at[at], mark, MARK_SIZE) == 0)
            break;
    return m->at[at];
}

static bool make_room(struct marks *m)
{
    static const uint8_t unused[MARK_SIZE];
    struct marks larger = {m->minute, m->count, m->places ? 2 * m->places : MARKS_FIRST, NULL};
    if (2 * (m->count + 1) <= m->places)
        return true;
    larger.at = calloc(larger.places, MARK_SIZE);
    if (!larger.at)
        return false;
    for (size_t i = 0; i < m->places; i++)
        if (memcmp(m->at[i], unused, MARK_SIZE) != 0)
            memcpy(place_of(&larger, m->at[i]), m->at[i], MARK_SIZE);
    free(m->at);
    *m = larger;
    return true;
}

static void forget_expired(struct nonces *nonces, uint64_t now_ms)
{
    for (size_t i = 0; i < 2; i++)
        if (nonces->marks[i].at && nonces->marks[i].minute < now_ms / LIFE_MS) {
            free(nonces->marks[i].at);
            nonces->marks[i] = (struct marks){0};
        }
}

static csign_code use_once(struct nonces *nonces, uint64_t expires_ms, const uint8_t mark[MARK_SIZE], uint64_t now_ms)
{
    const uint64_t now = advance(nonces, now_ms);
    struct marks *m = &nonces->marks[expires_ms / LIFE_MS % 2];
    if (expires_ms <= now || expires_ms > now + LIFE_MS)
        return CSIGN_E_NONCE_UNKNOWN;
    forget_expired(nonces, now);
    if (nonces->marks[0].count + nonces->marks[1].count >= NONCE_USED_MAX)
        return CSIGN_E_TOO_MANY;
    if (!make_room(m))
        return CSIGN_E_UNAVAILABLE;
    m->minute = expires_ms / LIFE_MS;
    uint8_t *place = place_of(m, mark);
    if (memcmp(place, mark, MARK_SIZE) == 0)
        return CSIGN_E_NONCE_UNKNOWN;
    memcpy(place, mark, MARK_SIZE);
    m->count++;
    return CSIGN_OK;
}

csign_code nonce_use(struct nonces *nonces, span nonce, uint64_t now_ms)
{
    uint8_t bytes[NONCE_SIZE] = {0}, expected[MARK_SIZE];
    struct cursor c = cursor_open(span_of(bytes, sizeof bytes));
    uint64_t expires_ms;
    if (!base64url_exact(nonce, bytes, sizeof bytes) || !cursor_u64(&c, &expires_ms))
        return CSIGN_E_NONCE_UNKNOWN;
    mac(nonces, "nonce", span_of(bytes, SIGNED_SIZE), expected, sizeof expected);
    if (sodium_memcmp(expected, bytes + SIGNED_SIZE, sizeof expected) != 0)
        return CSIGN_E_NONCE_UNKNOWN;
    pthread_mutex_lock(&nonces->lock);
    csign_code code = use_once(nonces, expires_ms, bytes + SIGNED_SIZE, now_ms);
    pthread_mutex_unlock(&nonces->lock);
    return code;
}
