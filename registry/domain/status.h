/*
 * Status indexes: the only place where B and E leaves are made. An index that ends never comes back; what is given instead is the
 * next one, and every allocation reads again, in its own transaction, each standing order on the person, the licence, the
 * institution, the affiliation, the key and the identifiers. All of this is called from within an operation's `run`.
 */
#ifndef DOMAIN_STATUS_H
#define DOMAIN_STATUS_H

#include "registry.h"

enum status_scope { STATUS_OF_BINDING, STATUS_OF_LICENCE, STATUS_OF_AFFILIATION, STATUS_OF_PRACTITIONER };

/* Whose indexes: `binding` of STATUS_OF_BINDING, else the id. */
struct status_subject {
    enum status_scope scope;
    int64_t binding;
    span id;
};

struct status_ending {
    enum end_code code;
    enum end_reason reason;
    uint64_t effective_ms;
    const uint8_t *deed; /* its hash, 32 bytes; NULL where the registry itself supersedes */
};

/*
 * Ends what is live of a subject. With code revoked, also what is suspended already gets a second E: suspended, then revoked.
 * *ret_count, which may be NULL, is how many leaves were made.
 */
csign_code status_end(const struct registry *registry, struct session *session, const struct status_subject *subject,
                      const struct status_ending *ending, uint64_t *ret_count);

/*
 * Amends what the deed `ended_by` has ended and nothing has changed since: a second E with the same code, and the reason, time and
 * deed of `ending`.
 */
csign_code status_amend(const struct registry *registry, struct session *session, const uint8_t ended_by[CSIGN_HASH_SIZE],
                        const struct status_ending *ending);

/*
 * Gives a binding its next live index: supersedes a live one with `reason` first, in the same commit. CSIGN_E_STANDING_ORDER while an order
 * stands against the licence or person, CSIGN_E_CONFLICT where key, affiliation, licence or institution has ended.
 */
csign_code status_allocate(const struct registry *registry, struct session *session, int64_t binding, enum end_reason reason,
                           const uint8_t *deed, uint64_t *ret_index, csign_fault *fault);

/* The same for every binding of a subject whose key has not ended: after `condition` and `correct` (those live), after `reinstate` (all). */
enum status_renewal { STATUS_RENEW_LIVE, STATUS_RENEW_ALL };
csign_code status_renew(const struct registry *registry, struct session *session, const struct status_subject *subject,
                        enum status_renewal which, enum end_reason reason, const uint8_t *deed, uint64_t *ret_count,
                        csign_fault *fault);

/* The index of a binding that can still end: live, or suspended. */
csign_code status_find_open(struct session *session, int64_t binding, bool *ret_found, uint64_t *ret_index);

/*
 * Whether a cut of the institution, of the issuer's key or of everything lies behind `at_ms`: CSIGN_E_STANDING_ORDER, for no gate would
 * take a credential of that time.
 */
csign_code status_check_cuts(const struct registry *registry, struct session *session, span institution, uint64_t at_ms,
                             csign_fault *fault);

/* Whether an order stands: CSIGN_OK, or CSIGN_E_STANDING_ORDER with the kind in `fault`. Absent ids are not asked for. */
csign_code status_check_orders(struct session *session, span licence, span practitioner, csign_fault *fault);

#endif
