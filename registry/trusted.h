/*
 * What the registry is by its files: the trust roots of its folder, and which of its sealed keys the newest of them names, now. A key is
 * found by its public key: to change one, a new file is put beside the old one and the next root names it.
 */
#ifndef REGISTRY_TRUSTED_H
#define REGISTRY_TRUSTED_H

#include "config.h"
#include "keys.h"
#include "log.h"
#include "root.h"

#define TRUSTED_ROOTS_MAX 4096u

/* A key file, and the line of the root that it stands on. */
struct trusted_key {
    const char *path;
    enum key_purpose purpose;
    struct vkey vkey; /* of statuslog, fresh and receipts */
    struct validity validity;
};

struct trusted {
    const span *notes; /* the roots, oldest first */
    size_t note_count;
    struct root root; /* the newest */
    const struct root_issuer *issuer; /* its line for `iss` and the key below */
    struct trusted_key issuer_key, statuslog, receipts, statuslist; /* of the last two: path NULL if there is none */
    struct trusted_key fresh[LOG_FRESH_KEYS_MAX];
    size_t fresh_count;
};

/* Reads the folder of roots: each well-formed, each the successor of the one before. */
int trusted_read_roots(struct call *call, const struct config *config, struct trusted *ret);
/*
 * Finds the key files that the newest root names at `now`. It opens none, and asks for no passphrase. Refuses a root that has
 * expired, one that does not name the issuer, and one whose lines of a purpose name none of the files.
 */
int trusted_find_keys(struct call *call, const struct config *config, int64_t now, struct trusted *trusted);
/* http is allowed to loopback only, and only with a test root (PROTOCOL 7). */
int trusted_check_base_url(struct call *call, const struct config *config, const struct trusted *trusted);

#endif
