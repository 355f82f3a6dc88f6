/* A deed as it is kept: its row, and the JSON by which it is shown. */
#ifndef DOMAIN_DEED_ROW_H
#define DOMAIN_DEED_ROW_H

#include "deeds.h"

struct deed_row {
    enum deed_state state;
    enum deed_kind kind;
    span id, body, text, corrected, result, licence, practitioner; /* copied; absent where null */
    uint64_t valid_until_s, received_ms, accepted_ms, effective_ms, number, needs; /* 0 where null */
    uint8_t chain[CSIGN_HASH_SIZE];
};

/* Twice the longest text, and what stands around it. */
#define DEED_ROW_SCRATCH (3u * DEED_MAX)

csign_code deed_row_read(struct session *session, const uint8_t hash[CSIGN_HASH_SIZE], struct buffer *scratch,
                         struct deed_row *ret, bool *ret_found);

/* The deed of a row, with the members that `correct` replaced; views point into scratch. */
csign_code deed_row_parse(const struct deed_row *row, struct buffer *scratch, struct deed *ret, csign_fault *fault);

/* Puts what anyone who may see it is shown; with `note`, also the whole note. CSIGN_E_NOT_FOUND. */
csign_code deed_row_put(struct json_out *o, struct session *session, const uint8_t hash[CSIGN_HASH_SIZE], bool note);

/* The state at a time: what waits past its time has expired, whether or not somebody came to write it down. */
enum deed_state deed_row_state(const struct deed_row *row, uint64_t now_ms);

#endif
