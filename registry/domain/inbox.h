/* The inbox: where requests wait for a clinician. A pointer alone: app, practitioner, URL, expiry (PROTOCOL 4). */
#ifndef DOMAIN_INBOX_H
#define DOMAIN_INBOX_H

#include "registry.h"

#define INBOX_MAX     1000u /* pointers that wait for one practitioner; more are refused with too-many */
#define INBOX_APP_MAX 200u  /* of these, those of one app: it cannot fill her inbox alone */
#define INBOX_URL_MAX 1000u
#define INBOX_LIFE_S  (7u * 86400u) /* the latest expiry, from now */

struct inbox_post {
    struct operation operation;
    span app, practitioner, url; /* the caller's, until `done` */
    uint64_t expires_s;
    csign_fault fault;
    uint64_t id;
};
/* field-invalid with practitioner, url or expires_at. Then by `run`: not-found for the practitioner, too-many. */
csign_code inbox_post_prepare(struct inbox_post *post, span app, span practitioner, span url, uint64_t expires_s, uint64_t now_ms);

/* What waits for a practitioner and has not expired, in the order in which it came. */
struct inbox_item {
    uint64_t id, expires_s;
    span app, url;
};
struct inbox_list {
    struct query query;
};
struct inbox_list inbox_list_open(struct session *session, span practitioner);
/* Views hold until the next call. */
bool inbox_list_next(struct inbox_list *list, struct inbox_item *ret);
csign_code inbox_list_close(struct inbox_list *list);

#endif
