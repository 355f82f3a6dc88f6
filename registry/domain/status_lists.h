/*
 * Token Status Lists (TOKENS 7, PROTOCOL 3): what the status log says, for those who read no log. Made from the same rows; a list is
 * kept until the log grows or its time to live is over.
 */
#ifndef DOMAIN_STATUS_LISTS_H
#define DOMAIN_STATUS_LISTS_H

#include "registry.h"

#define STATUS_LIST_TTL  60u   /* seconds for which who has fetched a list need not ask again */
#define STATUS_LIST_LIFE 3600u /* seconds until it says nothing any more */

struct status_lists;
csign_code status_lists_open(struct status_lists **ret);
void status_lists_close(struct status_lists **lists);

/* A token, as text or compressed by gzip, and what it is called; `bytes` is the caller's to free(). */
struct status_list_token {
    char *bytes;
    size_t size;
    char etag[56]; /* with its quotes; another for each form */
};
/* CSIGN_E_NOT_FOUND for a list that no index is in yet, and where the registry has no key for lists. */
csign_code status_list_token(const struct registry *registry, uint64_t number, uint64_t now_s, bool gzip, struct status_list_token *ret);

#endif
