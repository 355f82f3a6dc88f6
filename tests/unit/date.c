/* Dates: leap years, offsets, times before 1970. Expected dates are of another calendar's making (Python's
 * datetime). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "date.h"
#include "inputs.h"

static void dates(void **state)
{
    static const struct {
        int64_t t, offset;
        uint32_t date;
    } cases[] = {
        {0, 0, 19700101},
        {-1, 0, 19691231},
        {-86400, 0, 19691231},
        {-86401, 0, 19691230},
        {86399, 0, 19700101},
        {86400, 0, 19700102},
        {951782400, 0, 20000229}, /* a century that has a leap day */
        {951868800, 0, 20000301},
        {4107456000, 0, 21000228}, /* one that has none */
        {4107542400, 0, 21000301},
        {-2203977600, 0, 19000228},
        {-2203891200, 0, 19000301},
        {1709164800, 0, 20240229},
        {1740787199, 0, 20250228},
        {1740787200, 0, 20250301},
        {1735689599, 0, 20241231},
        {1735689600, 0, 20250101},
        {-62135596800, 0, 10101},
        {-62162035200, 0, 301}, /* the year before the first, where the eras begin */
        {-62162035201, 0, 229},
        {253402300799, 0, 99991231},
        {1735689599, 1, 20250101}, /* the place of care is ahead, or behind */
        {1735689600, -1, 20241231},
        {1735660800, 8 * 3600, 20250101},
        {1735660799, 8 * 3600, 20241231},
        {1735711199, -6 * 3600, 20241231},
        {1735711200, -6 * 3600, 20250101},
        {-1, 1, 19700101},
        {0, -1, 19691231},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(date_of(cases[i].t, cases[i].offset), cases[i].date);
}

/* Day after day for 400 years and more: no date is left out, none comes twice. */
static void days_follow_each_other(void **state)
{
    static const uint32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint32_t year = 1890, month = 1, day = 1;
    (void)state;
    for (int64_t t = INT64_C(-2524521600); year < 2310; t += 86400) {
        uint32_t leap = month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0);
        assert_int_equal(date_of(t, 0), year * 10000 + month * 100 + day);
        if (++day > days[month - 1] + leap) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
}

static void whole_years(void **state)
{
    (void)state;
    assert_true(date_years_passed(20200115, 3, 20230115));
    assert_false(date_years_passed(20200115, 3, 20230114));
    assert_true(date_years_passed(20200115, 3, 20240101));
    assert_true(date_years_passed(20200115, 0, 20200115));
    assert_false(date_years_passed(20200115, 0, 20200114));
    assert_false(date_years_passed(20200229, 1, 20210228)); /* reached on 1 March */
    assert_true(date_years_passed(20200229, 1, 20210301));
    assert_true(date_years_passed(20200229, 4, 20240229));
    assert_false(date_years_passed(20200229, 4, 20240228));
}

static void offsets(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {{"+00:00", 0},     {"-00:00", 0},     {"+08:00", 28800},  {"-03:30", -12600},
                {"+05:45", 20700}, {"+14:00", 50400}, {"-14:00", -50400}, {"+13:59", 50340}};
    static const char *const bad[] = {"",       "Z",      "+8:00",  "08:00",  "+08:0",  "+08:00 ", " +08:00",
                                      "+0800",  "+08.00", "+08:60", "+14:01", "+15:00", "+99:00",  "-24:00",
                                      "+0a:00", "+08:a0", "+08:0a", "*08:00", "+-8:00", "+08-00",  "+08:00Z"};
    int64_t value;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(offset_read(placed_text(good[i].text), &value));
        assert_true(value == good[i].seconds);
    }
    value = 42;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(offset_read(placed_text(bad[i]), &value));
        assert_true(value == 42);
    }
}

static void written(void **state)
{
    static const struct {
        int64_t t;
        const char *text;
    } times[] = {{0, "1970-01-01T00:00:00Z"},         {1795338870, "2026-11-22T09:14:30Z"},
                 {-1, "1969-12-31T23:59:59Z"},        {-86400, "1969-12-31T00:00:00Z"},
                 {951868799, "2000-02-29T23:59:59Z"}, {253402300799, "9999-12-31T23:59:59Z"}};
    char memory[64];
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct buffer out = buffer_open(memory, sizeof memory);
        time_write(&out, times[i].t);
        assert_true(span_equal(buffer_span(&out), span_text(times[i].text)));
    }
    struct buffer out = buffer_open(memory, sizeof memory);
    date_write(&out, 20270331);
    assert_true(span_equal(buffer_span(&out), SPAN("2027-03-31")));
    out = buffer_open(memory, 9);
    date_write(&out, 20270331);
    assert_true(out.overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates),       cmocka_unit_test(days_follow_each_other),
        cmocka_unit_test(whole_years), cmocka_unit_test(offsets),
        cmocka_unit_test(written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
