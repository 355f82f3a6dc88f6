#include "status_lists.h"
#include "base64.h"
#include "credential.h"
#include "json_write.h"
#include "jws.h"
#include "query.h"
#include "rows.h"
#include "status_list.h"

#include <libdeflate.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define LISTS_MAX 16u /* kept; a list has 16 million entries */
#define LEVEL     6

struct kept {
    bool is_there;
    uint64_t number, log_size, made_s;
    struct buffer text, gzip;
};

struct status_lists {
    pthread_mutex_t lock; /* held while a list is made: the others wait for it rather than make it again */
    struct kept kept[LISTS_MAX];
};

csign_code status_lists_open(struct status_lists **ret)
{
    struct status_lists *lists = calloc(1, sizeof *lists);
    if (!lists)
        return CSIGN_E_NO_SPACE;
    if (pthread_mutex_init(&lists->lock, NULL) != 0) {
        free(lists);
        return CSIGN_E_UNAVAILABLE;
    }
    *ret = lists;
    return CSIGN_OK;
}

void status_lists_close(struct status_lists **place)
{
    struct status_lists *lists = *place;
    if (!lists)
        return;
    for (size_t i = 0; i < LISTS_MAX; i++) {
        free(lists->kept[i].text.data);
        free(lists->kept[i].gzip.data);
    }
    (void)pthread_mutex_destroy(&lists->lock);
    free(lists);
    *place = NULL;
}

/* --- entries --- */

struct list {
    uint8_t *bits;
    size_t size;
    uint64_t first, end; /* indexes */
};

static void set(struct list *list, uint64_t idx, uint8_t value)
{
    (void)status_list_set(list->bits, list->size, STATUS_LIST_BITS, idx - list->first, value);
}

static csign_code put_ended(struct session *session, struct list *list)
{
    static const uint8_t values[] = {STATUS_LIST_LIVE, STATUS_LIST_REVOKED, STATUS_LIST_SUSPENDED, STATUS_LIST_SUPERSEDED};
    struct query q = QUERY(session, SQL_STATUS_LIST_ENDED, VALUE_INTEGER(list->first), VALUE_INTEGER(list->end));
    while (query_row(&q)) {
        int64_t code = query_integer(&q, 1);
        set(list, (uint64_t)query_integer(&q, 0), code > 0 && code <= END_SUPERSEDED ? values[code] : STATUS_LIST_REVOKED);
    }
    return query_close(&q);
}

static csign_code put_cut(struct session *session, struct list *list, uint64_t now_s, bool one, span institution, int64_t cut_ms)
{
    struct query q = QUERY(session, SQL_STATUS_LIST_CUT, VALUE_INTEGER(list->first), VALUE_INTEGER(list->end), VALUE_INTEGER(now_s),
                           VALUE_INTEGER(one), VALUE_TEXT(institution), VALUE_INTEGER(cut_ms));
    while (query_row(&q))
        set(list, (uint64_t)query_integer(&q, 0), STATUS_LIST_SUSPENDED);
    return query_close(&q);
}

/*
 * After a cut the entries concerned read 2 until every credential from before it has expired, at the latest a whole life later. An
 * issuer's key is asked for by its kid; which key issued what is not kept, so that a cut of the one that issues concerns all.
 */
static csign_code put_cuts(const struct registry *registry, struct session *session, struct list *list, uint64_t now_s)
{
    csign_code code = CSIGN_OK;
    uint64_t since = now_s > CREDENTIAL_LIFE_MAX ? (now_s - CREDENTIAL_LIFE_MAX) * 1000 : 0;
    struct query q = QUERY(session, SQL_STATUS_LIST_CUTS, VALUE_INTEGER(since));
    while (code == CSIGN_OK && query_row(&q)) {
        bool one = query_integer(&q, 0) == CUT_INSTITUTION;
        if (query_integer(&q, 0) != CUT_ISSUER || span_equal(query_blob(&q, 1), span_text(registry->kid)))
            code = put_cut(session, list, now_s, one, one ? query_blob(&q, 1) : SPAN(""), query_integer(&q, 2));
    }
    TRY(query_close(&q));
    return code;
}

static csign_code put_floor(struct session *session, struct list *list)
{
    struct query q = query_open(session, SQL_LOG_LIMIT_ALL, NULL, 0);
    uint64_t floor = 0;
    while (query_row(&q))
        if (span_equal(query_text(&q, 0), SPAN("F")))
            floor = (uint64_t)query_integer(&q, 2);
    for (uint64_t idx = list->first; idx < floor && idx < list->end; idx++)
        set(list, idx, STATUS_LIST_REVOKED);
    return query_close(&q);
}

/* --- the token --- */

typedef size_t compress_bound(struct libdeflate_compressor *compressor, size_t size);
typedef size_t compress_bytes(struct libdeflate_compressor *compressor, const void *in, size_t in_size, void *out, size_t out_size);

/* *out's memory is the caller's to free(). */
static csign_code compressed(span bytes, compress_bound *bound, compress_bytes *compress, struct buffer *out)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
    if (!compressor)
        return CSIGN_E_NO_SPACE;
    size_t room = bound(compressor, bytes.size);
    uint8_t *memory = malloc(room);
    size_t size = memory ? compress(compressor, bytes.data, bytes.size, memory, room) : 0;
    libdeflate_free_compressor(compressor);
    *out = buffer_open(memory, room);
    out->size = size;
    return size ? CSIGN_OK : CSIGN_E_NO_SPACE;
}

static void put_payload(const struct registry *registry, uint64_t number, uint64_t now_s, span lst, struct buffer *out)
{
    struct json_out o = json_out(out);
    uint8_t memory[CSIGN_STRING_MAX + 64];
    struct buffer uri = buffer_open(memory, sizeof memory);
    buffer_put(&uri, registry->iss);
    buffer_text(&uri, "/status/list/");
    buffer_decimal(&uri, number);
    json_put_object(&o);
    json_put_text_member(&o, "iss", registry->iss);
    json_put_text_member(&o, "sub", buffer_span(&uri));
    json_put_integer_member(&o, "iat", now_s);
    json_put_integer_member(&o, "exp", now_s + STATUS_LIST_LIFE);
    json_put_integer_member(&o, "ttl", STATUS_LIST_TTL);
    json_put_name(&o, "status_list");
    json_put_object(&o);
    json_put_integer_member(&o, "bits", STATUS_LIST_BITS);
    json_put_base64url_member(&o, "lst", lst);
    json_end_object(&o);
    json_end_object(&o);
    out->overflow |= uri.overflow;
}

static csign_code sign(const struct registry *registry, uint64_t number, uint64_t now_s, span lst, struct buffer *ret)
{
    uint8_t memory[256];
    struct buffer header = buffer_open(memory, sizeof memory);
    struct json_out o = json_out(&header);
    size_t room = lst.size * 2 + 2048;
    struct buffer payload = buffer_open(malloc(room), room), token = buffer_open(malloc(2 * room), 2 * room);
    csign_code code = CSIGN_E_NO_SPACE;
    json_put_object(&o);
    json_put_text_member(&o, "typ", SPAN("statuslist+jwt"));
    json_put_text_member(&o, "alg", SPAN("EdDSA")); /* the older name: readers of lists may know it alone */
    json_put_text_member(&o, "kid", span_text(registry->statuslist_kid));
    json_end_object(&o);
    if (payload.data && token.data) {
        put_payload(registry, number, now_s, lst, &payload);
        jws_write(&token, buffer_span(&header), buffer_span(&payload), registry->statuslist_key);
        code = payload.overflow ? CSIGN_E_NO_SPACE : buffer_code(&token);
    }
    free(payload.data);
    *ret = token;
    return code;
}

static csign_code fill(const struct registry *registry, struct session *session, struct list *list, uint64_t now_s)
{
    TRY(put_cuts(registry, session, list, now_s));
    TRY(put_ended(session, list)); /* what has ended says more than a cut */
    return put_floor(session, list);
}

/* Every list has its whole length, so that nobody counts clinicians by it; zeros take next to nothing once deflated. */
static csign_code make(const struct registry *registry, struct session *session, uint64_t number, uint64_t now_s, struct kept *ret)
{
    struct list list = {.size = status_list_size(STATUS_LIST_ENTRIES, STATUS_LIST_BITS), .first = number * STATUS_LIST_ENTRIES};
    struct buffer lst = {0}, text = {0}, gzip = {0};
    list.end = list.first + STATUS_LIST_ENTRIES;
    list.bits = calloc(1, list.size);
    csign_code code = list.bits ? fill(registry, session, &list, now_s) : CSIGN_E_NO_SPACE;
    if (code == CSIGN_OK)
        code = compressed(span_of(list.bits, list.size), libdeflate_zlib_compress_bound, libdeflate_zlib_compress, &lst);
    free(list.bits);
    if (code == CSIGN_OK)
        code = sign(registry, number, now_s, buffer_span(&lst), &text);
    free(lst.data);
    if (code == CSIGN_OK)
        code = compressed(buffer_span(&text), libdeflate_gzip_compress_bound, libdeflate_gzip_compress, &gzip);
    if (code != CSIGN_OK) {
        free(text.data);
        free(gzip.data);
        return code;
    }
    free(ret->text.data);
    free(ret->gzip.data);
    ret->text = text;
    ret->gzip = gzip;
    return CSIGN_OK;
}

static csign_code find(const struct registry *registry, struct session *session, uint64_t number, uint64_t now_s, struct kept **ret)
{
    uint8_t memory[CHECKPOINT_MAX];
    struct buffer note = buffer_open(memory, sizeof memory);
    uint64_t log_size;
    struct kept *k = &registry->status_lists->kept[number % LISTS_MAX];
    struct query q = query_open(session, SQL_STATUS_LIST_LAST, NULL, 0);
    int64_t last = query_row(&q) ? query_integer(&q, 0) : -1;
    TRY(query_close(&q));
    if (number > 0 && (last < 0 || number > (uint64_t)last / STATUS_LIST_ENTRIES))
        return CSIGN_E_NOT_FOUND;
    TRY(log_read_checkpoint(session, &note, &log_size));
    *ret = k;
    if (k->is_there && k->number == number && k->log_size == log_size && now_s < k->made_s + STATUS_LIST_TTL)
        return CSIGN_OK;
    TRY(make(registry, session, number, now_s, k));
    k->is_there = true;
    k->number = number;
    k->log_size = log_size;
    k->made_s = now_s;
    return CSIGN_OK;
}

static csign_code copy(const struct kept *k, bool gzip, struct status_list_token *ret)
{
    const struct buffer *from = gzip ? &k->gzip : &k->text;
    ret->bytes = malloc(from->size);
    if (!ret->bytes)
        return CSIGN_E_NO_SPACE;
    memcpy(ret->bytes, from->data, from->size);
    ret->size = from->size;
    (void)snprintf(ret->etag, sizeof ret->etag, "\"%llx-%llx%s\"", (unsigned long long)k->log_size, (unsigned long long)k->made_s,
                   gzip ? "-gzip" : "");
    return CSIGN_OK;
}

csign_code status_list_token(const struct registry *registry, uint64_t number, uint64_t now_s, bool gzip, struct status_list_token *ret)
{
    struct kept *k = NULL;
    *ret = (struct status_list_token){0};
    if (!registry->statuslist_key || !registry->status_lists)
        return CSIGN_E_NOT_FOUND;
    (void)pthread_mutex_lock(&registry->status_lists->lock);
    struct session *session = store_reader(registry->store);
    csign_code code = session ? find(registry, session, number, now_s, &k) : CSIGN_E_UNAVAILABLE;
    if (session)
        store_reader_end(registry->store, session);
    if (code == CSIGN_OK)
        code = copy(k, gzip, ret);
    (void)pthread_mutex_unlock(&registry->status_lists->lock);
    return code;
}
