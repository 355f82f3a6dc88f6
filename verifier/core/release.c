/* The release as JSON (PROTOCOL 9): what `check` and a local gate are asked with. */
#include "base64.h"
#include "transaction.h"

#include <countersign/decide.h>

#define AT(type, member) .offset = offsetof(struct type, member)
#define RELEASE_DEPTH    10u
#define STRINGS_MAX      64u /* more entries than a sign-off may have, so that the decision can refuse them by name */

struct sign_off_json {
    uint64_t present;
    span sign_off;
    struct text_list transaction_data;
    uint64_t entry;
};

struct release_json {
    uint64_t present;
    span release_id, act, setting, jurisdiction, site, audience, request_id;
    struct tool tool;
    span requests[CSIGN_SLOTS_MAX];
    size_t request_count;
    struct object_list sign_offs; /* struct sign_off_json */
    span document, document_file;
};

/* A string of any length: what is wrong with its content, the decision says. */
static bool read_any_string(struct json *j, const struct schema_field *field, void *into)
{
    (void)field;
    return json_string(j, into);
}

static bool read_strings(struct json *j, const struct schema_field *field, void *into)
{
    span strings[STRINGS_MAX];
    struct text_list *list = into;
    size_t count = 0;
    if (!json_array(j))
        return false;
    while (json_element(j))
        if (count == STRINGS_MAX || !json_string(j, &strings[count++]))
            return json_fail(j, field->name, "not a list of at most 64 strings");
    span *items = j->failure == JSON_FINE ? schema_scratch(j, count, sizeof *items) : NULL;
    if (!items)
        return false;
    memcpy(items, strings, count * sizeof *items);
    *list = (struct text_list){items, count};
    return true;
}

static bool read_requests(struct json *j, const struct schema_field *field, void *into)
{
    struct release_json *release = into; /* the whole struct: the field's offset is 0 */
    if (!json_array(j))
        return false;
    while (json_element(j))
        if (release->request_count == CSIGN_SLOTS_MAX || !json_skip(j, &release->requests[release->request_count++]))
            return json_fail(j, field->name, "not a list of at most 4 requests");
    return j->failure == JSON_FINE;
}

static bool read_document(struct json *j, const struct schema_field *field, void *into)
{
    span text;
    if (!json_string(j, &text))
        return false;
    return base64url_decode(j->scratch, text, into) || json_fail(j, field->name, "not canonical base64url");
}

static const struct schema_field sign_off_fields[] = {
    {.name = "sign_off", .kind = FIELD_CALL, .call = read_any_string, AT(sign_off_json, sign_off)},
    {.name = "transaction_data", .kind = FIELD_CALL, .call = read_strings, AT(sign_off_json, transaction_data)},
    {.name = "entry", .kind = FIELD_INTEGER, .max = STRINGS_MAX, AT(sign_off_json, entry)},
};
static const struct schema sign_off_schema = SCHEMA(struct sign_off_json, sign_off_fields);

static const struct schema_field release_fields[] = {
    {.name = "release_id", .kind = FIELD_ID, AT(release_json, release_id)},
    {.name = "act", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(release_json, act)},
    {.name = "setting", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(release_json, setting)},
    {.name = "jurisdiction", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(release_json, jurisdiction)},
    {.name = "site", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(release_json, site)},
    {.name = "tool", .kind = FIELD_OBJECT, .more = &tool_schema, AT(release_json, tool)},
    {.name = "audience", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(release_json, audience)},
    {.name = "request_id", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(release_json, request_id)},
    {.name = "requests", .kind = FIELD_CALL, .call = read_requests},
    {.name = "sign_offs", .kind = FIELD_OBJECTS, .max = CSIGN_SLOTS_MAX, .more = &sign_off_schema, AT(release_json, sign_offs)},
    {.name = "document", .kind = FIELD_CALL, .call = read_document, .optional = true, AT(release_json, document)},
    {.name = "document_file", .kind = FIELD_TEXT, .max = 4096, .optional = true, AT(release_json, document_file)},
};
static const struct schema release_schema = SCHEMA(struct release_json, release_fields);

size_t csign_release_memory(size_t json_size)
{
    return json_size * 2 + 16384;
}

static void copy_sign_offs(const struct release_json *in, int64_t received_at, struct csign_release *out)
{
    const struct sign_off_json *items = in->sign_offs.items;
    out->sign_off_count = in->sign_offs.count;
    for (size_t i = 0; i < in->sign_offs.count; i++) {
        csign_slot *slot = &out->slots[i];
        slot->sign_off = items[i].sign_off;
        slot->transaction_data = items[i].transaction_data.items;
        slot->transaction_data_count = items[i].transaction_data.count;
        slot->entry = (size_t)items[i].entry;
        slot->received_at = received_at;
    }
}

csign_code csign_release_read(csign_span json, int64_t received_at, void *memory, size_t size, struct csign_release *ret_release,
                              csign_fault *fault)
{
    struct release_json in;
    struct buffer scratch = buffer_open(memory, size);
    if (!json.data || !memory || !ret_release)
        return fault_set(fault, CSIGN_E_ARGUMENT, "release", "missing");
    if (size < csign_release_memory(json.size))
        return fault_set(fault, CSIGN_E_NO_SPACE, "memory", "smaller than csign_release_memory()");
    TRY(schema_read_text(json, RELEASE_DEPTH, &scratch, &release_schema, &in, CSIGN_E_ARGUMENT, CSIGN_E_ARGUMENT, fault));
    span document = in.document.data ? in.document : ret_release->document;
    if (in.document.data && in.document_file.data)
        return fault_set(fault, CSIGN_E_ARGUMENT, "document_file", "beside document: one of the two");
    if (!document.data)
        return fault_set(fault, CSIGN_E_ARGUMENT, "document", "missing");
    *ret_release = (struct csign_release){
        .struct_size = sizeof *ret_release,
        .release_id = in.release_id,
        .act = in.act,
        .setting = in.setting,
        .jurisdiction = in.jurisdiction,
        .site = in.site,
        .audience = in.audience,
        .request_id = in.request_id,
        .tool_id = in.tool.id,
        .tool_model = in.tool.model,
        .tool_version = in.tool.version,
        .request_count = in.request_count,
        .document = document,
    };
    for (size_t i = 0; i < in.request_count; i++)
        ret_release->slots[i].request = in.requests[i];
    copy_sign_offs(&in, received_at, ret_release);
    return CSIGN_OK;
}
