/* What officers see of files: how far one is, and what each row came to, as JSON, as a table and as a page. */
#include "cursor.h"
#include "import.h"
#include "rows.h"
#include "schema_write.h"

static const char *const count_names[] = {"added", "updated", "unchanged", "flagged", "rejected"};

/* --- files --- */

static void put_counts(struct json_out *o, const struct query *q)
{
    json_put_name(o, "counts");
    json_put_object(o);
    for (int i = 0; i < 5; i++)
        json_put_integer_member(o, count_names[i], (uint64_t)query_integer(q, 14 + i));
    json_end_object(o);
}

/* Rows a second since what runs now began, and the seconds that it will still take. */
static void put_progress(struct json_out *o, const struct query *q, uint64_t now_ms)
{
    enum import_state state = (enum import_state)query_integer(q, 7);
    uint64_t size = (uint64_t)query_integer(q, 5), read = (uint64_t)query_integer(q, 11), rows = (uint64_t)query_integer(q, 12);
    uint64_t judged = (uint64_t)query_integer(q, 13), done = (uint64_t)query_integer(q, 21), began = (uint64_t)query_integer(q, 10);
    uint64_t spent = now_ms > began ? now_ms - began : 1;
    if (state == IMPORT_CHECKING) {
        json_put_integer_member(o, "rate", judged * 1000 / spent);
        if (read)
            json_put_integer_member(o, "left_s", (size - read) / 1000 * spent / (read / 1000 + 1) / 1000);
    } else if (state == IMPORT_APPLYING) {
        json_put_integer_member(o, "rate", done * 1000 / spent);
        if (done)
            json_put_integer_member(o, "left_s", (rows - done) * spent / done / 1000);
    }
}

static void put_file(struct json_out *o, const struct query *q, uint64_t now_ms)
{
    json_put_object(o);
    json_put_text_member(o, "id", query_text(q, 0));
    json_put_text_member(o, "at", query_text(q, 1));
    json_put_text_member(o, "officer", query_text(q, 2));
    json_put_word_member(o, "template", &import_templates, (uint8_t)query_integer(q, 3));
    json_put_base64url_member(o, "file", query_blob(q, 4));
    json_put_word_member(o, "state", &import_states, (uint8_t)query_integer(q, 7));
    if (!query_null(q, 8))
        json_put_text_member(o, "reason", query_text(q, 8));
    json_put_integer_member(o, "received_ms", (uint64_t)query_integer(q, 9));
    json_put_integer_member(o, "size", (uint64_t)query_integer(q, 5));
    json_put_integer_member(o, "held", (uint64_t)query_integer(q, 6));
    json_put_integer_member(o, "read", (uint64_t)query_integer(q, 11));
    json_put_integer_member(o, "rows", (uint64_t)query_integer(q, 12));
    json_put_integer_member(o, "judged", (uint64_t)query_integer(q, 13));
    put_counts(o, q);
    json_put_integer_member(o, "done", (uint64_t)query_integer(q, 21));
    json_put_integer_member(o, "differing", (uint64_t)query_integer(q, 22));
    put_progress(o, q, now_ms);
    if (!query_null(q, 23))
        json_put_base64url_member(o, "deed", query_blob(q, 23));
    json_end_object(o);
}

csign_code import_put(struct json_out *o, struct session *session, const struct viewer *viewer, span id)
{
    struct query q = QUERY(session, SQL_IMPORT_FILE_READ, VALUE_TEXT(id));
    bool found = query_row(&q) && span_equal(query_text(&q, 1), viewer->body);
    if (found)
        put_file(o, &q, session_time_ms(session));
    TRY(query_close(&q));
    return found ? buffer_code(o->to) : CSIGN_E_NOT_FOUND;
}

csign_code imports_put(struct json_out *o, struct session *session, const struct viewer *viewer, span after)
{
    struct query q = QUERY(session, SQL_IMPORT_FILES_OF, VALUE_TEXT(viewer->body), VALUE_TEXT(after.data ? after : SPAN("")));
    csign_code code = CSIGN_OK;
    json_put_object(o);
    json_put_name(o, "files");
    json_put_array(o);
    while (code == CSIGN_OK && query_row(&q))
        code = import_put(o, session, viewer, query_text(&q, 0));
    json_end_array(o);
    json_end_object(o);
    TRY(query_close(&q));
    return code;
}

/* --- rows --- */

struct row {
    uint64_t line, phase, other;
    uint8_t outcome;
    span field, reason;
};

static void put_row_json(struct json_out *o, const struct row *r)
{
    json_put_object(o);
    json_put_integer_member(o, "line", r->line);
    json_put_word_member(o, "outcome", &import_outcomes, r->outcome);
    if (r->field.data)
        json_put_text_member(o, "field", r->field);
    if (r->reason.data)
        json_put_text_member(o, "reason", r->reason);
    if (r->other)
        json_put_integer_member(o, "other", r->other);
    json_end_object(o);
}

/* Reasons are ours, and hold neither quotes nor angle brackets; they are written as if they did. */
static void put_quoted(struct buffer *out, span text)
{
    buffer_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            buffer_byte(out, '"');
        buffer_byte(out, text.data[i]);
    }
    buffer_byte(out, '"');
}

static void put_row_csv(struct buffer *out, const struct row *r)
{
    buffer_decimal(out, r->line);
    buffer_byte(out, ',');
    buffer_text(out, r->outcome ? vocabulary_word(&import_outcomes, r->outcome) : "");
    buffer_byte(out, ',');
    put_quoted(out, r->field);
    buffer_byte(out, ',');
    put_quoted(out, r->reason);
    buffer_byte(out, ',');
    if (r->other)
        buffer_decimal(out, r->other);
    buffer_text(out, "\r\n");
}

static void put_escaped(struct buffer *out, span text)
{
    for (size_t i = 0; i < text.size; i++)
        switch (text.data[i]) {
        case '<':
            buffer_text(out, "&lt;");
            break;
        case '>':
            buffer_text(out, "&gt;");
            break;
        case '&':
            buffer_text(out, "&amp;");
            break;
        case '"':
            buffer_text(out, "&quot;");
            break;
        default:
            buffer_byte(out, text.data[i]);
        }
}

static void put_row_html(struct buffer *out, const struct row *r)
{
    buffer_text(out, "<tr><td>");
    buffer_decimal(out, r->line);
    buffer_text(out, "<td>");
    buffer_text(out, r->outcome ? vocabulary_word(&import_outcomes, r->outcome) : "");
    buffer_text(out, "<td>");
    put_escaped(out, r->field);
    buffer_text(out, "<td>");
    put_escaped(out, r->reason);
    if (r->other) {
        buffer_text(out, " (line ");
        buffer_decimal(out, r->other);
        buffer_byte(out, ')');
    }
    buffer_byte(out, '\n');
}

static void put_row(struct buffer *out, struct json_out *o, enum import_form form, const struct row *r)
{
    if (form == IMPORT_AS_JSON)
        put_row_json(o, r);
    else if (form == IMPORT_AS_CSV)
        put_row_csv(out, r);
    else
        put_row_html(out, r);
}

static bool read_after(span after, uint64_t *ret_phase, uint64_t *ret_line)
{
    struct cursor c = cursor_open(after);
    *ret_phase = *ret_line = 0;
    return !after.data || (cursor_decimal(&c, 9, ret_phase) && cursor_literal(&c, SPAN(".")) && cursor_decimal(&c, INT64_MAX, ret_line) && cursor_done(&c));
}

static csign_code put_rows(struct buffer *out, struct session *session, span id, uint64_t phase, uint64_t line, uint8_t outcome,
                           enum import_form form, struct json_out *o, uint64_t ret_last[2])
{
    struct query q = outcome ? QUERY(session, SQL_IMPORT_ROWS_REPORT_OF, VALUE_TEXT(id), VALUE_INTEGER(phase), VALUE_INTEGER(line),
                                     VALUE_INTEGER(IMPORT_ROWS_PAGE), VALUE_INTEGER(outcome))
                             : QUERY(session, SQL_IMPORT_ROWS_REPORT, VALUE_TEXT(id), VALUE_INTEGER(phase), VALUE_INTEGER(line),
                                     VALUE_INTEGER(IMPORT_ROWS_PAGE));
    size_t count = 0;
    while (query_row(&q)) {
        const struct row r = {.line = (uint64_t)query_integer(&q, 0), .phase = (uint64_t)query_integer(&q, 1),
                              .outcome = (uint8_t)query_integer(&q, 2), .field = query_text(&q, 3), .reason = query_text(&q, 4),
                              .other = (uint64_t)query_integer(&q, 5)};
        put_row(out, o, form, &r);
        ret_last[0] = r.phase;
        ret_last[1] = r.line;
        count++;
    }
    if (count < IMPORT_ROWS_PAGE)
        ret_last[0] = 0;
    return query_close(&q);
}

static csign_code put_page(struct buffer *out, struct session *session, span id)
{
    struct query q = QUERY(session, SQL_IMPORT_FILE_READ, VALUE_TEXT(id));
    uint64_t ignored[2];
    bool found = query_row(&q);
    buffer_text(out, "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Import</title>\n"
                     "<style>body{font:16px/1.5 sans-serif;margin:2em;max-width:60em}td,th{text-align:left;padding:.2em 1em .2em 0;"
                     "vertical-align:top}th{border-bottom:1px solid}</style>\n<h1>");
    buffer_text(out, vocabulary_word(&import_templates, (uint8_t)query_integer(&q, 3)));
    buffer_text(out, ": ");
    buffer_text(out, vocabulary_word(&import_states, (uint8_t)query_integer(&q, 7)));
    buffer_text(out, "</h1>\n<p>");
    put_escaped(out, query_text(&q, 8));
    buffer_text(out, "</p>\n<table><tr><th>rows");
    for (int i = 0; i < 5; i++) {
        buffer_text(out, "<th>");
        buffer_text(out, count_names[i]);
    }
    buffer_text(out, "\n<tr><td>");
    buffer_decimal(out, (uint64_t)query_integer(&q, 12));
    for (int i = 0; i < 5; i++) {
        buffer_text(out, "<td>");
        buffer_decimal(out, (uint64_t)query_integer(&q, 14 + i));
    }
    buffer_text(out, "\n</table>\n<h2>To look at</h2>\n<p>At most 1,000 of each kind; the whole report is the table.</p>\n"
                     "<table><tr><th>line<th>outcome<th>field<th>reason\n");
    TRY(query_close(&q));
    if (found) {
        TRY(put_rows(out, session, id, 0, 0, IMPORT_REJECTED, IMPORT_AS_HTML, NULL, ignored));
        TRY(put_rows(out, session, id, 0, 0, IMPORT_FLAGGED, IMPORT_AS_HTML, NULL, ignored));
    }
    buffer_text(out, "</table>\n</html>\n");
    return buffer_code(out);
}

static void put_next(struct json_out *o, const uint64_t last[2])
{
    json_end_array(o);
    if (last[0]) {
        uint8_t memory[32];
        struct buffer next = buffer_open(memory, sizeof memory);
        buffer_decimal(&next, last[0]);
        buffer_byte(&next, '.');
        buffer_decimal(&next, last[1]);
        json_put_text_member(o, "next", buffer_span(&next));
    }
    json_end_object(o);
}

csign_code import_rows_put(struct buffer *out, struct session *session, const struct viewer *viewer, span id, span after, uint8_t outcome,
                           enum import_form form, csign_fault *fault)
{
    struct json_out o = json_out(out);
    uint64_t phase, line, last[2] = {0, 0};
    struct query q = QUERY(session, SQL_IMPORT_FILE_READ, VALUE_TEXT(id));
    bool found = query_row(&q) && span_equal(query_text(&q, 1), viewer->body);
    TRY(query_close(&q));
    if (!found)
        return CSIGN_E_NOT_FOUND;
    if (!read_after(after, &phase, &line))
        return fault_set(fault, CSIGN_E_FIELD_INVALID, "after", "not the `next` of an answer");
    if (form == IMPORT_AS_HTML)
        return put_page(out, session, id);
    if (form == IMPORT_AS_JSON) {
        json_put_object(&o);
        json_put_name(&o, "rows");
        json_put_array(&o);
        TRY(put_rows(out, session, id, phase, line, outcome, form, &o, last));
        put_next(&o, last);
        return buffer_code(out);
    }
    buffer_text(out, "line,outcome,field,reason,other\r\n");
    for (last[0] = phase, last[1] = line;;) { /* the whole of it, as far as the answer has room */
        TRY(put_rows(out, session, id, last[0], last[1], outcome, form, &o, last));
        if (!last[0])
            return buffer_code(out);
        if (out->capacity - out->size < (IMPORT_ROWS_PAGE + 1) * IMPORT_ROW_VIEW_MAX) {
            buffer_text(out, ",,,\"the report goes on: ask for the rest with after=");
            buffer_decimal(out, last[0]);
            buffer_byte(out, '.');
            buffer_decimal(out, last[1]);
            buffer_text(out, "\",\r\n");
            return buffer_code(out);
        }
    }
}
