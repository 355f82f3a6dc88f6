/* GET /status/…: the status log as gates and everybody else read it (PROTOCOL 3). */
#include "api.h"
#include "base64.h"
#include "checkpoint.h"
#include "cursor.h"
#include "resources.h"
#include "status_lists.h"

#include <stdlib.h>

#define EVENT_MAX (EVENT_LEAVES_MAX * 65u + CHECKPOINT_MAX + 64u)          /* base64 of 48 bytes and a newline, a leaf */
#define TILE_MAX  (TILE_WIDTH * (LEAF_SIZE + 2u))                        /* of an entries tile; a hash tile is smaller */

static void answer_read(struct exchange *x, csign_code code, const char *media_type, const struct buffer *out, enum http_cache cache)
{
    if (code != CSIGN_OK)
        exchange_problem(x, code, NULL);
    else if (out->overflow)
        api_problem(x, CSIGN_E_INTERNAL, NULL, "the answer is larger than was thought");
    else
        exchange_answer(x, 200, media_type, buffer_span(out), cache);
}

void status_checkpoint(struct exchange *x)
{
    uint64_t size;
    struct buffer note = api_buffer(x, CHECKPOINT_MAX);
    struct session *session = api_reader(x);
    csign_code code = log_read_checkpoint(session, &note, &size);
    api_reader_end(x, session);
    answer_read(x, code, "text/plain; charset=utf-8", &note, CACHE_SECONDS);
}

void status_tile(struct exchange *x)
{
    uint8_t memory[128];
    struct buffer path = buffer_open(memory, sizeof memory), out = api_buffer(x, TILE_MAX);
    struct tile tile;
    buffer_text(&path, "tile/");
    buffer_put(&path, exchange_path(x, "path"));
    if (path.overflow || !tile_path_read(buffer_span(&path), &tile)) {
        api_problem(x, CSIGN_E_NOT_FOUND, NULL, "not the path of a tile");
        return;
    }
    struct session *session = api_reader(x);
    csign_code code = log_read_tile(session, &tile, &out);
    api_reader_end(x, session);
    answer_read(x, code, "application/octet-stream", &out, CACHE_IMMUTABLE);
}

void status_event(struct exchange *x)
{
    uint64_t size;
    struct buffer out = api_buffer(x, EVENT_MAX);
    if (!span_decimal(exchange_path(x, "size"), INT64_MAX, &size)) {
        api_problem(x, CSIGN_E_NOT_FOUND, NULL, "not a size of the log");
        return;
    }
    struct session *session = api_reader(x);
    csign_code code = log_read_event(session, size, &out);
    api_reader_end(x, session);
    answer_read(x, code, "text/plain; charset=utf-8", &out, CACHE_IMMUTABLE);
}

/* --- for third parties --- */

/* Whether what stands behind "gzip" is no weight, or one above zero. */
static bool is_wanted(span parameters)
{
    bool weighed = false;
    for (size_t i = 0; i < parameters.size; i++) {
        if (parameters.data[i] >= '1' && parameters.data[i] <= '9')
            return true;
        weighed |= parameters.data[i] == '0';
    }
    return !weighed;
}

/* RFC 9110 12.5.3: whether the client takes gzip. What it does not name it does not get. */
static bool takes_gzip(span accepted)
{
    struct cursor c = cursor_open(accepted);
    span one;
    while (!cursor_done(&c)) {
        if (!cursor_until(&c, ',', &one)) {
            one = cursor_rest(&c);
            c.at = c.end;
        }
        while (one.size && one.data[0] == ' ')
            one = span_of(one.data + 1, one.size - 1);
        if (span_starts(one, SPAN("gzip")) && (one.size == 4 || one.data[4] == ';' || one.data[4] == ' '))
            return is_wanted(span_of(one.data + 4, one.size - 4));
    }
    return false;
}

void status_list(struct exchange *x)
{
    uint64_t number;
    struct status_list_token token;
    if (!span_decimal(exchange_path(x, "number"), UINT32_MAX, &number)) {
        api_problem(x, CSIGN_E_NOT_FOUND, NULL, "not the number of a list");
        return;
    }
    const bool gzip = takes_gzip(exchange_header(x, "Accept-Encoding"));
    csign_code code = status_list_token(api_registry(x), number, api_now_ms() / 1000, gzip, &token);
    if (code != CSIGN_OK) {
        exchange_problem(x, code, NULL);
        return;
    }
    struct buffer body = api_buffer(x, token.size), etag = api_buffer(x, sizeof token.etag);
    buffer_put(&body, span_of(token.bytes, token.size));
    buffer_put(&etag, span_of(token.etag, strlen(token.etag) + 1));
    free(token.bytes);
    if (body.overflow || etag.overflow) {
        api_problem(x, CSIGN_E_UNAVAILABLE, NULL, "out of memory");
        return;
    }
    exchange_answer_header(x, "ETag", (const char *)etag.data);
    exchange_answer_header(x, "Access-Control-Allow-Origin", "*");
    exchange_answer_header(x, "Vary", "Accept-Encoding");
    bool same = span_equal(exchange_header(x, "If-None-Match"), span_text((const char *)etag.data));
    if (gzip && !same)
        exchange_answer_header(x, "Content-Encoding", "gzip");
    exchange_answer(x, same ? 304 : 200, "application/statuslist+jwt", same ? SPAN("") : buffer_span(&body), CACHE_MINUTE);
}

/* --- the stream --- */

struct stream_work {
    struct api_work work;
    struct operation operation;
    uint64_t from;
};

static void answer_place(struct exchange *x, enum feed_place place)
{
    static const csign_fault too_old = {CSIGN_E_NOT_FOUND, "from", "too far back: catch up by tiles", 0};
    switch (place) {
    case FEED_FOUND:
        return;
    case FEED_UNKNOWN:
        api_problem(x, CSIGN_E_ARGUMENT, "from", "no commit ended at this size");
        return;
    case FEED_TOO_OLD:
        exchange_problem_as(x, 410, CSIGN_E_NOT_FOUND, &too_old);
        return;
    }
}

static csign_code run_nothing(struct operation *operation, struct session *session)
{
    (void)operation, (void)session;
    return CSIGN_OK;
}

static void follow_again(struct exchange *x)
{
    const struct api *api = exchange_context(x);
    const struct stream_work *w = exchange_state(x);
    if (w->work.code != CSIGN_OK)
        exchange_problem(x, w->work.code, NULL);
    else
        answer_place(x, feed_follow(api->feed, x, w->from));
}

/*
 * A size that the feed does not know may be of a commit that can be read already and is published in a moment. The writer
 * publishes before it does what comes next: once it has done nothing for us, all that could be read when we were asked is
 * published.
 */
static void follow_later(struct exchange *x, uint64_t from)
{
    struct stream_work *w = api_work_open(x, sizeof *w);
    if (!w)
        return;
    w->from = from;
    w->operation = (struct operation){.run = run_nothing};
    api_submit(x, &w->operation, follow_again);
}

void status_stream(struct exchange *x)
{
    const struct api *api = exchange_context(x);
    uint64_t from;
    if (!span_decimal(exchange_query(x, "from"), INT64_MAX, &from)) {
        api_problem(x, CSIGN_E_ARGUMENT, "from", "the size held, a whole number, is missing");
        return;
    }
    if (!atomic_load(&api->open)) {
        api_problem(x, CSIGN_E_UNAVAILABLE, NULL, "starting");
        return;
    }
    enum feed_place place = feed_follow(api->feed, x, from);
    if (place == FEED_UNKNOWN)
        follow_later(x, from);
    else
        answer_place(x, place);
}

/* --- a fresh note --- */

struct fresh_work {
    struct api_work work;
    struct log_fresh fresh;
};

static void answer_fresh(struct exchange *x)
{
    const struct fresh_work *w = exchange_state(x);
    csign_code code = w->work.code == CSIGN_OK && w->fresh.note_size == 0 ? CSIGN_E_UNAVAILABLE : w->work.code;
    if (code != CSIGN_OK)
        exchange_problem(x, code, NULL);
    else
        exchange_answer(x, 200, "text/plain; charset=utf-8", span_of(w->fresh.note, w->fresh.note_size), CACHE_NEVER);
}

void status_fresh(struct exchange *x)
{
    uint8_t nonce[CSIGN_NONCE_SIZE];
    if (!base64url_exact(exchange_query(x, "nonce"), nonce, sizeof nonce)) {
        api_problem(x, CSIGN_E_ARGUMENT, "nonce", "not base64url of 16 bytes");
        return;
    }
    struct fresh_work *w = api_work_open(x, sizeof *w);
    if (!w)
        return;
    log_fresh_init(&w->fresh, api_registry(x)->log);
    memcpy(w->fresh.nonce, nonce, sizeof nonce);
    api_submit(x, &w->fresh.operation, answer_fresh);
}
