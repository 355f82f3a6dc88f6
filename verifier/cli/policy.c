/* countersign policy: lint, sign, show; and with the registry upload. */
#include "policy.h"
#include "credential.h"
#include "date.h"
#include "files.h"
#include "json_write.h"
#include "keys.h"
#include "options.h"
#include "output.h"
#include "policy_verbs.h"
#include "verbs.h"

#include <stdio.h>

#define HEADER "countersign/policy/v1\n"

/* A policy and its text: a note's, or one made of bare JSON. */
struct loaded {
    struct policy policy;
    bool is_note;
};

/* The text that is signed: header, origin, JSON, newline. */
static span make_text(struct call *call, const char *origin, span json)
{
    struct buffer text = call_buffer(call, POLICY_NOTE_MAX);
    buffer_text(&text, HEADER);
    buffer_text(&text, origin);
    buffer_byte(&text, '\n');
    buffer_put(&text, json);
    if (json.size == 0 || json.data[json.size - 1] != '\n')
        buffer_byte(&text, '\n');
    return text.overflow ? (span){NULL, 0} : buffer_span(&text);
}

static int read_text(struct call *call, const char *path, span text, struct policy *ret)
{
    struct note *note = call_memory(call, sizeof *note);
    struct buffer scratch = call_buffer(call, POLICY_SCRATCH(text.size));
    csign_fault fault;
    if (!text.data)
        return fail_code(call, REFUSED, CSIGN_E_TOO_LARGE, NULL, path);
    note->text = text;
    csign_code code = policy_read(note, &scratch, ret, &fault);
    return code == CSIGN_OK ? DONE : fail_code(call, REFUSED, code, &fault, path);
}

static int read_policy(struct call *call, const char *path, struct loaded *ret)
{
    span bytes;
    csign_fault fault;
    STEP(file_read(call, path, POLICY_NOTE_MAX, &bytes));
    ret->is_note = span_starts(bytes, SPAN("countersign/"));
    if (!ret->is_note)
        return read_text(call, path, make_text(call, "registry.test", bytes), &ret->policy);
    struct note *note = call_memory(call, sizeof *note);
    struct buffer scratch = call_buffer(call, bytes.size);
    csign_code code = note_read(bytes, &scratch, note, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, REFUSED, code, &fault, path);
    return read_text(call, path, note->text, &ret->policy);
}

static int policy_lint(struct call *call)
{
    const char *path = NULL;
    const struct option options[] = {{"FILE", OPTION_TEXT, true, &path, NULL, "a policy: its JSON, or a note", NULL, 0}};
    struct loaded *loaded = call_memory(call, sizeof *loaded);
    STEP(OPTIONS(call, "Checks a policy as a gate will, and names the member that is wrong.", options));
    STEP(read_policy(call, path, loaded));
    say(call->json ? "{\"id\":\"%s\",\"version\":%llu,\"rules\":%zu}" : "good: %s, version %llu, %zu rules",
        call_text(call, loaded->policy.id), (unsigned long long)loaded->policy.version, loaded->policy.rules.count);
    return DONE;
}

/* --- sign --- */

static int policy_sign(struct call *call)
{
    const char *path = NULL, *origin = NULL, *key_path = NULL, *out = NULL, *passphrase_file = NULL;
    const struct option options[] = {
        {"FILE", OPTION_TEXT, true, &path, NULL, "the policy's JSON", NULL, 0},
        {"--origin", OPTION_TEXT, true, &origin, "NAME", "of the registry, as its root says", NULL, 0},
        {"--key", OPTION_TEXT, true, &key_path, "FILE", "a policy key that the root names for the jurisdiction", NULL, 0},
        {"--out", OPTION_TEXT, false, &out, "FILE", "the note; else printed", NULL, 0},
        {"--passphrase-file", OPTION_TEXT, false, &passphrase_file, "FILE", "of the key; else asked", NULL, 0},
    };
    struct policy *policy = call_memory(call, sizeof *policy);
    struct keyring ring = {.call = call};
    struct key key;
    span json;
    STEP(OPTIONS(call, "Signs a policy, after checking it as a gate will.", options));
    ring.passphrase_file = passphrase_file;
    if (!note_name_is_valid(span_text(origin)))
        return fail(call, USAGE, "give the name on the root's origin line", "not the name of a registry, --origin");
    STEP(file_read(call, path, CSIGN_POLICY_MAX, &json));
    span text = make_text(call, origin, json);
    STEP(read_text(call, path, text, policy));
    STEP(key_open(&ring, key_path, KEY_POLICY, &key));
    const struct vkey vkey = key_vkey(key.name, KEY_POLICY, &key.public);
    struct buffer note = call_buffer(call, text.size + 1024);
    buffer_put(&note, text);
    buffer_byte(&note, '\n');
    note_sign(&note, text, &vkey, key.signing);
    return file_write_or_print(call, out, buffer_span(&note));
}

/* --- show --- */

static void put_set(struct buffer *out, uint64_t set, const struct vocabulary *words, const char *between)
{
    bool first = true;
    for (uint8_t i = 1; i <= words->count; i++) {
        if (!(set >> i & 1))
            continue;
        buffer_text(out, first ? "" : between);
        buffer_text(out, vocabulary_word(words, i));
        first = false;
    }
}

static void put_list(struct buffer *out, struct text_list list)
{
    for (size_t i = 0; i < list.count; i++) {
        buffer_text(out, i ? " " : "");
        buffer_put(out, list.items[i]);
    }
}

/* What a rule asks of one signer, as one line. */
static void put_signer(struct buffer *out, const struct rule_signer *s)
{
    put_set(out, s->professions, &professions, " or ");
    buffer_text(out, ", ");
    put_set(out, s->levels, &levels, " or ");
    if (s->privileges) {
        buffer_text(out, ", may ");
        put_set(out, s->privileges, &privilege_names, " and ");
    }
    const struct specialty *specialties = s->specialties.items;
    for (size_t i = 0; i < s->specialties.count; i++) {
        buffer_text(out, i ? " or " : ", specialty ");
        buffer_put(out, specialties[i].code);
    }
    if (s->independent_years) {
        buffer_text(out, ", independent for ");
        buffer_decimal(out, s->independent_years);
        buffer_text(out, " years");
    }
    buffer_text(out, s->jurisdiction ? "" : ", licensed anywhere");
    buffer_text(out, s->site == SITE_ANY ? ", at any site" : s->site == SITE_PRIMARY ? ", at the primary site" : "");
    buffer_text(out, s->consent_employer ? ", with the employer's consent" : "");
    buffer_text(out, s->unrestricted ? ", unrestricted" : "");
    buffer_text(out, s->licence_date ? ", with a known end of licence" : "");
    buffer_text(out, s->validated ? ", validated" : "");
    buffer_text(out, s->schedule ? ", for the schedule" : "");
    buffer_text(out, s->antimicrobial ? ", for the antimicrobial grade" : "");
    buffer_text(out, s->only_supervised ? ", if the signer before is supervised" : "");
    buffer_text(out, "; signs as ");
    put_set(out, s->meanings, &meanings, " or ");
}

static void put_conditions(struct buffer *out, const struct object_list *list, const char *before)
{
    const struct rule_condition *conditions = list->items;
    for (size_t i = 0; i < list->count; i++) {
        buffer_text(out, i ? " and " : before);
        buffer_text(out, vocabulary_word(&fact_names, conditions[i].fact));
        buffer_byte(out, ' ');
        buffer_text(out, vocabulary_word(&operators, conditions[i].op));
        buffer_byte(out, ' ');
        buffer_put(out, conditions[i].text);
    }
}

static void put_line(struct buffer *out, const char *name, span value)
{
    buffer_text(out, name);
    buffer_put(out, value);
    buffer_byte(out, '\n');
}

static void put_words(struct buffer *out, const char *name, uint64_t set, const struct vocabulary *words, const char *between)
{
    if (!set)
        return;
    buffer_text(out, name);
    put_set(out, set, words, between);
    buffer_byte(out, '\n');
}

static void put_texts(struct buffer *out, const char *name, struct text_list list)
{
    if (!list.count)
        return;
    buffer_text(out, name);
    put_list(out, list);
    buffer_byte(out, '\n');
}

/* All that a rule may demand beside signers and times: what is shown of a policy is what it says. */
static void put_demands(struct call *call, struct buffer *out, const struct rule *r)
{
    const struct rule_deny *denies = r->hard_deny.items;
    if (r->revisit)
        buffer_text(out, "visit       a revisit\n");
    put_words(out, "facts       ", r->facts, &fact_names, " ");
    put_texts(out, "consent     ", r->consent);
    put_texts(out, "notice      ", r->ai_notice);
    put_words(out, "disclosed   ", r->identity, &identities, " ");
    put_words(out, "key in      ", r->factors.storage, &storages, " or ");
    put_words(out, "unlocked by ", r->factors.user_auth, &user_auths, " or ");
    if (r->factors.attested)
        buffer_text(out, "key         attested\n");
    if (r->has_auth_max_age)
        buffer_text(out, call_format(call, "unlocked    at most %llus before the signature\n", (unsigned long long)r->auth_max_age_s));
    if (r->batch > 1)
        buffer_text(out, call_format(call, "batch       up to %llu documents of one patient\n", (unsigned long long)r->batch));
    if (r->provenance)
        buffer_text(out, "provenance  in FHIR documents in which AI had a part\n");
    for (size_t i = 0; i < r->hard_deny.count; i++) {
        buffer_text(out, "never       ");
        buffer_text(out, vocabulary_word(&deny_codes, denies[i].code));
        put_conditions(out, &denies[i].conditions, ": ");
        put_conditions(out, &denies[i].unless, ", unless ");
        buffer_byte(out, '\n');
    }
    if (r->retention.present)
        buffer_text(out, call_format(call, "kept        the record %llu years, the process %llu years, the log %llu months\n",
                                     (unsigned long long)r->retention.record_y, (unsigned long long)r->retention.process_y,
                                     (unsigned long long)r->retention.log_m));
    if (r->no_signoff_text.data)
        put_line(out, "unsigned    ", r->no_signoff_text);
}

static void put_rule(struct call *call, const struct rule *r)
{
    struct buffer out = call_buffer(call, CSIGN_POLICY_MAX);
    const struct rule_signer *signers = r->signers.items;
    buffer_byte(&out, '\n');
    put_list(&out, r->acts);
    buffer_text(&out, "   in ");
    put_list(&out, r->settings);
    buffer_text(&out, "\nAI          ");
    buffer_text(&out, vocabulary_word(&ai_authorships, r->ai_authorship));
    buffer_byte(&out, '\n');
    for (size_t i = 0; i < r->signers.count; i++) {
        buffer_text(&out, "signer ");
        buffer_decimal(&out, i + 1);
        buffer_text(&out, "    ");
        put_signer(&out, &signers[i]);
        buffer_byte(&out, '\n');
    }
    buffer_text(&out, call_format(call, "time        evidence at most %llus old, released at most %llus after it was received\n",
                                  (unsigned long long)r->max_status_age_s, (unsigned long long)r->signoff_to_release_s));
    put_demands(call, &out, r);
    say("%s", plain_lines(call, buffer_span(&out)));
}

static const char *time_text(struct call *call, uint64_t t)
{
    struct buffer out = call_buffer(call, 32);
    time_write(&out, (int64_t)t);
    return (const char *)out.data;
}

static int policy_show(struct call *call)
{
    const char *path = NULL;
    const struct option options[] = {{"FILE", OPTION_TEXT, true, &path, NULL, "a policy: its JSON, or a note", NULL, 0}};
    struct loaded *loaded = call_memory(call, sizeof *loaded);
    const struct policy *p = &loaded->policy;
    STEP(OPTIONS(call, "Shows the rules of a policy.", options));
    STEP(read_policy(call, path, loaded));
    struct buffer places = call_buffer(call, 1024), json = call_buffer(call, CSIGN_POLICY_MAX);
    put_list(&places, p->applies_to);
    if (call->json) {
        struct json_out o = json_out(&json);
        json_put_object(&o);
        json_put_text_member(&o, "id", p->id);
        json_put_integer_member(&o, "version", p->version);
        json_put_text_member(&o, "authority", p->authority);
        json_put_integer_member(&o, "effective_from", p->effective_from);
        json_put_integer_member(&o, "rules", p->rules.count);
        json_put_bool_member(&o, "signed", loaded->is_note);
        json_end_object(&o);
        buffer_byte(&json, '\n');
        return put_out(call, buffer_span(&json));
    }
    say("%s   version %llu, of %s%s", plain(call, p->id), (unsigned long long)p->version, plain(call, p->authority),
        loaded->is_note ? "" : ", not signed");
    say("  for %s, from %s%s%s", plain(call, buffer_span(&places)), time_text(call, p->effective_from),
        p->has_effective_to ? " to " : "", p->has_effective_to ? time_text(call, p->effective_to) : "");
    const struct rule *rules = p->rules.items;
    for (size_t i = 0; i < p->rules.count; i++)
        put_rule(call, &rules[i]);
    const struct policy_document *documents = p->documents.items;
    for (size_t i = 0; i < p->documents.count; i++) {
        struct buffer acts = call_buffer(call, 64 * CSIGN_STRING_MAX);
        put_list(&acts, documents[i].acts);
        say("%sa FHIR %s is released only as %s", i ? "" : "\n", plain(call, documents[i].type), plain(call, buffer_span(&acts)));
    }
    return DONE;
}

int verb_policy(struct call *call)
{
    static const struct verb verbs[] = {{"lint", policy_lint, "check it, and name what is wrong"},
                                        {"sign", policy_sign, "make a note of it"},
                                        {"show", policy_show, "its rules, readable"},
                                        {"upload", policy_upload, "bring it to the registry"}};
    return VERBS(call, "Policies: what an authority demands before a document may be released.", verbs);
}
