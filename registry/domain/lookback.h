/*
 * Look-back: what was released on the word of a licence or of a practitioner since a time, and what became of it. Permits and
 * outcomes are apart: a permit whose outcome is not known may have been released.
 */
#ifndef DOMAIN_LOOKBACK_H
#define DOMAIN_LOOKBACK_H

#include "receipt.h"
#include "registry.h"

#define LOOKBACK_PAGE_MAX 500u

/* Where a page begins, as text of the row before it: "<idx>.<seq>.<deployment>". Absent: at the start. */
#define LOOKBACK_PLACE_MAX 128u

struct lookback_ask {
    span authority;              /* who asks: only licences that its jurisdictions cover are shown */
    span licence, practitioner;  /* one of them */
    uint64_t since_s;            /* permits of this time and later; 0: all */
    span after;
    size_t limit;                /* 1 to LOOKBACK_PAGE_MAX */
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
    bool more;
    char place[LOOKBACK_PLACE_MAX];
    uint8_t memory[2 * RECEIPT_MAX + 4096];
};
/* field-invalid for what was asked; not-found for what is not there or not the authority's to see. */
csign_code lookback_open(struct lookback *lookback, struct session *session, const struct lookback_ask *ask, csign_fault *fault);
/* Views hold until the next call. */
bool lookback_next(struct lookback *lookback, struct lookback_release *ret);
/* Ends it; `place` is where the next page begins, if there are more. */
csign_code lookback_close(struct lookback *lookback);

#endif
