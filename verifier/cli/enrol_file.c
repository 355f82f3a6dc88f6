#include "enrol_file.h"
#include "base64.h"
#include "bulk_files.h"
#include "files.h"
#include "hash.h"
#include "import_view.h"
#include "output.h"

#include <sys/stat.h>

#define FILE_MAX   (1u << 30)
#define PART       (2u << 20)
#define SHOWN_ROWS 20u /* of those to be looked at; the registry has the whole report */

/* --- the bytes --- */

static int read_files(struct call *call, const struct texts *paths, span *ret)
{
    struct stat status;
    for (size_t i = 0; i < paths->count; i++) {
        if (stat(paths->items[i], &status) == 0 && S_ISDIR(status.st_mode))
            return fail(call, USAGE, "give its manifest, or the files in it", "a folder, %s", paths->items[i]);
        STEP(file_read(call, paths->items[i], FILE_MAX, &ret[i]));
    }
    return DONE;
}

/* A table comes alone; of a bulk export come several files, or the manifest that names them. */
static int read_all(struct call *call, bool is_bulk, struct bulk_files *files, span *ret)
{
    span bytes[TEXTS_MAX];
    bool is_manifest = false;
    STEP(read_files(call, &files->paths, bytes));
    if (!is_bulk && files->paths.count > 1)
        return fail(call, USAGE, "bring them one after the other", "a table comes alone, %s", files->paths.items[1]);
    if (is_bulk && files->paths.count == 1) {
        STEP(bulk_files_of_manifest(call, files->paths.items[0], bytes[0], files, &is_manifest));
        if (is_manifest)
            STEP(read_files(call, &files->paths, bytes));
    }
    if (is_manifest || files->paths.count > 1)
        return bulk_files_join(call, files, bytes, ret);
    *ret = bytes[0];
    return DONE;
}

static int upload(struct remote *remote, const char *template, span bytes, const char *digest, struct import_view *ret)
{
    struct reply reply;
    for (uint64_t at = 0; at < bytes.size || at == 0;) {
        size_t size = bytes.size - at < PART ? (size_t)(bytes.size - at) : PART;
        const char *tail = at == 0 ? call_format(remote->call, "?template=%s&sha256=%s&size=%zu", template, digest, bytes.size)
                                   : call_format(remote->call, "/%s?at=%llu", call_text(remote->call, ret->id), (unsigned long long)at);
        STEP(remote_ask(remote, REMOTE_FILE_POST, tail, span_of(bytes.data + at, size), &reply));
        STEP(remote_read(remote, &reply, &import_view_schema, ret));
        at += size;
    }
    return DONE;
}

/* --- the dry run --- */

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

/* Where a line of the whole stands. */
static const char *place(struct call *call, const struct bulk_files *files, uint64_t line)
{
    size_t i = files->paths.count;
    while (i > 1 && files->first[i - 1] > line)
        i--;
    if (files->paths.count < 2)
        return call_format(call, "line %llu", (unsigned long long)line);
    return call_format(call, "line %llu, %llu of %s", (unsigned long long)line, (unsigned long long)(line - files->first[i - 1] + 1),
                       files->paths.items[i - 1]);
}

static int say_rows(struct remote *remote, const char *id, const struct bulk_files *files, const char *outcome)
{
    struct reply reply;
    struct found_rows found;
    STEP(remote_ask(remote, REMOTE_FILE, call_format(remote->call, "%s/rows?outcome=%s", id, outcome), (span){NULL, 0}, &reply));
    STEP(remote_read(remote, &reply, &rows_schema, &found));
    const struct found_row *rows = found.rows.items;
    for (size_t i = 0; i < found.rows.count && i < SHOWN_ROWS; i++)
        say("  %s %s%s%s: %s", place(remote->call, files, rows[i].line), outcome, rows[i].field.size ? " " : "",
            plain(remote->call, rows[i].field), plain(remote->call, rows[i].reason));
    if (found.rows.count > SHOWN_ROWS)
        say("  and more that are %s: GET /v1/files/%s/report.csv", outcome, id);
    return DONE;
}

static int say_counts(struct remote *remote, const char *id, const struct bulk_files *files, const struct import_view *v)
{
    if (remote->call->json)
        return DONE;
    say("%llu rows: %llu added, %llu updated, %llu unchanged, %llu flagged, %llu rejected", (unsigned long long)v->rows,
        (unsigned long long)v->counts.added, (unsigned long long)v->counts.updated, (unsigned long long)v->counts.unchanged,
        (unsigned long long)v->counts.flagged, (unsigned long long)v->counts.rejected);
    if (v->counts.rejected)
        STEP(say_rows(remote, id, files, "rejected"));
    return v->counts.flagged ? say_rows(remote, id, files, "flagged") : DONE;
}

/* --- the deed --- */

static span members(struct call *call, const char *digest, const char *template, const struct import_view *v)
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
    struct import_view view;
    struct bulk_files *files = call_memory(call, sizeof *files);
    uint8_t hash[CSIGN_HASH_SIZE];
    char digest[64] = {0};
    struct buffer text = buffer_open(digest, sizeof digest - 1);
    struct deed_note *note = call_memory(call, sizeof *note);
    span bytes, code;
    files->paths = *paths;
    for (size_t i = 0; i < TEXTS_MAX; i++)
        files->counts[i] = UINT64_MAX;
    STEP(read_all(call, strcmp(template, "fhir-r4") == 0, files, &bytes));
    hash_of(bytes, hash);
    base64url_encode(&text, span_of(hash, sizeof hash));
    making->kind = strcmp(template, "roll-csv") == 0 ? DEED_ROLL_IMPORT : DEED_ENROL_IMPORT;
    members_none(call, &making->given);
    STEP(deed_act_begin(call, act, making, &remote));
    STEP(remote_open_key(remote, KEY_OFFICER));
    STEP(upload(remote, template, bytes, digest, &view));
    const char *id = call_text(call, view.id);
    STEP(import_wait(remote, id, "checked", &view));
    STEP(say_counts(remote, id, files, &view));
    making->members = members(call, digest, template, &view);
    making->members_name = paths->items[0];
    STEP(deed_make(call, making, note, &code));
    return deed_act_sign(remote, note, act->yes, paths->items[0]);
}
