/*
 * The registry, as the command calls it: each call a row of a table, a key proven where the call asks for that, and a problem
 * told as every other error is.
 */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include "client.h"
#include "json.h"
#include "keys.h"
#include "options.h"
#include "schema.h"

/* What verbs that call a registry are asked for. Rows of an option table: */
struct remote_asked {
    const char *registry, *ca_file, *iss, *key, *passphrase_file;
    bool test;
};
#define ROWS_REGISTRY(a)                                                                                          \
    {"--registry", OPTION_TEXT, false, &(a)->registry, "URL", "of the registry; default: $COUNTERSIGN_REGISTRY", NULL, 0},  \
    {"--test", OPTION_FLAG, false, &(a)->test, NULL, "it is a test registry: http to this machine will do", NULL, 0},       \
    {"--ca-file", OPTION_TEXT, false, &(a)->ca_file, "FILE", "of certificates; default: the system's", NULL, 0}
#define ROWS_PROOF(a, whose)                                                                                      \
    {"--key", OPTION_TEXT, true, &(a)->key, "FILE", whose, NULL, 0},                                                        \
    {"--passphrase-file", OPTION_TEXT, false, &(a)->passphrase_file, "FILE", "of the key; else asked", NULL, 0},            \
    {"--iss", OPTION_TEXT, false, &(a)->iss, "ISS", "the registry's name as an issuer; default: its URL", NULL, 0}
#define ROWS_REGISTRY_COUNT 3u
#define ROWS_PROOF_COUNT    3u

struct remote {
    struct call *call;
    const struct remote_asked *asked;
    const char *url;
    struct client *client;
    struct key key; /* once opened */
    bool has_token;
};

/* USAGE for a URL that is none, or none at all. It asks the registry nothing yet. */
int remote_open(struct call *call, const struct remote_asked *asked, struct remote **ret);
/* Opens the key that is proven by what follows. */
int remote_open_key(struct remote *remote, enum key_purpose purpose);

enum remote_what {
    REMOTE_CHALLENGE,
    REMOTE_TOKEN,
    REMOTE_BINDING,
    REMOTE_CREDENTIAL,
    REMOTE_SUBMIT,
    REMOTE_DEEDS,
    REMOTE_DEED,
    REMOTE_POLICY,
    REMOTE_FILE,
    REMOTE_FILE_POST,
    REMOTE_INBOX,
    REMOTE_INBOX_POST,
    REMOTE_ROOT,
    REMOTE_CHECKPOINT,
    REMOTE_STATUS,
    REMOTE_FRESH,
    REMOTE_POLICY_NOTE
};

/*
 * Asks; where the call needs a token, one is had first by proving the key, and kept for the run. `tail` is put behind the path of
 * the row. A refusal is reported: REFUSED, or CANNOT where the registry cannot be reached or cannot answer. *ret holds until the
 * next call.
 */
int remote_ask(struct remote *remote, enum remote_what what, const char *tail, span body, struct reply *ret);
/* The same for a call whose body is a proof, of one use alone. `code` and `idx` are of those uses. */
int remote_prove(struct remote *remote, enum remote_what what, span code, uint64_t idx, struct reply *ret);
/* The same as remote_ask(), reporting nothing: for those who say what it means themselves. */
csign_code remote_try(struct remote *remote, enum remote_what what, const char *tail, struct reply *ret, csign_fault *fault);

/* Prints an answer as it came, in one line: what --json gives. */
int remote_print(struct remote *remote, const struct reply *reply);
/* Reads an answer by its schema, which is open: a registry may say more. CANNOT for one that is not what it must be. */
int remote_read(struct remote *remote, const struct reply *reply, const struct schema *schema, void *into);

#endif
