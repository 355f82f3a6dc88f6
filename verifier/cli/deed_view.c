#include "deed_view.h"
#include "date.h"
#include "deed_note.h"
#include "json_words.h"
#include "output.h"

#include <stdio.h>

#define NOTE_TEXT_MAX (2u * DEED_NOTE_MAX)
#define SIGNERS_MAX   100u

#define AT(type, member) .offset = offsetof(struct type, member)

static bool read_string(struct json *j, const struct schema_field *field, void *into)
{
    (void)field;
    return json_string(j, into);
}

static const struct schema_field signer_fields[] = {
    {.name = "officer", .kind = FIELD_TEXT, .max = NOTE_NAME_MAX, AT(deed_signer, officer)},
    {.name = "at_ms", .kind = FIELD_INTEGER, .max = INT64_MAX, .optional = true, AT(deed_signer, at_ms)},
};
static const struct schema signer_schema = SCHEMA_OPEN(struct deed_signer, signer_fields);

static const struct schema_field view_fields[] = {
    {.name = "hash", .kind = FIELD_DIGEST, AT(deed_view, hash)},
    {.name = "do", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(deed_view, kind)},
    {.name = "at", .kind = FIELD_ID, AT(deed_view, at)},
    {.name = "state", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(deed_view, state)},
    {.name = "number", .kind = FIELD_INTEGER, .max = INT64_MAX, .optional = true, AT(deed_view, number)},
    {.name = "valid_until", .kind = FIELD_INTEGER, .max = INT64_MAX, AT(deed_view, valid_until)},
    {.name = "signers", .kind = FIELD_OBJECTS, .max = SIGNERS_MAX, .more = &signer_schema, AT(deed_view, signers)},
    {.name = "needs", .kind = FIELD_INTEGER, .max = SIGNERS_MAX, AT(deed_view, needs)},
    {.name = "result", .kind = FIELD_RAW, .optional = true, AT(deed_view, result)},
    {.name = "note", .kind = FIELD_CALL, .optional = true, .call = read_string, AT(deed_view, note)},
};
const struct schema deed_view_schema = SCHEMA_OPEN(struct deed_view, view_fields);

static void say_result(struct call *call, span result)
{
    struct json *j = call_memory(call, sizeof *j);
    struct buffer scratch = call_buffer(call, result.size + 1), words = call_buffer(call, 4 * result.size + 64);
    span name;
    json_open(j, result, 8, &scratch);
    if (json_kind(j) != JSON_OBJECT || !json_object(j))
        return;
    while (json_member(j, &name)) {
        words.size = 0;
        if (!json_words(j, &words, name))
            return;
        say("  %-14s%s", plain(call, name), call_text(call, buffer_span(&words)));
    }
}

static const char *signers_of(struct call *call, const struct deed_view *view)
{
    const struct deed_signer *signers = view->signers.items;
    const char *text = view->signers.count ? "signed by " : "signed by nobody";
    for (size_t i = 0; i < view->signers.count; i++)
        text = call_format(call, "%s%s%s", text, i ? ", " : "", plain(call, signers[i].officer));
    return text;
}

void deed_view_say(struct call *call, const struct deed_view *view)
{
    char until[32] = "";
    struct buffer time = buffer_open(until, sizeof until - 1);
    time_write(&time, (int64_t)view->valid_until);
    const char *what = call_format(call, "%s  %s  %s at %s", deed_hash_text(call, view->hash), plain(call, view->state),
                                   plain(call, view->kind), plain(call, view->at));
    if (view->needs)
        say("%s, %s; needs %llu more by %s", what, signers_of(call, view), (unsigned long long)view->needs, until);
    else
        say("%s, %s; number %llu", what, signers_of(call, view), (unsigned long long)view->number);
    if (view->result.data)
        say_result(call, view->result);
}
