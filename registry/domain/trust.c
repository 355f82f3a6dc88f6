#include "trust.h"
#include "rows.h"

#include <stdlib.h>

struct load {
    struct operation operation;
    const struct registry *registry;
    const span *notes;
    const struct root *roots;
    size_t count;
    csign_fault *fault;
};

/* --- in the transaction --- */

static csign_code load_note(struct load *l, struct session *session, size_t i)
{
    const struct root *root = &l->roots[i];
    struct query q = QUERY(session, SQL_ROOT_NOTE_READ, VALUE_INTEGER(root->version));
    bool held = query_row(&q), same = held && span_equal(query_blob(&q, 0), span_of(root->hash, sizeof root->hash));
    TRY(query_close(&q));
    if (held)
        return same ? CSIGN_OK : fault_set(l->fault, CSIGN_E_CONFLICT, "root", "another note of this version is held");
    q = query_open(session, SQL_ROOT_NOTE_LAST, NULL, 0);
    bool has_last = query_row(&q) && !query_null(&q, 0);
    uint64_t last = (uint64_t)query_integer(&q, 0);
    TRY(query_close(&q));
    if (has_last && root->version != last + 1)
        return fault_set(l->fault, CSIGN_E_ROOT_VERSION, "root", "not the version after the one held");
    struct leaf leaf = {.type = LEAF_ROOT, .root = {.version = root->version}};
    memcpy(leaf.root.hash, root->hash, sizeof leaf.root.hash);
    TRY(RUN(session, SQL_ROOT_NOTE_INSERT, VALUE_INTEGER(root->version), VALUE_HASH(root->hash), VALUE_TEXT(l->notes[i])));
    return log_append(l->registry->log, &leaf);
}

/* The name of a first officer is the id that her vkey has: the root knows no other. */
static csign_code load_admin(struct session *session, const struct root_admin *admin, csign_fault *fault)
{
    uint8_t memory[NOTE_NAME_MAX + 64];
    struct buffer vkey = buffer_open(memory, sizeof memory);
    span name = admin->vkey.name;
    span id = span_of(name.data + admin->authority.size + 1, name.size - admin->authority.size - 1);
    vkey_write(&vkey, &admin->vkey);
    TRY(buffer_code(&vkey));
    TRY(RUN(session, SQL_AUTHORITY_ADD_JURISDICTION, VALUE_TEXT(admin->authority), VALUE_TEXT(admin->jurisdiction)));
    csign_code code = RUN(session, SQL_OFFICER_INSERT_FIRST, VALUE_TEXT(admin->authority), VALUE_TEXT(id), VALUE_TEXT(id),
                          VALUE_TEXT(SPAN("first-officer")), VALUE_TEXT(buffer_span(&vkey)),
                          VALUE_BLOB(span_of(admin->vkey.key.bytes, CSIGN_PUBLIC_KEY_SIZE)), VALUE_INTEGER(session_time_ms(session)));
    return code == CSIGN_E_CONFLICT ? fault_set(fault, code, "root", "the key of one of its admins is another officer's here") : code;
}

static csign_code run(struct operation *operation, struct session *session)
{
    struct load *l = (struct load *)operation;
    const struct root *newest = &l->registry->root;
    for (size_t i = 0; i < l->count; i++)
        TRY(load_note(l, session, i));
    TRY(query_run(session, SQL_AUTHORITY_FORGET_JURISDICTIONS, NULL, 0, NULL));
    for (size_t i = 0; i < newest->admin_count; i++)
        TRY(load_admin(session, &newest->admins[i], l->fault));
    return CSIGN_OK;
}

/* --- before it --- */

static csign_code read_roots(struct load *l, struct root *roots, struct buffer *scratch)
{
    for (size_t i = 0; i < l->count; i++) {
        TRY(root_read(l->notes[i], scratch, &roots[i], l->fault));
        if (i > 0)
            TRY(root_check_next(&roots[i - 1], &roots[i], l->notes[i], l->fault));
    }
    if (memcmp(roots[l->count - 1].hash, l->registry->root.hash, CSIGN_HASH_SIZE) != 0)
        return fault_set(l->fault, CSIGN_E_ROOT_VERSION, "root", "the newest note is not the root in use");
    return CSIGN_OK;
}

csign_code trust_load(const struct registry *registry, const span *notes, size_t count, csign_fault *fault)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        room += ROOT_SCRATCH(notes[i].size);
    if (count == 0)
        return fault_set(fault, CSIGN_E_ROOT_MISSING, "root", "no root note");
    struct root *roots = calloc(count, sizeof *roots);
    struct buffer scratch = buffer_open(malloc(room), room);
    struct load l = {
        .operation = {.run = run}, .registry = registry, .notes = notes, .roots = roots, .count = count, .fault = fault};
    csign_code code = CSIGN_E_NO_SPACE;
    if (roots && scratch.data)
        code = read_roots(&l, roots, &scratch);
    if (code == CSIGN_OK)
        code = store_perform(registry->store, &l.operation);
    free(scratch.data);
    free(roots);
    return code;
}

bool trust_has_key(const struct root *root, const struct public_key *key)
{
    bool has = false;
    for (size_t i = 0; i < root->key_count; i++)
        has |= public_key_equal(&root->keys[i].key, key);
    for (size_t i = 0; i < root->issuer_count; i++)
        has |= public_key_equal(&root->issuers[i].key, key);
    for (size_t i = 0; i < root->statuslog_count; i++)
        has |= public_key_equal(&root->statuslogs[i].vkey.key, key);
    for (size_t i = 0; i < root->releaselog_count; i++)
        has |= public_key_equal(&root->releaselogs[i].vkey.key, key);
    for (size_t i = 0; i < root->fresh_count; i++)
        has |= public_key_equal(&root->fresh[i].vkey.key, key);
    for (size_t i = 0; i < root->receipts_count; i++)
        has |= public_key_equal(&root->receipts[i].vkey.key, key);
    for (size_t i = 0; i < root->statuslist_count; i++)
        has |= public_key_equal(&root->statuslists[i].key, key);
    for (size_t i = 0; i < root->policy_count; i++)
        has |= public_key_equal(&root->policies[i].vkey.key, key);
    return has;
}
