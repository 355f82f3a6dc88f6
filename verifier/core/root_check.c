#include "root_check.h"
#include "cursor.h"

#define FRESH_SECONDS_MAX (INT64_C(30) * 24 * 60 * 60) /* PROTOCOL 2: in production */

static csign_code malformed(csign_fault *fault, const char *directive, const char *reason)
{
    return fault_set(fault, CSIGN_E_ROOT_MALFORMED, directive, reason);
}

/* --- keys --- */

struct held_key {
    const char *directive;
    const struct public_key *key;
    const struct vkey *vkey; /* NULL where the line has a key without a name */
};

/* The key at a place among all lines that carry one, in their order. False behind the last. */
static bool key_at(const struct root *root, size_t place, struct held_key *ret)
{
#define LINES(name, list, count, member, named)                                                                   \
    if (place < root->count) {                                                                                    \
        *ret = (struct held_key){name, &root->list[place].member, named};                                         \
        return true;                                                                                              \
    }                                                                                                             \
    place -= root->count;
    LINES("root", keys, key_count, key, &root->keys[place])
    LINES("issuer", issuers, issuer_count, key, NULL)
    LINES("statuslog", statuslogs, statuslog_count, vkey.key, &root->statuslogs[place].vkey)
    LINES("releaselog", releaselogs, releaselog_count, vkey.key, &root->releaselogs[place].vkey)
    LINES("fresh", fresh, fresh_count, vkey.key, &root->fresh[place].vkey)
    LINES("receipts", receipts, receipts_count, vkey.key, &root->receipts[place].vkey)
    LINES("statuslist", statuslists, statuslist_count, key, NULL)
    LINES("policy", policies, policy_count, vkey.key, &root->policies[place].vkey)
    LINES("admin", admins, admin_count, vkey.key, &root->admins[place].vkey)
#undef LINES
    return false;
}

/* PROTOCOL, head: a key may stand on several lines of one kind, never of two. */
static csign_code check_keys(const struct root *root, csign_fault *fault)
{
    struct held_key a, b;
    for (size_t i = 0; key_at(root, i, &a); i++)
        for (size_t k = 0; k < i && key_at(root, k, &b); k++) {
            bool same = public_key_equal(a.key, b.key);
            if (same && strcmp(a.directive, b.directive) != 0)
                return malformed(fault, a.directive, "the key stands on a line of another kind");
            /* Two keys with one name and id: what one signs would read as a bad signature of the other. */
            if (!same && a.vkey && b.vkey && memcmp(a.vkey->id, b.vkey->id, sizeof a.vkey->id) == 0 &&
                span_equal(a.vkey->name, b.vkey->name))
                return malformed(fault, a.directive, "another key has this name and id");
        }
    return CSIGN_OK;
}

static csign_code check_threshold(const struct root *root, csign_fault *fault)
{
    size_t distinct = 0;
    for (size_t i = 0; i < root->key_count; i++) {
        size_t k = 0;
        while (k < i && !vkey_same_key(&root->keys[k], &root->keys[i]))
            k++;
        distinct += k == i;
    }
    if (root->threshold > distinct)
        return malformed(fault, "threshold", "more than there are distinct root keys");
    if (root->kind == ROOT_PRODUCTION && root->threshold < 2)
        return malformed(fault, "threshold", "less than 2 in production");
    return CSIGN_OK;
}

static csign_code check_freshness(const struct root *root, csign_fault *fault)
{
    size_t distinct = 0;
    for (size_t i = 0; i < root->fresh_count; i++) {
        struct validity v = root->fresh[i].validity;
        size_t k = 0;
        while (k < i && !vkey_same_key(&root->fresh[k].vkey, &root->fresh[i].vkey))
            k++;
        distinct += k == i;
        if (root->kind == ROOT_PRODUCTION && v.expires - v.not_before > FRESH_SECONDS_MAX)
            return malformed(fault, "fresh", "valid for more than 30 days in production");
    }
    return root->freshness <= distinct ? CSIGN_OK
                                       : malformed(fault, "freshness", "more than there are distinct fresh keys");
}

static csign_code check_admins(const struct root *root, csign_fault *fault)
{
    if (root->kind != ROOT_PRODUCTION)
        return CSIGN_OK;
    if (root->admin_count == 0)
        return malformed(fault, "admin", "no first officer in production");
    for (size_t i = 0; i < root->admin_count; i++) {
        size_t k = 0;
        /* Another person and another key, or nothing that takes two could ever be signed (PROTOCOL 5). */
        while (k < root->admin_count && (!span_equal(root->admins[k].authority, root->admins[i].authority) ||
                                         span_equal(root->admins[k].vkey.name, root->admins[i].vkey.name) ||
                                         vkey_same_key(&root->admins[k].vkey, &root->admins[i].vkey)))
            k++;
        if (k == root->admin_count)
            return malformed(fault, "admin", "an authority with less than two officers in production");
    }
    return CSIGN_OK;
}

/* --- origins --- */

static csign_code check_origin(const struct root *root, span origin, const char *directive, csign_fault *fault)
{
    bool test = span_ends(origin, SPAN(".test"));
    if (test == (root->kind == ROOT_TEST))
        return CSIGN_OK;
    return fault_set(fault, CSIGN_E_ROOT_KIND, directive,
                     test ? "ends in .test in a production root" : "does not end in .test in a test root");
}

/* One status log and at most one release log: several lines only change the key. */
static csign_code check_logs(const struct root *root, const struct root_log *logs, size_t count, const char *directive,
                             csign_fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        TRY(check_origin(root, logs[i].vkey.name, directive, fault));
        if (!span_equal(logs[i].vkey.name, logs[0].vkey.name))
            return malformed(fault, directive, "a second log");
    }
    return CSIGN_OK;
}

static bool host_is_valid(span host)
{
    for (size_t i = 0; i < host.size; i++) {
        uint8_t c = host.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
            return false;
    }
    return host.size > 0;
}

static bool port_is_valid(span port)
{
    uint64_t value;
    return port.size == 0 || (port.data[0] == ':' && port.size <= 6 &&
                              span_decimal(span_of(port.data + 1, port.size - 1), 65535, &value) && value > 0);
}

static bool path_is_valid(span path)
{
    for (size_t i = 0; i < path.size; i++) {
        uint8_t c = path.data[i], lower = c | 0x20u;
        bool plain = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (c == 0 || !strchr("-._~!$&'()*+,;=:@%/", c)))
            return false;
    }
    return path.size == 0 || path.data[path.size - 1] != '/';
}

/*
 * An https URL of host, port and path alone: it is compared byte for byte, so there is one way to write it. A test root
 * may name http on loopback (PROTOCOL 7).
 */
static bool issuer_is_valid(span iss, bool test)
{
    bool secure = span_starts(iss, SPAN("https://"));
    size_t from = secure ? 8 : 7;
    if (iss.size > CSIGN_STRING_MAX || (!secure && (!test || !span_starts(iss, SPAN("http://")))))
        return false;
    span rest = span_of(iss.data + from, iss.size - from);
    bool ip6 = span_starts(rest, SPAN("[::1]"));
    size_t host_end = ip6 ? 5 : 0;
    while (host_end < rest.size && rest.data[host_end] != ':' && rest.data[host_end] != '/')
        host_end++;
    size_t port_end = host_end;
    while (port_end < rest.size && rest.data[port_end] != '/')
        port_end++;
    span host = span_of(rest.data, host_end);
    ip6 = ip6 && host_end == 5;
    if (!secure && !ip6 && !span_equal(host, SPAN("127.0.0.1")) && !span_equal(host, SPAN("localhost")))
        return false;
    return (ip6 || host_is_valid(host)) && port_is_valid(span_of(rest.data + host_end, port_end - host_end)) &&
           path_is_valid(span_of(rest.data + port_end, rest.size - port_end));
}

csign_code root_check(const struct root *root, csign_fault *fault)
{
    TRY(check_origin(root, root->origin, "origin", fault));
    TRY(check_logs(root, root->statuslogs, root->statuslog_count, "statuslog", fault));
    TRY(check_logs(root, root->releaselogs, root->releaselog_count, "releaselog", fault));
    if (root->releaselog_count && span_equal(root->releaselogs[0].vkey.name, root->statuslogs[0].vkey.name))
        return malformed(fault, "releaselog", "it is the status log");
    for (size_t i = 0; i < root->issuer_count; i++)
        if (!issuer_is_valid(root->issuers[i].iss, root->kind == ROOT_TEST))
            return malformed(fault, "issuer", "not an https URL of host and path alone");
    TRY(check_threshold(root, fault));
    TRY(check_freshness(root, fault));
    TRY(check_admins(root, fault));
    return check_keys(root, fault);
}

/* --- signatures --- */

csign_code root_check_signatures(const struct root *root, const struct note *note, csign_fault *fault)
{
    bool signed_by[ROOT_KEYS_MAX] = {false};
    uint32_t signers = 0;
    for (size_t i = 0; i < root->key_count; i++) {
        csign_code code = note_verify(note, &root->keys[i], NULL);
        if (code == CSIGN_E_NOTE_UNSIGNED)
            continue;
        if (code != CSIGN_OK)
            return fault_set(fault, code, "root", "a signature of this key does not verify");
        signed_by[i] = true;
        size_t k = 0;
        while (k < i && !(signed_by[k] && vkey_same_key(&root->keys[k], &root->keys[i])))
            k++;
        signers += k == i;
    }
    if (signers < root->threshold)
        return fault_set(fault, CSIGN_E_ROOT_THRESHOLD, "threshold", "too few distinct root keys signed");
    return CSIGN_OK;
}

csign_code root_check_next(const struct root *root, const struct root *next, span bytes, csign_fault *fault)
{
    /* The signatures of the longest note: base64 makes four bytes of three. */
    uint8_t memory[CSIGN_ROOT_MAX / 4 * 3], hash[CSIGN_HASH_SIZE];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct note note;
    TRY(note_read(bytes, &scratch, &note, fault));
    note_hash(&note, hash);
    if (memcmp(hash, next->hash, sizeof hash) != 0)
        return fault_set(fault, CSIGN_E_ARGUMENT, "note", "not the note of the next root");
    if (!span_equal(root->origin, next->origin))
        return fault_set(fault, CSIGN_E_ROOT_KIND, "origin", "the root of another registry");
    if (root->kind != next->kind)
        return fault_set(fault, CSIGN_E_ROOT_KIND, "kind", "not the kind of the version before");
    if (root->version == INT64_MAX || next->version != root->version + 1)
        return fault_set(fault, CSIGN_E_ROOT_VERSION, "version", "not the version after the one held");
    TRY(root_check_signatures(root, &note, fault));
    return root_check_signatures(next, &note, fault);
}
