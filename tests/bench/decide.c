/*
 * What a decision costs beside what cannot be avoided: libsodium's verification of equally long messages, and the same
 * SHA-256 over every byte that must be hashed (DESIGN 9). Both sides run in one process, each in every round, which is a few
 * milliseconds: what else the machine does, and how fast it runs just then, is alike for both. The median of the rounds'
 * ratios counts, not the times.
 */
#define _POSIX_C_SOURCE 200809L
#include "registry.h"
#include "presentation.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 401
#define TURNS  4    /* decisions of a round, and then as many of what cannot be avoided */
#define FRESH  512u /* credentials that no cache knows */

static double microseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

/* The unavoidable: what must be hashed and verified for one release. */
struct floor_ {
    struct public_key holder, issuer;
    span messages[2];
    const uint8_t *signatures[2];
    uint8_t signature_memory[2][64];
    span hashed[16];
    size_t verify_count, hash_count;
};

static void floor_of(const struct registry *r, bool cold, struct floor_ *f)
{
    static uint8_t commit_text[160];
    struct presentation p;
    csign_fault fault;
    uint8_t memory[16384];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    const csign_slot *slot = &r->release.slots[0];
    if (presentation_split(slot->sign_off, true, &p, &fault) != CSIGN_OK || jws_decode(&p.key_binding, &scratch, &fault) ||
        jws_decode(&p.jwt, &scratch, &fault))
        abort();
    signing_key_public(&r->holder, &f->holder);
    signing_key_public(&r->issuer, &f->issuer);
    memcpy(f->signature_memory[0], p.key_binding.signature.data, 64);
    memcpy(f->signature_memory[1], p.jwt.signature.data, 64);
    f->messages[0] = p.key_binding.signing_input;
    f->messages[1] = p.jwt.signing_input;
    f->verify_count = cold ? 2 : 1;
    f->hash_count = 0;
    f->hashed[f->hash_count++] = p.bound;
    f->hashed[f->hash_count++] = slot->transaction_data[0];
    /* Of the sign-off id: the signing input and a digest behind it. As many bytes of the token stand in for both. */
    f->hashed[f->hash_count++] = span_of(p.key_binding.signing_input.data, p.key_binding.signing_input.size + CSIGN_HASH_SIZE);
    f->hashed[f->hash_count++] = r->release.document;
    for (size_t i = 0; cold && i < p.disclosure_count; i++)
        f->hashed[f->hash_count++] = p.disclosures[i];
    if (cold) {
        f->hashed[f->hash_count++] = span_of(commit_text, 78);  /* thumbprint */
        f->hashed[f->hash_count++] = span_of(commit_text, 100); /* commitment */
    }
}

static unsigned floor_run(const struct floor_ *f)
{
    uint8_t digest[32];
    unsigned sum = 0;
    for (size_t i = 0; i < f->hash_count; i++) {
        hash_of(f->hashed[i], digest);
        sum += digest[0];
    }
    for (size_t i = 0; i < f->verify_count; i++)
        sum += public_key_verify(i == 0 ? &f->holder : &f->issuer, f->messages[i], f->signature_memory[i]);
    return sum;
}

static csign_cache *open_cache(size_t credentials)
{
    csign_cache *cache;
    size_t size = (csign_cache_size(credentials) + 15) / 16 * 16;
    void *memory = aligned_alloc(16, size);
    if (!memory || csign_cache_init(memory, size, &cache) != CSIGN_OK)
        abort();
    return cache;
}

static volatile unsigned sink;

static void must_allow(const struct registry *r, csign_cache *cache, const struct csign_release *release)
{
    csign_decision decision;
    if (csign_decide(r->gate, cache, release, REGISTRY_NOW, &decision) != CSIGN_ALLOW) {
        fprintf(stderr, "bench: %s %s %s\n", csign_code_name(decision.code), decision.field, decision.reason);
        exit(1);
    }
    sink += decision.checks;
}

struct measured {
    double decided[ROUNDS], floors[ROUNDS], ratios[ROUNDS];
};

static void report(const char *what, struct measured *m, int rounds, double bar)
{
    for (int round = 0; round < rounds; round++)
        m->ratios[round] = m->decided[round] / m->floors[round];
    double ratio = median(m->ratios, (size_t)rounds);
    printf("| %-44s | %8.2f | %8.2f | %5.3f | %s |\n", what, median(m->decided, (size_t)rounds),
           median(m->floors, (size_t)rounds), ratio, bar == 0 ? "-" : ratio <= bar ? "<= 1.10, met" : "<= 1.10, MISSED");
}

static void bench_warm(struct registry *r, const char *what, span document, int rounds)
{
    static struct measured m;
    struct floor_ f;
    csign_cache *cache = open_cache(16);
    registry_sign(r, document);
    floor_of(r, false, &f);
    must_allow(r, cache, &r->release);
    for (int round = 0; round < rounds; round++) {
        double t0 = microseconds();
        for (int i = 0; i < TURNS; i++)
            must_allow(r, cache, &r->release);
        double t1 = microseconds();
        for (int i = 0; i < TURNS; i++)
            sink += floor_run(&f);
        m.decided[round] = (t1 - t0) / TURNS;
        m.floors[round] = (microseconds() - t1) / TURNS;
    }
    report(what, &m, rounds, 1.10);
    free(cache);
}

/* Credentials that the cache does not know; `known_key` tells whether it has met the holder's key before. */
static void bench_cold(struct registry *r, const char *what, span document, bool known_key, double bar)
{
    static struct csign_release releases[FRESH];
    static span entries[FRESH];
    static struct floor_ floors_of[FRESH];
    static struct measured m;
    csign_cache *cache = open_cache(4);
    for (uint32_t i = 0; i < FRESH; i++) {
        registry_issue(r, i + 1);
        registry_sign(r, document);
        releases[i] = r->release;
        entries[i] = r->entries[0];
        releases[i].slots[0].transaction_data = &entries[i];
        floor_of(r, true, &floors_of[i]);
    }
    must_allow(r, cache, &releases[0]);
    size_t size = (csign_cache_size(4) + 15) / 16 * 16;
    for (int round = 0, next = 1, other = FRESH / 2; round < ROUNDS; round++) {
        double decided = 0;
        for (int i = 0; i < TURNS; i++, next = (next + 1) % (int)FRESH) {
            if (!known_key && csign_cache_init(cache, size, &cache) != CSIGN_OK)
                abort();
            double t0 = microseconds();
            must_allow(r, cache, &releases[next]);
            decided += microseconds() - t0;
        }
        double t1 = microseconds();
        for (int i = 0; i < TURNS; i++, other = (other + 1) % (int)FRESH)
            sink += floor_run(&floors_of[other]);
        m.decided[round] = decided / TURNS;
        m.floors[round] = (microseconds() - t1) / TURNS;
    }
    report(what, &m, ROUNDS, bar);
    free(cache);
}

static void bench_hashing(void)
{
    static uint8_t bytes[16u << 20];
    uint8_t digest[32];
    printf("\n| document hashing, bytes | MB/s |\n|---|---|\n");
    for (size_t size = 64; size <= sizeof bytes; size *= 8) {
        int turns = (int)((32u << 20) / size) + 1;
        double t = microseconds();
        for (int i = 0; i < turns; i++) {
            hash_of(span_of(bytes, size), digest);
            sink += digest[0];
        }
        printf("| %zu | %.0f |\n", size, (double)size * turns / (microseconds() - t));
    }
}

int main(void)
{
    static uint8_t document[1u << 20];
    struct registry r;
    memset(document, 'a', sizeof document);
    registry_open(&r, 1, 1);
    printf("| decide | us | unavoidable us | ratio | bar |\n|---|---|---|---|---|\n");
    bench_warm(&r, "warm, 1 KiB document", span_of(document, 1024), ROUNDS);
    bench_warm(&r, "warm, 64 KiB document", span_of(document, 65536), ROUNDS);
    bench_warm(&r, "warm, 1 MiB document", span_of(document, sizeof document), ROUNDS / 4);
    bench_cold(&r, "cold: new credential, key met before", span_of(document, 1024), true, 1.10);
    bench_cold(&r, "first: new credential, key never met", span_of(document, 1024), false, 0);
    registry_close(&r);
    registry_open(&r, 5, 1);
    bench_warm(&r, "warm, 5 rules", span_of(document, 1024), ROUNDS);
    registry_close(&r);
    registry_open(&r, 500, 1);
    bench_warm(&r, "warm, 500 rules", span_of(document, 1024), ROUNDS);
    registry_close(&r);
    registry_open(&r, 250, 1);
    bench_warm(&r, "warm, the fullest policy", span_of(document, 1024), ROUNDS);
    registry_close(&r);
    registry_open(&r, 1, 500000);
    bench_warm(&r, "warm, 500,000 bindings", span_of(document, 1024), ROUNDS);
    registry_close(&r);
    bench_hashing();
    return 0;
}
