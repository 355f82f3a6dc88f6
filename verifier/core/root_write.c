#include "root.h"
#include "base64.h"

static void put_number(struct buffer *out, const char *directive, uint64_t value)
{
    buffer_text(out, directive);
    buffer_byte(out, ' ');
    buffer_decimal(out, value);
    buffer_byte(out, '\n');
}

static void put_value(struct buffer *out, const char *before, span value)
{
    buffer_text(out, before);
    buffer_put(out, value);
}

static void put_vkey(struct buffer *out, const char *before, const struct vkey *vkey)
{
    buffer_text(out, before);
    vkey_write(out, vkey);
}

static void put_key(struct buffer *out, const char *before, const struct public_key *key)
{
    buffer_text(out, before);
    base64url_encode(out, span_of(key->bytes, sizeof key->bytes));
}

/* The end of a line: when it holds. */
static void put_validity(struct buffer *out, struct validity v)
{
    buffer_byte(out, ' ');
    buffer_decimal(out, (uint64_t)v.not_before);
    buffer_byte(out, ' ');
    buffer_decimal(out, (uint64_t)v.expires);
    buffer_byte(out, '\n');
}

static void put_logs(struct buffer *out, const char *before, const struct root_log *logs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_value(out, before, logs[i].vkey.name);
        put_vkey(out, " ", &logs[i].vkey);
        put_validity(out, logs[i].validity);
    }
}

static void put_vkeys(struct buffer *out, const char *before, const struct root_vkey *vkeys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_vkey(out, before, &vkeys[i].vkey);
        put_validity(out, vkeys[i].validity);
    }
}

void root_write(struct buffer *out, const struct root *root)
{
    buffer_text(out, "countersign/root/v1\n");
    put_value(out, "origin ", root->origin);
    buffer_text(out, root->kind == ROOT_TEST ? "\nkind test\n" : "\nkind production\n");
    put_number(out, "version", root->version);
    put_number(out, "issued", (uint64_t)root->issued);
    put_number(out, "expires", (uint64_t)root->expires);
    put_number(out, "threshold", root->threshold);
    for (size_t i = 0; i < root->key_count; i++) {
        put_vkey(out, "root ", &root->keys[i]);
        buffer_byte(out, '\n');
    }
    for (size_t i = 0; i < root->issuer_count; i++) {
        put_value(out, "issuer ", root->issuers[i].iss);
        put_value(out, " ", root->issuers[i].jurisdiction);
        put_key(out, " ", &root->issuers[i].key);
        put_validity(out, root->issuers[i].validity);
    }
    put_logs(out, "statuslog ", root->statuslogs, root->statuslog_count);
    put_logs(out, "releaselog ", root->releaselogs, root->releaselog_count);
    put_vkeys(out, "fresh ", root->fresh, root->fresh_count);
    put_number(out, "freshness", root->freshness);
    put_vkeys(out, "receipts ", root->receipts, root->receipts_count);
    for (size_t i = 0; i < root->statuslist_count; i++) {
        put_key(out, "statuslist ", &root->statuslists[i].key);
        put_validity(out, root->statuslists[i].validity);
    }
    for (size_t i = 0; i < root->policy_count; i++) {
        put_value(out, "policy ", root->policies[i].jurisdiction);
        put_vkey(out, " ", &root->policies[i].vkey);
        put_validity(out, root->policies[i].validity);
    }
    for (size_t i = 0; i < root->admin_count; i++) {
        put_value(out, "admin ", root->admins[i].authority);
        put_value(out, " ", root->admins[i].jurisdiction);
        put_vkey(out, " ", &root->admins[i].vkey);
        buffer_byte(out, '\n');
    }
}
