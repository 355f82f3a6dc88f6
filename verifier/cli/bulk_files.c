#include "bulk_files.h"
#include "output.h"

#include <sys/stat.h>

#define MANIFEST_MAX (1u << 20)
#define DEPTH        16u
#define ENTRIES_MAX  1000u
#define URL_MAX      2000u

/* --- the manifest --- */

struct entry {
    uint64_t present, count;
    span type, url;
};
#define AT(type, member) .offset = offsetof(struct type, member)
static const struct schema_field entry_fields[] = {
    {.name = "url", .kind = FIELD_TEXT, .max = URL_MAX, AT(entry, url)},
    {.name = "type", .kind = FIELD_TEXT, .max = 64, .optional = true, AT(entry, type)},
    {.name = "count", .kind = FIELD_INTEGER, .max = INT64_MAX, .optional = true, AT(entry, count)}};
static const struct schema entry_schema = SCHEMA_OPEN(struct entry, entry_fields);
#define HAS_COUNT (UINT64_C(1) << 2)

struct manifest {
    uint64_t present;
    struct object_list output, deleted, error;
};
static const struct schema_field manifest_fields[] = {
    {.name = "output", .kind = FIELD_OBJECTS, .max = ENTRIES_MAX, .more = &entry_schema, AT(manifest, output)},
    {.name = "deleted", .kind = FIELD_OBJECTS, .max = ENTRIES_MAX, .more = &entry_schema, .optional = true, AT(manifest, deleted)},
    {.name = "error", .kind = FIELD_OBJECTS, .max = ENTRIES_MAX, .more = &entry_schema, .optional = true, AT(manifest, error)}};
static const struct schema manifest_schema = SCHEMA_OPEN(struct manifest, manifest_fields);

/* One object that has `output` and is no resource. */
static bool is_manifest(struct call *call, span bytes)
{
    struct json *j = call_memory(call, sizeof *j);
    struct buffer scratch = call_buffer(call, bytes.size + 1);
    bool output = false, resource = false;
    span name;
    json_open(j, bytes, DEPTH, &scratch);
    if (json_kind(j) != JSON_OBJECT || !json_object(j))
        return false;
    while (json_member(j, &name) && json_skip(j, NULL)) {
        output |= span_equal(name, SPAN("output"));
        resource |= span_equal(name, SPAN("resourceType"));
    }
    return json_finish(j) && output && !resource;
}

/* The last part of a URL's path; absent if that is no name of a file. */
static span file_name(span url)
{
    size_t end = 0, from = 0;
    while (end < url.size && url.data[end] != '?' && url.data[end] != '#')
        end++;
    for (size_t i = 0; i < end; i++)
        if (url.data[i] == '/')
            from = i + 1;
    span name = span_of(url.data + from, end - from);
    bool bad = name.size == 0 || name.data[0] == '.' || memchr(name.data, 0, name.size);
    return bad ? span_of(NULL, 0) : name;
}

static int add_file(struct call *call, const char *manifest, const struct entry *e, struct bulk_files *ret)
{
    struct stat status;
    const char *slash = strrchr(manifest, '/'), *url = plain(call, e->url);
    span name = file_name(e->url);
    if (!name.data)
        return fail(call, REFUSED, "give the files instead of the manifest", "no name of a file in the URL %s, %s", url, manifest);
    if (ret->paths.count == TEXTS_MAX)
        return fail(call, REFUSED, "bring them in several turns", "more than %u files, %s", TEXTS_MAX, manifest);
    const char *path = call_format(call, "%.*s%s", slash ? (int)(slash + 1 - manifest) : 0, manifest, call_text(call, name));
    if (stat(path, &status) != 0)
        return fail(call, CANNOT, call_format(call, "save %s there", url), "the manifest names it and it is not there, %s", path);
    ret->counts[ret->paths.count] = e->present & HAS_COUNT ? e->count : UINT64_MAX;
    ret->paths.items[ret->paths.count++] = path;
    return DONE;
}

static bool is_ours(span type)
{
    return span_equal(type, SPAN("Practitioner")) || span_equal(type, SPAN("PractitionerRole")) || span_equal(type, SPAN("Organization"));
}

static int add_all(struct call *call, const char *path, const struct manifest *m, struct bulk_files *ret)
{
    const struct entry *output = m->output.items, *deleted = m->deleted.items;
    size_t others = 0;
    for (size_t i = 0; i < m->output.count; i++) {
        if (is_ours(output[i].type))
            STEP(add_file(call, path, &output[i], ret));
        else
            others++;
    }
    for (size_t i = 0; i < m->deleted.count; i++)
        STEP(add_file(call, path, &deleted[i], ret));
    if (ret->paths.count == 0)
        return fail(call, REFUSED, "export Practitioner, PractitionerRole and Organization", "the manifest names no file of these, %s", path);
    if (!call->json && others)
        say("%zu of its files are of other resources, and left out", others);
    if (!call->json && m->error.count)
        say("the export was not whole: the manifest names %zu files of errors", m->error.count);
    return DONE;
}

int bulk_files_of_manifest(struct call *call, const char *path, span bytes, struct bulk_files *ret, bool *ret_is)
{
    struct manifest m = {0};
    csign_fault fault;
    *ret_is = bytes.size <= MANIFEST_MAX && is_manifest(call, bytes);
    if (!*ret_is)
        return DONE;
    struct buffer scratch = call_buffer(call, bytes.size + ENTRIES_MAX * 3 * sizeof(struct entry) + 64);
    csign_code code = schema_read_text(bytes, DEPTH, &scratch, &manifest_schema, &m, CSIGN_E_BODY_MALFORMED, CSIGN_E_FIELD_INVALID, &fault);
    if (code != CSIGN_OK)
        return fail_code_fix(call, REFUSED, code, &fault, path, "give the files instead of the manifest");
    *ret = (struct bulk_files){.paths.count = 0};
    return add_all(call, path, &m, ret);
}

/* --- the bytes --- */

/* Lines that are not empty: a resource each. */
static uint64_t count_lines(span bytes)
{
    uint64_t lines = 0;
    bool any = false;
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i] == '\n') {
            lines += any;
            any = false;
        } else {
            any |= bytes.data[i] != '\r';
        }
    }
    return lines + any;
}

static uint64_t count_breaks(span bytes)
{
    uint64_t breaks = 0;
    for (size_t i = 0; i < bytes.size; i++)
        breaks += bytes.data[i] == '\n';
    return breaks;
}

static int check_file(struct call *call, const struct bulk_files *files, size_t i, span bytes)
{
    uint64_t lines = files->counts[i] == UINT64_MAX ? UINT64_MAX : count_lines(bytes);
    if (span_starts(bytes, SPAN("\x1f\x8b")))
        return fail(call, REFUSED, "unpack it, and bring what was inside", "compressed, %s", files->paths.items[i]);
    if (lines != files->counts[i])
        return fail(call, REFUSED, "download it again", "%llu resources, where its manifest says %llu, %s", (unsigned long long)lines,
                    (unsigned long long)files->counts[i], files->paths.items[i]);
    return DONE;
}

int bulk_files_join(struct call *call, struct bulk_files *files, const span *bytes, span *ret)
{
    const span mark = SPAN("\xef\xbb\xbf");
    size_t size = 1;
    uint64_t line = 1;
    for (size_t i = 0; i < files->paths.count; i++) {
        STEP(check_file(call, files, i, bytes[i]));
        size += bytes[i].size + 1;
    }
    struct buffer all = call_buffer(call, size);
    for (size_t i = 0; i < files->paths.count; i++) {
        span text = bytes[i];
        if (span_starts(text, mark))
            text = span_of(text.data + mark.size, text.size - mark.size);
        files->first[i] = line;
        buffer_put(&all, text);
        line += count_breaks(text);
        if (text.size && text.data[text.size - 1] != '\n') {
            buffer_byte(&all, '\n');
            line++;
        }
    }
    *ret = buffer_span(&all);
    return DONE;
}
