/* Alerts: what somebody has to look at. One about the same thing is raised once. */
#ifndef DOMAIN_ALERTS_H
#define DOMAIN_ALERTS_H

#include "registry.h"

#define ALERTS_PAGE_MAX 500u

/*
 * Raises one, from within an operation's `run`: of a kind, about something, for an authority, or for all where it is absent; `detail`
 * is JSON. One of this kind about the same stays as it was.
 */
csign_code alert_raise(struct session *session, span kind, span about, span authority, span detail);

struct alert {
    uint64_t id, at_ms;
    span kind, about, detail;
};
struct alert_list {
    struct query query;
};
/* An authority's, newest first, those with a lower id than `before`; 0: from the newest. */
struct alert_list alert_list_open(struct session *session, span authority, uint64_t before, size_t limit);
bool alert_list_next(struct alert_list *list, struct alert *ret);
csign_code alert_list_close(struct alert_list *list);

#endif
