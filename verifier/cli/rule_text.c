#include "rule_text.h"
#include "credential.h"
#include "output.h"

/* No part of a rule is longer in words than the whole policy may be in JSON, so nothing is ever cut. */
#define WORDS_MAX (CSIGN_POLICY_MAX + 4096u)

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
        buffer_text(out, i ? ", " : "");
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
        buffer_put(out, specialties[i].system);
        buffer_byte(out, ' ');
        buffer_put(out, specialties[i].code);
    }
    if (s->independent_years) {
        buffer_text(out, ", independent for ");
        buffer_decimal(out, s->independent_years);
        buffer_text(out, " years");
    }
    buffer_text(out, s->jurisdiction ? ", licensed for the place of care" : ", licensed anywhere");
    buffer_text(out, s->site == SITE_ANY ? ", at any site" : s->site == SITE_PRIMARY ? ", at the primary site" : ", filed at the site");
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

/* --- rows --- */

struct listing {
    struct call *call;
    struct row *rows;
    size_t count;
    struct buffer line; /* one row at a time; put_row() keeps what was written */
};

/* A row whose text is written into the buffer that this returns, and ended with put_row(). */
static struct buffer begin_row(struct listing *l)
{
    return l->line;
}

static void put_row(struct listing *l, const char *label, const struct buffer *text)
{
    if (text->size > 0 && l->count < RULE_ROWS_MAX)
        l->rows[l->count++] = (struct row){label, plain(l->call, buffer_span(text))};
}

static void put_text_row(struct listing *l, const char *label, const char *text)
{
    struct buffer out = begin_row(l);
    buffer_text(&out, text);
    put_row(l, label, &out);
}

static void put_set_row(struct listing *l, const char *label, uint64_t set, const struct vocabulary *words, const char *between)
{
    struct buffer out = begin_row(l);
    put_set(&out, set, words, between);
    put_row(l, label, &out);
}

static void put_list_row(struct listing *l, const char *label, struct text_list list)
{
    struct buffer out = begin_row(l);
    put_list(&out, list);
    put_row(l, label, &out);
}

static void put_denials(struct listing *l, const struct rule *r)
{
    const struct rule_deny *denies = r->hard_deny.items;
    for (size_t i = 0; i < r->hard_deny.count; i++) {
        struct buffer out = begin_row(l);
        buffer_text(&out, vocabulary_word(&deny_codes, denies[i].code));
        put_conditions(&out, &denies[i].conditions, ": ");
        put_conditions(&out, &denies[i].unless, ", unless ");
        put_row(l, "never", &out);
    }
}

static void put_exceptions(struct listing *l, const struct rule *r)
{
    for (uint8_t e = EXCEPTION_CONSULTATION; e < EXCEPTION_BREAK_GLASS; e++) {
        struct buffer out = begin_row(l);
        if (!r->exceptions.of[e].bridges)
            continue;
        buffer_text(&out, vocabulary_word(&exceptions, e));
        buffer_text(&out, " excuses ");
        put_set(&out, r->exceptions.of[e].bridges, &bridges, " and ");
        put_row(l, "exception", &out);
    }
    if (!r->has_emergency)
        return;
    struct buffer out = begin_row(l);
    buffer_text(&out, call_format(l->call, "evidence may be %llus old, reviewed within %llu hours",
                                  (unsigned long long)r->emergency.max_status_age_s, (unsigned long long)r->emergency.review_h));
    buffer_text(&out, r->emergency.bridges ? ", excuses " : "");
    put_set(&out, r->emergency.bridges, &bridges, " and ");
    put_row(l, "break-glass", &out);
}

static void put_retention(struct listing *l, const struct rule_retention *kept)
{
    static const char *const before[] = {"the record ", "the process ", "the log "};
    const uint64_t amounts[] = {kept->record_y, kept->process_y, kept->log_m};
    struct buffer out = begin_row(l);
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        if (!(kept->present >> i & 1))
            continue;
        buffer_text(&out, out.size ? ", " : "");
        buffer_text(&out, before[i]);
        buffer_decimal(&out, amounts[i]);
        buffer_text(&out, i == 2 ? " months" : " years");
    }
    put_row(l, "kept", &out);
}

static const char *authorship_text(uint8_t word)
{
    return word == RULE_HUMAN_ONLY   ? "human_only: no AI may have had a part in the text"
           : word == RULE_ASSIST_ONLY ? "assist_only: an AI may have helped, and the text differs from its draft"
                                      : "draft_with_approval: an AI may have written it, and a clinician approves";
}

size_t rule_rows(struct call *call, const struct rule *r, struct row rows[RULE_ROWS_MAX])
{
    static const char *const labels[CSIGN_SLOTS_MAX] = {"signer 1", "signer 2", "signer 3", "signer 4"};
    struct listing l = {call, rows, 0, call_buffer(call, WORDS_MAX)};
    const struct rule_signer *signers = r->signers.items;
    put_text_row(&l, "AI", authorship_text(r->ai_authorship));
    put_text_row(&l, "provenance", r->provenance ? "a FHIR Provenance resource in any document in which AI had a part; what is no FHIR document has none, and is refused" : "");
    for (size_t i = 0; i < r->signers.count; i++) {
        struct buffer out = begin_row(&l);
        put_signer(&out, &signers[i]);
        put_row(&l, labels[i], &out);
    }
    put_text_row(&l, "evidence", call_format(call, "at most %llus old", (unsigned long long)r->max_status_age_s));
    put_text_row(&l, "released", call_format(call, "at most %llus after the sign-off was received", (unsigned long long)r->signoff_to_release_s));
    if (r->has_auth_max_age)
        put_text_row(&l, "unlocked", call_format(call, "at most %llus before the signature", (unsigned long long)r->auth_max_age_s));
    put_set_row(&l, "key in", r->factors.storage, &storages, " or ");
    put_set_row(&l, "unlocked by", r->factors.user_auth, &user_auths, " or ");
    put_text_row(&l, "key", r->factors.attested ? "attested" : "");
    put_text_row(&l, "batch", r->batch > 1 ? call_format(call, "up to %llu documents of one patient", (unsigned long long)r->batch)
                                           : "one document a signature");
    put_text_row(&l, "visit", r->revisit ? "a revisit" : "");
    put_set_row(&l, "facts", r->facts, &fact_names, ", ");
    put_list_row(&l, "consent", r->consent);
    put_list_row(&l, "notice", r->ai_notice);
    put_denials(&l, r);
    put_exceptions(&l, r);
    put_set_row(&l, "disclosed", r->identity, &identities, ", ");
    if (r->no_signoff_text.data)
        put_text_row(&l, "unsigned", plain(call, r->no_signoff_text));
    put_retention(&l, &r->retention);
    return l.count;
}

const char *rule_name(struct call *call, const struct rule *r)
{
    struct buffer out = call_buffer(call, 128 * CSIGN_STRING_MAX);
    put_list(&out, r->acts);
    buffer_text(&out, " in ");
    put_list(&out, r->settings);
    return plain(call, buffer_span(&out));
}

const char *set_text(struct call *call, uint64_t set, const struct vocabulary *words)
{
    struct buffer out = call_buffer(call, 1024);
    put_set(&out, set, words, ", ");
    return plain(call, buffer_span(&out));
}

const char *signer_text(struct call *call, const struct rule_signer *signer)
{
    struct buffer out = call_buffer(call, WORDS_MAX);
    put_signer(&out, signer);
    return plain(call, buffer_span(&out));
}

const char *list_text(struct call *call, struct text_list list)
{
    struct buffer out = call_buffer(call, list.count * (CSIGN_STRING_MAX + 2) + 1);
    put_list(&out, list);
    return plain(call, buffer_span(&out));
}
