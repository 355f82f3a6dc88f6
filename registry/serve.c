/*
 * countersign-registry serve. What is opened in open_all() is closed in close_all(), in the opposite order; between the two the
 * process waits for a signal, and looks every minute for apps that have fallen silent.
 */
#include "api.h"
#include "base64.h"
#include "clock.h"
#include "import.h"
#include "journal.h"
#include "keys.h"
#include "nonce.h"
#include "options.h"
#include "output.h"
#include "receipts.h"
#include "routes.h"
#include "status_lists.h"
#include "trust.h"
#include "trusted.h"
#include "verbs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FEED_EVENTS   1024u             /* PROTOCOL 3: the commits that a stream goes back */
#define FEED_BYTES    (16u << 20)       /* of them in memory; who is further behind catches up by tiles */
#define WATCH_SECONDS 60
#define SOON          (7 * INT64_C(86400)) /* before something expires, it is said at the start */

struct daemon {
    struct call *call;
    struct config config;
    struct trusted trusted;
    struct registry registry;
    struct api api;
    struct server *server;
    struct feed *feed;
    struct deeds_timer *timer;
    struct imports *imports;
    bool heartbeat;
    sigset_t signals; /* that end it */
};

/* --- telling the service manager (sd_notify(3): one datagram) --- */

static void notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t size = path ? strlen(path) : 0;
    if (size == 0 || size >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, size);
    if (to.sun_path[0] == '@')
        to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to,
                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
    close(fd);
}

/* --- keys --- */

static int open_log_key(struct keyring *ring, const struct trusted_key *key, struct log_key *ret)
{
    struct key opened;
    STEP(key_open(ring, key->path, key->purpose, &opened));
    *ret = (struct log_key){.vkey = key->vkey, .key = opened.signing};
    return DONE;
}

static int open_statuslist(struct daemon *d, struct keyring *ring)
{
    struct key opened;
    uint8_t thumbprint[CSIGN_HASH_SIZE];
    struct buffer kid = buffer_open(d->registry.statuslist_kid, sizeof d->registry.statuslist_kid - 1);
    STEP(key_open(ring, d->trusted.statuslist.path, KEY_STATUSLIST, &opened));
    d->registry.statuslist_key = opened.signing;
    public_key_thumbprint(&opened.public, thumbprint);
    base64url_encode(&kid, span_of(thumbprint, sizeof thumbprint));
    return DONE;
}

static int open_keys(struct daemon *d, struct log_options *log)
{
    struct keyring ring = {.call = d->call, .passphrase_file = d->config.passphrase_file};
    const struct trusted *t = &d->trusted;
    struct key issuer;
    STEP(key_open(&ring, t->issuer_key.path, KEY_ISSUER, &issuer));
    d->registry.issuer_key = issuer.signing;
    STEP(open_log_key(&ring, &t->statuslog, &log->statuslog));
    for (size_t i = 0; i < t->fresh_count; i++)
        STEP(open_log_key(&ring, &t->fresh[i], &log->fresh[i]));
    log->fresh_count = t->fresh_count;
    if (t->receipts.path)
        STEP(open_log_key(&ring, &t->receipts, &d->registry.receipts_key));
    return t->statuslist.path ? open_statuslist(d, &ring) : DONE;
}

static void warn_soon(const char *what, int64_t expires, int64_t now)
{
    if (expires - now < SOON)
        journal(JOURNAL_WARNING, "%s expires in %lld hours: have the next root signed", what, (long long)(expires - now) / 3600);
}

static int open_trust(struct daemon *d, struct log_options *log)
{
    int64_t now = clock_now();
    struct trusted *t = &d->trusted;
    STEP(trusted_read_roots(d->call, &d->config, t));
    STEP(trusted_find_keys(d->call, &d->config, now, t));
    STEP(trusted_check_base_url(d->call, &d->config, t));
    STEP(open_keys(d, log));
    d->registry.root = t->root;
    d->registry.iss = t->issuer->iss;
    d->registry.issuer = t->issuer->key;
    memcpy(d->registry.kid, t->issuer->kid, sizeof d->registry.kid);
    d->registry.credential_life_s = d->config.life;
    warn_soon("the trust root", t->root.expires, now);
    warn_soon("the issuer key", t->issuer->validity.expires, now);
    warn_soon("the key of the status log", t->statuslog.validity.expires, now);
    for (size_t i = 0; i < t->fresh_count; i++)
        warn_soon("a freshness key", t->fresh[i].validity.expires, now);
    return DONE;
}

/* --- the log and its feed --- */

/* On the writer's thread, after each commit. */
static void on_news(void *context, const struct log_news *news)
{
    const struct daemon *d = context;
    if (!d->feed) /* nobody is connected yet; the feed begins with what the log has then */
        return;
    feed_publish(d->feed, news->size, news->kind == LOG_COMMIT ? "log" : "fresh", news->bytes, news->kind == LOG_COMMIT);
}

static csign_code seed(struct feed *feed, struct session *session, const uint64_t *sizes, size_t count)
{
    static uint8_t memory[EVENT_LEAVES_MAX * 65u + CHECKPOINT_MAX + 64u];
    bool all = count < FEED_EVENTS;
    feed_begin(feed, all || count == 0 ? 0 : sizes[count - 1]);
    for (size_t i = all ? count : count - 1; i-- > 0;) {
        struct buffer event = buffer_open(memory, sizeof memory);
        if (sizes[i] == 0)
            continue;
        TRY(log_read_event(session, sizes[i], &event));
        TRY(buffer_code(&event));
        feed_publish(feed, sizes[i], "log", buffer_span(&event), true);
    }
    return CSIGN_OK;
}

/* Before the writer starts: nothing is committed between what is read here and what on_news() hears of. */
static int open_feed(struct daemon *d)
{
    uint64_t sizes[FEED_EVENTS];
    size_t count = 0;
    struct feed *feed = feed_open(d->server, FEED_EVENTS, FEED_BYTES);
    if (!feed)
        return fail(d->call, CANNOT, "free some memory", "no memory for the stream");
    struct session *session = store_reader(d->registry.store);
    csign_code code = log_read_boundaries(session, sizes, FEED_EVENTS, &count);
    if (code == CSIGN_OK)
        code = seed(feed, session, sizes, count);
    store_reader_end(d->registry.store, session);
    d->feed = feed;
    return code == CSIGN_OK ? DONE : fail_code(d->call, CANNOT, code, NULL, d->config.database);
}

/* --- opening and closing --- */

/* What an operator does about it, where the code speaks to callers. */
static const char *fix_of(csign_code code, const csign_fault *fault)
{
    const bool mark = fault && strcmp(fault->field, "mark") == 0, store = fault && strcmp(fault->field, "store") == 0;
    if (code == CSIGN_E_CONFLICT && mark)
        return "put the newest database back, and leave the mark as it is";
    if (code == CSIGN_E_CONFLICT && store)
        return "end that process first";
    if (code == CSIGN_E_UNAVAILABLE && (mark || store))
        return "correct [data] of the configuration, or make the folder this user's";
    return csign_code_fix(code);
}

static int opened(struct daemon *d, csign_code code, const csign_fault *fault, const char *where)
{
    return code == CSIGN_OK ? DONE : fail_code_fix(d->call, REFUSED, code, fault, where, fix_of(code, fault));
}

static int open_data(struct daemon *d, struct log_options *log)
{
    csign_fault fault = {0};
    const struct store_options store = {.path = d->config.database, .create = true, .clock_ms = clock_now_ms};
    STEP(opened(d, store_take_memory(), &fault, "memory"));
    STEP(opened(d, store_open(&store, &d->registry.store, &fault), &fault, d->config.database));
    log->store = d->registry.store;
    log->origin = log->statuslog.vkey.name;
    log->mark_path = d->config.mark;
    log->wake = on_news;
    log->context = d;
    STEP(opened(d, log_open(log, &d->registry.log, &fault), &fault, d->config.database));
    return opened(d, trust_load(&d->registry, d->trusted.notes, d->trusted.note_count, &fault), &fault, d->config.root);
}

static int open_server(struct daemon *d)
{
    csign_fault fault = {0};
    struct config *c = &d->config;
    if (c->proofs_per_minute > 0 && !(d->api.limit = limit_open(c->proofs_per_minute, clock_now_ms)))
        return fail(d->call, CANNOT, "free some memory", "no memory for the limits of clients");
    STEP(opened(d, nonces_open(&d->registry.nonces), NULL, "nonces"));
    STEP(opened(d, status_lists_open(&d->registry.status_lists), NULL, "status lists"));
    d->api.registry = &d->registry;
    d->api.roots = d->trusted.notes;
    d->api.root_count = d->trusted.note_count;
    const struct server_options options = {.listen = c->listen, .routes = api_routes, .route_count = API_ROUTES,
                                           .authenticate = api_authenticate, .context = &d->api, .threads = (unsigned)c->threads,
                                           .connections = (unsigned)c->connections, .receive_seconds = (unsigned)c->receive_deadline,
                                           .idle_seconds = (unsigned)c->idle};
    return opened(d, server_open(&options, &d->server, &fault), &fault, c->listen);
}

static int open_all(struct daemon *d)
{
    struct log_options log = {0};
    STEP(open_trust(d, &log));
    /* The threads that are made from here on inherit it: these signals come to sigtimedwait() alone. */
    pthread_sigmask(SIG_BLOCK, &d->signals, NULL);
    STEP(open_data(d, &log));
    STEP(open_server(d));
    STEP(open_feed(d));
    STEP(opened(d, store_start(d->registry.store), NULL, d->config.database));
    STEP(opened(d, log_heartbeat_start(d->registry.log, deeds_overdue, NULL), NULL, "heartbeat"));
    d->heartbeat = true;
    STEP(opened(d, deeds_timer_start(&d->registry, &d->timer), NULL, "timer of deeds"));
    STEP(opened(d, imports_start(&d->registry, &d->imports), NULL, "imports"));
    d->api.server = d->server;
    d->api.feed = d->feed;
    atomic_store(&d->api.open, true);
    return DONE;
}

static void close_all(struct daemon *d)
{
    server_close(&d->server); /* requests that run may still write */
    imports_stop(&d->imports);
    if (d->timer)
        deeds_timer_stop(&d->timer);
    if (d->heartbeat)
        log_heartbeat_stop(d->registry.log);
    store_close(&d->registry.store);
    log_close(&d->registry.log);
    feed_close(&d->feed);
    status_lists_close(&d->registry.status_lists);
    nonces_close(&d->registry.nonces);
    limit_close(&d->api.limit);
}

/* --- serving --- */

static void watch_apps(struct daemon *d)
{
    struct receipts_watch watch;
    receipts_watch_init(&watch);
    csign_code code = store_perform(d->registry.store, &watch.operation);
    if (code != CSIGN_OK)
        journal_code(JOURNAL_ERROR, "looking for silent apps", code, NULL);
    else if (watch.silent > 0)
        journal(JOURNAL_WARNING, "%llu apps have been silent for a day: see GET /v1/alerts", (unsigned long long)watch.silent);
}

static int serve_until_signal(struct daemon *d)
{
    const struct timespec minute = {.tv_sec = WATCH_SECONDS};
    int number;
    say("listening on %s", server_address(d->server));
    fflush(stdout);
    journal(JOURNAL_INFO, "listening on %s, root %llu of %s", server_address(d->server),
            (unsigned long long)d->registry.root.version, call_text(d->call, d->registry.root.origin));
    notify("READY=1");
    do {
        watch_apps(d);
        number = sigtimedwait(&d->signals, NULL, &minute);
    } while (number < 0);
    notify("STOPPING=1");
    journal(JOURNAL_INFO, "stopping, signal %d", number);
    return DONE;
}

int verb_serve(struct call *call)
{
    struct daemon *d = call_memory(call, sizeof *d);
    const char *path = NULL, *listen = NULL;
    const struct option options[] = {
        {"--config", OPTION_TEXT, true, &path, "FILE", "the configuration that init made", NULL, 0},
        {"--listen", OPTION_TEXT, false, &listen, "ADDRESS", "instead of the one that it names", NULL, 0},
    };
    STEP(OPTIONS(call, "Runs the registry until SIGTERM.", options));
    d->call = call;
    STEP(config_read(call, path, &d->config));
    if (listen)
        d->config.listen = listen;
    journal_set_level((enum journal_level)d->config.level);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&d->signals);
    sigaddset(&d->signals, SIGTERM);
    sigaddset(&d->signals, SIGINT);
    int code = open_all(d);
    if (code == DONE)
        code = serve_until_signal(d);
    close_all(d);
    return code;
}
