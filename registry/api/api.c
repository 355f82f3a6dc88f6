#include "api.h"
#include "access.h"
#include "clock.h"
#include "cursor.h"
#include "nonce.h"
#include "proof.h"

#include <stdio.h>

#define CHARACTERS_OF_SECONDS 24

uint64_t api_now_ms(void)
{
    return clock_now_ms();
}

static struct api *api_of(const struct exchange *x)
{
    return exchange_context(x);
}

csign_code api_authenticate(void *context, span token, enum http_role *ret_role, struct buffer *caller, csign_fault *fault)
{
    static const enum http_role roles[] = {
        [ACCESS_OFFICER] = ROLE_OFFICER, [ACCESS_APP] = ROLE_APP, [ACCESS_CLINICIAN] = ROLE_CLINICIAN};
    const struct api *api = context;
    struct access access;
    TRY(access_check(api->registry, token, api_now_ms(), &access, fault));
    *ret_role = roles[access.role];
    buffer_put(caller, span_of(access.name, access.name_size));
    return CSIGN_OK;
}

/* --- answers --- */

struct buffer api_buffer(struct exchange *x, size_t capacity)
{
    uint8_t *memory = exchange_memory(x, capacity);
    struct buffer buffer = buffer_open(memory, memory ? capacity : 0);
    buffer.overflow = !memory;
    return buffer;
}

void api_answer_json(struct exchange *x, unsigned status, const struct buffer *body)
{
    if (body->overflow)
        api_problem(x, CSIGN_E_INTERNAL, NULL, "the answer is larger than was thought");
    else
        exchange_answer(x, status, "application/json", buffer_span(body), CACHE_NEVER);
}

void api_answer_note(struct exchange *x, const struct buffer *note, enum http_cache cache)
{
    if (note->overflow)
        api_problem(x, CSIGN_E_INTERNAL, NULL, "the answer is larger than was thought");
    else
        exchange_answer(x, 200, "text/plain; charset=utf-8", buffer_span(note), cache);
}

void api_problem(struct exchange *x, csign_code code, const char *field, const char *reason)
{
    csign_fault fault;
    exchange_problem(x, fault_set(&fault, code, field, reason), &fault);
}

struct session *api_reader(const struct exchange *x)
{
    return store_reader(api_registry(x)->store);
}

void api_reader_end(const struct exchange *x, struct session *session)
{
    store_reader_end(api_registry(x)->store, session);
}

span api_caller_body(const struct exchange *x)
{
    span caller = exchange_caller(x);
    const uint8_t *slash = caller.size ? memchr(caller.data, '/', caller.size) : NULL;
    return slash ? span_of(caller.data, (size_t)(slash - caller.data)) : caller;
}

void api_answer_viewer(struct exchange *x, size_t capacity, api_put put)
{
    struct buffer body = api_buffer(x, capacity);
    struct json_out o = json_out(&body);
    struct viewer viewer;
    csign_fault fault = {0};
    struct session *session = api_reader(x);
    csign_code code = viewer_open(session, api_caller_body(x), &viewer);
    if (code == CSIGN_OK)
        code = put(x, session, &viewer, &o, &fault);
    api_reader_end(x, session);
    if (code != CSIGN_OK)
        exchange_problem(x, code, fault.code == code ? &fault : NULL);
    else
        api_answer_json(x, 200, &body);
}

csign_code api_query_number(const struct exchange *x, const char *name, uint64_t absent, uint64_t min, uint64_t max, uint64_t *ret,
                            csign_fault *fault)
{
    span text = exchange_query(x, name);
    *ret = absent;
    if (text.data && (!span_decimal(text, max, ret) || *ret < min))
        return fault_set(fault, CSIGN_E_FIELD_INVALID, name, "not a whole number in its range");
    return CSIGN_OK;
}

/* --- what is written --- */

void *api_work_open(struct exchange *x, size_t size)
{
    struct api_work *work = exchange_memory(x, size);
    if (!work) {
        api_problem(x, CSIGN_E_UNAVAILABLE, NULL, "out of memory");
        return NULL;
    }
    work->x = x;
    exchange_set_state(x, work);
    return work;
}

static void on_done(struct operation *operation, csign_code code)
{
    struct api_work *work = operation->context;
    work->code = code;
    exchange_wake(work->x);
}

void api_submit(struct exchange *x, struct operation *operation, void (*resume)(struct exchange *x))
{
    operation->context = exchange_state(x);
    operation->done = on_done;
    exchange_wait(x, resume);
    csign_code code = atomic_load(&api_of(x)->open) ? store_submit(api_registry(x)->store, operation) : CSIGN_E_UNAVAILABLE;
    if (code != CSIGN_OK)
        on_done(operation, code);
}

/* --- proofs --- */

bool api_within_limit(struct exchange *x)
{
    struct api *api = api_of(x);
    uint64_t wait_s = 0;
    if (!api->limit || limit_take(api->limit, exchange_client(x), &wait_s))
        return true;
    char *text = exchange_memory(x, CHARACTERS_OF_SECONDS);
    if (text) {
        snprintf(text, CHARACTERS_OF_SECONDS, "%llu", (unsigned long long)wait_s);
        exchange_answer_header(x, "Retry-After", text);
    }
    api_problem(x, CSIGN_E_TOO_MANY, NULL, "from this address");
    return false;
}

bool api_give_nonce(struct exchange *x, span *ret, uint64_t *ret_expires_s)
{
    char *text = exchange_memory(x, NONCE_TEXT + 1);
    uint64_t expires_s;
    if (!text) {
        api_problem(x, CSIGN_E_UNAVAILABLE, NULL, "out of memory");
        return false;
    }
    nonce_give(api_registry(x)->nonces, api_now_ms(), text, &expires_s);
    exchange_answer_header(x, "Countersign-Nonce", text);
    if (ret)
        *ret = span_of(text, NONCE_TEXT);
    if (ret_expires_s)
        *ret_expires_s = expires_s;
    return true;
}

struct proof_body {
    uint64_t present;
    span proof;
};
static const struct schema_field proof_body_fields[] = {
    {"proof", FIELD_TEXT, false, PROOF_MAX, NULL, NULL, offsetof(struct proof_body, proof)},
};
static const struct schema proof_body_schema = SCHEMA(struct proof_body, proof_body_fields);

bool api_read_proof(struct exchange *x, bool limited, span *ret)
{
    span text = exchange_body(x);
    struct buffer scratch = api_buffer(x, text.size + 64);
    struct proof_body body;
    csign_fault fault;
    if (limited && !api_within_limit(x))
        return false;
    csign_code code = schema_read_text(text, 1, &scratch, &proof_body_schema, &body, CSIGN_E_BODY_MALFORMED,
                                       CSIGN_E_BODY_MALFORMED, &fault);
    if (code != CSIGN_OK) {
        if (api_give_nonce(x, NULL, NULL))
            exchange_problem(x, code, &fault);
        return false;
    }
    *ret = body.proof;
    return true;
}
