/* The readings of a file: bytes to records, records to members, members to rows with what they come to. */
#include "columns.h"
#include "fhir.h"
#include "import_batch.h"
#include "nppes.h"
#include "rows.h"
#include "utf8.h"

#define KEY_MAX (2u * CSIGN_STRING_MAX + 64u)

/* --- records to rows, on the thread that works --- */

struct reading {
    struct batch *batch;
    csign_code (*take)(struct batch *b); /* what is done with rows, when there are enough */
    struct records records;
    struct columns columns;
    struct nppes nppes;
    bool has_header;
    csign_code code;
};

static void fail_file(struct reading *r, const char *reason)
{
    if (!r->batch->reason)
        r->batch->reason = reason;
}

static bool is_utf8(span text)
{
    uint32_t character;
    for (const uint8_t *at = text.data, *end = at + text.size; at < end;) {
        unsigned length = utf8_read(at, end, &character);
        if (length == 0 || character == 0)
            return false;
        at += length;
    }
    return true;
}

static void flush(struct reading *r)
{
    struct batch *b = r->batch;
    if (r->code == CSIGN_OK)
        r->code = r->take(b);
    b->count = 0;
    b->arena.size = 0;
}

/* A row with room for its members in the arena. */
static struct batch_row *add_row(struct reading *r, uint64_t line)
{
    struct batch *b = r->batch;
    if (b->count == (b->commit_rows ? b->commit_rows : BATCH_ROWS) || b->arena.capacity - b->arena.size < 3 * RECORD_MAX)
        flush(r);
    struct batch_row *row = &b->rows[b->count++];
    *row = (struct batch_row){.at = {IMPORT_PEOPLE, line}, .members = SPAN("{}"), .verdict = {.field = "", .reason = ""}};
    b->found++;
    return row;
}

static void refuse_row(struct batch_row *row, const char *field, const char *reason)
{
    (void)import_refuse(&row->verdict, field, reason);
    row->members = SPAN("{}");
}

static bool read_columns(struct reading *r, const span *fields, size_t count)
{
    span column;
    const char *reason;
    if (r->batch->work.template == TEMPLATE_PEOPLE_NPPES)
        return nppes_read(fields, count, &r->nppes);
    return columns_read(r->batch->work.template == TEMPLATE_ROLL_CSV ? TABLE_ROLL : TABLE_PEOPLE, fields, count, &r->columns, &column, &reason);
}

static bool put_columns(struct reading *r, const span *fields, size_t count, struct buffer *scratch, struct json_out *o, const char **ret_field,
                        const char **ret_reason)
{
    const struct import_work *work = &r->batch->work;
    return work->template == TEMPLATE_PEOPLE_NPPES
               ? nppes_put(&r->nppes, fields, count, span_text(work->jurisdiction), scratch, o, ret_field, ret_reason)
               : columns_put(&r->columns, fields, count, o, ret_field, ret_reason);
}

static void read_header(struct reading *r, const struct record *record)
{
    span fields[CSV_FIELDS_MAX];
    size_t count;
    const char *reason;
    struct buffer scratch = r->batch->scratch;
    r->has_header = true;
    if (record->text.size && record->text.data[0] == '{')
        fail_file(r, "JSON where a table was announced: is the template fhir-r4?");
    else if (record->too_long || !is_utf8(record->text))
        fail_file(r, "the first line is not the header of a table in UTF-8");
    else if (!csv_read(record->text, &scratch, fields, &count, &reason) || !read_columns(r, fields, count))
        fail_file(r, "the header is not that of the template: docs/import.md lists the columns");
}

static void read_table_row(struct reading *r, const struct record *record)
{
    struct batch_row *row = add_row(r, record->line);
    struct batch *b = r->batch;
    span fields[CSV_FIELDS_MAX];
    size_t count, from = b->arena.size;
    const char *field = "", *reason;
    struct buffer scratch = b->scratch;
    struct json_out o = json_out(&b->arena);
    if (record->too_long)
        refuse_row(row, "", "longer than 128 KiB: is a quote not closed?");
    else if (!is_utf8(record->text))
        refuse_row(row, "", "not UTF-8");
    else if (!csv_read(record->text, &scratch, fields, &count, &reason) ||
             !put_columns(r, fields, count, &scratch, &o, &field, &reason))
        refuse_row(row, field, reason);
    else
        row->members = buffer_since(&b->arena, from);
    if (record->unclosed)
        fail_file(r, "a quote is not closed until the end of the file");
    /* A row without the fields of the header at the end of a file without a line break is a file that was cut. */
    if (record->cut && row->verdict.outcome == IMPORT_REJECTED)
        fail_file(r, "it ends in the middle of its last line: it was cut off");
}

static void read_resource(struct reading *r, const struct record *record)
{
    static const uint8_t phases[] = {[FHIR_OTHER] = IMPORT_PEOPLE, [FHIR_ORGANIZATION] = IMPORT_ORGANIZATIONS,
                                     [FHIR_PERSON] = IMPORT_PEOPLE, [FHIR_ROLE] = IMPORT_ROLES, [FHIR_DELETED] = IMPORT_PEOPLE};
    struct batch_row *row = add_row(r, record->line);
    struct batch *b = r->batch;
    struct fhir_line line = {.kind = FHIR_OTHER};
    size_t from = b->arena.size;
    struct buffer scratch = b->scratch;
    struct json_out o = json_out(&b->arena);
    if (record->too_long) {
        refuse_row(row, "", "longer than 128 KiB");
    } else if (!is_utf8(record->text)) {
        refuse_row(row, "", "not UTF-8");
    } else if (!fhir_put(record->text, span_text(b->work.jurisdiction), &scratch, &o, &line)) {
        row->at.phase = phases[line.kind];
        b->arena.size = from;
        refuse_row(row, line.field, line.reason);
    } else {
        row->at.phase = phases[line.kind];
        row->members = buffer_since(&b->arena, from);
        from = b->arena.size;
        buffer_text(&b->arena, line.key);
        row->key = buffer_since(&b->arena, from);
    }
    if (record->cut && line.kind == FHIR_OTHER && row->verdict.outcome == IMPORT_REJECTED && strcmp(line.field, "resourceType") != 0)
        fail_file(r, "it ends in the middle of its last line: it was cut off");
    if (b->found == 1 && record->text.size && record->text.data[0] != '{')
        fail_file(r, "not a JSON object a line: is the template people-csv?");
}

static void read_record(struct reading *r, const struct record *record)
{
    if (r->batch->work.template == TEMPLATE_FHIR_R4)
        read_resource(r, record);
    else if (!r->has_header)
        read_header(r, record);
    else
        read_table_row(r, record);
}

/* What the first bytes say of the file as a whole. */
static span check_start(struct reading *r, span part)
{
    if (span_starts(part, SPAN("\x1f\x8b")) || span_starts(part, SPAN("PK\x03\x04")) || span_starts(part, SPAN("\x28\xb5\x2f\xfd")))
        fail_file(r, "compressed: unpack it, and bring what was inside");
    else if (span_starts(part, SPAN("\xff\xfe")) || span_starts(part, SPAN("\xfe\xff")))
        fail_file(r, "UTF-16: save it as UTF-8");
    else if (span_starts(part, SPAN("\xef\xbb\xbf")))
        return span_of(part.data + 3, part.size - 3);
    return part;
}

static csign_code read_part(struct batch *b, uint64_t at, span *ret)
{
    struct session *session = store_reader(b->registry->store);
    if (!session)
        return CSIGN_E_UNAVAILABLE;
    struct query q = QUERY(session, SQL_IMPORT_PART_READ, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(at));
    csign_code code = CSIGN_E_INTERNAL;
    if (query_row(&q) && query_blob(&q, 0).size <= IMPORT_PART_MAX) {
        span bytes = query_blob(&q, 0);
        memcpy(b->part, bytes.data, bytes.size);
        *ret = span_of(b->part, bytes.size);
        code = CSIGN_OK;
    }
    csign_code closed = query_close(&q);
    store_reader_end(b->registry->store, session);
    return closed != CSIGN_OK ? closed : code;
}

/* Reads the whole file; `reason` is set if it is no good. */
static csign_code read_file(struct batch *b, csign_code (*take)(struct batch *b))
{
    struct reading r = {.batch = b, .take = take};
    struct record record;
    struct hash hash;
    uint8_t digest[CSIGN_HASH_SIZE];
    span part = {NULL, 0};
    hash_init(&hash);
    records_open(&r.records, b->work.template != TEMPLATE_FHIR_R4, b->record);
    b->read = b->found = 0;
    while (b->read < b->work.size && r.code == CSIGN_OK && !b->reason) {
        TRY(read_part(b, b->read, &part));
        hash_update(&hash, part);
        span rest = b->read == 0 ? check_start(&r, part) : part;
        b->read += part.size;
        bool end = b->read == b->work.size;
        while (r.code == CSIGN_OK && !b->reason && records_next(&r.records, &rest, end, &record))
            read_record(&r, &record);
    }
    hash_final(&hash, digest);
    if (!b->reason && !hash_equal(digest, b->work.hash))
        fail_file(&r, "what arrived has another SHA-256 than was announced: upload it again");
    if (!b->reason && b->found == 0)
        fail_file(&r, "no row in it");
    flush(&r);
    return r.code;
}

/* --- the first reading: is the file whole, and which names stand twice? --- */

static csign_code note_rows(struct batch *b)
{
    static _Thread_local struct import_members m;
    for (size_t i = 0; i < b->count; i++) {
        struct buffer scratch = b->scratch;
        if (b->rows[i].verdict.outcome == IMPORT_PENDING && import_members_read(b->rows[i].members, &scratch, &m, &b->fault) == CSIGN_OK)
            TRY(import_names_note(b, &b->rows[i], &m, &scratch));
    }
    return CSIGN_OK;
}

/* --- the second: rows to the database, in the writer's transaction --- */

static csign_code judge_row(struct batch *b, struct session *session, struct batch_row *row)
{
    struct buffer scratch = b->scratch;
    struct acting a = batch_acting(b, session, &scratch);
    static _Thread_local struct import_members m;
    csign_code code = import_members_read(row->members, &scratch, &m, a.fault);
    if (code != CSIGN_OK)
        return import_is_refusal(code) ? import_refuse(&row->verdict, a.fault->field, a.fault->reason) : code;
    if (b->work.template == TEMPLATE_ROLL_CSV)
        TRY(import_roll_act(&a, &b->work, &m, false, &row->verdict));
    else if (row->at.phase != IMPORT_ROLES)
        TRY(import_row_act(&a, &b->work, (uint8_t)row->at.phase, &m, false, &row->verdict));
    if (row->verdict.outcome != IMPORT_REJECTED)
        TRY(import_names_keep(b, session, row, &m, &scratch));
    if (row->verdict.practitioner.data && b->work.template == TEMPLATE_FHIR_R4) {
        row->verdict.practitioner = copy_span(&b->arena, row->verdict.practitioner);
        return buffer_code(&b->arena);
    }
    row->verdict.practitioner = span_of(NULL, 0);
    return CSIGN_OK;
}

static csign_code stage_row(struct batch *b, struct session *session, struct batch_row *row)
{
    const struct value file = VALUE_TEXT(span_text(b->work.id)), phase = VALUE_INTEGER(row->at.phase), line = VALUE_INTEGER(row->at.line);
    const struct import_verdict *v = &row->verdict;
    if (v->outcome == IMPORT_PENDING)
        TRY(judge_row(b, session, row));
    TRY(RUN(session, SQL_IMPORT_ROW_INSERT, file, phase, line, VALUE_TEXT(row->members), VALUE_INTEGER(v->outcome),
            v->field[0] ? VALUE_TEXT(span_text(v->field)) : VALUE_NULL, v->reason[0] ? VALUE_TEXT(span_text(v->reason)) : VALUE_NULL,
            VALUE_INTEGER(v->other)));
    return v->practitioner.data ? RUN(session, SQL_IMPORT_ROW_PERSON, file, phase, line, VALUE_TEXT(v->practitioner)) : CSIGN_OK;
}

static csign_code run_stage(struct operation *operation, struct session *session)
{
    struct batch *b = (struct batch *)operation;
    const struct value file = VALUE_TEXT(span_text(b->work.id));
    uint64_t counts[IMPORT_OUTCOMES] = {0};
    b->reached = b->work.done;
    for (size_t i = 0; i < b->count; i++) {
        if (b->rows[i].at.line <= b->work.done.line)
            continue; /* staged before the crash behind which we go on */
        TRY(stage_row(b, session, &b->rows[i]));
        counts[b->rows[i].verdict.outcome]++;
        b->reached.line = b->rows[i].at.line;
    }
    TRY(RUN(session, SQL_IMPORT_FILE_JUDGED, file, VALUE_INTEGER(counts[IMPORT_ADDED]), VALUE_INTEGER(counts[IMPORT_UPDATED]),
            VALUE_INTEGER(counts[IMPORT_UNCHANGED]), VALUE_INTEGER(counts[IMPORT_FLAGGED]), VALUE_INTEGER(counts[IMPORT_REJECTED]),
            VALUE_INTEGER(0), VALUE_INTEGER(b->reached.line)));
    return RUN(session, SQL_IMPORT_FILE_STAGED, file, VALUE_INTEGER(b->read), VALUE_INTEGER(b->found));
}

static csign_code stage_rows(struct batch *b)
{
    TRY(batch_perform(b, run_stage));
    b->work.done = b->reached;
    return CSIGN_OK;
}

csign_code import_stage(struct batch *b)
{
    import_names_forget(b->names);
    TRY(read_file(b, note_rows));
    return b->reason ? CSIGN_OK : read_file(b, stage_rows);
}
