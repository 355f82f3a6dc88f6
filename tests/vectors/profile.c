/*
 * profile.json, which profile.py makes from the text alone, both ways: what is read of each format are its
 * fields, and what is made from the fields is the same bytes.
 */
#include "checkpoint.h"
#include "credential.h"
#include "deed.h"
#include "event.h"
#include "fresh.h"
#include "key_binding.h"
#include "page_end.h"
#include "patient_ref.h"
#include "policy.h"
#include "proof.h"
#include "receipt_batch.h"
#include "release_record.h"
#include "request.h"
#include "root.h"
#include "value.h"

#include <countersign/countersign.h>

static span file;
static uint8_t scratch_memory[1u << 20], made_memory[1u << 18];
static struct page_end page;

/* --- what every group needs --- */

static struct buffer scratch_open(void)
{
    static size_t used; /* views of one group outlive the next call */
    struct buffer scratch = buffer_open(scratch_memory + used, (sizeof scratch_memory - used) / 2);
    used = (used + sizeof scratch_memory / 16) % (sizeof scratch_memory / 2);
    return scratch;
}

static struct buffer made_open(void)
{
    return buffer_open(made_memory, sizeof made_memory);
}

static bool made_is(const struct buffer *made, span expected)
{
    return !made->overflow && span_equal(buffer_span(made), expected);
}

static bool is_text(span text, const char *expected)
{
    return span_equal(text, span_text(expected));
}

static bool is_bytes(const void *bytes, size_t size, span expected)
{
    return span_equal(span_of(bytes, size), expected);
}

/* The text at the end of a page. One is placed at a time: views into it hold until the next. */
static span placed(span text)
{
    return span_of(page_end_place(&page, text.data, text.size), text.size);
}

static struct signing_key key_of(const char *label)
{
    struct signing_key key;
    span seed = value_hex(value_at(value_at(file, "keys"), label), "seed");
    if (seed.size != 32)
        value_die(label);
    signing_key_from_seed(seed.data, &key);
    return key;
}

static struct vkey vkey_of(span text)
{
    struct vkey vkey;
    if (!vkey_read(text, &vkey))
        value_die("vkey");
    return vkey;
}

static bool read_note(span bytes, struct note *ret)
{
    struct buffer scratch = scratch_open();
    return note_read(bytes, &scratch, ret, NULL) == CSIGN_OK;
}

/* A vkey by its key's label and its name, made anew. */
static struct vkey vkey_named(const char *label, const char *name, enum note_key_type type)
{
    struct signing_key key = key_of(label);
    struct public_key public;
    signing_key_public(&key, &public);
    return vkey_make(span_text(name), type, &public);
}

/* --- groups --- */

static void keys(struct group *g)
{
    static const char *const labels[] = {"root 1",       "root 2",        "root 3",    "statuslog 1",
                                         "fresh 1",      "fresh 2",       "policy US", "app 1",
                                         "receipts 1",   "officer us 1",  "issuer 1",  "holder a",
                                         "officer us 2", "holder before", "holder c"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        span key = value_at(value_at(file, "keys"), labels[i]);
        struct signing_key signing = key_of(labels[i]);
        struct public_key public, read;
        uint8_t thumbprint[32];
        signing_key_public(&signing, &public);
        check(g, is_bytes(public.bytes, 32, value_hex(key, "public")), labels[i]);
        check(g, public_key_read(value_text(key, "x"), &read) && public_key_equal(&read, &public), "x");
        check(g, public_key_is_sound(&public), "sound");
        public_key_thumbprint(&public, thumbprint);
        check(g, span_equal(value_base64url(span_of(thumbprint, 32)), value_text(key, "thumbprint")),
              "thumbprint");
    }
}

static void root(struct group *g)
{
    span at = value_at(file, "root"), bytes = value_text(at, "note");
    uint64_t now = value_integer(file, "now");
    struct buffer scratch = scratch_open(), made = made_open();
    struct root r;
    check(g, root_read(placed(bytes), &scratch, &r, NULL) == CSIGN_OK, "read");
    check(g, is_text(r.origin, "registry.test") && r.kind == ROOT_TEST && r.version == 1 && r.threshold == 2,
          "head");
    check(g, r.issued == (int64_t)now - 86400 * 30 && r.expires == (int64_t)now + 86400 * 300, "times");
    check(g, r.key_count == 3 && r.issuer_count == 1 && r.statuslog_count == 1 && r.releaselog_count == 1,
          "lines");
    check(g, r.fresh_count == 2 && r.freshness == 1 && r.receipts_count == 1 && r.statuslist_count == 1,
          "more lines");
    check(g, r.policy_count == 1 && r.admin_count == 2, "last lines");
    check(g, is_text(r.issuers[0].iss, "https://registry.test") && is_text(r.issuers[0].jurisdiction, "US"),
          "issuer");
    check(g,
          span_equal(span_text(r.issuers[0].kid),
                     value_text(value_at(value_at(file, "keys"), "issuer 1"), "thumbprint")),
          "kid");
    check(g, is_text(r.admins[0].authority, "authority.us"), "admin");
    check(g, is_bytes(r.hash, 32, value_hex(at, "hash")), "hash");
    root_write(&made, &r);
    check(g, made_is(&made, value_text(at, "text")), "written");

    struct vkey first = vkey_named("root 1", "root-1.registry.test", NOTE_ED25519);
    struct vkey second = vkey_named("root 2", "root-2.registry.test", NOTE_ED25519);
    struct signing_key first_key = key_of("root 1"), second_key = key_of("root 2");
    made = made_open();
    buffer_put(&made, value_text(at, "text"));
    buffer_byte(&made, '\n');
    note_sign(&made, value_text(at, "text"), &first, &first_key);
    note_sign(&made, value_text(at, "text"), &second, &second_key);
    check(g, made_is(&made, bytes), "signed");
}

static void policy(struct group *g)
{
    static struct note note;
    span at = value_at(file, "policy"), bytes = value_text(at, "note"), text = value_text(at, "text");
    struct buffer scratch = scratch_open(), made = made_open();
    struct policy p;
    uint8_t id[8];
    check(g, read_note(placed(bytes), &note) && span_equal(note.text, text), "note");
    check(g, policy_read(&note, &scratch, &p, NULL) == CSIGN_OK, "read");
    check(g, is_text(p.id, "us-imaging") && p.version == 1 && is_text(p.authority, "authority.us"), "head");
    check(g, is_text(p.origin, "registry.test") && is_text(p.title, "Imaging reports"), "origin and title");
    check(g, p.effective_from == value_integer(file, "now") - 86400 * 30 && !p.has_effective_to, "times");
    check(g, p.utc_offset_s == -6 * 3600 && p.applies_to.count == 1 && p.rules.count == 1, "scope");
    const struct rule *rule = policy_find(&p, SPAN("imaging_report"), SETTING_OUTPATIENT);
    check(g,
          rule && rule->max_status_age_s == 60 && rule->signoff_to_release_s == 3600 && rule->batch == 1 &&
              rule->ai_authorship == RULE_DRAFT_WITH_APPROVAL && rule->signers.count == 1,
          "rule");
    check(g, !policy_find(&p, SPAN("imaging_report"), SETTING_ONLINE), "no other rule");
    check(g, is_bytes(p.hash, 32, value_hex(at, "hash")), "hash");
    leaf_policy_id(p.id, id);
    check(g, is_bytes(id, 8, value_hex(at, "id")), "id of its leaf");

    struct vkey vkey = vkey_named("policy US", "policy-us.registry.test", NOTE_ED25519);
    struct signing_key key = key_of("policy US");
    buffer_text(&made, "countersign/policy/v1\nregistry.test\n");
    buffer_put(&made, value_text(at, "json"));
    buffer_text(&made, "\n");
    check(g, made_is(&made, text), "text");
    buffer_byte(&made, '\n');
    note_sign(&made, text, &vkey, &key);
    check(g, made_is(&made, bytes), "signed");
}

/* Whether the fields of a leaf are those of the vector; and the same leaf, filled in from the vector. */
static bool leaf_fields(span at, const struct leaf *l, struct leaf *ret)
{
    uint8_t kind = value_text(at, "kind").data[0];
    *ret = (struct leaf){.type = (enum leaf_type)kind};
    switch (ret->type) {
    case LEAF_ROOT:
        ret->root.version = value_integer(at, "version");
        memcpy(ret->root.hash, value_hex(at, "hash").data, 32);
        return l->root.version == ret->root.version && memcmp(l->root.hash, ret->root.hash, 32) == 0;
    case LEAF_POLICY:
        ret->policy.version = (uint32_t)value_integer(at, "version");
        ret->policy.effective_ms = value_integer(at, "effective_ms");
        memcpy(ret->policy.note, value_hex(at, "note").data, 24);
        leaf_policy_id(value_text(at, "id"), ret->policy.id);
        return l->policy.version == ret->policy.version && l->policy.effective_ms == ret->policy.effective_ms &&
               memcmp(l->policy.id, ret->policy.id, 8) == 0 &&
               memcmp(l->policy.note, ret->policy.note, 24) == 0;
    case LEAF_BINDING: {
        struct public_key holder;
        uint8_t thumbprint[32];
        ret->binding.index = value_integer(at, "index");
        if (!public_key_read(value_text(at, "x"), &holder))
            return false;
        public_key_thumbprint(&holder, thumbprint);
        leaf_binding_commit(value_text(at, "iss"), value_text(at, "sub"), thumbprint, ret->binding.commit);
        return l->binding.index == ret->binding.index &&
               memcmp(l->binding.commit, ret->binding.commit, 32) == 0 &&
               is_bytes(ret->binding.commit, 32, value_hex(at, "commit")) &&
               span_equal(value_base64url(span_of(thumbprint, 32)), value_text(at, "thumbprint"));
    }
    case LEAF_FLOOR:
        ret->floor.floor = value_integer(at, "floor");
        ret->floor.recorded_ms = value_integer(at, "recorded_ms");
        return l->floor.floor == ret->floor.floor && l->floor.recorded_ms == ret->floor.recorded_ms;
    case LEAF_END:
        ret->end.index = value_integer(at, "index");
        ret->end.code = (enum end_code)value_integer(at, "code");
        ret->end.reason = (enum end_reason)value_integer(at, "reason");
        ret->end.effective_ms = value_integer(at, "effective_ms");
        ret->end.recorded_ms = value_integer(at, "recorded_ms");
        memcpy(ret->end.deed, value_hex(at, "deed").data, 16);
        return l->end.index == ret->end.index && l->end.code == ret->end.code &&
               l->end.reason == ret->end.reason && l->end.effective_ms == ret->end.effective_ms &&
               l->end.recorded_ms == ret->end.recorded_ms && memcmp(l->end.deed, ret->end.deed, 16) == 0;
    case LEAF_CUT:
        ret->cut.kind = (enum cut_kind)value_integer(at, "cut_kind");
        ret->cut.reason = (enum end_reason)value_integer(at, "reason");
        ret->cut.cut_ms = value_integer(at, "cut_ms");
        leaf_cut_id(ret->cut.kind, value_text(at, "identifier"), value_text(at, "model"), ret->cut.id);
        memcpy(ret->cut.deed, value_hex(at, "deed").data, 16);
        return l->cut.kind == ret->cut.kind && l->cut.reason == ret->cut.reason &&
               l->cut.cut_ms == ret->cut.cut_ms && memcmp(l->cut.id, ret->cut.id, 16) == 0 &&
               memcmp(l->cut.deed, ret->cut.deed, 16) == 0 && is_bytes(ret->cut.id, 16, value_hex(at, "id"));
    }
    return false;
}

static void leaves(struct group *g)
{
    static struct values all;
    span at;
    char seen[16] = "";
    while (value_next(&all, value_at(file, "leaves"), &at)) {
        span bytes = value_hex(at, "leaf");
        struct leaf leaf, filled;
        struct buffer made = made_open();
        char kind = (char)value_text(at, "kind").data[0];
        if (!strchr(seen, kind))
            strncat(seen, &kind, 1);
        bool read = leaf_read(placed(bytes), &leaf, NULL) == CSIGN_OK;
        check(g, read && (char)leaf.type == kind, "read");
        check(g, read && leaf_fields(at, &leaf, &filled), "fields");
        leaf_write(&made, &filled);
        check(g, made_is(&made, bytes), "written from the fields");
    }
    check(g, strlen(seen) == 6, "all six kinds");
}

static void status_log(struct group *g)
{
    span at = value_at(file, "log");
    struct merkle_range range = {0};
    uint64_t size = value_integer(at, "size");
    struct merkle_hash empty = merkle_range_root(&range);
    check(g, is_bytes(empty.bytes, 32, value_unhex(value_string(value_nth(value_at(at, "roots"), 0)))),
          "root of no leaf");
    for (size_t i = 0; i < size; i++) {
        span leaf = value_hex(value_nth(value_at(file, "leaves"), i), "leaf");
        struct merkle_hash hash = merkle_leaf(leaf);
        check(g, is_bytes(hash.bytes, 32, value_unhex(value_string(value_nth(value_at(at, "leaf_hashes"), i)))),
              "leaf hash");
        bool appended = merkle_range_append(&range, &hash);
        struct merkle_hash tree = merkle_range_root(&range);
        check(g,
              appended &&
                  is_bytes(tree.bytes, 32, value_unhex(value_string(value_nth(value_at(at, "roots"), i + 1)))),
              "root");
    }

    /* The checkpoint and its cosignatures. */
    static struct note note;
    span bytes = value_text(at, "checkpoint"), origin = value_text(at, "origin");
    struct vkey log = vkey_of(value_text(at, "vkey"));
    struct vkey fresh[2] = {vkey_of(value_string(value_nth(value_at(at, "fresh_vkeys"), 0))),
                            vkey_of(value_string(value_nth(value_at(at, "fresh_vkeys"), 1)))};
    struct signing_key log_key = key_of("statuslog 1"), fresh_keys[2] = {key_of("fresh 1"), key_of("fresh 2")};
    struct checkpoint checkpoint;
    struct buffer made = made_open();
    check(g, read_note(placed(bytes), &note) && checkpoint_read(note.text, &checkpoint, NULL) == CSIGN_OK,
          "checkpoint");
    struct merkle_hash tree = merkle_range_root(&range);
    check(g,
          span_equal(checkpoint.origin, origin) && checkpoint.size == size &&
              merkle_hash_equal(&checkpoint.root, &tree),
          "its fields");
    check(g, note_verify(&note, &log, NULL) == CSIGN_OK, "the log's signature");
    checkpoint = (struct checkpoint){origin, size, tree};
    checkpoint_write(&made, &checkpoint);
    size_t text_size = made.size;
    buffer_byte(&made, '\n');
    note_sign(&made, span_of(made.data, text_size), &log, &log_key);
    for (size_t i = 0; i < 2; i++) {
        uint64_t time, expected = value_number(value_nth(value_at(at, "checkpoint_times"), i));
        check(g, note_verify(&note, &fresh[i], &time) == CSIGN_OK && time == expected, "a cosignature");
        note_cosign(&made, span_of(made.data, text_size), &fresh[i], &fresh_keys[i], expected);
    }
    check(g, made_is(&made, bytes), "made and signed");

    /* The event object. */
    span object = value_text(at, "event");
    struct buffer scratch = scratch_open();
    struct event event = {0};
    check(g, event_read(placed(object), &scratch, &event, NULL) == CSIGN_OK, "event");
    check(g, event.first == 0 && event.count == size && span_equal(event.checkpoint, bytes), "its fields");
    for (size_t i = 0; i < event.count; i++)
        check(g,
              is_bytes(event.leaves + i * LEAF_SIZE, LEAF_SIZE,
                       value_hex(value_nth(value_at(file, "leaves"), i), "leaf")),
              "its leaf");
    made = made_open();
    event_write(&made, 0, event.count, event.leaves, bytes);
    check(g, made_is(&made, object), "written");

    /* The fresh note. */
    struct fresh answer;
    uint64_t time;
    bytes = value_text(at, "fresh");
    check(g, read_note(placed(bytes), &note) && fresh_read(note.text, &answer, NULL) == CSIGN_OK, "fresh note");
    check(g,
          span_equal(answer.origin, origin) && answer.size == size && merkle_hash_equal(&answer.root, &tree) &&
              span_equal(value_base64url(span_of(answer.nonce, sizeof answer.nonce)), value_text(at, "nonce")),
          "its fields");
    check(g, note_verify(&note, &fresh[0], &time) == CSIGN_OK && time == value_integer(at, "fresh_time"),
          "its time");
    made = made_open();
    answer = (struct fresh){.origin = origin, .size = size, .root = tree};
    (void)base64url_exact(value_text(at, "nonce"), answer.nonce, sizeof answer.nonce);
    fresh_write(&made, &answer);
    text_size = made.size;
    buffer_byte(&made, '\n');
    note_cosign(&made, span_of(made.data, text_size), &fresh[0], &fresh_keys[0],
                value_integer(at, "fresh_time"));
    check(g, made_is(&made, bytes), "made and signed");
}

static bool word_is(const struct vocabulary *v, uint8_t word, const char *expected)
{
    const char *text = vocabulary_word(v, word);
    return text && strcmp(text, expected) == 0;
}

static void credential_fields(struct group *g, const struct credential *c, uint64_t now)
{
    const struct specialty *specialty = c->specialty.items;
    check(g, is_text(c->iss, "https://registry.test") && credential_type_matches(c), "iss and vct");
    check(g, c->iat == now - 3600 && c->nbf == now - 3600 && c->exp == now + 25200, "times");
    check(g, is_text(c->sub, "01936f00-635f-71f5-8aca-7f6540ed03d7"), "sub");
    check(g,
          span_equal(value_base64url(span_of(c->cnf.jwk.x.bytes, 32)),
                     value_text(value_at(value_at(file, "keys"), "holder a"), "x")),
          "cnf");
    check(g,
          c->status.status_list.idx == 1 &&
              is_text(c->status.status_list.uri, "https://registry.test/status/list/0") &&
              is_text(c->status.countersign.origin, "status.registry.test") && c->status.countersign.idx == 1,
          "status");
    check(g, word_is(&professions, c->profession, "physician") && c->level == LEVEL_INDEPENDENT,
          "profession and level");
    check(g, c->jurisdiction.count == 1 && is_text(c->jurisdiction.items[0], "US"), "jurisdiction");
    check(g,
          c->specialty.count == 1 && is_text(specialty->system, "urn:nucc") &&
              is_text(specialty->code, "2085R0202X"),
          "specialty");
    check(g,
          c->privileges.prescribe && c->privileges.schedules.count == 2 &&
              c->privileges.antimicrobial_grade == 2 && !c->privileges.narcotic &&
              c->privileges.imaging_report && !c->privileges.tcm,
          "privileges");
    check(g, is_text(c->site.id, "clinic-1") && c->site.basis == BASIS_PRIMARY && c->site.consent, "site");
    check(g, c->independent_since == 20150701 && c->licensed_until == 20270331 && c->conditions.count == 0,
          "dates");
    check(g, c->assurance.level == ASSURANCE_VALIDATED && c->assurance.validated_at == 0, "assurance");
    check(g,
          word_is(&storages, c->authenticator.storage, "hardware") &&
              word_is(&user_auths, c->authenticator.user_auth, "pin") && c->authenticator.attested &&
              word_is(&proofings, c->authenticator.proofing, "in_person"),
          "authenticator");
    check(g,
          c->test && is_text(c->name, "Dr A. Example") && is_text(c->licence_number, "REG-0012345") &&
              c->identifiers.count == 0,
          "test and identity");
}

static void credential(struct group *g)
{
    span at = value_at(file, "credential"), text = value_text(at, "presentation");
    uint64_t now = value_integer(file, "now");
    struct buffer scratch = scratch_open(), made = made_open();
    struct presentation p;
    struct credential c;
    struct credential_secrets secrets = {{{0}}};
    span decoded[DISCLOSURES_MAX], disclosures = value_at(at, "disclosures");
    struct signing_key issuer = key_of("issuer 1");
    struct public_key public;
    uint8_t hash[32];
    bool split = presentation_split(placed(text), false, &p, NULL) == CSIGN_OK && p.disclosure_count == 2;
    check(g, split && jws_decode(&p.jwt, &scratch, NULL) == CSIGN_OK, "split");
    check(g,
          span_equal(p.jwt.header, value_text(at, "header")) &&
              span_equal(p.jwt.payload, value_text(at, "payload")),
          "header and payload");
    signing_key_public(&issuer, &public);
    check(g, jws_verify(&p.jwt, &public), "the issuer's signature");
    check(g, disclosure_decode(&p, &scratch, decoded, NULL) == CSIGN_OK, "disclosures");
    check(g, credential_read(&p, decoded, &scratch, &c, NULL) == CSIGN_OK, "read");
    credential_fields(g, &c, now);
    check(g, span_equal(c.kid, value_text(value_at(value_at(file, "keys"), "issuer 1"), "thumbprint")), "kid");
    hash_of(p.bound, hash);
    check(g,
          span_equal(p.bound, text) &&
              span_equal(value_base64url(span_of(hash, 32)), value_text(at, "sd_hash")),
          "sd_hash");

    for (size_t i = 0; i < 2 && split; i++) {
        span d = value_nth(disclosures, i), salt_text;
        struct buffer digest = made_open(), salt = buffer_open(secrets.salts[i], sizeof secrets.salts[i]);
        check(g,
              span_equal(decoded[i], value_text(d, "json")) &&
                  span_equal(p.disclosures[i], value_text(d, "text")),
              "a disclosure");
        disclosure_digest(p.disclosures[i], &digest);
        check(g, made_is(&digest, value_text(d, "digest")), "its digest");
        struct cursor cursor = cursor_open(decoded[i]);
        check(g,
              cursor_literal(&cursor, SPAN("[\"")) && cursor_until(&cursor, '"', &salt_text) &&
                  base64url_decode(&salt, salt_text, NULL) && salt.size == 16,
              "its salt");
    }
    check(g, credential_write(&made, &c, &secrets, &issuer) == CSIGN_OK && made_is(&made, text), "written");
    check(g, made.size > p.jwt.segments[0].size && span_starts(buffer_span(&made), value_text(at, "jwt")),
          "the JWT");
}

static void request(struct group *g)
{
    span json = value_text(value_at(file, "request"), "json");
    uint64_t now = value_integer(file, "now");
    struct buffer scratch = scratch_open(), made = made_open();
    struct request r;
    check(g, request_read(placed(json), &scratch, &r, NULL) == CSIGN_OK, "read");
    check(g,
          r.slot == 1 && is_text(r.act, "imaging_report") && r.setting == SETTING_OUTPATIENT &&
              is_text(r.jurisdiction, "US-KS") && is_text(r.site, "clinic-1"),
          "where");
    check(g, is_text(r.tool.id, "reporter") && is_text(r.tool.model, "large") && is_text(r.tool.version, "4.2"),
          "tool");
    check(g,
          r.facts.visit == VISIT_FIRST && r.facts.patient_age == 52 &&
              r.facts.present == (1u << (FACT_VISIT - 1) | 1u << (FACT_PATIENT_AGE - 1)),
          "facts");
    check(g, r.draft.present && !r.prior.present && !r.encounter_ref.present && r.meaning == 0,
          "what may be absent");
    check(g, r.authorship == AUTHORSHIP_AI_DRAFT && is_text(r.audience, "deployment-1"), "audience");
    check(g, is_text(r.document.url, "https://app.test/d") && is_text(r.document.label, "Imaging report"),
          "document");
    check(g,
          r.issued_at == now - 600 && r.expires_at == now + 600 && is_text(r.answer_to, "https://app.test/a"),
          "times");
    check(g,
          span_equal(value_base64url(span_of(r.patient_ref, 32)),
                     value_text(value_at(file, "patient_ref"), "ref")),
          "patient_ref");
    request_write(&made, &r);
    check(g, made_is(&made, json), "written");
}

static void patient_reference(struct group *g)
{
    span at = value_at(file, "patient_ref"), key = value_hex(at, "key");
    uint8_t made[32];
    patient_ref(key.data, value_text(at, "scope"), value_text(at, "patient"), made);
    check(g,
          key.size == PATIENT_KEY_SIZE && span_equal(value_base64url(span_of(made, 32)), value_text(at, "ref")),
          "made");
    patient_ref(key.data, value_text(at, "patient"), value_text(at, "scope"), made);
    check(g, !span_equal(value_base64url(span_of(made, 32)), value_text(at, "ref")),
          "scope and patient are told apart");
}

static void sign_off(struct group *g)
{
    span at = value_at(file, "sign_off"), json = value_text(at, "transaction_data_json"),
         entry = value_text(at, "transaction_data");
    uint64_t now = value_integer(file, "now");
    static uint8_t document[256];
    struct buffer scratch = scratch_open(), made = made_open();
    struct transaction t;
    uint8_t hash[32], id[32];
    span decoded, bytes = value_hex(value_at(file, "release"), "document");
    check(g, base64url_decode(&scratch, placed(entry), &decoded) && span_equal(decoded, json), "entry");
    check(g, span_equal(value_base64url(json), entry), "entry encoded");
    check(g, transaction_read(placed(json), &scratch, &t, NULL) == CSIGN_OK, "transaction");
    check(g,
          t.slot == 1 && is_text(t.act, "imaging_report") && word_is(&meanings, t.meaning, "approval") &&
              t.disposition == DISPOSITION_MODIFIED && t.authorship == AUTHORSHIP_AI_DRAFT &&
              t.opened_at == now - 120,
          "its fields");
    hash_of(bytes, document);
    check(g,
          memcmp(t.document.digest, document, 32) == 0 && t.document.size == bytes.size &&
              is_text(t.document.media_type, "text/plain"),
          "document");
    hash_of(value_hex(value_at(file, "release"), "draft"), document);
    check(g, t.draft.present && memcmp(t.draft.digest, document, 32) == 0, "draft");
    transaction_write(&made, &t);
    check(g, made_is(&made, json), "transaction written");
    hash_of(entry, hash);
    check(g, span_equal(value_base64url(span_of(hash, 32)), value_text(at, "hash")), "hash of the entry");

    struct presentation p;
    struct key_binding b;
    struct signing_key holder = key_of("holder a");
    struct public_key public;
    signing_key_public(&holder, &public);
    bool split = presentation_split(placed(value_text(at, "sign_off")), true, &p, NULL) == CSIGN_OK &&
                 jws_decode(&p.key_binding, &scratch, NULL) == CSIGN_OK;
    check(g,
          split && span_equal(p.key_binding.header, value_text(at, "header")) &&
              span_equal(p.key_binding.payload, value_text(at, "payload")),
          "key binding");
    check(g, split && jws_verify(&p.key_binding, &public), "the holder's signature");
    check(g, split && key_binding_read(&p.key_binding, &scratch, &b, NULL) == CSIGN_OK, "read");
    check(g,
          b.iat == now - 27 && b.auth_time == now - 90 && is_text(b.aud, "deployment-1") && b.hash_count == 1 &&
              memcmp(b.hashes[0], hash, 32) == 0,
          "its fields");
    check(g,
          span_equal(value_base64url(span_of(b.sd_hash, 32)),
                     value_text(value_at(file, "credential"), "sd_hash")),
          "sd_hash");
    made = made_open();
    check(g, key_binding_write(&made, &b, &holder) == CSIGN_OK && made_is(&made, value_text(at, "kb_jwt")),
          "written");
    sign_off_id(p.key_binding.signing_input, hash, id);
    check(g, is_bytes(id, 32, value_hex(at, "id")), "id");
}

/* One step of a gate; the old state is freed. */
static bool step(csign_gate **gate, span bytes,
                 csign_code (*apply)(const csign_gate *, csign_span, csign_gate **, csign_fault *))
{
    csign_gate *next = NULL;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    if (apply(*gate, placed(bytes), &next, &fault) != CSIGN_OK) {
        printf("gate: %s: %s\n", fault.field, fault.reason);
        return false;
    }
    csign_gate_free(gate);
    *gate = next;
    return true;
}

static void release(struct group *g)
{
    static uint8_t memory[1u << 18], written[CSIGN_DECISION_TEXT_MAX],
        cache_memory[1u << 20] __attribute__((aligned(16)));
    span at = value_at(file, "release"), opened = value_at(at, "gate"), json = value_text(at, "json");
    csign_gate *gate = NULL;
    csign_cache *cache = NULL;
    csign_gate_options options = {
        .struct_size = sizeof options,
        .deployment = value_text(opened, "deployment"),
        .root = value_text(value_at(file, "root"), "note"),
        .accept_test = is_text(value_text(opened, "accept"), "test"),
        .offline = value_bool(opened, "offline"),
    };
    (void)base64url_exact(value_text(opened, "nonce"), options.nonce, sizeof options.nonce);
    bool good = csign_gate_open(&options, &gate, NULL) == CSIGN_OK &&
                step(&gate, value_text(value_at(file, "log"), "event"), csign_gate_apply_event) &&
                step(&gate, value_text(value_at(file, "policy"), "note"), csign_gate_apply_policy) &&
                step(&gate, value_text(value_at(file, "log"), "fresh"), csign_gate_apply_fresh) &&
                csign_cache_init(cache_memory, sizeof cache_memory, &cache) == CSIGN_OK;
    check(g, good, "gate");
    if (!good)
        return;
    csign_gate_info info;
    csign_gate_describe(gate, &info);
    check(g,
          info.bindings == 3 && info.floor == 1 && info.is_test &&
              info.marks.log_size == value_integer(value_at(file, "log"), "size"),
          "its state");

    struct csign_release r = {0};
    csign_decision decision;
    size_t size = 0;
    span expected = value_text(at, "decision");
    int64_t now = (int64_t)value_integer(file, "now");
    check(g, csign_release_memory(json.size) <= sizeof memory, "memory");
    check(g,
          csign_release_read(placed(json), (int64_t)value_integer(at, "received_at"), memory, sizeof memory, &r,
                             NULL) == CSIGN_OK,
          "read");
    check(g, span_equal(r.document, value_hex(at, "document")) && r.request_count == 1 && r.sign_off_count == 1,
          "its fields");
    check(g, csign_decide(gate, cache, &r, now, &decision) == CSIGN_ALLOW, "allowed");
    check(g,
          csign_decision_json(&decision, written, sizeof written, &size) == CSIGN_OK &&
              is_bytes(written, size, expected),
          "decision");
    check(g, is_bytes(decision.signers[0].sign_off_id, 32, value_hex(value_at(file, "sign_off"), "id")),
          "sign-off id");
    csign_gate_free(&gate);
}

static void deeds(struct group *g)
{
    static struct values all;
    static struct note note;
    span at = value_at(file, "deeds"), one, first = {NULL, 0};
    uint64_t number = 0;
    uint8_t chain[32], hash[32];
    deed_chain_start(SPAN("registry.test"), chain);
    check(g, is_bytes(chain, 32, value_hex(at, "chain_0")), "chain_0");
    while (value_next(&all, value_at(at, "deeds"), &one)) {
        static struct deed deed;
        span text = value_text(one, "text"), kind = value_text(one, "do");
        struct buffer scratch = scratch_open(), made = made_open();
        csign_fault fault = {CSIGN_OK, "", "", 0};
        bool read = deed_read(placed(text), &scratch, &deed, &fault) == CSIGN_OK;
        char what[256], name[16];
        (void)snprintf(what, sizeof what, "%.*s: %s: %s", (int)kind.size, (const char *)kind.data, fault.field,
                       fault.reason);
        check(g, read && vocabulary_find(&deed_kinds, kind) == deed.head.kind && deed.head.kind == number + 1,
              what);
        deed_hash(text, hash);
        check(g, is_bytes(hash, 32, value_hex(one, "hash")), "hash");
        deed_chain_next(chain, ++number, hash);
        (void)snprintf(name, sizeof name, "chain_%u", (unsigned)number);
        if (number <= 3)
            check(g, is_bytes(chain, 32, value_hex(at, name)), name);
        if (!read)
            continue;
        check(g,
              is_text(deed.origin, "registry.test") &&
                  deed.head.valid_until == value_integer(file, "now") + 86400 * 7,
              "head");
        deed_write(&made, deed.origin, deed.id, deed.json);
        check(g, made_is(&made, text), "written");
        if (number == 1)
            first = text;
    }
    check(g, number == deed_kinds.count, "every kind");
    check(g, is_bytes(chain, 32, value_hex(at, "chain_of_all")), "chain of all");

    struct buffer made = made_open();
    buffer_put(&made, first);
    buffer_byte(&made, '\n');
    bool read = read_note(placed(value_text(at, "note_of_first")), &note) && note.signature_count == 2;
    check(g, read, "note");
    for (size_t i = 0; i < 2 && read; i++) {
        static const char *const labels[] = {"officer us 1", "officer us 2"}, *const names[] = {
                                                                                  "authority.us/officer-1",
                                                                                  "authority.us/officer-2"};
        struct vkey vkey = vkey_named(labels[i], names[i], NOTE_ED25519);
        struct signing_key key = key_of(labels[i]);
        check(g, note_verify(&note, &vkey, NULL) == CSIGN_OK, "an officer's signature");
        note_sign(&made, first, &vkey, &key);
    }
    check(g, made_is(&made, value_text(at, "note_of_first")), "signed");
}

static void receipts(struct group *g)
{
    static struct note note;
    static const uint8_t events[] = {RECEIPT_PERMIT, RECEIPT_OUTCOME, RECEIPT_REFUSE};
    span at = value_at(file, "receipts"), deployment = value_text(at, "deployment");
    uint8_t head[32];
    static uint8_t lines_memory[8192];
    struct buffer lines = buffer_open(lines_memory, sizeof lines_memory), made;
    receipt_head_start(deployment, head);
    check(g, is_bytes(head, 32, value_unhex(value_string(value_nth(value_at(at, "heads"), 0)))), "head_0");
    for (size_t i = 0; i < 3; i++) {
        span line = value_string(value_nth(value_at(at, "lines"), i));
        struct buffer scratch = scratch_open();
        struct receipt receipt;
        bool read = receipt_read(placed(line), &scratch, &receipt, NULL) == CSIGN_OK;
        check(g,
              read && receipt.seq == i + 1 && receipt.event == events[i] &&
                  receipt.time_ms == (value_integer(file, "now") + i + 1) * 1000,
              "line");
        made = made_open();
        receipt_write(&made, &receipt);
        check(g, read && made_is(&made, line), "written");
        if (i == 0) {
            const struct receipt_signer *s = receipt.signers.items;
            check(g,
                  receipt.signers.count == 1 && s->idx == 1 && s->slot == 1 && s->dwell_s == 93 &&
                      !receipt.unedited && receipt.entries == 1 && receipt.size_band == receipt_size_band(37) &&
                      receipt.root == 1,
                  "permit");
            check(g, is_bytes(receipt.commit, 32, value_hex(value_at(file, "release_record"), "commit")),
                  "commit");
        }
        if (i == 2)
            check(g, receipt.code == CSIGN_E_STATUS_STALE && receipt.count == 2, "refusal");
        receipt_head_next(head, i + 1, line);
        check(g, is_bytes(head, 32, value_unhex(value_string(value_nth(value_at(at, "heads"), i + 1)))),
              "head");
        buffer_put(&lines, line);
        buffer_byte(&lines, '\n');
    }

    struct vkey app = vkey_of(value_text(at, "vkey")), acknowledger = vkey_of(value_text(at, "ack_vkey"));
    struct signing_key app_key = key_of("app 1"), ack_key = key_of("receipts 1");
    for (size_t i = 0; i < 2; i++) { /* three lines, and a sign of life */
        static const char *const names[] = {"batch_note", "empty_batch_note"};
        struct receipt_batch batch = {0};
        span bytes = value_text(at, names[i]);
        check(g, read_note(placed(bytes), &note) && note_verify(&note, &app, NULL) == CSIGN_OK, names[i]);
        check(g,
              receipt_batch_read(note.text, &batch, NULL) == CSIGN_OK &&
                  span_equal(batch.deployment, deployment) && batch.count == (i ? 0 : 3) &&
                  batch.first == (i ? 4 : 1) && memcmp(batch.after, head, 32) == 0,
              "read");
        check(g, i == 1 || span_equal(batch.lines, buffer_span(&lines)), "lines");
        made = made_open();
        struct receipt_batch again = {.deployment = deployment, .first = i ? 4 : 1, .count = i ? 0 : 3};
        memcpy(again.before, batch.before, 32);
        again.lines = i ? span_of(NULL, 0) : buffer_span(&lines);
        receipt_batch_write(&made, &again);
        size_t size = made.size;
        buffer_byte(&made, '\n');
        note_sign(&made, span_of(made.data, size), &app, &app_key);
        check(g, made_is(&made, bytes), "made and signed");
    }

    struct receipt_ack ack;
    span bytes = value_text(at, "ack_note");
    check(g, read_note(placed(bytes), &note) && note_verify(&note, &acknowledger, NULL) == CSIGN_OK,
          "acknowledgement");
    check(g,
          receipt_ack_read(note.text, &ack, NULL) == CSIGN_OK && span_equal(ack.deployment, deployment) &&
              ack.next == 4 && memcmp(ack.head, head, 32) == 0,
          "its fields");
    made = made_open();
    ack = (struct receipt_ack){.deployment = deployment, .next = 4};
    memcpy(ack.head, head, 32);
    receipt_ack_write(&made, &ack);
    size_t size = made.size;
    buffer_byte(&made, '\n');
    note_sign(&made, span_of(made.data, size), &acknowledger, &ack_key);
    check(g, made_is(&made, bytes), "made and signed");
}

static void release_records(struct group *g)
{
    span at = value_at(file, "release_record"), json = value_text(at, "json");
    struct buffer scratch = scratch_open(), made = made_open();
    struct release_record record;
    uint8_t commit[32];
    check(g, release_record_read(placed(json), &scratch, &record, NULL) == CSIGN_OK, "read");
    check(g,
          record.time_ms == value_integer(file, "now") * 1000 && is_text(record.deployment, "deployment-1") &&
              record.setting == SETTING_OUTPATIENT && record.document.size == 37 &&
              record.sign_offs.count == 1 &&
              is_bytes(record.sign_offs.ids[0], 32, value_hex(value_at(file, "sign_off"), "id")),
          "its fields");
    release_record_write(&made, &record);
    check(g, made_is(&made, json), "written");
    release_commit(value_hex(at, "salt").data, json, commit);
    check(g, is_bytes(commit, 32, value_hex(at, "commit")), "commit");
    at = value_at(file, "release_commit_of_log_2_6");
    release_commit(value_hex(at, "salt").data, value_text(at, "json"), commit);
    check(g, is_bytes(commit, 32, value_hex(at, "commit")), "the commit of LOG 2.6");
}

static void proof(struct group *g)
{
    span jwt = value_text(value_at(file, "proof"), "jwt");
    struct buffer scratch = scratch_open(), made = made_open();
    struct proof p, again;
    struct signing_key holder = key_of("holder a");
    struct public_key public;
    signing_key_public(&holder, &public);
    check(g, proof_read(placed(jwt), &scratch, &p, NULL) == CSIGN_OK, "read");
    check(g,
          is_text(p.aud, "https://registry.test") && p.use == PROOF_CREDENTIAL && p.idx == 1 && !p.code.data &&
              p.iat == value_integer(file, "now") && public_key_equal(&p.key, &public),
          "its fields");
    check(g, proof_check(&p, SPAN("https://registry.test"), PROOF_CREDENTIAL, p.nonce, NULL) == CSIGN_OK,
          "checked");
    again = (struct proof){.aud = SPAN("https://registry.test"),
                           .nonce = p.nonce,
                           .iat = p.iat,
                           .use = PROOF_CREDENTIAL,
                           .idx = 1};
    check(g, proof_write(&made, &again, &holder) == CSIGN_OK && made_is(&made, jwt), "written");
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(struct group *);
    } groups[] = {{"keys", keys},
                  {"root", root},
                  {"policy", policy},
                  {"leaves", leaves},
                  {"status log", status_log},
                  {"credential", credential},
                  {"request", request},
                  {"patient_ref", patient_reference},
                  {"sign-off", sign_off},
                  {"release", release},
                  {"deeds", deeds},
                  {"receipts", receipts},
                  {"release record", release_records},
                  {"proof of possession", proof}};
    unsigned failures = 0;
    page = page_end_open(1u << 17);
    file = vectors_read_own("profile.json");
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct group g = {groups[i].name, 0, 0};
        groups[i].run(&g);
        failures += report(&g);
    }
    return failures ? 1 : 0;
}
