#include "policies.h"
#include "effects.h"
#include "policy_signer.h"
#include "rows.h"

#include <stdlib.h>

#define NAME_SIZE 24u /* of the note's hash, in the P leaf and in the path */

/* A policy with all the memory it points into. */
struct held {
    struct note note;
    struct policy policy;
    uint8_t *memory;
};

/* Copies and reads a note, and checks its signer; the caller frees `memory`, also after a failure. */
static csign_code read_held(const struct root *root, span bytes, struct held *ret, csign_fault *fault)
{
    const size_t room = 2 * bytes.size + POLICY_SCRATCH(bytes.size);
    ret->memory = malloc(room);
    struct buffer scratch = buffer_open(ret->memory, ret->memory ? room : 0);
    span copy = copy_span(&scratch, bytes);
    TRY(buffer_code(&scratch));
    TRY(note_read(copy, &scratch, &ret->note, fault));
    TRY(policy_read(&ret->note, &scratch, &ret->policy, fault));
    if (!span_equal(ret->policy.origin, root->origin))
        return fault_set(fault, CSIGN_E_POLICY_MALFORMED, "origin", "for another registry");
    return policy_check_signer(root, &ret->note, &ret->policy, fault);
}

/* --- taking one in --- */

struct policy_upload_inside {
    struct held held;
    span bytes;
};

static csign_code run_upload(struct operation *operation, struct session *session)
{
    struct policy_upload *u = (struct policy_upload *)operation;
    struct query q = QUERY(session, SQL_POLICY_NOTE_BY_VERSION, VALUE_TEXT(u->id), VALUE_INTEGER(u->version));
    bool held = query_row(&q), same = held && span_equal(query_blob(&q, 0), span_of(u->hash, sizeof u->hash));
    TRY(query_close(&q));
    if (held)
        return same ? CSIGN_OK : fault_set(&u->fault, CSIGN_E_CONFLICT, "version", "another note of this version is held");
    return RUN(session, SQL_POLICY_NOTE_INSERT, VALUE_BLOB(span_of(u->hash, NAME_SIZE)), VALUE_HASH(u->hash), VALUE_TEXT(u->id),
               VALUE_INTEGER(u->version), VALUE_TEXT(u->inside->bytes));
}

static csign_code prepare(const struct registry *registry, span note, span authority, struct policy_upload *u,
                          csign_fault *fault)
{
    struct policy_upload_inside *in = u->inside;
    TRY(read_held(&registry->root, note, &in->held, fault));
    in->bytes = span_of(in->held.memory, note.size);
    if (!span_equal(in->held.policy.authority, authority))
        return fault_set(fault, CSIGN_E_FORBIDDEN, "authority", "the policy is another authority's");
    memcpy(u->hash, in->held.policy.hash, sizeof u->hash);
    u->id = in->held.policy.id;
    u->version = in->held.policy.version;
    if (u->version > UINT32_MAX)
        return fault_set(fault, CSIGN_E_POLICY_MALFORMED, "version", "above 2^32-1, which is all that a leaf can name");
    return CSIGN_OK;
}

csign_code policy_upload_prepare(const struct registry *registry, span note, span authority, struct policy_upload **ret,
                                 csign_fault *fault)
{
    if (note.size > POLICY_NOTE_MAX)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "policy", "longer than 256 KiB");
    struct policy_upload *u = calloc(1, sizeof *u);
    if (u)
        u->inside = calloc(1, sizeof *u->inside);
    csign_code code = CSIGN_E_NO_SPACE;
    if (u && u->inside) {
        u->operation.run = run_upload;
        u->fault = (csign_fault){CSIGN_OK, "", "", 0};
        code = prepare(registry, note, authority, u, fault);
    }
    if (code == CSIGN_OK)
        *ret = u;
    else
        policy_upload_free(&u);
    return code;
}

void policy_upload_free(struct policy_upload **upload)
{
    if (*upload && (*upload)->inside)
        free((*upload)->inside->held.memory);
    if (*upload)
        free((*upload)->inside);
    free(*upload);
    *upload = NULL;
}

/* --- putting one in force --- */

/* What the deed says of the policy must be what the note says: the leaf is made of it. */
static csign_code check_named(struct acting *a, const struct policy *policy)
{
    const struct deed_policy_publish *d = &a->deed->policy_publish;
    if (!span_equal(policy->id, d->id))
        return fault_set(a->fault, CSIGN_E_FIELD_INVALID, "id", "the note has another");
    if (policy->version != d->version)
        return fault_set(a->fault, CSIGN_E_FIELD_INVALID, "version", "the note has another");
    if (policy->effective_from * 1000 != d->effective_ms)
        return fault_set(a->fault, CSIGN_E_FIELD_INVALID, "effective_ms", "not the note's effective_from in milliseconds");
    if (!span_equal(policy->authority, d->head.at))
        return fault_set(a->fault, CSIGN_E_FORBIDDEN, "authority", "the policy is another authority's");
    for (size_t i = 0; i < policy->applies_to.count; i++) {
        bool covers;
        TRY(authority_covers(a->session, d->head.at, policy->applies_to.items[i], &covers));
        if (!covers)
            return fault_set(a->fault, CSIGN_E_FOREIGN_JURISDICTION, "applies_to", "outside the authority's jurisdictions");
    }
    return CSIGN_OK;
}

/* The root may have changed since the note was taken in: who signs is asked again, since a gate will. */
csign_code policy_check_publish(struct acting *a)
{
    const struct deed_policy_publish *d = &a->deed->policy_publish;
    struct held held = {.memory = NULL};
    struct query q = QUERY(a->session, SQL_POLICY_NOTE_READ, VALUE_BLOB(span_of(d->note, NAME_SIZE)), VALUE_HASH(d->note));
    bool found = query_row(&q);
    csign_code code = CSIGN_OK;
    if (found) {
        code = read_held(&a->registry->root, query_text(&q, 0), &held, a->fault);
        if (code == CSIGN_OK)
            code = check_named(a, &held.policy);
    }
    free(held.memory);
    TRY(query_close(&q));
    return found ? code
                 : fault_set(a->fault, CSIGN_E_NOT_FOUND, "note", "not held: bring the policy first (POST /v1/policies)");
}

csign_code apply_policy_publish(struct acting *a, struct json_out *result)
{
    const struct deed_policy_publish *d = &a->deed->policy_publish;
    struct query q = QUERY(a->session, SQL_POLICY_VERSION_PUBLISHED, VALUE_TEXT(d->id));
    bool lower = query_row(&q) && !query_null(&q, 0) && (uint64_t)query_integer(&q, 0) >= d->version;
    TRY(query_close(&q));
    if (lower)
        return fault_set(a->fault, CSIGN_E_CONFLICT, "version", "this version or a higher one was published already");
    struct leaf leaf = {.type = LEAF_POLICY, .policy = {.version = (uint32_t)d->version, .effective_ms = d->effective_ms}};
    leaf_policy_id(d->id, leaf.policy.id);
    memcpy(leaf.policy.note, d->note, sizeof leaf.policy.note);
    TRY(log_append(a->registry->log, &leaf));
    json_put_base64url_member(result, "note", span_of(d->note, sizeof d->note));
    return RUN(a->session, SQL_POLICY_PUBLISH, VALUE_BLOB(span_of(d->note, NAME_SIZE)), VALUE_HASH(a->hash));
}
