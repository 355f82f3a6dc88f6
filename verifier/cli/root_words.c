#include "root_words.h"
#include "base64.h"
#include "date.h"
#include "hash.h"
#include "output.h"

const char *hash_text(struct call *call, const uint8_t hash[CSIGN_HASH_SIZE])
{
    struct buffer text = call_buffer(call, 64);
    base64url_encode(&text, span_of(hash, CSIGN_HASH_SIZE));
    return (const char *)text.data;
}

static const char *day(struct call *call, int64_t t)
{
    struct buffer text = call_buffer(call, 32);
    date_write(&text, date_of(t, 0));
    return (const char *)text.data;
}

const char *root_kind_word(const struct root *root)
{
    return root->kind == ROOT_TEST ? "test" : "production";
}

/* --- a root in words --- */

static void put(struct buffer *out, const char *line)
{
    buffer_text(out, line);
    buffer_byte(out, '\n');
}

static const char *during(struct call *call, struct validity v)
{
    return call_format(call, "from %s until %s", day(call, v.not_before), day(call, v.expires));
}

static void put_keys(struct call *call, struct buffer *out, const struct root *root)
{
    for (size_t i = 0; i < root->key_count; i++)
        put(out, call_format(call, "  root key    %s may sign roots", plain(call, root->keys[i].name)));
    for (size_t i = 0; i < root->issuer_count; i++)
        put(out, call_format(call, "  issuer      %s for %s, key %s, %s", plain(call, root->issuers[i].iss),
                             plain(call, root->issuers[i].jurisdiction), root->issuers[i].kid, during(call, root->issuers[i].validity)));
    for (size_t i = 0; i < root->statuslog_count; i++)
        put(out, call_format(call, "  status log  %s, %s", plain(call, root->statuslogs[i].vkey.name), during(call, root->statuslogs[i].validity)));
    for (size_t i = 0; i < root->releaselog_count; i++)
        put(out, call_format(call, "  release log %s, %s", plain(call, root->releaselogs[i].vkey.name), during(call, root->releaselogs[i].validity)));
    for (size_t i = 0; i < root->fresh_count; i++)
        put(out, call_format(call, "  fresh       %s, %s", plain(call, root->fresh[i].vkey.name), during(call, root->fresh[i].validity)));
    for (size_t i = 0; i < root->receipts_count; i++)
        put(out, call_format(call, "  receipts    %s, %s", plain(call, root->receipts[i].vkey.name), during(call, root->receipts[i].validity)));
    for (size_t i = 0; i < root->statuslist_count; i++)
        put(out, call_format(call, "  status list %s", during(call, root->statuslists[i].validity)));
    for (size_t i = 0; i < root->policy_count; i++)
        put(out, call_format(call, "  policy      %s for %s, %s", plain(call, root->policies[i].vkey.name),
                             plain(call, root->policies[i].jurisdiction), during(call, root->policies[i].validity)));
    for (size_t i = 0; i < root->admin_count; i++)
        put(out, call_format(call, "  officer     %s for %s", plain(call, root->admins[i].vkey.name), plain(call, root->admins[i].jurisdiction)));
}

const char *root_words(struct call *call, const struct root *root)
{
    struct buffer out = call_buffer(call, 16u * CSIGN_ROOT_MAX);
    put(&out, call_format(call, "%s   %s root, version %llu", plain(call, root->origin), root_kind_word(root), (unsigned long long)root->version));
    put(&out, call_format(call, "  issued      %s, expires %s", day(call, root->issued), day(call, root->expires)));
    put(&out, call_format(call, "  signed by   %u of %zu root keys", root->threshold, root->key_count));
    put_keys(call, &out, root);
    put(&out, call_format(call, "  evidence    as of the newest time that %u freshness key%s cosigned", root->freshness,
                          root->freshness > 1 ? "s" : ""));
    put(&out, call_format(call, "  hash        %s", hash_text(call, root->hash)));
    return (const char *)out.data;
}

/* --- what changes --- */

static bool next_line(const char **rest, span *ret)
{
    const char *end = strchr(*rest, '\n');
    if (!end)
        return false;
    *ret = span_of(*rest, (size_t)(end - *rest));
    *rest = end + 1;
    return true;
}

static bool has_line(const char *text, span line)
{
    span one;
    while (next_line(&text, &one))
        if (span_equal(one, line))
            return true;
    return false;
}

static void put_missing(struct buffer *out, const char *from, const char *in, char sign)
{
    span line;
    while (next_line(&from, &line))
        if (!has_line(in, line)) {
            buffer_byte(out, (uint8_t)sign);
            buffer_put(out, line);
            buffer_byte(out, '\n');
        }
}

const char *root_changes(struct call *call, const struct root *before, const struct root *after)
{
    const char *old = root_words(call, before), *new = root_words(call, after);
    struct buffer out = call_buffer(call, strlen(old) + strlen(new) + 4096);
    put_missing(&out, old, new, '-');
    put_missing(&out, new, old, '+');
    return (const char *)out.data;
}
