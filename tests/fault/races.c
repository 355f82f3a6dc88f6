/*
 * Races: an order against everything that would give the same person something, in thousands of interleavings, on a real store and a
 * real log. Once an order was answered there is no live index for that licence, no credential that was answered later, and no leaf
 * behind the order's that would give one; at the end a gate that replayed the log refuses every credential that was ever issued.
 *
 *     races [INTERLEAVINGS [SEED]]
 */
#include "acts.h"
#include "judge.h"
#include "nonce.h"
#include "base64.h"
#include "credential.h"
#include "rows.h"
#include "uuid.h"
#include "../../registry/domain/status.h" /* not the gate's */

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BLOCK     250u /* scenes that are made at once, so that one commit serves many */
#define DUE_BLOCK 4u   /* few: whoever applies what is due returns when all of it is */
#define ACTS_MAX  12u /* of one scene */
#define SPREAD    24u /* neighbouring acts: those of three scenes or so run into one another */
#define C3        "clinic-3/h1 clinic-3/h2"
#define ACTION    "\"reason\":\"licence_action\","

static unsigned wanted = 10000;
static uint64_t seed;

/* One person in one race. */
enum kind { KIND_ORDER, KIND_REVOKED, KIND_TWICE, KIND_KEY, KIND_DUE, KIND_CONTROL };
struct scene {
    enum kind kind;
    struct person person;
    char code[CODE_MAX]; /* open when the race begins */
    bool is_barred;      /* in the log, as it is read */
};

/* What was issued, to be shown to a gate. */
struct issued {
    span credential;
    unsigned key, scene;
};

/* How the acts of a kind came out: before the order or behind it. */
static unsigned before[128], behind[128];

static struct world *w;
static struct acts all;
static struct scene *scenes;
static struct issued *issued;
static size_t scene_count, issued_count, issued_capacity;
static span policy;

static unsigned key_of(unsigned scene, unsigned n)
{
    return 2 * scene + n;
}

static unsigned extra(void)
{
    return wanted / 20 > 200 ? wanted / 20 : 200;
}

/* --- making people --- */

static void all_must(const char *what)
{
    for (size_t i = 0; i < all.count; i++)
        if (all.acts[i].answer != CSIGN_OK)
            fail_msg("%s, scene %u: %s %s: %s", what, all.acts[i].scene, csign_code_name(all.acts[i].answer), all.acts[i].fault.field,
                     all.acts[i].fault.reason);
}

static void deed_act(char what, unsigned scene, const char *signers, const char *kind, const char *at, const char *members)
{
    char text[ACT_NOTE_MAX];
    act_write_deed(&all, text, kind, at, members);
    act_sign(act_add(&all, ACT_DEED, what, scene), text, signers);
}

static const char *row_id(char kind, unsigned scene)
{
    char memory[UUID_SIZE + 1] = {0};
    uint8_t random[10] = {(uint8_t)kind, 0, 0, 0, 0, 0, (uint8_t)(scene >> 24), (uint8_t)(scene >> 16), (uint8_t)(scene >> 8), (uint8_t)scene};
    struct buffer id = buffer_open(memory, UUID_SIZE);
    uuid7_write(&id, CLOCK_START, random);
    return (const char *)exact(span_of(memory, sizeof memory)).data;
}

/* What enrolling, activating and binding make of somebody, as rows: deeds of it would be most of the time, and race with nothing. */
struct people {
    struct operation operation;
    unsigned from, to;
};

static csign_code add_person(struct session *session, unsigned i, const struct scene *scene)
{
    static const uint8_t deed[CSIGN_HASH_SIZE] = {0xde, 0xed};
    const span practitioner = span_text(scene->person.practitioner), licence = span_text(scene->person.licence);
    char name[32], licence_number[32], system_value[32];
    snprintf(name, sizeof name, "Dr %c. Example", (char)('A' + (i + 1) % 26));
    snprintf(licence_number, sizeof licence_number, "REG-%u", i + 1);
    snprintf(system_value, sizeof system_value, "%u", i + 1);
    TRY(RUN(session, SQL_PRACTITIONER_INSERT, VALUE_TEXT(practitioner), VALUE_TEXT(span_text(name)), VALUE_INTEGER(19800229), VALUE_HASH(deed)));
    TRY(RUN(session, SQL_IDENTIFIER_INSERT, VALUE_TEXT(SPAN("npi")), VALUE_TEXT(span_text(system_value)), VALUE_TEXT(practitioner)));
    TRY(RUN(session, SQL_LICENCE_INSERT, VALUE_TEXT(licence), VALUE_TEXT(practitioner),
            VALUE_INTEGER(vocabulary_find(&professions, SPAN("physician"))), VALUE_INTEGER(LEVEL_INDEPENDENT), VALUE_TEXT(SPAN("[\"US-KS\"]")),
            VALUE_TEXT(span_text(licence_number)), VALUE_TEXT(SPAN("[{\"system\":\"nucc\",\"code\":\"2085R0202X\"}]")),
            VALUE_TEXT(SPAN("{\"prescribe\":true,\"schedules\":[],\"antimicrobial_grade\":1,\"narcotic\":false}")), VALUE_TEXT(SPAN("[]")),
            VALUE_INTEGER(0), VALUE_INTEGER(20300101), VALUE_INTEGER(ASSURANCE_ATTESTED), VALUE_HASH(deed)));
    return RUN(session, SQL_AFFILIATION_INSERT, VALUE_TEXT(span_text(scene->person.affiliation)), VALUE_TEXT(practitioner), VALUE_TEXT(licence),
               VALUE_TEXT(SPAN("clinic-1")), VALUE_INTEGER(BASIS_PRIMARY), VALUE_INTEGER(1), VALUE_INTEGER(1790000000), VALUE_INTEGER(0),
               VALUE_HASH(deed));
}

static csign_code add_code(struct session *session, unsigned i, const struct scene *scene)
{
    uint8_t deed[CSIGN_HASH_SIZE] = {0xac, (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, code[CSIGN_HASH_SIZE];
    hash_of(span_text(scene->code), code);
    return RUN(session, SQL_ACTIVATION_INSERT, VALUE_TEXT(span_of(scene->code, CODE_HANDLE_SIZE)), VALUE_HASH(deed), VALUE_HASH(code),
               VALUE_TEXT(span_text(scene->person.practitioner)), VALUE_TEXT(span_text(scene->person.licence)),
               VALUE_TEXT(span_text(scene->person.affiliation)), VALUE_INTEGER(clock_ms() / 1000 + 3600));
}

static csign_code add_binding(struct session *session, unsigned i, const struct scene *scene)
{
    uint64_t index;
    uint8_t thumbprint[CSIGN_HASH_SIZE];
    struct public_key key;
    csign_fault fault;
    struct signing_key holder = act_key(key_of(i, 0));
    signing_key_public(&holder, &key);
    public_key_thumbprint(&key, thumbprint);
    TRY(RUN(session, SQL_BINDING_INSERT, VALUE_TEXT(span_text(scene->person.practitioner)), VALUE_TEXT(span_text(scene->person.licence)),
            VALUE_TEXT(span_text(scene->person.affiliation)), VALUE_HASH(thumbprint), VALUE_BLOB(span_of(key.bytes, sizeof key.bytes)),
            VALUE_INTEGER(1), VALUE_INTEGER(1), VALUE_INTEGER(1), VALUE_INTEGER(clock_ms())));
    return status_allocate(&w->registry, session, session_last_id(session), REASON_UNSPECIFIED, NULL, &index, &fault);
}

static csign_code add_people(struct operation *operation, struct session *session)
{
    const struct people *people = (struct people *)operation;
    for (unsigned i = people->from; i < people->to; i++) {
        TRY(add_person(session, i, &scenes[i]));
        TRY(add_code(session, i, &scenes[i]));
        TRY(add_binding(session, i, &scenes[i]));
    }
    return CSIGN_OK;
}

static const char *order_members(unsigned scene, uint64_t effective_s, const char *reason)
{
    static char members[512];
    snprintf(members, sizeof members, "\"licence\":\"%s\",\"effective\":%llu,%s" WHY, scenes[scene].person.licence,
             (unsigned long long)effective_s, reason);
    return members;
}

/* What may be reinstated is suspended. */
static void suspend_block(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        deed_act('s', i, KS, "suspend", "us-ks", order_members(i, clock_ms() / 1000, ACTION));
    acts_perform(&all, 1);
    all_must("suspend");
    acts_clear(&all);
}

/* Enrolled, one key bound, and a code open for another. */
static void make_block(unsigned from, unsigned to, enum kind kind)
{
    struct people people = {.operation = {.run = add_people}, .from = from, .to = to};
    for (unsigned i = from; i < to; i++) {
        struct scene *scene = &scenes[i];
        scene->kind = kind;
        scene->person = (struct person){row_id('p', i), row_id('l', i), row_id('a', i), NULL};
        snprintf(scene->code, sizeof scene->code, "%012x-%016llx", i, (unsigned long long)acts_random(&all));
    }
    csign_code code = store_perform(w->registry.store, &people.operation);
    if (code != CSIGN_OK)
        fail_msg("people: %s", csign_code_name(code));
    acts_clear(&all);
    if (kind == KIND_REVOKED)
        suspend_block(from, to);
}

static void bind_act(char what, unsigned scene, unsigned key, const char *code)
{
    struct act *act = act_add(&all, ACT_BIND, what, scene);
    act->key = key;
    memcpy(act->code, code, CODE_MAX);
}

static void issue_act(char what, unsigned scene, unsigned key)
{
    act_add(&all, ACT_ISSUE, what, scene)->key = key;
}

/* --- what races --- */

/* A deed whose two signatures come in one note or, half of the time, in two: whoever is second makes it effective. */
static void split_act(char what, unsigned scene, const char *first, const char *second, const char *kind, const char *at, const char *members)
{
    static char text[ACT_NOTE_MAX];
    char both[128];
    snprintf(both, sizeof both, "%s %s", first, second);
    act_write_deed(&all, text, kind, at, members);
    bool in_two = acts_random(&all) % 2;
    struct act *act = act_add(&all, ACT_DEED, what, scene);
    act_sign(act, text, in_two ? first : both);
    if (in_two)
        act_sign(act_add(&all, ACT_DEED, what, scene), text, second);
}

static void suspend_act(char what, unsigned scene)
{
    split_act(what, scene, "us-ks/o1", acts_random(&all) % 2 ? "us-ks/o2" : "us-ks/o3", "suspend", "us-ks",
              order_members(scene, clock_ms() / 1000, ACTION));
}

static void enrol_again_act(unsigned scene)
{
    split_act('E', scene, "clinic-3/h1", "clinic-3/h2", "enrol", "clinic-3",
              enrolment("clinic-3", scenes[scene].person.practitioner, scene + 1, "\"US-KS\""));
}

/* --- how it came out --- */

static bool took_effect(const struct act *act)
{
    return act->answer == CSIGN_OK && (act->kind != ACT_DEED || act->state == DEED_EFFECTIVE);
}

/* The place of the first act of this name that took effect; UINT64_MAX if none did. */
static uint64_t place_of(unsigned scene, char what)
{
    uint64_t place = UINT64_MAX;
    for (size_t i = 0; i < all.count; i++)
        if (all.acts[i].scene == scene && all.acts[i].what == what && took_effect(&all.acts[i]) && all.acts[i].place < place)
            place = all.acts[i].place;
    return place;
}

static void keep_credential(const struct act *act)
{
    static uint8_t memory[ISSUE_CREDENTIAL_MAX];
    struct buffer out = buffer_open(memory, sizeof memory);
    assert_int_equal(issue_write(&act->proven.issue, &out), CSIGN_OK);
    if (issued_count == issued_capacity) {
        issued_capacity = issued_capacity ? 2 * issued_capacity : 1024;
        issued = realloc(issued, issued_capacity * sizeof *issued);
        assert_non_null(issued);
    }
    issued[issued_count++] = (struct issued){exact(buffer_span(&out)), act->key, act->scene};
}

/* What an order leaves of whoever comes behind it; `grants` are the acts that would give something. */
static void check_act(const struct act *act, uint64_t order, const char *grants)
{
    static const csign_code late[] = {CSIGN_E_STANDING_ORDER, CSIGN_E_SUSPENDED, CSIGN_E_REVOKED, CSIGN_E_CODE_WRONG, CSIGN_E_DEED_REPLAYED,
                                      CSIGN_E_CONFLICT, CSIGN_E_NOT_FOUND, CSIGN_E_KEY_ALREADY_BOUND};
    bool known = act->answer == CSIGN_OK;
    if (act->kind == ACT_ISSUE && act->answer == CSIGN_OK)
        keep_credential(act);
    if (!strchr(grants, act->what))
        return;
    if (act->place < order)
        before[(unsigned char)act->what]++;
    else
        behind[(unsigned char)act->what]++;
    for (size_t i = 0; i < sizeof late / sizeof *late; i++)
        known |= act->answer == late[i];
    if (!known)
        fail_msg("scene %u, act %c: %s %s: %s", act->scene, act->what, csign_code_name(act->answer), act->fault.field, act->fault.reason);
    if (took_effect(act) && act->place > order)
        fail_msg("seed %llu, scene %u: act %c took effect at place %llu, behind the order at %llu", (unsigned long long)seed, act->scene,
                 act->what, (unsigned long long)act->place, (unsigned long long)order);
}

static void check_scene(unsigned scene, char order, const char *grants)
{
    uint64_t place = place_of(scene, order);
    if (place == UINT64_MAX) {
        for (size_t i = 0; i < all.count; i++)
            if (all.acts[i].scene == scene && all.acts[i].what == order)
                print_error("%s %s: %s, state %d\n", csign_code_name(all.acts[i].answer), all.acts[i].fault.field, all.acts[i].fault.reason,
                            (int)all.acts[i].state);
        fail_msg("scene %u: the order was not answered as effective", scene);
    }
    for (size_t i = 0; i < all.count; i++)
        if (all.acts[i].scene == scene)
            check_act(&all.acts[i], place, grants);
}

static int64_t live(void)
{
    return number(w, "select count(*) from status_index where code = 0");
}

typedef void scene_body(unsigned scene);

static void race(enum kind kind, unsigned count, scene_body *add, char order, const char *grants)
{
    for (unsigned done = 0, size; done < count; done += size) {
        size = count - done < BLOCK ? count - done : BLOCK;
        const unsigned from = (unsigned)scene_count, to = from + size;
        scene_count = to;
        const int64_t live_before = live();
        make_block(from, to, kind);
        for (unsigned i = from; i < to; i++)
            add(i);
        acts_perform(&all, SPREAD);
        for (unsigned i = from; i < to; i++)
            check_scene(i, order, grants);
        assert_int_equal(live(), live_before);
        acts_clear(&all);
    }
}

/* --- the races --- */

static void activate_act(unsigned scene)
{
    const struct person *p = &scenes[scene].person;
    const uint8_t code[CSIGN_HASH_SIZE] = {1};
    char members[512];
    snprintf(members, sizeof members, "\"practitioner\":\"%s\",\"licence\":\"%s\",\"affiliation\":\"%s\",\"code\":\"%s\"", p->practitioner,
             p->licence, p->affiliation, b64(span_of(code, sizeof code)));
    deed_act('A', scene, C1, "activate", "clinic-1", members);
}

static void order_scene(unsigned i)
{
    suspend_act('O', i);
    bind_act('B', i, key_of(i, 1), scenes[i].code);
    enrol_again_act(i);
    issue_act('I', i, key_of(i, 0));
    if (acts_random(&all) % 2)
        issue_act('I', i, key_of(i, 0));
    if (acts_random(&all) % 4 == 0)
        activate_act(i);
}

static void print_sides(const char *acts, unsigned least)
{
    for (; *acts; acts++) {
        printf("  %c: %u before the order, %u behind it\n", *acts, before[(unsigned char)*acts], behind[(unsigned char)*acts]);
        assert_true(before[(unsigned char)*acts] > least && behind[(unsigned char)*acts] > least); /* else nothing has raced */
    }
}

static void an_order_against_all_that_gives(void **state)
{
    (void)state;
    race(KIND_ORDER, wanted, order_scene, 'O', "BEIA");
    print_sides("BEIA", wanted / 40);
}

/* Reinstated or not: once revoked it stays. Of the dead a licence may be reinstated, and nothing comes of it. */
static void revoked_scene(unsigned i)
{
    const bool dies = i % 2;
    char members[256];
    snprintf(members, sizeof members, "\"practitioner\":\"%s\",\"effective\":%llu", scenes[i].person.practitioner,
             (unsigned long long)clock_ms() / 1000);
    if (dies)
        deed_act('R', i, "clinic-1/h1", "deceased", "clinic-1", members);
    else
        split_act('R', i, "us-ks/o1", "us-ks/o2", "revoke", "us-ks", order_members(i, clock_ms() / 1000, ACTION));
    split_act(dies ? 'n' : 'N', i, "us-ks/o3", "us-ks/o2", "reinstate", "us-ks",
              order_members(i, clock_ms() / 1000, "\"reason\":\"reinstated\","));
    issue_act('J', i, key_of(i, 0));
    issue_act('J', i, key_of(i, 0));
}

static void reinstate_against_revoke_and_death(void **state)
{
    (void)state;
    race(KIND_REVOKED, extra(), revoked_scene, 'R', "NJ");
    print_sides("N", extra() / 100);
    assert_int_equal(number(w, "select count(*) from standing_order where code = 1 and lifted_ms is not null"), 0);
}

static void twice_scene(unsigned i)
{
    suspend_act('S', i);
    suspend_act('S', i);
    bind_act('C', i, key_of(i, 1), scenes[i].code);
    issue_act('K', i, key_of(i, 0));
}

static void two_suspensions_at_once(void **state)
{
    (void)state;
    race(KIND_TWICE, extra(), twice_scene, 'S', "CK");
    print_sides("CK", extra() / 50);
}

static void key_scene(unsigned i)
{
    char members[256], thumbprint[64];
    uint8_t bytes[CSIGN_HASH_SIZE];
    struct public_key key;
    struct signing_key holder = act_key(key_of(i, 0));
    struct buffer out = buffer_open(thumbprint, sizeof thumbprint - 1);
    signing_key_public(&holder, &key);
    public_key_thumbprint(&key, bytes);
    base64url_encode(&out, span_of(bytes, sizeof bytes));
    thumbprint[out.size] = 0;
    snprintf(members, sizeof members, "\"holder\":\"%s\",\"reason\":\"key_lost_or_compromised\"", thumbprint);
    if (i % 2)
        deed_act('X', i, "clinic-1/h1", "key.end", "clinic-1", members);
    else
        act_add(&all, ACT_END_KEY, 'X', i)->key = key_of(i, 0);
    bind_act('D', i, key_of(i, 0), scenes[i].code); /* the same key again: never, whoever was first */
    issue_act('L', i, key_of(i, 0));
    issue_act('L', i, key_of(i, 0));
}

static void the_end_of_a_key_against_issuing(void **state)
{
    (void)state;
    race(KIND_KEY, extra(), key_scene, 'X', "DL");
    print_sides("L", extra() / 50);
}

/* An order that lies ahead is accepted first; what races is the moment at which it takes effect. */
static void due_scene(unsigned i)
{
    bind_act('F', i, key_of(i, 1), scenes[i].code);
    for (unsigned n = 0; n < 6; n++)
        issue_act('M', i, key_of(i, 0));
}

static void an_order_that_becomes_due(void **state)
{
    (void)state;
    for (unsigned done = 0, size; done < extra(); done += size) {
        size = extra() - done < DUE_BLOCK ? extra() - done : DUE_BLOCK;
        const unsigned from = (unsigned)scene_count, to = from + size;
        const int64_t live_before = live();
        scene_count = to;
        make_block(from, to, KIND_DUE);
        for (unsigned i = from; i < to; i++)
            split_act('W', i, "us-ks/o1", "us-ks/o2", "suspend", "us-ks", order_members(i, clock_ms() / 1000 + 1, ACTION));
        acts_perform(&all, 1);
        all_must("order ahead");
        acts_clear(&all);
        clock_set(clock_ms() + 2000);
        all.is_patient = true;
        for (unsigned i = 0; i < 2; i++) /* among the first: to apply what is due takes as long as many others take */
            act_add(&all, ACT_DUE, 'T', from);
        for (unsigned i = from; i < to; i++)
            due_scene(i);
        acts_perform(&all, 2 * DUE_BLOCK);
        all.is_patient = false;
        const uint64_t place = place_of(from, 'T');
        for (size_t i = 0; i < all.count; i++)
            check_act(&all.acts[i], place, "FM");
        assert_int_equal(live(), live_before);
        acts_clear(&all);
    }
    print_sides("M", 0);
}

/* --- what is left --- */

/* The scene of each status index, by the number of its licence. */
static unsigned *read_indexes(size_t *ret_count)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    *ret_count = (size_t)number(w, "select count(*) from status_index");
    unsigned *of = calloc(*ret_count + 1, sizeof *of);
    assert_non_null(of);
    assert_int_equal(sqlite3_open_v2(w->store_path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "select s.idx, cast(substr(l.number, 5) as integer) from status_index s join binding b "
                                            "on b.id = s.binding join licence l on l.id = b.licence", -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        of[sqlite3_column_int64(statement, 0)] = (unsigned)sqlite3_column_int(statement, 1) - 1;
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return of;
}

/* All leaves, and the newest checkpoint. */
static span read_log(span *ret_checkpoint)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    const size_t size = (size_t)number(w, "select count(*) from log_entry") * LEAF_SIZE;
    struct buffer leaves = buffer_open(counting_spare(size), size);
    assert_int_equal(sqlite3_open_v2(w->store_path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "select leaf from log_entry order by position", -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        buffer_put(&leaves, span_of(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0)));
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_prepare_v2(db, "select note from log_head", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    *ret_checkpoint = exact(span_of(sqlite3_column_text(statement, 0), (size_t)sqlite3_column_bytes(statement, 0)));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    assert_int_equal(leaves.size, size);
    return buffer_span(&leaves);
}

/* Which ending bars a person for good; a suspension that may be lifted does not. */
static bool bars(enum kind kind, enum end_code code)
{
    return code == END_REVOKED || (code == END_SUSPENDED && kind != KIND_REVOKED);
}

static void no_leaf_gives_behind_an_order(void **state)
{
    size_t index_count;
    unsigned *scene_of = read_indexes(&index_count);
    uint8_t *ended = calloc(index_count + 1, 1);
    span checkpoint, leaves = read_log(&checkpoint);
    (void)state;
    assert_non_null(ended);
    for (size_t at = 0; at < leaves.size; at += LEAF_SIZE) {
        struct leaf leaf;
        assert_int_equal(leaf_read(span_of(leaves.data + at, LEAF_SIZE), &leaf, NULL), CSIGN_OK);
        if (leaf.type == LEAF_BINDING) {
            assert_true(leaf.binding.index < index_count);
            if (scenes[scene_of[leaf.binding.index]].is_barred)
                fail_msg("index %llu of scene %u lies behind the order", (unsigned long long)leaf.binding.index,
                         scene_of[leaf.binding.index]);
        } else if (leaf.type == LEAF_END) {
            struct scene *scene = &scenes[scene_of[leaf.end.index]];
            if (leaf.end.code == END_SUSPENDED)
                assert_int_equal(ended[leaf.end.index], 0); /* ended once; revoked may follow */
            ended[leaf.end.index] = (uint8_t)leaf.end.code;
            scene->is_barred |= scene->kind != KIND_KEY && bars(scene->kind, leaf.end.code);
        }
    }
    for (size_t i = 0; i < scene_count; i++)
        assert_true(scenes[i].is_barred || scenes[i].kind == KIND_KEY);
    free(ended);
    free(scene_of);
}

static void a_gate_refuses_all_that_was_issued(void **state)
{
    struct judge judge;
    unsigned suspended = 0, revoked = 0, superseded = 0;
    (void)state;
    const unsigned control = (unsigned)scene_count++;
    make_block(control, control + 1, KIND_CONTROL);
    issue_act('Z', control, key_of(control, 0));
    acts_perform(&all, 1);
    all_must("control");
    keep_credential(&all.acts[0]);
    acts_clear(&all);

    span checkpoint, leaves = read_log(&checkpoint);
    const int64_t now = (int64_t)(clock_ms() / 1000) + 20;
    judge_open(&judge, w->root_note, leaves, checkpoint, policy);
    for (size_t i = 0; i < issued_count; i++) {
        const struct signing_key key = act_key(issued[i].key);
        csign_code code = judge_ask(&judge, issued[i].credential, &key, now);
        suspended += code == CSIGN_E_SUSPENDED;
        revoked += code == CSIGN_E_REVOKED;
        superseded += code == CSIGN_E_SUPERSEDED;
        if (issued[i].scene == control)
            assert_int_equal(code, CSIGN_OK);
        else if (code != CSIGN_E_SUSPENDED && code != CSIGN_E_REVOKED && code != CSIGN_E_SUPERSEDED)
            fail_msg("credential %zu of scene %u: %s", i, issued[i].scene, csign_code_name(code));
    }
    printf("  %zu credentials: %u suspended, %u revoked, %u superseded, 1 allowed\n", issued_count, suspended, revoked, superseded);
    assert_true(issued_count > wanted / 10);
    judge_close(&judge);
}

static void the_store_is_whole(void **state)
{
    const struct log_check check = {.origin = SPAN("log.registry.test"), .statuslog = w->statuslog.vkey};
    uint64_t size;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    (void)state;
    struct session *session = store_reader(w->registry.store);
    assert_int_equal(store_check_integrity(session, &fault), CSIGN_OK);
    assert_int_equal(log_fsck(session, &check, &size, &fault), CSIGN_OK);
    store_reader_end(w->registry.store, session);
    assert_int_equal(size, number(w, "select size from log_head"));
    assert_int_equal(number(w, "select count(*) - max(number) from deed where number is not null"), 0);
}

/* --- the world --- */

static void publish_policy(void)
{
    static const char text[] =
        "countersign/policy/v1\nregistry.test\n{\"id\":\"ks\",\"version\":1,\"authority\":\"us-ks\",\"applies_to\":[\"US-KS\"],"
        "\"effective_from\":1790000000,\"utc_offset\":\"-06:00\",\"sources\":[],\"rules\":[{\"acts\":[\"*\"],\"settings\":[\"*\"],"
        "\"ai_authorship\":\"human_only\",\"signers\":[{\"professions\":[\"physician\"],\"meanings\":[\"approval\"]}],"
        "\"max_status_age_s\":3600,\"signoff_to_release_s\":600}]}\n";
    char memory[2048];
    struct buffer note = buffer_open(memory, sizeof memory);
    struct policy_upload *u = NULL;
    buffer_text(&note, text);
    buffer_byte(&note, '\n');
    note_sign(&note, span_text(text), &w->policy.vkey, &w->policy.key);
    policy = exact(buffer_span(&note));
    assert_int_equal(policy_upload_prepare(&w->registry, policy, SPAN("us-ks"), &u, &w->fault), CSIGN_OK);
    assert_int_equal(store_perform(w->registry.store, &u->operation), CSIGN_OK);
    must_be(w, give(w, KS, "policy.publish", "us-ks", "\"id\":\"ks\",\"version\":1,\"note\":\"%s\",\"effective_ms\":1790000000000",
                    b64(span_of(u->hash, sizeof u->hash))), DEED_EFFECTIVE);
    policy_upload_free(&u);
}

static void add_clinic_3(void)
{
    must_be(w, give(w, KS, "institution.add", "us-ks", "\"id\":\"clinic-3\",\"name\":\"General 3\",\"jurisdiction\":\"US-KS\",\"identifiers\":[]"),
            DEED_EFFECTIVE);
    for (char n = '1'; n <= '2'; n++) {
        char name[16];
        snprintf(name, sizeof name, "clinic-3/h%c", n);
        must_be(w, give(w, KS, "officer.add", "us-ks", "\"body\":\"clinic-3\",\"officer\":{\"id\":\"h%c\",\"name\":\"Officer\","
                        "\"role\":\"registrar\",\"vkey\":\"%s\"}", n, vkey_of(name)), DEED_EFFECTIVE);
    }
}

static int open_world(void **state)
{
    if (world_make(state) != 0)
        return -1;
    w = *state;
    world_institutions(w);
    add_clinic_3();
    publish_policy();
    scenes = calloc(wanted + 4 * extra() + 1, sizeof *scenes);
    if (!scenes || nonces_open(&w->registry.nonces) != CSIGN_OK || store_start(w->registry.store) != CSIGN_OK)
        return -1;
    acts_open(&all, &w->registry, BLOCK * ACTS_MAX, seed);
    return 0;
}

static int close_world(void **state)
{
    struct nonces *nonces = w->registry.nonces;
    acts_close(&all);
    free(scenes);
    free(issued);
    int code = world_remove(state);
    nonces_close(&nonces);
    return code;
}

int main(int argc, char **argv)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
    if (argc > 1)
        wanted = (unsigned)strtoul(argv[1], NULL, 10);
    printf("%u interleavings and 4 times %u, seed %llu\n", wanted, extra(), (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_against_all_that_gives),  cmocka_unit_test(reinstate_against_revoke_and_death),
        cmocka_unit_test(two_suspensions_at_once),          cmocka_unit_test(the_end_of_a_key_against_issuing),
        cmocka_unit_test(an_order_that_becomes_due),        cmocka_unit_test(no_leaf_gives_behind_an_order),
        cmocka_unit_test(a_gate_refuses_all_that_was_issued), cmocka_unit_test(the_store_is_whole),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
