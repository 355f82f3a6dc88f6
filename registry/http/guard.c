/*
 * What libmicrohttpd lets pass and we refuse: whatever two readers of HTTP could read differently is a way to smuggle a request
 * past the one in front.
 *
 * libmicrohttpd splits the head in place and keeps pointers into it, so the bytes that it forgave can be seen from where things
 * lie: a field must start exactly two bytes behind the end of the one before it. A bare line feed makes that one byte, a NUL
 * hides some, a folded line is moved elsewhere. A version of the library that lays a head out in another way would have every
 * request refused, and tests/flow/http_raw.py red.
 */
#include "serving.h"

#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>

struct head {
    const char *end; /* of what was seen so far, without the line's end */
    unsigned fields;
    bool host, length, type, authorization, body;
    const char *field, *reason; /* of the refusal */
};

static bool is_token(const char *text, size_t size)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(others, c))))
            return false;
    }
    return size > 0;
}

/* RFC 9110 5.5: visible characters, spaces, tabs, and bytes above ASCII. */
static bool is_field_value(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
            return false;
    return true;
}

static bool is_host(const char *text, size_t size)
{
    static const char others[] = ".-_:[]";
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(others, c))))
            return false;
    }
    return size > 0 && size < 256;
}

static bool is_called(const char *name, size_t size, const char *wanted)
{
    return size == strlen(wanted) && strncasecmp(name, wanted, size) == 0;
}

static enum MHD_Result refuse(struct head *head, const char *field, const char *reason)
{
    head->field = field;
    head->reason = reason;
    return MHD_NO;
}

/* A field that a head has at most once. */
static enum MHD_Result once(struct head *head, bool *seen, const char *name)
{
    if (*seen)
        return refuse(head, name, "more than one");
    *seen = true;
    return MHD_YES;
}

static enum MHD_Result check_framing(struct head *head, const char *name, size_t name_size, const char *value, size_t size)
{
    if (is_called(name, name_size, "Host")) {
        if (!is_host(value, size))
            return refuse(head, "Host", "malformed");
        return once(head, &head->host, "Host");
    }
    /* libmicrohttpd reads chunks with bare line feeds and any extension: a length is asked for instead (RFC 9112 6.3). */
    if (is_called(name, name_size, "Transfer-Encoding"))
        return refuse(head, "Transfer-Encoding", "not taken; send Content-Length");
    if (is_called(name, name_size, "Content-Type"))
        return once(head, &head->type, "Content-Type");
    if (is_called(name, name_size, "Authorization"))
        return once(head, &head->authorization, "Authorization");
    if (is_called(name, name_size, "Content-Length")) {
        for (size_t i = 0; i < size; i++)
            if (value[i] < '0' || value[i] > '9')
                return refuse(head, "Content-Length", "not a number");
        head->body = size != 1 || value[0] != '0';
        return once(head, &head->length, "Content-Length");
    }
    return MHD_YES;
}

static enum MHD_Result check_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                   const char *value, size_t value_size)
{
    struct head *head = context;
    (void)kind;
    if (++head->fields > HEADERS_MAX)
        return refuse(head, "", "too many header fields");
    if (!is_token(name, name_size))
        return refuse(head, "", "a header field's name is malformed");
    if (!value || !is_field_value(value, value_size))
        return refuse(head, "", "a header field's value is malformed");
    if (name != head->end + 2)
        return refuse(head, "", "a line of the head does not end in CR LF, or is folded");
    head->end = value + value_size;
    return check_framing(head, name, name_size, value, value_size);
}

static const char *check_target(const struct exchange *x)
{
    if (!x->target)
        return "too long";
    if (x->target[0] != '/')
        return "not a path";
    for (size_t i = 0; i < x->raw_target_size; i++)
        if (x->target[i] <= 0x20 || x->target[i] >= 0x7f || x->target[i] == '#')
            return "a character that has to be encoded";
    return NULL;
}

csign_code guard_check(struct exchange *x, const char *method, const char *version, csign_fault *fault)
{
    const char *reason = check_target(x);
    if (reason)
        return fault_set(fault, CSIGN_E_BODY_MALFORMED, "target", reason);
    if (strcmp(version, "HTTP/1.1") != 0)
        return fault_set(fault, CSIGN_E_BODY_MALFORMED, "", "not HTTP/1.1");
    if (!is_token(method, strlen(method)) || method + strlen(method) + 1 != x->raw_target ||
        x->raw_target + x->raw_target_size + 1 != version)
        return fault_set(fault, CSIGN_E_BODY_MALFORMED, "", "the request line is malformed");

    struct head head = {.end = version + strlen(version)};
    MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, check_field, &head);
    if (head.reason)
        return fault_set(fault, CSIGN_E_BODY_MALFORMED, head.field, head.reason);
    if (!head.host)
        return fault_set(fault, CSIGN_E_BODY_MALFORMED, "Host", "missing");

    /* Behind the last field come its line's end and an empty line, and there the head ends. */
    const union MHD_ConnectionInfo *size = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (!size || head.end + 4 != method + size->header_size)
        return fault_set(fault, CSIGN_E_BODY_MALFORMED, "", "a line of the head does not end in CR LF, or is folded");
    x->announced = head.body;
    return CSIGN_OK;
}

/* --- what libmicrohttpd refuses by itself --- */

/*
 * A length that is no number and a missing host never reach the handler: 0.9.75 refuses them once the head is complete, goes on
 * in the wrong state and sends the head of its answer twice. All that it calls then is the logger, so the answer is given from
 * there, over the socket, which is then shut down before libmicrohttpd writes to it.
 */

/* The requests of this worker whose handler has not been called yet; all that happens to a connection happens on one thread. */
static _Thread_local struct exchange *unread;

void guard_expect(struct exchange *x)
{
    x->previous_unread = NULL;
    x->next_unread = unread;
    if (unread)
        unread->previous_unread = x;
    unread = x;
    x->unread = true;
}

void guard_found(struct exchange *x)
{
    if (!x->unread)
        return;
    if (x->next_unread)
        x->next_unread->previous_unread = x->previous_unread;
    if (x->previous_unread)
        x->previous_unread->next_unread = x->next_unread;
    else
        unread = x->next_unread;
    x->unread = false;
}

/* The one whose head is complete and has no answer: between those two libmicrohttpd does nothing but look at it. */
static struct exchange *find_refused(void)
{
    for (struct exchange *x = unread; x; x = x->next_unread) {
        const union MHD_ConnectionInfo *size = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
        if (size && size->header_size > 0 && !MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_HTTP_STATUS))
            return x;
    }
    return NULL;
}

static void answer_over_socket(const struct exchange *x)
{
    static const char body[] = "{\"type\":\"about:blank\",\"title\":\"The body is not what the route takes.\",\"status\":400,"
                               "\"code\":\"body-malformed\",\"detail\":\"Host is missing or Content-Length is malformed\","
                               "\"fix\":\"send the body that the route documents\"}";
    char answer[1024];
    int size = snprintf(answer, sizeof answer,
                        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
                        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Length: %zu\r\n\r\n%s",
                        sizeof body - 1, body);
    if (size > 0)
        send(x->peer->watched.socket, answer, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(x->peer->watched.socket, SHUT_RDWR);
}

void guard_log(void *context, const char *format, va_list arguments)
{
    static const char refusal[] = "Error processing request (HTTP response code is";
    struct server *server = context;
    if (strncmp(format, refusal, sizeof refusal - 1) != 0)
        return;
    unsigned status = va_arg(arguments, unsigned);
    atomic_fetch_add(&server->refused, 1);
    if (status < 600)
        atomic_fetch_add(&server->by_status[status / 100], 1);
    struct exchange *x = find_refused();
    if (!x)
        return;
    guard_found(x);
    answer_over_socket(x);
}
