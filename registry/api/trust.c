/* GET /trust/<n>, /.well-known/jwt-vc-issuer, /vct/practitioner/1: whom to trust, for gates and for third parties. */
#include "api.h"
#include "cursor.h"
#include "resources.h"

void trust_root(struct exchange *x)
{
    const struct api *api = exchange_context(x);
    uint64_t version;
    if (!span_decimal(exchange_path(x, "version"), api->root_count, &version) || version == 0) {
        api_problem(x, CSIGN_E_NOT_FOUND, NULL, "no root of this version");
        return;
    }
    exchange_answer(x, 200, "text/plain; charset=utf-8", api->roots[version - 1], CACHE_IMMUTABLE);
}

/* --- for third parties; a gate takes keys from the root alone --- */

/* The same for everybody until the next start. */
static void answer_public(struct exchange *x, const struct buffer *body)
{
    if (body->overflow)
        api_answer_json(x, 200, body);
    else
        exchange_answer(x, 200, "application/json", buffer_span(body), CACHE_SECONDS);
}

/* A key stands once, however many jurisdictions it issues for. */
static bool was_put(const struct root *root, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (public_key_equal(&root->issuers[i].key, &root->issuers[at].key) && span_equal(root->issuers[i].iss, root->issuers[at].iss))
            return true;
    return false;
}

static void put_key(struct json_out *o, const struct root_issuer *issuer)
{
    json_put_object(o);
    json_put_text_member(o, "kty", SPAN("OKP"));
    json_put_text_member(o, "crv", SPAN("Ed25519"));
    json_put_base64url_member(o, "x", span_of(issuer->key.bytes, sizeof issuer->key.bytes));
    json_put_text_member(o, "kid", span_text(issuer->kid));
    json_put_text_member(o, "alg", SPAN("Ed25519"));
    json_put_text_member(o, "use", SPAN("sig"));
    json_end_object(o);
}

void wellknown_issuer(struct exchange *x)
{
    const struct registry *registry = api_registry(x);
    const struct root *root = &registry->root;
    struct buffer body = api_buffer(x, 1024 + root->issuer_count * 256);
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_text_member(&o, "issuer", registry->iss);
    json_put_name(&o, "jwks");
    json_put_object(&o);
    json_put_name(&o, "keys");
    json_put_array(&o);
    for (size_t i = 0; i < root->issuer_count; i++)
        if (span_equal(root->issuers[i].iss, registry->iss) && !was_put(root, i))
            put_key(&o, &root->issuers[i]);
    json_end_array(&o);
    json_end_object(&o);
    json_end_object(&o);
    answer_public(x, &body);
}

/* The claims of TOKENS 4.1, for SD-JWT VC type metadata: what each says, and whether the holder may leave it out. */
static const struct {
    const char *name, *sd, *what;
} claims[] = {
    {"sub", "never", "the practitioner"},
    {"profession", "never", "what she is licensed as"},
    {"level", "never", "independent, supervised or provisional"},
    {"jurisdiction", "never", "where the licence is valid"},
    {"specialty", "never", "specialties, each with its code system"},
    {"privileges", "never", "what she may do beyond the profession"},
    {"site", "never", "the institution for which she acts"},
    {"independent_since", "never", "when independent practice began"},
    {"licensed_until", "never", "the last day of the licence"},
    {"conditions", "never", "restrictions on the licence"},
    {"assurance", "never", "who confirmed the licence, and when"},
    {"authenticator", "never", "where the holder's key lies and how it is unlocked"},
    {"test", "never", "true under a test root"},
    {"name", "always", "her name"},
    {"licence_number", "always", "the number of the licence"},
    {"identifiers", "always", "identifiers of the person, each with its system"},
};

static void put_claim(struct json_out *o, const char *name, const char *sd, const char *what)
{
    json_put_object(o);
    json_put_name(o, "path");
    json_put_array(o);
    json_put_text(o, span_text(name));
    json_end_array(o);
    json_put_name(o, "display");
    json_put_array(o);
    json_put_object(o);
    json_put_text_member(o, "lang", SPAN("en"));
    json_put_text_member(o, "label", span_text(what));
    json_end_object(o);
    json_end_array(o);
    json_put_text_member(o, "sd", span_text(sd));
    json_end_object(o);
}

void vct_practitioner(struct exchange *x)
{
    span iss = api_registry(x)->iss;
    struct buffer body = api_buffer(x, 8192), vct = api_buffer(x, iss.size + 32);
    struct json_out o = json_out(&body);
    buffer_put(&vct, iss);
    buffer_text(&vct, "/vct/practitioner/1");
    json_put_object(&o);
    json_put_text_member(&o, "vct", buffer_span(&vct));
    json_put_text_member(&o, "name", SPAN("Practitioner"));
    json_put_text_member(&o, "description", SPAN("A licensed clinician, at one site, with one key."));
    json_put_name(&o, "claims");
    json_put_array(&o);
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
        put_claim(&o, claims[i].name, claims[i].sd, claims[i].what);
    json_end_array(&o);
    json_end_object(&o);
    answer_public(x, &body);
}
