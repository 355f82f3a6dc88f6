/*
 * Deeds by what they do: waiting, numbers, reading, and what institutions and authorities grant. Orders are in orders.c, refusals in
 * deeds_refused.c, correcting and voiding in deeds_amended.c.
 */
#include "deeds_world.h"
#include "base64.h"
#include "people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int begin(void **state)
{
    if (world_make(state) != 0)
        return -1;
    world_institutions(*state);
    return 0;
}

/* --- waiting, numbers, chain --- */

static void the_second_signature_makes_it_effective(void **state)
{
    struct world *w = *state;
    must_be(w, give(w, "clinic-1/h1", "enrol", "clinic-1", "%s", enrolment("clinic-1", NULL, 1, "\"US-KS\"")), DEED_WAITING);
    assert_non_null(strstr(w->view, "\"state\":\"waiting\""));
    assert_non_null(strstr(w->view, "\"needs\":1"));
    assert_null(strstr(w->view, "\"number\""));
    assert_int_equal(number(w, "select count(*) from practitioner"), 0);
    must_be(w, sign(w, "clinic-1/h2"), DEED_EFFECTIVE);
    assert_non_null(strstr(w->view, "\"signers\":[{\"officer\":\"clinic-1/h1\""));
    assert_non_null(strstr(w->view, "\"officer\":\"clinic-1/h2\""));
    assert_int_equal(number(w, "select count(*) from practitioner"), 1);
    assert_int_equal(number(w, "select count(*) from licence where assurance = 1"), 1);
}

static void a_note_may_bring_lines_that_are_known(void **state)
{
    struct world *w = *state;
    must_be(w, give(w, "clinic-1/h1", "enrol", "clinic-1", "%s", enrolment("clinic-1", NULL, 1, "\"US-KS\"")), DEED_WAITING);
    must_be(w, sign(w, C1), DEED_EFFECTIVE);
    assert_int_equal(
        number(w, "select count(*) from deed_signature s join deed d on d.hash = s.deed where d.id = '%s'", w->deed_id), 2);
}

static void accepted_deeds_are_numbered_and_chained(void **state)
{
    struct world *w = *state;
    uint8_t chain[CSIGN_HASH_SIZE];
    struct buffer out = buffer_open(malloc(DEEDS_PUT_MAX), DEEDS_PUT_MAX);
    struct json_out o = json_out(&out);
    const struct deed_filter filter = {.limit = 100};
    struct viewer viewer;
    (void)enrol(w, "clinic-1", 1);
    must_be(
        w, give(w, "us-ks/o1", "deceased", "us-ks", "\"practitioner\":\"%s\",\"effective\":1", member(w->view, "practitioner")),
        DEED_EFFECTIVE);
    struct session *reader = store_reader(w->registry.store);
    deed_chain_start(SPAN("registry.test"), chain);
    assert_int_equal(viewer_open(reader, SPAN("us-ks"), &viewer), CSIGN_OK);
    /* Clinic-2's deeds are us-mo's to see. */
    assert_int_equal(deeds_put(&o, reader, &viewer, &filter, NULL), CSIGN_OK);
    buffer_byte(&out, 0);
    assert_null(strstr((const char *)out.data, "\"at\":\"us-mo\""));
    assert_non_null(strstr((const char *)out.data, "\"do\":\"enrol\",\"at\":\"clinic-1\""));
    store_reader_end(w->registry.store, reader);
    int64_t count = number(w, "select count(*) from deed where number is not null");
    assert_int_equal(number(w, "select number from deed_head"), count);
    assert_int_equal(number(w, "select max(number) from deed"), count);
    assert_int_equal(count, 8);
    free(out.data);
}

static void the_chain_leads_from_deed_to_deed(void **state)
{
    struct world *w = *state;
    uint8_t chain[CSIGN_HASH_SIZE], read[CSIGN_HASH_SIZE];
    for (int kind = 0; kind < 2; kind++) {
        int64_t before = number(w, "select number from deed_head");
        span text;
        if (kind == 0) {
            (void)enrol(w, "clinic-1", 1);
        } else {
            must_be(w,
                    give(w, "us-ks/o1", "deceased", "us-ks", "\"practitioner\":\"%s\",\"effective\":1",
                         member(w->view, "practitioner")),
                    DEED_EFFECTIVE);
            deed_chain_next(chain, (uint64_t)before + 1, w->hash);
        }
        text = span_text(member(w->view, "chain"));
        assert_true(base64url_exact(text, read, sizeof read));
        if (kind == 1)
            assert_memory_equal(read, chain, sizeof chain);
        memcpy(chain, read, sizeof chain);
    }
}

static void a_deed_is_read_with_its_note(void **state)
{
    struct world *w = *state;
    struct viewer viewer;
    struct buffer out = buffer_open(malloc(DEED_PUT_MAX), DEED_PUT_MAX);
    struct json_out o = json_out(&out);
    must_be(w, give(w, "clinic-1/h1", "enrol", "clinic-1", "%s", enrolment("clinic-1", NULL, 1, "\"US-KS\"")), DEED_WAITING);
    struct session *reader = store_reader(w->registry.store);
    assert_int_equal(viewer_open(reader, SPAN("clinic-2"), &viewer), CSIGN_OK);
    assert_int_equal(deed_put(&o, reader, &viewer, w->hash), CSIGN_E_NOT_FOUND);
    assert_int_equal(viewer_open(reader, SPAN("us-mo"), &viewer), CSIGN_OK);
    assert_int_equal(deed_put(&o, reader, &viewer, w->hash), CSIGN_E_NOT_FOUND);
    assert_int_equal(viewer_open(reader, SPAN("us-ks"), &viewer), CSIGN_OK);
    assert_int_equal(deed_put(&o, reader, &viewer, w->hash), CSIGN_OK);
    store_reader_end(w->registry.store, reader);
    buffer_byte(&out, 0);
    const char *note = strstr((const char *)out.data, "\"note\":\"countersign/deed/v1\\nregistry.test\\n");
    assert_non_null(note);
    assert_non_null(strstr(note, "\xE2\x80\x94 clinic-1/h1 "));
    free(out.data);
}

/* --- an institution's endings --- */

static void an_institution_ends_affiliations_and_keys_by_one(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    uint64_t first = bind(w, &p, 1);
    must_be(w,
            give(w, "clinic-1/h1", "key.end", "clinic-1", "\"holder\":\"%s\",\"reason\":\"key_lost_or_compromised\"",
                 b64(holder_thumbprint(1))),
            DEED_EFFECTIVE);
    assert_int_equal(index_code(w, first), END_REVOKED);
    assert_int_equal(number(w, "select count(*) from binding where ended_ms is not null"), 1);
    (void)activate(w, &p);
    uint64_t second = bind(w, &p, 2);
    (void)activate(w, &p);
    must_be(w,
            give(w, "clinic-1/h2", "affiliation.end", "clinic-1",
                 "\"practitioner\":\"%s\",\"site\":\"clinic-1\",\"effective\":%llu,\"reason\":\"affiliation_ended\"",
                 p.practitioner, (unsigned long long)NOW_S),
            DEED_EFFECTIVE);
    assert_int_equal(index_code(w, second), END_REVOKED);
    assert_int_equal(last_leaf(w, LEAF_END).end.reason, REASON_AFFILIATION_ENDED);
    assert_int_equal(number(w, "select count(*) from activation where state = 1"), 0);
}

static void a_person_has_one_record_at_two_institutions(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    must_be(w, give(w, C2, "enrol", "clinic-2", "%s", enrolment("clinic-2", p.practitioner, 1, "\"US-KS\"")), DEED_EFFECTIVE);
    assert_string_equal(member(w->view, "licence"), p.licence);
    assert_int_equal(number(w, "select count(*) from practitioner"), 1);
    assert_int_equal(number(w, "select count(*) from affiliation"), 2);
}

/* --- apps, officers, cuts, policies --- */

static void apps_and_officers_come_and_go(void **state)
{
    struct world *w = *state;
    must_be(w,
            give(w, C1, "app.add", "clinic-1",
                 "\"id\":\"app-1\",\"tool\":\"tool-1\",\"acts\":[\"imaging_report\"],\"settings\":[\"inpatient\"],"
                 "\"jurisdictions\":[\"US-KS\"],\"vkey\":\"%s\"",
                 vkey_of("app-1")),
            DEED_EFFECTIVE);
    must_be(w, give(w, "us-ks/o3", "app.end", "us-ks", "\"id\":\"app-1\",\"reason\":\"administrative\""), DEED_EFFECTIVE);
    assert_int_equal(number(w, "select count(*) from app where ended_ms is not null"), 1);
    must_be(w,
            give(w, C1, "officer.add", "clinic-1",
                 "\"body\":\"clinic-1\",\"officer\":{\"id\":\"h3\",\"name\":\"H\",\"role\":\"registrar\","
                 "\"vkey\":\"%s\"}",
                 vkey_of("clinic-1/h3")),
            DEED_EFFECTIVE);
    must_be(w,
            give(w, "clinic-1/h3", "officer.end", "clinic-1",
                 "\"body\":\"clinic-1\",\"officer\":\"h1\",\"reason\":\"administrative\""),
            DEED_EFFECTIVE);
    assert_non_null(strstr(w->view, "\"officers_left\":2"));
}

static void cuts_are_leaves_and_never_fall(void **state)
{
    struct world *w = *state;
    must_be(w, give(w, KS, "cut", "us-ks", "\"kind\":\"tool\",\"id\":\"tool-1\",\"cut_ms\":1000,\"reason\":\"emergency\"," WHY),
            DEED_EFFECTIVE);
    struct leaf leaf = last_leaf(w, LEAF_CUT);
    uint8_t id[16];
    leaf_cut_id(CUT_TOOL, SPAN("tool-1"), span_of(NULL, 0), id);
    assert_memory_equal(leaf.cut.id, id, sizeof id);
    assert_int_equal(
        give(w, KS, "cut", "us-ks", "\"kind\":\"tool\",\"id\":\"tool-1\",\"cut_ms\":1000,\"reason\":\"emergency\"," WHY),
        CSIGN_E_CONFLICT);
    must_be(
        w, give(w, KS, "cut", "us-ks", "\"kind\":\"model\",\"id\":\"tool-1\\nm-2\",\"cut_ms\":7,\"reason\":\"emergency\"," WHY),
        DEED_EFFECTIVE);
    must_be(
        w,
        give(w, KS, "cut", "us-ks", "\"kind\":\"institution\",\"id\":\"clinic-1\",\"cut_ms\":7,\"reason\":\"emergency\"," WHY),
        DEED_EFFECTIVE);
    assert_int_equal(number(w, "select count(*) from cut where name = cast('clinic-1' as blob)"), 1);
}

static span policy_note(struct world *w, unsigned version, const char *authority, const char *place)
{
    char text[1024];
    (void)snprintf(
        text, sizeof text,
        "countersign/policy/v1\nregistry.test\n{\"id\":\"ks\",\"version\":%u,\"authority\":\"%s\",\"applies_to\":[\"%s\"],"
        "\"effective_from\":1790000000,\"utc_offset\":\"-06:00\",\"sources\":[],\"rules\":[{\"acts\":[\"*\"],\"settings\":[\"*"
        "\"],"
        "\"ai_authorship\":\"human_only\",\"signers\":[{\"professions\":[\"physician\"],\"meanings\":[\"approval\"]}],"
        "\"max_status_age_s\":60,\"signoff_to_release_s\":600}]}\n",
        version, authority, place);
    char memory[2048];
    struct buffer note = buffer_open(memory, sizeof memory);
    buffer_text(&note, text);
    buffer_byte(&note, '\n');
    note_sign(&note, span_text(text), &w->policy.vkey, &w->policy.key);
    return exact(buffer_span(&note));
}

static const char *upload(struct world *w, span note, const char *authority)
{
    struct policy_upload *u = NULL;
    assert_int_equal(policy_upload_prepare(&w->registry, note, span_text(authority), &u, &w->fault), CSIGN_OK);
    assert_int_equal(store_perform(w->registry.store, &u->operation), CSIGN_OK);
    const char *hash = b64(span_of(u->hash, sizeof u->hash));
    policy_upload_free(&u);
    return hash;
}

static void a_policy_is_held_and_then_in_force(void **state)
{
    struct world *w = *state;
    struct policy_upload *u = NULL;
    static const char publish[] = "\"id\":\"ks\",\"version\":%u,\"note\":\"%s\",\"effective_ms\":1790000000000";
    const char *unheld = b64(span_of(w->hash, sizeof w->hash));
    assert_int_equal(give(w, KS, "policy.publish", "us-ks", publish, 2, unheld), CSIGN_E_NOT_FOUND);
    assert_int_equal(policy_upload_prepare(&w->registry, policy_note(w, 1, "us-ks", "US-KS"), SPAN("us-mo"), &u, &w->fault),
                     CSIGN_E_FORBIDDEN);
    const char *two = upload(w, policy_note(w, 2, "us-ks", "US-KS"), "us-ks"),
               *one = upload(w, policy_note(w, 1, "us-ks", "US-KS"), "us-ks");
    assert_string_equal(two, upload(w, policy_note(w, 2, "us-ks", "US-KS"), "us-ks"));
    const char *foreign = upload(w, policy_note(w, 3, "us-ks", "US-MO"), "us-ks");
    must_be(w, give(w, KS, "policy.publish", "us-ks", publish, 2, two), DEED_EFFECTIVE);
    assert_int_equal(last_leaf(w, LEAF_POLICY).policy.version, 2);
    assert_int_equal(give(w, KS, "policy.publish", "us-ks", publish, 1, one), CSIGN_E_CONFLICT);
    assert_int_equal(give(w, KS, "policy.publish", "us-ks", publish, 3, foreign), CSIGN_E_FOREIGN_JURISDICTION);
    assert_int_equal(give(w, KS, "policy.publish", "us-ks", publish, 4, foreign), CSIGN_E_FIELD_INVALID);
    assert_string_equal(w->fault.field, "version");
}

/* --- reading --- */

static void people_are_found_and_shown_to_whom_they_concern(void **state)
{
    struct world *w = *state;
    struct person p = enrol(w, "clinic-1", 1);
    (void)activate(w, &p);
    (void)bind(w, &p, 1);
    must_be(w, give_order(w, "suspend", &p, ACTION), DEED_EFFECTIVE);
    static const struct {
        const char *viewer;
        bool named, own;
    } cases[] = {{"clinic-1", true, true}, {"us-ks", true, true}, {"clinic-2", false, false}, {"us-mo", false, false}};
    for (size_t i = 0; i < 4; i++) {
        struct buffer out = buffer_open(malloc(PEOPLE_PUT_MAX), PEOPLE_PUT_MAX);
        struct json_out o = json_out(&out);
        struct viewer viewer;
        const struct practitioner_query by_name = {.name = SPAN("Dr B")}, by_number = {.number = SPAN("REG-1")};
        struct session *reader = store_reader(w->registry.store);
        assert_int_equal(viewer_open(reader, span_text(cases[i].viewer), &viewer), CSIGN_OK);
        assert_int_equal(practitioners_put(&o, reader, &viewer, &by_name, NULL), CSIGN_OK);
        buffer_byte(&out, 0);
        assert_int_equal(strstr((const char *)out.data, "Dr B. Example") != NULL, cases[i].named);
        out.size = 0;
        o = json_out(&out);
        assert_int_equal(practitioners_put(&o, reader, &viewer, &by_number, NULL), CSIGN_OK);
        buffer_byte(&out, 0);
        assert_non_null(strstr((const char *)out.data, "\"status\":{\"state\":\"suspended\",\"deed\":"));
        assert_non_null(strstr((const char *)out.data, "\"what\":\"enrolled\""));
        assert_int_equal(strstr((const char *)out.data, "\"birth_date\":\"1980-02-29\"") != NULL, cases[i].own);
        assert_int_equal(strstr((const char *)out.data, "\"state\":\"suspended\"}]}") != NULL, cases[i].own);
        out.size = 0;
        o = json_out(&out);
        assert_int_equal(institutions_put(&o, reader, &viewer, span_of(NULL, 0)), CSIGN_OK);
        buffer_byte(&out, 0);
        assert_int_equal(strstr((const char *)out.data, "\"id\":\"clinic-1\"") != NULL, cases[i].own);
        assert_int_equal(strstr((const char *)out.data, "\"id\":\"clinic-2\"") != NULL, !cases[i].own);
        store_reader_end(w->registry.store, reader);
        free(out.data);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, world_remove)
    const struct CMUnitTest tests[] = {
        TEST(the_second_signature_makes_it_effective),
        TEST(a_note_may_bring_lines_that_are_known),
        TEST(accepted_deeds_are_numbered_and_chained),
        TEST(the_chain_leads_from_deed_to_deed),
        TEST(a_deed_is_read_with_its_note),
        TEST(an_institution_ends_affiliations_and_keys_by_one),
        TEST(a_person_has_one_record_at_two_institutions),
        TEST(apps_and_officers_come_and_go),
        TEST(cuts_are_leaves_and_never_fall),
        TEST(a_policy_is_held_and_then_in_force),
        TEST(people_are_found_and_shown_to_whom_they_concern),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
