#include "clock.h"
#include "cursor.h"
#include "date.h"

#include <stdio.h>
#include <time.h>

uint64_t clock_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int64_t clock_now(void)
{
    return (int64_t)(clock_now_ms() / 1000);
}

bool clock_read_time(span text, int64_t *ret)
{
    uint64_t seconds;
    char line[32], again[32] = "";
    struct tm t = {0};
    struct buffer out = buffer_open(again, sizeof again - 1);
    if (span_decimal(text, (UINT64_C(1) << 53) - 1, &seconds)) {
        *ret = (int64_t)seconds;
        return true;
    }
    if (text.size != 20)
        return false;
    memcpy(line, text.data, text.size);
    line[text.size] = 0;
    if (sscanf(line, "%4d-%2d-%2dT%2d:%2d:%2dZ", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec) != 6)
        return false;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    int64_t time = (int64_t)timegm(&t);
    if (time < 0)
        return false;
    time_write(&out, time); /* 31 February and the like are other days when written again */
    if (strcmp(line, again) != 0)
        return false;
    *ret = time;
    return true;
}
