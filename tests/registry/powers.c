/*
 * The table of powers, walked: every kind of deed by the institution it is about, another institution, the authority it lies within
 * and another authority, each in a registry of its own. One signature shows both who may and how many must.
 */
#include "deeds_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* What one signature comes to. */
enum { WAITS = -2, AT_ONCE = -1 };
#define NO    CSIGN_E_FORBIDDEN
#define CLINIC CSIGN_E_FOREIGN_INSTITUTION
#define PLACE CSIGN_E_FOREIGN_JURISDICTION
#define FILE_ CSIGN_E_FIELD_INVALID

static const struct {
    const char *at, *signer;
} bodies[] = {{"clinic-1", "clinic-1/h1"}, {"clinic-2", "clinic-2/h1"}, {"us-ks", "us-ks/o1"}, {"us-mo", "us-mo/o1"}};

/* The members of each kind; $p, $l, $a, $h: person, licence, affiliation, holder of clinic-1; $d: the deed that enrolled; $k: a vkey. */
#define DIGEST "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define COUNTS "\"counts\":{\"added\":1,\"updated\":2,\"unchanged\":3,\"flagged\":4,\"rejected\":5}"
#define ORDER  "\"licence\":\"$l\",\"effective\":1,\"reason\":\"licence_action\"," WHY
static const struct row {
    const char *kind, *members;
    int expected[4]; /* of clinic-1, clinic-2, us-ks, us-mo */
} rows[] = {
    {"institution.add", "\"id\":\"clinic-9\",\"name\":\"X\",\"jurisdiction\":\"US-KS\",\"identifiers\":[]", {NO, NO, WAITS, PLACE}},
    {"officer.add", "\"body\":\"clinic-1\",\"officer\":{\"id\":\"h9\",\"name\":\"X\",\"role\":\"r\",\"vkey\":\"$k\"}", {WAITS, CLINIC, NO, PLACE}},
    {"officer.end", "\"body\":\"clinic-1\",\"officer\":\"h2\",\"reason\":\"administrative\"", {AT_ONCE, CLINIC, AT_ONCE, PLACE}},
    {"officer.end", "\"body\":\"us-ks\",\"officer\":\"o3\",\"reason\":\"administrative\"", {CLINIC, CLINIC, AT_ONCE, PLACE}},
    {"enrol", "$e", {WAITS, CLINIC, NO, NO}},
    {"enrol.import", "\"file\":\"" DIGEST "\",\"template\":\"csv-1\"," COUNTS, {FILE_, FILE_, NO, NO}},
    {"roll.import", "\"file\":\"" DIGEST "\",\"template\":\"csv-1\"," COUNTS, {NO, NO, FILE_, FILE_}},
    {"activate", "\"practitioner\":\"$p\",\"licence\":\"$l\",\"affiliation\":\"$a\",\"code\":\"" DIGEST "\"", {WAITS, CLINIC, NO, NO}},
    {"affiliation.end", "\"practitioner\":\"$p\",\"site\":\"clinic-1\",\"effective\":1,\"reason\":\"affiliation_ended\"", {AT_ONCE, CLINIC, NO, NO}},
    {"key.end", "\"holder\":\"$h\",\"reason\":\"key_lost_or_compromised\"", {AT_ONCE, CLINIC, AT_ONCE, PLACE}},
    {"app.add", "\"id\":\"app-9\",\"tool\":\"t\",\"acts\":[\"x\"],\"settings\":[\"online\"],\"jurisdictions\":[\"US\"],\"vkey\":\"$K\"",
     {WAITS, WAITS, NO, NO}},
    {"app.end", "\"id\":\"app-1\",\"reason\":\"administrative\"", {AT_ONCE, CLINIC, AT_ONCE, PLACE}},
    {"suspend.interim", "\"licence\":\"$l\",\"effective\":1,\"reason\":\"emergency\",\"confirm_by\":2," WHY, {NO, NO, AT_ONCE, PLACE}},
    {"suspend", ORDER, {NO, NO, WAITS, PLACE}},
    {"revoke", ORDER, {NO, NO, WAITS, PLACE}},
    {"rescind", ORDER, {NO, NO, WAITS, PLACE}},
    {"deregister", ORDER, {NO, NO, WAITS, PLACE}},
    {"condition", "\"licence\":\"$l\",\"effective\":1,\"conditions\":[]," WHY, {NO, NO, WAITS, PLACE}},
    {"reinstate", ORDER, {NO, NO, WAITS, PLACE}},
    {"deceased", "\"practitioner\":\"$p\",\"effective\":1", {AT_ONCE, CLINIC, AT_ONCE, PLACE}},
    {"correct", "\"deed\":\"$d\",\"with\":{}," WHY, {WAITS, CLINIC, PLACE, PLACE}},
    {"void", "\"deed\":\"$d\"," WHY, {WAITS, CLINIC, PLACE, PLACE}},
    {"cut", "\"kind\":\"institution\",\"id\":\"clinic-1\",\"cut_ms\":1,\"reason\":\"emergency\"," WHY, {NO, NO, WAITS, PLACE}},
    {"cut", "\"kind\":\"tool\",\"id\":\"tool-1\",\"cut_ms\":1,\"reason\":\"emergency\"," WHY, {NO, NO, WAITS, PLACE}},
    {"cut", "\"kind\":\"model\",\"id\":\"tool-1\\nm\",\"cut_ms\":1,\"reason\":\"emergency\"," WHY, {NO, NO, WAITS, PLACE}},
    {"cut", "\"kind\":\"issuer\",\"id\":\"$i\",\"cut_ms\":1,\"reason\":\"emergency\"," WHY, {NO, NO, PLACE, PLACE}},
    {"cut", "\"kind\":\"all\",\"cut_ms\":1,\"reason\":\"emergency\"," WHY, {NO, NO, PLACE, PLACE}},
    {"policy.publish", "\"id\":\"ks\",\"version\":1,\"note\":\"$n\",\"effective_ms\":1790000000000", {NO, NO, WAITS, NO}},
};

/* --- the registry of one case --- */

struct named {
    struct person person;
    const char *note;
};

static const char *publishable(struct world *w)
{
    static const char text[] = "countersign/policy/v1\nregistry.test\n{\"id\":\"ks\",\"version\":1,\"authority\":\"us-ks\",\"applies_to\":[\"US-KS\"],"
                               "\"effective_from\":1790000000,\"utc_offset\":\"-06:00\",\"sources\":[],\"rules\":[{\"acts\":[\"*\"],\"settings\":"
                               "[\"*\"],\"ai_authorship\":\"human_only\",\"signers\":[{\"professions\":[\"physician\"],\"meanings\":"
                               "[\"approval\"]}],\"max_status_age_s\":60,\"signoff_to_release_s\":600}]}\n";
    char memory[2048];
    struct buffer note = buffer_open(memory, sizeof memory);
    struct policy_upload *u = NULL;
    buffer_text(&note, text);
    buffer_byte(&note, '\n');
    note_sign(&note, span_text(text), &w->policy.vkey, &w->policy.key);
    assert_int_equal(policy_upload_prepare(&w->registry, buffer_span(&note), SPAN("us-ks"), &u, &w->fault), CSIGN_OK);
    assert_int_equal(store_perform(w->registry.store, &u->operation), CSIGN_OK);
    const char *hash = b64(span_of(u->hash, sizeof u->hash));
    policy_upload_free(&u);
    return hash;
}

static struct named fill(struct world *w)
{
    world_institutions(w);
    struct named named = {.person = enrol(w, "clinic-1", 1)};
    (void)activate(w, &named.person);
    (void)bind(w, &named.person, 1);
    must_be(w, give(w, C1, "app.add", "clinic-1", "\"id\":\"app-1\",\"tool\":\"tool-1\",\"acts\":[\"x\"],\"settings\":[\"online\"],"
                    "\"jurisdictions\":[\"US\"],\"vkey\":\"%s\"", vkey_of("app-1")), DEED_EFFECTIVE);
    named.note = publishable(w);
    return named;
}

static const char *members_of(const struct world *w, const struct row *row, const struct named *n)
{
    static char text[4096];
    struct buffer out = buffer_open(text, sizeof text - 1);
    for (const char *at = row->members; *at; at++) {
        const char *value = NULL;
        switch (*at == '$' ? at[1] : 0) {
        case 'p': value = n->person.practitioner; break;
        case 'l': value = n->person.licence; break;
        case 'a': value = n->person.affiliation; break;
        case 'd': value = n->person.enrolment; break;
        case 'h': value = b64(holder_thumbprint(1)); break;
        case 'e': value = enrolment("clinic-1", NULL, 9, "\"US-KS\""); break;
        case 'k': value = vkey_of("clinic-1/h9"); break;
        case 'K': value = vkey_of("app-9"); break;
        case 'i': value = w->registry.kid; break;
        case 'n': value = n->note; break;
        default: break;
        }
        if (value) {
            buffer_text(&out, value);
            at++;
        } else {
            buffer_byte(&out, (uint8_t)*at);
        }
    }
    assert_false(out.overflow);
    text[out.size] = 0;
    return text;
}

struct walk {
    struct world *world; /* NULL: the one before was changed */
    struct named named;
    unsigned powers;
};

static void check(struct walk *walk, const struct row *row, size_t body)
{
    void *state = walk->world;
    if (!state) {
        assert_int_equal(world_make(&state), 0);
        walk->world = state;
        walk->named = fill(walk->world);
    }
    struct world *w = walk->world;
    csign_code code = give(w, bodies[body].signer, row->kind, bodies[body].at, "%s", members_of(w, row, &walk->named));
    int got = code == CSIGN_OK ? w->state == DEED_WAITING ? WAITS : AT_ONCE : (int)code;
    if (got != row->expected[body])
        print_error("%s at %s: %s (%s: %s)\n", row->kind, bodies[body].at, code == CSIGN_OK ? w->view : csign_code_name(code),
                    w->fault.field, w->fault.reason);
    assert_int_equal(got, row->expected[body]);
    if (got == WAITS)
        assert_non_null(strstr(w->view, "\"needs\":1"));
    if (got == AT_ONCE) {
        assert_int_equal(world_remove(&state), 0);
        walk->world = NULL;
    }
    walk->powers++;
}

static void every_kind_by_every_body(void **state)
{
    struct walk walk = {0};
    bool seen[DEED_POLICY_PUBLISH + 1] = {false};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        seen[vocabulary_find(&deed_kinds, span_text(rows[r].kind))] = true;
        for (size_t body = 0; body < sizeof bodies / sizeof *bodies; body++)
            check(&walk, &rows[r], body);
    }
    for (size_t kind = DEED_INSTITUTION_ADD; kind <= DEED_POLICY_PUBLISH; kind++)
        assert_true(seen[kind]);
    print_message("%u powers walked\n", walk.powers);
    *state = walk.world;
    if (walk.world)
        assert_int_equal(world_remove(state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind_by_every_body)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
