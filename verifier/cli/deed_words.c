#include "deed_words.h"
#include "cursor.h"
#include "json_words.h"
#include "output.h"
#include "plain.h"

#define MEMBERS_MAX  1024u
#define DEPTH_MAX    8u
#define WORDS_MAX    (8u * DEED_MAX)
#define SCRATCH_SIZE (4u * DEED_MAX)
#define LABEL_WIDTH  28

/*
 * What a kind does. A name in braces is a member of the deed; what stands in square brackets is left out where its member is
 * absent. A member that the sentence has is not repeated beneath it.
 */
struct kind_words {
    const char *sentence, *needs;
};
static const char two[] = "two officers of {at}", one[] = "one officer of {at}", as_named[] = "as many as the deed that it is about";
static const struct kind_words words_of[] = {
    [DEED_INSTITUTION_ADD] = {"Adds the institution {id}, {name}, in {jurisdiction}.", two},
    [DEED_OFFICER_ADD] = {"Makes {officer.name} an officer of {body}, as {officer.role}, known as {officer.id}.",
                          "two officers of {body}; of its authority, {at}, while it has fewer than two"},
    [DEED_OFFICER_END] = {"Ends the office of {officer} at {body}: {reason}.", one},
    [DEED_ENROL] = {"Enrols {practitioner.name}, {licence.level} {licence.profession} in {licence.jurisdiction} under licence number "
                    "{licence.number}, at {affiliation.site}.", two},
    [DEED_ENROL_IMPORT] = {"Enrols the people of a file: {counts.added} added, {counts.updated} updated, {counts.unchanged} unchanged, "
                           "{counts.flagged} flagged, {counts.rejected} rejected.", two},
    [DEED_ROLL_IMPORT] = {"Takes over a roll of licences from a file: {counts.added} added, {counts.updated} updated, "
                          "{counts.unchanged} unchanged, {counts.flagged} flagged, {counts.rejected} rejected.", two},
    [DEED_ACTIVATE] = {"Lets practitioner {practitioner} bind a key of their own, by a one-time code, for licence {licence} and "
                       "affiliation {affiliation}.", two},
    [DEED_AFFILIATION_END] = {"Ends the affiliation of practitioner {practitioner} with {site} from {effective}: {reason}.", one},
    [DEED_KEY_END] = {"Ends the clinician's key {holder} for good: {reason}.", one},
    [DEED_APP_ADD] = {"Lets the deployment {id} of the tool {tool} ask for releases of {acts}, in the settings {settings}, in "
                      "{jurisdictions}.", two},
    [DEED_APP_END] = {"Ends the deployment {id} for good: {reason}.", one},
    [DEED_SUSPEND_INTERIM] = {"Suspends licence {licence} at once, from {effective}: {reason}. Two officers are to confirm it by "
                              "{confirm_by}; it is not lifted by itself.", one},
    [DEED_SUSPEND] = {"Suspends licence {licence} from {effective}[ until {until}, though it does not end by itself]: {reason}.", two},
    [DEED_REVOKE] = {"Revokes licence {licence} from {effective}[, given until {until}]: {reason}.", two},
    [DEED_RESCIND] = {"Rescinds licence {licence} as void from its start, taking effect {effective}[, given until {until}]: {reason}.",
                      two},
    [DEED_DEREGISTER] = {"Takes licence {licence} off the register from {effective}[, given until {until}]: {reason}.", two},
    [DEED_CONDITION] = {"Puts licence {licence} under the conditions below, and no others, from {effective}.", two},
    [DEED_REINSTATE] = {"Gives licence {licence} back from {effective}, under new indexes: {reason}.", two},
    [DEED_DECEASED] = {"Records that practitioner {practitioner} has died: all their licences end, from {effective}.", one},
    [DEED_CORRECT] = {"Corrects the deed {deed}.", as_named},
    [DEED_VOID] = {"Makes the deed {deed} void.", as_named},
    [DEED_CUT] = {"Cuts off {kind}[ {id}]: what was signed before {cut_ms} is refused from now on: {reason}.", two},
    [DEED_POLICY_PUBLISH] = {"Puts policy {id}, version {version}, into force from {effective_ms}, as note {note}.", two},
};

/* --- the members, as a flat list --- */

struct member {
    const char *path; /* "licence.number" */
    const char *text; /* for people */
    bool said;
};
struct members {
    struct call *call;
    struct json *json;
    struct buffer text; /* the member that is being read */
    size_t count;
    struct member items[MEMBERS_MAX];
};

/* The members of an object; those of an object within it get its name in front. */
static bool flatten(struct members *m, const char *before)
{
    span name;
    if (!json_object(m->json))
        return false;
    while (json_member(m->json, &name)) {
        const char *path = call_format(m->call, "%s%s%s", before, before[0] ? "." : "", plain(m->call, name));
        if (json_kind(m->json) == JSON_OBJECT && !before[0]) {
            if (!flatten(m, path))
                return false;
            continue;
        }
        m->text.size = 0;
        if (m->count == MEMBERS_MAX || !json_words(m->json, &m->text, name) || m->text.overflow)
            return false;
        m->items[m->count++] = (struct member){path, call_text(m->call, buffer_span(&m->text)), false};
    }
    return m->json->failure == JSON_FINE;
}

/* The deed was read already, by its schema: that this reads it too is sure, but for the limits here. */
static struct members *members_of(struct call *call, const struct deed *deed)
{
    struct members *m = call_memory(call, sizeof *m);
    struct buffer scratch = call_buffer(call, SCRATCH_SIZE);
    m->call = call;
    m->text = call_buffer(call, WORDS_MAX);
    m->json = call_memory(call, sizeof *m->json);
    json_open(m->json, deed->json, DEPTH_MAX, &scratch);
    return flatten(m, "") && json_finish(m->json) ? m : NULL;
}

/* --- the sentence --- */

static struct member *find(struct members *m, span path)
{
    for (size_t i = 0; i < m->count; i++)
        if (span_equal(span_text(m->items[i].path), path))
            return &m->items[i];
    return NULL;
}

/* Fills a template in; false, with nothing written, where a member is absent. */
static bool fill(struct members *m, struct buffer *out, span template)
{
    const size_t mark = out->size;
    struct cursor c = cursor_open(template);
    while (!cursor_done(&c)) {
        uint8_t byte = 0;
        span inner;
        (void)cursor_u8(&c, &byte);
        if (byte == '[' && cursor_until(&c, ']', &inner)) {
            (void)fill(m, out, inner);
        } else if (byte == '{' && cursor_until(&c, '}', &inner)) {
            struct member *member = find(m, inner);
            if (!member) {
                out->size = mark;
                return false;
            }
            member->said = true;
            buffer_text(out, member->text);
        } else {
            buffer_byte(out, byte);
        }
    }
    return true;
}

static const char *filled(struct members *m, const char *template)
{
    struct buffer out = call_buffer(m->call, WORDS_MAX);
    (void)fill(m, &out, span_text(template));
    return call_text(m->call, buffer_span(&out));
}

/* --- the lines --- */

static void put_line(struct buffer *out, const char *label, const char *text)
{
    size_t size = strlen(label);
    buffer_text(out, "  ");
    buffer_text(out, label);
    do
        buffer_byte(out, ' ');
    while (++size < LABEL_WIDTH);
    buffer_text(out, text);
    buffer_byte(out, '\n');
}

static const char *label_of(struct call *call, const char *path)
{
    static const char *const labels[][2] = {
        {"why.text", "because"}, {"why.basis", "on the basis of"}, {"why.decided", "decided"}, {"why.reported", "reported"}};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(path, labels[i][0]) == 0)
            return labels[i][1];
    char *label = (char *)(uintptr_t)call_text(call, span_text(path));
    for (char *at = label; *at; at++)
        *at = *at == '.' || *at == '_' ? ' ' : *at;
    return label;
}

static const char *signers_of(struct call *call, const struct deed_note *note)
{
    struct buffer out = call_buffer(call, (NOTE_NAME_MAX + 2) * NOTE_SIGNATURES_MAX);
    for (size_t i = 0; i < note->signature_count; i++) {
        buffer_text(&out, i ? ", " : "");
        plain_write(&out, note->signatures[i].name);
    }
    return note->signature_count ? call_text(call, buffer_span(&out)) : "nobody yet";
}

const char *deed_sentence(struct call *call, const struct deed *deed)
{
    struct members *m = members_of(call, deed);
    return m ? filled(m, words_of[deed->head.kind].sentence) : "This deed is too long to be shown.";
}

int deed_words(struct call *call, const struct deed_note *note, const char **ret)
{
    const struct deed *deed = &note->deed;
    const struct kind_words *words = &words_of[deed->head.kind];
    struct buffer out = call_buffer(call, WORDS_MAX);
    struct members *m = members_of(call, deed);
    if (!m)
        return fail_code(call, REFUSED, CSIGN_E_TOO_LARGE, NULL, "the deed as it is to be shown");
    buffer_text(&out, filled(m, words->sentence));
    buffer_byte(&out, '\n');
    const char *needs = filled(m, words->needs), *valid_until = filled(m, "they have signed by {valid_until}");
    const char *kind = filled(m, "{do} at {at}");
    for (size_t i = 0; i < m->count; i++)
        if (!m->items[i].said)
            put_line(&out, label_of(call, m->items[i].path), m->items[i].text);
    put_line(&out, "needs", needs);
    put_line(&out, "void unless", valid_until);
    put_line(&out, "deed", call_format(call, "%s, %s", kind, plain(call, deed->id)));
    put_line(&out, "for the registry", plain(call, deed->origin));
    put_line(&out, "hash", deed_hash_text(call, note->hash));
    put_line(&out, "signed by", signers_of(call, note));
    if (out.overflow)
        return fail_code(call, REFUSED, CSIGN_E_TOO_LARGE, NULL, "the deed as it is to be shown");
    *ret = call_text(call, buffer_span(&out));
    return DONE;
}
