/*
 * The trust root (PROTOCOL 2): what is trusted, by whom and from when to when. Nothing is trusted that it does not name.
 */
#ifndef CORE_ROOT_H
#define CORE_ROOT_H

#include "note.h"

#define ROOT_KEYS_MAX  64u  /* root lines */
#define ROOT_LINES_MAX 256u /* lines of any other kind */

enum root_kind { ROOT_TEST, ROOT_PRODUCTION };

struct validity {
    int64_t not_before, expires; /* valid when not_before <= t < expires */
};

struct root_issuer {
    span iss, jurisdiction;
    struct public_key key;
    char kid[44]; /* RFC 7638 thumbprint in B64U, NUL-terminated */
    struct validity validity;
};
struct root_log { /* statuslog and releaselog; the origin is the vkey's name */
    struct vkey vkey;
    struct validity validity;
};
struct root_vkey { /* fresh and receipts */
    struct vkey vkey;
    struct validity validity;
};
struct root_statuslist {
    struct public_key key;
    struct validity validity;
};
struct root_policy {
    span jurisdiction;
    struct vkey vkey;
    struct validity validity;
};
struct root_admin {
    span authority, jurisdiction;
    struct vkey vkey;
};

/* Arrays and texts lie in the scratch buffer and in the note's bytes. */
struct root {
    span origin;
    enum root_kind kind;
    uint64_t version;
    int64_t issued, expires;
    uint32_t threshold;
    uint32_t freshness; /* k of `freshness <k>` */
    uint8_t hash[CSIGN_HASH_SIZE];
    const struct vkey *keys;
    const struct root_issuer *issuers;
    const struct root_log *statuslogs, *releaselogs;
    const struct root_vkey *fresh, *receipts;
    const struct root_statuslist *statuslists;
    const struct root_policy *policies;
    const struct root_admin *admins;
    size_t key_count, issuer_count, statuslog_count, releaselog_count, fresh_count, receipts_count, statuslist_count,
        policy_count, admin_count;
};

/* ROOT_SCRATCH(size of the note) bytes of scratch always suffice. */
#define ROOT_SCRATCH(size) ((size) * 8u + 4096u)

/*
 * Reads a root note and checks that the threshold of its own keys signed it, counted by distinct public key.
 * root-malformed with the line's directive as field, root-kind, root-threshold, note-…
 * `scratch` must outlive the root.
 */
csign_code root_read(span note, struct buffer *scratch, struct root *ret, csign_fault *fault);

/* The same of the text alone, whoever is still to sign it. */
csign_code root_read_text(span text, struct buffer *scratch, struct root *ret, csign_fault *fault);

/*
 * Whether `next`, whose note is `note`, follows `root`: exactly the next version of the same origin and kind, signed by
 * the threshold of both. root-version, root-kind, root-threshold.
 */
csign_code root_check_next(const struct root *root, const struct root *next, span note, csign_fault *fault);

/*
 * Appends the text of the root, without signature lines: exactly what root_read read. It writes what it is told; `hash`
 * and each `kid` are not used, and a log's origin is its vkey's name.
 */
void root_write(struct buffer *out, const struct root *root);

static inline bool validity_holds(struct validity v, int64_t t)
{
    return v.not_before <= t && t < v.expires;
}

#endif
