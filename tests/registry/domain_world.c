#include "domain_world.h"
#include "nonce.h"
#include "proof.h"
#include "status.h"

#include <setjmp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define ORIGIN "log.registry.test"

/* --- trust --- */

static span keep_note(struct world *w, size_t from, const struct signer *signer)
{
    span text = buffer_since(&w->arena, from);
    buffer_byte(&w->arena, '\n');
    note_sign(&w->arena, text, &signer->vkey, &signer->key);
    assert_false(w->arena.overflow);
    return buffer_since(&w->arena, from);
}

static void make_root(struct world *w)
{
    const struct validity valid = {1790000000, 1800000000};
    const struct root_issuer issuer = {.iss = SPAN(WORLD_ISS), .jurisdiction = SPAN("US"), .key = w->issuer.vkey.key, .validity = valid};
    const struct root_log statuslog = {w->statuslog.vkey, valid};
    const struct root_vkey fresh = {w->fresh.vkey, valid}, receipts = {w->receipts.vkey, valid};
    const struct root_policy policy = {SPAN("US"), w->policy.vkey, valid};
    const struct root root = {.origin = SPAN("registry.test"), .kind = ROOT_TEST, .version = 1, .issued = valid.not_before,
                              .expires = valid.expires, .threshold = 1, .freshness = 1, .keys = &w->root_key.vkey,
                              .issuers = &issuer, .statuslogs = &statuslog, .fresh = &fresh, .receipts = &receipts,
                              .policies = &policy, .key_count = 1, .issuer_count = 1, .statuslog_count = 1, .fresh_count = 1,
                              .receipts_count = 1, .policy_count = 1};
    const size_t from = w->arena.size;
    root_write(&w->arena, &root);
    w->root_note = keep_note(w, from, &w->root_key);
    static uint8_t scratch_memory[1u << 16];
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    csign_fault fault = {0};
    csign_code code = root_read(w->root_note, &scratch, &w->registry.root, &fault);
    if (code != CSIGN_OK)
        print_error("%s %s: %s\n", csign_code_name(code), fault.field, fault.reason);
    assert_int_equal(code, CSIGN_OK);
}

static void make_policy(struct world *w)
{
    const size_t from = w->arena.size;
    buffer_text(&w->arena, "countersign/policy/v1\nregistry.test\n{\"id\":\"us-ks\",\"version\":1,\"authority\":\"us-ks\","
                           "\"applies_to\":[\"US-KS\"],\"effective_from\":1790000000,\"utc_offset\":\"-06:00\",\"sources\":[],"
                           "\"rules\":[{\"acts\":[\"imaging_report\"],\"settings\":[\"*\"],\"ai_authorship\":\"human_only\","
                           "\"signers\":[{\"professions\":[\"physician\"],\"meanings\":[\"approval\"]}],\"max_status_age_s\":60,"
                           "\"signoff_to_release_s\":600}]}\n");
    w->policy_note = keep_note(w, from, &w->policy);
}

static void hash_note(span bytes, uint8_t ret[CSIGN_HASH_SIZE])
{
    static uint8_t memory[CSIGN_ROOT_MAX];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct note note;
    assert_int_equal(note_read(bytes, &scratch, &note, NULL), CSIGN_OK);
    note_hash(&note, ret);
}

static csign_code append_trust(struct world *w, struct session *session, void *what)
{
    struct leaf root = {.type = LEAF_ROOT, .root = {.version = 1}};
    struct leaf policy = {.type = LEAF_POLICY, .policy = {.version = 1, .effective_ms = UINT64_C(1790000000000)}};
    uint8_t hash[CSIGN_HASH_SIZE];
    (void)session, (void)what;
    hash_note(w->root_note, root.root.hash);
    hash_note(w->policy_note, hash);
    memcpy(policy.policy.note, hash, sizeof policy.policy.note);
    leaf_policy_id(SPAN("us-ks"), policy.policy.id);
    TRY(log_append(w->registry.log, &root));
    return log_append(w->registry.log, &policy);
}

/* --- opening --- */

static void hear(void *context, const struct log_news *news)
{
    struct world *w = context;
    uint8_t *copy = malloc(news->bytes.size);
    if (!copy || news->kind != LOG_COMMIT || w->told_count == WORLD_TOLD_MAX) {
        free(copy); /* a benchmark does not follow */
        return;
    }
    memcpy(copy, news->bytes.data, news->bytes.size);
    w->told[w->told_count++] = span_of(copy, news->bytes.size);
}

static void open_registry(struct world *w)
{
    struct registry *r = &w->registry;
    csign_fault fault = {0};
    const struct store_options at = {.path = w->store_path, .create = true, .clock_ms = clock_ms};
    assert_int_equal(store_open(&at, &r->store, &fault), CSIGN_OK);
    const struct log_options options = {.store = r->store, .origin = SPAN(ORIGIN), .statuslog = {w->statuslog.vkey, &w->statuslog.key},
                                        .fresh = {{w->fresh.vkey, &w->fresh.key}}, .fresh_count = 1, .wake = hear, .context = w};
    assert_int_equal(log_open(&options, &r->log, &fault), CSIGN_OK);
    assert_int_equal(nonces_open(&r->nonces), CSIGN_OK);
    r->iss = SPAN(WORLD_ISS);
    r->issuer = w->issuer.vkey.key;
    r->issuer_key = &w->issuer.key;
    memcpy(r->kid, r->root.issuers[0].kid, sizeof r->kid);
    r->receipts_key = (struct log_key){w->receipts.vkey, &w->receipts.key};
    r->credential_life_s = 3600;
}

static void open_gate(struct world *w)
{
    const csign_gate_options gate = {.struct_size = sizeof gate, .deployment = SPAN(WORLD_DEPLOYMENT), .root = w->root_note,
                                     .accept_test = 1, .offline = 1};
    csign_gate *next = NULL;
    csign_fault fault = {0};
    assert_int_equal(csign_gate_open(&gate, &w->gate, &fault), CSIGN_OK);
    world_follow(w);
    assert_int_equal(csign_gate_apply_policy(w->gate, w->policy_note, &next, &fault), CSIGN_OK);
    csign_gate_free(&w->gate);
    w->gate = next;
}

static const char *hex(char ret[65], const uint8_t *bytes)
{
    for (size_t i = 0; i < 32; i++)
        snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
    return ret;
}

static void insert_bodies(struct world *w)
{
    char key[65], vkey[320];
    world_sql(w, "insert into authority_jurisdiction values ('us-ks', 'US-KS'), ('us-tx', 'US-TX')");
    world_sql(w, "insert into institution values ('clinic-1', 'us-ks', 'Clinic 1', 'US-KS', '[]', null, null)");
    world_sql(w, "insert into officer values ('clinic-1', 'officer-1', 'O. One', 'registrar', '%s', x'%s', 0, null, null)",
              signer_text(&w->officer, vkey), hex(key, w->officer.vkey.key.bytes));
    world_sql(w, "insert into app values ('" WORLD_DEPLOYMENT "', 'clinic-1', 'reporter', '[\"imaging_report\"]', '[\"outpatient\"]', "
                 "'[\"US-KS\"]', '%s', x'%s', null, x'00')",
              signer_text(&w->app, vkey), hex(key, w->app.vkey.key.bytes));
}

int world_make(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    void *folder = NULL;
    if (!w || folder_make(&folder) != 0)
        return -1;
    w->folder = folder;
    w->store_path = folder_file(&folder, "store");
    w->arena = buffer_open(w->memory, sizeof w->memory);
    w->root_key = signer_make("root.registry.test", NOTE_ED25519);
    w->issuer = signer_make("issuer.registry.test", NOTE_ED25519);
    w->statuslog = signer_make(ORIGIN, NOTE_ED25519);
    w->fresh = signer_make("fresh.registry.test", NOTE_COSIGNATURE);
    w->receipts = signer_make("receipts.registry.test", NOTE_ED25519);
    w->policy = signer_make("policy.registry.test", NOTE_ED25519);
    w->officer = signer_make(WORLD_OFFICER, NOTE_ED25519);
    w->app = signer_make(WORLD_DEPLOYMENT, NOTE_ED25519);
    make_root(w);
    make_policy(w);
    open_registry(w);
    insert_bodies(w);
    assert_int_equal(world_do(w, append_trust, NULL), CSIGN_OK);
    open_gate(w);
    *state = w;
    return 0;
}

int world_remove(void **state)
{
    struct world *w = *state;
    void *folder = w->folder;
    store_close(&w->registry.store);
    log_close(&w->registry.log);
    nonces_close(&w->registry.nonces);
    csign_gate_free(&w->gate);
    while (w->told_count)
        free((void *)(uintptr_t)w->told[--w->told_count].data);
    free(w->store_path);
    free(w);
    return folder_remove(&folder);
}

/* --- rows --- */

static sqlite3_stmt *prepare(struct world *w, sqlite3 **ret, const char *format, va_list arguments)
{
    sqlite3_stmt *statement = NULL;
    char *sql = sqlite3_vmprintf(format, arguments);
    assert_int_equal(sqlite3_open_v2(w->store_path, ret, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(*ret, 10000);
    if (sqlite3_prepare_v2(*ret, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(*ret));
    sqlite3_free(sql);
    return statement;
}

void world_sql(struct world *w, const char *format, ...)
{
    sqlite3 *connection;
    va_list arguments;
    va_start(arguments, format);
    sqlite3_stmt *statement = prepare(w, &connection, format, arguments);
    va_end(arguments);
    if (sqlite3_step(statement) != SQLITE_DONE)
        fail_msg("%s: %s", sqlite3_sql(statement), sqlite3_errmsg(connection));
    sqlite3_finalize(statement);
    sqlite3_close(connection);
}

int64_t world_number(struct world *w, const char *format, ...)
{
    sqlite3 *connection;
    va_list arguments;
    va_start(arguments, format);
    sqlite3_stmt *statement = prepare(w, &connection, format, arguments);
    va_end(arguments);
    if (sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: no row", sqlite3_sql(statement));
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(connection);
    return number;
}

/* --- people --- */

const char *world_id(char kind, unsigned person)
{
    static char ids[8][UUID_SIZE + 1];
    static unsigned next;
    char *id = ids[next++ % 8];
    snprintf(id, UUID_SIZE + 1, "01aa5d7c-9b50-7%03x-8f00-5d1c%08x", kind == 'p' ? 1 : kind == 'l' ? 2 : 3, person);
    return id;
}

void world_enrol(struct world *w, unsigned person)
{
    world_sql(w, "insert into practitioner values ('%s', 'Dr A. Example %u', 0, null, x'00')", world_id('p', person), person);
    world_sql(w, "insert into practitioner_identifier values ('npi', '%u', '%s')", person, world_id('p', person));
    world_sql(w, "insert into licence values ('%s', '%s', 1, 1, '[\"US-KS\"]', 'REG-%u', '[{\"system\":\"nucc\",\"code\":\"2085R0202X\"}]', "
                 "'{\"prescribe\":true,\"schedules\":[\"II\"],\"antimicrobial_grade\":2,\"narcotic\":false,\"imaging_report\":true}', "
                 "'[{\"code\":\"chaperone\",\"acts_denied\":[\"psychotherapy\"],\"needs_cosign\":false,\"until\":\"2027-01-31\"}]', "
                 "20150401, 20280331, 2, 1790000000, null, x'00')",
              world_id('l', person), world_id('p', person), person);
    world_sql(w, "insert into affiliation values ('%s', '%s', '%s', 'clinic-1', 2, 1, 1790000000, 0, null, x'00')",
              world_id('a', person), world_id('p', person), world_id('l', person));
}

const char *world_activate(struct world *w, unsigned person, unsigned number)
{
    static char code[64];
    char hash_hex[65];
    uint8_t hash[CSIGN_HASH_SIZE];
    snprintf(code, sizeof code, "%04x%08x-secret-%u", number, person, number);
    hash_of(span_text(code), hash);
    world_sql(w, "insert into activation (handle, deed, code, practitioner, licence, affiliation, expires_s, failures, state) values ('%04x%08x', x'%08x%08x', x'%s', '%s', '%s', '%s', %lld, 0, 1)", number, person, number, person,
              hex(hash_hex, hash), world_id('p', person), world_id('l', person), world_id('a', person),
              (long long)(clock_ms() / 1000 + 3600));
    return code;
}

struct signer world_holder(unsigned number)
{
    char name[32];
    snprintf(name, sizeof name, "holder-%u", number);
    struct signer holder = signer_make(name, NOTE_ED25519);
    holder.vkey.name = SPAN("holder");
    return holder;
}

span world_proof(struct world *w, const struct signer *key, uint8_t use, const char *code, uint64_t idx)
{
    static uint8_t memory[PROOF_MAX];
    struct buffer out = buffer_open(memory, sizeof memory);
    char nonce[NONCE_TEXT + 1];
    uint64_t expires;
    nonce_give(w->registry.nonces, clock_ms(), nonce, &expires);
    const struct proof proof = {.aud = SPAN(WORLD_ISS), .nonce = span_text(nonce), .iat = clock_ms() / 1000, .use = use,
                                .code = span_text(code ? code : ""), .idx = idx};
    assert_int_equal(proof_write(&out, &proof, &key->key), CSIGN_OK);
    return buffer_span(&out);
}

csign_code world_bind(struct world *w, unsigned person, unsigned number, const struct signer *key, uint64_t *ret_index)
{
    struct binding_make make;
    const char *code = world_activate(w, person, number);
    TRY(binding_make_prepare(&make, &w->registry, world_proof(w, key, PROOF_BINDING, code, 0), clock_ms()));
    TRY(store_perform(w->registry.store, &make.operation));
    *ret_index = make.index;
    return make.refusal;
}

/* --- operations --- */

struct act {
    struct operation operation;
    struct world *world;
    world_body *body;
    void *what;
};

static csign_code run_act(struct operation *operation, struct session *session)
{
    const struct act *act = (struct act *)operation;
    return act->body(act->world, session, act->what);
}

csign_code world_do(struct world *w, world_body *body, void *what)
{
    struct act act = {.operation = {.run = run_act}, .world = w, .body = body, .what = what};
    return store_perform(w->registry.store, &act.operation);
}

struct order {
    unsigned person;
    int code, reason;
};

static csign_code order_licence(struct world *w, struct session *session, void *what)
{
    const struct order *order = what;
    uint8_t *deed = w->standing[w->standing_count];
    const struct status_subject subject = {.scope = STATUS_OF_LICENCE, .id = span_text(world_id('l', order->person))};
    const struct status_ending ending = {(enum end_code)order->code, (enum end_reason)order->reason, session_time_ms(session), deed};
    if (++w->standing_count > WORLD_ORDERS_MAX)
        return CSIGN_E_TOO_MANY;
    randombytes_buf(deed, CSIGN_HASH_SIZE);
    TRY(RUN(session, SQL_ORDER_INSERT, VALUE_BLOB(span_of(deed, CSIGN_HASH_SIZE)), VALUE_TEXT(subject.id), VALUE_NULL,
            VALUE_INTEGER(order->code), VALUE_INTEGER(order->reason), VALUE_INTEGER(0), VALUE_INTEGER(0), VALUE_INTEGER(0)));
    return status_end(&w->registry, session, &subject, &ending, NULL);
}

csign_code world_order(struct world *w, unsigned person, int code, int reason)
{
    struct order order = {person, code, reason};
    return world_do(w, order_licence, &order);
}

static csign_code lift_orders(struct world *w, struct session *session, void *what)
{
    (void)what;
    for (; w->standing_count; w->standing_count--)
        TRY(RUN(session, SQL_ORDER_LIFT, VALUE_BLOB(span_of(w->standing[w->standing_count - 1], CSIGN_HASH_SIZE)),
                VALUE_INTEGER(session_time_ms(session))));
    return CSIGN_OK;
}

csign_code world_lift(struct world *w)
{
    return world_do(w, lift_orders, NULL);
}

static csign_code renew_licence(struct world *w, struct session *session, void *what)
{
    const unsigned *person = what;
    const struct status_subject subject = {.scope = STATUS_OF_LICENCE, .id = span_text(world_id('l', *person))};
    return status_renew(&w->registry, session, &subject, STATUS_RENEW_ALL, REASON_REINSTATED, NULL, NULL, NULL);
}

csign_code world_reinstate(struct world *w, unsigned person)
{
    TRY(world_lift(w));
    return world_do(w, renew_licence, &person);
}

void world_follow(struct world *w)
{
    for (size_t i = 0; i < w->told_count; i++) {
        csign_gate *next = NULL;
        csign_fault fault = {0};
        csign_code code = csign_gate_apply_event(w->gate, w->told[i], &next, &fault);
        if (code != CSIGN_OK)
            print_error("%s %s: %s\n", csign_code_name(code), fault.field, fault.reason);
        assert_int_equal(code, CSIGN_OK);
        csign_gate_free(&w->gate);
        w->gate = next;
        free((void *)(uintptr_t)w->told[i].data);
    }
    w->told_count = 0;
}
