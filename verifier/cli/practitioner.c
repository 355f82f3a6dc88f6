#include "practitioner.h"
#include "base64.h"
#include "clock.h"
#include "files.h"
#include "json_write.h"
#include "output.h"
#include "uuid.h"

#include <sodium.h>

#define FACTS_MAX     (16u * 1024u)
#define SCRATCH_MAX   (64u * 1024u)
#define AT(member)    .offset = offsetof(struct stored, member)

/* --- reading --- */

static int read_facts(struct call *call, span json, const char *where, struct credential *ret)
{
    static const char fix[] = "correct the member that is named; docs/tokens.md says what each may be";
    struct buffer scratch = call_buffer(call, SCRATCH_MAX);
    csign_fault fault;
    csign_code code = credential_read_practitioner(json, &scratch, ret, &fault);
    return code == CSIGN_OK ? DONE : fail_code_fix(call, REFUSED, code, &fault, where, fix);
}

static int read_holder(struct call *call, const char *holder, struct public_key *ret)
{
    struct key_file file;
    if (!public_key_read(span_text(holder), ret)) {
        STEP(key_read(call, holder, &file));
        if (file.purpose != KEY_HOLDER)
            return fail(call, REFUSED, "give the key that she made with `key new --purpose holder`",
                        "a key for %s, purpose in %s", key_purpose_word(file.purpose), holder);
        *ret = file.key;
    }
    return public_key_is_sound(ret) ? DONE : fail_code(call, REFUSED, CSIGN_E_HOLDER_KEY_BAD, NULL, "--holder");
}

int practitioner_read(struct call *call, const char *path, const char *holder, struct practitioner *ret)
{
    STEP(file_read(call, path, FACTS_MAX, &ret->json));
    STEP(read_facts(call, ret->json, path, &ret->facts));
    return read_holder(call, holder, &ret->holder);
}

/* --- storing --- */

struct stored {
    uint64_t present;
    span sub;
    uint8_t holder[CSIGN_PUBLIC_KEY_SIZE];
    span facts;
};
static const struct schema_field stored_fields[] = {
    {.name = "sub", .kind = FIELD_ID, AT(sub)},
    {.name = "holder", .kind = FIELD_DIGEST, AT(holder)},
    {.name = "facts", .kind = FIELD_RAW, AT(facts)},
};
static const struct schema stored_schema = SCHEMA(struct stored, stored_fields);

static const char *stored_path(struct state_folder *f, uint64_t index)
{
    return call_format(f->call, "%s/practitioners/%llu.json", f->path, (unsigned long long)index);
}

int practitioner_store(struct state_folder *f, const struct practitioner *person, uint64_t index)
{
    const char *path = stored_path(f, index);
    struct buffer text = call_buffer(f->call, FACTS_MAX + 1024);
    struct json_out o = json_out(&text);
    json_put_object(&o);
    json_put_text_member(&o, "sub", person->facts.sub);
    json_put_base64url_member(&o, "holder", span_of(person->holder.bytes, sizeof person->holder.bytes));
    json_put_name(&o, "facts");
    json_put_raw(&o, person->json);
    json_end_object(&o);
    STEP(folder_make_above(f->call, path));
    return file_write(f->call, path, buffer_span(&text));
}

static int load_stored(struct state_folder *f, uint64_t index, struct stored *ret)
{
    const char *path = stored_path(f, index);
    span text;
    csign_fault fault;
    struct buffer scratch = call_buffer(f->call, 4096);
    STEP(file_read(f->call, path, FACTS_MAX + 1024, &text));
    csign_code code = schema_read_text(text, TOKEN_DEPTH_MAX + 1, &scratch, &stored_schema, ret, CSIGN_E_MALFORMED_JSON,
                                       CSIGN_E_MALFORMED_CLAIMS, &fault);
    return code == CSIGN_OK ? DONE : fail_code(f->call, CANNOT, code, &fault, path);
}

/* The code of how an index ended; CSIGN_OK while it is live. */
static csign_code ended(const struct status *status, uint64_t index)
{
    static const csign_code codes[] = {CSIGN_OK, CSIGN_E_REVOKED, CSIGN_E_SUSPENDED, CSIGN_E_SUPERSEDED};
    if (index < status->floor)
        return CSIGN_E_RETIRED;
    return codes[status_ended(status, index)];
}

int practitioner_load(struct state_folder *f, uint64_t index, struct practitioner *ret)
{
    const char *where = call_format(f->call, "--index %llu", (unsigned long long)index);
    struct stored stored;
    if (index >= state_status(f)->bindings)
        return fail_code(f->call, REFUSED, CSIGN_E_BINDING_UNKNOWN, NULL, where);
    csign_code code = ended(state_status(f), index);
    if (code != CSIGN_OK)
        return fail_code(f->call, REFUSED, code, NULL, where);
    STEP(load_stored(f, index, &stored));
    ret->json = stored.facts;
    STEP(read_facts(f->call, stored.facts, stored_path(f, index), &ret->facts));
    ret->facts.sub = stored.sub;
    memcpy(ret->holder.bytes, stored.holder, sizeof ret->holder.bytes);
    return DONE;
}

/* --- checking --- */

int practitioners_load(struct state_folder *f, struct bound **ret)
{
    const uint64_t count = state_status(f)->bindings;
    *ret = call_memory(f->call, (size_t)count * sizeof **ret);
    for (uint64_t index = 0; index < count; index++) {
        struct stored stored;
        STEP(load_stored(f, index, &stored));
        (*ret)[index].sub = stored.sub;
        memcpy((*ret)[index].holder.bytes, stored.holder, sizeof stored.holder);
    }
    return DONE;
}

/* A holder key is bound to one person, and has at most one live index (PROTOCOL 3 and 5). */
static int check_key_is_free(struct state_folder *f, const struct bound *bound, uint64_t count, struct practitioner *person)
{
    for (uint64_t index = 0; index < count; index++) {
        if (!public_key_equal(&bound[index].holder, &person->holder))
            continue;
        if (!person->facts.sub.data)
            person->facts.sub = bound[index].sub; /* the same person again, under a new index */
        if (!span_equal(person->facts.sub, bound[index].sub))
            return fail_code(f->call, REFUSED, CSIGN_E_KEY_ALREADY_BOUND,
                             &(csign_fault){CSIGN_E_KEY_ALREADY_BOUND, "--holder", "to another practitioner", 0}, "this registry");
        if (index >= state_status(f)->bindings || ended(state_status(f), index) == CSIGN_OK)
            return fail(f->call, REFUSED, call_format(f->call, "end it first: `countersign state end %s --index %llu --code "
                                                               "superseded`", f->path, (unsigned long long)index),
                        "the key has a live index already, --holder");
    }
    return DONE;
}

static bool issues(const struct root_issuer *line, span code, int64_t at)
{
    return validity_holds(line->validity, at) && jurisdiction_covers(line->jurisdiction, code);
}

static int check_jurisdictions(struct state_folder *f, const struct practitioner *person, int64_t at)
{
    const struct root *root = state_root(f);
    const struct text_list *codes = &person->facts.jurisdiction;
    for (size_t i = 0; i < codes->count; i++) {
        size_t line = 0;
        while (line < root->issuer_count && !issues(&root->issuers[line], codes->items[i], at))
            line++;
        if (line == root->issuer_count)
            return fail(f->call, REFUSED, "correct the jurisdiction, or make a test registry with --jurisdiction for it",
                        "the root has no issuer for it, jurisdiction %s", call_text(f->call, codes->items[i]));
    }
    return DONE;
}

int practitioner_admit(struct state_folder *f, const struct bound *bound, uint64_t count, struct practitioner *person, int64_t at)
{
    STEP(check_jurisdictions(f, person, at));
    STEP(check_key_is_free(f, bound, count, person));
    if (!person->facts.sub.data) {
        uint8_t random[10];
        struct buffer sub = call_buffer(f->call, UUID_SIZE + 1);
        randombytes_buf(random, sizeof random);
        uuid7_write(&sub, (uint64_t)at * 1000, random);
        person->facts.sub = buffer_span(&sub);
    }
    return DONE;
}

/* --- vouching --- */

void practitioner_commit(const struct root *root, const struct practitioner *person, uint8_t ret[CSIGN_HASH_SIZE])
{
    uint8_t thumbprint[CSIGN_HASH_SIZE];
    public_key_thumbprint(&person->holder, thumbprint);
    leaf_binding_commit(root->issuers[0].iss, person->facts.sub, thumbprint, ret);
}

int practitioner_credential(struct state_folder *f, const struct practitioner *person, uint64_t index,
                            const struct key *issuer, int64_t at, int64_t life, span *ret)
{
    const struct root *root = state_root(f);
    const char *iss = call_text(f->call, root->issuers[0].iss);
    struct credential c = person->facts;
    struct credential_secrets secrets;
    uint8_t thumbprint[CSIGN_HASH_SIZE];
    struct buffer kid = call_buffer(f->call, 44), out = call_buffer(f->call, CSIGN_SIGN_OFF_MAX);
    STEP(check_jurisdictions(f, person, at));
    public_key_thumbprint(&issuer->public, thumbprint);
    base64url_encode(&kid, span_of(thumbprint, sizeof thumbprint));
    randombytes_buf(&secrets, sizeof secrets);
    c.kid = buffer_span(&kid);
    c.iss = span_text(iss);
    c.vct = span_text(call_format(f->call, "%s/vct/practitioner/1", iss));
    c.iat = c.nbf = (uint64_t)at;
    c.exp = (uint64_t)(at + life);
    c.cnf.jwk.x = person->holder;
    c.status.status_list.idx = index & 0xFFFFFFu;
    c.status.status_list.uri = span_text(call_format(f->call, "%s/status/list/%llu", iss, (unsigned long long)(index >> 24)));
    c.status.countersign.origin = root->statuslogs[0].vkey.name;
    c.status.countersign.idx = index;
    c.test = root->kind == ROOT_TEST;
    csign_code code = credential_write(&out, &c, &secrets, issuer->signing);
    *ret = buffer_span(&out);
    return code == CSIGN_OK ? DONE : fail_code(f->call, CANNOT, code, NULL, "the credential");
}
