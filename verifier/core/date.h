/* Calendar dates and NumericDates, by arithmetic alone: no clock and no time zone but the offset that is given. */
#ifndef CORE_DATE_H
#define CORE_DATE_H

#include "buffer.h"

/* The date, as year * 10000 + month * 100 + day, on which `t` falls at `offset_s` seconds east of UTC. */
uint32_t date_of(int64_t t, int64_t offset_s);

/* Whether `years` whole years have passed since `since` on `today`; 29 February is reached on 1 March. */
bool date_years_passed(uint32_t since, uint32_t years, uint32_t today);

/* "+08:00" or "-03:30", at most 14 hours; false if it is not of this form. */
bool offset_read(span text, int64_t *ret_s);

/* "2026-11-22", or a time that begins so, as the first second of that day in UTC; false for none, or one before 1970. */
bool date_seconds(span text, uint64_t *ret);

/* "2026-11-22T09:14:03Z". */
void time_write(struct buffer *out, int64_t t);
/* "2027-03-31". */
void date_write(struct buffer *out, uint32_t date);

#endif
