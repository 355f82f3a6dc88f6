/* Token Status Lists (PROTOCOL 3, TOKENS 7): what an entry says, what the token names, and how long one is kept. */
#include "base64.h"
#include "domain_world.h"
#include "jws.h"
#include "status_list.h"
#include "status_lists.h"

#include <libdeflate.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW_S    (CLOCK_START / 1000)
#define LIST_MAX (4u << 20) /* 2^24 entries of 2 bits */
#define DAY      86400

static struct signer key;
static uint8_t bits[LIST_MAX + 1];

static int begin(void **state)
{
    if (world_make(state) != 0)
        return -1;
    struct world *w = *state;
    uint8_t thumbprint[CSIGN_HASH_SIZE];
    struct buffer kid = buffer_open((uint8_t *)w->registry.statuslist_kid, sizeof w->registry.statuslist_kid - 1);
    key = signer_make("statuslist.registry.test", NOTE_ED25519);
    public_key_thumbprint(&key.vkey.key, thumbprint);
    base64url_encode(&kid, span_of(thumbprint, sizeof thumbprint));
    w->registry.statuslist_key = &key.key;
    assert_int_equal(status_lists_open(&w->registry.status_lists), CSIGN_OK);
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    status_lists_close(&w->registry.status_lists);
    return world_remove(state);
}

static uint64_t bound(struct world *w, unsigned person, unsigned number)
{
    struct signer holder = world_holder(number);
    uint64_t index = UINT64_MAX;
    assert_int_equal(world_bind(w, person, number, &holder, &index), CSIGN_OK);
    return index;
}

/* --- reading one, as a relying party does --- */

static struct status_list_token token_at(struct world *w, uint64_t number, uint64_t now_s, bool gzip)
{
    struct status_list_token token;
    assert_int_equal(status_list_token(&w->registry, number, now_s, gzip, &token), CSIGN_OK);
    return token;
}

static void decode(span token, struct jws *ret)
{
    static uint8_t memory[1u << 20];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    assert_int_equal(jws_split(token, ret, NULL), CSIGN_OK);
    assert_int_equal(jws_decode(ret, &scratch, NULL), CSIGN_OK);
    assert_true(jws_verify(ret, &key.vkey.key));
}

/* What stands between two texts of the payload. */
static span between(span payload, const char *before, const char *after)
{
    const char *from = strstr((const char *)payload.data, before), *to;
    assert_non_null(from);
    from += strlen(before);
    to = strstr(from, after);
    assert_non_null(to);
    return span_of(from, (size_t)(to - from));
}

/* Into `bits`. */
static void read_list(struct world *w, uint64_t number, uint64_t now_s)
{
    static uint8_t text[1u << 20], compressed[1u << 20];
    struct status_list_token token = token_at(w, number, now_s, false);
    struct buffer out = buffer_open(text, sizeof text - 1), bytes = buffer_open(compressed, sizeof compressed);
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    struct jws jws;
    size_t size = 0;
    span lst;
    decode(span_of(token.bytes, token.size), &jws);
    buffer_put(&out, jws.payload);
    text[out.size] = 0;
    assert_true(base64url_decode(&bytes, between(buffer_span(&out), "\"bits\":2,\"lst\":\"", "\""), &lst));
    assert_int_equal(libdeflate_zlib_decompress(d, lst.data, lst.size, bits, sizeof bits, &size), LIBDEFLATE_SUCCESS);
    assert_int_equal(size, LIST_MAX); /* its whole length, so that nobody counts clinicians by it */
    libdeflate_free_decompressor(d);
    free(token.bytes);
}

static uint8_t entry(uint64_t index)
{
    uint8_t value;
    assert_true(status_list_get(span_of(bits, LIST_MAX), 2, index, &value));
    return value;
}

static size_t count_set(void)
{
    size_t count = 0;
    for (uint64_t i = 0; i < STATUS_LIST_ENTRIES; i++)
        count += entry(i) != 0;
    return count;
}

/* --- entries --- */

static void what_has_ended(void **state)
{
    struct world *w = *state;
    uint64_t index[4];
    for (unsigned i = 0; i < 4; i++) {
        world_enrol(w, i + 1);
        index[i] = bound(w, i + 1, i + 1);
    }
    assert_int_equal(world_order(w, 2, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
    assert_int_equal(world_order(w, 3, END_REVOKED, REASON_LICENCE_ACTION), CSIGN_OK);
    read_list(w, 0, NOW_S);
    assert_int_equal(entry(index[0]), STATUS_LIST_LIVE);
    assert_int_equal(entry(index[1]), STATUS_LIST_SUSPENDED);
    assert_int_equal(entry(index[2]), STATUS_LIST_REVOKED);
    assert_int_equal(entry(index[3]), STATUS_LIST_LIVE);
    assert_int_equal(count_set(), 2);

    /* Given back under a new index: the old one is superseded and never comes back. */
    assert_int_equal(world_order(w, 4, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
    read_list(w, 0, NOW_S);
    assert_int_equal(entry(index[3]), STATUS_LIST_SUSPENDED);
    assert_int_equal(world_reinstate(w, 4), CSIGN_OK);
    read_list(w, 0, NOW_S);
    assert_int_equal(entry(index[3]), STATUS_LIST_SUPERSEDED);
    assert_int_equal(entry(4), STATUS_LIST_LIVE);
    /* Suspended, then revoked. */
    assert_int_equal(world_order(w, 2, END_REVOKED, REASON_RESCINDED), CSIGN_OK);
    read_list(w, 0, NOW_S);
    assert_int_equal(entry(index[1]), STATUS_LIST_REVOKED);
}

static csign_code raise_floor(struct world *w, struct session *session, void *what)
{
    struct leaf leaf = {.type = LEAF_FLOOR, .floor = {.floor = *(uint64_t *)what, .recorded_ms = session_time_ms(session)}};
    return log_append(w->registry.log, &leaf);
}

/* Below the floor everything is revoked, superseded or not. */
static void what_is_retired(void **state)
{
    struct world *w = *state;
    uint64_t floor = 2;
    for (unsigned i = 1; i <= 3; i++) {
        world_enrol(w, i);
        (void)bound(w, i, i);
    }
    assert_int_equal(world_order(w, 1, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
    assert_int_equal(world_reinstate(w, 1), CSIGN_OK);
    read_list(w, 0, NOW_S);
    assert_int_equal(entry(0), STATUS_LIST_SUPERSEDED);
    assert_int_equal(entry(1), STATUS_LIST_LIVE);
    assert_int_equal(world_do(w, raise_floor, &floor), CSIGN_OK);
    read_list(w, 0, NOW_S);
    assert_int_equal(entry(0), STATUS_LIST_REVOKED);
    assert_int_equal(entry(1), STATUS_LIST_REVOKED);
    assert_int_equal(entry(2), STATUS_LIST_LIVE);
    assert_int_equal(count_set(), 2);
}

/* --- cuts --- */

static void cut(struct world *w, int kind, const char *name, uint64_t cut_ms)
{
    world_sql(w, "delete from cut");
    world_sql(w, "insert into cut (kind, name, cut_ms, deed) values (%d, cast('%s' as blob), %lld, x'00')", kind, name, (long long)cut_ms);
}

/* The entries of six indexes, as digits. */
static const char *entries(struct world *w, uint64_t now_s)
{
    static char text[7];
    status_lists_close(&w->registry.status_lists); /* rows were changed without the log */
    assert_int_equal(status_lists_open(&w->registry.status_lists), CSIGN_OK);
    read_list(w, 0, now_s);
    for (unsigned i = 0; i < 6; i++)
        text[i] = (char)('0' + entry(i));
    return text;
}

static void what_is_cut(void **state)
{
    struct world *w = *state;
    const uint64_t later = CLOCK_START + 1000;
    world_sql(w, "insert into institution values ('clinic-2', 'us-ks', 'Clinic 2', 'US-KS', '[]', null, null)");
    for (unsigned i = 1; i <= 6; i++) {
        world_enrol(w, i);
        (void)bound(w, i, i);
    }
    world_sql(w, "update affiliation set institution = 'clinic-2' where id in ('%s', '%s')", world_id('a', 2), world_id('a', 4));
    assert_int_equal(world_order(w, 3, END_REVOKED, REASON_LICENCE_ACTION), CSIGN_OK);
    assert_int_equal(world_order(w, 4, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
    /* Indexes 0 to 3 have a credential that lives for an hour more, 4 one that has expired, 5 none. */
    world_sql(w, "update status_index set issued = 1, issued_until_s = %lld where idx < 4", (long long)NOW_S + 3600);
    world_sql(w, "update status_index set issued = 1, issued_until_s = %lld where idx = 4", (long long)NOW_S);
    assert_string_equal(entries(w, NOW_S), "001200");

    cut(w, CUT_INSTITUTION, "clinic-1", later);
    assert_string_equal(entries(w, NOW_S), "201200"); /* what has ended says more than a cut */
    cut(w, CUT_INSTITUTION, "clinic-2", later);
    assert_string_equal(entries(w, NOW_S), "021200");
    cut(w, CUT_INSTITUTION, "clinic-3", later);
    assert_string_equal(entries(w, NOW_S), "001200");
    cut(w, CUT_ISSUER, w->registry.kid, later);
    assert_string_equal(entries(w, NOW_S), "221200");
    cut(w, CUT_ISSUER, "another key", later);
    assert_string_equal(entries(w, NOW_S), "001200");
    cut(w, CUT_TOOL, "clinic-1", later); /* of tools, credentials say nothing */
    assert_string_equal(entries(w, NOW_S), "001200");
    cut(w, CUT_ALL, "", later);
    assert_string_equal(entries(w, NOW_S), "221200");

    /* Until every credential from before has expired: each by its own time, at the latest after a whole life. */
    assert_string_equal(entries(w, NOW_S + 3599), "221200");
    assert_string_equal(entries(w, NOW_S + 3600), "001200");
    world_sql(w, "update status_index set issued_until_s = %lld where idx < 2", (long long)NOW_S + 10 * DAY);
    assert_string_equal(entries(w, later / 1000 + DAY - 1), "221200");
    assert_string_equal(entries(w, later / 1000 + DAY), "001200");
    /* A key that was bound since has nothing from before. */
    world_sql(w, "update binding set bound_ms = %lld where id = 1", (long long)later);
    assert_string_equal(entries(w, NOW_S), "021200");
}

/* --- lists --- */

/* The last entry of a list, and the first of the next. */
static void where_lists_meet(void **state)
{
    struct world *w = *state;
    struct status_list_token token;
    world_enrol(w, 1);
    (void)bound(w, 1, 1);
    assert_int_equal(status_list_token(&w->registry, 1, NOW_S, false, &token), CSIGN_E_NOT_FOUND);
    world_sql(w, "insert into status_index (idx, binding, code, reason, ended_ms, deed, issued, issued_until_s) values "
                 "(16777215, 1, 1, 2, 1, x'00', 0, 0), (16777216, 1, 2, 2, 1, x'00', 0, 0), (16777217, 1, 3, 2, 1, x'00', 0, 0)");
    read_list(w, 0, NOW_S);
    assert_int_equal(entry(0), STATUS_LIST_LIVE);
    assert_int_equal(entry(16777215), STATUS_LIST_REVOKED);
    assert_int_equal(count_set(), 1);
    read_list(w, 1, NOW_S);
    assert_int_equal(entry(0), STATUS_LIST_SUSPENDED);
    assert_int_equal(entry(1), STATUS_LIST_SUPERSEDED);
    assert_int_equal(count_set(), 2);
    assert_int_equal(status_list_token(&w->registry, 2, NOW_S, false, &token), CSIGN_E_NOT_FOUND);
    /* Of more lists than are kept, one takes the place of another. */
    world_sql(w, "insert into status_index (idx, binding, code, reason, ended_ms, deed, issued, issued_until_s) values "
                 "(%lld, 1, 2, 2, 1, x'00', 0, 0)", 16LL << 24);
    read_list(w, 16, NOW_S);
    assert_int_equal(entry(0), STATUS_LIST_SUSPENDED);
    read_list(w, 0, NOW_S);
    assert_int_equal(entry(0), STATUS_LIST_LIVE);
    assert_int_equal(entry(16777215), STATUS_LIST_REVOKED);
}

/* Without anybody bound there is a list that says so; without a key there is none. */
static void before_anybody_is_bound(void **state)
{
    struct world *w = *state;
    struct status_list_token token;
    read_list(w, 0, NOW_S);
    assert_int_equal(count_set(), 0);
    w->registry.statuslist_key = NULL;
    assert_int_equal(status_list_token(&w->registry, 0, NOW_S, false, &token), CSIGN_E_NOT_FOUND);
}

/* --- the token --- */

static void what_the_token_names(void **state)
{
    struct world *w = *state;
    struct status_list_token token = token_at(w, 0, NOW_S, false);
    struct jws jws;
    char expected[256];
    decode(span_of(token.bytes, token.size), &jws);
    snprintf(expected, sizeof expected, "{\"typ\":\"statuslist+jwt\",\"alg\":\"EdDSA\",\"kid\":\"%s\"}", w->registry.statuslist_kid);
    assert_true(span_equal(jws.header, span_text(expected)));
    snprintf(expected, sizeof expected,
             "{\"iss\":\"" WORLD_ISS "\",\"sub\":\"" WORLD_ISS "/status/list/0\",\"iat\":%llu,\"exp\":%llu,\"ttl\":60,\"status_list\":{\"bits\":2,",
             (unsigned long long)NOW_S, (unsigned long long)NOW_S + 3600);
    assert_true(span_starts(jws.payload, span_text(expected)));
    free(token.bytes);
}

static bool same(const struct status_list_token *a, const struct status_list_token *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* It is the same until the log grows or its time to live is over; then it is another, and called otherwise. */
static void how_long_it_is_kept(void **state)
{
    struct world *w = *state;
    struct status_list_token first = token_at(w, 0, NOW_S, false), kept = token_at(w, 0, NOW_S + 59, false),
                             old = token_at(w, 0, NOW_S + 60, false);
    assert_true(same(&first, &kept));
    assert_string_equal(first.etag, kept.etag);
    assert_false(same(&first, &old));
    assert_string_not_equal(first.etag, old.etag);
    world_enrol(w, 1);
    (void)bound(w, 1, 1);
    struct status_list_token grown = token_at(w, 0, NOW_S + 60, false);
    assert_string_not_equal(old.etag, grown.etag);
    assert_true(old.etag[0] == '"' && old.etag[strlen(old.etag) - 1] == '"');
    struct status_list_token *all[] = {&first, &kept, &old, &grown};
    for (size_t i = 0; i < 4; i++)
        free(all[i]->bytes);
}

static void by_gzip(void **state)
{
    struct world *w = *state;
    struct status_list_token text = token_at(w, 0, NOW_S, false), packed = token_at(w, 0, NOW_S, true);
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    size_t size = 0;
    assert_string_not_equal(text.etag, packed.etag); /* RFC 9110 8.8.3: another form, another tag */
    assert_true(packed.size < text.size);
    assert_int_equal(libdeflate_gzip_decompress(d, packed.bytes, packed.size, bits, sizeof bits, &size), LIBDEFLATE_SUCCESS);
    assert_int_equal(size, text.size);
    assert_memory_equal(bits, text.bytes, size);
    libdeflate_free_decompressor(d);
    free(text.bytes);
    free(packed.bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_has_ended),
        TEST(what_is_retired),
        TEST(what_is_cut),
        TEST(where_lists_meet),
        TEST(before_anybody_is_bound),
        TEST(what_the_token_names),
        TEST(how_long_it_is_kept),
        TEST(by_gzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
