#include "sign_off.h"
#include "files.h"
#include "json_write.h"
#include "output.h"

#define AT(member) .offset = offsetof(struct sign_off, member)

/* Strings of any content: what is wrong with it, the decision says. */
static bool read_any_string(struct json *j, const struct schema_field *field, void *into)
{
    (void)field;
    return json_string(j, into);
}

static bool read_entries(struct json *j, const struct schema_field *field, void *into)
{
    struct text_list *list = into;
    span entries[CSIGN_ENTRIES_MAX];
    size_t count = 0;
    if (!json_array(j))
        return false;
    while (json_element(j))
        if (count == CSIGN_ENTRIES_MAX || !json_string(j, &entries[count++]))
            return json_fail(j, field->name, "not a list of at most 16 strings");
    span *items = j->failure == JSON_FINE ? schema_scratch(j, count, sizeof *items) : NULL;
    if (!items)
        return false;
    memcpy(items, entries, count * sizeof *items);
    *list = (struct text_list){items, count};
    return count > 0 || json_fail(j, field->name, "an empty list");
}

static const struct schema_field fields[] = {
    {.name = "sign_off", .kind = FIELD_CALL, .call = read_any_string, AT(sign_off)},
    {.name = "transaction_data", .kind = FIELD_CALL, .call = read_entries, AT(transaction_data)},
};
static const struct schema schema = SCHEMA(struct sign_off, fields);

int sign_off_read(struct call *call, const char *path, struct sign_off *ret)
{
    span text;
    csign_fault fault;
    STEP(file_read(call, path, SIGN_OFF_FILE_MAX, &text));
    struct buffer scratch = call_buffer(call, text.size + 4096);
    csign_code code = schema_read_text(text, 4, &scratch, &schema, ret, CSIGN_E_MALFORMED_JSON, CSIGN_E_ARGUMENT, &fault);
    return code == CSIGN_OK ? DONE : fail_code(call, CANNOT, code, &fault, path);
}

void sign_off_write(struct buffer *out, span sign_off, span entry)
{
    struct json_out o = json_out(out);
    json_put_object(&o);
    json_put_text_member(&o, "sign_off", sign_off);
    json_put_name(&o, "transaction_data");
    json_put_array(&o);
    json_put_text(&o, entry);
    json_end_array(&o);
    json_end_object(&o);
    buffer_byte(out, '\n');
}
