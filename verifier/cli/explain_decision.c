#include "explain_decision.h"
#include "cache.h"
#include "date.h"
#include "json_write.h"
#include "output.h"
#include "rule_text.h"

/* What is known of one check: lines of what was asked, and of what was seen. */
#define LINES_MAX 128u
struct told {
    struct call *call;
    const char *asks[LINES_MAX], *saw[LINES_MAX];
    size_t ask_count, saw_count;
};

static void asks(struct told *t, const char *line)
{
    if (t->ask_count < LINES_MAX && line[0])
        t->asks[t->ask_count++] = line;
}

static void saw(struct told *t, const char *line)
{
    if (t->saw_count < LINES_MAX)
        t->saw[t->saw_count++] = line;
}

static const char *source_of(struct told *t, const struct applicable *a)
{
    return explain_source(t->call, a);
}

static const char *seconds(struct told *t, int64_t n)
{
    return call_format(t->call, "%lld s", (long long)n);
}

/* --- what each check is about --- */

static void tell_root(struct told *t, const struct deciding *d)
{
    const struct root *root = &d->gate->root->root;
    saw(t, call_format(t->call, "%s root of %s, version %llu", root->kind == ROOT_TEST ? "test" : "production",
                       plain(t->call, root->origin), (unsigned long long)root->version));
}

static void tell_policy(struct told *t, const struct deciding *d)
{
    asks(t, call_format(t->call, "a rule for %s in %s at %s", plain(t->call, d->release->act), plain(t->call, d->release->setting),
                        plain(t->call, d->release->jurisdiction)));
    for (size_t i = 0; i < d->applicable_count; i++)
        saw(t, call_format(t->call, "%s: the rule for %s", source_of(t, &d->applicable[i]), rule_name(t->call, d->applicable[i].rule)));
    for (size_t i = 0; i < d->covering_count; i++) {
        bool applies = false;
        for (size_t k = 0; k < d->applicable_count; k++)
            applies |= d->applicable[k].policy == d->covering[i];
        if (!applies)
            saw(t, call_format(t->call, "%s covers the place and has no rule for it", plain(t->call, d->covering[i]->id)));
    }
}

static void tell_evidence(struct told *t, const struct deciding *d)
{
    for (size_t i = 0; i < d->applicable_count; i++) {
        const struct rule *r = d->applicable[i].rule;
        asks(t, call_format(t->call, "%s: at most %s old", source_of(t, &d->applicable[i]), seconds(t, (int64_t)r->max_status_age_s)));
        if (r->has_emergency && allows_break_glass(d))
            asks(t, call_format(t->call, "%s, break-glass: at most %s old", source_of(t, &d->applicable[i]),
                                seconds(t, (int64_t)r->emergency.max_status_age_s)));
    }
    saw(t, call_format(t->call, "evidence %s old%s", seconds(t, d->now - d->gate->evidence_time),
                       d->break_glass ? ", and break-glass asked for" : ""));
}

static void tell_counts(struct told *t, const struct deciding *d)
{
    saw(t, call_format(t->call, "%zu requests and %zu sign-offs", d->release->request_count, d->release->sign_off_count));
}

static const char *slot_of(struct told *t, size_t place)
{
    return call_format(t->call, "slot %zu", place + 1);
}

static void tell_credential(struct told *t, const struct deciding *d)
{
    for (size_t i = 0; i < d->slot_count; i++) {
        const struct credential *c = &d->slots[i].vetted->credential;
        saw(t, call_format(t->call, "%s: of %s, valid for %s more", slot_of(t, i), plain(t->call, c->iss), seconds(t, (int64_t)c->exp - d->now)));
    }
}

static void tell_holder(struct told *t, const struct deciding *d)
{
    asks(t, call_format(t->call, "released at most %s after it was received", seconds(t, (int64_t)d->release_limit_s)));
    for (size_t i = 0; i < d->slot_count; i++)
        saw(t, call_format(t->call, "%s: signed %s ago, received %s ago", slot_of(t, i), seconds(t, d->now - (int64_t)d->slots[i].binding.iat),
                           seconds(t, d->now - d->release->slots[i].received_at)));
}

static void tell_binding(struct told *t, const struct deciding *d)
{
    for (size_t i = 0; i < d->slot_count; i++)
        saw(t, call_format(t->call, "%s: status index %llu", slot_of(t, i),
                           (unsigned long long)d->slots[i].vetted->credential.status.countersign.idx));
}

static void tell_document(struct told *t, const struct deciding *d)
{
    const struct signed_document *wanted = &d->slots[0].transaction->document;
    asks(t, call_format(t->call, "the %llu bytes that were signed", (unsigned long long)wanted->size));
    saw(t, call_format(t->call, "%zu bytes of %s", d->release->document.size, plain(t->call, wanted->media_type)));
    /* What the document holds was read if all went well, or if that was what refused. */
    if (!(d->out->checks >> (CHECK_DOCUMENT - 1) & 1) && d->out->code != CSIGN_E_DOCUMENT_ACT)
        return;
    for (size_t i = 0; i < d->fhir.type_count; i++) {
        saw(t, call_format(t->call, "a FHIR %s", plain(t->call, d->fhir.types[i])));
        for (size_t k = 0; k < d->covering_count; k++) {
            const struct text_list *acts = policy_document_acts(d->covering[k], d->fhir.types[i]);
            if (acts)
                asks(t, call_format(t->call, "%s version %llu: a FHIR %s is released only as %s", plain(t->call, d->covering[k]->id),
                                    (unsigned long long)d->covering[k]->version, plain(t->call, d->fhir.types[i]),
                                    acts->count ? list_text(t->call, *acts) : "no act"));
        }
    }
    if (d->fhir.type_count)
        saw(t, call_format(t->call, "to be released as %s", plain(t->call, d->release->act)));
}

static void tell_disposition(struct told *t, const struct deciding *d)
{
    for (size_t i = 0; i < d->slot_count; i++)
        saw(t, call_format(t->call, "%s: %s", slot_of(t, i), vocabulary_word(&dispositions, d->slots[i].transaction->disposition)));
}

static void tell_authorship(struct told *t, const struct deciding *d)
{
    bool provenance = false;
    for (size_t i = 0; i < d->applicable_count; i++) {
        asks(t, call_format(t->call, "%s: %s", source_of(t, &d->applicable[i]),
                            vocabulary_word(&ai_authorships, d->applicable[i].rule->ai_authorship)));
        if (d->applicable[i].rule->provenance)
            asks(t, call_format(t->call, "%s: a Provenance resource in the document, if AI had a part", source_of(t, &d->applicable[i])));
        provenance |= d->applicable[i].rule->provenance;
    }
    for (size_t i = 0; i < d->slot_count; i++) {
        const struct transaction *s = d->slots[i].transaction;
        bool unedited = s->draft.present && hash_equal(s->draft.digest, s->document.digest);
        saw(t, call_format(t->call, "%s: declared %s, the app %s, %s", slot_of(t, i), vocabulary_word(&authorships, s->authorship),
                           vocabulary_word(&authorships, d->slots[i].request.authorship),
                           !s->draft.present ? "no draft" : unedited ? "the draft unedited" : "a draft that differs"));
    }
    if (d->fhir.has_ai_label || d->fhir.has_ai_agent)
        saw(t, "the document says itself that an AI had a part");
    if (provenance)
        saw(t, d->fhir.has_provenance ? "a Provenance resource" : "no Provenance resource");
}

static const char *date_text(struct told *t, uint32_t date)
{
    struct buffer out = call_buffer(t->call, 32);
    if (!date)
        return "an unknown day";
    date_write(&out, date);
    return (const char *)out.data;
}

/* Whom the check saw: all that a rule may ask of a signer. */
static const char *credential_text(struct told *t, const struct credential *c)
{
    return call_format(t->call, "%s, %s, licensed in %s until %s, at %s (%s%s), %s, independent since %s", vocabulary_word(&professions, c->profession),
                       vocabulary_word(&levels, c->level), list_text(t->call, c->jurisdiction), date_text(t, c->licensed_until),
                       plain(t->call, c->site.id), vocabulary_word(&site_bases, c->site.basis), c->site.consent ? ", employer consents" : "",
                       vocabulary_word(&assurances, c->assurance.level), date_text(t, c->independent_since));
}

static void saw_claims(struct told *t, size_t place, const struct credential *c)
{
    const struct specialty *specialties = c->specialty.items;
    struct buffer privileges = call_buffer(t->call, sizeof c->privileges + 64u * CSIGN_STRING_MAX), conditions = call_buffer(t->call, 65536);
    struct json_out privileges_out = json_out(&privileges), conditions_out = json_out(&conditions);
    claim_put_privileges(&privileges_out, &c->privileges);
    claim_put_conditions(&conditions_out, c->conditions);
    saw(t, call_format(t->call, "%s: privileges %s", slot_of(t, place), plain(t->call, buffer_span(&privileges))));
    saw(t, call_format(t->call, "%s: conditions %s", slot_of(t, place), plain(t->call, buffer_span(&conditions))));
    if (c->specialty.count == 0)
        saw(t, call_format(t->call, "%s: no specialty", slot_of(t, place)));
    for (size_t i = 0; i < c->specialty.count; i++)
        saw(t, call_format(t->call, "%s: specialty %s %s", slot_of(t, place), plain(t->call, specialties[i].system), plain(t->call, specialties[i].code)));
    const bool any = c->name.data || c->licence_number.data || c->identifiers.count;
    saw(t, call_format(t->call, "%s: disclosed%s%s%s%s", slot_of(t, place), any ? "" : " nothing of who it is", c->name.data ? " name" : "", c->licence_number.data ? " licence_number" : "",
                       c->identifiers.count ? " identifiers" : ""));
}

static void tell_qualification(struct told *t, const struct deciding *d)
{
    for (size_t i = 0; i < d->slot_count; i++) {
        for (size_t k = 0; k < d->applicable_count; k++)
            if (d->applicable[k].signer[i])
                asks(t, call_format(t->call, "%s, %s: %s", slot_of(t, i), source_of(t, &d->applicable[k]),
                                    signer_text(t->call, d->applicable[k].signer[i])));
        for (size_t k = 0; k < d->applicable_count; k++)
            if (d->applicable[k].signer[i] && d->applicable[k].rule->identity)
                asks(t, call_format(t->call, "%s, %s: to disclose %s", slot_of(t, i), source_of(t, &d->applicable[k]),
                                    set_text(t->call, d->applicable[k].rule->identity, &identities)));
        saw(t, call_format(t->call, "%s: %s", slot_of(t, i), credential_text(t, &d->slots[i].vetted->credential)));
        saw_claims(t, i, &d->slots[i].vetted->credential);
    }
    asks(t, call_format(t->call, "the place of care %s, at %s", plain(t->call, d->release->jurisdiction), plain(t->call, d->release->site)));
}

static void tell_signers(struct told *t, const struct deciding *d)
{
    for (size_t i = 0; i < d->applicable_count; i++) {
        const struct rule *r = d->applicable[i].rule;
        const struct rule_signer *signers = r->signers.items;
        for (size_t k = 0; k < r->signers.count; k++)
            asks(t, call_format(t->call, "%s, signer %zu: %s", source_of(t, &d->applicable[i]), k + 1, signer_text(t->call, &signers[k])));
    }
    for (size_t i = 0; i < d->slot_count; i++)
        saw(t, call_format(t->call, "%s: %s signed as %s", slot_of(t, i), plain(t->call, d->slots[i].vetted->credential.sub),
                           vocabulary_word(&meanings, d->slots[i].transaction->meaning)));
}

/* The rows of a rule that check 14 is about. */
static bool is_circumstance(const char *label)
{
    static const char *const labels[] = {"visit", "facts", "consent", "notice", "never", "key in", "unlocked", "unlocked by", "key", "batch"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(labels[i], label) == 0)
            return true;
    return false;
}

static void tell_circumstances(struct told *t, const struct deciding *d)
{
    struct row rows[RULE_ROWS_MAX];
    for (size_t i = 0; i < d->applicable_count; i++) {
        size_t count = rule_rows(t->call, d->applicable[i].rule, rows);
        for (size_t k = 0; k < count; k++)
            if (is_circumstance(rows[k].label))
                asks(t, call_format(t->call, "%s, %s: %s", source_of(t, &d->applicable[i]), rows[k].label, rows[k].text));
    }
    for (size_t i = 0; i < d->slot_count; i++) {
        const struct authenticator *a = &d->slots[i].vetted->credential.authenticator;
        struct buffer facts = call_buffer(t->call, 8192);
        struct json_out o = json_out(&facts);
        json_put_object(&o);
        facts_write(&o, &d->slots[i].transaction->facts);
        json_end_object(&o);
        saw(t, call_format(t->call, "%s: %s", slot_of(t, i), plain(t->call, buffer_span(&facts))));
        saw(t, call_format(t->call, "%s: key in %s, unlocked by %s%s, %s before the signature; %zu documents", slot_of(t, i),
                           vocabulary_word(&storages, a->storage), vocabulary_word(&user_auths, a->user_auth), a->attested ? ", attested" : "",
                           seconds(t, (int64_t)(d->slots[i].binding.iat - d->slots[i].binding.auth_time)), d->slots[i].entry_count));
    }
}

/* --- telling --- */

/* What a check needs to have been established before its inputs can be shown. */
struct subject {
    const char *name;
    void (*tell)(struct told *t, const struct deciding *d);
    unsigned after; /* the check that must have passed; 0: none */
};
static const struct subject subjects[CSIGN_CHECK_COUNT] = {
    {"root", tell_root, CHECK_ROOT},
    {"policy", tell_policy, CHECK_ROOT},
    {"evidence", tell_evidence, CHECK_POLICY},
    {"request", tell_counts, 0},
    {"sign-off", tell_counts, 0},
    {"credential", tell_credential, CHECK_SIGN_OFF},
    {"holder", tell_holder, CHECK_SIGN_OFF},
    {"binding", tell_binding, CHECK_CREDENTIAL},
    {"document", tell_document, CHECK_SIGN_OFF},
    {"disposition", tell_disposition, CHECK_SIGN_OFF},
    {"authorship", tell_authorship, CHECK_DOCUMENT},
    {"qualification", tell_qualification, CHECK_AUTHORSHIP},
    {"signers", tell_signers, CHECK_QUALIFICATION},
    {"circumstances", tell_circumstances, CHECK_SIGNERS},
};

static bool has_passed(const csign_decision *d, unsigned check)
{
    return check == 0 || (d->checks >> (check - 1) & 1) != 0;
}

static const char *result_of(const csign_decision *d, unsigned check)
{
    return has_passed(d, check) ? "passed" : (unsigned)d->code / 100 == check ? "failed" : "not reached";
}

static void put_list(struct json_out *o, const char *name, const char *const *lines, size_t count)
{
    json_put_name(o, name);
    json_put_array(o);
    for (size_t i = 0; i < count; i++)
        json_put_text(o, span_text(lines[i]));
    json_end_array(o);
}

static void put_check(struct json_out *o, const struct told *t, const char *name, const char *result)
{
    json_put_object(o);
    json_put_text_member(o, "check", span_text(name));
    json_put_text_member(o, "result", span_text(result));
    put_list(o, "asked", t->asks, t->ask_count);
    put_list(o, "saw", t->saw, t->saw_count);
    json_end_object(o);
}

static void say_check(const struct told *t, unsigned number, const char *name, const char *result)
{
    say("%2u %-14s %s", number, name, result);
    for (size_t i = 0; i < t->ask_count; i++)
        say("     asks  %s", t->asks[i]);
    for (size_t i = 0; i < t->saw_count; i++)
        say("     saw   %s", t->saw[i]);
}

static const char *remedy(struct call *call, const struct deciding *deciding, const csign_decision *d)
{
    const char *fix = csign_code_fix(d->code);
    return call_format(call, "%s%s%s%s%s%s%s", explain_refusers(call, deciding, d), d->field, d->field[0] && d->reason[0] ? ": " : "", d->reason,
                       d->field[0] || d->reason[0] ? "; " : "", d->slot ? call_format(call, "slot %u; ", d->slot) : "", fix ? fix : "");
}

int explain_decision(struct call *call, const csign_cache *cache, const csign_decision *decision)
{
    const struct deciding *d = &cache->deciding;
    struct buffer out = call_buffer(call, 1024u * 1024u);
    struct json_out o = json_out(&out);
    struct told *t = call_memory(call, sizeof *t);
    json_put_object(&o);
    json_put_name(&o, "explanation");
    json_put_array(&o);
    for (unsigned i = 0; i < CSIGN_CHECK_COUNT; i++) {
        const char *result = result_of(decision, i + 1);
        *t = (struct told){.call = call};
        if (result[0] != 'n' && has_passed(decision, subjects[i].after))
            subjects[i].tell(t, d);
        if (call->json)
            put_check(&o, t, subjects[i].name, result);
        else
            say_check(t, i + 1, subjects[i].name, result);
    }
    json_end_array(&o);
    if (decision->code != CSIGN_OK) {
        json_put_text_member(&o, "would_pass", span_text(remedy(call, d, decision)));
        if (!call->json)
            say("would pass: %s", remedy(call, d, decision));
    }
    json_end_object(&o);
    buffer_byte(&out, '\n');
    return call->json ? put_out(call, buffer_span(&out)) : DONE;
}
