#include "binding.h"
#include "hash.h"
#include "status.h"
#include "trust.h"
#include "vocabulary.h"

#include <sodium.h>

enum activation_state { ACTIVATION_OPEN = 1, ACTIVATION_REDEEMED, ACTIVATION_VOIDED };

/* --- the code --- */

struct activation {
    span handle;
    char practitioner[CSIGN_ID_MAX], licence[CSIGN_ID_MAX], affiliation[CSIGN_ID_MAX];
    span practitioner_id, licence_id, affiliation_id; /* of the above */
    uint8_t code[CSIGN_HASH_SIZE];
    uint64_t expires_s, failures;
    int64_t state;
};

static span keep_id(char memory[CSIGN_ID_MAX], span id)
{
    struct buffer out = buffer_open(memory, CSIGN_ID_MAX);
    buffer_put(&out, id);
    return buffer_span(&out);
}

static csign_code code_wrong(csign_fault *fault, const char *reason)
{
    return fault_set(fault, CSIGN_E_CODE_WRONG, "code", reason);
}

/* What a code's handle names: code-wrong if there is none. */
static csign_code find_activation(struct binding_make *make, struct session *session, struct activation *ret)
{
    const span code = span_of(make->possession.code, make->possession.code_size);
    if (code.size <= CODE_HANDLE_SIZE + 1 || code.data[CODE_HANDLE_SIZE] != '-')
        return code_wrong(&make->fault, "not a handle of 12 characters, '-' and a secret");
    ret->handle = span_of(code.data, CODE_HANDLE_SIZE);
    struct query q = QUERY(session, SQL_BINDING_FIND_ACTIVATION, VALUE_TEXT(ret->handle));
    const bool found = query_row(&q);
    if (found) {
        query_bytes(&q, 0, ret->code, sizeof ret->code);
        ret->practitioner_id = keep_id(ret->practitioner, query_text(&q, 1));
        ret->licence_id = keep_id(ret->licence, query_text(&q, 2));
        ret->affiliation_id = keep_id(ret->affiliation, query_text(&q, 3));
        ret->expires_s = (uint64_t)query_integer(&q, 4);
        ret->failures = (uint64_t)query_integer(&q, 5);
        ret->state = query_integer(&q, 6);
    }
    TRY(query_close(&q));
    return found ? CSIGN_OK : code_wrong(&make->fault, "no such code");
}

static bool secret_is_right(const struct binding_make *make, const struct activation *activation)
{
    uint8_t hash[CSIGN_HASH_SIZE];
    hash_of(span_of(make->possession.code, make->possession.code_size), hash);
    return hash_equal(hash, activation->code);
}

/* A wrong secret is remembered, and so the operation does not fail. */
static csign_code count_failure(struct binding_make *make, struct session *session, const struct activation *activation)
{
    make->refusal = activation->failures + 1 < CODE_FAILURES_MAX
                        ? code_wrong(&make->fault, "not this secret")
                        : fault_set(&make->fault, CSIGN_E_CODE_LOCKED, "code", "too many wrong secrets");
    return RUN(session, SQL_BINDING_COUNT_FAILURE, VALUE_TEXT(activation->handle));
}

/* Of a code whose secret is right. */
static csign_code check_activation(struct binding_make *make, struct session *session, const struct activation *activation)
{
    if (activation->state != ACTIVATION_OPEN)
        return code_wrong(&make->fault, activation->state == ACTIVATION_REDEEMED ? "used before" : "voided");
    if (activation->expires_s <= session_time_ms(session) / 1000)
        return fault_set(&make->fault, CSIGN_E_CODE_EXPIRED, "code", "its time has run out");
    return CSIGN_OK;
}

/* --- binding --- */

static csign_code check_key(struct binding_make *make, struct session *session)
{
    const struct possession *p = &make->possession;
    if (trust_has_key(&make->registry->root, &p->key))
        return fault_set(&make->fault, CSIGN_E_KEY_ALREADY_BOUND, "jwk", "this key is one of the trust root's");
    struct query q = QUERY(session, SQL_BINDING_FIND_KEY, VALUE_BLOB(span_of(p->key.bytes, sizeof p->key.bytes)),
                           VALUE_BLOB(span_of(p->thumbprint, sizeof p->thumbprint)));
    const bool taken = query_row(&q);
    TRY(query_close(&q));
    return taken ? fault_set(&make->fault, CSIGN_E_KEY_ALREADY_BOUND, "jwk", "this key has, or had, a role") : CSIGN_OK;
}

static csign_code insert_binding(struct binding_make *make, struct session *session, const struct activation *activation)
{
    const struct possession *p = &make->possession;
    return RUN(session, SQL_BINDING_INSERT, VALUE_TEXT(activation->practitioner_id), VALUE_TEXT(activation->licence_id),
               VALUE_TEXT(activation->affiliation_id), VALUE_BLOB(span_of(p->thumbprint, sizeof p->thumbprint)),
               VALUE_BLOB(span_of(p->key.bytes, sizeof p->key.bytes)), VALUE_INTEGER(vocabulary_find(&storages, SPAN("file"))),
               VALUE_INTEGER(vocabulary_find(&user_auths, SPAN("none"))),
               VALUE_INTEGER(vocabulary_find(&proofings, SPAN("in_person"))), VALUE_INTEGER(session_time_ms(session)));
}

static csign_code run_make(struct operation *operation, struct session *session)
{
    struct binding_make *make = (struct binding_make *)operation;
    struct activation activation = {0};
    struct buffer practitioner = buffer_open(make->practitioner, sizeof make->practitioner - 1);
    make->refusal = CSIGN_OK;
    TRY(find_activation(make, session, &activation));
    if (activation.failures >= CODE_FAILURES_MAX)
        return fault_set(&make->fault, CSIGN_E_CODE_LOCKED, "code", "too many wrong secrets");
    if (!secret_is_right(make, &activation))
        return count_failure(make, session, &activation);
    TRY(check_activation(make, session, &activation));
    TRY(check_key(make, session));
    TRY(insert_binding(make, session, &activation));
    const int64_t binding = session_last_id(session);
    TRY(RUN(session, SQL_BINDING_REDEEM, VALUE_TEXT(activation.handle), VALUE_INTEGER(binding)));
    buffer_put(&practitioner, activation.practitioner_id);
    make->practitioner[practitioner.size] = 0;
    return status_allocate(make->registry, session, binding, REASON_UNSPECIFIED, NULL, &make->index, &make->fault);
}

csign_code binding_make_prepare(struct binding_make *make, const struct registry *registry, span proof, uint64_t now_ms)
{
    make->operation = (struct operation){.run = run_make};
    make->registry = registry;
    return possession_read(registry, PROOF_BINDING, proof, now_ms, &make->possession, &make->fault);
}

/* --- ending --- */

static csign_code run_end(struct operation *operation, struct session *session)
{
    struct binding_end *end = (struct binding_end *)operation;
    const struct status_ending ending = {END_REVOKED, REASON_KEY, session_time_ms(session), NULL};
    struct status_subject subject = {.scope = STATUS_OF_BINDING};
    struct query q = QUERY(session, SQL_BINDING_FIND_OWN,
                           VALUE_BLOB(span_of(end->possession.thumbprint, sizeof end->possession.thumbprint)));
    const bool found = query_row(&q);
    subject.binding = query_integer(&q, 0);
    const bool ended = query_integer(&q, 1) != 0;
    TRY(query_close(&q));
    end->has_index = false;
    if (!found)
        return fault_set(&end->fault, CSIGN_E_NOT_FOUND, "jwk", "this key was never bound");
    if (ended)
        return CSIGN_OK;
    TRY(status_find_open(session, subject.binding, &end->has_index, &end->index));
    TRY(RUN(session, SQL_BINDING_END_OWN, VALUE_INTEGER(subject.binding), VALUE_INTEGER(session_time_ms(session))));
    return status_end(end->registry, session, &subject, &ending, NULL);
}

csign_code binding_end_prepare(struct binding_end *end, const struct registry *registry, span proof, uint64_t now_ms)
{
    end->operation = (struct operation){.run = run_end};
    end->registry = registry;
    return possession_read(registry, PROOF_END, proof, now_ms, &end->possession, &end->fault);
}
