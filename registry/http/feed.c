/*
 * Server-Sent Events for thousands of connections.
 *
 * What is kept and what only those connected now get lie in two rings; a place, counted over both, says the order. Each
 * follower has its own next event in either and holds the one it is sending, so that a stream costs its cursors and no copy.
 *
 * Publishing puts an event into a ring under the feed's lock and wakes a thread; that thread takes all parked followers in one
 * step and resumes them without any lock: nothing under the lock grows with their number, and nobody but that thread resumes
 * them, which is why they may be walked without it.
 */
#include "serving.h"

#include <stdlib.h>

#define LIVE_MAX    64u  /* events that are not kept; who is further behind misses the oldest */
#define READ_BLOCK  256u /* libmicrohttpd's buffer a stream, where it does not use its connection's */

struct event {
    atomic_uint holders;
    uint64_t id, place;
    size_t size;
    uint8_t bytes[];
};

/* Events first … end-1, counted from the feed's beginning; the n-th lies at n modulo capacity. */
struct ring {
    struct event **events;
    uint64_t first, end;
    size_t capacity;
};

struct follower {
    struct follower *next; /* while it is parked */
    struct feed *feed;
    struct server *server;
    struct MHD_Connection *connection;
    uint64_t kept, live;   /* what it sends next */
    struct event *current; /* what it sends now */
    size_t sent;
};

struct feed {
    struct feed *next; /* of the server's */
    struct server *server;
    size_t bytes_max;
    pthread_t waker;
    atomic_uint holders; /* the owner and the followers */

    pthread_mutex_t lock; /* all that follows */
    pthread_cond_t news;
    struct ring kept, live;
    size_t bytes;   /* of kept events */
    uint64_t place; /* of the next event */
    uint64_t base;  /* the id before the oldest kept event */
    bool has_base, fresh_news, ended;
    struct follower *parked;
};

/* --- events and rings --- */

static void event_release(struct event *event)
{
    if (event && atomic_fetch_sub(&event->holders, 1) == 1)
        free(event);
}

static struct event *ring_at(const struct ring *ring, uint64_t n)
{
    return ring->events[n % ring->capacity];
}

static void ring_drop_first(struct ring *ring)
{
    event_release(ring_at(ring, ring->first++));
}

static void ring_put(struct ring *ring, struct event *event)
{
    if (ring->end - ring->first == ring->capacity)
        ring_drop_first(ring);
    ring->events[ring->end++ % ring->capacity] = event;
}

static bool ring_open(struct ring *ring, size_t capacity)
{
    ring->capacity = capacity;
    ring->events = calloc(capacity, sizeof *ring->events);
    return ring->events;
}

static void ring_close(struct ring *ring)
{
    while (ring->events && ring->first < ring->end)
        ring_drop_first(ring);
    free(ring->events);
}

/* An event as it goes out: id, name, and a line of data for each line. */
static void event_write(struct buffer *to, uint64_t id, const char *name, span data)
{
    buffer_text(to, "id: ");
    buffer_decimal(to, id);
    buffer_text(to, "\nevent: ");
    buffer_text(to, name);
    buffer_byte(to, '\n');
    while (data.size > 0) {
        const uint8_t *end = memchr(data.data, '\n', data.size);
        size_t line = end ? (size_t)(end - data.data) : data.size, taken = end ? line + 1 : line;
        buffer_text(to, "data: ");
        buffer_put(to, span_of(data.data, line));
        buffer_byte(to, '\n');
        data = span_of(data.data + taken, data.size - taken);
    }
    buffer_byte(to, '\n');
}

static struct event *event_make(uint64_t id, const char *name, span data)
{
    size_t lines = 1;
    for (size_t i = 0; i < data.size; i++)
        lines += data.data[i] == '\n';
    size_t capacity = data.size + 7 * lines + strlen(name) + 48; /* "data: " and a line's end; the two lines before */
    struct event *event = malloc(sizeof *event + capacity);
    if (!event)
        return NULL;
    *event = (struct event){.holders = 1, .id = id};
    struct buffer to = buffer_open(event->bytes, capacity);
    event_write(&to, id, name, data);
    event->size = to.size;
    return event;
}

/* --- publishing --- */

/* Forgets all that is kept; who has not sent it yet falls out. For an event without memory: none may be left out unnoticed. */
static void forget_all(struct feed *feed)
{
    while (feed->kept.first < feed->kept.end)
        ring_drop_first(&feed->kept);
    feed->kept.first = ++feed->kept.end;
    feed->bytes = 0;
}

static void drop_oldest(struct feed *feed)
{
    const struct event *oldest = ring_at(&feed->kept, feed->kept.first);
    feed->base = oldest->id;
    feed->has_base = true;
    feed->bytes -= oldest->size;
    ring_drop_first(&feed->kept);
}

static void keep(struct feed *feed, struct event *event)
{
    struct ring *ring = &feed->kept;
    while (ring->first < ring->end &&
           (ring->end - ring->first == ring->capacity || feed->bytes + event->size > feed->bytes_max))
        drop_oldest(feed);
    feed->bytes += event->size;
    ring_put(ring, event);
}

void feed_publish(struct feed *feed, uint64_t id, const char *name, span data, bool kept)
{
    struct event *event = event_make(id, name, data);
    pthread_mutex_lock(&feed->lock);
    if (event) {
        event->place = feed->place++;
        if (kept)
            keep(feed, event);
        else
            ring_put(&feed->live, event);
    } else if (kept) {
        forget_all(feed);
        feed->base = id;
        feed->has_base = true;
    }
    feed->fresh_news = true;
    pthread_cond_signal(&feed->news);
    pthread_mutex_unlock(&feed->lock);
}

static void *wake_followers(void *context)
{
    struct feed *feed = context;
    bool ended = false;
    while (!ended) {
        pthread_mutex_lock(&feed->lock);
        while (!feed->fresh_news && !feed->ended)
            pthread_cond_wait(&feed->news, &feed->lock);
        feed->fresh_news = false;
        ended = feed->ended;
        struct follower *parked = feed->parked;
        feed->parked = NULL;
        pthread_mutex_unlock(&feed->lock);
        while (parked) {
            struct follower *next = parked->next; /* once it is resumed it is its worker's again */
            MHD_resume_connection(parked->connection);
            parked = next;
        }
    }
    return NULL;
}

/* --- following --- */

enum next { NEXT_EVENT, NEXT_NOTHING, NEXT_END, NEXT_LOST };

/* Takes the next event of a follower, under the feed's lock. */
static enum next next_event(struct follower *f)
{
    struct ring *kept = &f->feed->kept, *live = &f->feed->live;
    if (f->kept < kept->first)
        return NEXT_LOST;
    if (f->live < live->first)
        f->live = live->first;
    struct event *a = f->kept < kept->end ? ring_at(kept, f->kept) : NULL;
    struct event *b = f->live < live->end ? ring_at(live, f->live) : NULL;
    if (!a && !b)
        return f->feed->ended ? NEXT_END : NEXT_NOTHING;
    bool from_kept = a && (!b || a->place < b->place);
    f->current = from_kept ? a : b;
    f->sent = 0;
    *(from_kept ? &f->kept : &f->live) += 1;
    atomic_fetch_add(&f->current->holders, 1);
    return NEXT_EVENT;
}

static enum next take_next(struct follower *f)
{
    pthread_mutex_lock(&f->feed->lock);
    enum next next = next_event(f);
    pthread_mutex_unlock(&f->feed->lock);
    return next;
}

/* Copies what fits of the events that are there. */
static enum next fill(struct follower *f, char *to, size_t max, size_t *ret_size)
{
    size_t size = 0;
    enum next next = NEXT_EVENT;
    while (size < max && (f->current || (next = take_next(f)) == NEXT_EVENT)) {
        size_t left = f->current->size - f->sent, part = left < max - size ? left : max - size;
        memcpy(to + size, f->current->bytes + f->sent, part);
        size += part;
        f->sent += part;
        if (f->sent == f->current->size) {
            event_release(f->current);
            f->current = NULL;
        }
    }
    *ret_size = size;
    return next;
}

/*
 * Suspends the stream until there is news. The connection is suspended before anybody can see it parked, and without the lock;
 * what was published meanwhile resumes it at once.
 */
static void park(struct follower *f)
{
    MHD_suspend_connection(f->connection);
    pthread_mutex_lock(&f->feed->lock);
    bool news = f->feed->ended || f->kept < f->feed->kept.end || f->live < f->feed->live.end;
    if (!news) {
        f->next = f->feed->parked;
        f->feed->parked = f;
    }
    pthread_mutex_unlock(&f->feed->lock);
    if (news)
        MHD_resume_connection(f->connection);
}

static ssize_t read_stream(void *context, uint64_t position, char *to, size_t max)
{
    struct follower *f = context;
    size_t size;
    (void)position;
    enum next next = fill(f, to, max, &size);
    if (size > 0)
        return (ssize_t)size;
    if (next == NEXT_LOST)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (next == NEXT_END)
        return MHD_CONTENT_READER_END_OF_STREAM;
    park(f);
    return 0;
}

static void feed_release(struct feed *feed)
{
    if (atomic_fetch_sub(&feed->holders, 1) != 1)
        return;
    ring_close(&feed->kept);
    ring_close(&feed->live);
    pthread_cond_destroy(&feed->news);
    pthread_mutex_destroy(&feed->lock);
    free(feed);
}

static void follower_free(void *context)
{
    struct follower *f = context;
    event_release(f->current);
    atomic_fetch_sub(&f->server->streams, 1);
    feed_release(f->feed);
    free(f);
}

/* The kept event behind `id`. */
static enum feed_place find_place(const struct feed *feed, uint64_t id, uint64_t *ret)
{
    const struct ring *kept = &feed->kept;
    if (feed->has_base && id == feed->base) {
        *ret = kept->first;
        return FEED_FOUND;
    }
    uint64_t low = kept->first, high = kept->end; /* ids rise */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (ring_at(kept, middle)->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < kept->end && ring_at(kept, low)->id == id) {
        *ret = low + 1;
        return FEED_FOUND;
    }
    bool before = feed->has_base ? id < feed->base : kept->first < kept->end && low == kept->first;
    return before ? FEED_TOO_OLD : FEED_UNKNOWN;
}

static void answer_stream(struct exchange *x, struct follower *f)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, READ_BLOCK, read_stream, f, follower_free);
    if (!response) {
        follower_free(f);
        exchange_problem(x, CSIGN_E_UNAVAILABLE, NULL);
        return;
    }
    x->streams = true;
    exchange_respond(x, 200, response, "text/event-stream", CACHE_NEVER);
}

enum feed_place feed_follow(struct feed *feed, struct exchange *x, uint64_t id)
{
    uint64_t kept = 0;
    pthread_mutex_lock(&feed->lock);
    enum feed_place place = find_place(feed, id, &kept);
    uint64_t live = feed->live.end;
    pthread_mutex_unlock(&feed->lock);
    if (place != FEED_FOUND)
        return place;

    struct follower *f = calloc(1, sizeof *f);
    if (!f) {
        exchange_problem(x, CSIGN_E_UNAVAILABLE, NULL);
        return FEED_FOUND;
    }
    *f = (struct follower){.feed = feed, .server = x->server, .connection = x->connection, .kept = kept, .live = live};
    atomic_fetch_add(&feed->holders, 1);
    atomic_fetch_add(&x->server->streams, 1);
    answer_stream(x, f);
    return FEED_FOUND;
}

/* --- life --- */

struct feed *feed_open(struct server *server, size_t events_max, size_t bytes_max)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return NULL;
    feed->holders = 1;
    feed->bytes_max = bytes_max;
    pthread_mutex_init(&feed->lock, NULL);
    pthread_cond_init(&feed->news, NULL);
    if (events_max == 0 || !ring_open(&feed->kept, events_max) || !ring_open(&feed->live, LIVE_MAX) ||
        pthread_create(&feed->waker, NULL, wake_followers, feed) != 0) {
        feed_release(feed);
        return NULL;
    }
    feed->server = server;
    feed->next = server->feeds;
    server->feeds = feed;
    return feed;
}

void feed_begin(struct feed *feed, uint64_t id)
{
    pthread_mutex_lock(&feed->lock);
    feed->base = id;
    feed->has_base = true;
    pthread_mutex_unlock(&feed->lock);
}

/* Ends the streams; when it returns, none of them is suspended or will be. */
static void end(struct feed *feed)
{
    struct server *server = feed->server;
    if (!server)
        return;
    pthread_mutex_lock(&feed->lock);
    feed->ended = true;
    pthread_cond_signal(&feed->news);
    pthread_mutex_unlock(&feed->lock);
    pthread_join(feed->waker, NULL);
    struct feed **at = &server->feeds;
    while (*at != feed)
        at = &(*at)->next;
    *at = feed->next;
    feed->server = NULL;
}

void feed_end_all(struct server *server)
{
    while (server->feeds)
        end(server->feeds);
}

void feed_close(struct feed **feed)
{
    if (!*feed)
        return;
    end(*feed);
    feed_release(*feed);
    *feed = NULL;
}
