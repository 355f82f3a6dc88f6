/* The cache of verified credentials: what it finds, what it gives up, and that it decides nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cache.h"
#include "counting.h"
#include "inputs.h"
#include "registry.h"

static void *memory;

static csign_cache *open_cache(size_t credentials)
{
    csign_cache *cache = NULL;
    size_t size = csign_cache_size(credentials);
    free(memory);
    memory = counting_spare(size + 16);
    void *aligned = (uint8_t *)memory + (16 - (uintptr_t)memory % 16) % 16;
    memset(aligned, 0xA5, size); /* memory as a caller may have left it */
    assert_int_equal(csign_cache_init(aligned, size, &cache), CSIGN_OK);
    cache->decision = 1;
    return cache;
}

static int close_cache(void **state)
{
    (void)state;
    free(memory);
    memory = NULL;
    return 0;
}

/* A key that stands at `place` of a cache with so many entries, told apart by `number`. */
static const uint8_t *key_at(uint64_t place, uint8_t number)
{
    static uint8_t keys[16][32];
    static unsigned next;
    uint8_t *key = keys[next++ % 16];
    memset(key, number, 32);
    memcpy(key, &place, sizeof place); /* as place_of() reads it */
    return key;
}

static const uint8_t root_1[32] = {1}, root_2[32] = {2};

/* Claims and fills, as a decision does. */
static struct cache_entry *keep(csign_cache *cache, const uint8_t *key, const uint8_t *root)
{
    struct cache_entry *entry = cache_claim(cache, key, root);
    if (entry)
        entry->vetted.verified = true;
    return entry;
}

static void arguments_fail(void **state)
{
    csign_cache *cache = NULL;
    size_t size = csign_cache_size(1);
    uint8_t *block = counting_spare(size + 32), *aligned = block + (16 - (uintptr_t)block % 16) % 16;
    (void)state;
    assert_int_equal(csign_cache_init(NULL, size, &cache), CSIGN_E_ARGUMENT);
    assert_int_equal(csign_cache_init(aligned, size, NULL), CSIGN_E_ARGUMENT);
    assert_int_equal(csign_cache_init(aligned + 8, size, &cache), CSIGN_E_ARGUMENT);
    assert_int_equal(csign_cache_init(aligned, size - 1, &cache), CSIGN_E_NO_SPACE);
    assert_int_equal(csign_cache_init(aligned, 0, &cache), CSIGN_E_NO_SPACE);
    assert_null(cache);
    assert_int_equal(csign_cache_init(aligned, size, &cache), CSIGN_OK);
    assert_int_equal(cache->entry_count, 1);
    assert_true(csign_cache_size(0) < csign_cache_size(1));
    free(block);
}

static void found_only_as_verified(void **state)
{
    csign_cache *cache = open_cache(8);
    const uint8_t *key = key_at(3, 1);
    (void)state;
    assert_int_equal(cache->entry_count, 8);
    assert_null(cache_find(cache, key, root_1)); /* nothing of what was in the memory counts */
    struct cache_entry *entry = cache_claim(cache, key, root_1);
    assert_non_null(entry);
    assert_null(cache_find(cache, key, root_1)); /* claimed, and not verified */
    entry->vetted.verified = true;
    assert_ptr_equal(cache_find(cache, key, root_1), entry);
    assert_null(cache_find(cache, key, root_2)); /* under another root it says nothing */
    assert_null(cache_find(cache, key_at(3, 2), root_1));
    uint8_t near[32];
    memcpy(near, key, 32);
    near[31] ^= 1;
    assert_null(cache_find(cache, near, root_1));
    cache->decision++;
    assert_ptr_equal(cache_find(cache, key, root_1), entry);
    assert_int_equal(entry->used, 2);
    cache = open_cache(1);
    entry = keep(cache, key, root_1);
    cache->decision++;
    assert_ptr_equal(cache_claim(cache, key, root_1), entry);
    assert_null(cache_find(cache, key, root_1)); /* what is claimed anew is not verified any more */
}

/* Of its places a key takes the one that was used longest ago; none that this decision uses. */
static void eviction(void **state)
{
    csign_cache *cache = open_cache(4);
    struct cache_entry *entries[4];
    (void)state;
    for (uint8_t i = 0; i < 4; i++) {
        cache->decision = i + 1u;
        entries[i] = keep(cache, key_at(0, i + 1), root_1);
        assert_non_null(entries[i]);
        for (uint8_t k = 0; k < i; k++)
            assert_ptr_not_equal(entries[i], entries[k]);
    }
    for (uint8_t i = 0; i < 4; i++)
        assert_true(entries[i]->used == i + 1u);
    cache->decision = 5;
    assert_ptr_equal(cache_find(cache, key_at(0, 1), root_1),
                     entries[0]); /* used again: now the second is the oldest */
    cache->decision = 6;
    assert_ptr_equal(keep(cache, key_at(0, 9), root_1), entries[1]);
    assert_null(cache_find(cache, key_at(0, 2), root_1));
    assert_ptr_equal(cache_find(cache, key_at(0, 1), root_1), entries[0]);
    assert_ptr_equal(cache_find(cache, key_at(0, 9), root_1), entries[1]);
}

static void more_sign_offs_than_entries(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 3; count++) {
        csign_cache *cache = open_cache(count);
        for (uint8_t i = 0; i < 4;
             i++) { /* four signers of one decision: what one uses the next must not take */
            struct cache_entry *entry = keep(cache, key_at(0, i + 1), root_1);
            assert_int_equal(entry != NULL, i < count);
        }
        for (uint8_t i = 0; i < 4; i++)
            assert_int_equal(cache_find(cache, key_at(0, i + 1), root_1) != NULL, i < count);
        cache->decision++;
        assert_non_null(keep(cache, key_at(0, 9), root_1));
    }
}

/* A sound key is asked about once; an unsound one each time, and a zero key is never known. */
static void soundness(void **state)
{
    csign_cache *cache = open_cache(4);
    uint8_t seed[32] = {1};
    struct signing_key signing;
    struct public_key key, zero = {{0}}, small = {{1}}, torsioned = {{0x95}};
    (void)state;
    memset(torsioned.bytes + 1, 0x99, 31);
    signing_key_from_seed(seed, &signing);
    signing_key_public(&signing, &key);
    assert_false(cache_key_is_sound(cache, &zero)); /* an empty place is a zero key */
    assert_false(cache_key_is_sound(cache, &zero));
    assert_false(cache_key_is_sound(cache, &small));
    assert_false(cache_key_is_sound(cache, &torsioned));
    assert_false(cache_key_is_sound(cache, &torsioned)); /* a refusal is not remembered as sound */
    assert_true(cache_key_is_sound(cache, &key));
    uint64_t place;
    memcpy(&place, key.bytes, sizeof place);
    assert_true(public_key_equal(&cache->sound[place % 4], &key));
    assert_true(cache_key_is_sound(cache, &key));
    /* It is remembered: what stands in the place is believed. Only sound keys are ever put there. */
    cache->sound[1] = (struct public_key){{1}};
    assert_true(cache_key_is_sound(cache, &small));
    cache->sound[1] = zero;
    assert_false(cache_key_is_sound(cache, &small));
    struct public_key other = key;
    other.bytes[31] ^= 1; /* the same place, another key */
    cache->sound[place % 4] = key;
    assert_int_equal(cache_key_is_sound(cache, &other), public_key_is_sound(&other));
}

/* --- in decisions --- */

static struct registry registry;

static csign_verdict decide(csign_cache *cache, csign_decision *decision)
{
    return csign_decide(registry.gate, cache, &registry.release, REGISTRY_NOW, decision);
}

static size_t kept_entries(const csign_cache *cache)
{
    size_t count = 0;
    for (size_t i = 0; i < cache->entry_count; i++)
        count += cache->entries[i].used && cache->entries[i].vetted.verified;
    return count;
}

/* Reads the registry's credential, and issues it again with conditions that are too large for an entry. */
static void issue_large(void)
{
    static uint8_t scratch_memory[1 << 16];
    static struct condition conditions[24];
    static char words[150];
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    struct presentation p;
    struct credential c;
    struct credential_secrets secrets = {{{9}}};
    span decoded[DISCLOSURES_MAX];
    assert_int_equal(presentation_split(registry.credential, false, &p, NULL), CSIGN_OK);
    assert_int_equal(jws_decode(&p.jwt, &scratch, NULL), CSIGN_OK);
    assert_int_equal(disclosure_decode(&p, &scratch, decoded, NULL), CSIGN_OK);
    assert_int_equal(credential_read(&p, decoded, &scratch, &c, NULL), CSIGN_OK);
    memset(words, 'c', sizeof words);
    for (size_t i = 0; i < 24; i++)
        conditions[i] = (struct condition){.code = span_of(words, sizeof words)};
    c.conditions = (struct object_list){conditions, 24};
    size_t from = registry.arena.size;
    assert_int_equal(credential_write(&registry.arena, &c, &secrets, &registry.issuer), CSIGN_OK);
    registry.credential = buffer_since(&registry.arena, from);
}

static void large_credentials_are_not_kept(void **state)
{
    csign_cache *cache = open_cache(4);
    csign_decision cold, warm;
    (void)state;
    registry_open(&registry, 1, 1);
    registry_sign(&registry, SPAN("report"));
    assert_int_equal(decide(cache, &cold), CSIGN_ALLOW);
    assert_int_equal(kept_entries(cache), 1);
    assert_int_equal(decide(cache, &warm), CSIGN_ALLOW);
    assert_int_equal(kept_entries(cache), 1);
    assert_true(span_equal(cold.release_id, warm.release_id) && warm.signer_count == 1 &&
                span_equal(warm.signers[0].name, SPAN("Dr A. Example")));

    cache = open_cache(4);
    issue_large();
    registry_sign(&registry, SPAN("report"));
    csign_verdict verdict = decide(cache, &cold);
    assert_refused(cold.code, &(csign_fault){cold.code, cold.field, cold.reason, 0}, CSIGN_OK, "",
                   "a large credential");
    assert_int_equal(verdict, CSIGN_ALLOW);
    assert_int_equal(kept_entries(cache), 0);
    assert_int_equal(decide(cache, &warm), CSIGN_ALLOW);
    assert_int_equal(kept_entries(cache), 0);
    registry_close(&registry);
}

/* A warm cache says nothing of what a cold one would refuse: another signature, another root, and time. */
static void warm_is_not_weaker(void **state)
{
    csign_cache *cache = open_cache(4);
    csign_decision decision;
    (void)state;
    registry_open(&registry, 1, 1);
    registry_sign(&registry, SPAN("report"));
    assert_int_equal(decide(cache, &decision), CSIGN_ALLOW);

    struct csign_release sound = registry.release;
    uint8_t *changed = counting_spare(sound.slots[0].sign_off.size);
    memcpy(changed, sound.slots[0].sign_off.data, sound.slots[0].sign_off.size);
    registry.release.slots[0].sign_off.data = changed;
    const uint8_t *tilde = memchr(changed, '~', sound.slots[0].sign_off.size);
    size_t at = (size_t)(tilde - changed) - 10; /* in the issuer's signature */
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    assert_int_equal(decide(cache, &decision), CSIGN_REFUSE);
    assert_int_equal(decision.code, CSIGN_E_SIGNATURE_BAD);
    assert_int_equal(decide(cache, &decision), CSIGN_REFUSE); /* and again: a refusal is not kept as verified */
    assert_int_equal(decision.code, CSIGN_E_SIGNATURE_BAD);
    changed[at] = sound.slots[0].sign_off.data[at];
    size_t last = sound.slots[0].sign_off.size - 10; /* in the holder's signature */
    changed[last] = changed[last] == 'A' ? 'B' : 'A';
    assert_int_equal(decide(cache, &decision), CSIGN_REFUSE);
    assert_int_equal(decision.code, CSIGN_E_HOLDER_SIGNATURE_BAD);
    changed[last] = sound.slots[0].sign_off.data[last];
    assert_int_equal(decide(cache, &decision), CSIGN_ALLOW);
    registry.release = sound;
    registry.release.document = SPAN("another report");
    assert_int_equal(decide(cache, &decision), CSIGN_REFUSE);
    assert_int_equal(decision.code, CSIGN_E_DOCUMENT_CHANGED);
    registry.release = sound;
    assert_int_equal(csign_decide(registry.gate, cache, &registry.release, REGISTRY_NOW + 100, &decision),
                     CSIGN_REFUSE);
    assert_int_equal(decision.code, CSIGN_E_STATUS_STALE);
    free(changed);
    registry_close(&registry);
}

/* What csign_decide() answers to callers that are wrong. */
static void decide_arguments_fail(void **state)
{
    csign_cache *cache = open_cache(1);
    csign_decision decision;
    (void)state;
    registry_open(&registry, 1, 1);
    registry_sign(&registry, SPAN("report"));
    const struct csign_release *release = &registry.release;
    assert_int_equal(csign_decide(registry.gate, cache, release, REGISTRY_NOW, NULL), CSIGN_CANNOT_DECIDE);
#define CANNOT(gate, with, asked, now, member)                                                                 \
    memset(&decision, 0xFF, sizeof decision);                                                                  \
    assert_int_equal(csign_decide(gate, with, asked, now, &decision), CSIGN_CANNOT_DECIDE);                    \
    assert_true(decision.verdict == CSIGN_CANNOT_DECIDE && decision.code == CSIGN_E_ARGUMENT &&                \
                decision.struct_size == sizeof decision && decision.checks == 0);                              \
    assert_string_equal(decision.field, member)
    CANNOT(NULL, cache, release, REGISTRY_NOW, "");
    CANNOT(registry.gate, NULL, release, REGISTRY_NOW, "");
    CANNOT(registry.gate, cache, NULL, REGISTRY_NOW, "");
    CANNOT(registry.gate, cache, release, -1, "now");
    struct csign_release changed = *release;
    changed.struct_size--;
    CANNOT(registry.gate, cache, &changed, REGISTRY_NOW, "struct_size");
    changed = *release;
    changed.request_count = CSIGN_SLOTS_MAX + 1;
    CANNOT(registry.gate, cache, &changed, REGISTRY_NOW, "sign_offs");
    changed = *release;
    changed.sign_off_count = CSIGN_SLOTS_MAX + 1;
    CANNOT(registry.gate, cache, &changed, REGISTRY_NOW, "sign_offs");
    changed = *release;
    changed.release_id = SPAN("r 1");
    CANNOT(registry.gate, cache, &changed, REGISTRY_NOW, "release_id");
    changed = *release;
    changed.document.data = NULL;
    CANNOT(registry.gate, cache, &changed, REGISTRY_NOW, "document");
#undef CANNOT
    registry_close(&registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_fail),
        cmocka_unit_test_teardown(found_only_as_verified, close_cache),
        cmocka_unit_test_teardown(eviction, close_cache),
        cmocka_unit_test_teardown(more_sign_offs_than_entries, close_cache),
        cmocka_unit_test_teardown(soundness, close_cache),
        cmocka_unit_test_teardown(large_credentials_are_not_kept, close_cache),
        cmocka_unit_test_teardown(warm_is_not_weaker, close_cache),
        cmocka_unit_test_teardown(decide_arguments_fail, close_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
