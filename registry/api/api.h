/*
 * What the resources share: the registry that they ask, and the ways in which a handler answers. One file a resource: parse, call the
 * domain, answer.
 *
 * A handler that changes something prepares an operation on its own thread, hands it over with api_submit() and answers when it is
 * resumed, after the commit. Its state begins with a struct api_work.
 */
#ifndef API_API_H
#define API_API_H

#include "exchange.h"
#include "json_write.h"
#include "limit.h"
#include "people.h"
#include "registry.h"
#include "schema.h"
#include "server.h"

#include <stdatomic.h>

struct api {
    const struct registry *registry;
    const span *roots; /* the root notes, version 1 first */
    size_t root_count;
    struct limit *limit; /* NULL: none */
    /* Set behind server_open(), which they need; `open` last. Until then nothing is written. */
    struct server *server;
    struct feed *feed;
    _Atomic bool open;
};

static inline const struct registry *api_registry(const struct exchange *x)
{
    return ((const struct api *)exchange_context(x))->registry;
}
uint64_t api_now_ms(void);

/* For server_open(): whom an access token names. */
csign_code api_authenticate(void *context, span token, enum http_role *ret_role, struct buffer *caller, csign_fault *fault);

/* --- answers --- */

/* A buffer in the exchange's memory. One without memory has overflowed from the start: answering with it says so. */
struct buffer api_buffer(struct exchange *x, size_t capacity);
/* Answers with JSON, or with a problem if it did not fit. */
void api_answer_json(struct exchange *x, unsigned status, const struct buffer *body);
void api_answer_note(struct exchange *x, const struct buffer *note, enum http_cache cache);
/* A problem without a fault of the domain's. */
void api_problem(struct exchange *x, csign_code code, const char *field, const char *reason);

/* Answers with what `put` makes of a session and a viewer: the JSON of one GET by an officer. */
typedef csign_code (*api_put)(struct exchange *x, struct session *session, const struct viewer *viewer, struct json_out *o,
                              csign_fault *fault);
void api_answer_viewer(struct exchange *x, size_t capacity, api_put put);
/* A session to read from; a handler has one at a time. */
struct session *api_reader(const struct exchange *x);
void api_reader_end(const struct exchange *x, struct session *session);

/* The body that an officer's vkey names: "ksbha" of "ksbha/chen". */
span api_caller_body(const struct exchange *x);

/* --- parameters --- */

/* A number of the query, in a range; what is not there is `absent`. field-invalid with the name. */
csign_code api_query_number(const struct exchange *x, const char *name, uint64_t absent, uint64_t min, uint64_t max, uint64_t *ret,
                            csign_fault *fault);

/* --- what is written --- */

struct api_work {
    struct exchange *x;
    csign_code code;
};
/* State of this size that begins with a struct api_work; NULL, and the problem was answered, if there is no memory. */
void *api_work_open(struct exchange *x, size_t size);
/* Hands the operation to the writer and waits; `resume` finds the outcome in the state's `code`. The last call of a handler. */
void api_submit(struct exchange *x, struct operation *operation, void (*resume)(struct exchange *x));

/* --- proofs --- */

/* Whether the caller may ask for something that costs signatures; else too-many was answered. */
bool api_within_limit(struct exchange *x);
/* Gives the next nonce, in the header that every answer to a proof has; *ret is its text, for the body. */
bool api_give_nonce(struct exchange *x, span *ret, uint64_t *ret_expires_s);
/* Reads {"proof": …}, within the limit. On false a problem was answered. */
bool api_read_proof(struct exchange *x, bool limited, span *ret);

#endif
