#include "deed_make.h"
#include "clock.h"
#include "deed_schema.h"
#include "files.h"
#include "hash.h"
#include "json_file.h"
#include "one_time_code.h"
#include "output.h"
#include "policy.h"
#include "uuid.h"

#include <sodium.h>

/* --- members of a file --- */

struct pair {
    span name, value;
};

static size_t read_pairs(struct call *call, span object, struct pair pairs[JSON_KEYS_MAX])
{
    struct json *j = call_memory(call, sizeof *j);
    struct buffer scratch = call_buffer(call, object.size + 1);
    size_t count = 0;
    json_open(j, object, JSON_FILE_DEPTH, &scratch);
    if (json_object(j))
        while (count < JSON_KEYS_MAX && json_member(j, &pairs[count].name) && json_skip(j, &pairs[count].value))
            count++;
    return count;
}

/* Copies them in the order of the schema: writers keep the order of PROTOCOL 5. */
static int put_members(struct call *call, struct json_out *o, const struct schema *schema, span object, const char *where)
{
    struct pair *pairs = call_memory(call, JSON_KEYS_MAX * sizeof *pairs);
    size_t count = read_pairs(call, object, pairs), put = 0;
    for (size_t f = 0; f < schema->count; f++)
        for (size_t i = 0; i < count; i++)
            if (span_equal(pairs[i].name, span_text(schema->fields[f].name))) {
                json_put_name(o, schema->fields[f].name);
                json_put_raw(o, pairs[i].value);
                pairs[i].name = (span){NULL, 0};
                put++;
            }
    for (size_t i = 0; i < count && put < count; i++)
        if (pairs[i].name.data)
            return fail(call, REFUSED, "take it out, or correct its name: PROTOCOL 5 lists the members of each kind",
                        "deed-malformed: no member of this kind, %s in %s", plain(call, pairs[i].name), where);
    return DONE;
}

/* --- members that are computed --- */

/* Of a policy: its id, version, hash and time are what its note says. */
static int put_policy(struct call *call, struct json_out *o, const char *path)
{
    span bytes;
    csign_fault fault;
    uint8_t hash[CSIGN_HASH_SIZE];
    struct note *note = call_memory(call, sizeof *note);
    struct policy *policy = call_memory(call, sizeof *policy);
    STEP(file_read(call, path, POLICY_NOTE_MAX, &bytes));
    struct buffer scratch = call_buffer(call, bytes.size), more = call_buffer(call, POLICY_SCRATCH(bytes.size));
    csign_code code = note_read(bytes, &scratch, note, &fault);
    if (code == CSIGN_OK)
        code = policy_read(note, &more, policy, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, REFUSED, code, &fault, path);
    note_hash(note, hash);
    json_put_text_member(o, "id", policy->id);
    json_put_integer_member(o, "version", policy->version);
    json_put_base64url_member(o, "note", span_of(hash, sizeof hash));
    json_put_integer_member(o, "effective_ms", policy->effective_from * 1000);
    return DONE;
}

static void put_code(struct call *call, struct json_out *o, span deed_id, span *ret_code)
{
    uint8_t hash[CSIGN_HASH_SIZE];
    *ret_code = one_time_code_make(call, deed_id);
    hash_of(*ret_code, hash);
    json_put_base64url_member(o, "code", span_of(hash, sizeof hash));
}

/* --- the deed --- */

static int check(struct call *call, const struct deed_making *m)
{
    const char *kind = vocabulary_word(&deed_kinds, m->kind);
    if (m->new_code && m->kind != DEED_ACTIVATE)
        return fail(call, USAGE, "leave it out", "a deed of kind %s has no code, --new-code", kind);
    if (m->policy_file && m->kind != DEED_POLICY_PUBLISH)
        return fail(call, USAGE, "leave it out", "a deed of kind %s is of no policy, --note", kind);
    return members_check(call, &m->given, m->kind);
}

static int put_json(struct call *call, struct deed_making *m, span id, struct json_out *o, span *ret_code)
{
    const struct schema *schema = deed_schema((enum deed_kind)m->kind);
    int64_t now = clock_now();
    STEP(check(call, m));
    if (m->members_file) {
        STEP(json_file_read(call, m->members_file, DEED_MAX, JSON_OBJECT, &m->members));
        m->members_name = m->members_file;
    }
    if (!m->members.data)
        members_set_now(&m->given, m->kind, now);
    json_put_object(o);
    json_put_text_member(o, "do", span_text(vocabulary_word(&deed_kinds, m->kind)));
    json_put_text_member(o, "at", m->at);
    json_put_integer_member(o, "valid_until", (uint64_t)(m->valid_until < 0 ? now + DEED_LIFE_S : m->valid_until));
    if (m->members.data)
        STEP(put_members(call, o, schema, m->members, m->members_name));
    if (m->policy_file)
        STEP(put_policy(call, o, m->policy_file));
    STEP(members_write(call, &m->given, m->kind, o));
    if (m->new_code)
        put_code(call, o, id, ret_code);
    json_end_object(o);
    return DONE;
}

int deed_make(struct call *call, struct deed_making *m, struct deed_note *ret, span *ret_code)
{
    struct buffer id = call_buffer(call, UUID_SIZE), json = call_buffer(call, 2 * DEED_MAX),
                  text = call_buffer(call, 3 * DEED_MAX);
    struct json_out o = json_out(&json);
    uint8_t random[10];
    *ret_code = (span){NULL, 0};
    randombytes_buf(random, sizeof random);
    uuid7_write(&id, clock_now_ms(), random);
    STEP(put_json(call, m, buffer_span(&id), &o, ret_code));
    if (json.overflow)
        return fail_code(call, REFUSED, CSIGN_E_TOO_LARGE, NULL, "the deed");
    deed_write(&text, span_text(m->origin), buffer_span(&id), buffer_span(&json));
    return deed_note_read(call, m->members_name ? m->members_name : "the deed", buffer_span(&text), ret);
}
