/* countersign enrol: people from JSON, a deed each; or files of many, as one deed. */
#include "enrol_file.h"
#include "json_file.h"
#include "output.h"
#include "verbs.h"

#define PEOPLE_MAX 100u

struct people {
    span items[PEOPLE_MAX];
    size_t count;
};

/* One object, or a list of them. */
static int read_people(struct call *call, const char *path, struct people *ret)
{
    span text;
    STEP(json_file_read(call, path, PEOPLE_MAX * DEED_MAX, JSON_NOTHING, &text));
    ret->count = 1;
    ret->items[0] = text;
    if (text.data[0] == '{')
        return DONE;
    struct json *j = call_memory(call, sizeof *j);
    struct buffer scratch = call_buffer(call, text.size + 1);
    json_open(j, text, JSON_FILE_DEPTH + 1, &scratch);
    ret->count = 0;
    if (json_array(j))
        while (json_element(j)) {
            if (ret->count == PEOPLE_MAX)
                return fail(call, REFUSED, "split the file", "more than %u people, %s", PEOPLE_MAX, path);
            if (json_kind(j) != JSON_OBJECT)
                return fail(call, REFUSED, "write each person in braces", "not a JSON object, element %zu of %s",
                            ret->count + 1, path);
            (void)json_skip(j, &ret->items[ret->count++]);
        }
    return ret->count ? DONE : fail(call, REFUSED, "write at least one person", "nobody in it, %s", path);
}

/* All are made before any is signed: what is wrong with one is found while nothing has happened. */
static int make_all(struct call *call, struct deed_making *making, const struct people *people, const char *path,
                    struct deed_note *ret)
{
    span code;
    for (size_t i = 0; i < people->count; i++) {
        making->members = people->items[i];
        making->members_name = people->count == 1 ? path : call_format(call, "person %zu of %s", i + 1, path);
        STEP(deed_make(call, making, &ret[i], &code));
    }
    return DONE;
}

int verb_enrol(struct call *call)
{
    struct deed_making *making = call_memory(call, sizeof *making);
    struct people *people = call_memory(call, sizeof *people);
    struct deed_act act = {.valid_until = -1};
    const char *template = NULL;
    struct texts paths = {{NULL}, 0};
    struct remote *remote;
    const struct option options[] = {
        {"FILE", OPTION_TEXTS, true, &paths, NULL, "JSON: practitioner, licence and affiliation, or a list of up to 100; with --template a file of it", NULL, 0},
        {"--template", OPTION_TEXT, false, &template, "NAME", "of a file for import: people-csv, people-nppes, roll-csv or fhir-r4", NULL, 0},
        ROWS_ACT(&act),
    };
    STEP(OPTIONS(call, "Enrols people: for each it makes a deed, shows it, signs it and brings it to the registry.", options));
    if (template)
        return enrol_file(call, &act, making, &paths, template);
    if (paths.count > 1)
        return fail(call, USAGE, "give one, or --template", "more than one file, %s", paths.items[1]);
    const char *path = paths.items[0];
    making->kind = DEED_ENROL;
    STEP(read_people(call, path, people));
    members_none(call, &making->given);
    STEP(deed_act_begin(call, &act, making, &remote));
    struct deed_note *notes = call_memory(call, people->count * sizeof *notes);
    STEP(make_all(call, making, people, path, notes));
    for (size_t i = 0; i < people->count; i++)
        STEP(deed_act_sign(remote, &notes[i], act.yes, call_format(call, "person %zu of %s", i + 1, path)));
    return DONE;
}
