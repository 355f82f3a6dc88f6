/*
 * Deeds as the registry takes them (PROTOCOL 5): submitted with one signature or more, waiting until enough people have signed
 * the same text, then accepted, numbered, chained, and applied when they take effect. Accepted deeds are the audit trail.
 *
 *     struct deed_submission *s;
 *     TRY(deed_submission_prepare(registry, body, &s, &fault));      on the caller's thread; verifies every signature
 *     s->operation.done = …;
 *     TRY(store_submit(registry->store, &s->operation));             or store_perform()
 *     …done: on CSIGN_OK s->state and s->view, else s->fault
 *     deed_submission_free(&s);
 *
 * What authorises a deed stands in its note: who submits it does not matter.
 */
#ifndef DOMAIN_DEEDS_H
#define DOMAIN_DEEDS_H

#include "deed.h"
#include "json_write.h"
#include "registry.h"

/* The values are those of the column `state`. */
enum deed_state { DEED_WAITING = 1, DEED_ACCEPTED, DEED_EFFECTIVE, DEED_EXPIRED, DEED_VOIDED };
extern const struct vocabulary deed_states;

#define DEED_SIGNATURES_MAX 16u                                  /* lines of one note */
#define DEED_NOTE_MAX       (DEED_MAX + 16u * 1024u)             /* bytes of a note that is submitted */
#define DEED_VIEW_MAX       (16u * 1024u)                        /* bytes of the JSON of one deed without its note */
#define DEED_PUT_MAX        (2u * DEED_NOTE_MAX + DEED_VIEW_MAX) /* with its note, escaped: deeds are JSON in JSON */
#define DEEDS_LIST_MAX      100u                                 /* of one answer */
#define DEEDS_PUT_MAX       (512u * 1024u) /* bytes of a list; `next` says where it goes on when they are full */

struct deed_submission_inside;
struct deed_submission {
    struct operation operation; /* the caller sets `done` and submits it */
    enum deed_state state;      /* results: DEED_WAITING is the 202 of the wire, the others are 200 */
    span view;                  /* the JSON of deed_put(), without its note */
    csign_fault fault;          /* on another code than CSIGN_OK */
    struct deed_submission_inside *inside;
};

/*
 * Copies and reads a note and verifies all its signatures with the officers' keys. too-large, note-…, deed-malformed,
 * officer-unknown, same-key, same-person. On success the caller frees *ret.
 */
csign_code deed_submission_prepare(const struct registry *registry, span note, struct deed_submission **ret,
                                   csign_fault *fault);
void deed_submission_free(struct deed_submission **submission);

/* --- reading --- */

/* For whom something is read: an authority sees what is within its jurisdictions, an institution its own. */
struct viewer {
    span body;
    bool is_authority;
};
/* CSIGN_E_FORBIDDEN for a body that is none, or has ended. */
csign_code viewer_open(struct session *session, span body, struct viewer *ret);

/* Puts one deed and its note with all signature lines so far; CSIGN_E_NOT_FOUND also for what the viewer may not see. */
csign_code deed_put(struct json_out *o, struct session *session, const struct viewer *viewer,
                    const uint8_t hash[CSIGN_HASH_SIZE]);

struct deed_filter {
    bool waiting; /* those that wait, by id; else those that were accepted, by number */
    span after;   /* the `next` of the answer before, as text; absent: from the first. CSIGN_E_FIELD_INVALID */
    size_t limit; /* 1 to DEEDS_LIST_MAX */
};
/* Puts {"deeds":[…],"next"?}. */
csign_code deeds_put(struct json_out *o, struct session *session, const struct viewer *viewer, const struct deed_filter *filter,
                     csign_fault *fault);

/* --- what time brings --- */

/*
 * Applies every accepted deed whose time has come, marks as expired what waited too long, and raises an alert for each interim
 * suspension that nobody confirmed: it is never lifted. Returns when nothing is left to do; the first failure of the store.
 */
csign_code deeds_apply_due(const struct registry *registry);

/* A thread that does so every second, and at the moment the next deed takes effect. */
struct deeds_timer;
csign_code deeds_timer_start(const struct registry *registry, struct deeds_timer **ret);
void deeds_timer_stop(struct deeds_timer **timer);

/* For log_heartbeat_start(), `context` unused: whether an accepted deed has been due for more than LOG_WAITING_MS. */
bool deeds_overdue(void *context, struct session *session, uint64_t now_ms);

#endif
