/* Nonces: given by this process, used once, within their minute. */
#include "nonce.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <cmocka.h>
#include <stdlib.h>

#define NOW UINT64_C(1795338870123)

static int make(void **state)
{
    return nonces_open((struct nonces **)state) == CSIGN_OK ? 0 : -1;
}

static int drop(void **state)
{
    nonces_close((struct nonces **)state);
    return 0;
}

static span give(struct nonces *nonces, uint64_t now_ms, char memory[NONCE_TEXT + 1])
{
    uint64_t expires;
    nonce_give(nonces, now_ms, memory, &expires);
    assert_int_equal(expires, (now_ms + 60000) / 1000);
    assert_int_equal(strlen(memory), NONCE_TEXT);
    return span_text(memory);
}

static void test_nonce_is_used_once(void **state)
{
    char memory[2][NONCE_TEXT + 1];
    span first = give(*state, NOW, memory[0]), second = give(*state, NOW, memory[1]);
    assert_int_equal(nonce_use(*state, first, NOW), CSIGN_OK);
    assert_int_equal(nonce_use(*state, first, NOW), CSIGN_E_NONCE_UNKNOWN);
    assert_int_equal(nonce_use(*state, second, NOW + 59999), CSIGN_OK);
    assert_int_equal(nonce_use(*state, second, NOW + 59999), CSIGN_E_NONCE_UNKNOWN);
}

static void test_nonce_expires(void **state)
{
    char memory[NONCE_TEXT + 1];
    span nonce = give(*state, NOW, memory);
    assert_int_equal(nonce_use(*state, nonce, NOW + 60000), CSIGN_E_NONCE_UNKNOWN);
}

static void test_clock_that_steps_back_brings_no_nonce_back(void **state)
{
    char memory[2][NONCE_TEXT + 1];
    span used = give(*state, NOW, memory[0]), expired = give(*state, NOW, memory[1]);
    assert_int_equal(nonce_use(*state, used, NOW), CSIGN_OK);
    uint64_t expires;
    nonce_give(*state, NOW + 200000, memory[1], &expires);
    assert_int_equal(nonce_use(*state, span_text(memory[1]), NOW - 3600000), CSIGN_OK);
    assert_int_equal(nonce_use(*state, used, NOW), CSIGN_E_NONCE_UNKNOWN);
    assert_int_equal(nonce_use(*state, expired, NOW), CSIGN_E_NONCE_UNKNOWN);
}

static void test_every_bit_of_a_nonce_counts_fail(void **state)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char memory[NONCE_TEXT + 1];
    span nonce = give(*state, NOW, memory);
    for (size_t i = 0; i < NONCE_TEXT; i++) {
        const char was = memory[i];
        memory[i] = alphabet[(size_t)(strchr(alphabet, was) - alphabet) ^ 4];
        assert_int_equal(nonce_use(*state, nonce, NOW), CSIGN_E_NONCE_UNKNOWN);
        memory[i] = was;
    }
    assert_int_equal(nonce_use(*state, span_of(memory, NONCE_TEXT - 1), NOW), CSIGN_E_NONCE_UNKNOWN);
    assert_int_equal(nonce_use(*state, SPAN(""), NOW), CSIGN_E_NONCE_UNKNOWN);
    assert_int_equal(nonce_use(*state, nonce, NOW), CSIGN_OK);
}

static void test_nonce_of_another_process_fail(void **state)
{
    struct nonces *other = NULL;
    char memory[NONCE_TEXT + 1];
    assert_int_equal(nonces_open(&other), CSIGN_OK);
    assert_int_equal(nonce_use(*state, give(other, NOW, memory), NOW), CSIGN_E_NONCE_UNKNOWN);
    nonces_close(&other);
}

/* As many as are remembered, and one more; then the next minute. */
static void test_too_many_fail(void **state)
{
    char memory[NONCE_TEXT + 1];
    for (size_t i = 0; i < NONCE_USED_MAX; i++)
        if (nonce_use(*state, give(*state, NOW, memory), NOW) != CSIGN_OK)
            fail_msg("nonce %zu", i);
    assert_int_equal(nonce_use(*state, give(*state, NOW, memory), NOW), CSIGN_E_TOO_MANY);
    assert_int_equal(nonce_use(*state, give(*state, NOW + 120000, memory), NOW + 120000), CSIGN_OK);
}

/* --- threads --- */

struct users {
    struct nonces *nonces;
    const char (*texts)[NONCE_TEXT + 1];
    size_t count, used;
};

static void *use_all(void *context)
{
    struct users *u = context;
    for (size_t i = 0; i < u->count; i++)
        u->used += nonce_use(u->nonces, span_text(u->texts[i]), NOW) == CSIGN_OK;
    return NULL;
}

static void test_threads_use_each_once(void **state)
{
    enum { COUNT = 20000, THREADS = 4 };
    static char texts[COUNT][NONCE_TEXT + 1];
    struct users users[THREADS];
    pthread_t threads[THREADS];
    size_t used = 0;
    for (size_t i = 0; i < COUNT; i++)
        give(*state, NOW, texts[i]);
    for (size_t i = 0; i < THREADS; i++) {
        users[i] = (struct users){*state, (const char (*)[NONCE_TEXT + 1])texts, COUNT, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, use_all, &users[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        used += users[i].used;
    }
    assert_int_equal(used, COUNT);
}

static void test_seals_differ_by_purpose_and_message(void **state)
{
    uint8_t seals[3][NONCE_SEAL_SIZE], again[NONCE_SEAL_SIZE];
    nonces_seal(*state, "one", SPAN("message"), seals[0]);
    nonces_seal(*state, "two", SPAN("message"), seals[1]);
    nonces_seal(*state, "one", SPAN("massage"), seals[2]);
    nonces_seal(*state, "one", SPAN("message"), again);
    assert_memory_equal(seals[0], again, sizeof again);
    assert_memory_not_equal(seals[0], seals[1], sizeof again);
    assert_memory_not_equal(seals[0], seals[2], sizeof again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nonce_is_used_once),
        TEST(test_nonce_expires),
        TEST(test_clock_that_steps_back_brings_no_nonce_back),
        TEST(test_every_bit_of_a_nonce_counts_fail),
        TEST(test_nonce_of_another_process_fail),
        TEST(test_too_many_fail),
        TEST(test_threads_use_each_once),
        TEST(test_seals_differ_by_purpose_and_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
