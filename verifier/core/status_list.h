/*
 * The bit array of a Token Status List (IETF draft, section 4.1): one entry of 1, 2, 4 or 8 bits an index, the first entry
 * in the lowest bits of the first byte. Compressing it is the registry's; here it is made and read.
 */
#ifndef CORE_STATUS_LIST_H
#define CORE_STATUS_LIST_H

#include "span.h"

#define STATUS_LIST_BITS    2u  /* of ours: PROTOCOL 3 has four values */
#define STATUS_LIST_ENTRIES (UINT32_C(1) << 24) /* of one of our lists: idx mod 2^24 */

/* The values of PROTOCOL 3. */
enum status_list_value {
    STATUS_LIST_LIVE = 0,
    STATUS_LIST_REVOKED = 1, /* or below the floor */
    STATUS_LIST_SUSPENDED = 2,
    STATUS_LIST_SUPERSEDED = 3
};

/* Bytes of a list of `entries` entries of `bits` bits. */
size_t status_list_size(uint64_t entries, unsigned bits);

/* The entry at an index. False if `bits` is not 1, 2, 4 or 8, or the list has no such index. */
bool status_list_get(span list, unsigned bits, uint64_t index, uint8_t *ret);
/* Sets it; false, and nothing is changed, also for a value that `bits` do not hold. */
bool status_list_set(uint8_t *list, size_t size, unsigned bits, uint64_t index, uint8_t value);

#endif
