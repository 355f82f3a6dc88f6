/* Access tokens: for whose key, for how long, and that an ending bites at once. And the inbox, which a token opens. */
#include "access.h"
#include "domain_world.h"
#include "inbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit/inputs.h"

static csign_code grant(struct world *w, const struct signer *key, char token[ACCESS_TOKEN_MAX], struct access *ret)
{
    csign_fault fault = {0};
    return access_grant(&w->registry, world_proof(w, key, PROOF_TOKEN, NULL, 0), clock_ms(), ret, token, &fault);
}

static csign_code check(struct world *w, const char *token, struct access *ret)
{
    csign_fault fault = {0};
    return access_check(&w->registry, span_text(token), clock_ms(), ret, &fault);
}

static void test_token_names_its_holder(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1);
    uint64_t index;
    world_enrol(w, 1);
    assert_int_equal(world_bind(w, 1, 1, &holder, &index), CSIGN_OK);
    const struct {
        const struct signer *key;
        enum access_role role;
        const char *name;
    } cases[] = {{&w->officer, ACCESS_OFFICER, WORLD_OFFICER},
                 {&w->app, ACCESS_APP, WORLD_DEPLOYMENT},
                 {&holder, ACCESS_CLINICIAN, world_id('p', 1)}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char token[ACCESS_TOKEN_MAX];
        struct access given, found;
        assert_int_equal(grant(w, cases[i].key, token, &given), CSIGN_OK);
        assert_int_equal(given.role, cases[i].role);
        assert_string_equal(given.name, cases[i].name);
        assert_int_equal(given.expires_s, clock_ms() / 1000 + 900);
        assert_int_equal(check(w, token, &found), CSIGN_OK);
        assert_int_equal(found.role, cases[i].role);
        assert_string_equal(found.name, cases[i].name);
    }
}

static void test_key_of_nobody_fail(void **state)
{
    struct world *w = *state;
    struct signer nobody = world_holder(9);
    char token[ACCESS_TOKEN_MAX];
    struct access access;
    assert_int_equal(grant(w, &nobody, token, &access), CSIGN_E_UNAUTHENTICATED);
    assert_int_equal(grant(w, &w->issuer, token, &access), CSIGN_E_UNAUTHENTICATED);
}

static void test_ending_bites_at_once_fail(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1);
    uint64_t index;
    world_enrol(w, 1);
    assert_int_equal(world_bind(w, 1, 1, &holder, &index), CSIGN_OK);
    const struct {
        const struct signer *key;
        const char *sql, *undo;
        csign_code code;
    } cases[] = {
        {&w->officer, "update officer set ended_ms = 1", "update officer set ended_ms = null", CSIGN_E_OFFICER_ENDED},
        {&w->officer, "update institution set ended_ms = 1", "update institution set ended_ms = null", CSIGN_E_OFFICER_ENDED},
        {&w->app, "update app set ended_ms = 1", "update app set ended_ms = null", CSIGN_E_UNAUTHENTICATED},
        {&w->app, "update institution set ended_ms = 1", "update institution set ended_ms = null", CSIGN_E_UNAUTHENTICATED},
        {&holder, "update binding set ended_ms = 1", "update binding set ended_ms = null", CSIGN_E_UNAUTHENTICATED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char token[ACCESS_TOKEN_MAX], later[ACCESS_TOKEN_MAX];
        struct access access;
        assert_int_equal(grant(w, cases[i].key, token, &access), CSIGN_OK);
        world_sql(w, "%s", cases[i].sql);
        assert_int_equal(check(w, token, &access), cases[i].code);
        assert_int_equal(grant(w, cases[i].key, later, &access), cases[i].code);
        world_sql(w, "%s", cases[i].undo);
        assert_int_equal(check(w, token, &access), CSIGN_OK);
    }
}

/* Suspended, she reads her inbox still. */
static void test_suspended_clinician_has_her_inbox(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1);
    char token[ACCESS_TOKEN_MAX];
    struct access access;
    uint64_t index;
    world_enrol(w, 1);
    assert_int_equal(world_bind(w, 1, 1, &holder, &index), CSIGN_OK);
    assert_int_equal(world_order(w, 1, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
    assert_int_equal(grant(w, &holder, token, &access), CSIGN_OK);
}

static void test_token_expires_fail(void **state)
{
    struct world *w = *state;
    char token[ACCESS_TOKEN_MAX];
    struct access access;
    assert_int_equal(grant(w, &w->officer, token, &access), CSIGN_OK);
    clock_set(CLOCK_START + 899999);
    assert_int_equal(check(w, token, &access), CSIGN_OK);
    clock_set(CLOCK_START + 900000);
    assert_int_equal(check(w, token, &access), CSIGN_E_UNAUTHENTICATED);
}

static void test_every_character_of_a_token_counts_fail(void **state)
{
    struct world *w = *state;
    char token[ACCESS_TOKEN_MAX];
    struct access access;
    assert_int_equal(grant(w, &w->officer, token, &access), CSIGN_OK);
    for (size_t i = 0; token[i]; i++) {
        const char was = token[i];
        token[i] = was == 'A' ? 'E' : 'A';
        assert_int_equal(check(w, token, &access), CSIGN_E_UNAUTHENTICATED);
        token[i] = was;
    }
    token[strlen(token) - 1] = 0;
    assert_int_equal(check(w, token, &access), CSIGN_E_UNAUTHENTICATED);
    assert_int_equal(check(w, "", &access), CSIGN_E_UNAUTHENTICATED);
    char longer[ACCESS_TOKEN_MAX * 4];
    memset(longer, 'A', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    assert_int_equal(check(w, longer, &access), CSIGN_E_UNAUTHENTICATED);
}

/* --- the inbox --- */

static csign_code post(struct world *w, const char *app, const char *practitioner, const char *url, uint64_t expires_s, csign_fault *fault)
{
    struct inbox_post post;
    csign_code code = inbox_post_prepare(&post, span_text(app), span_text(practitioner), span_text(url), expires_s, clock_ms());
    if (code == CSIGN_OK)
        code = store_perform(w->registry.store, &post.operation);
    *fault = post.fault;
    return code;
}

static void test_inbox_keeps_what_has_not_expired(void **state)
{
    struct world *w = *state;
    const uint64_t now = CLOCK_START / 1000;
    struct inbox_item item;
    csign_fault fault;
    world_enrol(w, 1);
    world_enrol(w, 2);
    assert_int_equal(post(w, "deployment-1", world_id('p', 1), "https://app.example/1", now + 10, &fault), CSIGN_OK);
    assert_int_equal(post(w, "deployment-1", world_id('p', 1), "https://app.example/2", now + 20, &fault), CSIGN_OK);
    assert_int_equal(post(w, "deployment-1", world_id('p', 2), "https://app.example/3", now + 20, &fault), CSIGN_OK);
    clock_set(CLOCK_START + 10000);
    struct session *session = store_reader(w->registry.store);
    struct inbox_list list = inbox_list_open(session, span_text(world_id('p', 1)));
    assert_true(inbox_list_next(&list, &item));
    assert_true(span_equal(item.url, SPAN("https://app.example/2")));
    assert_true(span_equal(item.app, SPAN("deployment-1")));
    assert_int_equal(item.expires_s, now + 20);
    assert_false(inbox_list_next(&list, &item));
    assert_int_equal(inbox_list_close(&list), CSIGN_OK);
    store_reader_end(w->registry.store, session);
    assert_int_equal(post(w, "deployment-1", world_id('p', 1), "https://app.example/4", now + 20, &fault), CSIGN_OK);
    assert_int_equal(world_number(w, "select count(*) from inbox"), 3); /* what had expired is gone */
}

static void test_inbox_refuses_fail(void **state)
{
    const uint64_t now = CLOCK_START / 1000;
    const struct {
        const char *practitioner, *url;
        uint64_t expires_s;
        csign_code code;
        const char *field;
    } cases[] = {
        {"dr-a", "https://app.example/", now + 1, CSIGN_E_FIELD_INVALID, "practitioner"},
        {"01aa5d7c-9b50-7001-8f00-5d1c00000001", "ftp://app.example/", now + 1, CSIGN_E_FIELD_INVALID, "url"},
        {"01aa5d7c-9b50-7001-8f00-5d1c00000001", "https://app.example/a b", now + 1, CSIGN_E_FIELD_INVALID, "url"},
        {"01aa5d7c-9b50-7001-8f00-5d1c00000001", "https://app.example/", now, CSIGN_E_FIELD_INVALID, "expires_at"},
        {"01aa5d7c-9b50-7001-8f00-5d1c00000001", "https://app.example/", now + INBOX_LIFE_S + 1, CSIGN_E_FIELD_INVALID, "expires_at"},
        {"01aa5d7c-9b50-7001-8f00-5d1c00000001", "https://app.example/", now + 1, CSIGN_E_NOT_FOUND, "practitioner"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csign_fault fault = {0};
        csign_code code = post(*state, "deployment-1", cases[i].practitioner, cases[i].url, cases[i].expires_s, &fault);
        assert_refused(code, &fault, cases[i].code, cases[i].field, cases[i].url);
    }
}

static void test_inbox_is_bounded_fail(void **state)
{
    struct world *w = *state;
    const uint64_t later = CLOCK_START / 1000 + 60;
    csign_fault fault = {0};
    world_enrol(w, 1);
    for (unsigned i = 0; i < INBOX_APP_MAX; i++)
        assert_int_equal(post(w, "deployment-1", world_id('p', 1), "https://app.example/", later, &fault), CSIGN_OK);
    assert_refused(post(w, "deployment-1", world_id('p', 1), "https://app.example/", later, &fault), &fault, CSIGN_E_TOO_MANY,
                   "practitioner", "of one app");
    assert_int_equal(post(w, "deployment-2", world_id('p', 1), "https://app.example/", later, &fault), CSIGN_OK);
    world_sql(w, "with recursive n(i) as (select 1 union all select i + 1 from n where i < 799) "
                 "insert into inbox (practitioner, app, url, expires_s) select '%s', 'other', 'https://', %lld from n",
              world_id('p', 1), (long long)later);
    assert_refused(post(w, "deployment-2", world_id('p', 1), "https://app.example/", later, &fault), &fault, CSIGN_E_TOO_MANY,
                   "practitioner", "of all");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_token_names_its_holder),
        TEST(test_key_of_nobody_fail),
        TEST(test_ending_bites_at_once_fail),
        TEST(test_suspended_clinician_has_her_inbox),
        TEST(test_token_expires_fail),
        TEST(test_every_character_of_a_token_counts_fail),
        TEST(test_inbox_keeps_what_has_not_expired),
        TEST(test_inbox_refuses_fail),
        TEST(test_inbox_is_bounded_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
