/* The low-level calls are deprecated in OpenSSL 3 in favour of EVP, which allocates: hash.h says why we stay. */
#define OPENSSL_API_COMPAT     0x10100000L
#define OPENSSL_SUPPRESS_DEPRECATED
#include "hash.h"

#include <openssl/sha.h>

_Static_assert(sizeof(SHA256_CTX) == sizeof((struct hash *)0)->state, "struct hash must hold SHA256_CTX");

static SHA256_CTX *context(struct hash *h)
{
    return (SHA256_CTX *)(void *)h->state;
}

void hash_init(struct hash *h)
{
    SHA256_Init(context(h));
}

void hash_update(struct hash *h, span bytes)
{
    if (bytes.size)
        SHA256_Update(context(h), bytes.data, bytes.size);
}

void hash_u16(struct hash *h, uint16_t value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    hash_update(h, span_of(bytes, sizeof bytes));
}

void hash_u64(struct hash *h, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> 8 * (7 - i));
    hash_update(h, span_of(bytes, sizeof bytes));
}

void hash_final(struct hash *h, uint8_t ret[CSIGN_HASH_SIZE])
{
    SHA256_Final(ret, context(h));
}

void hash_of(span bytes, uint8_t ret[CSIGN_HASH_SIZE])
{
    struct hash h;
    hash_init(&h);
    hash_update(&h, bytes);
    hash_final(&h, ret);
}

bool hash_equal(const uint8_t a[CSIGN_HASH_SIZE], const uint8_t b[CSIGN_HASH_SIZE])
{
    uint64_t x[CSIGN_HASH_SIZE / 8], y[CSIGN_HASH_SIZE / 8];
    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
}
