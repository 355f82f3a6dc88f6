/*
 * The HTTP client, the only one: of the gate that follows a registry, and of the command. TLS is always verified, redirects are
 * not followed, sizes and times are limited; http is for loopback alone, and only where test roots are accepted (PROTOCOL 7).
 *
 * Thread safety: a client belongs to one thread at a time, but for client_cancel().
 */
#ifndef SYNC_CLIENT_H
#define SYNC_CLIENT_H

#include "fault.h"
#include "span.h"

struct client;

struct client_options {
    const char *base_url;
    bool accept_test;
    const char *ca_file; /* NULL: the system's certificates */
};

/* argument with base_url as field; no-space; unavailable without libcurl. */
csign_code client_open(const struct client_options *options, struct client **ret, csign_fault *fault);
void client_close(struct client **client);
/* Ends whatever runs, and all that is asked for later, with `unavailable`: from any thread. */
void client_cancel(struct client *client);

/* The access token of the requests that follow; absent: none. */
csign_code client_set_token(struct client *client, span token);

/* An answer; views hold until the client's next call. */
struct reply {
    unsigned status; /* 0: none came */
    span body;
    span nonce;         /* of the header Countersign-Nonce; absent if there is none */
    span field, detail; /* of a problem document; absent if there is none */
    uint64_t expected;  /* its member of that name, else 0 */
    uint64_t retry_after; /* seconds; 0: not said */
};

/*
 * Ask and wait, at most `max` bytes of answer. CSIGN_OK for a status of 2xx; else the code of the problem document, or what the
 * status comes nearest to; unavailable if there was no answer. `fault->reason` says which of these; the reply is written always.
 */
csign_code client_get(struct client *client, const char *path, size_t max, struct reply *ret, csign_fault *fault);
csign_code client_post(struct client *client, const char *path, const char *media_type, span body, size_t max, struct reply *ret,
                       csign_fault *fault);

/*
 * Opens a stream, and reads what has come of it: *ret is a view until the next call, empty if nothing came within `timeout_ms`.
 * unavailable at its end; the code of a problem where the stream was refused. One stream a client, and nothing beside it.
 */
csign_code client_stream(struct client *client, const char *path, csign_fault *fault);
csign_code client_read(struct client *client, int timeout_ms, span *ret, struct reply *ret_reply, csign_fault *fault);
/* Whether the registry has answered, and the stream is open. */
bool client_is_streaming(const struct client *client);
void client_end_stream(struct client *client);

#endif
