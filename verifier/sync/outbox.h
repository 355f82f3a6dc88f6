/*
 * The outbox: one thread that sends receipts to the registry in batches signed by the app's key, and drops them once the
 * registry has acknowledged them (PROTOCOL 6, LOG 4.2). It sends when 100 wait or after a second, and an empty batch each hour:
 * silence must be visible.
 */
#ifndef SYNC_OUTBOX_H
#define SYNC_OUTBOX_H

#include "client.h"
#include "ledger.h"
#include "note.h"
#include "problems.h"
#include "newest.h"

#define TOKEN_MAX 4096u

struct outbox {
    struct ledger *ledger;
    struct newest *newest;
    struct problems *problems;
    span deployment;
    struct signing_key *key; /* in guarded memory */
    struct client *client;
    struct connection reader;
    bool has_token;
    uint64_t token_expires; /* NumericDate */
    uint64_t resend_from;   /* 0: from where the registry has acknowledged */
    uint64_t retry_after;   /* seconds, as the registry said last */
    uint64_t sent, not_before; /* CLOCK_BOOTTIME in milliseconds: of the last batch that arrived; of the next attempt */
    unsigned failures;      /* since then */
    pthread_t thread;
    bool has_thread, is_stopping, is_woken;
    pthread_mutex_t mutex;
    pthread_cond_t woken;
};

/* Starts the thread. outbox_stop() also wipes the key. */
csign_code outbox_start(struct outbox *o, const uint8_t seed[32], const struct client_options *options, csign_fault *fault);
void outbox_stop(struct outbox *o);

/* token.c: obtains an access token by a proof of the app's key, `iss` being the registry's, and gives it to the client. */
csign_code outbox_authenticate(struct outbox *o, span iss, csign_fault *fault);
/* send.c: sends one batch, empty if nothing waits, and takes the acknowledgement. */
csign_code outbox_send(struct outbox *o, csign_fault *fault);

#endif
