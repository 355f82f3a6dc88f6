/*
 * libcountersign-sync: a gate that keeps itself up to date, and the one call that apps are taught.
 *
 * csign_sync_open() follows a registry: it fetches trust roots and policies that the log names, replays the status log, stays on
 * the stream, asks for one fresh note after each start, and keeps marks, leaves and the outbox in one SQLite file. csign_release()
 * decides, consumes the sign-offs, records the receipt durably, and only then answers. Without the registry it goes on with the
 * evidence that it has, until that is older than the policy allows; then it refuses, says why, and recovers by itself.
 *
 * It does not show the document to anybody, does not sign, and sends the registry no patient data: receipts have neither digest,
 * label, patient reference nor fact.
 *
 * Link with libcountersign-sync and libcountersign. Thread safety: a csign_sync may be used by any number of threads; a
 * csign_desk belongs to one thread at a time.
 */
#ifndef COUNTERSIGN_SYNC_H
#define COUNTERSIGN_SYNC_H

#include <countersign/decide.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csign_sync csign_sync;
typedef struct csign_desk csign_desk;

/* Zero it first; absent members are zero. All is copied. */
typedef struct csign_sync_options {
    size_t struct_size;       /* sizeof(csign_sync_options) */
    const char *base_url;     /* of the registry: https; http to loopback only, and only with accept_test */
    const char *file;         /* the SQLite file; made if it is not there, readable by its owner alone; one process at a time */
    csign_span deployment;    /* id of this deployment: the audience that sign-offs must name */
    csign_span root;          /* the first trust root note, or */
    const uint8_t *root_hash; /* the SHA-256 of its text, 32 bytes: never on first use. Not asked for when `file` holds a root */
    int accept_test;          /* 1: test roots are accepted, and production roots are not */
    int offline;              /* 1: declared offline: nothing is fetched, and no fresh note is asked for after a start */
    const uint8_t *app_seed;  /* Ed25519 seed, 32 bytes, of the app's key: signs receipt batches. NULL: receipts wait, and after
                                 the limits below releases stop with audit-backlog */
    csign_span overlay;       /* the app's own rule, as of csign_gate_open(), or absent: it can only restrict */
    uint64_t backlog_max;     /* unsent permits; 0: 1,000,000 */
    int64_t backlog_age_max;  /* seconds; 0: 72 hours */
    uint64_t outbox_max;      /* bytes of the file; beyond them outbox-full; 0: 4 GiB */
    const char *ca_file;      /* of certificates for https; NULL: the system's */
    void (*log)(void *context, const char *line); /* what happens, for a log; never a secret. NULL: nothing */
    void *log_context;
} csign_sync_options;

/*
 * Opens, and starts to follow. It returns at once: until evidence is there decisions refuse with status-unknown or status-stale.
 * Errors: argument with the member at fault; root-…; conflict when another process has the file; unavailable with the system's reason.
 */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_sync_open(const csign_sync_options *options, csign_sync **ret_sync,
                                                      csign_fault *fault);
/* Ends the threads, sends nothing more, frees, and sets the pointer to NULL. Desks must be closed before. */
CSIGN_EXPORT void csign_sync_close(csign_sync **sync);

/* Waits until there is evidence as young as a start needs, or `timeout_ms` are over: CSIGN_OK or CSIGN_E_UNAVAILABLE. */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_sync_wait(csign_sync *sync, int64_t timeout_ms);

typedef struct csign_sync_info {
    size_t struct_size;    /* set by the caller */
    csign_marks marks;
    int64_t now;           /* as decisions take it: the wall clock, never behind the evidence plus the time since */
    int64_t evidence_age;  /* seconds; -1: no evidence */
    char origin[201];      /* the registry's name, "" while no root is held */
    int is_connected;      /* 1: on the stream */
    int is_ready;          /* 1: with what a start needs, as csign_sync_wait() waits for it */
    uint64_t receipts_waiting, permits_waiting;
    int64_t oldest_waiting; /* NumericDate of the oldest unsent permit; 0: none */
    char problem[256];     /* what went wrong last, if it is not over; "" otherwise */
} csign_sync_info;
CSIGN_EXPORT void csign_sync_describe(csign_sync *sync, csign_sync_info *ret_info);

/* A place to decide at: a workspace with a cache of verified credentials, one a thread. */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_desk_open(csign_sync *sync, size_t credentials, csign_desk **ret_desk);
CSIGN_EXPORT void csign_desk_close(csign_desk **desk);

/*
 * Records, durably, that a sign-off has been seen now. Call it when a sign-off comes in; a later release takes that time.
 * *ret_received_at is when it was first seen: the second call changes nothing. Errors: too-large, unavailable, outbox-full.
 */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_receive(csign_sync *sync, csign_span sign_off, int64_t *ret_received_at);

/*
 * May these bytes leave, now? Decides with the newest state, consumes the sign-offs, and has the receipt on disk before it answers.
 * received_at in the slots is ignored: it is what csign_receive() recorded, or now. release_id must be a UUIDv7, new for each
 * release. Asked again with the same input it is decided again, and what it consumed stays its own; with other input, or for a
 * sign-off that another release consumed, the answer is `replay`. ALLOW is a permit through ret_decision->not_after.
 * `rejected` is final: its request_id is on disk before the answer, and no later release under it is allowed, whoever accepted.
 *
 * *ret_decision is always written; its views hold until the desk's next call. Without durable storage nothing is allowed:
 * CSIGN_CANNOT_DECIDE with unavailable; CSIGN_REFUSE with audit-backlog or outbox-full at their limits.
 */
CSIGN_EXPORT CSIGN_CHECKED csign_verdict csign_release(csign_desk *desk, const struct csign_release *release,
                                                       csign_decision *ret_decision);

/*
 * What became of a permit: 1 released, 0 failed. Recorded durably. Errors: not-found for no permit of this id; conflict if another outcome was
 * recorded; permit-expired if it is reported as released after not_after: it is recorded all the same.
 */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_outcome(csign_sync *sync, csign_span release_id, int is_released);

/*
 * The release record and its salt (PROTOCOL 6), for the app's bundle of a permit: one line of JSON and 32 bytes. They are kept until the
 * outcome is recorded. no-space, not-found.
 */
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_release_record(csign_sync *sync, csign_span release_id, char *memory, size_t size,
                                                           size_t *ret_size, uint8_t ret_salt[32]);

#ifdef __cplusplus
}
#endif

#endif
