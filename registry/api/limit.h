/*
 * How often one client address may ask for what costs signatures: a token bucket an address, in a table whose size does not depend on
 * how many ask. Addresses that fall into one bucket by a secret hash share it: what that costs a client is seldom and little,
 * and nobody can choose with whom.
 *
 * Thread safety: any thread.
 */
#ifndef API_LIMIT_H
#define API_LIMIT_H

#include "span.h"

#define LIMIT_BUCKETS 16384u

struct limit;
/* `per_minute` at once, and again so many each minute, evenly. NULL without memory. */
struct limit *limit_open(uint64_t per_minute, uint64_t (*clock_ms)(void));
void limit_close(struct limit **limit);
/* Takes one; false if there is none, and in how many seconds there is. */
bool limit_take(struct limit *limit, span client, uint64_t *ret_wait_s);

#endif
