#include "deed_members.h"
#include "base64.h"
#include "deed_schema.h"
#include "json_file.h"
#include "keys.h"
#include "output.h"

enum member_how {
    AS_TEXT,
    AS_LIST,        /* of texts; of a member that takes one, one */
    AS_TIME,        /* NumericDate, or milliseconds for a member called so */
    AS_IDENTIFIERS, /* SYSTEM=VALUE */
    AS_VKEY,        /* a vkey, or the path of the key file that it is of */
    AS_HOLDER,      /* a thumbprint, or the path of the key file that it is of */
    AS_FILE,        /* the path of a file of JSON */
    AS_FILES        /* of a list: paths, one an element, or "none" */
};

struct member_row {
    const char *option;
    const char *paths[2]; /* the first that a kind has: "vkey", "officer.vkey" */
    enum member_how how;
    bool of_orders;
    const char *value, *help;
};

static const struct member_row rows[] = {
    {"--id", {"id", "officer.id"}, AS_TEXT, false, "ID", "of what is added, ended or cut off"},
    {"--name", {"name", "officer.name"}, AS_TEXT, false, "NAME", "of an institution or an officer"},
    {"--jurisdiction", {"jurisdiction", "jurisdictions"}, AS_LIST, false, "CODE", "like US-KS"},
    {"--identifier", {"identifiers"}, AS_IDENTIFIERS, false, "SYSTEM=VALUE", "of an institution"},
    {"--body", {"body"}, AS_TEXT, false, "ID", "the authority or institution of an officer"},
    {"--officer", {"officer"}, AS_TEXT, false, "ID", "whose office ends"},
    {"--role", {"officer.role"}, AS_TEXT, false, "ROLE", "of a new officer"},
    {"--vkey", {"vkey", "officer.vkey"}, AS_VKEY, false, "VKEY", "of a new officer or deployment, or its key file"},
    {"--practitioner", {"practitioner"}, AS_TEXT, false, "ID", "whom it is about"},
    {"--licence", {"licence"}, AS_TEXT, false, "ID", "which one it is about"},
    {"--affiliation", {"affiliation"}, AS_TEXT, false, "ID", "for which a key is to be bound"},
    {"--site", {"site"}, AS_TEXT, false, "ID", "the institution whose affiliation ends"},
    {"--holder", {"holder"}, AS_HOLDER, false, "THUMBPRINT", "of the clinician's key that ends, or her key file"},
    {"--tool", {"tool"}, AS_TEXT, false, "ID", "whose deployment is added"},
    {"--act", {"acts"}, AS_LIST, false, "ACT", "that the deployment may ask for"},
    {"--setting", {"settings"}, AS_LIST, false, "WORD", "online, outpatient, inpatient, emergency or payer"},
    {"--deed", {"deed"}, AS_TEXT, false, "HASH", "the deed that is corrected or made void"},
    {"--with", {"with"}, AS_FILE, false, "FILE", "JSON: its new members"},
    {"--kind", {"kind"}, AS_TEXT, true, "WORD", "of a cut: institution, tool, model, issuer or all"},
    {"--before", {"cut_ms"}, AS_TIME, true, "TIME", "of a cut: what was signed before falls; default: now"},
    {"--effective", {"effective"}, AS_TIME, true, "TIME", "from when on; default: now"},
    {"--until", {"until"}, AS_TIME, true, "TIME", "how long it is meant to last; it does not end by itself"},
    {"--confirm-by", {"confirm_by"}, AS_TIME, true, "TIME", "of suspend.interim: when two must have confirmed it"},
    {"--condition", {"conditions"}, AS_FILES, true, "FILE", "JSON: a condition on the licence; none lifts them all"},
    {"--reason", {"reason"}, AS_TEXT, true, "WORD", "licence_action, administrative, emergency, ...: PROTOCOL 3"},
    {"--why", {"why.text"}, AS_TEXT, true, "TEXT", "in words, for whom it concerns"},
    {"--basis", {"why.basis"}, AS_TEXT, true, "TEXT", "the law or rule it rests on"},
    {"--decided", {"why.decided"}, AS_TIME, true, "TIME", "when it was decided"},
    {"--reported", {"why.reported"}, AS_TIME, true, "TIME", "when what it is about was reported"},
};
#define ROWS (sizeof rows / sizeof *rows)

static bool takes_many(enum member_how how)
{
    return how == AS_LIST || how == AS_IDENTIFIERS || how == AS_FILES;
}

void members_none(struct call *call, struct members_given *given)
{
    *given = (struct members_given){.values = call_memory(call, ROWS * sizeof *given->values)};
    for (size_t i = 0; i < ROWS; i++)
        given->values[i].time = -1;
}

void member_options(struct call *call, struct members_given *given, enum member_options which, struct option *options,
                    size_t *count)
{
    _Static_assert(ROWS + 2 <= MEMBER_OPTIONS_MAX, "room for all options");
    members_none(call, given);
    for (size_t i = 0; i < ROWS; i++) {
        struct member_value *value = &given->values[i];
        const struct member_row *row = &rows[i];
        if (which == MEMBERS_ORDERS && !row->of_orders)
            continue;
        enum option_kind kind = takes_many(row->how) ? OPTION_TEXTS : row->how == AS_TIME ? OPTION_TIME : OPTION_TEXT;
        void *into = kind == OPTION_TEXTS ? (void *)&value->texts : kind == OPTION_TIME ? (void *)&value->time : (void *)&value->text;
        options[(*count)++] = (struct option){row->option, kind, false, into, row->value, row->help, NULL, 0};
    }
    options[(*count)++] = (struct option){"--model", OPTION_TEXT, false, &given->model, "MODEL", "of a cut: which one of the tool", NULL, 0};
    options[(*count)++] = (struct option){"--for-good", OPTION_FLAG, false, &given->for_good, NULL,
                                          "of a cut: also what is signed later falls", NULL, 0};
}

/* --- which member of this kind a row gives --- */

static const struct schema_field *field_of(const struct schema *schema, span name)
{
    for (size_t i = 0; i < schema->count; i++)
        if (span_equal(span_text(schema->fields[i].name), name))
            return &schema->fields[i];
    return NULL;
}

/* The field of a path "name" or "object.name" whose first part is `top`, if it is given; NULL for an object. */
static const struct schema_field *field_at(const struct schema *schema, const char *path, const char *top)
{
    const char *dot = strchr(path, '.');
    const struct schema_field *field = field_of(schema, dot ? span_of(path, (size_t)(dot - path)) : span_text(path));
    if (!field || (top && strcmp(field->name, top) != 0) || (dot != NULL) != (field->kind == FIELD_OBJECT))
        return NULL;
    return dot ? field_of(field->more, span_text(dot + 1)) : field;
}

static const struct schema_field *field_of_row(const struct schema *schema, const struct member_row *row, const char *top)
{
    for (size_t i = 0; i < 2 && row->paths[i]; i++) {
        const struct schema_field *field = field_at(schema, row->paths[i], top);
        if (field)
            return field;
    }
    return NULL;
}

static bool is_given(const struct member_value *value)
{
    return value->text || value->texts.count || value->time >= 0;
}

int members_check(struct call *call, const struct members_given *given, uint8_t kind)
{
    const char *option = kind == DEED_CUT ? NULL : given->model ? "--model" : given->for_good ? "--for-good" : NULL;
    for (size_t i = 0; i < ROWS && !option; i++)
        if (is_given(&given->values[i]) && !field_of_row(deed_schema((enum deed_kind)kind), &rows[i], NULL))
            option = rows[i].option;
    if (!option)
        return DONE;
    return fail(call, USAGE, "leave it out", "a deed of kind %s has no such member, %s", vocabulary_word(&deed_kinds, kind),
                option);
}

/* --- values --- */

static int put_json_file(struct call *call, struct json_out *o, const char *path)
{
    span json;
    STEP(json_file_read(call, path, DEED_MAX, JSON_OBJECT, &json));
    json_put_raw(o, json);
    return DONE;
}

static int put_list(struct call *call, struct json_out *o, const struct member_row *row, const struct schema_field *field,
                    const struct texts *texts)
{
    bool is_one = field->kind == FIELD_CODE;
    if (is_one && texts->count > 1)
        return fail(call, USAGE, "give it once", "given more than once, %s", row->option);
    if (is_one) {
        json_put_text(o, span_text(texts->items[0]));
        return DONE;
    }
    json_put_array(o);
    for (size_t i = 0; i < texts->count; i++) {
        const char *text = texts->items[i], *equals = strchr(text, '=');
        if (row->how == AS_FILES) {
            if (strcmp(text, "none") != 0 || texts->count > 1)
                STEP(put_json_file(call, o, text));
        } else if (row->how == AS_IDENTIFIERS) {
            if (!equals)
                return fail(call, USAGE, "give it like npi=1234567893", "no SYSTEM=VALUE, %s %s", row->option, text);
            json_put_object(o);
            json_put_text_member(o, "system", span_of(text, (size_t)(equals - text)));
            json_put_text_member(o, "value", span_text(equals + 1));
            json_end_object(o);
        } else {
            json_put_text(o, span_text(text));
        }
    }
    json_end_array(o);
    return DONE;
}

static int put_key(struct call *call, struct json_out *o, enum member_how how, const char *text)
{
    struct vkey vkey;
    struct key_file file;
    uint8_t thumbprint[CSIGN_HASH_SIZE];
    if (how == AS_VKEY ? vkey_read(span_text(text), &vkey) : base64url_exact(span_text(text), thumbprint, sizeof thumbprint)) {
        json_put_text(o, span_text(text));
        return DONE;
    }
    STEP(key_read(call, text, &file));
    if (how == AS_HOLDER ? file.purpose != KEY_HOLDER : file.purpose != KEY_OFFICER && file.purpose != KEY_APP)
        return fail(call, REFUSED, how == AS_HOLDER ? "give the clinician's own key" : "give the key of an officer or an app",
                    "a key for %s, purpose in %s", key_purpose_word(file.purpose), text);
    if (how == AS_VKEY) {
        json_put_text(o, span_text(key_vkey_text(call, &file)));
        return DONE;
    }
    public_key_thumbprint(&file.key, thumbprint);
    json_put_base64url(o, span_of(thumbprint, sizeof thumbprint));
    return DONE;
}

static int put_value(struct call *call, struct json_out *o, const struct member_row *row, const struct schema_field *field,
                     const struct member_value *value)
{
    switch (row->how) {
    case AS_TEXT:
        json_put_text(o, span_text(value->text));
        return DONE;
    case AS_TIME:
        json_put_integer(o,
                         span_ends(span_text(field->name), SPAN("_ms")) ? (uint64_t)value->time * 1000 : (uint64_t)value->time);
        return DONE;
    case AS_VKEY:
    case AS_HOLDER:
        return put_key(call, o, row->how, value->text);
    case AS_FILE:
        return put_json_file(call, o, value->text);
    case AS_LIST:
    case AS_IDENTIFIERS:
    case AS_FILES:
        return put_list(call, o, row, field, &value->texts);
    }
    return DONE;
}

/* --- all of a kind --- */

void members_set_now(struct members_given *given, uint8_t kind, int64_t now)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct schema_field *field = field_of_row(deed_schema((enum deed_kind)kind), &rows[i], NULL);
        bool is_now = field && (strcmp(field->name, "effective") == 0 || strcmp(field->name, "cut_ms") == 0);
        if (is_now && given->values[i].time < 0)
            given->values[i].time = now;
    }
}

int members_set_subject(struct call *call, struct members_given *given, uint8_t kind, const char *subject)
{
    static const char *const names[] = {"licence", "practitioner", "id"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (size_t i = 0; i < ROWS; i++)
            if (field_of(deed_schema((enum deed_kind)kind), span_text(names[n])) && strcmp(rows[i].paths[0], names[n]) == 0) {
                given->values[i].text = subject;
                return DONE;
            }
    return fail(call, USAGE, "leave it out", "nothing that an order of this kind is about, %s", subject);
}

static int put_field(struct call *call, const struct members_given *given, const struct schema *schema,
                     const struct schema_field *top, struct json_out *o)
{
    bool open = false;
    for (size_t i = 0; i < ROWS; i++) {
        const struct schema_field *field = is_given(&given->values[i]) ? field_of_row(schema, &rows[i], top->name) : NULL;
        if (!field)
            continue;
        if (!open)
            json_put_name(o, top->name);
        if (top->kind == FIELD_OBJECT) {
            if (!open)
                json_put_object(o);
            json_put_name(o, field->name);
        }
        open = true;
        if (given->for_good && strcmp(field->name, "cut_ms") == 0)
            json_put_integer(o, INT64_MAX);
        else if (given->model && strcmp(field->name, "id") == 0) /* PROTOCOL 3: tool ‖ 0x0A ‖ model */
            json_put_text(o, span_text(call_format(call, "%s\n%s", given->values[i].text, given->model)));
        else
            STEP(put_value(call, o, &rows[i], field, &given->values[i]));
    }
    if (open && top->kind == FIELD_OBJECT)
        json_end_object(o);
    return DONE;
}

int members_write(struct call *call, const struct members_given *given, uint8_t kind, struct json_out *o)
{
    const struct schema *schema = deed_schema((enum deed_kind)kind);
    for (size_t i = 0; i < schema->count; i++)
        STEP(put_field(call, given, schema, &schema->fields[i], o));
    return DONE;
}
