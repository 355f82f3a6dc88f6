/*
 * Runs the cases of this folder through libcountersign: run FOLDER [--confine | --quiet]
 *
 * Every case is decided twice with one cache, cold and warm, and must be answered alike; a decision must allocate nothing.
 * --confine takes files and network from the process once the cases are read; --quiet decides in a child that is killed at
 * its first system call. mutants.py runs this with one condition of the decision deleted.
 */
#define _DEFAULT_SOURCE /* scandir */
#include "confine.h"
#include "counting.h"
#include "deciding.h"
#include "quiet.h"
#include "schema.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW_DEFAULT 1795338870
#define STEPS_MAX   64u
#define WORLDS_MAX  64u
#define AT(type, member) .offset = offsetof(struct type, member)

static struct buffer memory; /* for all that is read; never given back */

_Noreturn static void die(const char *what, const char *where)
{
    fprintf(stderr, "conformance: %s: %s\n", where, what);
    exit(2);
}

static span read_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        die("cannot be read", path);
    size_t left = memory.capacity - memory.size, size = fread(memory.data + memory.size, 1, left, file);
    fclose(file);
    span text = span_of(memory.data + memory.size, size);
    memory.size += size;
    return text;
}

/* --- the format --- */

enum step_kind { STEP_ROOT, STEP_POLICY, STEP_EVENT, STEP_CHECKPOINT, STEP_FRESH, STEP_COUNT };
struct step {
    uint64_t present;
    span input[STEP_COUNT];
    span expect;
};

static bool read_text(struct json *j, const struct schema_field *field, void *into)
{
    (void)field;
    return json_string(j, into);
}
#define TEXT(word, opt, type, member) {.name = word, .kind = FIELD_CALL, .call = read_text, .optional = (opt), AT(type, member)}

static const struct schema_field step_fields[] = {
    TEXT("root", true, step, input[STEP_ROOT]),   TEXT("policy", true, step, input[STEP_POLICY]),
    TEXT("event", true, step, input[STEP_EVENT]), TEXT("checkpoint", true, step, input[STEP_CHECKPOINT]),
    TEXT("fresh", true, step, input[STEP_FRESH]), TEXT("expect", true, step, expect),
};
static const struct schema step_schema = SCHEMA(struct step, step_fields);

struct marks {
    uint64_t present, log_size, evidence_time, root_version;
    uint8_t log_root[32];
};
static const struct schema_field marks_fields[] = {
    {.name = "log_size", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, .optional = true, AT(marks, log_size)},
    {.name = "log_root", .kind = FIELD_DIGEST, .optional = true, AT(marks, log_root)},
    {.name = "evidence_time", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, .optional = true, AT(marks, evidence_time)},
    {.name = "root_version", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, .optional = true, AT(marks, root_version)},
};
static const struct schema marks_schema = SCHEMA(struct marks, marks_fields);

struct opened {
    uint64_t present;
    span accept, deployment, root, nonce, overlay;
    uint8_t root_hash[32];
    bool offline;
    struct marks marks;
};
enum { OPENED_HASH = 3 };
static const struct schema_field opened_fields[] = {
    TEXT("accept", false, opened, accept),
    TEXT("deployment", false, opened, deployment),
    TEXT("root", true, opened, root),
    [OPENED_HASH] = {.name = "root_hash", .kind = FIELD_DIGEST, .optional = true, AT(opened, root_hash)},
    {.name = "offline", .kind = FIELD_BOOL, AT(opened, offline)},
    {.name = "nonce", .kind = FIELD_B64U, .max = 16, .optional = true, AT(opened, nonce)},
    {.name = "marks", .kind = FIELD_OBJECT, .more = &marks_schema, .optional = true, AT(opened, marks)},
    TEXT("overlay", true, opened, overlay),
};
static const struct schema opened_schema = SCHEMA(struct opened, opened_fields);

struct world_json {
    uint64_t present;
    struct opened gate;
    struct object_list steps;
};
static const struct schema_field world_fields[] = {
    {.name = "gate", .kind = FIELD_OBJECT, .more = &opened_schema, AT(world_json, gate)},
    {.name = "steps", .kind = FIELD_OBJECTS, .max = STEPS_MAX, .more = &step_schema, AT(world_json, steps)},
};
static const struct schema world_schema = SCHEMA(struct world_json, world_fields);

struct expectation {
    uint64_t present;
    span verdict, code, exception;
};
static const struct schema_field expectation_fields[] = {
    TEXT("verdict", false, expectation, verdict),
    TEXT("code", true, expectation, code),
    TEXT("exception", true, expectation, exception),
};
static const struct schema expectation_schema = SCHEMA(struct expectation, expectation_fields);

struct times {
    size_t count;
    uint64_t items[CSIGN_SLOTS_MAX];
};
static bool read_times(struct json *j, const struct schema_field *field, void *into)
{
    struct times *times = into;
    if (!json_array(j))
        return false;
    while (json_element(j))
        if (times->count == CSIGN_SLOTS_MAX || !json_integer(j, NUMERIC_DATE_MAX, &times->items[times->count++]))
            return json_fail(j, field->name, "not at most four times");
    return j->failure == JSON_FINE;
}

struct test_case {
    uint64_t present;
    span name, about, world, release;
    struct object_list steps;
    struct times received_at;
    uint64_t now;
    struct expectation expect;
};
static const struct schema_field case_fields[] = {
    TEXT("name", false, test_case, name),
    TEXT("about", false, test_case, about),
    TEXT("world", false, test_case, world),
    {.name = "steps", .kind = FIELD_OBJECTS, .max = STEPS_MAX, .more = &step_schema, .optional = true, AT(test_case, steps)},
    TEXT("release", true, test_case, release),
    {.name = "received_at", .kind = FIELD_CALL, .call = read_times, .optional = true, AT(test_case, received_at)},
    {.name = "now", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, .optional = true, AT(test_case, now)},
    {.name = "expect", .kind = FIELD_OBJECT, .more = &expectation_schema, .optional = true, AT(test_case, expect)},
};
static const struct schema case_schema = SCHEMA(struct test_case, case_fields);

static void read_json(span text, const struct schema *schema, void *into, const char *where)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    if (schema_read_text(text, 16, &memory, schema, into, CSIGN_E_ARGUMENT, CSIGN_E_ARGUMENT, &fault) != CSIGN_OK) {
        fprintf(stderr, "%s: %s at %zu\n", fault.field, fault.reason, fault.offset);
        die("not in the format of README.md", where);
    }
}

/* --- gates --- */

static csign_code apply(const csign_gate *gate, const struct step *step, csign_gate **ret, csign_fault *fault)
{
    csign_code (*const calls[STEP_COUNT])(const csign_gate *, csign_span, csign_gate **, csign_fault *) = {
        csign_gate_apply_root, csign_gate_apply_policy, csign_gate_apply_event, csign_gate_apply_checkpoint,
        csign_gate_apply_fresh};
    for (int kind = 0; kind < STEP_COUNT; kind++)
        if (step->input[kind].data)
            return calls[kind](gate, step->input[kind], ret, fault);
    die("a step without input", "steps");
}

/* Applies steps to *gate; the first that does not answer as expected is described in `why`. */
static bool apply_all(csign_gate **gate, struct object_list list, char why[512])
{
    const struct step *steps = list.items;
    for (size_t i = 0; i < list.count; i++) {
        csign_gate *next = NULL;
        csign_fault fault = {CSIGN_OK, "", "", 0};
        csign_code code = apply(*gate, &steps[i], &next, &fault);
        span expect = steps[i].expect.data ? steps[i].expect : SPAN("ok");
        if (next) {
            csign_gate_free(gate);
            *gate = next;
        }
        if (!span_equal(span_text(csign_code_name(code)), expect)) {
            snprintf(why, 512, "step %zu: %s (%s: %s), expected %.*s", i + 1, csign_code_name(code), fault.field, fault.reason,
                     (int)expect.size, (const char *)expect.data);
            return false;
        }
    }
    return true;
}

static csign_gate *open_gate(const struct opened *o, char why[512])
{
    csign_gate *gate = NULL;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    struct csign_marks marks = {.log_size = o->marks.log_size, .evidence_time = (int64_t)o->marks.evidence_time,
                                .root_version = o->marks.root_version};
    memcpy(marks.log_root, o->marks.log_root, sizeof marks.log_root);
    csign_gate_options options = {
        .struct_size = sizeof options,
        .deployment = o->deployment,
        .root = o->root,
        .root_hash = o->present >> OPENED_HASH & 1 ? o->root_hash : NULL,
        .accept_test = span_equal(o->accept, SPAN("test")),
        .offline = o->offline,
        .marks = o->marks.present ? &marks : NULL,
        .overlay = o->overlay,
    };
    if (o->nonce.size == sizeof options.nonce)
        memcpy(options.nonce, o->nonce.data, sizeof options.nonce);
    csign_code code = csign_gate_open(&options, &gate, &fault);
    if (code != CSIGN_OK)
        snprintf(why, 512, "open: %s (%s: %s)", csign_code_name(code), fault.field, fault.reason);
    return gate;
}

struct world {
    span name;
    struct world_json json;
};
static struct world worlds[WORLDS_MAX];
static size_t world_count;

static const struct world_json *find_world(const char *folder, span name)
{
    for (size_t i = 0; i < world_count; i++)
        if (span_equal(worlds[i].name, name))
            return &worlds[i].json;
    if (world_count == WORLDS_MAX)
        die("too many", "worlds");
    char file[256];
    struct world *world = &worlds[world_count++];
    snprintf(file, sizeof file, "worlds/%.*s.json", (int)name.size, (const char *)name.data);
    world->name = name;
    read_json(read_file(folder, file), &world_schema, &world->json, file);
    return &world->json;
}

/* --- running --- */

struct outcome {
    csign_verdict verdict;
    csign_code code;
    const char *exception;
    char text[CSIGN_DECISION_TEXT_MAX];
};

static csign_cache *cache;

static const char *verdict_name(csign_verdict v)
{
    return v == CSIGN_ALLOW ? "allow" : v == CSIGN_REFUSE ? "refuse" : v == CSIGN_BREAK_GLASS ? "break-glass" : "cannot-decide";
}

static void decide(const csign_gate *gate, const struct test_case *c, void *room, size_t room_size, struct outcome *ret)
{
    struct csign_release release = {0};
    csign_decision decision;
    csign_fault fault;
    size_t size;
    int64_t now = c->now ? (int64_t)c->now : NOW_DEFAULT;
    ret->code = csign_release_read(c->release, now, room, room_size, &release, &fault);
    ret->verdict = CSIGN_CANNOT_DECIDE;
    ret->exception = NULL;
    if (ret->code != CSIGN_OK) {
        snprintf(ret->text, sizeof ret->text, "%s: %s", fault.field, fault.reason);
        return;
    }
    for (size_t i = 0; i < c->received_at.count; i++)
        release.slots[i].received_at = (int64_t)c->received_at.items[i];
    size_t before = counting_allocations();
    ret->verdict = csign_decide(gate, cache, &release, now, &decision);
    if (counting_allocations() != before)
        die("the decision allocated", (const char *)c->name.data);
    ret->code = decision.code;
    ret->exception = decision.exception;
    if (csign_decision_json(&decision, ret->text, sizeof ret->text, &size) != CSIGN_OK ||
        csign_decision_text(&decision, ret->text, sizeof ret->text, &size) != CSIGN_OK)
        die("the decision cannot be written", (const char *)c->name.data);
}

/* What is released must name the exception that was applied, or none; a refusal may have come too early for that. */
static bool releases_nothing(const struct outcome *outcome)
{
    return outcome->verdict != CSIGN_ALLOW && outcome->verdict != CSIGN_BREAK_GLASS;
}

/* Whether the case is answered as it must be; `why` says how not. */
static bool run_case(const struct world_json *world, const struct test_case *c, void *room, size_t room_size, char why[512])
{
    static struct outcome cold, warm;
    csign_gate *gate = open_gate(&world->gate, why);
    bool good = gate && apply_all(&gate, world->steps, why) && apply_all(&gate, c->steps, why);
    if (good && c->release.data) {
        decide(gate, c, room, room_size, &cold);
        decide(gate, c, room, room_size, &warm);
        const char *name = csign_code_name(cold.code);
        good = span_equal(span_text(verdict_name(cold.verdict)), c->expect.verdict) &&
               (!c->expect.code.data || span_equal(span_text(name ? name : "?"), c->expect.code)) &&
               (releases_nothing(&cold) || span_equal(span_text(cold.exception ? cold.exception : ""), c->expect.exception));
        if (!good)
            snprintf(why, 512, "%s %s (%s), expected %.*s %.*s: %.300s", verdict_name(cold.verdict), name ? name : "?",
                     cold.exception ? cold.exception : "no exception",
                     (int)c->expect.verdict.size, (const char *)c->expect.verdict.data, (int)c->expect.code.size,
                     c->expect.code.data ? (const char *)c->expect.code.data : "", cold.text);
        if (good && (warm.verdict != cold.verdict || warm.code != cold.code || strcmp(warm.text, cold.text) != 0)) {
            good = false;
            snprintf(why, 512, "cold and warm differ: %.200s / %.200s", cold.text, warm.text);
        }
    }
    csign_gate_free(&gate);
    return good;
}

struct all {
    const struct world_json *worlds[4096];
    struct test_case cases[4096];
    size_t count;
    span wanted; /* only cases that expect this code; absent: all */
    size_t run, red, allowed, refused;
    void *room;
    size_t room_size;
};

static void run_all(void *context)
{
    struct all *all = context;
    char why[512];
    for (size_t i = 0; i < all->count; i++) {
        const struct test_case *c = &all->cases[i];
        if (all->wanted.data && !span_equal(c->expect.code, all->wanted))
            continue;
        all->run++;
        if (c->release.data && span_equal(c->expect.verdict, SPAN("allow")))
            all->allowed++;
        else
            all->refused++;
        if (run_case(all->worlds[i], c, all->room, all->room_size, why))
            continue;
        all->red++;
        printf("  %.*s: %s\n", (int)c->name.size, (const char *)c->name.data, why);
    }
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_cases(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 6 && strcmp(entry->d_name + size - 6, ".jsonl") == 0;
}

static void read_cases(const char *folder, struct all *all)
{
    char path[4096];
    struct dirent **names;
    snprintf(path, sizeof path, "%s/cases", folder);
    int count = scandir(path, &names, is_cases, by_name);
    if (count <= 0)
        die("no cases", path);
    for (int i = 0; i < count; i++) {
        span text = read_file(path, names[i]->d_name);
        for (size_t at = 0; at < text.size;) {
            const uint8_t *end = memchr(text.data + at, '\n', text.size - at);
            size_t size = end ? (size_t)(end - text.data) - at : text.size - at;
            if (all->count == sizeof all->cases / sizeof *all->cases)
                die("too many", path);
            struct test_case *c = &all->cases[all->count];
            read_json(span_of(text.data + at, size), &case_schema, c, names[i]->d_name);
            all->worlds[all->count++] = find_world(folder, c->world);
            if (csign_release_memory(c->release.size) > all->room_size)
                all->room_size = csign_release_memory(c->release.size);
            at += size + 1;
        }
        free(names[i]);
    }
    free(names);
}

/* Decides every case in a child that may make no system call. */
struct silent {
    csign_gate **gates;
    struct all *all;
    size_t done;
};

static void decide_silently(void *context)
{
    static struct outcome outcome;
    struct silent *silent = context;
    for (size_t i = 0; i < silent->all->count; i++)
        if (silent->gates[i]) {
            decide(silent->gates[i], &silent->all->cases[i], silent->all->room, silent->all->room_size, &outcome);
            silent->done++;
        }
}

static int run_silently(struct all *all)
{
    long call = 0;
    size_t expected = 0;
    char why[512];
    struct silent *silent = quiet_memory(sizeof *silent);
    silent->all = all;
    silent->gates = calloc(all->count, sizeof(csign_gate *));
    for (size_t i = 0; silent->gates && i < all->count; i++) {
        csign_gate *gate = open_gate(&all->worlds[i]->gate, why);
        if (gate && all->cases[i].release.data && apply_all(&gate, all->worlds[i]->steps, why) &&
            apply_all(&gate, all->cases[i].steps, why) && ++expected)
            silent->gates[i] = gate;
        else
            csign_gate_free(&gate);
    }
    bool quiet = quiet_run(decide_silently, silent, &call);
    printf("%zu cases decided without a system call\n", silent->done);
    if (!quiet)
        fprintf(stderr, "system call %ld after %zu cases\n", call, silent->done);
    for (size_t i = 0; i < all->count; i++)
        csign_gate_free(&silent->gates[i]);
    free(silent->gates);
    return quiet && silent->done == expected ? 0 : 1;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[2] : "";
    struct all *all = calloc(1, sizeof *all);
    size_t cache_size = csign_cache_size(64);
    void *cache_memory = aligned_alloc(16, (cache_size + 15) / 16 * 16);
    memory = buffer_open(malloc(256u << 20), 256u << 20);
    if (argc < 2 || !all || !cache_memory || !memory.data || csign_cache_init(cache_memory, cache_size, &cache) != CSIGN_OK)
        die("run FOLDER [--confine | --quiet | --expecting CODE]", "usage");
    read_cases(argv[1], all);
    all->room = malloc(all->room_size);
    if (!all->room)
        die("no memory", "room");
    if (strcmp(mode, "--quiet") == 0)
        return !quiet_available() ? 77 : run_silently(all);
    if (strcmp(mode, "--confine") == 0) {
        if (!confine_available())
            return 77;
        fflush(stdout);
        if (confine() != 0)
            die("cannot be confined", "confine");
    }
    if (strcmp(mode, "--expecting") == 0 && argc > 3)
        all->wanted = span_text(argv[3]);
    run_all(all);
    printf("%zu passed, %zu failed\n", all->run - all->red, all->red);
    printf("%zu allowed, %zu refused (%zu %%)\n", all->allowed, all->refused, all->run ? all->refused * 100 / all->run : 0);
    free(all->room);
    free(cache_memory);
    free(memory.data);
    size_t red = all->red;
    free(all);
    return red == 0 ? 0 : 1;
}
