#include "client.h"
#include "cursor.h"
#include "problem.h"

#include <countersign/types.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define URL_SIZE        4096u
#define CONNECT_SECONDS 5L
#define REQUEST_SECONDS 30L
#define STREAM_BUFFER   (128u * 1024u) /* more waits in the socket until it is read */

struct client {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    char base[URL_SIZE], *ca_file, *bearer;
    bool is_loopback, is_streaming, is_paused, has_ended;
    atomic_bool is_cancelled;
    uint8_t *body;
    size_t size, capacity, max;
    char nonce[64];
    uint64_t retry_after;
    CURLcode result; /* of what has ended */
    uint8_t problem[PROBLEM_MAX];
};

/* --- opening --- */

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_started = CURLE_FAILED_INIT;
static void start_curl(void)
{
    curl_started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool is_loopback(span host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        span name = span_text(names[i]);
        if (span_starts(host, name) && (host.size == name.size || host.data[name.size] == ':'))
            return true;
    }
    return false;
}

static csign_code bad_url(csign_fault *fault, const char *reason)
{
    return fault_set(fault, CSIGN_E_ARGUMENT, "base_url", reason);
}

static csign_code read_base(struct client *c, const struct client_options *options, csign_fault *fault)
{
    span url = span_text(options->base_url), host = {NULL, 0};
    const bool is_https = span_starts(url, SPAN("https://")), is_http = span_starts(url, SPAN("http://"));
    while (url.size > 0 && url.data[url.size - 1] == '/')
        url.size--;
    if (!is_https && !is_http)
        return bad_url(fault, "neither https nor http");
    for (size_t i = 0; i < url.size; i++)
        if (url.data[i] <= ' ' || url.data[i] >= 0x7f || strchr("@?#\\\"", url.data[i]))
            return bad_url(fault, "more than scheme, host, port and path");
    if (url.size >= URL_SIZE / 2)
        return bad_url(fault, "too long");
    const size_t scheme = is_https ? 8 : 7;
    if (url.size > scheme) {
        const uint8_t *slash = memchr(url.data + scheme, '/', url.size - scheme);
        host = span_of(url.data + scheme, slash ? (size_t)(slash - url.data) - scheme : url.size - scheme);
    }
    if (host.size == 0)
        return bad_url(fault, "without a host");
    c->is_loopback = is_loopback(host);
    if (is_http && !(c->is_loopback && options->accept_test))
        return bad_url(fault, "http is for loopback alone, and only with test roots");
    memcpy(c->base, url.data, url.size);
    return CSIGN_OK;
}

csign_code client_open(const struct client_options *options, struct client **ret, csign_fault *fault)
{
    struct client *c = calloc(1, sizeof *c);
    if (!c)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    csign_code code = read_base(c, options, fault);
    if (code == CSIGN_OK && options->ca_file && !(c->ca_file = strdup(options->ca_file)))
        code = fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    pthread_once(&curl_once, start_curl);
    if (code == CSIGN_OK && curl_started == CURLE_OK) {
        c->multi = curl_multi_init();
        c->easy = curl_easy_init();
    }
    if (code == CSIGN_OK && (!c->multi || !c->easy))
        code = fault_set(fault, CSIGN_E_UNAVAILABLE, "", "libcurl does not start");
    if (code != CSIGN_OK) {
        client_close(&c);
        return code;
    }
    *ret = c;
    return CSIGN_OK;
}

void client_close(struct client **client)
{
    struct client *c = *client;
    if (!c)
        return;
    client_end_stream(c);
    curl_easy_cleanup(c->easy);
    curl_multi_cleanup(c->multi);
    curl_slist_free_all(c->headers);
    free(c->ca_file);
    free(c->bearer);
    free(c->body);
    free(c);
    *client = NULL;
}

void client_cancel(struct client *client)
{
    atomic_store(&client->is_cancelled, true);
    curl_multi_wakeup(client->multi);
}

csign_code client_set_token(struct client *c, span token)
{
    static const char prefix[] = "Authorization: Bearer ";
    free(c->bearer);
    c->bearer = NULL;
    if (!token.data)
        return CSIGN_OK;
    if (!(c->bearer = malloc(sizeof prefix + token.size)))
        return CSIGN_E_NO_SPACE;
    memcpy(c->bearer, prefix, sizeof prefix - 1);
    memcpy(c->bearer + sizeof prefix - 1, token.data, token.size);
    c->bearer[sizeof prefix - 1 + token.size] = 0;
    return CSIGN_OK;
}

/* --- what comes --- */

static bool grow(struct client *c, size_t needed)
{
    size_t capacity = c->capacity ? c->capacity : 4096;
    while (capacity < needed)
        capacity *= 2;
    if (capacity == c->capacity)
        return true;
    uint8_t *body = realloc(c->body, capacity);
    if (!body)
        return false;
    c->body = body;
    c->capacity = capacity;
    return true;
}

static size_t take_body(char *data, size_t one, size_t size, void *context)
{
    struct client *c = context;
    (void)one;
    if (c->is_streaming && c->size + size > STREAM_BUFFER) {
        c->is_paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (size > c->max - c->size || !grow(c, c->size + size))
        return 0;
    memcpy(c->body + c->size, data, size);
    c->size += size;
    return size;
}

/* The value of a header line of this name, in lower case; absent for another. */
static span header_value(span line, span name)
{
    if (line.size <= name.size || line.data[name.size] != ':')
        return span_of(NULL, 0);
    for (size_t i = 0; i < name.size; i++)
        if ((line.data[i] | 0x20) != name.data[i] && line.data[i] != name.data[i])
            return span_of(NULL, 0);
    span value = span_of(line.data + name.size + 1, line.size - name.size - 1);
    while (value.size && value.data[0] == ' ')
        value = span_of(value.data + 1, value.size - 1);
    while (value.size && value.data[value.size - 1] <= ' ')
        value.size--;
    return value;
}

static size_t take_header(char *data, size_t one, size_t size, void *context)
{
    struct client *c = context;
    (void)one;
    span line = span_of(data, size);
    span nonce = header_value(line, SPAN("countersign-nonce")), after = header_value(line, SPAN("retry-after"));
    if (nonce.data && nonce.size < sizeof c->nonce) {
        memcpy(c->nonce, nonce.data, nonce.size);
        c->nonce[nonce.size] = 0;
    }
    if (after.data && !span_decimal(after, 3600, &c->retry_after))
        c->retry_after = 0;
    return size;
}

/* --- asking --- */

static CURLcode set_common(struct client *c, const char *url)
{
    CURL *e = c->easy;
    CURLcode r = curl_easy_setopt(e, CURLOPT_URL, url);
#define SET(option, value)                                                                                        \
    if (r == CURLE_OK)                                                                                            \
    r = curl_easy_setopt(e, option, value)
    SET(CURLOPT_PROTOCOLS_STR, c->base[4] == 's' ? "https" : "http");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TCP_NODELAY, 1L);
    SET(CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    SET(CURLOPT_USERAGENT, "countersign");
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, c);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, c);
    if (c->ca_file)
        SET(CURLOPT_CAINFO, c->ca_file);
    if (c->is_loopback) /* what is for this machine goes through no proxy */
        SET(CURLOPT_PROXY, "");
    return r;
}

static bool add_header(struct client *c, const char *line)
{
    struct curl_slist *list = curl_slist_append(c->headers, line);
    if (list)
        c->headers = list;
    return list != NULL;
}

static csign_code prepare(struct client *c, const char *path, const char *media_type, csign_fault *fault)
{
    char url[URL_SIZE], type[128];
    client_end_stream(c);
    curl_easy_reset(c->easy);
    curl_slist_free_all(c->headers);
    c->headers = NULL;
    c->size = 0;
    c->nonce[0] = 0;
    c->retry_after = 0;
    c->result = CURLE_OK;
    c->has_ended = c->is_paused = false;
    int size = snprintf(url, sizeof url, "%s%s", c->base, path);
    if (size < 0 || (size_t)size >= sizeof url)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "path", "too long for a request");
    bool fits = add_header(c, "Expect:");
    if (media_type) {
        snprintf(type, sizeof type, "Content-Type: %s", media_type);
        fits = fits && add_header(c, type);
    }
    if (c->bearer)
        fits = fits && add_header(c, c->bearer);
    if (!fits || set_common(c, url) != CURLE_OK || curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers) != CURLE_OK)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    return CSIGN_OK;
}

/* Lets libcurl do what can be done now; true while the transfer runs. */
static bool advance(struct client *c)
{
    int running = 0, left;
    if (c->has_ended)
        return false;
    if (atomic_load(&c->is_cancelled) || curl_multi_perform(c->multi, &running) != CURLM_OK) {
        c->result = CURLE_ABORTED_BY_CALLBACK;
        c->has_ended = true;
        return false;
    }
    const CURLMsg *message = curl_multi_info_read(c->multi, &left);
    if (message && message->msg == CURLMSG_DONE) {
        c->result = message->data.result;
        c->has_ended = true;
    }
    return !c->has_ended;
}

static void await(struct client *c, int timeout_ms)
{
    curl_multi_poll(c->multi, NULL, 0, timeout_ms, NULL);
}

static void read_reply(struct client *c, struct reply *ret)
{
    long status = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    *ret = (struct reply){.status = (unsigned)status, .body = span_of(c->body ? c->body : (const uint8_t *)"", c->size),
                          .retry_after = c->retry_after};
    if (c->nonce[0])
        ret->nonce = span_text(c->nonce);
}

/* What the answer comes to. The reasons of libcurl are static texts. */
static csign_code judge(struct client *c, struct reply *ret, csign_fault *fault)
{
    read_reply(c, ret);
    if (atomic_load(&c->is_cancelled))
        return fault_set(fault, CSIGN_E_UNAVAILABLE, "registry", "cancelled");
    if (c->result == CURLE_WRITE_ERROR)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "registry", "the answer is longer than it may be");
    if (c->result != CURLE_OK)
        return fault_set(fault, CSIGN_E_UNAVAILABLE, "registry", curl_easy_strerror(c->result));
    if (ret->status >= 200 && ret->status < 300)
        return CSIGN_OK;
    csign_code code = problem_read(ret, c->problem);
    return fault_set(fault, code, "registry", csign_code_sentence(code));
}

static csign_code run(struct client *c, struct reply *ret, csign_fault *fault)
{
    c->is_streaming = false;
    if (curl_easy_setopt(c->easy, CURLOPT_TIMEOUT, REQUEST_SECONDS) != CURLE_OK || curl_multi_add_handle(c->multi, c->easy) != CURLM_OK)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    while (advance(c))
        await(c, 1000);
    csign_code code = judge(c, ret, fault);
    curl_multi_remove_handle(c->multi, c->easy);
    return code;
}

csign_code client_get(struct client *c, const char *path, size_t max, struct reply *ret, csign_fault *fault)
{
    memset(ret, 0, sizeof *ret);
    c->max = max;
    TRY(prepare(c, path, NULL, fault));
    return run(c, ret, fault);
}

csign_code client_post(struct client *c, const char *path, const char *media_type, span body, size_t max, struct reply *ret,
                       csign_fault *fault)
{
    memset(ret, 0, sizeof *ret);
    c->max = max;
    TRY(prepare(c, path, media_type, fault));
    if (curl_easy_setopt(c->easy, CURLOPT_POST, 1L) != CURLE_OK ||
        curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size) != CURLE_OK ||
        curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, body.data ? (const char *)body.data : "") != CURLE_OK)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    return run(c, ret, fault);
}

/* --- streams --- */

csign_code client_stream(struct client *c, const char *path, csign_fault *fault)
{
    c->max = STREAM_BUFFER;
    TRY(prepare(c, path, NULL, fault));
    if (!add_header(c, "Accept: text/event-stream") || curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers) != CURLE_OK ||
        curl_multi_add_handle(c->multi, c->easy) != CURLM_OK)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    c->is_streaming = true;
    return CSIGN_OK;
}

csign_code client_read(struct client *c, int timeout_ms, span *ret, struct reply *ret_reply, csign_fault *fault)
{
    long status = 0;
    c->size = 0; /* what was read last has been used */
    if (c->is_paused) {
        c->is_paused = false;
        curl_easy_pause(c->easy, CURLPAUSE_CONT);
    }
    if (advance(c) && c->size == 0) {
        await(c, timeout_ms);
        (void)advance(c);
    }
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 0 && status != 200) { /* a refusal: all of it is wanted, and it is short */
        c->is_streaming = false;
        for (int i = 0; i < 10 && advance(c); i++)
            await(c, 200);
        return judge(c, ret_reply, fault);
    }
    *ret = span_of(c->body, c->size);
    if (c->size > 0 || !c->has_ended)
        return CSIGN_OK;
    read_reply(c, ret_reply);
    return fault_set(fault, CSIGN_E_UNAVAILABLE, "registry", c->result ? curl_easy_strerror(c->result) : "the stream ended");
}

bool client_is_streaming(const struct client *c)
{
    long status = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    return c->is_streaming && status == 200;
}

void client_end_stream(struct client *c)
{
    if (c->multi && c->easy)
        curl_multi_remove_handle(c->multi, c->easy);
    c->is_streaming = false;
}
