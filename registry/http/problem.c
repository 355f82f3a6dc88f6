/* Problem documents (RFC 9457), made from the table of codes. */
#include "json_write.h"
#include "serving.h"

/* The status of the codes that have one of their own; the others go by their row. */
static const struct {
    csign_code code;
    unsigned status;
} statuses[] = {
    {CSIGN_E_REPLAY, 409},          {CSIGN_E_PERMIT_EXPIRED, 409},  {CSIGN_E_AUDIT_BACKLOG, 503},
    {CSIGN_E_OUTBOX_FULL, 503},     {CSIGN_E_EQUIVOCATION, 409},    {CSIGN_E_ARGUMENT, 400},
    {CSIGN_E_TOO_LARGE, 413},       {CSIGN_E_UNAUTHENTICATED, 401}, {CSIGN_E_NONCE_UNKNOWN, 401},
    {CSIGN_E_NOT_FOUND, 404},       {CSIGN_E_CONFLICT, 409},        {CSIGN_E_KEY_ALREADY_BOUND, 409},
    {CSIGN_E_STANDING_ORDER, 409},  {CSIGN_E_DUPLICATE_PERSON, 409}, {CSIGN_E_DEED_REPLAYED, 409},
    {CSIGN_E_DEED_EXPIRED, 409},    {CSIGN_E_SEQUENCE_GAP, 409},    {CSIGN_E_CODE_EXPIRED, 410},
    {CSIGN_E_TOO_MANY, 429},        {CSIGN_E_UNAVAILABLE, 503},     {CSIGN_E_BODY_MALFORMED, 400},
    {CSIGN_E_FIELD_INVALID, 422},
};

static unsigned status_of(csign_code code)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].code == code)
            return statuses[i].status;
    switch (code / 100) {
    case 16: /* loading: what was sent is not what it should be */
        return 422;
    case 17: /* calls: our own */
        return 500;
    default: /* a refusal of the gate, or of who asks */
        return 403;
    }
}

static bool has_header(const struct exchange *x, const char *name)
{
    for (const struct answer_header *h = x->headers; h; h = h->next)
        if (strcmp(h->name, name) == 0)
            return true;
    return false;
}

static void put_optional(struct json_out *json, const char *name, const char *text)
{
    if (text && *text)
        json_put_text_member(json, name, span_text(text));
}

static void answer(struct exchange *x, unsigned status, csign_code code, const csign_fault *fault, const char *name,
                   uint64_t value)
{
    const char *field = fault && fault->field ? fault->field : "", *reason = fault && fault->reason ? fault->reason : "";
    const char *title = csign_code_sentence(code), *fix = csign_code_fix(code);
    /* An escaped byte is at most six. */
    size_t capacity = 256 + strlen(title) + strlen(fix) + 6 * (strlen(field) + strlen(reason));
    uint8_t *memory = exchange_memory(x, capacity);
    if (!memory)
        return;
    struct buffer body = buffer_open(memory, capacity);
    struct json_out json = json_out(&body);
    json_put_object(&json);
    json_put_text_member(&json, "type", SPAN("about:blank"));
    json_put_text_member(&json, "title", span_text(title));
    json_put_integer_member(&json, "status", status);
    json_put_text_member(&json, "code", span_text(csign_code_name(code)));
    put_optional(&json, "field", field);
    put_optional(&json, "detail", reason);
    put_optional(&json, "fix", fix);
    if (name)
        json_put_integer_member(&json, name, value);
    json_end_object(&json);

    if (status == 401 && !has_header(x, "WWW-Authenticate"))
        exchange_answer_header(x, "WWW-Authenticate", "Bearer");
    if ((status == 429 || status == 503) && !has_header(x, "Retry-After"))
        exchange_answer_header(x, "Retry-After", "1");
    exchange_answer(x, status, "application/problem+json", buffer_span(&body), CACHE_NEVER);
}

void exchange_problem(struct exchange *x, csign_code code, const csign_fault *fault)
{
    answer(x, status_of(code), code, fault, NULL, 0);
}

void exchange_problem_with(struct exchange *x, csign_code code, const csign_fault *fault, const char *name, uint64_t value)
{
    answer(x, status_of(code), code, fault, name, value);
}

void exchange_problem_as(struct exchange *x, unsigned status, csign_code code, const csign_fault *fault)
{
    answer(x, status, code, fault, NULL, 0);
}
