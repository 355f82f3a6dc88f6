#include "import_view.h"
#include "output.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 200

#define AT(member) .offset = offsetof(struct import_view, member)
#define COUNT(member_) \
    {.name = #member_, .kind = FIELD_INTEGER, .max = INT64_MAX, .offset = offsetof(struct import_view, counts.member_) - offsetof(struct import_view, counts)}
static const struct schema_field counts_fields[] = {COUNT(added), COUNT(updated), COUNT(unchanged), COUNT(flagged), COUNT(rejected)};
static const struct schema counts_schema = {counts_fields, sizeof counts_fields / sizeof *counts_fields,
                                            sizeof(((struct import_view *)0)->counts), true};
#define NUMBER_IF(member_) {.name = #member_, .kind = FIELD_INTEGER, .max = INT64_MAX, .optional = true, AT(member_)}
static const struct schema_field view_fields[] = {
    {.name = "id", .kind = FIELD_ID, AT(id)},
    {.name = "state", .kind = FIELD_TEXT, .max = 32, .optional = true, AT(state)},
    {.name = "reason", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, .optional = true, AT(reason)},
    NUMBER_IF(rows), NUMBER_IF(judged), NUMBER_IF(done), NUMBER_IF(differing), NUMBER_IF(rate), NUMBER_IF(left_s),
    {.name = "counts", .kind = FIELD_OBJECT, .more = &counts_schema, .optional = true, AT(counts)}};
const struct schema import_view_schema = SCHEMA_OPEN(struct import_view, view_fields);

static bool is_watched(const struct call *call)
{
    return !call->json && isatty(STDERR_FILENO);
}

/* "left" is known once something is done. */
static void tell_progress(const struct call *call, const struct import_view *v)
{
    bool applying = span_equal(v->state, SPAN("applying"));
    if (!is_watched(call))
        return;
    (void)fprintf(stderr, "\r\033[K%s: ", applying ? "going in" : "dry run");
    if (applying)
        (void)fprintf(stderr, "%llu of %llu rows", (unsigned long long)v->done, (unsigned long long)v->rows);
    else
        (void)fprintf(stderr, "%llu rows", (unsigned long long)v->judged);
    if (v->rate)
        (void)fprintf(stderr, ", %llu a second, %llu s left", (unsigned long long)v->rate, (unsigned long long)v->left_s);
    (void)fflush(stderr);
}

static void clear_progress(const struct call *call)
{
    if (is_watched(call))
        (void)fputs("\r\033[K", stderr);
}

static void pause_ms(long milliseconds)
{
    const struct timespec pause = {.tv_nsec = milliseconds * 1000000};
    (void)nanosleep(&pause, NULL);
}

int import_wait(struct remote *remote, const char *id, const char *state, struct import_view *ret)
{
    for (;;) {
        struct reply reply;
        STEP(remote_ask(remote, REMOTE_FILE, id, (span){NULL, 0}, &reply));
        STEP(remote_read(remote, &reply, &import_view_schema, ret));
        bool failed = span_equal(ret->state, SPAN("failed"));
        if (failed || span_equal(ret->state, span_text(state)))
            clear_progress(remote->call);
        if (failed)
            return fail(remote->call, REFUSED, "correct the file and bring it again: nothing of it was taken", "%s",
                        plain(remote->call, ret->reason));
        if (span_equal(ret->state, span_text(state)))
            return DONE;
        tell_progress(remote->call, ret);
        pause_ms(POLL_MS);
    }
}

struct applying {
    uint64_t present;
    span file;
};
static const struct schema_field applying_fields[] = {{.name = "file", .kind = FIELD_ID, .optional = true, .offset = offsetof(struct applying, file)}};
static const struct schema applying_schema = SCHEMA_OPEN(struct applying, applying_fields);

int import_watch_applied(struct remote *remote, span result)
{
    struct applying applying = {0};
    struct import_view view;
    struct buffer scratch = call_buffer(remote->call, result.size + 1);
    if (!is_watched(remote->call) || !result.data ||
        schema_read_text(result, 8, &scratch, &applying_schema, &applying, CSIGN_E_BODY_MALFORMED, CSIGN_E_FIELD_INVALID, NULL) != CSIGN_OK ||
        !applying.file.data)
        return DONE;
    STEP(import_wait(remote, call_text(remote->call, applying.file), "applied", &view));
    if (view.differing)
        say("%llu rows went through; %llu came to something else than in the dry run: report.csv says which", (unsigned long long)view.rows,
            (unsigned long long)view.differing);
    else
        say("%llu rows went through, each as in the dry run", (unsigned long long)view.rows);
    return DONE;
}
