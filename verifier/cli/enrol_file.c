#include "enrol_file.h"
#include "base64.h"
#include "files.h"
#include "hash.h"
#include "output.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX   (1u << 30)
#define PART       (2u << 20)
#define POLL_MS    200
#define SHOWN_ROWS 20u /* of those to be looked at; the registry has the whole report */

struct view {
    uint64_t present;
    span id, state, reason;
    uint64_t held, rows, judged, rate, left_s;
    struct {
        uint64_t present, added, updated, unchanged, flagged, rejected;
    } counts;
};
#define AT(member) .offset = offsetof(struct view, member)
#define COUNT(member_) {.name = #member_, .kind = FIELD_INTEGER, .max = INT64_MAX, .offset = offsetof(struct view, counts.member_) - offsetof(struct view, counts)}
static const struct schema_field counts_fields[] = {COUNT(added), COUNT(updated), COUNT(unchanged), COUNT(flagged), COUNT(rejected)};
static const struct schema counts_schema = {counts_fields, sizeof counts_fields / sizeof *counts_fields, sizeof(((struct view *)0)->counts), true};
#define NUMBER_IF(member_) {.name = #member_, .kind = FIELD_INTEGER, .max = INT64_MAX, .optional = true, AT(member_)}
static const struct schema_field view_fields[] = {
    {.name = "id", .kind = FIELD_ID, AT(id)},
    {.name = "state", .kind = FIELD_TEXT, .max = 32, .optional = true, AT(state)},
    {.name = "reason", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, .optional = true, AT(reason)},
    NUMBER_IF(held), NUMBER_IF(rows), NUMBER_IF(judged), NUMBER_IF(rate), NUMBER_IF(left_s),
    {.name = "counts", .kind = FIELD_OBJECT, .more = &counts_schema, .optional = true, AT(counts)}};
static const struct schema view_schema = SCHEMA_OPEN(struct view, view_fields);

/* --- the bytes --- */

static int read_all(struct call *call, const struct texts *paths, bool lines, span *ret)
{
    struct buffer all = {0};
    span bytes[TEXTS_MAX];
    size_t size = 0;
    for (size_t i = 0; i < paths->count; i++) {
        STEP(file_read(call, paths->items[i], FILE_MAX, &bytes[i]));
        size += bytes[i].size + 1;
    }
    if (paths->count == 1) {
        *ret = bytes[0];
        return DONE;
    }
    if (!lines)
        return fail(call, USAGE, "bring them one after the other", "a table comes alone, %s", paths->items[1]);
    all = call_buffer(call, size);
    for (size_t i = 0; i < paths->count; i++) {
        buffer_put(&all, bytes[i]);
        if (bytes[i].size && bytes[i].data[bytes[i].size - 1] != '\n')
            buffer_byte(&all, '\n');
    }
    *ret = buffer_span(&all);
    return DONE;
}

static int upload(struct remote *remote, const char *template, span bytes, const char *digest, struct view *ret)
{
    struct reply reply;
    for (uint64_t at = 0; at < bytes.size || at == 0;) {
        size_t size = bytes.size - at < PART ? (size_t)(bytes.size - at) : PART;
        const char *tail = at == 0 ? call_format(remote->call, "?template=%s&sha256=%s&size=%zu", template, digest, bytes.size)
                                   : call_format(remote->call, "/%s?at=%llu", call_text(remote->call, ret->id), (unsigned long long)at);
        STEP(remote_ask(remote, REMOTE_FILE_POST, tail, span_of(bytes.data + at, size), &reply));
        STEP(remote_read(remote, &reply, &view_schema, ret));
        at += size;
    }
    return DONE;
}

/* --- the dry run --- */

static void pause_ms(long milliseconds)
{
    const struct timespec pause = {.tv_nsec = milliseconds * 1000000};
    (void)nanosleep(&pause, NULL);
}

static void tell_progress(const struct call *call, const struct view *view)
{
    if (!call->json && isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r%llu rows, %llu a second, %llu s left   ", (unsigned long long)view->judged, (unsigned long long)view->rate,
                      (unsigned long long)view->left_s);
}

static int wait_checked(struct remote *remote, const char *id, struct view *ret)
{
    for (;;) {
        struct reply reply;
        STEP(remote_ask(remote, REMOTE_FILE, id, (span){NULL, 0}, &reply));
        STEP(remote_read(remote, &reply, &view_schema, ret));
        if (span_equal(ret->state, SPAN("checked")))
            return DONE;
        if (span_equal(ret->state, SPAN("failed")))
            return fail(remote->call, REFUSED, "correct the file and bring it again: nothing of it was taken", "%s",
                        plain(remote->call, ret->reason));
        tell_progress(remote->call, ret);
        pause_ms(POLL_MS);
    }
}

struct found_row {
    uint64_t present, line;
    span outcome, field, reason;
};
static const struct schema_field found_fields[] = {
    {.name = "line", .kind = FIELD_INTEGER, .max = INT64_MAX, .offset = offsetof(struct found_row, line)},
    {.name = "outcome", .kind = FIELD_TEXT, .max = 32, .offset = offsetof(struct found_row, outcome)},
    {.name = "field", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, .optional = true, .offset = offsetof(struct found_row, field)},
    {.name = "reason", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, .optional = true, .offset = offsetof(struct found_row, reason)}};
static const struct schema found_schema = SCHEMA_OPEN(struct found_row, found_fields);
struct found_rows {
    uint64_t present;
    struct object_list rows;
};
static const struct schema_field rows_fields[] = {
    {.name = "rows", .kind = FIELD_OBJECTS, .max = 1000, .more = &found_schema, .offset = offsetof(struct found_rows, rows)}};
static const struct schema rows_schema = SCHEMA_OPEN(struct found_rows, rows_fields);

static int say_rows(struct remote *remote, const char *id, const char *outcome)
{
    struct reply reply;
    struct found_rows found;
    STEP(remote_ask(remote, REMOTE_FILE, call_format(remote->call, "%s/rows?outcome=%s", id, outcome), (span){NULL, 0}, &reply));
    STEP(remote_read(remote, &reply, &rows_schema, &found));
    const struct found_row *rows = found.rows.items;
    for (size_t i = 0; i < found.rows.count && i < SHOWN_ROWS; i++)
        say("  line %llu %s%s%s: %s", (unsigned long long)rows[i].line, outcome, rows[i].field.size ? " " : "",
            plain(remote->call, rows[i].field), plain(remote->call, rows[i].reason));
    if (found.rows.count > SHOWN_ROWS)
        say("  and more that are %s: GET /v1/files/%s/report.csv", outcome, id);
    return DONE;
}

static int say_counts(struct remote *remote, const char *id, const struct view *v)
{
    if (remote->call->json)
        return DONE;
    if (isatty(STDERR_FILENO))
        (void)fputs("\r\033[K", stderr);
    say("%llu rows: %llu added, %llu updated, %llu unchanged, %llu flagged, %llu rejected", (unsigned long long)v->rows,
        (unsigned long long)v->counts.added, (unsigned long long)v->counts.updated, (unsigned long long)v->counts.unchanged,
        (unsigned long long)v->counts.flagged, (unsigned long long)v->counts.rejected);
    if (v->counts.rejected)
        STEP(say_rows(remote, id, "rejected"));
    return v->counts.flagged ? say_rows(remote, id, "flagged") : DONE;
}

/* --- the deed --- */

static span members(struct call *call, const char *digest, const char *template, const struct view *v)
{
    struct buffer json = call_buffer(call, 1024);
    struct json_out o = json_out(&json);
    json_put_object(&o);
    json_put_text_member(&o, "file", span_text(digest));
    json_put_text_member(&o, "template", span_text(template));
    json_put_name(&o, "counts");
    json_put_object(&o);
    json_put_integer_member(&o, "added", v->counts.added);
    json_put_integer_member(&o, "updated", v->counts.updated);
    json_put_integer_member(&o, "unchanged", v->counts.unchanged);
    json_put_integer_member(&o, "flagged", v->counts.flagged);
    json_put_integer_member(&o, "rejected", v->counts.rejected);
    json_end_object(&o);
    json_end_object(&o);
    return buffer_span(&json);
}

int enrol_file(struct call *call, const struct deed_act *act, struct deed_making *making, const struct texts *paths, const char *template)
{
    struct remote *remote;
    struct view view;
    uint8_t hash[CSIGN_HASH_SIZE];
    char digest[64] = {0};
    struct buffer text = buffer_open(digest, sizeof digest - 1);
    struct deed_note *note = call_memory(call, sizeof *note);
    span bytes, code;
    STEP(read_all(call, paths, strcmp(template, "fhir-r4") == 0, &bytes));
    hash_of(bytes, hash);
    base64url_encode(&text, span_of(hash, sizeof hash));
    making->kind = strcmp(template, "roll-csv") == 0 ? DEED_ROLL_IMPORT : DEED_ENROL_IMPORT;
    members_none(call, &making->given);
    STEP(deed_act_begin(call, act, making, &remote));
    STEP(remote_open_key(remote, KEY_OFFICER));
    STEP(upload(remote, template, bytes, digest, &view));
    const char *id = call_text(call, view.id);
    STEP(wait_checked(remote, id, &view));
    STEP(say_counts(remote, id, &view));
    making->members = members(call, digest, template, &view);
    making->members_name = paths->items[0];
    STEP(deed_make(call, making, note, &code));
    return deed_act_sign(remote, note, act->yes, paths->items[0]);
}
