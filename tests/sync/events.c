/* The reader of Server-Sent Events: what it takes, in any pieces, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "events.h"

static uint8_t memory[EVENT_READER_MEMORY];

/* Reads the whole text in pieces of this size; counts the events, and keeps the last one's data. */
static csign_code read_all(span text, size_t piece, unsigned *ret_events, struct server_event *ret, char *data, size_t room)
{
    struct event_reader reader = event_reader_open(memory);
    csign_fault fault = {CSIGN_OK, "", "", 0};
    *ret_events = 0;
    for (size_t at = 0; at < text.size; at += piece) {
        span input = span_of(text.data + at, text.size - at < piece ? text.size - at : piece);
        for (bool has_event = true; has_event;) {
            TRY(event_reader_next(&reader, &input, &has_event, ret, &fault));
            if (!has_event)
                break;
            ++*ret_events;
            assert_true(ret->data.size < room);
            memcpy(data, ret->data.data, ret->data.size);
            data[ret->data.size] = 0;
        }
    }
    return CSIGN_OK;
}

static void events_come_whole_in_any_pieces(void **state)
{
    (void)state;
    static const char text[] = ": a comment\n\nid: 7\nevent: log\ndata: one\ndata:two\ndata:\ndata: three\n\nretry: 10\n\n"
                               "event: fresh\ndata: note\n\nevent: other\ndata: x\n\nid: 9\nevent: fresh\ndata: last\n\nevent: lo";
    struct server_event event;
    char data[256];
    unsigned events;
    for (size_t piece = 1; piece < sizeof text; piece++) {
        assert_int_equal(read_all(span_of(text, sizeof text - 1), piece, &events, &event, data, sizeof data), CSIGN_OK);
        assert_int_equal(events, 4);
        assert_int_equal(event.kind, SERVER_EVENT_FRESH);
        assert_true(event.has_id && event.id == 9);
        assert_string_equal(data, "last\n");
    }
    assert_int_equal(read_all(span_of(text, 73), 3, &events, &event, data, sizeof data), CSIGN_OK);
    assert_int_equal(events, 1);
    assert_int_equal(event.kind, SERVER_EVENT_LOG);
    assert_int_equal(event.id, 7);
    assert_string_equal(data, "one\ntwo\n\nthree\n");
}

static void an_event_without_data_is_none(void **state)
{
    (void)state;
    struct server_event event;
    char data[16];
    unsigned events;
    assert_int_equal(read_all(SPAN("id: 1\nevent: log\n\nevent: fresh\n\ndata: x\n\n"), 5, &events, &event, data, sizeof data), CSIGN_OK);
    assert_int_equal(events, 1);
    assert_int_equal(event.kind, SERVER_EVENT_OTHER); /* what stood before an empty line is gone */
    assert_false(event.has_id);
}

static void malformed_lines_refuse(void **state)
{
    (void)state;
    static const char *const bad[] = {"data: a\r\n\n",     "id: -1\ndata: a\n\n",   "id: 01\ndata: a\n\n", "id: x\ndata: a\n\n",
                                      "id\ndata: a\n\n",  "unknown: a\n\n",        "Data: a\n\n",         "dat: a\n\n",
                                      "id: 9223372036854775808\ndata: a\n\n", "<html>\n"};
    struct server_event event;
    char data[16];
    unsigned events;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(read_all(span_text(bad[i]), 4, &events, &event, data, sizeof data), CSIGN_E_BODY_MALFORMED);
    assert_int_equal(read_all(span_of("data: a\0b\n\n", 11), 4, &events, &event, data, sizeof data), CSIGN_E_BODY_MALFORMED);
}

static void lines_and_events_have_a_most(void **state)
{
    (void)state;
    static char text[2 * SERVER_EVENT_MAX], data[2 * SERVER_EVENT_MAX];
    struct server_event event;
    unsigned events;
    memset(text, 'a', sizeof text);
    memcpy(text, "data: ", 6);
    assert_int_equal(read_all(span_of(text, 1024), 100, &events, &event, data, sizeof data), CSIGN_OK);
    assert_int_equal(read_all(span_of(text, 1025), 100, &events, &event, data, sizeof data), CSIGN_E_BODY_MALFORMED);
    size_t size = 0;
    for (; size + 506 < SERVER_EVENT_MAX; size += 506) {
        memcpy(text + size, "data:", 5);
        text[size + 505] = '\n';
    }
    assert_int_equal(read_all(span_of(text, size), 4096, &events, &event, data, sizeof data), CSIGN_OK);
    for (; size + 506 < sizeof text; size += 506) {
        memcpy(text + size, "data:", 5);
        text[size + 505] = '\n';
    }
    assert_int_equal(read_all(span_of(text, size), 4096, &events, &event, data, sizeof data), CSIGN_E_BODY_MALFORMED);
}

/* Bytes at random never make it read or write where it must not: for sanitizers and the stack protector. */
static void noise_does_no_harm(void **state)
{
    (void)state;
    static const char alphabet[] = "data:event id logfresh\n\n\n: 0123\r";
    char text[600], data[1024];
    struct server_event event;
    unsigned events, seed = 1;
    for (unsigned round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof text; i++) {
            seed = seed * 1103515245u + 12345u;
            text[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        csign_code code = read_all(span_of(text, sizeof text), 1 + round % 50, &events, &event, data, sizeof data);
        assert_true(code == CSIGN_OK || code == CSIGN_E_BODY_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_whole_in_any_pieces), cmocka_unit_test(an_event_without_data_is_none),
        cmocka_unit_test(malformed_lines_refuse),          cmocka_unit_test(lines_and_events_have_a_most),
        cmocka_unit_test(noise_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
