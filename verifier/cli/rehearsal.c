#include "rehearsal.h"
#include "base64.h"
#include "checkpoint.h"
#include "hash.h"
#include "key_binding.h"
#include "leaf.h"
#include "merkle.h"
#include "request.h"
#include "root.h"

#include <stdlib.h>

#define ORIGIN     "rehearsal.test"
#define ISS        "https://" ORIGIN
#define LOG        "status." ORIGIN
#define DEPLOYMENT "rehearsal"
#define DAY        INT64_C(86400)
#define YEAR       (366 * DAY)
#define CREDENTIALS 8u

/* Every person has three bindings in the log: a live one, one that was revoked, one that was suspended. */
#define STATES 3u

static struct signing_key key_of(const char *label, unsigned number)
{
    uint8_t memory[64], seed[32];
    struct signing_key key;
    struct buffer text = buffer_open(memory, sizeof memory);
    buffer_text(&text, "countersign rehearsal ");
    buffer_text(&text, label);
    buffer_byte(&text, ' ');
    buffer_decimal(&text, number);
    hash_of(buffer_span(&text), seed);
    signing_key_from_seed(seed, &key);
    return key;
}

static struct vkey vkey_of(const char *name, enum note_key_type type, const struct signing_key *key)
{
    struct public_key public;
    signing_key_public(key, &public);
    return vkey_make(span_text(name), type, &public);
}

static span subject_of(size_t person)
{
    static const char *const names[REHEARSAL_PEOPLE] = {"practitioner-1", "practitioner-2", "practitioner-3", "practitioner-4"};
    return span_text(names[person]);
}

/* --- the registry --- */

struct signers {
    struct signing_key root, statuslog, fresh, policy;
    struct vkey root_vkey, log_vkey, fresh_vkey, policy_vkey;
};

static struct signers make_signers(void)
{
    struct signers s = {key_of("root", 1), key_of("statuslog", 1), key_of("fresh", 1), key_of("policy", 1),
                        {{NULL, 0}, NOTE_ED25519, {0}, {{0}}}, {{NULL, 0}, NOTE_ED25519, {0}, {{0}}},
                        {{NULL, 0}, NOTE_ED25519, {0}, {{0}}}, {{NULL, 0}, NOTE_ED25519, {0}, {{0}}}};
    s.root_vkey = vkey_of("root." ORIGIN, NOTE_ED25519, &s.root);
    s.log_vkey = vkey_of(LOG, NOTE_ED25519, &s.statuslog);
    s.fresh_vkey = vkey_of("fresh." ORIGIN, NOTE_COSIGNATURE, &s.fresh);
    s.policy_vkey = vkey_of("policy." ORIGIN, NOTE_ED25519, &s.policy);
    return s;
}

/* Every country that there may be: a rehearsal tries what policies say, not who may issue where. */
#define COUNTRIES 676u

static span country(struct buffer *memory, size_t place)
{
    size_t from = memory->size;
    buffer_byte(memory, (uint8_t)('A' + place / 26));
    buffer_byte(memory, (uint8_t)('A' + place % 26));
    return buffer_since(memory, from);
}

/* The countries that the policies are for; a root has at most ROOT_LINES_MAX lines of a kind. */
static size_t countries_of(struct buffer *memory, const struct policy *policies, size_t count, span ret[ROOT_LINES_MAX])
{
    size_t found = 0;
    for (size_t place = 0; place < COUNTRIES && found < ROOT_LINES_MAX; place++) {
        span code = country(memory, place);
        bool named = false;
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < policies[i].applies_to.count; k++)
                named |= span_starts(policies[i].applies_to.items[k], code);
        if (named)
            ret[found++] = code;
    }
    return found;
}

static span make_root(struct rehearsal *r, const struct signers *s, const struct policy *policies, size_t count)
{
    span codes[ROOT_LINES_MAX];
    static struct root_issuer issuers[ROOT_LINES_MAX];
    static struct root_policy lines[ROOT_LINES_MAX];
    const struct validity always = {0, r->evidence_time + YEAR};
    const struct root_log log = {s->log_vkey, always};
    const struct root_vkey fresh = {s->fresh_vkey, always};
    struct root root = {.origin = SPAN(ORIGIN), .kind = ROOT_TEST, .version = 1, .issued = 0, .expires = always.expires,
                        .threshold = 1, .freshness = 1, .keys = &s->root_vkey, .key_count = 1, .statuslogs = &log,
                        .statuslog_count = 1, .fresh = &fresh, .fresh_count = 1, .issuers = issuers, .policies = lines};
    root.issuer_count = root.policy_count = countries_of(&r->memory, policies, count, codes);
    for (size_t i = 0; i < root.policy_count; i++) {
        issuers[i] = (struct root_issuer){.iss = SPAN(ISS), .jurisdiction = codes[i], .validity = always};
        signing_key_public(&r->issuer, &issuers[i].key);
        lines[i] = (struct root_policy){codes[i], s->policy_vkey, always};
    }
    size_t from = r->memory.size;
    root_write(&r->memory, &root);
    span text = buffer_since(&r->memory, from);
    buffer_byte(&r->memory, '\n');
    note_sign(&r->memory, text, &s->root_vkey, &s->root);
    return buffer_since(&r->memory, from);
}

/* A policy as a note, and read, so that its leaf can name it. */
static csign_code make_note(struct rehearsal *r, const struct signers *s, span json, span *ret_note, struct policy *ret,
                            csign_fault *fault)
{
    struct buffer *m = &r->memory;
    size_t from = m->size;
    buffer_text(m, "countersign/policy/v1\n" ORIGIN "\n");
    buffer_put(m, json);
    buffer_byte(m, '\n');
    const struct note text = {.text = buffer_since(m, from)};
    buffer_byte(m, '\n');
    note_sign(m, text.text, &s->policy_vkey, &s->policy);
    *ret_note = buffer_since(m, from);
    return policy_read(&text, m, ret, fault);
}

static csign_code make_leaves(struct rehearsal *r, span root_note, const struct policy *policies, size_t count, span *ret,
                              csign_fault *fault)
{
    struct note *note = schema_scratch_in(&r->memory, 1, sizeof *note);
    struct leaf leaf = {.type = LEAF_ROOT, .root = {.version = 1}};
    if (!note)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no room for the rehearsal");
    TRY(note_read(root_note, &r->memory, note, fault));
    note_hash(note, leaf.root.hash);
    size_t from = r->memory.size;
    leaf_write(&r->memory, &leaf);
    for (size_t i = 0; i < count; i++) {
        leaf = (struct leaf){.type = LEAF_POLICY,
                             .policy = {.version = (uint32_t)policies[i].version, .effective_ms = policies[i].effective_from * 1000}};
        leaf_policy_id(policies[i].id, leaf.policy.id);
        memcpy(leaf.policy.note, policies[i].hash, sizeof leaf.policy.note);
        leaf_write(&r->memory, &leaf);
    }
    for (size_t i = 0; i < REHEARSAL_PEOPLE * STATES; i++) {
        struct public_key key;
        uint8_t thumbprint[CSIGN_HASH_SIZE];
        leaf = (struct leaf){.type = LEAF_BINDING, .binding = {.index = i}};
        signing_key_public(&r->people[i / STATES], &key);
        public_key_thumbprint(&key, thumbprint);
        leaf_binding_commit(SPAN(ISS), subject_of(i / STATES), thumbprint, leaf.binding.commit);
        leaf_write(&r->memory, &leaf);
    }
    for (size_t i = 0; i < REHEARSAL_PEOPLE * STATES; i++) {
        leaf = (struct leaf){.type = LEAF_END, .end = {.index = i, .code = (enum end_code)(i % STATES), .reason = REASON_LICENCE_ACTION}};
        if (i % STATES != 0)
            leaf_write(&r->memory, &leaf);
    }
    *ret = buffer_since(&r->memory, from);
    return r->memory.overflow ? fault_set(fault, CSIGN_E_NO_SPACE, "", "no room for the rehearsal") : CSIGN_OK;
}

static span make_checkpoint(struct rehearsal *r, const struct signers *s, span leaves)
{
    struct merkle_range range = {0};
    for (size_t at = 0; at < leaves.size; at += LEAF_SIZE) {
        struct merkle_hash hash = merkle_leaf(span_of(leaves.data + at, LEAF_SIZE));
        (void)merkle_range_append(&range, &hash);
    }
    const struct checkpoint checkpoint = {SPAN(LOG), range.size, merkle_range_root(&range)};
    size_t from = r->memory.size;
    checkpoint_write(&r->memory, &checkpoint);
    span text = buffer_since(&r->memory, from);
    buffer_byte(&r->memory, '\n');
    note_sign(&r->memory, text, &s->log_vkey, &s->statuslog);
    note_cosign(&r->memory, text, &s->fresh_vkey, &s->fresh, (uint64_t)r->evidence_time);
    return buffer_since(&r->memory, from);
}

/* The next state, in the place of the one before. */
static csign_code go_on(struct rehearsal *r, csign_code code, csign_gate **next)
{
    if (code == CSIGN_OK) {
        csign_gate_free(&r->gate);
        r->gate = *next;
    }
    return code;
}

static csign_code open_gate(struct rehearsal *r, const struct signers *s, const span *json, size_t count, span overlay,
                            csign_fault *fault)
{
    static struct policy policies[REHEARSAL_POLICIES_MAX];
    span notes[REHEARSAL_POLICIES_MAX], leaves;
    csign_gate *next = NULL;
    for (size_t i = 0; i < count; i++)
        TRY(make_note(r, s, json[i], &notes[i], &policies[i], fault));
    const csign_gate_options options = {.struct_size = sizeof options, .deployment = SPAN(DEPLOYMENT),
                                        .root = make_root(r, s, policies, count), .accept_test = 1, .offline = 1,
                                        .overlay = overlay};
    TRY(csign_gate_open(&options, &r->gate, fault));
    TRY(make_leaves(r, options.root, policies, count, &leaves, fault));
    span checkpoint = make_checkpoint(r, s, leaves);
    TRY(go_on(r, csign_gate_apply_leaves(r->gate, leaves.data, leaves.size / LEAF_SIZE, checkpoint, &next, fault), &next));
    for (size_t i = 0; i < count; i++)
        TRY(go_on(r, csign_gate_apply_policy(r->gate, notes[i], &next, fault), &next));
    return CSIGN_OK;
}

csign_code rehearsal_open(struct rehearsal *r, void *memory, const span *policies, size_t count, span overlay, int64_t at,
                          csign_fault *fault)
{
    const struct signers signers = make_signers();
    const size_t cache_size = (csign_cache_size(CREDENTIALS) + 15) / 16 * 16;
    if (count > REHEARSAL_POLICIES_MAX)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "policies", "more than 8");
    memset(r, 0, sizeof *r);
    r->evidence_time = at;
    r->issuer = key_of("issuer", 1);
    for (unsigned i = 0; i < REHEARSAL_PEOPLE; i++)
        r->people[i] = key_of("person", i);
    TRY(csign_cache_init(memory, cache_size, &r->cache));
    uint8_t *rest = (uint8_t *)memory + cache_size;
    const size_t left = REHEARSAL_MEMORY - cache_size, scratch = 1024u * 1024u;
    r->scratch = buffer_open(rest, scratch);
    r->memory = buffer_open(rest + scratch, left - scratch);
    csign_code code = open_gate(r, &signers, policies, count, overlay, fault);
    if (code != CSIGN_OK)
        csign_gate_free(&r->gate);
    return code;
}

void rehearsal_close(struct rehearsal *r)
{
    csign_gate_free(&r->gate);
}

/* --- a release --- */

static span make_document(struct buffer *b, const struct rehearsed *what, const char *sentence)
{
    size_t from = b->size;
    if (!what->fhir_type.data) {
        buffer_text(b, sentence);
        buffer_byte(b, '\n');
        return buffer_since(b, from);
    }
    struct json_out o = json_out(b);
    json_put_object(&o);
    json_put_text_member(&o, "resourceType", what->fhir_type);
    if (what->has_label) {
        json_put_name(&o, "meta");
        json_put_raw(&o, SPAN("{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationValue\","
                              "\"code\":\"AIAST\"}]}"));
    }
    if (what->has_provenance) {
        json_put_name(&o, "contained");
        json_put_raw(&o, what->text == TEXT_ASSISTED || what->text == TEXT_DRAFT_EDITED || what->text == TEXT_DRAFT_UNEDITED ||
                                 what->text == TEXT_DRAFT_AS_ASSISTED
                             ? SPAN("[{\"resourceType\":\"Provenance\",\"agent\":[{\"role\":[{\"coding\":[{\"code\":"
                                    "\"Artificial-Intelligence\"}]}]}]}]")
                             : SPAN("[{\"resourceType\":\"Provenance\",\"agent\":[{\"type\":{\"coding\":[{\"code\":"
                                    "\"author\"}]}}]}]"));
    }
    json_put_text_member(&o, "note", span_text(sentence));
    json_end_object(&o);
    return buffer_since(b, from);
}

struct made {
    struct rehearsal *r;
    const struct rehearsed *what;
    int64_t now;
    span document, draft; /* draft: absent if a human wrote all */
    uint8_t authorship, requested;
    struct csign_release release;
    span entries[CSIGN_SLOTS_MAX][CSIGN_ENTRIES_MAX];
    struct reference prior;
};

static void make_texts(struct made *m)
{
    static const uint8_t declared[] = {AUTHORSHIP_HUMAN,    AUTHORSHIP_ASSISTED, AUTHORSHIP_AI_DRAFT,
                                       AUTHORSHIP_AI_DRAFT, AUTHORSHIP_HUMAN,    AUTHORSHIP_ASSISTED,
                                       AUTHORSHIP_HUMAN};
    enum rehearsed_text text = m->what->text;
    struct buffer *b = &m->r->scratch;
    m->document = make_document(b, m->what, "No consolidation. Heart size normal.");
    m->authorship = declared[text];
    m->requested = text == TEXT_DRAFT_AS_HUMAN ? AUTHORSHIP_AI_DRAFT : declared[text];
    m->draft = (span){NULL, 0};
    if (text == TEXT_ASSISTED || text == TEXT_DRAFT_EDITED || text == TEXT_HUMAN_AND_DRAFT)
        m->draft = make_document(b, m->what, "No consolidation.");
    if (text == TEXT_DRAFT_UNEDITED || text == TEXT_DRAFT_AS_ASSISTED)
        m->draft = m->document;
}

static struct request make_request(const struct made *m, size_t slot)
{
    static const char *const nonces[] = {"AQEBAQEBAQEBAQEBAQEBAQ", "AgICAgICAgICAgICAgICAg", "AwMDAwMDAwMDAwMDAwMDAw",
                                         "BAQEBAQEBAQEBAQEBAQEBA"};
    struct request q = {
        .request_id = SPAN("AAECAwQFBgcICQoLDA0ODw"), .slot = slot + 1, .act = m->what->act, .setting = m->what->setting,
        .authorship = m->requested, .jurisdiction = m->what->jurisdiction, .site = m->what->site,
        .tool = {7, SPAN("tool"), SPAN("model"), SPAN("1")}, .facts = m->what->facts, .audience = SPAN(DEPLOYMENT),
        .nonce = span_text(nonces[slot]),
        .document = {7, SPAN("https://app.test/documents/1"),
                     m->what->fhir_type.data ? SPAN("application/fhir+json") : SPAN("text/plain"), SPAN("Document")},
        .issued_at = (uint64_t)(m->now - m->what->received_ago_s - 600),
        .expires_at = (uint64_t)(m->now + 600), .answer_to = SPAN("https://app.test/answers/1"), .prior = m->prior};
    memset(q.patient_ref, 7, sizeof q.patient_ref);
    if (m->draft.data) {
        q.draft.present = 3;
        hash_of(m->draft, q.draft.digest);
    }
    if (m->what->signers[slot].other_facts) {
        q.facts.present |= UINT64_C(1) << (FACT_PATIENT_AGE - 1);
        q.facts.patient_age++;
    }
    if (slot > 0 && m->what->signers[slot].invents_prior)
        memset(q.prior.bytes, 9, sizeof q.prior.bytes);
    return q;
}

static span make_entry(struct made *m, const struct rehearsed_signer *s, const struct request *q, size_t place)
{
    struct buffer *b = &m->r->scratch;
    bool changed = q->slot == 1 && m->draft.data && m->what->text != TEXT_DRAFT_UNEDITED && m->what->text != TEXT_DRAFT_AS_ASSISTED;
    struct transaction t = {
        .request_id = q->request_id, .slot = q->slot, .act = q->act, .meaning = s->meaning, .authorship = m->authorship,
        .disposition = s->rejects ? DISPOSITION_REJECTED : changed ? DISPOSITION_MODIFIED : DISPOSITION_ACCEPTED,
        .setting = q->setting, .tool = q->tool, .jurisdiction = q->jurisdiction, .site = q->site, .facts = q->facts,
        .draft = q->draft, .prior = q->prior, .opened_at = q->issued_at + 60,
        .document = {.media_type = q->document.media_type, .label = q->document.label, .size = m->document.size + place}};
    memcpy(t.patient_ref, q->patient_ref, sizeof t.patient_ref);
    if (place > 0 && m->what->two_patients)
        t.patient_ref[0] ^= 1;
    hash_of(m->document, t.document.digest);
    t.document.digest[0] ^= (uint8_t)place; /* the others of a batch are other documents */
    size_t from = b->size;
    transaction_write(b, &t);
    span json = buffer_since(b, from);
    from = b->size;
    base64url_encode(b, json);
    return buffer_since(b, from);
}

static span make_credential(struct made *m, const struct rehearsed_signer *s, size_t person)
{
    struct rehearsal *r = m->r;
    struct credential c = s->claims;
    uint8_t thumbprint[CSIGN_HASH_SIZE], kid_memory[43];
    struct public_key issuer;
    struct buffer kid = buffer_open(kid_memory, sizeof kid_memory);
    static const struct credential_secrets secrets;
    uint64_t index = person * STATES + s->ended;
    if (c.jurisdiction.count == 0)
        c.jurisdiction = (struct text_list){&m->what->jurisdiction, 1};
    c.vct = SPAN(ISS "/vct/practitioner/1");
    c.iss = SPAN(ISS);
    c.iat = c.nbf = (uint64_t)(m->now - m->what->received_ago_s - 900);
    c.exp = (uint64_t)(m->now + 3600);
    c.exp = c.exp - c.nbf > CREDENTIAL_LIFE_MAX ? c.nbf + CREDENTIAL_LIFE_MAX : c.exp;
    c.sub = subject_of(person);
    c.status = (struct credential_status){3, {3, index, SPAN(ISS "/status/list/0")}, {3, SPAN(LOG), index}};
    c.test = true;
    signing_key_public(&r->people[person], &c.cnf.jwk.x);
    signing_key_public(&r->issuer, &issuer);
    public_key_thumbprint(&issuer, thumbprint);
    base64url_encode(&kid, span_of(thumbprint, sizeof thumbprint));
    c.kid = buffer_span(&kid);
    size_t from = r->scratch.size;
    return credential_write(&r->scratch, &c, &secrets, &r->issuer) == CSIGN_OK ? buffer_since(&r->scratch, from) : (span){NULL, 0};
}

/* The request, the entries and the sign-off of a slot. */
static void make_slot(struct made *m, size_t place)
{
    const struct rehearsed_signer *s = &m->what->signers[place];
    const size_t person = s->is_first ? 0 : place;
    struct buffer *b = &m->r->scratch;
    csign_slot *out = &m->release.slots[place];
    const struct request q = make_request(m, place);
    size_t from = b->size;
    request_write(b, &q);
    out->request = buffer_since(b, from);
    int64_t signed_at = m->now - m->what->received_ago_s - 60 + (int64_t)place * 5 - (s->signs_early ? 30 : 0);
    struct key_binding binding = {.iat = (uint64_t)signed_at, .auth_time = (uint64_t)(signed_at - s->auth_age_s), .aud = q.audience,
                                  .nonce = q.nonce, .jti = SPAN("ICEiIyQlJicoKSorLC0uLw"), .hash_count = m->what->entries};
    for (size_t i = 0; i < m->what->entries; i++) {
        m->entries[place][i] = make_entry(m, s, &q, i);
        hash_of(m->entries[place][i], binding.hashes[i]);
    }
    span credential = make_credential(m, s, person);
    hash_of(credential, binding.sd_hash);
    from = b->size;
    buffer_put(b, credential);
    size_t bound = b->size;
    if (key_binding_write(b, &binding, &m->r->people[person]) != CSIGN_OK)
        b->overflow = true;
    out->sign_off = buffer_since(b, from);
    out->transaction_data = m->entries[place];
    out->transaction_data_count = m->what->entries;
    out->received_at = m->now - m->what->received_ago_s;
    span jwt = buffer_since(b, bound);
    while (jwt.size > 0 && jwt.data[--jwt.size] != '.') /* the signing input is all before the last dot */
        ;
    sign_off_id(jwt, binding.hashes[0], m->prior.bytes);
    m->prior.present = true;
}

csign_verdict rehearsal_decide(struct rehearsal *r, const struct rehearsed *what, csign_decision *ret_decision)
{
    struct made m = {.r = r, .what = what, .now = r->evidence_time + what->evidence_age_s};
    r->scratch.size = 0;
    make_texts(&m);
    m.release = (struct csign_release){
        .struct_size = sizeof m.release, .release_id = SPAN("01aa5d7c-9b50-7c3a-8f00-5d1c9a7be001"), .act = what->act,
        .setting = span_text(vocabulary_word(&settings, what->setting)), .jurisdiction = what->jurisdiction, .site = what->site,
        .audience = SPAN(DEPLOYMENT), .request_id = SPAN("AAECAwQFBgcICQoLDA0ODw"), .tool_id = SPAN("tool"),
        .tool_model = SPAN("model"), .tool_version = SPAN("1"), .document = m.document};
    for (size_t i = 0; i < what->signer_count; i++)
        make_slot(&m, i);
    m.release.request_count = m.release.sign_off_count = what->signer_count;
    if (what->changed)
        m.release.document.size--; /* one byte is missing */
    csign_verdict verdict = csign_decide(r->gate, r->cache, &m.release, m.now, ret_decision);
    return r->scratch.overflow ? CSIGN_CANNOT_DECIDE : verdict;
}

/* --- what is usual --- */

void rehearsed_signer_usual(struct rehearsed_signer *ret)
{
    static const span schedules[] = {{(const uint8_t *)"II", 2}, {(const uint8_t *)"III", 3}, {(const uint8_t *)"IV", 2}};
    static const struct specialty identifiers[] = {{3, {(const uint8_t *)"urn:roll", 8}, {(const uint8_t *)"12345", 5}}};
    *ret = (struct rehearsed_signer){
        .claims = {.profession = 1, .level = LEVEL_INDEPENDENT,
                   .privileges = {.prescribe = true, .schedules = {schedules, 3}, .antimicrobial_grade = 3},
                   .site = {7, SPAN("clinic-1"), BASIS_PRIMARY, true}, .independent_since = 20100701, .licensed_until = 20991231,
                   .assurance = {3, ASSURANCE_VALIDATED, 1},
                   .authenticator = {15, vocabulary_find(&storages, SPAN("hardware")), vocabulary_find(&user_auths, SPAN("pin")),
                                     vocabulary_find(&proofings, SPAN("in_person")), true},
                   .name = SPAN("Dr A. Example"), .licence_number = SPAN("REG-0012345"), .identifiers = {identifiers, 1}},
        .meaning = vocabulary_find(&meanings, SPAN("approval")),
        .auth_age_s = 30};
}

void rehearsed_usual(struct rehearsed *ret, span jurisdiction)
{
    *ret = (struct rehearsed){.act = SPAN("diagnosis"), .jurisdiction = jurisdiction, .site = SPAN("clinic-1"),
                              .setting = SETTING_OUTPATIENT, .evidence_age_s = 7, .received_ago_s = 20, .entries = 1,
                              .signer_count = 1};
    for (size_t i = 0; i < CSIGN_SLOTS_MAX; i++)
        rehearsed_signer_usual(&ret->signers[i]);
}
