/*
 * From the target to the route: decoding, matching, who may call, and whether the body that is announced is one that it takes.
 * Everything is checked before the first byte of the body.
 */
#include "serving.h"
#include "cursor.h"
#include "utf8.h"

#include <strings.h>

/* --- decoding --- */

static int hex(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_text(const uint8_t *text, size_t size)
{
    uint32_t character;
    for (const uint8_t *at = text, *end = text + size; at < end;) {
        unsigned length = utf8_read(at, end, &character);
        if (length == 0 || character < 0x20 || character == 0x7f)
            return false;
        at += length;
    }
    return true;
}

bool route_decode(uint8_t *text, size_t *size, bool plus)
{
    size_t to = 0;
    for (size_t at = 0; at < *size; at++, to++) {
        text[to] = plus && text[at] == '+' ? ' ' : text[at];
        if (text[at] != '%')
            continue;
        int high = at + 2 < *size ? hex(text[at + 1]) : -1, low = at + 2 < *size ? hex(text[at + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        text[to] = (uint8_t)(high << 4 | low);
        at += 2;
        if (!plus && text[to] == '/') /* a segment has none, and a path is not taken apart twice */
            return false;
    }
    *size = to;
    return is_text(text, to);
}

static bool decode_path(span *path)
{
    uint8_t *text = (uint8_t *)(uintptr_t)path->data; /* the exchange's copy */
    if (!route_decode(text, &path->size, false))
        return false;
    struct cursor c = cursor_open(*path);
    for (span segment; !cursor_done(&c);) {
        if (!cursor_until(&c, '/', &segment)) {
            segment = cursor_rest(&c);
            c.at = c.end;
        }
        if (span_equal(segment, SPAN(".")) || span_equal(segment, SPAN("..")))
            return false;
    }
    return true;
}

static bool decode_parameter(struct exchange *x, uint8_t *text, size_t size)
{
    uint8_t *equals = memchr(text, '=', size);
    size_t name_size = equals ? (size_t)(equals - text) : size, value_size = equals ? size - name_size - 1 : 0;
    uint8_t *value = equals ? equals + 1 : text + size;
    if (x->query_count == QUERY_MAX || !route_decode(text, &name_size, true) || !route_decode(value, &value_size, true))
        return false;
    for (size_t i = 0; i < x->query_count; i++)
        if (span_equal(x->query[i].name, span_of(text, name_size)))
            return false;
    x->query[x->query_count++] = (struct parameter){span_of(text, name_size), span_of(value, value_size)};
    return true;
}

static bool decode_query(struct exchange *x, uint8_t *text, size_t size)
{
    while (size > 0) {
        uint8_t *and = memchr(text, '&', size);
        size_t length = and ? (size_t)(and - text) : size, taken = and ? length + 1 : length;
        if (!decode_parameter(x, text, length))
            return false;
        text += taken;
        size -= taken;
    }
    return true;
}

/* --- matching --- */

static bool take_segment(span *path, span *ret)
{
    if (path->size == 0 || path->data[0] != '/')
        return false;
    const uint8_t *start = path->data + 1, *end = memchr(start, '/', path->size - 1);
    *ret = span_of(start, end ? (size_t)(end - start) : path->size - 1);
    *path = span_of(start + ret->size, path->size - 1 - ret->size);
    return true;
}

/* Compares a path with a route's pattern, segment by segment, and notes what stands for its names. */
static bool match(struct exchange *x, const char *pattern, span path)
{
    span rest = span_text(pattern), wanted, found;
    x->path_count = 0;
    while (take_segment(&rest, &wanted)) {
        span whole = path;
        if (!take_segment(&path, &found))
            return false;
        if (wanted.size < 2 || wanted.data[0] != '{') {
            if (!span_equal(wanted, found))
                return false;
            continue;
        }
        bool all = wanted.data[wanted.size - 2] == '*';
        if (all) {
            found = span_of(whole.data + 1, whole.size - 1);
            path.size = 0;
        }
        if (found.size == 0 || x->path_count == PATH_NAMES)
            return false;
        x->path[x->path_count++] = (struct parameter){span_of(wanted.data + 1, wanted.size - (all ? 3 : 2)), found};
    }
    return path.size == 0;
}

static void find(struct exchange *x, const char *method, span path)
{
    const struct server_options *options = &x->server->options;
    unsigned allowed = 0;
    for (size_t i = 0; i < options->route_count; i++) {
        const struct http_route *route = &options->routes[i];
        if (!match(x, route->path, path))
            continue;
        allowed |= route->method;
        if (strcmp(method, route->method == HTTP_GET ? "GET" : "POST") == 0) {
            x->route = route;
            return;
        }
    }
    static const csign_fault no_path = {CSIGN_E_NOT_FOUND, "", "no such path", 0};
    static const csign_fault no_method = {CSIGN_E_NOT_FOUND, "", "the path does not have this method", 0};
    if (!allowed) {
        exchange_problem(x, CSIGN_E_NOT_FOUND, &no_path);
        return;
    }
    exchange_answer_header(x, "Allow", allowed == HTTP_GET ? "GET" : allowed == HTTP_POST ? "POST" : "GET, POST");
    exchange_problem_as(x, 405, CSIGN_E_NOT_FOUND, &no_method);
}

/* --- who calls --- */

/* The host of this machine's own name or numbers; 127.example is a name that anybody can own. */
static bool names_loopback(span host)
{
    const uint8_t *colon = host.size && host.data[0] != '[' ? memchr(host.data, ':', host.size) : NULL;
    const span name = span_of(host.data, colon ? (size_t)(colon - host.data) : host.size);
    if (span_equal(name, SPAN("localhost")) || span_equal(name, SPAN("[::1]")) || span_starts(name, SPAN("[::1]:")))
        return true;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] != '.' && (name.data[i] < '0' || name.data[i] > '9'))
            return false;
    return span_starts(name, SPAN("127."));
}

/*
 * A proxy on this machine is no local caller, and neither is a page in a browser here whose name was made to point to loopback:
 * the one adds a header, the other names itself in Host.
 */
static bool is_local(const struct exchange *x)
{
    static const char *const by_proxies[] = {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"};
    for (size_t i = 0; i < sizeof by_proxies / sizeof *by_proxies; i++)
        if (exchange_header(x, by_proxies[i]).data)
            return false;
    if (x->peer->unix_socket)
        return true;
    return x->peer->local && names_loopback(exchange_header(x, "Host"));
}

static bool is_token68(span text)
{
    static const char others[] = "-._~+/=";
    for (size_t i = 0; i < text.size; i++) {
        char c = (char)text.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(others, c))))
            return false;
    }
    return text.size > 0 && text.size <= TOKEN_MAX;
}

/* RFC 6750 2.1 */
static csign_code read_token(const struct exchange *x, span *ret, csign_fault *fault)
{
    static const char scheme[] = "Bearer ";
    span field = exchange_header(x, "Authorization");
    if (!field.data)
        return fault_set(fault, CSIGN_E_UNAUTHENTICATED, "Authorization", "missing");
    if (field.size < sizeof scheme || strncasecmp((const char *)field.data, scheme, sizeof scheme - 1) != 0)
        return fault_set(fault, CSIGN_E_UNAUTHENTICATED, "Authorization", "not a bearer token");
    *ret = span_of(field.data + sizeof scheme - 1, field.size - (sizeof scheme - 1));
    if (!is_token68(*ret))
        return fault_set(fault, CSIGN_E_UNAUTHENTICATED, "Authorization", "not a bearer token");
    return CSIGN_OK;
}

static csign_code find_role(struct exchange *x, csign_fault *fault)
{
    const struct server_options *options = &x->server->options;
    unsigned roles = x->route->roles;
    if (roles & ROLE_ANYONE) {
        x->role = ROLE_ANYONE;
        return CSIGN_OK;
    }
    if ((roles & ROLE_LOCAL) && is_local(x)) {
        x->role = ROLE_LOCAL;
        return CSIGN_OK;
    }
    if (!(roles & ~(unsigned)ROLE_LOCAL) || !options->authenticate)
        return fault_set(fault, CSIGN_E_FORBIDDEN, "", roles ? "for local callers only" : "for nobody");

    span token;
    TRY(read_token(x, &token, fault));
    uint8_t *memory = exchange_memory(x, CALLER_MAX);
    if (!memory)
        return fault_set(fault, CSIGN_E_INTERNAL, "", "out of memory");
    struct buffer caller = buffer_open(memory, CALLER_MAX);
    enum http_role role = ROLE_NOBODY;
    TRY(options->authenticate(options->context, token, &role, &caller, fault));
    if (!(roles & (unsigned)role))
        return fault_set(fault, CSIGN_E_FORBIDDEN, "", "not for this role");
    x->role = role;
    x->caller = buffer_span(&caller);
    return buffer_code(&caller);
}

/* --- the body that is announced --- */

/* `text` is the media type `wanted`, with no other parameter than charset=utf-8. */
static bool is_media_type(span text, const char *wanted)
{
    size_t size = strlen(wanted);
    if (text.size < size || strncasecmp((const char *)text.data, wanted, size) != 0)
        return false;
    static const char *const parameters[] = {"charset=utf-8", "charset=\"utf-8\""};
    span rest = span_of(text.data + size, text.size - size);
    bool semicolon = false;
    while (rest.size > 0 && (rest.data[0] == ' ' || (rest.data[0] == ';' && !semicolon))) {
        semicolon = semicolon || rest.data[0] == ';';
        rest = span_of(rest.data + 1, rest.size - 1);
    }
    if (rest.size == 0)
        return !semicolon;
    for (size_t i = 0; semicolon && i < 2; i++)
        if (rest.size == strlen(parameters[i]) && strncasecmp((const char *)rest.data, parameters[i], rest.size) == 0)
            return true;
    return false;
}

static bool check_body(struct exchange *x)
{
    static const csign_fault too_large = {CSIGN_E_TOO_LARGE, "Content-Length", "more than the route takes", 0};
    static const csign_fault no_body = {CSIGN_E_BODY_MALFORMED, "Content-Length", "the route takes no body", 0};
    static const csign_fault no_length = {CSIGN_E_BODY_MALFORMED, "Content-Length", "malformed", 0};
    static const csign_fault wrong_type = {CSIGN_E_BODY_MALFORMED, "Content-Type", "not what the route takes", 0};
    span text = exchange_header(x, "Content-Length");
    uint64_t length = 0;
    if (text.data && !span_decimal(text, UINT64_MAX, &length))
        exchange_problem(x, CSIGN_E_BODY_MALFORMED, &no_length);
    else if (length == 0)
        return true;
    else if (!x->route->takes)
        exchange_problem_as(x, 415, CSIGN_E_BODY_MALFORMED, &no_body);
    else if (length > x->route->body_max)
        exchange_problem(x, CSIGN_E_TOO_LARGE, &too_large);
    else if (!is_media_type(exchange_header(x, "Content-Type"), x->route->takes))
        exchange_problem_as(x, 415, CSIGN_E_BODY_MALFORMED, &wrong_type);
    else
        return true;
    return false;
}

bool route_find(struct exchange *x, const char *method)
{
    static const csign_fault bad_path = {CSIGN_E_BODY_MALFORMED, "target", "the path is malformed", 0};
    static const csign_fault bad_query = {CSIGN_E_BODY_MALFORMED, "target", "the query is malformed or repeats a parameter", 0};
    char *question = strchr(x->target, '?');
    span path = span_of(x->target, question ? (size_t)(question - x->target) : x->raw_target_size);
    if (!decode_path(&path)) {
        exchange_problem(x, CSIGN_E_BODY_MALFORMED, &bad_path);
        return false;
    }
    if (question && !decode_query(x, (uint8_t *)question + 1, strlen(question + 1))) {
        exchange_problem(x, CSIGN_E_BODY_MALFORMED, &bad_query);
        return false;
    }
    find(x, method, path);
    if (!x->route)
        return false;
    csign_fault fault = {0};
    csign_code code = find_role(x, &fault);
    if (code != CSIGN_OK) {
        exchange_problem(x, code, &fault);
        return false;
    }
    return check_body(x);
}
