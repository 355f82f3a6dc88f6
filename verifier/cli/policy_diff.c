/* countersign policy diff: what another version of a policy changes, rule by rule, for those who must agree to it. */
#include "date.h"
#include "json_sorted.h"
#include "options.h"
#include "output.h"
#include "policy_verbs.h"

/* Where an act in a setting is named in a policy: its rules are compared name by name, however they are grouped. */
struct place {
    span act, setting;
    const struct rule *rule;
    span json; /* the rule as it was written */
};

struct places {
    struct place *items;
    size_t count;
};

/* The text of each rule. */
static const span *rules_of(struct call *call, span policy)
{
    struct sorted_member *members;
    span *rules = NULL;
    size_t count = json_sorted_members(call, policy, &members);
    for (size_t i = 0; i < count; i++)
        if (span_equal(members[i].name, SPAN("rules")))
            json_elements(call, members[i].value, &rules);
    return rules;
}

static struct places places_of(struct call *call, const struct loaded *loaded)
{
    const struct policy *p = &loaded->policy;
    const struct rule *rules = p->rules.items;
    const span *texts = rules_of(call, loaded->json);
    struct places all = {NULL, 0};
    size_t count = 0;
    for (size_t i = 0; i < p->rules.count; i++)
        count += rules[i].acts.count * rules[i].settings.count;
    all.items = call_memory(call, count * sizeof *all.items);
    for (size_t i = 0; i < p->rules.count; i++)
        for (size_t a = 0; a < rules[i].acts.count; a++)
            for (size_t s = 0; s < rules[i].settings.count; s++)
                all.items[all.count++] = (struct place){rules[i].acts.items[a], rules[i].settings.items[s], &rules[i], texts[i]};
    return all;
}

static const struct place *find_place(const struct places *in, const struct place *wanted)
{
    for (size_t i = 0; i < in->count; i++)
        if (span_equal(in->items[i].act, wanted->act) && span_equal(in->items[i].setting, wanted->setting))
            return &in->items[i];
    return NULL;
}

static bool has_row(const struct row *rows, size_t count, const struct row *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].label, wanted->label) == 0 && strcmp(rows[i].text, wanted->text) == 0)
            return true;
    return false;
}

struct diff {
    struct call *call;
    size_t changes;
    bool titled;
};

/* A line of difference, under the name of what it is in. */
static void put_change(struct diff *d, const char *title, char sign, const char *label, const char *text)
{
    if (!d->titled && !d->call->json)
        say("%s", title);
    d->titled = true;
    d->changes++;
    if (!d->call->json)
        say("  %c %-12s %s", sign, label, text);
}

/* Members of one rule that the other does not have so, but for those that say where it holds. */
static void put_members(struct diff *d, const char *title, char sign, span rule, span other)
{
    struct sorted_member *members, *others;
    size_t count = json_sorted_members(d->call, rule, &members), other_count = json_sorted_members(d->call, other, &others);
    for (size_t i = 0; i < count; i++) {
        bool same = span_equal(members[i].name, SPAN("acts")) || span_equal(members[i].name, SPAN("settings"));
        for (size_t k = 0; k < other_count && !same; k++)
            same = span_equal(members[i].name, others[k].name) && span_equal(members[i].value, others[k].value);
        if (!same)
            put_change(d, title, sign, plain(d->call, members[i].name), plain(d->call, members[i].value));
    }
}

/* What is written differently and reads the same in words is shown as it is written: never do two texts that differ say the same. */
static void compare_rules(struct diff *d, const char *title, const struct place *before, const struct place *after)
{
    struct row old[RULE_ROWS_MAX], new[RULE_ROWS_MAX];
    size_t old_count = rule_rows(d->call, before->rule, old), new_count = rule_rows(d->call, after->rule, new);
    d->titled = false;
    for (size_t i = 0; i < old_count; i++)
        if (!has_row(new, new_count, &old[i]))
            put_change(d, title, '-', old[i].label, old[i].text);
    for (size_t i = 0; i < new_count; i++)
        if (!has_row(old, old_count, &new[i]))
            put_change(d, title, '+', new[i].label, new[i].text);
    if (d->titled || span_equal(before->json, after->json))
        return;
    put_members(d, title, '-', before->json, after->json);
    put_members(d, title, '+', after->json, before->json);
}

/* A rule that the other policy does not have: all that it says. */
static void put_rule(struct diff *d, const char *title, char sign, const struct rule *rule)
{
    struct row rows[RULE_ROWS_MAX];
    size_t count = rule_rows(d->call, rule, rows);
    for (size_t i = 0; i < count; i++)
        put_change(d, title, sign, rows[i].label, rows[i].text);
}

static const char *place_name(struct call *call, const struct place *place)
{
    return call_format(call, "%s in %s", plain(call, place->act), plain(call, place->setting));
}

static void compare_places(struct diff *d, const struct places *before, const struct places *after)
{
    for (size_t i = 0; i < before->count; i++) {
        const struct place *old = &before->items[i], *new = find_place(after, old);
        const char *title = place_name(d->call, old);
        d->titled = false;
        if (new) {
            compare_rules(d, title, old, new);
            continue;
        }
        put_change(d, title, '-', "rule", "no longer: from now on it is under a more general rule, or not released at all");
        put_rule(d, title, '-', old->rule);
    }
    for (size_t i = 0; i < after->count; i++) {
        const struct place *new = &after->items[i];
        const char *title = place_name(d->call, new);
        d->titled = false;
        if (find_place(before, new))
            continue;
        put_change(d, title, '+', "rule", "new: until now it was under a more general rule, or not released at all");
        put_rule(d, title, '+', new->rule);
    }
}

static void compare_lists(struct diff *d, const char *label, struct text_list before, struct text_list after)
{
    for (size_t i = 0; i < before.count; i++)
        if (!text_list_has(after, before.items[i]))
            put_change(d, "the policy", '-', label, plain(d->call, before.items[i]));
    for (size_t i = 0; i < after.count; i++)
        if (!text_list_has(before, after.items[i]))
            put_change(d, "the policy", '+', label, plain(d->call, after.items[i]));
}

static void compare_texts(struct diff *d, const char *label, const char *before, const char *after)
{
    if (strcmp(before, after) == 0)
        return;
    put_change(d, "the policy", '-', label, before);
    put_change(d, "the policy", '+', label, after);
}

/* What each FHIR resource type may be released as. */
static void compare_documents(struct diff *d, char sign, const struct policy *p, const struct policy *other)
{
    const struct policy_document *documents = p->documents.items;
    for (size_t i = 0; i < p->documents.count; i++) {
        const struct text_list *acts = policy_document_acts(other, documents[i].type);
        if (!acts || !text_list_equal(*acts, documents[i].acts))
            put_change(d, "the policy", sign, "documents",
                       call_format(d->call, "a FHIR %s: %s", plain(d->call, documents[i].type), list_text(d->call, documents[i].acts)));
    }
}

static const char *number_text(struct call *call, uint64_t number)
{
    return call_format(call, "%llu", (unsigned long long)number);
}

static const char *time_text(struct call *call, bool given, uint64_t t)
{
    struct buffer out = call_buffer(call, 32);
    if (!given)
        return "none";
    time_write(&out, (int64_t)t);
    return (const char *)out.data;
}

static void compare_policies(struct diff *d, const struct loaded *before, const struct loaded *after)
{
    struct call *call = d->call;
    const struct policy *a = &before->policy, *b = &after->policy;
    compare_texts(d, "id", plain(call, a->id), plain(call, b->id));
    compare_texts(d, "version", number_text(call, a->version), number_text(call, b->version));
    compare_texts(d, "authority", plain(call, a->authority), plain(call, b->authority));
    compare_texts(d, "title", plain(call, a->title), plain(call, b->title));
    compare_texts(d, "from", time_text(call, true, a->effective_from), time_text(call, true, b->effective_from));
    compare_texts(d, "to", time_text(call, a->has_effective_to, a->effective_to), time_text(call, b->has_effective_to, b->effective_to));
    compare_texts(d, "dates end", call_format(call, "%llds east of UTC", (long long)a->utc_offset_s),
                  call_format(call, "%llds east of UTC", (long long)b->utc_offset_s));
    compare_lists(d, "for", a->applies_to, b->applies_to);
    compare_lists(d, "source", a->sources, b->sources);
    compare_documents(d, '-', a, b);
    compare_documents(d, '+', b, a);
    const struct places old = places_of(call, before), new = places_of(call, after);
    compare_places(d, &old, &new);
}

int policy_diff(struct call *call)
{
    const char *before = NULL, *after = NULL;
    const struct option options[] = {
        {"BEFORE", OPTION_TEXT, true, &before, NULL, "a policy: its JSON, or a note", NULL, 0},
        {"AFTER", OPTION_TEXT, true, &after, NULL, "another, or its next version", NULL, 0},
    };
    struct loaded *a = call_memory(call, sizeof *a), *b = call_memory(call, sizeof *b);
    struct diff d = {.call = call};
    STEP(OPTIONS(call, "Shows what one policy says and the other does not, rule by rule. Exit code 1: they differ.", options));
    STEP(policy_load(call, before, a));
    STEP(policy_load(call, after, b));
    compare_policies(&d, a, b);
    if (call->json)
        say("{\"changes\":%zu}", d.changes);
    else if (d.changes == 0)
        say("they say the same");
    return d.changes ? REFUSED : DONE;
}
