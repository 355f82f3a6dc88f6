/*
 * Look-back: what was released on the word of a licence or of a practitioner since a time, and what became of it. Permits and
 * outcomes are apart: a permit whose outcome is not known may have been released.
 */
#ifndef DOMAIN_LOOKBACK_H
#define DOMAIN_LOOKBACK_H

#include "receipt.h"
#include "registry.h"
#include "uuid.h"

#define LOOKBACK_PAGE_MAX     500u
#define LOOKBACK_LICENCES_MAX 32u  /* of one practitioner */
#define LOOKBACK_PLACE_MAX    128u /* where a page begins: "<idx>.<seq>.<deployment>" */

struct lookback_ask {
    span authority;             /* who asks: only licences that its jurisdictions cover are shown */
    span licence, practitioner; /* one of them, the other absent */
    uint64_t since_s;           /* permits of this time and later; 0: all */
    span after;                 /* the `place` of the page before; absent: from the start */
    size_t limit;               /* 1 to LOOKBACK_PAGE_MAX */
};

struct lookback_release {
    span deployment, release_id, act, site;
    uint64_t seq, time_ms, idx, signed_s;
    uint8_t outcome; /* a word of receipt_outcomes; 0: none was reported */
};

struct lookback {
    struct session *session;
    struct query query;
    csign_code code;
    size_t left;
    bool more; /* after lookback_close(): `place` is where the next page begins */
    char place[LOOKBACK_PLACE_MAX];
    size_t licence_count;
    char licences[LOOKBACK_LICENCES_MAX][UUID_SIZE];
    uint8_t scratch[2 * RECEIPT_MAX + 4096];
};
/*
 * field-invalid for what was asked; not-found for what is not there or not the authority's to see. After CSIGN_OK it is to be closed.
 */
csign_code lookback_open(struct lookback *lookback, struct session *session, const struct lookback_ask *ask, csign_fault *fault);
/* Views hold until the next call. */
bool lookback_next(struct lookback *lookback, struct lookback_release *ret);
csign_code lookback_close(struct lookback *lookback);

#endif
