/* Keys and notes for tests: a signer's key is made from its name, so that every run signs the same bytes. */
#ifndef TESTS_SIGNER_H
#define TESTS_SIGNER_H

#include "counting.h"
#include "hash.h"
#include "note.h"

struct signer {
    struct vkey vkey;
    struct signing_key key;
};

static inline struct signer signer_of(const char *seed_text, const char *name, enum note_key_type type)
{
    struct signer s;
    uint8_t seed[32];
    struct public_key key;
    hash_of(span_text(seed_text), seed);
    signing_key_from_seed(seed, &s.key);
    signing_key_public(&s.key, &key);
    s.vkey = vkey_make(span_text(name), type, &key);
    return s;
}

static inline struct signer signer_make(const char *name, enum note_key_type type)
{
    return signer_of(name, name, type);
}

static inline const char *signer_text(const struct signer *s, char ret[320])
{
    struct buffer out = buffer_open(ret, 319);
    vkey_write(&out, &s->vkey);
    ret[out.size] = 0;
    return ret;
}

/*
 * A copy whose last byte is the last of its allocation, so that a sanitizer sees one byte read too many. Copies are kept
 * for the run in a chain, since views into them outlive the call. They are not among the allocations that may fail.
 */
static inline span exact(span text)
{
    static void *kept;
    uint8_t *block = counting_spare(sizeof kept + text.size);
    memcpy(block, &kept, sizeof kept);
    kept = block;
    if (text.size)
        memcpy(block + sizeof kept, text.data, text.size);
    return span_of(block + sizeof kept, text.size);
}

#endif
