#include "date.h"

#define DAY 86400

struct civil {
    int64_t year;
    unsigned month, day;
};

/* Days since 1970-01-01 to the proleptic Gregorian calendar, in eras of 400 years that begin on 1 March. */
static struct civil civil_of(int64_t days)
{
    int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    unsigned month = (unsigned)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    return (struct civil){
        .year = year_of_era + era * 400 + (month <= 2),
        .month = month,
        .day = (unsigned)(day_of_year - (153 * shifted_month + 2) / 5 + 1),
    };
}

static int64_t floor_days(int64_t t)
{
    return t >= 0 ? t / DAY : -((DAY - 1 - t) / DAY);
}

uint32_t date_of(int64_t t, int64_t offset_s)
{
    struct civil c = civil_of(floor_days(t + offset_s));
    return (uint32_t)(c.year * 10000) + c.month * 100 + c.day;
}

bool date_years_passed(uint32_t since, uint32_t years, uint32_t today)
{
    return since + years * 10000 <= today;
}

bool offset_read(span text, int64_t *ret_s)
{
    const uint8_t *t = text.data;
    if (text.size != 6 || (t[0] != '+' && t[0] != '-') || t[3] != ':')
        return false;
    for (size_t i = 1; i < 6; i++)
        if (i != 3 && (t[i] < '0' || t[i] > '9'))
            return false;
    int64_t hours = (t[1] - '0') * 10 + (t[2] - '0'), minutes = (t[4] - '0') * 10 + (t[5] - '0');
    if (hours > 14 || minutes > 59 || (hours == 14 && minutes > 0))
        return false;
    *ret_s = (t[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

static void put_padded(struct buffer *out, uint64_t value, unsigned digits)
{
    uint8_t text[20];
    for (unsigned i = digits; i > 0; i--, value /= 10)
        text[i - 1] = (uint8_t)('0' + value % 10);
    buffer_put(out, span_of(text, digits));
}

void date_write(struct buffer *out, uint32_t date)
{
    put_padded(out, date / 10000, 4);
    buffer_byte(out, '-');
    put_padded(out, date / 100 % 100, 2);
    buffer_byte(out, '-');
    put_padded(out, date % 100, 2);
}

void time_write(struct buffer *out, int64_t t)
{
    uint64_t second = (uint64_t)(t - floor_days(t) * DAY);
    date_write(out, date_of(t, 0));
    buffer_byte(out, 'T');
    put_padded(out, second / 3600, 2);
    buffer_byte(out, ':');
    put_padded(out, second / 60 % 60, 2);
    buffer_byte(out, ':');
    put_padded(out, second % 60, 2);
    buffer_byte(out, 'Z');
}

bool date_seconds(span text, uint64_t *ret)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t n = 0;
    if (text.size < 10 || (text.size > 10 && text.data[10] != 'T'))
        return false;
    for (size_t i = 0; i < 10; i++) {
        uint8_t c = text.data[i];
        if (i == 4 || i == 7 ? c != '-' : c < '0' || c > '9')
            return false;
        if (c != '-')
            n = n * 10 + (uint64_t)(c - '0');
    }
    uint64_t y = n / 10000, m = n / 100 % 100, d = n % 100;
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (y < 1970 || m < 1 || m > 12 || d < 1 || d > days[m - 1] || (m == 2 && d == 29 && !leap))
        return false;
    /* Years that begin in March have their leap day last. */
    uint64_t year = m > 2 ? y : y - 1, era = year / 400, of_era = year % 400, of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    *ret = (era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468) * 86400;
    return true;
}
