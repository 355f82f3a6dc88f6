/* Making a credential: the other side of credential.c, the claims in the order of TOKENS 4.1. */
#include "base64.h"
#include "credential.h"
#include "schema_write.h"

static void put_pairs(struct json_out *o, const char *second, struct object_list list)
{
    const struct specialty *items = list.items;
    json_put_array(o);
    for (size_t i = 0; i < list.count; i++) {
        json_put_object(o);
        json_put_text_member(o, "system", items[i].system);
        json_put_text_member(o, second, items[i].code);
        json_end_object(o);
    }
    json_end_array(o);
}

void jwk_write(struct json_out *o, const struct public_key *key)
{
    json_put_object(o);
    json_put_text_member(o, "kty", SPAN("OKP"));
    json_put_text_member(o, "crv", SPAN("Ed25519"));
    json_put_base64url_member(o, "x", span_of(key->bytes, sizeof key->bytes));
    json_end_object(o);
}

static void put_confirmation(struct json_out *o, const struct credential *c)
{
    json_put_name(o, "cnf");
    json_put_object(o);
    json_put_name(o, "jwk");
    jwk_write(o, &c->cnf.jwk.x);
    json_end_object(o);
}

static void put_status(struct json_out *o, const struct credential_status *s)
{
    json_put_name(o, "status");
    json_put_object(o);
    json_put_name(o, "status_list");
    json_put_object(o);
    json_put_integer_member(o, "idx", s->status_list.idx);
    json_put_text_member(o, "uri", s->status_list.uri);
    json_end_object(o);
    json_put_name(o, "countersign");
    json_put_object(o);
    json_put_text_member(o, "origin", s->countersign.origin);
    json_put_integer_member(o, "idx", s->countersign.idx);
    json_end_object(o);
    json_end_object(o);
}

void claim_put_specialty(struct json_out *o, struct object_list list)
{
    put_pairs(o, "code", list);
}

void claim_put_privileges(struct json_out *o, const struct privileges *p)
{
    const struct {
        const char *name;
        bool held;
    } held[] = {{"imaging_report", p->imaging_report}, {"pathology", p->pathology},
                {"psychotherapy", p->psychotherapy},   {"tcm", p->tcm},
                {"certify_death", p->certify_death},   {"supplementary_only", p->supplementary_only}};
    json_put_object(o);
    json_put_bool_member(o, "prescribe", p->prescribe);
    json_put_texts_member(o, "schedules", p->schedules);
    json_put_integer_member(o, "antimicrobial_grade", p->antimicrobial_grade);
    json_put_bool_member(o, "narcotic", p->narcotic);
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        if (held[i].held)
            json_put_bool_member(o, held[i].name, true);
    json_end_object(o);
}

void claim_put_conditions(struct json_out *o, struct object_list list)
{
    const struct condition *items = list.items;
    json_put_array(o);
    for (size_t i = 0; i < list.count; i++) {
        json_put_object(o);
        json_put_text_member(o, "code", items[i].code);
        json_put_texts_member(o, "acts_denied", items[i].acts_denied);
        json_put_bool_member(o, "needs_cosign", items[i].needs_cosign);
        json_put_date_member(o, "until", items[i].until);
        json_end_object(o);
    }
    json_end_array(o);
}

static void put_standing(struct json_out *o, const struct credential *c)
{
    json_put_name(o, "site");
    json_put_object(o);
    json_put_text_member(o, "id", c->site.id);
    json_put_word_member(o, "basis", &site_bases, c->site.basis);
    json_put_bool_member(o, "consent", c->site.consent);
    json_end_object(o);
    json_put_date_member(o, "independent_since", c->independent_since);
    json_put_date_member(o, "licensed_until", c->licensed_until);
    json_put_name(o, "conditions");
    claim_put_conditions(o, c->conditions);
    json_put_name(o, "assurance");
    json_put_object(o);
    json_put_word_member(o, "level", &assurances, c->assurance.level);
    if (c->assurance.validated_at)
        json_put_integer_member(o, "validated_at", c->assurance.validated_at);
    json_end_object(o);
    json_put_name(o, "authenticator");
    json_put_object(o);
    json_put_word_member(o, "storage", &storages, c->authenticator.storage);
    json_put_word_member(o, "user_auth", &user_auths, c->authenticator.user_auth);
    json_put_bool_member(o, "attested", c->authenticator.attested);
    json_put_word_member(o, "proofing", &proofings, c->authenticator.proofing);
    json_end_object(o);
}

/* The disclosures, each with its trailing tilde, into `text`; returns how many. */
static size_t write_disclosures(const struct credential *c, const struct credential_secrets *secrets, struct buffer *text,
                                span disclosures[DISCLOSED_COUNT])
{
    uint8_t memory[DISCLOSURE_MAX];
    size_t count = 0;
    for (size_t i = 0; i < DISCLOSED_COUNT; i++) {
        struct buffer value = buffer_open(memory, sizeof memory);
        struct json_out o = json_out(&value);
        span plain = i == DISCLOSED_NAME ? c->name : c->licence_number;
        if (i == DISCLOSED_IDENTIFIERS ? c->identifiers.count == 0 : !plain.data)
            continue;
        if (i == DISCLOSED_IDENTIFIERS)
            put_pairs(&o, "value", c->identifiers);
        else
            json_put_text(&o, plain);
        text->overflow |= value.overflow;
        size_t from = text->size;
        disclosure_write(text, span_of(secrets->salts[i], sizeof secrets->salts[i]), disclosed_names[i], buffer_span(&value));
        disclosures[count++] = buffer_since(text, from);
        buffer_byte(text, '~');
    }
    return count;
}

/* The digests in the order of their text, so that their order says nothing (TOKENS 4.2). */
static void put_digests(struct json_out *o, const span *disclosures, size_t count)
{
    uint8_t memory[DISCLOSED_COUNT * 43];
    struct buffer text = buffer_open(memory, sizeof memory);
    for (size_t i = 0; i < count; i++)
        disclosure_digest(disclosures[i], &text);
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && memcmp(memory + 43 * (k - 1), memory + 43 * k, 43) > 0; k--) {
            uint8_t swap[43];
            memcpy(swap, memory + 43 * k, 43);
            memcpy(memory + 43 * k, memory + 43 * (k - 1), 43);
            memcpy(memory + 43 * (k - 1), swap, 43);
        }
    json_put_name(o, "_sd");
    json_put_array(o);
    for (size_t i = 0; i < count; i++)
        json_put_text(o, span_of(memory + 43 * i, 43));
    json_end_array(o);
    json_put_text_member(o, "_sd_alg", SPAN("sha-256")); /* RFC 9901's default, said: some verifiers wait for it */
}

csign_code credential_write(struct buffer *out, const struct credential *c, const struct credential_secrets *secrets,
                            const struct signing_key *key)
{
    uint8_t header_memory[256], payload_memory[ISSUER_JWT_MAX], disclosure_memory[3 * DISCLOSURE_MAX];
    struct buffer header = buffer_open(header_memory, sizeof header_memory);
    struct buffer payload = buffer_open(payload_memory, sizeof payload_memory);
    struct buffer disclosure_text = buffer_open(disclosure_memory, sizeof disclosure_memory);
    span disclosures[DISCLOSED_COUNT];
    size_t count = write_disclosures(c, secrets, &disclosure_text, disclosures);

    struct json_out o = json_out(&header);
    json_put_object(&o);
    json_put_text_member(&o, "alg", SPAN("Ed25519"));
    json_put_text_member(&o, "kid", c->kid);
    json_put_text_member(&o, "typ", SPAN("dc+sd-jwt"));
    json_end_object(&o);

    o = json_out(&payload);
    json_put_object(&o);
    json_put_text_member(&o, "vct", c->vct);
    json_put_text_member(&o, "iss", c->iss);
    json_put_integer_member(&o, "nbf", c->nbf);
    json_put_integer_member(&o, "exp", c->exp);
    put_confirmation(&o, c);
    put_status(&o, &c->status);
    json_put_integer_member(&o, "iat", c->iat);
    json_put_text_member(&o, "sub", c->sub);
    json_put_word_member(&o, "profession", &professions, c->profession);
    json_put_word_member(&o, "level", &levels, c->level);
    json_put_texts_member(&o, "jurisdiction", c->jurisdiction);
    json_put_name(&o, "specialty");
    put_pairs(&o, "code", c->specialty);
    json_put_name(&o, "privileges");
    claim_put_privileges(&o, &c->privileges);
    put_standing(&o, c);
    if (c->test)
        json_put_bool_member(&o, "test", true);
    if (count)
        put_digests(&o, disclosures, count);
    json_end_object(&o);

    if (header.overflow || payload.overflow || disclosure_text.overflow)
        return CSIGN_E_TOO_LARGE;
    jws_write(out, buffer_span(&header), buffer_span(&payload), key);
    buffer_byte(out, '~');
    buffer_put(out, buffer_span(&disclosure_text));
    return buffer_code(out);
}
