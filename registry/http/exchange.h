/*
 * One HTTP request and its answer, as handlers see them. This folder knows no medicine: routes, roles and what they mean are
 * given to it as a table.
 *
 * A handler is called once, with the whole body, on one of the server's threads. It answers, or it starts something that ends
 * elsewhere and returns exchange_wait(): then whoever ends it calls exchange_wake(), from any thread, and `resume` is called on
 * a server thread, to answer. Memory of exchange_memory() lives until the answer has been sent.
 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "fault.h"
#include "span.h"

struct exchange;

enum http_method { HTTP_GET = 1, HTTP_POST = 2 };

/* Who calls, once its access token was checked. */
enum http_role { ROLE_NOBODY = 0, ROLE_ANYONE = 1, ROLE_LOCAL = 2, ROLE_OFFICER = 4, ROLE_APP = 8, ROLE_CLINICIAN = 16 };

struct http_route {
    enum http_method method;
    const char *path; /* "/trust/{n}": a name in braces takes one segment, {name*} the rest */
    unsigned roles;   /* who may call; 0 is nobody */
    const char *takes; /* media type of the body; NULL: none is allowed */
    size_t body_max;
    void (*handle)(struct exchange *x);
    const char *summary; /* one line, for the OpenAPI file */
};

/* --- the request --- */

span exchange_body(const struct exchange *x);
/* The text that stood for a name of the path; percent-decoded; absent if there is none. */
span exchange_path(const struct exchange *x, const char *name);
/* A parameter of the query, decoded; absent if it is not there. */
span exchange_query(const struct exchange *x, const char *name);
span exchange_header(const struct exchange *x, const char *name);
/* The role that the caller's token has, one of the route's; and whom it names: "body/id", deployment, practitioner. */
enum http_role exchange_role(const struct exchange *x);
span exchange_caller(const struct exchange *x);
/*
 * The client's address, as bytes to tell clients apart by: of the connection; where that is this machine, a proxy's, what the proxy
 * adds to X-Forwarded-For. Not authentic: for limits alone.
 */
span exchange_client(const struct exchange *x);
/* What the server was opened with. */
void *exchange_context(const struct exchange *x);

/* --- the answer --- */

/* Zeroed memory until the answer is sent; NULL when there is none. */
void *exchange_memory(struct exchange *x, size_t size);

enum http_cache { CACHE_NEVER, CACHE_SECONDS, CACHE_MINUTE, CACHE_IMMUTABLE };
/* Answers with bytes that lie in exchange_memory() or are static. */
void exchange_answer(struct exchange *x, unsigned status, const char *media_type, span body, enum http_cache cache);
/* Adds a header to the answer, before it is given; name and value as those of the body. */
void exchange_answer_header(struct exchange *x, const char *name, const char *value);
/* Answers with an RFC 9457 problem of this code: its status, sentence and fix, the fault's field and reason. */
void exchange_problem(struct exchange *x, csign_code code, const csign_fault *fault);
/* The same with one more member: a name and a number, as the expected sequence number. */
void exchange_problem_with(struct exchange *x, csign_code code, const csign_fault *fault, const char *name, uint64_t value);
/* The same with a status of the caller's: 410 for a stream that does not go back so far. */
void exchange_problem_as(struct exchange *x, unsigned status, csign_code code, const csign_fault *fault);

/*
 * Suspends the request; `resume` answers, after exchange_wake(), which must come exactly once. At the server's end a request
 * that still waits is answered without `resume`; its memory stays until it is woken.
 */
void exchange_wait(struct exchange *x, void (*resume)(struct exchange *x));
void exchange_wake(struct exchange *x);
/* A place for the handler's own state, in exchange_memory(). */
void exchange_set_state(struct exchange *x, void *state);
void *exchange_state(const struct exchange *x);

#endif
