/* A decision, as JSON for programs and as text for people: the same fields in both (DESIGN 5, PROTOCOL 9). */
#include "date.h"
#include "json_write.h"
#include "plain.h"

#include <countersign/decide.h>

static const char *const check_names[CSIGN_CHECK_COUNT] = {
    "root",     "policy",      "evidence",   "request",       "sign-off", "credential",    "holder", "binding",
    "document", "disposition", "authorship", "qualification", "signers",  "circumstances"};

static const char *verdict_name(csign_verdict verdict)
{
    return verdict == CSIGN_ALLOW         ? "allow"
           : verdict == CSIGN_BREAK_GLASS ? "break-glass"
           : verdict == CSIGN_REFUSE      ? "refuse"
                                          : "cannot-decide";
}

static bool releases(const csign_decision *d)
{
    return d->verdict == CSIGN_ALLOW || d->verdict == CSIGN_BREAK_GLASS;
}

static int64_t age_of(const csign_decision *d)
{
    return d->decided_at > d->status_time ? d->decided_at - d->status_time : 0;
}

static void put_number(struct buffer *out, int64_t value)
{
    buffer_decimal(out, value > 0 ? (uint64_t)value : 0);
}

/* Where exactly it failed: "slot 2, profession: not one of the rule's". */
static void put_detail(struct buffer *out, const csign_decision *d)
{
    if (d->slot) {
        buffer_text(out, "slot ");
        buffer_decimal(out, d->slot);
        buffer_text(out, d->field[0] || d->reason[0] ? ", " : "");
    }
    buffer_text(out, d->field);
    buffer_text(out, d->field[0] && d->reason[0] ? ": " : "");
    buffer_text(out, d->reason);
    if (d->code == CSIGN_E_STATUS_STALE && d->decided_at > d->status_time && d->status_limit < INT64_MAX) {
        buffer_text(out, " (");
        put_number(out, age_of(d));
        buffer_text(out, "s old, limit ");
        put_number(out, d->status_limit);
        buffer_text(out, "s)");
    }
}

static void put_sentence(struct buffer *out, const csign_decision *d)
{
    if (!releases(d)) {
        const char *sentence = csign_code_sentence(d->code);
        buffer_text(out, sentence ? sentence : "");
        if (d->slot || (d->field && (d->field[0] || d->reason[0]))) {
            buffer_text(out, " (");
            put_detail(out, d);
            buffer_text(out, ")");
        }
        if (d->no_signoff_text.data) {
            buffer_byte(out, ' ');
            buffer_put(out, d->no_signoff_text);
        }
        return;
    }
    buffer_text(out, d->verdict == CSIGN_BREAK_GLASS ? "Break-glass, to be reviewed: " : "");
    buffer_text(out, d->signer_count > 1 ? "Currently licensed, in-scope clinicians" : "A currently licensed, in-scope clinician");
    buffer_text(out, " signed exactly these bytes; the licence status is ");
    put_number(out, age_of(d));
    buffer_text(out, age_of(d) == 1 ? " second old." : " seconds old.");
}

static void put_signer_json(struct json_out *o, const csign_signer *s)
{
    json_put_object(o);
    json_put_integer_member(o, "slot", s->slot);
    if (s->name.data)
        json_put_text_member(o, "name", s->name);
    if (s->licence_number.data)
        json_put_text_member(o, "licence_number", s->licence_number);
    json_put_text_member(o, "profession", span_text(s->profession));
    json_put_text_member(o, "jurisdiction", s->jurisdiction);
    json_put_text_member(o, "assurance", span_text(s->assurance));
    json_put_text_member(o, "meaning", span_text(s->meaning));
    json_put_text_member(o, "disposition", span_text(s->disposition));
    json_put_text_member(o, "authorship", span_text(s->authorship));
    json_put_integer_member(o, "iat", (uint64_t)s->signed_at);
    json_end_object(o);
}

static void put_evidence_json(struct json_out *o, const csign_decision *d)
{
    if (d->document_hashed) {
        json_put_name(o, "document");
        json_put_object(o);
        json_put_base64url_member(o, "digest", span_of(d->document_digest, CSIGN_HASH_SIZE));
        json_put_text_member(o, "media_type", d->media_type);
        json_put_integer_member(o, "size", d->document_size);
        json_end_object(o);
    }
    if (d->status_origin.data) {
        json_put_name(o, "status");
        json_put_object(o);
        json_put_text_member(o, "origin", d->status_origin);
        json_put_integer_member(o, "size", d->status_size);
        json_put_integer_member(o, "time", (uint64_t)d->status_time);
        json_put_integer_member(o, "age_s", (uint64_t)age_of(d));
        json_put_integer_member(o, "limit_s", (uint64_t)d->status_limit);
        json_end_object(o);
    }
    json_put_name(o, "policies");
    json_put_array(o);
    for (size_t i = 0; i < d->policy_count; i++) {
        json_put_object(o);
        json_put_text_member(o, "id", d->policies[i].id);
        json_put_integer_member(o, "version", d->policies[i].version);
        json_end_object(o);
    }
    json_end_array(o);
    if (d->root_version)
        json_put_integer_member(o, "root", d->root_version);
}

/* An exception that was applied stands in every form of the answer. */
static void put_exception_text(struct buffer *out, const csign_decision *d)
{
    if (!d->exception)
        return;
    buffer_text(out, "  exception ");
    buffer_text(out, d->exception);
    buffer_text(out, d->verdict == CSIGN_BREAK_GLASS ? "   a person must look at this release afterwards\n"
                                                     : "   excused a demand of the rule, and is counted\n");
}

/* The terminator is written behind what is counted. */
static csign_code finish(struct buffer *out, size_t *ret_size)
{
    size_t size = out->size;
    buffer_byte(out, 0);
    if (out->overflow)
        return CSIGN_E_NO_SPACE;
    *ret_size = size;
    return CSIGN_OK;
}

csign_code csign_decision_json(const csign_decision *d, void *memory, size_t size, size_t *ret_size)
{
    uint8_t sentence_memory[4096];
    struct buffer out = buffer_open(memory, size), sentence = buffer_open(sentence_memory, sizeof sentence_memory);
    struct json_out o = json_out(&out);
    if (!d || !memory || !ret_size)
        return CSIGN_E_ARGUMENT;
    put_sentence(&sentence, d);
    json_put_object(&o);
    json_put_text_member(&o, "verdict", span_text(verdict_name(d->verdict)));
    if (!releases(d) && csign_code_name(d->code))
        json_put_text_member(&o, "code", span_text(csign_code_name(d->code)));
    json_put_text_member(&o, "sentence", buffer_span(&sentence));
    if (!releases(d) && csign_code_fix(d->code))
        json_put_text_member(&o, "fix", span_text(csign_code_fix(d->code)));
    json_put_text_member(&o, "release_id", d->release_id);
    if (releases(d))
        json_put_integer_member(&o, "not_after", (uint64_t)d->not_after);
    json_put_name(&o, "signers");
    json_put_array(&o);
    for (size_t i = 0; i < d->signer_count; i++)
        put_signer_json(&o, &d->signers[i]);
    json_end_array(&o);
    put_evidence_json(&o, d);
    json_put_name(&o, "checks");
    json_put_array(&o);
    for (size_t i = 0; i < CSIGN_CHECK_COUNT; i++)
        if (d->checks >> i & 1)
            json_put_text(&o, span_text(check_names[i]));
    json_end_array(&o);
    if (d->exception)
        json_put_text_member(&o, "exception", span_text(d->exception));
    json_end_object(&o);
    return finish(&out, ret_size);
}

static void put_digest(struct buffer *out, const uint8_t digest[CSIGN_HASH_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    buffer_text(out, "sha256:");
    for (size_t i = 0; i < CSIGN_HASH_SIZE; i++) {
        buffer_byte(out, (uint8_t)hex[digest[i] >> 4]);
        buffer_byte(out, (uint8_t)hex[digest[i] & 15]);
    }
}

static void put_signer_text(struct buffer *out, const csign_signer *s)
{
    buffer_text(out, "  signer    ");
    plain_write(out, s->name.data ? s->name : SPAN("(name not disclosed)"));
    buffer_text(out, "  ");
    plain_write(out, s->licence_number.data ? s->licence_number : SPAN("(number not disclosed)"));
    buffer_text(out, "  ");
    buffer_text(out, s->profession);
    buffer_text(out, " (");
    plain_write(out, s->jurisdiction);
    if (s->licensed_until) {
        buffer_text(out, ")   licence current to ");
        date_write(out, s->licensed_until);
    } else {
        buffer_text(out, ")   end of licence unknown");
    }
    buffer_text(out, "   ");
    buffer_text(out, s->assurance);
    buffer_text(out, "\n  signed    ");
    time_write(out, s->signed_at);
    buffer_text(out, "   disposition: ");
    buffer_text(out, s->disposition);
    buffer_text(out, "   meaning: ");
    buffer_text(out, s->meaning);
    buffer_text(out, "   authorship: ");
    buffer_text(out, s->authorship);
    buffer_byte(out, '\n');
}

static void put_allow_text(struct buffer *out, const csign_decision *d)
{
    unsigned count = 0;
    buffer_text(out, d->verdict == CSIGN_ALLOW ? "ALLOW   " : "BREAK-GLASS   ");
    plain_write(out, d->label);
    buffer_text(out, "  ");
    put_digest(out, d->document_digest);
    buffer_text(out, "  ");
    plain_write(out, d->act);
    buffer_byte(out, '\n');
    for (size_t i = 0; i < d->signer_count; i++)
        put_signer_text(out, &d->signers[i]);
    put_exception_text(out, d);
    buffer_text(out, "  status    log ");
    buffer_decimal(out, d->status_size);
    buffer_text(out, "   as of ");
    time_write(out, d->status_time);
    buffer_text(out, "   age ");
    put_number(out, age_of(d));
    buffer_text(out, "s (limit ");
    put_number(out, d->status_limit);
    buffer_text(out, "s)\n  checks    ");
    for (size_t i = 0; i < CSIGN_CHECK_COUNT; i++)
        count += d->checks >> i & 1;
    buffer_decimal(out, count);
    buffer_byte(out, '/');
    buffer_decimal(out, CSIGN_CHECK_COUNT);
    buffer_text(out, "      this does not show that the diagnosis is right\n");
}

csign_code csign_decision_text(const csign_decision *d, void *memory, size_t size, size_t *ret_size)
{
    struct buffer out = buffer_open(memory, size);
    if (!d || !memory || !ret_size)
        return CSIGN_E_ARGUMENT;
    if (releases(d)) {
        put_allow_text(&out, d);
        return finish(&out, ret_size);
    }
    const char *name = csign_code_name(d->code), *fix = csign_code_fix(d->code);
    buffer_text(&out, d->verdict == CSIGN_REFUSE ? "REFUSE  " : "CANNOT DECIDE  ");
    buffer_text(&out, name ? name : "internal");
    buffer_text(&out, "   ");
    uint8_t sentence_memory[4096];
    struct buffer sentence = buffer_open(sentence_memory, sizeof sentence_memory);
    put_sentence(&sentence, d);
    plain_write(&out, buffer_span(&sentence));
    buffer_text(&out, "\n  fix: ");
    buffer_text(&out, fix ? fix : "");
    buffer_byte(&out, '\n');
    put_exception_text(&out, d);
    return finish(&out, ret_size);
}
