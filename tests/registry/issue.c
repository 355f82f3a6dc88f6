/* Issuing: what a credential says, when there is none, and the whole way from a code to a refusal. */
#include "base64.h"
#include "domain_world.h"
#include "issue.h"
#include "key_binding.h"
#include "nonce.h"
#include "presentation.h"
#include "request.h"
#include "status.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../unit/inputs.h"

static csign_code run_issue(struct world *w, const struct signer *key, uint64_t idx, struct issue *issue)
{
    csign_code code = issue_prepare(issue, &w->registry, world_proof(w, key, PROOF_CREDENTIAL, NULL, idx), clock_ms());
    return code == CSIGN_OK ? store_perform(w->registry.store, &issue->operation) : code;
}

static span issue_one(struct world *w, const struct signer *key, uint8_t *memory)
{
    static struct issue issue;
    struct buffer out = buffer_open(memory, ISSUE_CREDENTIAL_MAX);
    assert_int_equal(run_issue(w, key, 0, &issue), CSIGN_OK);
    assert_int_equal(issue_write(&issue, &out), CSIGN_OK);
    return buffer_span(&out);
}

/* --- what it says --- */

static void read_credential(span text, struct buffer *scratch, struct credential *ret)
{
    struct presentation p;
    span decoded[DISCLOSURES_MAX];
    csign_fault fault = {0};
    assert_int_equal(presentation_split(text, false, &p, &fault), CSIGN_OK);
    assert_int_equal(jws_decode(&p.jwt, scratch, &fault), CSIGN_OK);
    assert_int_equal(disclosure_decode(&p, scratch, decoded, &fault), CSIGN_OK);
    csign_code code = credential_read(&p, decoded, scratch, ret, &fault);
    assert_refused(code, &fault, CSIGN_OK, "", "the credential");
}

static void test_credential_says_what_is_known(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1);
    static uint8_t memory[ISSUE_CREDENTIAL_MAX], scratch_memory[1u << 16];
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    struct credential c;
    uint64_t index;
    world_enrol(w, 1);
    assert_int_equal(world_bind(w, 1, 1, &holder, &index), CSIGN_OK);
    span text = issue_one(w, &holder, memory);
    read_credential(text, &scratch, &c);
    assert_true(credential_type_matches(&c));
    assert_true(span_equal(c.iss, SPAN(WORLD_ISS)));
    assert_true(span_equal(c.sub, span_text(world_id('p', 1))));
    assert_int_equal(c.iat, CLOCK_START / 1000);
    assert_int_equal(c.nbf, c.iat);
    assert_int_equal(c.exp, c.iat + 3600);
    assert_true(public_key_equal(&c.cnf.jwk.x, &holder.vkey.key));
    assert_int_equal(c.status.countersign.idx, index);
    assert_true(span_equal(c.status.countersign.origin, SPAN("log.registry.test")));
    assert_true(span_equal(c.status.status_list.uri, SPAN(WORLD_ISS "/status/list/0")));
    assert_int_equal(c.profession, vocabulary_find(&professions, SPAN("physician")));
    assert_int_equal(c.level, LEVEL_INDEPENDENT);
    assert_int_equal(c.jurisdiction.count, 1);
    assert_true(span_equal(((const struct specialty *)c.specialty.items)[0].code, SPAN("2085R0202X")));
    assert_true(c.privileges.prescribe && c.privileges.imaging_report && !c.privileges.narcotic && !c.privileges.pathology);
    assert_true(text_list_has(c.privileges.schedules, SPAN("II")));
    assert_true(span_equal(c.site.id, SPAN("clinic-1")));
    assert_int_equal(c.site.basis, BASIS_FILED);
    assert_true(c.site.consent);
    assert_int_equal(((const struct condition *)c.conditions.items)[0].until, 20270131);
    assert_int_equal(c.independent_since, 20150401);
    assert_int_equal(c.licensed_until, 20280331);
    assert_int_equal(c.assurance.level, ASSURANCE_VALIDATED);
    assert_int_equal(c.assurance.validated_at, 1790000000);
    assert_int_equal(c.authenticator.storage, vocabulary_find(&storages, SPAN("file")));
    assert_int_equal(c.authenticator.user_auth, vocabulary_find(&user_auths, SPAN("none")));
    assert_int_equal(c.authenticator.proofing, vocabulary_find(&proofings, SPAN("in_person")));
    assert_false(c.authenticator.attested);
    assert_true(c.test);
    assert_true(span_equal(c.name, SPAN("Dr A. Example 1")));
    assert_true(span_equal(c.licence_number, SPAN("REG-1")));
    assert_int_equal(c.identifiers.count, 1);
    assert_true(span_equal(((const struct specialty *)c.identifiers.items)[0].code, SPAN("1")));
    assert_int_equal(world_number(w, "select issued from status_index"), 1);
    assert_int_equal(world_number(w, "select issued_until_s from status_index"), (int64_t)c.exp);
}

/* --- when there is none --- */

static void test_refusals_fail(void **state)
{
    static const struct {
        const char *sql, *undo, *field;
        csign_code code;
    } cases[] = {
        {"update affiliation set ended_ms = 1", "update affiliation set ended_ms = null", "", CSIGN_E_CONFLICT},
        {"update affiliation set to_s = 1795338870", "update affiliation set to_s = 0", "affiliation", CSIGN_E_CONFLICT},
        {"update affiliation set from_s = 1795338871", "update affiliation set from_s = 0", "affiliation", CSIGN_E_CONFLICT},
        {"update licence set ended_ms = 1", "update licence set ended_ms = null", "", CSIGN_E_CONFLICT},
        {"update institution set ended_ms = 1", "update institution set ended_ms = null", "", CSIGN_E_CONFLICT},
        {"update binding set ended_ms = 1", "update binding set ended_ms = null", "", CSIGN_E_CONFLICT},
        {"insert into cut values (1, 1, cast('clinic-1' as blob), 1795338870001, x'00')", "delete from cut", "institution",
         CSIGN_E_STANDING_ORDER},
        {"insert into cut values (1, 1, cast('clinic-2' as blob), 1795338870001, x'00')", "delete from cut", "", CSIGN_OK},
        {"insert into cut values (1, 1, cast('clinic-1' as blob), 1795338870000, x'00')", "delete from cut", "", CSIGN_OK},
        {"update status_index set code = 1, reason = 2", "update status_index set code = 0", "idx", CSIGN_E_REVOKED},
        {"update status_index set code = 2, reason = 2", "update status_index set code = 0", "idx", CSIGN_E_SUSPENDED},
        {"update status_index set code = 3, reason = 2", "update status_index set code = 0", "idx", CSIGN_E_SUPERSEDED},
    };
    struct world *w = *state;
    struct signer holder = world_holder(1), stranger = world_holder(2);
    static struct issue issue;
    uint64_t index;
    world_enrol(w, 1);
    assert_int_equal(world_bind(w, 1, 1, &holder, &index), CSIGN_OK);
    assert_refused(run_issue(w, &stranger, 0, &issue), &issue.fault, CSIGN_E_NOT_FOUND, "jwk", "a key of nobody");
    assert_refused(run_issue(w, &holder, 5, &issue), &issue.fault, CSIGN_E_NOT_FOUND, "idx", "an index of nobody");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world_sql(w, "%s", cases[i].sql);
        assert_refused(run_issue(w, &holder, 0, &issue), &issue.fault, cases[i].code, cases[i].field, cases[i].sql);
        world_sql(w, "%s", cases[i].undo);
    }
    assert_int_equal(world_number(w, "select issued from status_index"), 2); /* those alone that were */
}

static void test_life_ends_with_the_affiliation_or_the_day(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1);
    static struct issue issue;
    uint64_t index;
    world_enrol(w, 1);
    assert_int_equal(world_bind(w, 1, 1, &holder, &index), CSIGN_OK);
    world_sql(w, "update affiliation set to_s = 1795338970");
    assert_int_equal(run_issue(w, &holder, 0, &issue), CSIGN_OK);
    assert_int_equal(issue.exp, 1795338970);
    world_sql(w, "update affiliation set to_s = 0");
    w->registry.credential_life_s = 2 * CREDENTIAL_LIFE_MAX;
    assert_int_equal(run_issue(w, &holder, 0, &issue), CSIGN_OK);
    assert_int_equal(issue.exp, issue.iat + CREDENTIAL_LIFE_MAX);
}

static void test_older_index_is_superseded_fail(void **state)
{
    struct world *w = *state;
    struct signer first = world_holder(1), holder = world_holder(2);
    static struct issue issue;
    uint64_t index;
    world_enrol(w, 1);
    assert_int_equal(world_bind(w, 1, 1, &first, &index), CSIGN_OK); /* so that hers is not 0, which asks for any */
    assert_int_equal(world_bind(w, 1, 2, &holder, &index), CSIGN_OK);
    assert_int_equal(run_issue(w, &holder, index, &issue), CSIGN_OK);
    assert_int_equal(world_order(w, 1, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
    assert_int_equal(world_reinstate(w, 1), CSIGN_OK);
    assert_refused(run_issue(w, &holder, index, &issue), &issue.fault, CSIGN_E_SUPERSEDED, "idx", "the old one");
    assert_int_equal(run_issue(w, &holder, 0, &issue), CSIGN_OK);
    assert_true(issue.index > index);
}

/* --- the whole way --- */

#define NOW ((int64_t)(CLOCK_START / 1000))

struct signed_release {
    uint8_t memory[1u << 16];
    struct csign_release release;
    span entries[1];
};

static void sign(struct signed_release *s, span credential, const struct signer *holder, span document)
{
    struct buffer b = buffer_open(s->memory, sizeof s->memory);
    struct request q = {.request_id = SPAN("AAECAwQFBgcICQoLDA0ODw"), .slot = 1, .act = SPAN("imaging_report"), .setting = SETTING_OUTPATIENT,
                        .authorship = AUTHORSHIP_HUMAN, .jurisdiction = SPAN("US-KS"), .site = SPAN("clinic-1"),
                        .tool = {7, SPAN("reporter"), SPAN("reporter-large"), SPAN("4.2")}, .audience = SPAN(WORLD_DEPLOYMENT),
                        .nonce = SPAN("EBESExQVFhcYGRobHB0eHw"),
                        .document = {7, SPAN("https://app.example/documents/1"), SPAN("text/plain"), SPAN("report.txt")},
                        .issued_at = NOW, .expires_at = NOW + 600, .answer_to = SPAN("https://app.example/answers/1")};
    memset(q.patient_ref, 7, sizeof q.patient_ref);
    request_write(&b, &q);
    const span request = buffer_span(&b);
    struct transaction t = {.request_id = q.request_id, .slot = 1, .act = q.act, .meaning = 3, .disposition = DISPOSITION_ACCEPTED,
                            .authorship = AUTHORSHIP_HUMAN, .setting = q.setting, .tool = q.tool, .jurisdiction = q.jurisdiction,
                            .site = q.site, .opened_at = NOW};
    memcpy(t.patient_ref, q.patient_ref, sizeof t.patient_ref);
    hash_of(document, t.document.digest);
    t.document.media_type = q.document.media_type;
    t.document.label = q.document.label;
    t.document.size = document.size;
    size_t from = b.size;
    transaction_write(&b, &t);
    const span json = buffer_since(&b, from);
    from = b.size;
    base64url_encode(&b, json);
    s->entries[0] = buffer_since(&b, from);
    struct key_binding binding = {.iat = NOW, .auth_time = NOW, .aud = q.audience, .nonce = q.nonce, .jti = SPAN("ICEiIyQlJicoKSorLC0uLw"),
                                  .hash_count = 1};
    hash_of(credential, binding.sd_hash);
    hash_of(s->entries[0], binding.hashes[0]);
    from = b.size;
    buffer_put(&b, credential);
    assert_int_equal(key_binding_write(&b, &binding, &holder->key), CSIGN_OK);
    s->release = (struct csign_release){
        .struct_size = sizeof s->release, .release_id = SPAN("01aa5d7c-9b50-7c3a-8f00-5d1c9a7be001"), .act = q.act,
        .setting = SPAN("outpatient"), .jurisdiction = q.jurisdiction, .site = q.site, .audience = q.audience, .request_id = q.request_id,
        .tool_id = q.tool.id, .tool_model = q.tool.model, .tool_version = q.tool.version,
        .slots = {{.request = request, .sign_off = buffer_since(&b, from), .transaction_data = s->entries, .transaction_data_count = 1,
                   .received_at = NOW}},
        .request_count = 1, .sign_off_count = 1, .document = document};
    assert_false(b.overflow);
}

static void assert_decides(struct world *w, const struct signed_release *s, csign_verdict verdict, csign_code code)
{
    csign_decision decision;
    csign_cache *cache = NULL;
    const size_t size = csign_cache_size(1);
    void *memory = aligned_alloc(16, (size + 15) / 16 * 16);
    assert_int_equal(csign_cache_init(memory, size, &cache), CSIGN_OK);
    csign_verdict got = csign_decide(w->gate, cache, &s->release, NOW, &decision);
    if (decision.code != code)
        print_error("%s %s: %s\n", csign_code_name(decision.code), decision.field, decision.reason);
    assert_int_equal(decision.code, code);
    assert_int_equal(got, verdict);
    free(memory);
}

static void test_the_whole_way(void **state)
{
    struct world *w = *state;
    struct signer holder = world_holder(1);
    static uint8_t memory[2][ISSUE_CREDENTIAL_MAX];
    static struct signed_release before, after;
    static struct issue issue;
    uint64_t index;
    world_enrol(w, 1);
    assert_int_equal(world_bind(w, 1, 1, &holder, &index), CSIGN_OK);
    world_follow(w);
    sign(&before, issue_one(w, &holder, memory[0]), &holder, SPAN("normal chest"));
    assert_decides(w, &before, CSIGN_ALLOW, CSIGN_OK);

    assert_int_equal(world_order(w, 1, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
    world_follow(w);
    assert_decides(w, &before, CSIGN_REFUSE, CSIGN_E_SUSPENDED);
    assert_refused(run_issue(w, &holder, 0, &issue), &issue.fault, CSIGN_E_SUSPENDED, "idx", "while suspended");

    assert_int_equal(world_reinstate(w, 1), CSIGN_OK);
    world_follow(w);
    assert_decides(w, &before, CSIGN_REFUSE, CSIGN_E_SUPERSEDED); /* under the old index for good */
    sign(&after, issue_one(w, &holder, memory[1]), &holder, SPAN("normal chest"));
    assert_decides(w, &after, CSIGN_ALLOW, CSIGN_OK);

    struct binding_end end;
    assert_int_equal(binding_end_prepare(&end, &w->registry, world_proof(w, &holder, PROOF_END, NULL, 0), clock_ms()), CSIGN_OK);
    assert_int_equal(store_perform(w->registry.store, &end.operation), CSIGN_OK);
    world_follow(w);
    assert_decides(w, &after, CSIGN_REFUSE, CSIGN_E_REVOKED);
}

/* --- races --- */

#define ROUNDS 300u

/*
 * One licence; while it is suspended and reinstated again and again, others issue for its holder and bind a second key under it.
 * Once an order was answered, neither gives anything until it is lifted.
 */
struct racer {
    struct world *world;
    const struct signer *key;
    pthread_t thread;
    _Atomic unsigned tries; /* finished */
    unsigned issued, refused, wrong;
};
static _Atomic bool answered, over;

static void *race_issue(void *context)
{
    struct racer *r = context;
    const struct registry *registry = &r->world->registry;
    struct issue *issue = calloc(1, sizeof *issue);
    uint8_t memory[PROOF_MAX];
    while (issue && !over) {
        char nonce[NONCE_TEXT + 1];
        uint64_t expires;
        struct buffer out = buffer_open(memory, sizeof memory);
        nonce_give(registry->nonces, clock_ms(), nonce, &expires);
        const struct proof proof = {.aud = registry->iss, .nonce = span_text(nonce), .iat = 1, .use = PROOF_CREDENTIAL};
        const bool since = answered; /* before it is asked for */
        csign_code code = proof_write(&out, &proof, &r->key->key);
        if (code == CSIGN_OK)
            code = issue_prepare(issue, registry, buffer_span(&out), clock_ms());
        if (code == CSIGN_OK)
            code = store_perform(registry->store, &issue->operation);
        r->issued += code == CSIGN_OK;
        r->refused += code == CSIGN_E_SUSPENDED;
        r->wrong += (code != CSIGN_OK && code != CSIGN_E_SUSPENDED) || (since && answered && code == CSIGN_OK);
        r->tries++;
    }
    free(issue);
    return NULL;
}

static csign_code allocate(struct world *w, struct session *session, void *what)
{
    uint64_t index;
    (void)what;
    return status_allocate(&w->registry, session, 2, REASON_UNSPECIFIED, NULL, &index, NULL);
}

static void *race_allocate(void *context)
{
    struct racer *r = context;
    while (!over) {
        const bool since = answered;
        csign_code code = world_do(r->world, allocate, NULL);
        r->issued += code == CSIGN_OK;
        r->refused += code == CSIGN_E_STANDING_ORDER;
        r->wrong += (code != CSIGN_OK && code != CSIGN_E_STANDING_ORDER) || (since && answered && code == CSIGN_OK);
        r->tries++;
    }
    return NULL;
}

/* Until each has finished two more: the first may have begun before. */
static void wait_for(struct racer *racers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (unsigned from = racers[i].tries; racers[i].tries < from + 2;)
            sched_yield();
}

static void test_nothing_is_given_once_an_order_was_answered(void **state)
{
    struct world *w = *state;
    struct signer keys[2] = {world_holder(1), world_holder(2)};
    struct racer racers[] = {{.world = w, .key = &keys[0]}, {.world = w, .key = &keys[0]}, {.world = w}};
    uint64_t index;
    world_enrol(w, 1);
    assert_int_equal(world_bind(w, 1, 1, &keys[0], &index), CSIGN_OK);
    assert_int_equal(world_bind(w, 1, 2, &keys[1], &index), CSIGN_OK);
    assert_int_equal(store_start(w->registry.store), CSIGN_OK);
    answered = over = false;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&racers[i].thread, NULL, i < 2 ? race_issue : race_allocate, &racers[i]), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        assert_int_equal(world_order(w, 1, END_SUSPENDED, REASON_LICENCE_ACTION), CSIGN_OK);
        answered = true;
        wait_for(racers, 3);
        answered = false;
        assert_int_equal(world_reinstate(w, 1), CSIGN_OK);
        wait_for(racers, 3);
    }
    over = true;
    for (size_t i = 0; i < 3; i++) {
        pthread_join(racers[i].thread, NULL);
        assert_int_equal(racers[i].wrong, 0);
        assert_true(racers[i].issued > 0 && racers[i].refused > 0);
    }
    assert_int_equal(world_number(w, "select count(*) from status_index where code = 0"), 2);
    assert_int_equal(world_number(w, "select count(*) from status_index where code = 2"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_credential_says_what_is_known),
        TEST(test_refusals_fail),
        TEST(test_life_ends_with_the_affiliation_or_the_day),
        TEST(test_older_index_is_superseded_fail),
        TEST(test_the_whole_way),
        TEST(test_nothing_is_given_once_an_order_was_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
