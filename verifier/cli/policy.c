/* countersign policy: sign, show; lint, test, diff, explain and upload have files of their own. */
#include "date.h"
#include "files.h"
#include "json_file.h"
#include "json_write.h"
#include "keys.h"
#include "options.h"
#include "output.h"
#include "policy_verbs.h"
#include "verbs.h"

#include <stdio.h>

#define HEADER "countersign/policy/v1\n"

/* The text that is signed: header, origin, JSON, newline. */
static span make_text(struct call *call, const char *origin, span json)
{
    struct buffer text = call_buffer(call, POLICY_NOTE_MAX);
    buffer_text(&text, HEADER);
    buffer_text(&text, origin);
    buffer_byte(&text, '\n');
    buffer_put(&text, json);
    if (json.size == 0 || json.data[json.size - 1] != '\n')
        buffer_byte(&text, '\n');
    return text.overflow ? (span){NULL, 0} : buffer_span(&text);
}

/* The JSON of a text, behind its two lines of header. */
static span json_of(span text)
{
    for (int line = 0; line < 2; line++) {
        const uint8_t *end = text.size ? memchr(text.data, '\n', text.size) : NULL;
        text = end ? span_of(end + 1, text.size - (size_t)(end - text.data) - 1) : (span){NULL, 0};
    }
    return text;
}

/* Names the line of the file, and the member also where nobody knows it. */
static int fail_at(struct call *call, const char *path, span text, bool is_note, csign_code code, csign_fault *fault)
{
    const span json = json_of(text);
    size_t line = is_note ? 3 : 1;
    for (size_t i = 0; i < fault->offset && i < json.size; i++)
        line += json.data[i] == '\n';
    if (!fault->field[0] && fault->offset > 0)
        fault->field = plain(call, json_name_before(json, fault->offset));
    return fail_code(call, REFUSED, code, fault, fault->offset ? call_format(call, "%s:%zu", path, line) : path);
}

static int read_text(struct call *call, const char *path, span text, bool is_note, struct policy *ret)
{
    struct note *note = call_memory(call, sizeof *note);
    struct buffer scratch = call_buffer(call, POLICY_SCRATCH(text.size));
    csign_fault fault;
    if (!text.data)
        return fail_code(call, REFUSED, CSIGN_E_TOO_LARGE, NULL, path);
    note->text = text;
    csign_code code = policy_read(note, &scratch, ret, &fault);
    return code == CSIGN_OK ? DONE : fail_at(call, path, text, is_note, code, &fault);
}

int policy_load(struct call *call, const char *path, struct loaded *ret)
{
    span bytes;
    csign_fault fault;
    STEP(file_read(call, path, POLICY_NOTE_MAX, &bytes));
    ret->note = NULL;
    if (!span_starts(bytes, SPAN("countersign/"))) {
        ret->json = bytes;
        return read_text(call, path, make_text(call, "registry.test", bytes), false, &ret->policy);
    }
    struct note *note = call_memory(call, sizeof *note);
    struct buffer scratch = call_buffer(call, bytes.size);
    csign_code code = note_read(bytes, &scratch, note, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, REFUSED, code, &fault, path);
    ret->note = note;
    ret->json = json_of(note->text);
    return read_text(call, path, note->text, true, &ret->policy);
}

/* --- sign --- */

static int policy_sign(struct call *call)
{
    const char *path = NULL, *origin = NULL, *key_path = NULL, *out = NULL, *passphrase_file = NULL;
    const struct option options[] = {
        {"FILE", OPTION_TEXT, true, &path, NULL, "the policy's JSON", NULL, 0},
        {"--origin", OPTION_TEXT, true, &origin, "NAME", "of the registry, as its root says", NULL, 0},
        {"--key", OPTION_TEXT, true, &key_path, "FILE", "a policy key that the root names for the jurisdiction", NULL, 0},
        {"--out", OPTION_TEXT, false, &out, "FILE", "the note, a new file; else printed", NULL, 0},
        {"--passphrase-file", OPTION_TEXT, false, &passphrase_file, "FILE", "of the key; else asked", NULL, 0},
    };
    struct policy *policy = call_memory(call, sizeof *policy);
    struct keyring ring = {.call = call};
    struct key key;
    span json;
    STEP(OPTIONS(call, "Signs a policy, after checking it as a gate will.", options));
    ring.passphrase_file = passphrase_file;
    if (!note_name_is_valid(span_text(origin)))
        return fail(call, USAGE, "give the name on the root's origin line", "not the name of a registry, --origin");
    STEP(file_read(call, path, CSIGN_POLICY_MAX, &json));
    span text = make_text(call, origin, json);
    STEP(read_text(call, path, text, false, policy));
    STEP(key_open(&ring, key_path, KEY_POLICY, &key));
    const struct vkey vkey = key_vkey(key.name, KEY_POLICY, &key.public);
    struct buffer note = call_buffer(call, text.size + 1024);
    buffer_put(&note, text);
    buffer_byte(&note, '\n');
    note_sign(&note, text, &vkey, key.signing);
    return file_write_note_or_print(call, out, buffer_span(&note));
}

/* --- show --- */

static const char *time_text(struct call *call, uint64_t t)
{
    struct buffer out = call_buffer(call, 32);
    time_write(&out, (int64_t)t);
    return (const char *)out.data;
}

/* A table of two columns, lined up; it is Markdown too. */
static void show_rows(struct call *call, const char *title, const struct row *rows, size_t count)
{
    size_t width = 4;
    for (size_t i = 0; i < count; i++)
        width = strlen(rows[i].label) > width ? strlen(rows[i].label) : width;
    say("\n## %s\n", title);
    say("| %-*s | %s |", (int)width, "what", "demand");
    say("|%s|%s|", call_format(call, "%.*s", (int)width + 2, "--------------------------------"), "--------");
    for (size_t i = 0; i < count; i++)
        say("| %-*s | %s |", (int)width, rows[i].label, rows[i].text);
}

static int show_json(struct call *call, const struct loaded *loaded)
{
    const struct policy *p = &loaded->policy;
    struct buffer json = call_buffer(call, CSIGN_POLICY_MAX);
    struct json_out o = json_out(&json);
    json_put_object(&o);
    json_put_text_member(&o, "id", p->id);
    json_put_integer_member(&o, "version", p->version);
    json_put_text_member(&o, "authority", p->authority);
    json_put_integer_member(&o, "effective_from", p->effective_from);
    json_put_integer_member(&o, "rules", p->rules.count);
    json_put_bool_member(&o, "signed", loaded->note != NULL);
    json_end_object(&o);
    buffer_byte(&json, '\n');
    return put_out(call, buffer_span(&json));
}

static int policy_show(struct call *call)
{
    const char *path = NULL;
    const struct option options[] = {{"FILE", OPTION_TEXT, true, &path, NULL, "a policy: its JSON, or a note", NULL, 0}};
    struct loaded *loaded = call_memory(call, sizeof *loaded);
    const struct policy *p = &loaded->policy;
    struct row rows[RULE_ROWS_MAX];
    STEP(OPTIONS(call, "Shows the rules of a policy, a table for each.", options));
    STEP(policy_load(call, path, loaded));
    if (call->json)
        return show_json(call, loaded);
    say("# %s, version %llu, of %s%s", plain(call, p->id), (unsigned long long)p->version, plain(call, p->authority),
        loaded->note ? "; its signature was not checked" : ", not signed");
    if (p->title.data)
        say("%s", plain(call, p->title));
    say("\nfor %s, from %s%s%s", list_text(call, p->applies_to), time_text(call, p->effective_from),
        p->has_effective_to ? " to " : "", p->has_effective_to ? time_text(call, p->effective_to) : "");
    for (size_t i = 0; i < p->sources.count; i++)
        say("source: %s", plain(call, p->sources.items[i]));
    const struct rule *rules = p->rules.items;
    for (size_t i = 0; i < p->rules.count; i++) {
        size_t count = rule_rows(call, &rules[i], rows);
        show_rows(call, rule_name(call, &rules[i]), rows, count);
    }
    const struct policy_document *documents = p->documents.items;
    for (size_t i = 0; i < p->documents.count; i++)
        say("%sa FHIR %s is released only as %s", i ? "" : "\n", plain(call, documents[i].type), list_text(call, documents[i].acts));
    return DONE;
}

int verb_policy(struct call *call)
{
    static const struct verb verbs[] = {{"lint", policy_lint, "check it, and name what is wrong"},
                                        {"sign", policy_sign, "make a note of it"},
                                        {"show", policy_show, "its rules, as tables"},
                                        {"diff", policy_diff, "what another version changes"},
                                        {"test", policy_test, "try it on cases"},
                                        {"explain", policy_explain, "why a release is decided as it is"},
                                        {"upload", policy_upload, "bring it to the registry"}};
    return VERBS(call, "Policies: what an authority demands before a document may be released.", verbs);
}
