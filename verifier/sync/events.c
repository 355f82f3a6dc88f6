#include "events.h"
#include "cursor.h"

#define LINE_MAX_SIZE 1024u /* a leaf is 64 characters, a signature line some 300 */

struct event_reader event_reader_open(void *memory)
{
    struct event_reader r = {0};
    r.line = buffer_open(memory, LINE_MAX_SIZE);
    r.data = buffer_open((uint8_t *)memory + LINE_MAX_SIZE, SERVER_EVENT_MAX);
    return r;
}

static csign_code malformed(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_BODY_MALFORMED, field, reason);
}

/* Splits "name: value"; a line without a colon is a name alone. */
static void split(span line, span *ret_name, span *ret_value)
{
    const uint8_t *colon = line.size ? memchr(line.data, ':', line.size) : NULL;
    *ret_name = span_of(line.data, colon ? (size_t)(colon - line.data) : line.size);
    *ret_value = colon ? span_of(colon + 1, line.size - ret_name->size - 1) : span_of(line.data, 0);
    if (ret_value->size && ret_value->data[0] == ' ')
        *ret_value = span_of(ret_value->data + 1, ret_value->size - 1);
}

static csign_code take_line(struct event_reader *r, span line, csign_fault *fault)
{
    span name, value;
    split(line, &name, &value);
    if (name.size == 0 || span_equal(name, SPAN("retry"))) /* a comment, which keeps the connection alive */
        return CSIGN_OK;
    if (span_equal(name, SPAN("data"))) {
        buffer_put(&r->data, value);
        buffer_byte(&r->data, '\n');
        r->has_data = true;
        return r->data.overflow ? malformed(fault, "data", "longer than an event may be") : CSIGN_OK;
    }
    if (span_equal(name, SPAN("event"))) {
        r->event.kind = span_equal(value, SPAN("log"))     ? SERVER_EVENT_LOG
                        : span_equal(value, SPAN("fresh")) ? SERVER_EVENT_FRESH
                                                           : SERVER_EVENT_OTHER;
        return CSIGN_OK;
    }
    if (!span_equal(name, SPAN("id")))
        return malformed(fault, "field", "unknown");
    r->event.has_id = true;
    return span_decimal(value, INT64_MAX, &r->event.id) ? CSIGN_OK : malformed(fault, "id", "not a size");
}

/* An empty line ends an event; without data there was none. */
static bool end_event(struct event_reader *r, struct server_event *ret)
{
    r->event.data = buffer_span(&r->data);
    *ret = r->event;
    r->is_taken = r->has_data;
    r->event = (struct server_event){0};
    return r->has_data;
}

csign_code event_reader_next(struct event_reader *r, span *input, bool *ret_has_event, struct server_event *ret,
                             csign_fault *fault)
{
    *ret_has_event = false;
    if (r->is_taken) {
        r->data.size = 0;
        r->is_taken = r->has_data = false;
    }
    while (input->size > 0) {
        const uint8_t byte = *input->data;
        *input = span_of(input->data + 1, input->size - 1);
        if (byte == 0 || byte == '\r')
            return malformed(fault, "", "a control character");
        if (byte != '\n') {
            buffer_byte(&r->line, byte);
            if (r->line.overflow)
                return malformed(fault, "", "a line that is too long");
            continue;
        }
        span line = buffer_span(&r->line);
        r->line.size = 0;
        if (line.size > 0) {
            TRY(take_line(r, line, fault));
        } else if (end_event(r, ret)) {
            *ret_has_event = true;
            return CSIGN_OK;
        }
    }
    return CSIGN_OK;
}
