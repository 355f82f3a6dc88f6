/* countersign follow: the status log in words, as it grows, with how old the evidence is. All of it is verified. */
#include "clock.h"
#include "date.h"
#include "json_write.h"
#include "leaf_words.h"
#include "mirror.h"
#include "output.h"
#include "watched.h"
#include "verbs.h"

#include <sodium.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define QUIET_MS 15000 /* PROTOCOL 3: a heartbeat comes at least every 5 s */
#define REST_MS  5000u /* at most, before it is tried again */

struct following {
    struct call *call;
    struct watched watched;
    struct remote *streaming; /* beside the one that fetches */
    uint64_t from;
    bool heartbeats, once;
    int outcome; /* of what is done here with what came */
    struct mirror *mirror; /* NULL: nothing is kept */
};

/* --- saying --- */

static void put_line(struct buffer *line)
{
    buffer_byte(line, '\n');
    fwrite(line->data, 1, line->size, stdout);
}

static void say_leaf(const struct following *f, uint64_t place, const struct leaf *leaf)
{
    char words[LEAF_WORDS_MAX], memory[3 * LEAF_WORDS_MAX];
    struct buffer text = buffer_open(words, sizeof words), line = buffer_open(memory, sizeof memory);
    leaf_words(&text, leaf);
    if (f->call->json) {
        const uint8_t type = (uint8_t)leaf->type;
        struct json_out o = json_out(&line);
        json_put_object(&o);
        json_put_integer_member(&o, "leaf", place);
        json_put_text_member(&o, "type", span_of(&type, 1));
        json_put_text_member(&o, "says", buffer_span(&text));
        json_end_object(&o);
    } else {
        buffer_decimal(&line, place);
        buffer_text(&line, "  ");
        buffer_put(&line, buffer_span(&text));
    }
    put_line(&line);
}

/* How old what was said is: by the time that freshness keys vouch for, never by when it came. */
static int say_age(struct following *f)
{
    char memory[256];
    struct buffer line = buffer_open(memory, sizeof memory);
    const int64_t evidence = watched_evidence(&f->watched), age = clock_now() - evidence;
    if (f->call->json) {
        struct json_out o = json_out(&line);
        json_put_object(&o);
        json_put_integer_member(&o, "size", watched_size(&f->watched));
        json_put_integer_member(&o, "evidence_time", (uint64_t)evidence);
        json_end_object(&o);
    } else {
        buffer_text(&line, "log ");
        buffer_decimal(&line, watched_size(&f->watched));
        buffer_text(&line, "   as of ");
        time_write(&line, evidence);
        buffer_text(&line, age < 0 ? "   ahead of this clock by " : "   age ");
        buffer_decimal(&line, (uint64_t)(age < 0 ? -age : age));
        buffer_text(&line, "s");
    }
    put_line(&line);
    return put_out(f->call, SPAN(""));
}

/* --- what is called with what came --- */

static void take_leaf(void *context, uint64_t place, const struct leaf *leaf)
{
    struct following *f = context;
    if (f->mirror)
        mirror_leaf(f->mirror, leaf);
    if (place >= f->from)
        say_leaf(f, place, leaf);
}

static void take_checkpoint(void *context, span note)
{
    struct following *f = context;
    if (f->mirror)
        mirror_checkpoint(f->mirror, note);
}

static void take_note(void *context, const char *path, span note)
{
    struct following *f = context;
    if (f->mirror)
        mirror_note(f->mirror, path, note);
}

static const struct watched_calls calls = {take_leaf, take_checkpoint, take_note};

/* --- following --- */

static int tell(struct following *f, csign_code code, const csign_fault *fault)
{
    bool cannot = code == CSIGN_E_UNAVAILABLE || code == CSIGN_E_TOO_MANY || code == CSIGN_E_NO_SPACE;
    return fail_code(f->call, cannot ? CANNOT : REFUSED, code, fault, f->watched.remote->url);
}

/*
 * What the log names and is not held: trust roots, without which nothing newer is believed, and for the folder policies too. One
 * that cannot be had is missing there, and then a decision by it refuses.
 */
static csign_code fetch_named(struct following *f, csign_fault *fault)
{
    csign_gate_want want;
    size_t missing;
    bool wants_root = false;
    for (size_t place = 0; !wants_root && csign_gate_wants(f->watched.gate, place, &want); place++)
        wants_root = !want.is_policy;
    if (wants_root)
        TRY(watched_roots(&f->watched, fault));
    csign_code code = f->mirror ? watched_policies(&f->watched, &missing, fault) : CSIGN_OK;
    return code == CSIGN_E_UNAVAILABLE ? code : CSIGN_OK;
}

static csign_code catch_up(struct following *f, csign_fault *fault)
{
    TRY(watched_roots(&f->watched, fault));
    TRY(watched_log(&f->watched, fault));
    TRY(fetch_named(f, fault));
    csign_code code = watched_fresh(&f->watched, fault);
    /* The log may have grown in between: the stream brings the rest, and its heartbeats. */
    return code == CSIGN_E_PROOF_BAD || code == CSIGN_E_CHECKPOINT_ROLLED_BACK ? CSIGN_OK : code;
}

/* Whether something of ours is broken: what is said goes nowhere, or the folder cannot be written. It was reported. */
static bool is_over(struct following *f)
{
    if (f->outcome == DONE && f->mirror)
        f->outcome = f->mirror->outcome;
    return f->outcome != DONE;
}

static csign_code take_input(struct following *f, struct event_reader *reader, span input, csign_fault *fault)
{
    struct server_event event;
    bool has_event = true;
    while (has_event) {
        TRY(event_reader_next(reader, &input, &has_event, &event, fault));
        if (!has_event)
            break;
        TRY(watched_take(&f->watched, &event, fault));
        if (event.kind == SERVER_EVENT_LOG)
            TRY(fetch_named(f, fault));
        if (event.kind == SERVER_EVENT_LOG || f->heartbeats)
            f->outcome = say_age(f);
        if (is_over(f))
            return CSIGN_OK;
    }
    return CSIGN_OK;
}

static csign_code stream(struct following *f, struct client *client, void *memory, csign_fault *fault)
{
    struct event_reader reader = event_reader_open(memory);
    const char *path = call_format(f->call, "/status/stream?from=%llu", (unsigned long long)watched_size(&f->watched));
    uint64_t heard = clock_now_ms();
    TRY(client_stream(client, path, fault));
    for (;;) {
        struct reply reply;
        span input = {NULL, 0};
        TRY(client_read(client, 1000, &input, &reply, fault));
        const int64_t before = watched_evidence(&f->watched);
        TRY(take_input(f, &reader, input, fault));
        if (is_over(f))
            return CSIGN_OK;
        if (watched_evidence(&f->watched) > before)
            heard = clock_now_ms();
        else if (clock_now_ms() > heard + QUIET_MS)
            return fault_set(fault, CSIGN_E_UNAVAILABLE, "", "nothing new for 15 seconds");
    }
}

static void rest(void)
{
    const uint32_t ms = 250 + randombytes_uniform(REST_MS);
    const struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static bool is_passing(csign_code code)
{
    return code == CSIGN_E_UNAVAILABLE || code == CSIGN_E_TOO_MANY || code == CSIGN_E_NOT_FOUND;
}

/* Until somebody ends it, or what the registry serves is not to be believed. What passes is told, and tried again. */
static int follow(struct following *f)
{
    void *memory = call_memory(f->call, EVENT_READER_MEMORY);
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code code = catch_up(f, &fault);
    if (code != CSIGN_OK)
        return tell(f, code, &fault);
    f->outcome = say_age(f);
    while (!is_over(f) && !f->once) {
        code = stream(f, f->streaming->client, memory, &fault);
        client_end_stream(f->streaming->client);
        while (is_passing(code)) {
            (void)tell(f, code, &fault);
            rest();
            code = catch_up(f, &fault);
        }
        if (code != CSIGN_OK)
            return tell(f, code, &fault);
        if (!is_over(f))
            f->outcome = say_age(f);
    }
    return f->outcome;
}

/* A folder of its own: what another registry served before would stand between. */
static int open_mirror(struct following *f, const char *folder)
{
    f->mirror = call_memory(f->call, sizeof *f->mirror);
    *f->mirror = (struct mirror){.call = f->call, .folder = folder};
    if (access(folder, F_OK) == 0)
        return fail(f->call, CANNOT, "give one that is not there yet", "is there already, %s", folder);
    return DONE;
}

int verb_follow(struct call *call)
{
    struct remote_asked asked = {0};
    struct following *f = call_memory(call, sizeof *f);
    const char *folder = NULL;
    struct remote *remote;
    uint8_t root_hash[CSIGN_HASH_SIZE];
    csign_fault fault;
    const struct option options[] = {
        {"--root-hash", OPTION_HASH, true, root_hash, "HASH", "of the trust root that you pin", NULL, 0},
        ROWS_REGISTRY(&asked),
        {"--from", OPTION_NUMBER, false, &f->from, "LEAF", "say only those from this on", NULL, INT64_MAX},
        {"--heartbeats", OPTION_FLAG, false, &f->heartbeats, NULL, "also say when the log has not grown", NULL, 0},
        {"--state", OPTION_TEXT, false, &folder, "DIR", "a folder to make, and to keep what is served in, for `check --state`", NULL, 0},
        {"--once", OPTION_FLAG, false, &f->once, NULL, "end when all that is there was said", NULL, 0},
    };
    STEP(OPTIONS(call, "Says each leaf of the status log in words, and follows it as it grows.", options));
    STEP(remote_open(call, &asked, &remote));
    STEP(remote_open(call, &asked, &f->streaming));
    f->call = call;
    csign_code code = watched_open(remote, root_hash, &f->watched, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, CANNOT, code, &fault, remote->url);
    f->watched.calls = &calls;
    f->watched.context = f;
    if (folder)
        STEP(open_mirror(f, folder));
    return follow(f);
}
