/* GET /trust/<n>, /.well-known/jwt-vc-issuer, /vct/practitioner/1: whom to trust, for gates and for third parties. */
#include "api.h"
#include "credential.h"
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
    json_put_text_member(o, "alg", SPAN("EdDSA"));
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
    if (body.overflow)
        api_answer_json(x, 200, &body);
    else
        exchange_answer(x, 200, "application/json", buffer_span(&body), CACHE_SECONDS);
}

void vct_practitioner(struct exchange *x)
{
    struct buffer body = api_buffer(x, 1024);
    struct json_out o = json_out(&body), vct = o;
    json_put_object(&o);
    json_put_name(&o, "vct");
    (void)vct;
    api_answer_json(x, 200, &body);
}
