#include "registry.h"
#include "base64.h"
#include "counting.h"
#include "event.h"
#include "checkpoint.h"
#include "root.h"

#include <stdio.h>
#include <stdlib.h>

#define ISS   "https://registry.test"
#define LOG   "log.registry.test"
#define ARENA (64u << 20)
#define RICH_RULES 250u /* as many as 256 KiB hold; of more, all but one are short */

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "registry: %s\n", what);
    exit(1);
}

static void must_ok(csign_code code, const csign_fault *fault, const char *what)
{
    if (code != CSIGN_OK)
        fprintf(stderr, "registry: %s: %s %s: %s\n", what, csign_code_name(code), fault->field, fault->reason);
    must(code == CSIGN_OK, what);
}

static struct signing_key key_of(const char *label)
{
    uint8_t seed[32];
    struct signing_key key;
    hash_of(span_text(label), seed);
    signing_key_from_seed(seed, &key);
    return key;
}

static struct vkey vkey_of(const char *name, enum note_key_type type, const struct signing_key *key)
{
    struct public_key public;
    signing_key_public(key, &public);
    return vkey_make(span_text(name), type, &public);
}

static void put_vkey_line(struct buffer *b, const char *before, const struct vkey *vkey, const char *after)
{
    buffer_text(b, before);
    vkey_write(b, vkey);
    buffer_text(b, after);
    buffer_byte(b, '\n');
}

static void put_key(struct buffer *b, const struct signing_key *key)
{
    struct public_key public;
    signing_key_public(key, &public);
    base64url_encode(b, span_of(public.bytes, sizeof public.bytes));
}

static void make_root(struct registry *r)
{
    static const char validity[] = " 1790000000 1800000000";
    struct buffer *b = &r->arena;
    size_t from = b->size;
    struct vkey roots[2] = {vkey_of("root-1.registry.test", NOTE_ED25519, &r->root_keys[0]),
                            vkey_of("root-2.registry.test", NOTE_ED25519, &r->root_keys[1])};
    struct vkey log = vkey_of(LOG, NOTE_ED25519, &r->statuslog), fresh = vkey_of("fresh.registry.test", NOTE_COSIGNATURE, &r->fresh);
    struct vkey policy = vkey_of("policy.registry.test", NOTE_ED25519, &r->policy);
    struct vkey receipts = vkey_of("receipts.registry.test", NOTE_ED25519, &r->receipts);
    buffer_text(b, "countersign/root/v1\norigin registry.test\nkind test\nversion 1\nissued 1790000000\nexpires 1800000000\nthreshold 2\n");
    put_vkey_line(b, "root ", &roots[0], "");
    put_vkey_line(b, "root ", &roots[1], "");
    buffer_text(b, "issuer " ISS " US ");
    put_key(b, &r->issuer);
    buffer_text(b, validity);
    buffer_text(b, "\nstatuslog " LOG " ");
    put_vkey_line(b, "", &log, validity);
    put_vkey_line(b, "fresh ", &fresh, validity);
    buffer_text(b, "freshness 1\n");
    put_vkey_line(b, "receipts ", &receipts, validity);
    put_vkey_line(b, "policy US ", &policy, validity);
    span text = buffer_since(b, from);
    buffer_byte(b, '\n');
    note_sign(b, text, &roots[0], &r->root_keys[0]);
    note_sign(b, text, &roots[1], &r->root_keys[1]);
    r->root_note = buffer_since(b, from);
}

static void make_policy(struct registry *r, size_t rules)
{
    struct buffer *b = &r->arena;
    size_t from = b->size;
    struct vkey vkey = vkey_of("policy.registry.test", NOTE_ED25519, &r->policy);
    buffer_text(b, "countersign/policy/v1\nregistry.test\n{\"id\":\"us-ks\",\"version\":1,\"authority\":\"us-ks\",\"applies_to\":[\"US-KS\"],"
                   "\"effective_from\":1790000000,\"utc_offset\":\"-06:00\",\"sources\":[],\"rules\":[");
    for (size_t i = 0; i < rules; i++) {
        buffer_text(b, i ? ",{\"acts\":[\"act_" : "{\"acts\":[\"");
        if (i)
            buffer_decimal(b, i);
        buffer_text(b, i ? "" : "imaging_report");
        if (i && rules > RICH_RULES) {
            buffer_text(b, "\"],\"settings\":[\"*\"],\"ai_authorship\":\"human_only\",\"signers\":[{\"professions\":[\"nurse\"],"
                           "\"meanings\":[\"approval\"]}],\"max_status_age_s\":60,\"signoff_to_release_s\":600}");
            continue;
        }
        buffer_text(b, "\"],\"settings\":[\"*\"],\"ai_authorship\":\"draft_with_approval\",\"signers\":[{\"professions\":[\"physician\"],"
                       "\"levels\":[\"independent\"],\"specialties\":[{\"system\":\"nucc\",\"code\":\"2085R0202X\"}],\"privileges\":"
                       "[\"imaging_report\"],\"independent_years\":3,\"consent_employer\":true,\"licence_date\":true,"
                       "\"assurance\":\"validated\",\"meanings\":[\"approval\"]}],\"max_status_age_s\":60,"
                       "\"signoff_to_release_s\":600,\"auth_max_age_s\":600,\"factors\":{\"storage\":[\"hardware\"],"
                       "\"user_auth\":[\"pin\",\"biometric\"]},\"visit\":\"revisit\",\"facts\":[\"patient_age\"],"
                       "\"consent\":[\"online\"],\"ai_notice\":[\"ai-1\"],\"hard_deny\":[{\"code\":\"age-rule\",\"if\":"
                       "[{\"fact\":\"patient_age\",\"op\":\"lt\",\"value\":6}]}],\"exceptions\":{\"consultation\":{\"bridges\":[\"site\"]},"
                       "\"alliance\":{\"bridges\":[\"jurisdiction\",\"first-visit\"]}},\"emergency\":{\"max_status_age_s\":3600,"
                       "\"bridges\":[\"site\"],\"review_h\":24},\"identity\":[\"name\",\"licence_number\"]}");
    }
    buffer_text(b, "]}\n");
    span text = buffer_since(b, from);
    buffer_byte(b, '\n');
    note_sign(b, text, &vkey, &r->policy);
    r->policy_note = buffer_since(b, from);
}

static void put_checkpoint(struct registry *r, const struct merkle_range *range)
{
    struct buffer *b = &r->arena;
    size_t from = b->size;
    struct vkey log = vkey_of(LOG, NOTE_ED25519, &r->statuslog), fresh = vkey_of("fresh.registry.test", NOTE_COSIGNATURE, &r->fresh);
    struct checkpoint checkpoint = {SPAN(LOG), range->size, merkle_range_root(range)};
    checkpoint_write(b, &checkpoint);
    span text = buffer_since(b, from);
    buffer_byte(b, '\n');
    note_sign(b, text, &log, &r->statuslog);
    note_cosign(b, text, &fresh, &r->fresh, (uint64_t)REGISTRY_NOW - 7);
}

static void open_gate(struct registry *r, uint64_t bindings)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    struct buffer *b = &r->arena, scratch;
    static uint8_t note_scratch[1u << 20];
    struct note note;
    struct merkle_range range = {0};
    struct public_key holder;
    uint8_t thumbprint[32];
    csign_gate_options options = {.struct_size = sizeof options, .deployment = SPAN(REGISTRY_DEPLOYMENT), .root = r->root_note,
                                  .accept_test = 1, .offline = 1};
    csign_gate *opened = NULL, *caught_up = NULL;
    must_ok(csign_gate_open(&options, &opened, &fault), &fault, "open");

    size_t from = b->size;
    scratch = buffer_open(note_scratch, sizeof note_scratch);
    struct leaf leaf = {.type = LEAF_ROOT, .root = {.version = 1}};
    must(note_read(r->root_note, &scratch, &note, &fault) == CSIGN_OK, "root note");
    note_hash(&note, leaf.root.hash);
    leaf_write(b, &leaf);
    leaf = (struct leaf){.type = LEAF_POLICY, .policy = {.version = 1, .effective_ms = UINT64_C(1790000000000)}};
    uint8_t hash[32];
    must(note_read(r->policy_note, &scratch, &note, &fault) == CSIGN_OK, "policy note");
    note_hash(&note, hash);
    memcpy(leaf.policy.note, hash, sizeof leaf.policy.note);
    leaf_policy_id(SPAN("us-ks"), leaf.policy.id);
    leaf_write(b, &leaf);
    signing_key_public(&r->holder, &holder);
    public_key_thumbprint(&holder, thumbprint);
    for (uint64_t i = 0; i < bindings; i++) {
        leaf = (struct leaf){.type = LEAF_BINDING, .binding = {.index = i}};
        leaf_binding_commit(SPAN(ISS), SPAN("practitioner-1"), thumbprint, leaf.binding.commit);
        leaf_write(b, &leaf);
    }
    r->leaves = buffer_since(b, from);
    must(r->leaves.data != NULL, "no room for the leaves");
    for (size_t at = 0; at < r->leaves.size; at += LEAF_SIZE) {
        struct merkle_hash leaf_hash = merkle_leaf(span_of(r->leaves.data + at, LEAF_SIZE));
        must(merkle_range_append(&range, &leaf_hash), "range");
    }
    from = b->size;
    put_checkpoint(r, &range);
    r->checkpoint = buffer_since(b, from);
    must_ok(csign_gate_apply_leaves(opened, r->leaves.data, range.size, r->checkpoint, &caught_up, &fault), &fault, "leaves");
    must_ok(csign_gate_apply_policy(caught_up, r->policy_note, &r->gate, &fault), &fault, "policy");
    csign_gate_free(&opened);
    csign_gate_free(&caught_up);
}

void registry_open(struct registry *r, size_t rules, uint64_t bindings)
{
    memset(r, 0, sizeof *r);
    r->root_keys[0] = key_of("bench root 1");
    r->root_keys[1] = key_of("bench root 2");
    r->issuer = key_of("bench issuer");
    r->statuslog = key_of("bench statuslog");
    r->fresh = key_of("bench fresh");
    r->policy = key_of("bench policy");
    r->receipts = key_of("bench receipts");
    r->holder = key_of("bench holder");
    r->memory = counting_spare(ARENA);
    r->arena = buffer_open(r->memory, ARENA);
    make_root(r);
    make_policy(r, rules);
    open_gate(r, bindings);
    registry_issue(r, 0);
}

void registry_issue(struct registry *r, uint32_t number)
{
    static const span jurisdictions[] = {{(const uint8_t *)"US-KS", 5}};
    static const struct specialty specialties[] = {{3, {(const uint8_t *)"nucc", 4}, {(const uint8_t *)"2085R0202X", 10}}};
    struct credential_secrets secrets = {{{0}}};
    struct credential c = {
        .vct = SPAN(ISS "/vct/practitioner/1"),
        .iss = SPAN(ISS),
        .iat = (uint64_t)REGISTRY_NOW - 600,
        .nbf = (uint64_t)REGISTRY_NOW - 600,
        .exp = (uint64_t)REGISTRY_NOW + 3000,
        .sub = SPAN("practitioner-1"),
        .status = {3, {3, 0, SPAN(ISS "/status/list/0")}, {3, SPAN(LOG), 0}},
        .profession = vocabulary_find(&professions, SPAN("physician")),
        .level = LEVEL_INDEPENDENT,
        .jurisdiction = {jurisdictions, 1},
        .specialty = {specialties, 1},
        .privileges = {.prescribe = true, .antimicrobial_grade = 2, .imaging_report = true},
        .site = {7, SPAN("clinic-1"), BASIS_FILED, true},
        .independent_since = 20150401,
        .licensed_until = 20280331,
        .assurance = {3, ASSURANCE_VALIDATED, 1790000000},
        .authenticator = {15, vocabulary_find(&storages, SPAN("hardware")), vocabulary_find(&user_auths, SPAN("pin")),
                          vocabulary_find(&proofings, SPAN("in_person")), true},
        .test = true,
        .name = SPAN("Dr A. Example"),
        .licence_number = SPAN("REG-0012345"),
    };
    uint8_t thumbprint[32], kid_memory[43];
    struct public_key issuer;
    struct buffer kid = buffer_open(kid_memory, sizeof kid_memory);
    csign_gate_info info;
    csign_gate_describe(r->gate, &info);
    signing_key_public(&r->issuer, &issuer);
    signing_key_public(&r->holder, &c.cnf.jwk.x);
    public_key_thumbprint(&issuer, thumbprint);
    base64url_encode(&kid, span_of(thumbprint, sizeof thumbprint));
    c.kid = buffer_span(&kid);
    c.status.status_list.idx = c.status.countersign.idx = r->index = info.bindings - 1;
    for (size_t i = 0; i < DISCLOSED_COUNT; i++)
        memcpy(secrets.salts[i], &number, sizeof number);
    size_t from = r->arena.size;
    must(credential_write(&r->arena, &c, &secrets, &r->issuer) == CSIGN_OK, "credential");
    r->credential = buffer_since(&r->arena, from);
}

static struct request make_request(span document)
{
    static const span consent[] = {{(const uint8_t *)"online", 6}}, notice[] = {{(const uint8_t *)"ai-1", 4}};
    (void)document;
    struct request q = {
        .request_id = SPAN("AAECAwQFBgcICQoLDA0ODw"),
        .slot = 1,
        .act = SPAN("imaging_report"),
        .setting = SETTING_OUTPATIENT,
        .authorship = AUTHORSHIP_HUMAN,
        .jurisdiction = SPAN("US-KS"),
        .site = SPAN("clinic-1"),
        .tool = {7, SPAN("reporter"), SPAN("reporter-large"), SPAN("4.2")},
        .facts = {.present = 1u << (FACT_VISIT - 1) | 1u << (FACT_PATIENT_AGE - 1) | 1u << (FACT_CONSENT - 1) |
                             1u << (FACT_DISCLOSURE - 1),
                  .visit = VISIT_REVISIT,
                  .patient_age = 47,
                  .consent = {consent, 1},
                  .disclosure = {notice, 1}},
        .audience = SPAN(REGISTRY_DEPLOYMENT),
        .nonce = SPAN("EBESExQVFhcYGRobHB0eHw"),
        .document = {7, SPAN("https://app.example/documents/1"), SPAN("text/plain"), SPAN("report.txt")},
        .issued_at = (uint64_t)REGISTRY_NOW - 120,
        .expires_at = (uint64_t)REGISTRY_NOW + 600,
        .answer_to = SPAN("https://app.example/answers/1"),
    };
    memset(q.patient_ref, 7, sizeof q.patient_ref);
    return q;
}

static void sign(struct registry *r, span document, uint8_t disposition)
{
    struct buffer *b = &r->arena;
    struct request q = make_request(document);
    size_t from = b->size;
    request_write(b, &q);
    span request = buffer_since(b, from);

    struct transaction t = {.request_id = q.request_id, .slot = 1, .act = q.act, .meaning = 3, .disposition = disposition,
                            .authorship = AUTHORSHIP_HUMAN, .setting = q.setting, .tool = q.tool, .jurisdiction = q.jurisdiction,
                            .site = q.site, .facts = q.facts, .opened_at = (uint64_t)REGISTRY_NOW - 90};
    memcpy(t.patient_ref, q.patient_ref, sizeof t.patient_ref);
    hash_of(document, t.document.digest);
    t.document.media_type = q.document.media_type;
    t.document.label = q.document.label;
    t.document.size = document.size;
    from = b->size;
    transaction_write(b, &t);
    span json = buffer_since(b, from);
    from = b->size;
    base64url_encode(b, json);
    r->entries[0] = buffer_since(b, from);

    struct key_binding binding = {.iat = (uint64_t)REGISTRY_NOW - 30, .auth_time = (uint64_t)REGISTRY_NOW - 60, .aud = q.audience,
                                  .nonce = q.nonce, .jti = SPAN("ICEiIyQlJicoKSorLC0uLw"), .hash_count = 1};
    hash_of(r->credential, binding.sd_hash);
    hash_of(r->entries[0], binding.hashes[0]);
    from = b->size;
    buffer_put(b, r->credential);
    must(key_binding_write(b, &binding, &r->holder) == CSIGN_OK, "key binding");
    r->release = (struct csign_release){
        .struct_size = sizeof r->release,
        .release_id = SPAN("01aa5d7c-9b50-7c3a-8f00-5d1c9a7be001"),
        .act = q.act,
        .setting = SPAN("outpatient"),
        .jurisdiction = q.jurisdiction,
        .site = q.site,
        .audience = q.audience,
        .request_id = q.request_id,
        .tool_id = q.tool.id,
        .tool_model = q.tool.model,
        .tool_version = q.tool.version,
        .slots = {{.request = request, .sign_off = buffer_since(b, from), .transaction_data = r->entries,
                   .transaction_data_count = 1, .received_at = REGISTRY_NOW - 20}},
        .request_count = 1,
        .sign_off_count = 1,
        .document = document,
    };
    must(!b->overflow, "the arena is full");
}

void registry_sign(struct registry *r, span document)
{
    sign(r, document, DISPOSITION_ACCEPTED);
}

void registry_reject(struct registry *r, span document)
{
    sign(r, document, DISPOSITION_REJECTED);
}

void registry_close(struct registry *r)
{
    csign_gate_free(&r->gate);
    free(r->memory);
}
