/* The routes of a local gate: csign_release() and what stands around it, as JSON (PROTOCOL 9). */
#include "gate_workers.h"
#include "document_file.h"
#include "json_write.h"
#include "schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RELEASE_BODY_MAX (64u << 20)  /* a document in it; a larger one comes as document_file */
#define DOCUMENT_MAX     (256u << 20)
#define SMALL_BODY_MAX   (2u * CSIGN_SIGN_OFF_MAX)
#define RECORD_MAX       4096u

static void problem(struct gate_job *job, csign_code code, const char *field, const char *reason)
{
    job->problem = fault_set(&job->fault, code, field, reason);
}

static void answer_json(struct gate_job *job, const struct buffer *body)
{
    if (body->overflow) {
        problem(job, CSIGN_E_INTERNAL, "", "the answer is longer than it may be");
        return;
    }
    job->status = 200;
    job->media_type = "application/json";
    job->size = body->size;
}

static struct buffer body_of(struct gate_job *job)
{
    return buffer_open(job->body, sizeof job->body);
}

/* --- POST /release --- */

/* Reads the whole of a file: what is decided on must not change under the decision. */
static csign_code read_document(span path, uint8_t **ret, size_t *ret_size, csign_fault *fault)
{
    char name[4097];
    struct stat status;
    if (path.size == 0 || path.size >= sizeof name || path.data[0] != '/')
        return fault_set(fault, CSIGN_E_ARGUMENT, "document_file", "not an absolute path");
    memcpy(name, path.data, path.size);
    name[path.size] = 0;
    int file = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return fault_set(fault, CSIGN_E_ARGUMENT, "document_file", errno == ENOENT ? "not there" : "cannot be opened");
    csign_code code = CSIGN_OK;
    size_t size = 0;
    uint8_t *document = NULL;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
        code = fault_set(fault, CSIGN_E_ARGUMENT, "document_file", "not a file");
    else if ((uint64_t)status.st_size > DOCUMENT_MAX)
        code = fault_set(fault, CSIGN_E_TOO_LARGE, "document_file", "longer than 256 MiB");
    else if (!(document = malloc((size_t)status.st_size + 1)))
        code = fault_set(fault, CSIGN_E_UNAVAILABLE, "", "no memory");
    while (code == CSIGN_OK && size < (size_t)status.st_size) {
        ssize_t got = read(file, document + size, (size_t)status.st_size - size);
        if (got <= 0)
            code = fault_set(fault, CSIGN_E_ARGUMENT, "document_file", "changes while it is read");
        else
            size += (size_t)got;
    }
    close(file);
    if (code != CSIGN_OK) {
        free(document);
        return code;
    }
    *ret = document;
    *ret_size = size;
    return CSIGN_OK;
}

static unsigned status_of(csign_verdict verdict)
{
    switch (verdict) {
    case CSIGN_ALLOW:
    case CSIGN_BREAK_GLASS:
        return 200;
    case CSIGN_REFUSE:
        return 403;
    default:
        return 503;
    }
}

static bool wants_text(const struct gate_job *job)
{
    return span_starts(exchange_header(job->exchange, "Accept"), SPAN("text/plain"));
}

static void decide(struct gate_job *job, csign_desk *desk, const struct csign_release *release)
{
    csign_decision decision;
    const csign_verdict verdict = csign_release(desk, release, &decision);
    const bool text = wants_text(job);
    csign_code code = text ? csign_decision_text(&decision, job->body, sizeof job->body, &job->size)
                           : csign_decision_json(&decision, job->body, sizeof job->body, &job->size);
    if (code != CSIGN_OK) { /* an answer that cannot be written is no permission */
        problem(job, CSIGN_E_INTERNAL, "", "the decision does not fit");
        return;
    }
    job->status = status_of(verdict);
    job->media_type = text ? "text/plain; charset=utf-8" : "application/json";
}

static void run_release(struct gate_job *job, csign_desk *desk)
{
    const span json = exchange_body(job->exchange);
    const size_t size = csign_release_memory(json.size);
    struct csign_release release = {.struct_size = sizeof release};
    uint8_t *memory = malloc(size), *document = NULL;
    if (!memory) {
        problem(job, CSIGN_E_UNAVAILABLE, "", "no memory");
        return;
    }
    struct buffer scratch = buffer_open(memory, size);
    csign_code code = CSIGN_OK;
    const span path = job->is_unix ? document_file_find(json, &scratch) : span_of(NULL, 0);
    if (path.data) {
        code = read_document(path, &document, &release.document.size, &job->fault);
        release.document.data = document;
    }
    if (code == CSIGN_OK) /* received_at is what csign_receive() has recorded: this is not used */
        code = csign_release_read(json, 0, memory, size, &release, &job->fault);
    if (code == CSIGN_OK)
        decide(job, desk, &release);
    else
        job->problem = code;
    free(document);
    free(memory);
}

/* --- POST /receive, POST /outcome --- */

struct received {
    uint64_t present;
    span sign_off;
};
struct reported {
    uint64_t present;
    span release_id;
    uint8_t outcome;
};

static const char *const outcome_words[] = {"released", "failed"};
static const struct vocabulary outcomes = {outcome_words, 2};

#define AT(type, member) .offset = offsetof(struct type, member)
static const struct schema_field received_fields[] = {
    {.name = "sign_off", .kind = FIELD_TEXT, .max = CSIGN_SIGN_OFF_MAX, AT(received, sign_off)},
};
static const struct schema received_schema = SCHEMA(struct received, received_fields);
static const struct schema_field reported_fields[] = {
    {.name = "release_id", .kind = FIELD_ID, AT(reported, release_id)},
    {.name = "outcome", .kind = FIELD_WORD, .more = &outcomes, AT(reported, outcome)},
};
static const struct schema reported_schema = SCHEMA(struct reported, reported_fields);

static csign_code read_body(struct gate_job *job, const struct schema *schema, void *into, struct buffer *scratch)
{
    return schema_read_text(exchange_body(job->exchange), 2, scratch, schema, into, CSIGN_E_BODY_MALFORMED, CSIGN_E_FIELD_INVALID,
                            &job->fault);
}

static void run_receive(struct gate_job *job, csign_desk *desk)
{
    struct received in;
    struct buffer scratch = body_of(job); /* for escapes, of which a sign-off has none */
    int64_t at = 0;
    (void)desk;
    job->problem = read_body(job, &received_schema, &in, &scratch);
    if (job->problem == CSIGN_OK)
        job->problem = csign_receive(job->sync, in.sign_off, &at);
    if (job->problem != CSIGN_OK)
        return;
    struct buffer body = body_of(job);
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_integer_member(&o, "received_at", (uint64_t)at);
    json_end_object(&o);
    answer_json(job, &body);
}

static void run_outcome(struct gate_job *job, csign_desk *desk)
{
    struct reported in;
    uint8_t memory[1024];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    (void)desk;
    job->problem = read_body(job, &reported_schema, &in, &scratch);
    if (job->problem == CSIGN_OK)
        job->problem = csign_outcome(job->sync, in.release_id, in.outcome == 1);
    if (job->problem == CSIGN_E_PERMIT_EXPIRED)
        problem(job, CSIGN_E_PERMIT_EXPIRED, "outcome", "released after the permit had run out; it is recorded");
    if (job->problem != CSIGN_OK)
        return;
    struct buffer body = body_of(job);
    buffer_text(&body, "{}");
    answer_json(job, &body);
}

/* --- GET /record, GET /status --- */

static void run_record(struct gate_job *job, csign_desk *desk)
{
    char record[RECORD_MAX];
    uint8_t salt[32];
    size_t size = 0;
    const span id = exchange_query(job->exchange, "release_id");
    (void)desk;
    if (!id.data) {
        problem(job, CSIGN_E_ARGUMENT, "release_id", "missing");
        return;
    }
    job->problem = csign_release_record(job->sync, id, record, sizeof record, &size, salt);
    if (job->problem != CSIGN_OK)
        return;
    struct buffer body = body_of(job);
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_text_member(&o, "record", span_of(record, size));
    json_put_base64url_member(&o, "salt", span_of(salt, sizeof salt));
    json_end_object(&o);
    answer_json(job, &body);
}

static void run_status(struct gate_job *job, csign_desk *desk)
{
    csign_sync_info info;
    (void)desk;
    csign_sync_describe(job->sync, &info);
    struct buffer body = body_of(job);
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_text_member(&o, "origin", span_text(info.origin));
    json_put_integer_member(&o, "log_size", info.marks.log_size);
    if (info.evidence_age >= 0)
        json_put_integer_member(&o, "evidence_age_s", (uint64_t)info.evidence_age);
    json_put_bool_member(&o, "connected", info.is_connected != 0);
    json_put_bool_member(&o, "ready", info.is_ready != 0);
    json_put_integer_member(&o, "receipts_waiting", info.receipts_waiting);
    json_put_integer_member(&o, "permits_waiting", info.permits_waiting);
    if (info.problem[0])
        json_put_text_member(&o, "problem", span_text(info.problem));
    json_end_object(&o);
    answer_json(job, &body);
}

/* --- the table --- */

#define HANDLER(name)                                                                                             \
    static void handle_##name(struct exchange *x)                                                                 \
    {                                                                                                             \
        gate_workers_take(x, run_##name);                                                                         \
    }
HANDLER(release)
HANDLER(receive)
HANDLER(outcome)
HANDLER(record)
HANDLER(status)

#define JSON "application/json"
const struct http_route gate_routes[] = {
    {HTTP_POST, "/release", ROLE_LOCAL, JSON, RELEASE_BODY_MAX, handle_release, "decide, consume, record, then answer"},
    {HTTP_POST, "/receive", ROLE_LOCAL, JSON, SMALL_BODY_MAX, handle_receive, "record that a sign-off was seen"},
    {HTTP_POST, "/outcome", ROLE_LOCAL, JSON, 1024, handle_outcome, "what became of a permit"},
    {HTTP_GET, "/record", ROLE_LOCAL, NULL, 0, handle_record, "the release record and its salt"},
    {HTTP_GET, "/status", ROLE_LOCAL, NULL, 0, handle_status, "how the gate stands"},
};
const size_t gate_route_count = sizeof gate_routes / sizeof *gate_routes;
