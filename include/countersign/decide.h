/*
 * The decision: may these bytes be released as this act, now?
 *
 * csign_decide() shows every part of one sentence or refuses: a currently licensed, in-scope clinician signed exactly
 * these bytes; the licence status is so many seconds old. It runs the fourteen checks of docs/decision.md in their order,
 * each over all sign-offs before the next; the first failure wins, and an ALLOW needs every check to have run.
 *
 * It does not show that the diagnosis is right, that the clinician understood it, or that a tool and a clinician did not
 * lie together about who wrote it. It consumes nothing: that a sign-off is used once, and that the receipt is durable
 * before the document leaves, is csign_release() in libcountersign-sync.
 *
 * The same inputs give the same answer on every machine. It makes no system call and allocates nothing.
 *
 * Thread safety: a gate may be shared; a csign_cache belongs to one thread at a time.
 */
#ifndef COUNTERSIGN_DECIDE_H
#define COUNTERSIGN_DECIDE_H

#include <countersign/gate.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A verdict is returned, never stored in a struct that could be zero by accident: 0 refuses, and ALLOW is rare. */
typedef uint32_t csign_verdict;
#define CSIGN_REFUSE        ((csign_verdict)0u)
#define CSIGN_ALLOW         ((csign_verdict)0x5A17C0DEu)
#define CSIGN_BREAK_GLASS   ((csign_verdict)0x0B57A1E5u) /* an emergency's release, where a policy allows one */
#define CSIGN_CANNOT_DECIDE ((csign_verdict)2u)          /* no root, no room, an internal limit: a refusal */

/* One sign-off, as its signer's client sent it, and the request that it answers, as the app kept it. */
typedef struct csign_slot {
    csign_span request;                 /* the stored request, JSON */
    csign_span sign_off;                /* SD-JWT with key binding */
    const csign_span *transaction_data; /* its entry strings, in order */
    size_t transaction_data_count;      /* 1 to CSIGN_ENTRIES_MAX */
    size_t entry;                       /* which of them is this document's, from 0 */
    int64_t received_at;                /* when the deployment first saw the sign-off, NumericDate */
} csign_slot;

/* What the app asks. All views stay the caller's and must live until the decision has been used. */
struct csign_release {
    size_t struct_size; /* sizeof(struct csign_release) */
    csign_span release_id, act, setting, jurisdiction, site, audience, request_id;
    csign_span tool_id, tool_model, tool_version;
    csign_slot slots[CSIGN_SLOTS_MAX]; /* slot 1 first */
    size_t request_count;              /* slots whose `request` is set */
    size_t sign_off_count;             /* slots whose sign-off is set; none at all is no-signoff */
    csign_span document;               /* exactly the bytes to be released; a file may be mapped */
};

#define CSIGN_CHECK_COUNT 14u /* bit n-1 of csign_decision.checks is check n of docs/decision.md */

/* One signer, told only once credential and key binding were verified. Views into the cache's workspace. */
typedef struct csign_signer {
    unsigned slot;
    uint64_t index;                  /* of the status log */
    csign_span name, licence_number; /* absent if not disclosed */
    csign_span subject;
    const char *profession, *level, *assurance;       /* static strings */
    const char *meaning, *disposition, *authorship;   /* static strings */
    csign_span jurisdiction;                          /* the code of the claim that covers the place of care */
    uint32_t licensed_until;                          /* year * 10000 + month * 100 + day; 0: unknown */
    int64_t signed_at, opened_at;                     /* NumericDate; the signer's word */
    uint8_t sign_off_id[CSIGN_HASH_SIZE];             /* PROTOCOL 4: what is consumed */
} csign_signer;

typedef struct csign_policy_used {
    csign_span id; /* a view into the gate */
    uint64_t version;
} csign_policy_used;

/*
 * What was decided, and on what. Views are valid until the next decision with the same cache, and as long as gate and
 * release live. Zeroed it is a refusal.
 */
typedef struct csign_decision {
    size_t struct_size; /* set by csign_decide() */
    csign_verdict verdict;
    csign_code code;             /* CSIGN_OK for an ALLOW and for break-glass */
    const char *field, *reason;  /* what exactly failed, as in csign_fault; "" for an ALLOW */
    unsigned slot;               /* whose sign-off failed, from 1; 0: none in particular */
    uint32_t checks;             /* a bit for each check that passed */
    csign_span release_id;
    csign_span act;
    int64_t decided_at, not_after; /* NumericDate; a permit is good through not_after */
    csign_signer signers[CSIGN_SLOTS_MAX];
    size_t signer_count;
    uint8_t document_digest[CSIGN_HASH_SIZE];
    int document_hashed; /* 1: document_digest is set */
    csign_span media_type, label; /* as the signers were shown it */
    uint64_t document_size;
    csign_span status_origin;
    uint64_t status_size;
    int64_t status_time, status_limit; /* NumericDate; seconds */
    csign_policy_used policies[CSIGN_POLICIES_MAX];
    size_t policy_count;
    uint64_t root_version;
    const char *exception;      /* a static string: what excused a demand, "consultation" …, or NULL */
    csign_span no_signoff_text; /* the policy's word on the route outside Countersign, with no-signoff */
} csign_decision;

/*
 * The workspace of a thread, with a cache of verified credentials in it. It holds no status, time or policy: an entry
 * only says that this presentation's signature and form were verified under this version of the root.
 * csign_cache_size() is the bytes it needs for that many credentials, at least 1. csign_cache_init() makes it in memory
 * that the caller owns, aligned to 16, does not move and may simply drop; argument or no-space if the memory is not right.
 */
typedef struct csign_cache csign_cache;
CSIGN_EXPORT size_t csign_cache_size(size_t credentials);
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_cache_init(void *memory, size_t size, csign_cache **ret_cache);

/*
 * Decides at `now`, NumericDate. *ret_decision is always written, whatever is returned. NULL arguments and times before
 * 0 give CSIGN_CANNOT_DECIDE with `argument`.
 */
CSIGN_EXPORT CSIGN_CHECKED csign_verdict csign_decide(const csign_gate *gate, csign_cache *cache,
                                                      const struct csign_release *release, int64_t now,
                                                      csign_decision *ret_decision);

/*
 * Reads the release JSON of PROTOCOL 9, with `document` in B64U; `document_file` is for the command and is refused here
 * unless the caller has set ret_release->document before. received_at of each slot is set to `received_at`.
 * `memory` of csign_release_memory(json.size) bytes holds what the release points to; both must outlive it.
 * Errors: argument with the member at fault, too-large, no-space.
 */
CSIGN_EXPORT size_t csign_release_memory(size_t json_size);
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_release_read(csign_span json, int64_t received_at, void *memory, size_t size,
                                                         struct csign_release *ret_release, csign_fault *fault);

/*
 * Writes a decision as one line of JSON (PROTOCOL 9), or as the text for people, into `memory`; *ret_size is its length
 * without a terminator, which is written too. no-space if it does not fit; CSIGN_DECISION_TEXT_MAX always does.
 */
#define CSIGN_DECISION_TEXT_MAX 16384u
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_decision_json(const csign_decision *decision, void *memory, size_t size,
                                                          size_t *ret_size);
CSIGN_EXPORT CSIGN_CHECKED csign_code csign_decision_text(const csign_decision *decision, void *memory, size_t size,
                                                          size_t *ret_size);

/* The version of the library, "0.1.0". */
CSIGN_EXPORT const char *csign_version(void);

#ifdef __cplusplus
}
#endif

#endif
