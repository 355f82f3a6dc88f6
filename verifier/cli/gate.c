/* countersign gate: a gate that follows a registry, served over HTTP and JSON to programs of this machine. */
#include "files.h"
#include "gate_workers.h"
#include "keys.h"
#include "options.h"
#include "output.h"
#include "server.h"
#include "verbs.h"

#include <sodium.h>
#include <signal.h>
#include <stdio.h>

struct asked {
    const char *listen, *registry, *root, *deployment, *file, *key, *passphrase_file, *overlay, *ca_file;
    uint8_t root_hash[CSIGN_HASH_SIZE];
    bool test, offline;
};

static void print_line(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "countersign gate: %s\n", line);
}

/* The app's key must have the deployment's name: batches are signed in it. */
static int open_key(struct call *call, const struct asked *asked, const uint8_t **ret_seed)
{
    struct keyring ring = {.call = call, .passphrase_file = asked->passphrase_file};
    struct key key;
    if (!asked->key)
        return DONE;
    STEP(key_open(&ring, asked->key, KEY_APP, &key));
    if (!span_equal(key.name, span_text(asked->deployment)))
        return fail(call, REFUSED, "give the key of this deployment", "the key has another name than the deployment, %s", asked->key);
    *ret_seed = key.signing->seed_and_public; /* the seed is in front */
    return DONE;
}

static int open_sync(struct call *call, const struct asked *asked, csign_sync **ret)
{
    csign_sync_options options = {.struct_size = sizeof options, .base_url = asked->registry, .file = asked->file,
                                  .deployment = span_text(asked->deployment), .accept_test = asked->test,
                                  .offline = asked->offline, .ca_file = asked->ca_file, .log = print_line};
    csign_fault fault = {CSIGN_OK, "", "", 0};
    if (!sodium_is_zero(asked->root_hash, sizeof asked->root_hash))
        options.root_hash = asked->root_hash;
    if (asked->root)
        STEP(file_read(call, asked->root, CSIGN_ROOT_MAX, &options.root));
    if (asked->overlay)
        STEP(file_read(call, asked->overlay, CSIGN_OVERLAY_MAX + 1, &options.overlay));
    if (asked->root && options.root_hash)
        return fail(call, USAGE, "give one of the two", "a root and a hash, %s", asked->root);
    STEP(open_key(call, asked, &options.app_seed));
    csign_code code = csign_sync_open(&options, ret, &fault);
    return code == CSIGN_OK ? DONE : fail_code(call, code == CSIGN_E_ARGUMENT ? USAGE : CANNOT, code, &fault, asked->file);
}

/* Serves until it is told to end. */
static int serve(struct call *call, const struct asked *asked, struct gate_service *service, const sigset_t *ends)
{
    const struct server_options options = {.listen = asked->listen, .routes = gate_routes, .route_count = gate_route_count,
                                           .context = service};
    struct server *server = NULL;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code code = server_open(&options, &server, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, CANNOT, code, &fault, asked->listen);
    say("%s", server_address(server));
    int signal = 0, ended = put_out(call, SPAN(""));
    while (ended == DONE && sigwait(ends, &signal) != 0)
        continue;
    server_close(&server);
    return ended;
}

static int follow_and_serve(struct call *call, const struct asked *asked)
{
    struct gate_service service = {.is_unix = strncmp(asked->listen, "unix:", 5) == 0};
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL); /* before there are other threads, which take it over */
    signal(SIGPIPE, SIG_IGN);
    STEP(open_sync(call, asked, &service.sync));
    csign_code code = gate_workers_open(service.sync, &service.workers);
    int ended = code == CSIGN_OK ? serve(call, asked, &service, &ends) : fail_code(call, CANNOT, code, NULL, "the workers");
    gate_workers_close(&service.workers);
    csign_sync_close(&service.sync);
    return ended;
}

int verb_gate(struct call *call)
{
    struct asked a = {0};
    const struct option options[] = {
        {"--listen", OPTION_TEXT, true, &a.listen, "WHERE", "unix:PATH, or an address of this machine: 127.0.0.1:PORT", NULL, 0},
        {"--registry", OPTION_TEXT, false, &a.registry, "URL", "whom to follow; needed unless --offline", NULL, 0},
        {"--deployment", OPTION_TEXT, true, &a.deployment, "ID", "which one this is: the audience of its sign-offs", NULL, 0},
        {"--file", OPTION_TEXT, true, &a.file, "FILE", "where it keeps its marks, the log and the receipts; made if it is not there",
         NULL, 0},
        {"--root-hash", OPTION_HASH, false, &a.root_hash, "HASH", "the trust root that you pin; not needed again once FILE holds one",
         NULL, 0},
        {"--root", OPTION_TEXT, false, &a.root, "NOTE", "the trust root itself, instead", NULL, 0},
        {"--test", OPTION_FLAG, false, &a.test, NULL, "accept test roots, and no others", NULL, 0},
        {"--offline", OPTION_FLAG, false, &a.offline, NULL, "declared offline: fetch nothing, decide with what FILE holds", NULL, 0},
        {"--key", OPTION_TEXT, false, &a.key, "KEY", "the app's key file: without it receipts wait, and in the end releases stop",
         NULL, 0},
        {"--passphrase-file", OPTION_TEXT, false, &a.passphrase_file, "FILE", "of the app's key; else asked", NULL, 0},
        {"--overlay", OPTION_TEXT, false, &a.overlay, "FILE", "the app's own rule, which can only restrict", NULL, 0},
        {"--ca-file", OPTION_TEXT, false, &a.ca_file, "FILE", "certificates for https; default: the system's", NULL, 0},
    };
    STEP(OPTIONS(call, "Follows a registry, and serves a gate to programs of this machine over HTTP and JSON. Prints its address "
                       "when it listens.", options));
    return follow_and_serve(call, &a);
}
