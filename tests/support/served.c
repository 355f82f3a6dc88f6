#include "served.h"
#include "base64.h"
#include "checkpoint.h"
#include "cursor.h"
#include "event.h"
#include "fresh.h"
#include "proof.h"
#include "receipt_batch.h"
#include "tile.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LOG_NAME "log.registry.test"
#define LEAVES   (1u << 20)

struct connection_of {
    struct served *served;
    int socket, place;
};

static uint64_t now_of(const struct served *s)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)((int64_t)t.tv_sec - s->fresh_age);
}

static struct vkey vkey_of(const char *name, enum note_key_type type, const struct signing_key *key)
{
    struct public_key public;
    signing_key_public(key, &public);
    return vkey_make(span_text(name), type, &public);
}

/* --- notes --- */

static void put_checkpoint(struct served *s, struct buffer *out, const struct merkle_hash *root)
{
    const struct checkpoint checkpoint = {SPAN(LOG_NAME), s->size, *root};
    const struct vkey log = vkey_of(LOG_NAME, NOTE_ED25519, &s->registry.statuslog);
    const struct vkey fresh = vkey_of("fresh.registry.test", NOTE_COSIGNATURE, &s->registry.fresh);
    const size_t from = out->size;
    checkpoint_write(out, &checkpoint);
    const span text = buffer_since(out, from);
    buffer_byte(out, '\n');
    note_sign(out, text, &log, &s->registry.statuslog);
    note_cosign(out, text, &fresh, &s->registry.fresh, now_of(s));
}

static void put_fresh(struct served *s, struct buffer *out, span nonce)
{
    struct fresh note = {SPAN(LOG_NAME), s->size, merkle_range_root(&s->range), {0}};
    const struct vkey fresh = vkey_of("fresh.registry.test", NOTE_COSIGNATURE, &s->registry.fresh);
    (void)base64url_exact(nonce, note.nonce, sizeof note.nonce);
    fresh_write(out, &note);
    const span text = buffer_span(out);
    buffer_byte(out, '\n');
    note_cosign(out, text, &fresh, &s->registry.fresh, now_of(s));
}

/* --- answering --- */

static bool send_all(int socket, span bytes)
{
    while (bytes.size > 0) {
        ssize_t sent = send(socket, bytes.data, bytes.size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes = span_of(bytes.data + sent, bytes.size - (size_t)sent);
    }
    return true;
}

static bool answer(int socket, unsigned status, const char *media_type, span body)
{
    char head[256];
    int size = snprintf(head, sizeof head, "HTTP/1.1 %u X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", status, media_type,
                        body.size);
    return send_all(socket, span_of(head, (size_t)size)) && send_all(socket, body);
}

static bool answer_problem(int socket, unsigned status, const char *code, uint64_t expected)
{
    char body[256];
    int size = snprintf(body, sizeof body, "{\"type\":\"about:blank\",\"status\":%u,\"code\":\"%s\",\"expected\":%llu}", status, code,
                        (unsigned long long)expected);
    return answer(socket, status, "application/problem+json", span_of(body, (size_t)size));
}

static bool answer_note(int socket, span note)
{
    return answer(socket, 200, "text/plain; charset=utf-8", note);
}

static bool answer_tile(struct served *s, int socket, span path)
{
    struct tile tile;
    static const char before[] = "/status/";
    uint8_t memory[TILE_WIDTH * (LEAF_SIZE + 2)];
    struct buffer out = buffer_open(memory, sizeof memory);
    pthread_mutex_lock(&s->mutex);
    bool known = tile_path_read(span_of(path.data + sizeof before - 1, path.size - (sizeof before - 1)), &tile) && tile.entries &&
                 tile.index * TILE_WIDTH + tile.width <= s->size;
    for (uint64_t i = 0; known && i < tile.width; i++)
        tile_entry_write(&out, span_of(s->leaves + (tile.index * TILE_WIDTH + i) * LEAF_SIZE, LEAF_SIZE));
    pthread_mutex_unlock(&s->mutex);
    return known ? answer(socket, 200, "application/octet-stream", buffer_span(&out)) : answer_problem(socket, 404, "not-found", 0);
}

static void put_data_lines(struct buffer *out, span object)
{
    struct cursor c = cursor_open(object);
    span line;
    while (cursor_line(&c, &line)) {
        buffer_text(out, "data: ");
        buffer_put(out, line);
        buffer_byte(out, '\n');
    }
    buffer_byte(out, '\n');
}

static void put_head(struct buffer *out, uint64_t size, const char *event)
{
    buffer_text(out, "id: ");
    buffer_decimal(out, size);
    buffer_text(out, "\nevent: ");
    buffer_text(out, event);
    buffer_byte(out, '\n');
}

/* Tells a stream all commits from its place on, and a heartbeat when there was one. Called with the mutex held. */
static bool tell(struct served *s, int socket, size_t *commit, uint64_t *heartbeats)
{
    static uint8_t memory[2][1u << 18]; /* under the mutex */
    struct buffer out = buffer_open(memory[0], sizeof memory[0]);
    if (*commit < s->commit_count) {
        const struct served_commit *c = &s->commits[(*commit)++];
        struct buffer object = buffer_open(memory[1], sizeof memory[1]);
        event_write(&object, c->first, (size_t)c->count, s->leaves + c->first * LEAF_SIZE, span_of(c->note, c->note_size));
        put_head(&out, c->first + c->count, "log");
        put_data_lines(&out, buffer_span(&object));
    } else {
        const struct merkle_hash root = merkle_range_root(&s->range);
        struct buffer note = buffer_open(memory[1], sizeof memory[1]);
        put_checkpoint(s, &note, &root);
        *heartbeats = s->heartbeats;
        put_head(&out, s->size, "fresh");
        put_data_lines(&out, buffer_span(&note));
    }
    const bool sent = send_all(socket, buffer_span(&out));
    s->told = *heartbeats;
    return sent;
}

static bool answer_stream(struct served *s, int socket, span from)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    uint64_t size = 0, heartbeats = 0;
    size_t commit = 0;
    (void)span_decimal(from, INT64_MAX, &size);
    pthread_mutex_lock(&s->mutex);
    unsigned status = s->stream_status;
    while (commit < s->commit_count && s->commits[commit].first + s->commits[commit].count <= size)
        commit++;
    const uint64_t ends = commit ? s->commits[commit - 1].first + s->commits[commit - 1].count : 0;
    if (!status && ends != size)
        status = 400;
    s->streams++;
    heartbeats = s->heartbeats;
    pthread_cond_broadcast(&s->changed);
    bool good = status ? answer_problem(socket, status, status == 410 ? "not-found" : "argument", 0)
                       : send_all(socket, span_of(head, sizeof head - 1));
    while (good && !status && !s->is_closing) {
        if (commit < s->commit_count || heartbeats != s->heartbeats)
            good = tell(s, socket, &commit, &heartbeats);
        else
            pthread_cond_wait(&s->changed, &s->mutex);
    }
    pthread_mutex_unlock(&s->mutex);
    return status != 0 && good;
}

/* --- receipts --- */

static void count_line(struct served_receipts *r, span line)
{
    uint8_t memory[8192];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct receipt receipt;
    if (receipt_read(line, &scratch, &receipt, NULL) != CSIGN_OK) {
        fprintf(stderr, "served: a receipt that cannot be read: %.*s\n", (int)line.size, (const char *)line.data);
        abort();
    }
    r->permits += receipt.event == RECEIPT_PERMIT;
    r->outcomes += receipt.event == RECEIPT_OUTCOME;
    r->refusals += receipt.event == RECEIPT_REFUSE;
    r->counted += receipt.event == RECEIPT_REFUSE ? receipt.count : 0;
    snprintf(r->last, sizeof r->last, "%.*s", (int)line.size, (const char *)line.data);
}

static bool answer_batch(struct served *s, int socket, span body)
{
    uint8_t memory[16384], ack_memory[1024];
    struct buffer scratch = buffer_open(memory, sizeof memory), ack = buffer_open(ack_memory, sizeof ack_memory);
    struct served_receipts *r = &s->receipts;
    struct note note;
    struct receipt_batch batch;
    const struct vkey app = vkey_make(SPAN(REGISTRY_DEPLOYMENT), NOTE_ED25519, &s->app);
    if (note_read(body, &scratch, &note, NULL) != CSIGN_OK || note_verify(&note, &app, NULL) != CSIGN_OK ||
        receipt_batch_read(note.text, &batch, NULL) != CSIGN_OK)
        return answer_problem(socket, 422, "receipt-malformed", 0);
    if (batch.first > r->next || s->forgets_receipts) {
        s->forgets_receipts = false;
        return answer_problem(socket, 409, "sequence-gap", r->next);
    }
    struct cursor c = cursor_open(batch.lines);
    uint64_t seq = batch.first;
    span line;
    for (; cursor_line(&c, &line); seq++)
        if (seq >= r->next)
            count_line(r, line);
    if (seq > r->next || batch.count == 0) {
        r->next = seq;
        memcpy(r->head, batch.after, sizeof r->head);
    }
    r->batches++;
    const struct vkey key = vkey_of("receipts.registry.test", NOTE_ED25519, &s->registry.receipts);
    struct receipt_ack told = {SPAN(REGISTRY_DEPLOYMENT), r->next, {0}};
    memcpy(told.head, r->head, sizeof told.head);
    told.head[0] ^= s->lies_in_ack;
    receipt_ack_write(&ack, &told);
    const span text = buffer_span(&ack);
    buffer_byte(&ack, '\n');
    note_sign(&ack, text, &key, &s->registry.receipts);
    pthread_cond_broadcast(&s->changed);
    return answer_note(socket, buffer_span(&ack));
}

static bool answer_token(struct served *s, int socket, span body)
{
    static const char token[] = "{\"access_token\":\"a-token\",\"expires_at\":4000000000,\"role\":\"app\",\"id\":\"deployment-1\"}";
    uint8_t memory[4096];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct proof proof;
    const span before = SPAN("{\"proof\":\"");
    if (body.size < before.size + 2 || !span_starts(body, before))
        return answer_problem(socket, 400, "body-malformed", 0);
    const span compact = span_of(body.data + before.size, body.size - before.size - 2);
    if (proof_read(compact, &scratch, &proof, NULL) != CSIGN_OK || !public_key_equal(&proof.key, &s->app) ||
        proof_check(&proof, SPAN("https://registry.test"), PROOF_TOKEN, SPAN("AAECAwQFBgcICQoLDA0ODw"), NULL) != CSIGN_OK)
        return answer_problem(socket, 403, "possession-bad", 0);
    s->tokens_given++;
    return answer(socket, 200, "application/json", span_of(token, sizeof token - 1));
}

static bool answer_receipts(struct served *s, int socket, span head, span body)
{
    pthread_mutex_lock(&s->mutex);
    bool good;
    s->receipts_asked++;
    if (s->receipts_status)
        good = answer_problem(socket, s->receipts_status, "unavailable", 0);
    else if (!memmem(head.data, head.size, "Authorization: Bearer a-token\r\n", 31))
        good = answer_problem(socket, 401, "unauthenticated", 0);
    else
        good = answer_batch(s, socket, body);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    return good;
}

/* --- routing --- */

static bool answer_get(struct served *s, int socket, span path)
{
    uint8_t memory[4096];
    char policy[64] = "/policies/";
    struct buffer out = buffer_open(memory, sizeof memory);
    struct buffer name = buffer_open(policy + strlen(policy), sizeof policy - strlen(policy) - 1);
    base64url_encode(&name, span_of(s->leaves + LEAF_SIZE + 24, 24)); /* leaf 1 names the policy */
    if (span_equal(path, SPAN("/trust/1")))
        return answer_note(socket, s->registry.root_note);
    if (span_equal(path, SPAN("/trust/2")) && s->next_root.data)
        return answer_note(socket, s->next_root);
    if (span_equal(path, span_text(policy)))
        return answer_note(socket, s->registry.policy_note);
    if (span_starts(path, SPAN("/status/tile/")))
        return answer_tile(s, socket, path);
    if (span_starts(path, SPAN("/status/stream?from=")))
        return answer_stream(s, socket, span_of(path.data + 20, path.size - 20));
    if (span_equal(path, SPAN("/status/checkpoint")) || span_starts(path, SPAN("/status/fresh?nonce="))) {
        pthread_mutex_lock(&s->mutex);
        const struct merkle_hash root = merkle_range_root(&s->range);
        if (span_equal(path, SPAN("/status/checkpoint"))) {
            s->checkpoints_asked++;
            put_checkpoint(s, &out, &root);
        } else {
            s->fresh_asked++;
            put_fresh(s, &out, span_of(path.data + 20, path.size - 20));
        }
        pthread_mutex_unlock(&s->mutex);
        return answer_note(socket, buffer_span(&out));
    }
    return answer_problem(socket, 404, "not-found", 0);
}

static bool answer_post(struct served *s, int socket, span path, span head, span body)
{
    static const char challenge[] = "{\"nonce\":\"AAECAwQFBgcICQoLDA0ODw\",\"expires_at\":4000000000}";
    if (span_equal(path, SPAN("/v1/challenges")))
        return answer(socket, 200, "application/json", span_of(challenge, sizeof challenge - 1));
    if (span_equal(path, SPAN("/v1/tokens")))
        return answer_token(s, socket, body);
    if (span_equal(path, SPAN("/v1/receipts")))
        return answer_receipts(s, socket, head, body);
    return answer_problem(socket, 404, "not-found", 0);
}

/* Reads one request and answers it; false when the connection is over. */
static bool serve_one(struct served *s, int socket, uint8_t *memory, size_t room)
{
    size_t size = 0, head = 0, length = 0;
    while (head == 0 || size < head + length) {
        ssize_t got = size < room ? recv(socket, memory + size, room - size, 0) : 0;
        if (got <= 0)
            return false;
        size += (size_t)got;
        const uint8_t *end = head ? NULL : memmem(memory, size, "\r\n\r\n", 4);
        if (!end)
            continue;
        head = (size_t)(end - memory) + 4;
        const char *field = memmem(memory, head, "Content-Length: ", 16);
        length = field ? strtoul(field + 16, NULL, 10) : 0;
    }
    const uint8_t *first = memchr(memory, ' ', head), *last = first ? memchr(first + 1, ' ', head - (size_t)(first + 1 - memory)) : NULL;
    if (!last)
        return false;
    const span path = span_of(first + 1, (size_t)(last - first - 1));
    return memory[0] == 'P' ? answer_post(s, socket, path, span_of(memory, head), span_of(memory + head, length))
                            : answer_get(s, socket, path);
}

static void *serve(void *context)
{
    struct connection_of c = *(struct connection_of *)context;
    const size_t room = 2u << 20;
    uint8_t *memory = malloc(room);
    free(context);
    while (serve_one(c.served, c.socket, memory, room))
        continue;
    free(memory);
    pthread_mutex_lock(&c.served->mutex);
    close(c.socket);
    c.served->connections[c.place] = -1;
    pthread_cond_broadcast(&c.served->changed);
    pthread_mutex_unlock(&c.served->mutex);
    return NULL;
}

static void *accept_all(void *context)
{
    struct served *s = context;
    for (;;) {
        int socket = accept(s->listener, NULL, NULL), place = 0;
        if (socket < 0)
            return NULL;
        pthread_mutex_lock(&s->mutex);
        while (place < 255 && s->connections[place] >= 0)
            place++;
        pthread_t thread;
        struct connection_of *c = malloc(sizeof *c);
        *c = (struct connection_of){s, socket, place};
        if (s->is_closing || pthread_create(&thread, NULL, serve, c) != 0) {
            close(socket);
            free(c);
        } else {
            s->connections[place] = socket;
            pthread_detach(thread);
        }
        pthread_mutex_unlock(&s->mutex);
    }
}

/* --- opening and closing --- */

static void must(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

void served_restore(struct served *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)s->port)};
    socklen_t size = sizeof address;
    const int one = 1;
    s->is_closing = false;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(s->listener >= 0, "socket");
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    must(bind(s->listener, (struct sockaddr *)(void *)&address, size) == 0 && listen(s->listener, 64) == 0, "bind");
    must(getsockname(s->listener, (struct sockaddr *)(void *)&address, &size) == 0, "getsockname");
    s->port = ntohs(address.sin_port);
    must(pthread_create(&s->acceptor, NULL, accept_all, s) == 0, "thread");
}

void served_cut(struct served *s)
{
    pthread_mutex_lock(&s->mutex);
    s->is_closing = true;
    shutdown(s->listener, SHUT_RDWR);
    for (size_t i = 0; i < 256; i++)
        if (s->connections[i] >= 0)
            shutdown(s->connections[i], SHUT_RDWR);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    pthread_join(s->acceptor, NULL);
    close(s->listener);
    pthread_mutex_lock(&s->mutex);
    for (size_t i = 0; i < 256; i++)
        while (s->connections[i] >= 0)
            pthread_cond_wait(&s->changed, &s->mutex);
    pthread_mutex_unlock(&s->mutex);
}

static void add_commit(struct served *s, uint64_t first)
{
    struct served_commit *c = &s->commits[s->commit_count++];
    struct buffer note = buffer_open(c->note, sizeof c->note);
    const struct merkle_hash root = merkle_range_root(&s->range);
    must(s->commit_count < 512, "commits");
    put_checkpoint(s, &note, &root);
    c->first = first;
    c->count = s->size - first;
    c->note_size = note.size;
}

static void add_leaves(struct served *s, span leaves)
{
    memcpy(s->leaves + s->size * LEAF_SIZE, leaves.data, leaves.size);
    for (size_t at = 0; at < leaves.size; at += LEAF_SIZE, s->size++) {
        const struct merkle_hash hash = merkle_leaf(span_of(leaves.data + at, LEAF_SIZE));
        (void)merkle_range_append(&s->range, &hash);
    }
}

void served_open(struct served *s, uint64_t bindings)
{
    static const uint8_t app_seed[32] = {7};
    struct signing_key app;
    memset(s, 0, sizeof *s);
    registry_open(&s->registry, 2, bindings);
    signing_key_from_seed(app_seed, &app);
    signing_key_public(&app, &s->app);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->changed, NULL);
    for (size_t i = 0; i < 256; i++)
        s->connections[i] = -1;
    s->leaves = malloc((size_t)LEAVES * LEAF_SIZE);
    s->receipts.next = 1;
    receipt_head_start(SPAN(REGISTRY_DEPLOYMENT), s->receipts.head);
    add_leaves(s, s->registry.leaves);
    add_commit(s, 0);
    served_restore(s);
}

void served_close(struct served *s)
{
    served_cut(s);
    registry_close(&s->registry);
    free(s->leaves);
}

const char *served_url(struct served *s, char ret[64])
{
    snprintf(ret, 64, "http://127.0.0.1:%d", s->port);
    return ret;
}

void served_commit(struct served *s, const struct leaf *leaves, size_t count)
{
    uint8_t memory[64 * LEAF_SIZE];
    struct buffer out = buffer_open(memory, sizeof memory);
    for (size_t i = 0; i < count; i++)
        leaf_write(&out, &leaves[i]);
    pthread_mutex_lock(&s->mutex);
    const uint64_t first = s->size;
    add_leaves(s, buffer_span(&out));
    add_commit(s, first);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
}

void served_suspend(struct served *s)
{
    const uint64_t now_ms = now_of(s) * 1000;
    const struct leaf leaf = {.type = LEAF_END, .end = {.index = s->registry.index, .effective_ms = now_ms, .recorded_ms = now_ms,
                                                        .code = END_SUSPENDED, .reason = REASON_LICENCE_ACTION, .deed = {1}}};
    served_commit(s, &leaf, 1);
}

void served_heartbeat(struct served *s)
{
    pthread_mutex_lock(&s->mutex);
    s->heartbeats++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
}

void served_equivocate(struct served *s)
{
    pthread_mutex_lock(&s->mutex);
    const struct merkle_hash other = {{1}};
    s->range.size = 1; /* another history, in which there is one leaf */
    s->range.count = 1;
    s->range.hashes[0] = other;
    s->heartbeats++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
}
