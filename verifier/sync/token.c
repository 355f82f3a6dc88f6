/* An access token for the app: a challenge of the registry, signed with the app's key (PROTOCOL 7, 9). */
#include "outbox.h"
#include "proof.h"
#include "schema.h"

#define TOKEN_LEAD_S 60u /* renewed so long before it expires */

struct challenge {
    uint64_t present;
    span nonce;
};
struct granted {
    uint64_t present;
    span access_token;
    uint64_t expires_at;
};

#define AT(type, member) .offset = offsetof(struct type, member)
static const struct schema_field challenge_fields[] = {
    {.name = "nonce", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(challenge, nonce)},
};
static const struct schema challenge_schema = SCHEMA_OPEN(struct challenge, challenge_fields);
static const struct schema_field granted_fields[] = {
    {.name = "access_token", .kind = FIELD_TEXT, .max = TOKEN_MAX / 2, AT(granted, access_token)},
    {.name = "expires_at", .kind = FIELD_INTEGER, .max = INT64_MAX, AT(granted, expires_at)},
};
static const struct schema granted_schema = SCHEMA_OPEN(struct granted, granted_fields);

static csign_code read_answer(span body, const struct schema *schema, void *into, struct buffer *scratch, csign_fault *fault)
{
    return schema_read_text(body, 4, scratch, schema, into, CSIGN_E_BODY_MALFORMED, CSIGN_E_BODY_MALFORMED, fault);
}

/* A token goes into a header: visible characters alone. */
static bool is_plain(span token)
{
    for (size_t i = 0; i < token.size; i++)
        if (token.data[i] <= ' ' || token.data[i] >= 0x7f)
            return false;
    return true;
}

static csign_code ask(struct outbox *o, span iss, uint64_t now, csign_fault *fault)
{
    uint8_t proof_memory[PROOF_MAX], body_memory[PROOF_MAX + 32], scratch_memory[TOKEN_MAX];
    struct buffer compact = buffer_open(proof_memory, sizeof proof_memory), body = buffer_open(body_memory, sizeof body_memory);
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    struct challenge challenge;
    struct granted granted;
    struct reply reply;
    TRY(client_set_token(o->client, span_of(NULL, 0)));
    TRY(client_post(o->client, "/v1/challenges", "application/json", SPAN("{}"), TOKEN_MAX, &reply, fault));
    TRY(read_answer(reply.body, &challenge_schema, &challenge, &scratch, fault));
    const struct proof proof = {.aud = iss, .nonce = challenge.nonce, .iat = now, .use = PROOF_TOKEN};
    TRY(proof_write(&compact, &proof, o->key));
    buffer_text(&body, "{\"proof\":\"");
    buffer_put(&body, buffer_span(&compact));
    buffer_text(&body, "\"}");
    TRY(client_post(o->client, "/v1/tokens", "application/json", buffer_span(&body), TOKEN_MAX, &reply, fault));
    TRY(read_answer(reply.body, &granted_schema, &granted, &scratch, fault));
    if (!is_plain(granted.access_token))
        return fault_set(fault, CSIGN_E_BODY_MALFORMED, "access_token", "not visible characters");
    TRY(client_set_token(o->client, granted.access_token));
    o->token_expires = granted.expires_at;
    o->has_token = true;
    return CSIGN_OK;
}

csign_code outbox_authenticate(struct outbox *o, span iss, csign_fault *fault)
{
    const uint64_t now = (uint64_t)newest_now(o->newest).now;
    if (o->has_token && now + TOKEN_LEAD_S < o->token_expires)
        return CSIGN_OK;
    o->has_token = false;
    return ask(o, iss, now, fault);
}
