#include "deeds_world.h"
#include "base64.h"
#include "query.h"
#include "root.h"
#include "rows.h"
#include "status.h"
#include "trust.h"
#include "uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define FROM 1790000000
#define TO   1800000000

/* --- the root --- */

static span kept(struct world *w, size_t from)
{
    assert_false(w->arena.overflow);
    return buffer_since(&w->arena, from);
}

span world_root(struct world *w, uint64_t version, size_t admins_count)
{
    static const char *const officers[] = {"us-ks/o1", "us-ks/o2", "us-ks/o3", "us-mo/o1", "us-mo/o2"};
    const struct validity validity = {FROM, TO};
    struct root root = {.origin = SPAN("registry.test"),
                        .kind = ROOT_TEST,
                        .version = version,
                        .issued = FROM,
                        .expires = TO,
                        .threshold = 2,
                        .freshness = 1,
                        .key_count = 2,
                        .issuer_count = 2,
                        .statuslog_count = 1,
                        .fresh_count = 1,
                        .policy_count = 1,
                        .admin_count = admins_count};
    struct vkey keys[2];
    struct root_admin admins[5];
    for (int i = 0; i < 2; i++) {
        w->root_keys[i] = signer_make(i ? "root-2.registry.test" : "root-1.registry.test", NOTE_ED25519);
        keys[i] = w->root_keys[i].vkey;
    }
    for (int i = 0; i < 5; i++) {
        struct signer officer = signer_make(officers[i], NOTE_ED25519);
        admins[i] = (struct root_admin){span_of(officers[i], 5), i < 3 ? SPAN("US-KS") : SPAN("US-MO"), officer.vkey};
    }
    const struct root_issuer issuers[2] = {
        {.iss = SPAN("https://registry.test"), .jurisdiction = SPAN("US-KS"), .key = w->issuer.vkey.key, .validity = validity},
        {.iss = SPAN("https://registry.test"), .jurisdiction = SPAN("US-MO"), .key = w->issuer.vkey.key, .validity = validity}};
    const struct root_log statuslog = {w->statuslog.vkey, validity};
    const struct root_vkey fresh = {w->fresh.vkey, validity};
    const struct root_policy policy = {SPAN("US"), w->policy.vkey, validity};
    root.keys = keys, root.issuers = issuers, root.statuslogs = &statuslog, root.fresh = &fresh, root.policies = &policy;
    root.admins = admins;
    size_t from = w->arena.size;
    root_write(&w->arena, &root);
    span text = kept(w, from);
    buffer_byte(&w->arena, '\n');
    for (int i = 0; i < 2; i++)
        note_sign(&w->arena, text, &w->root_keys[i].vkey, &w->root_keys[i].key);
    return kept(w, from);
}

int world_make(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    void *folder = NULL;
    if (!w || folder_make(&folder) != 0)
        return -1;
    *state = w;
    return world_in(w, folder);
}

int world_in(struct world *w, void *folder)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    w->folder = folder;
    w->store_path = folder_file(&folder, "store");
    w->arena = buffer_open(w->memory, sizeof w->memory);
    w->issuer = signer_make("issuer.registry.test", NOTE_ED25519);
    w->statuslog = signer_make("log.registry.test", NOTE_ED25519);
    w->fresh = signer_make("fresh.registry.test", NOTE_COSIGNATURE);
    w->policy = signer_make("policy.registry.test", NOTE_ED25519);
    w->root_note = world_root(w, 1, 5);

    csign_code code = root_read(w->root_note, &w->arena, &w->registry.root, &fault);
    return code == CSIGN_OK ? world_open(w) : -1;
}

int world_open(struct world *w)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    struct registry *r = &w->registry;
    csign_code code = CSIGN_OK;
    r->iss = SPAN("https://registry.test");
    r->issuer = w->issuer.vkey.key;
    memcpy(r->kid, r->root.issuers[0].kid, sizeof r->kid);
    r->issuer_key = &w->issuer.key;
    r->credential_life_s = 3600;
    const struct store_options at = {.path = w->store_path, .create = true, .clock_ms = clock_ms};
    if (code == CSIGN_OK)
        code = store_open(&at, &r->store, &fault);
    const struct log_options log = {.store = r->store,
                                    .origin = SPAN("log.registry.test"),
                                    .statuslog = {w->statuslog.vkey, &w->statuslog.key},
                                    .fresh = {{w->fresh.vkey, &w->fresh.key}},
                                    .fresh_count = 1};
    if (code == CSIGN_OK)
        code = log_open(&log, &r->log, &fault);
    if (code == CSIGN_OK)
        code = trust_load(r, &w->root_note, 1, &fault);
    if (code != CSIGN_OK)
        print_error("%s %s: %s\n", csign_code_name(code), fault.field, fault.reason);
    return code == CSIGN_OK ? 0 : -1;
}

int world_remove(void **state)
{
    struct world *w = *state;
    void *folder = w->folder;
    store_close(&w->registry.store);
    log_close(&w->registry.log);
    free(w->store_path);
    free(w);
    return folder_remove(&folder);
}

/* --- texts --- */

static const char *printed(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *printed(const char *format, ...)
{
    char text[4096];
    va_list values;
    va_start(values, format);
    int size = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    assert_in_range(size, 0, sizeof text - 1);
    return (const char *)exact(span_of(text, (size_t)size + 1)).data;
}

const char *b64(span bytes)
{
    char text[128];
    struct buffer out = buffer_open(text, sizeof text - 1);
    base64url_encode(&out, bytes);
    text[out.size] = 0;
    return printed("%s", text);
}

const char *vkey_of(const char *name)
{
    char text[320];
    struct signer s = signer_make(name, NOTE_ED25519);
    return printed("%s", signer_text(&s, text));
}

const char *member(const char *json, const char *name)
{
    const char *key = printed("\"%s\":\"", name), *at = strstr(json, key);
    if (!at) {
        print_error("no %s in %s\n", name, json);
        fail();
    }
    at += strlen(key);
    return printed("%.*s", (int)strcspn(at, "\""), at);
}

/* --- deeds --- */

csign_code submit(struct world *w, span note)
{
    struct deed_submission *s = NULL;
    w->fault = (csign_fault){CSIGN_OK, "", "", 0};
    csign_code code = deed_submission_prepare(&w->registry, note, &s, &w->fault);
    if (code != CSIGN_OK)
        return code;
    code = store_perform(w->registry.store, &s->operation);
    if (code == CSIGN_OK) {
        memcpy(w->view, s->view.data, s->view.size);
        w->view[s->view.size] = 0;
        w->state = s->state;
    } else {
        w->fault = s->fault;
        assert_int_equal(w->fault.code, code);
    }
    deed_submission_free(&s);
    return code;
}

static csign_code submit_lines(struct world *w, span lines)
{
    static char memory[32768];
    struct buffer note = buffer_open(memory, sizeof memory);
    buffer_text(&note, w->text);
    buffer_byte(&note, '\n');
    buffer_put(&note, lines);
    assert_false(note.overflow);
    return submit(w, exact(buffer_span(&note)));
}

csign_code sign(struct world *w, const char *signers)
{
    static char memory[8192];
    struct buffer lines = buffer_open(memory, sizeof memory);
    while (*signers) {
        size_t size = strcspn(signers, " ");
        const char *name = printed("%.*s", (int)size, signers);
        struct signer s = signer_make(name, NOTE_ED25519);
        note_sign(&lines, span_text(w->text), &s.vkey, &s.key);
        signers += size + strspn(signers + size, " ");
    }
    return submit_lines(w, buffer_span(&lines));
}

csign_code sign_as(struct world *w, const char *key, const char *as)
{
    char memory[1024];
    struct buffer lines = buffer_open(memory, sizeof memory);
    struct signer s = signer_of(key, as, NOTE_ED25519);
    note_sign(&lines, span_text(w->text), &s.vkey, &s.key);
    return submit_lines(w, buffer_span(&lines));
}

csign_code give(struct world *w, const char *signers, const char *kind, const char *at, const char *format, ...)
{
    char members[8192], json[9000];
    uint8_t random[10] = {0};
    va_list values;
    va_start(values, format);
    int size = vsnprintf(members, sizeof members, format, values);
    va_end(values);
    assert_in_range(size, 0, sizeof members - 1);
    uint64_t until = w->valid_until ? w->valid_until : clock_ms() / 1000 + 3600;
    (void)snprintf(json, sizeof json, "{\"do\":\"%s\",\"at\":\"%s\",\"valid_until\":%llu,%s}", kind, at,
                   (unsigned long long)until, members);
    w->deeds++;
    memcpy(random + 6, &w->deeds, sizeof w->deeds);
    struct buffer id = buffer_open(w->deed_id, 36);
    uuid7_write(&id, clock_ms(), random);
    struct buffer text = buffer_open(w->text, sizeof w->text - 1);
    deed_write(&text, SPAN("registry.test"), buffer_span(&id), span_text(json));
    assert_false(text.overflow);
    w->text[text.size] = 0;
    deed_hash(buffer_span(&text), w->hash);
    return sign(w, signers);
}

void must_be(struct world *w, csign_code code, enum deed_state state)
{
    if (code != CSIGN_OK)
        print_error("%s %s: %s\n%s\n", csign_code_name(code), w->fault.field, w->fault.reason, w->text);
    assert_int_equal(code, CSIGN_OK);
    assert_int_equal(w->state, state);
}

/* --- what deeds make --- */

static void add_officer(struct world *w, const char *signers, const char *at, const char *body, const char *id)
{
    const char *name = printed("%s/%s", body, id);
    must_be(w,
            give(w, signers, "officer.add", at,
                 "\"body\":\"%s\",\"officer\":{\"id\":\"%s\",\"name\":\"Officer %s\",\"role\":\"registrar\","
                 "\"vkey\":\"%s\"}",
                 body, id, id, vkey_of(name)),
            DEED_EFFECTIVE);
}

void world_institutions(struct world *w)
{
    static const struct {
        const char *id, *authority, *signers, *jurisdiction;
    } clinics[] = {{"clinic-1", "us-ks", KS, "US-KS"}, {"clinic-2", "us-mo", MO, "US-MO"}};
    for (size_t i = 0; i < 2; i++) {
        must_be(w,
                give(w, clinics[i].signers, "institution.add", clinics[i].authority,
                     "\"id\":\"%s\",\"name\":\"General "
                     "%s\",\"jurisdiction\":\"%s\",\"identifiers\":[{\"system\":\"npi\",\"value\":\"1%s\"}]",
                     clinics[i].id, clinics[i].id, clinics[i].jurisdiction, clinics[i].id),
                DEED_EFFECTIVE);
        add_officer(w, clinics[i].signers, clinics[i].authority, clinics[i].id, "h1");
        add_officer(w, clinics[i].signers, clinics[i].authority, clinics[i].id, "h2");
    }
}

const char *enrolment(const char *site, const char *id, unsigned number, const char *jurisdiction)
{
    return printed(
        "\"practitioner\":{%s%s%s\"name\":\"Dr %c. "
        "Example\",\"birth_date\":\"1980-02-29\",\"identifiers\":[{\"system\":\"npi\","
        "\"value\":\"%u\"}]},\"licence\":{\"profession\":\"physician\",\"level\":\"independent\",\"jurisdiction\":[%s],"
        "\"number\":\"REG-%u\",\"specialty\":[{\"system\":\"nucc\",\"code\":\"2085R0202X\"}],\"privileges\":{\"prescribe\":"
        "true,"
        "\"schedules\":[],\"antimicrobial_grade\":1,\"narcotic\":false},\"conditions\":[],\"licensed_until\":\"2030-01-01\"},"
        "\"affiliation\":{\"site\":\"%s\",\"basis\":\"primary\",\"consent\":true,\"from\":1790000000}",
        id ? "\"id\":\"" : "", id ? id : "", id ? "\"," : "", (char)('A' + number % 26), number, jurisdiction, number, site);
}

struct person enrol(struct world *w, const char *site, unsigned number)
{
    bool first = strcmp(site, "clinic-1") == 0;
    must_be(w, give(w, first ? C1 : C2, "enrol", site, "%s", enrolment(site, NULL, number, first ? "\"US-KS\"" : "\"US-MO\"")),
            DEED_EFFECTIVE);
    return (struct person){member(w->view, "practitioner"), member(w->view, "licence"), member(w->view, "affiliation"),
                           member(w->view, "hash")};
}

const char *activate(struct world *w, const struct person *p)
{
    must_be(w,
            give(w, C1, "activate", "clinic-1",
                 "\"practitioner\":\"%s\",\"licence\":\"%s\",\"affiliation\":\"%s\",\"code\":\"%s\"", p->practitioner,
                 p->licence, p->affiliation, b64(span_of(w->hash, 32))),
            DEED_EFFECTIVE);
    return member(w->view, "hash");
}

/* --- bindings --- */

static struct public_key holder(unsigned key)
{
    return signer_make(printed("holder-%u", key), NOTE_ED25519).vkey.key;
}

span holder_thumbprint(unsigned key)
{
    uint8_t thumbprint[CSIGN_HASH_SIZE];
    struct public_key public = holder(key);
    public_key_thumbprint(&public, thumbprint);
    return exact(span_of(thumbprint, sizeof thumbprint));
}

struct binding_act {
    struct operation operation;
    const struct world *world;
    const struct person *person;
    unsigned key;
    uint64_t index;
    csign_fault fault;
};

static csign_code run_bind(struct operation *operation, struct session *session)
{
    struct binding_act *b = (struct binding_act *)operation;
    struct public_key key = holder(b->key);
    span handle = span_of(b->world->deed_id + 24, 12);
    TRY(RUN(session, SQL_BINDING_INSERT, VALUE_TEXT(span_text(b->person->practitioner)),
            VALUE_TEXT(span_text(b->person->licence)), VALUE_TEXT(span_text(b->person->affiliation)),
            VALUE_BLOB(holder_thumbprint(b->key)), VALUE_BLOB(span_of(key.bytes, 32)), VALUE_INTEGER(1), VALUE_INTEGER(1),
            VALUE_INTEGER(1), VALUE_INTEGER(session_time_ms(session))));
    int64_t binding = session_last_id(session);
    TRY(RUN(session, SQL_BINDING_REDEEM, VALUE_TEXT(handle), VALUE_INTEGER(binding)));
    return status_allocate(&b->world->registry, session, binding, REASON_UNSPECIFIED, NULL, &b->index, &b->fault);
}

uint64_t bind(struct world *w, const struct person *p, unsigned key)
{
    struct binding_act b = {.operation = {.run = run_bind}, .world = w, .person = p, .key = key};
    csign_code code = store_perform(w->registry.store, &b.operation);
    if (code != CSIGN_OK)
        print_error("%s %s: %s\n", csign_code_name(code), b.fault.field, b.fault.reason);
    assert_int_equal(code, CSIGN_OK);
    return b.index;
}

csign_code give_order(struct world *w, const char *kind, const struct person *p, const char *more)
{
    return give(w, KS, kind, "us-ks", "\"licence\":\"%s\",\"effective\":%llu,%s" WHY, p->licence,
                (unsigned long long)(clock_ms() / 1000), more);
}

int64_t index_code(struct world *w, uint64_t index)
{
    return number(w, "select code from status_index where idx = %llu", (unsigned long long)index);
}

int64_t live_index(struct world *w, const struct person *p)
{
    return number(w, "select idx from status_index s join binding b on b.id = s.binding where s.code = 0 and b.licence = '%s'",
                  p->licence);
}

/* --- asking --- */

static sqlite3_stmt *ask(struct world *w, const char *sql, sqlite3 **ret_db)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(w->store_path, ret_db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(*ret_db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(*ret_db));
    return statement;
}

int64_t number(struct world *w, const char *format, ...)
{
    char sql[1024];
    sqlite3 *db = NULL;
    va_list values;
    va_start(values, format);
    (void)vsnprintf(sql, sizeof sql, format, values);
    va_end(values);
    sqlite3_stmt *statement = ask(w, sql, &db);
    int64_t found = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return found;
}

struct leaf last_leaf(struct world *w, enum leaf_type type)
{
    struct leaf leaf = {0}, found = {0};
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = ask(w, "select leaf from log_entry order by position", &db);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        span bytes = span_of(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
        assert_int_equal(leaf_read(bytes, &leaf, NULL), CSIGN_OK);
        if (leaf.type == type)
            found = leaf;
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    assert_int_equal(found.type, type);
    return found;
}
