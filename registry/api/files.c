/* /v1/files: files for import are brought in parts, checked in a dry run, and reported row by row. */
#include "api.h"
#include "base64.h"
#include "import.h"
#include "resources.h"

#define REPORT_MAX (16u << 20) /* bytes of a report as a table; what is longer goes on at `after` */
#define LIST_MAX   (100u * IMPORT_VIEW_MAX)

/* --- brought --- */

struct upload_work {
    struct api_work work;
    struct import_upload upload;
};

static void answer_uploaded(struct exchange *x)
{
    const struct upload_work *w = exchange_state(x);
    const struct import_upload *u = &w->upload;
    if (w->work.code != CSIGN_OK) {
        exchange_problem(x, w->work.code, &u->fault);
        return;
    }
    struct buffer body = api_buffer(x, 256);
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_text_member(&o, "id", span_text(u->id));
    json_put_integer_member(&o, "held", u->at);
    json_end_object(&o);
    api_answer_json(x, 201, &body);
}

/* The officer behind "body/id". */
static span officer_of(const struct exchange *x)
{
    span caller = exchange_caller(x), body = api_caller_body(x);
    return caller.size > body.size ? span_of(caller.data + body.size + 1, caller.size - body.size - 1) : caller;
}

static void submit(struct exchange *x, struct upload_work *w)
{
    w->upload.body = api_caller_body(x);
    w->upload.officer = officer_of(x);
    w->upload.part = exchange_body(x);
    api_submit(x, &w->upload.operation, answer_uploaded);
}

void files_post(struct exchange *x)
{
    csign_fault fault = {0};
    struct upload_work *w = api_work_open(x, sizeof *w);
    if (!w)
        return;
    import_upload_init(&w->upload, true);
    w->upload.template = exchange_query(x, "template");
    if (!base64url_exact(exchange_query(x, "sha256"), w->upload.hash, sizeof w->upload.hash))
        api_problem(x, CSIGN_E_FIELD_INVALID, "sha256", "not base64url of the 32 bytes of the file's SHA-256");
    else if (api_query_number(x, "size", exchange_body(x).size, 1, IMPORT_FILE_MAX, &w->upload.size, &fault) != CSIGN_OK)
        exchange_problem(x, fault.code, &fault);
    else
        submit(x, w);
}

void files_post_part(struct exchange *x)
{
    csign_fault fault = {0};
    span id = exchange_path(x, "id");
    struct upload_work *w = api_work_open(x, sizeof *w);
    if (!w)
        return;
    import_upload_init(&w->upload, false);
    if (id.size >= sizeof w->upload.id) {
        api_problem(x, CSIGN_E_NOT_FOUND, "id", "not the id of a file");
        return;
    }
    memcpy(w->upload.id, id.data, id.size);
    if (api_query_number(x, "at", 0, 1, IMPORT_FILE_MAX, &w->upload.at, &fault) != CSIGN_OK)
        exchange_problem(x, fault.code, &fault);
    else
        submit(x, w);
}

/* --- read --- */

static csign_code put_list(struct exchange *x, struct session *session, const struct viewer *viewer, struct json_out *o, csign_fault *fault)
{
    (void)fault;
    return imports_put(o, session, viewer, exchange_query(x, "after"));
}

void files_list(struct exchange *x)
{
    api_answer_viewer(x, LIST_MAX, put_list);
}

static csign_code put_one(struct exchange *x, struct session *session, const struct viewer *viewer, struct json_out *o, csign_fault *fault)
{
    (void)fault;
    return import_put(o, session, viewer, exchange_path(x, "id"));
}

void files_read(struct exchange *x)
{
    api_answer_viewer(x, IMPORT_VIEW_MAX, put_one);
}

static void answer_rows(struct exchange *x, enum import_form form, size_t capacity, const char *media_type)
{
    csign_fault fault = {0};
    struct viewer viewer;
    struct buffer body = api_buffer(x, capacity);
    span word = exchange_query(x, "outcome");
    uint8_t outcome = word.data ? vocabulary_find(&import_outcomes, word) : 0;
    if (word.data && !outcome) {
        api_problem(x, CSIGN_E_FIELD_INVALID, "outcome", "added, updated, unchanged, flagged or rejected");
        return;
    }
    struct session *session = api_reader(x);
    csign_code code = viewer_open(session, api_caller_body(x), &viewer);
    if (code == CSIGN_OK)
        code = import_rows_put(&body, session, &viewer, exchange_path(x, "id"), exchange_query(x, "after"), outcome, form, &fault);
    api_reader_end(x, session);
    if (code != CSIGN_OK)
        exchange_problem(x, code, fault.code == code ? &fault : NULL);
    else
        exchange_answer(x, 200, media_type, buffer_span(&body), CACHE_NEVER);
}

void files_rows(struct exchange *x)
{
    answer_rows(x, IMPORT_AS_JSON, IMPORT_ROWS_PAGE * IMPORT_ROW_VIEW_MAX, "application/json");
}

void files_report_csv(struct exchange *x)
{
    answer_rows(x, IMPORT_AS_CSV, REPORT_MAX, "text/csv; charset=utf-8");
}

void files_report_html(struct exchange *x)
{
    answer_rows(x, IMPORT_AS_HTML, 2 * IMPORT_ROWS_PAGE * IMPORT_ROW_VIEW_MAX + 4096, "text/html; charset=utf-8");
}
