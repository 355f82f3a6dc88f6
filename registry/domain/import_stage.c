/* The readings of a file: bytes to records, records to members, members to rows with what they come to. */
#include "columns.h"
#include "fhir.h"
#include "import_batch.h"
#include "nppes.h"
#include "rows.h"
#include "utf8.h"

#define KEY_MAX (2u * CSIGN_STRING_MAX + 64u)

/* --- records to rows --- */

struct reading {
    struct batch *batch;
    csign_code (*take)(struct batch *b); /* what is done with the load that is ahead, when it is full */
    struct records records;
    struct columns columns;
    struct nppes nppes;
    bool has_header;
    uint64_t read, found; /* bytes and rows so far */
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
    if (r->code == CSIGN_OK)
        r->code = r->take(r->batch);
}

/* A row with room for what it says. */
static struct batch_row *add_row(struct reading *r, uint64_t line)
{
    struct batch *b = r->batch;
    if (load_is_full(b, b->ahead))
        flush(r);
    if (r->code != CSIGN_OK)
        load_clear(b->ahead); /* nobody took them, and nobody will */
    struct batch_row *row = &b->ahead->rows[b->ahead->count++];
    *row = (struct batch_row){.at = {IMPORT_PEOPLE, line}, .text = SPAN("{}"), .verdict = {.field = "", .reason = ""}};
    r->found++;
    return row;
}

static void refuse_row(struct batch_row *row, const char *field, const char *reason)
{
    (void)import_refuse(&row->verdict, field, reason);
    row->text = SPAN("{}");
    row->members = NULL;
}

/* What was put into the arena from there on is the row's text: reads it. */
static void take_text(struct reading *r, struct batch_row *row, size_t from)
{
    struct load *load = r->batch->ahead;
    csign_fault fault = {CSIGN_OK, "", "", 0};
    row->text = buffer_since(&load->arena, from);
    csign_code code = load->arena.overflow ? CSIGN_E_NO_SPACE : load_read(load, row, &fault);
    if (code == CSIGN_E_NO_SPACE) { /* no row that can be taken comes near to what is left for one */
        load->arena = (struct buffer){load->arena.data, from, load->arena.capacity, false};
        refuse_row(row, fault.field, "it lists more than a row may");
    } else if (import_is_refusal(code)) {
        refuse_row(row, fault.field, fault.reason);
        load->arena.size = from;
    } else if (code != CSIGN_OK) {
        r->code = code;
    }
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
    struct buffer scratch = r->batch->reading;
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
    struct buffer scratch = r->batch->reading, *arena = &r->batch->ahead->arena;
    span fields[CSV_FIELDS_MAX];
    size_t count, from = arena->size;
    const char *field = "", *reason;
    struct json_out o = json_out(arena);
    if (record->too_long)
        refuse_row(row, "", "longer than 128 KiB: is a quote not closed?");
    else if (!is_utf8(record->text))
        refuse_row(row, "", "not UTF-8");
    else if (!csv_read(record->text, &scratch, fields, &count, &reason) ||
             !put_columns(r, fields, count, &scratch, &o, &field, &reason))
        refuse_row(row, field, reason);
    else
        take_text(r, row, from);
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
    struct buffer scratch = r->batch->reading, *arena = &r->batch->ahead->arena;
    struct fhir_line line = {.kind = FHIR_OTHER};
    size_t from = arena->size;
    struct json_out o = json_out(arena);
    if (record->too_long) {
        refuse_row(row, "", "longer than 128 KiB");
    } else if (!is_utf8(record->text)) {
        refuse_row(row, "", "not UTF-8");
    } else if (!fhir_put(record->text, span_text(r->batch->work.jurisdiction), &scratch, &o, &line)) {
        row->at.phase = phases[line.kind];
        arena->size = from;
        refuse_row(row, line.field, line.reason);
    } else {
        row->at.phase = phases[line.kind];
        take_text(r, row, from);
        from = arena->size;
        buffer_text(arena, line.key);
        row->key = buffer_since(arena, from);
    }
    if (record->cut && line.kind == FHIR_OTHER && row->verdict.outcome == IMPORT_REJECTED && strcmp(line.field, "resourceType") != 0)
        fail_file(r, "it ends in the middle of its last line: it was cut off");
    if (r->found == 1 && record->text.size && record->text.data[0] != '{')
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
    load_clear(b->ahead);
    while (r.read < b->work.size && r.code == CSIGN_OK && !b->reason) {
        if (b->stop && atomic_load(b->stop))
            return CSIGN_E_UNAVAILABLE;
        TRY(read_part(b, r.read, &part));
        hash_update(&hash, part);
        span rest = r.read == 0 ? check_start(&r, part) : part;
        r.read += part.size;
        while (r.code == CSIGN_OK && !b->reason && records_next(&r.records, &rest, r.read == b->work.size, &record)) {
            read_record(&r, &record);
            b->ahead->read = r.read;
            b->ahead->found = r.found;
        }
    }
    hash_final(&hash, digest);
    if (!b->reason && !hash_equal(digest, b->work.hash))
        fail_file(&r, "what arrived has another SHA-256 than was announced: upload it again");
    if (!b->reason && r.found == 0)
        fail_file(&r, "no row in it");
    flush(&r);
    return r.code;
}

/* --- the first reading: is the file whole, and which names stand twice? --- */

static csign_code note_rows(struct batch *b)
{
    for (size_t i = 0; i < b->ahead->count; i++) {
        struct buffer scratch = b->reading;
        if (b->ahead->rows[i].members)
            TRY(import_names_note(b, &b->ahead->rows[i], &scratch));
    }
    load_clear(b->ahead);
    return CSIGN_OK;
}

/* --- the second: rows to the database, in the writer's transaction --- */

static csign_code judge_row(struct batch *b, struct session *session, struct batch_row *row)
{
    struct buffer scratch = b->scratch;
    struct acting a = batch_acting(b, session, &scratch);
    if (b->work.template == TEMPLATE_ROLL_CSV)
        TRY(import_roll_act(&a, &b->work, row->members, false, &row->verdict));
    else if (row->at.phase != IMPORT_ROLES)
        TRY(import_row_act(&a, &b->work, (uint8_t)row->at.phase, row->members, false, &row->verdict));
    return row->verdict.outcome == IMPORT_REJECTED ? CSIGN_OK : import_names_keep(b, session, row, &scratch);
}

static csign_code stage_row(struct batch *b, struct session *session, struct batch_row *row)
{
    const struct value file = VALUE_TEXT(span_text(b->work.id)), phase = VALUE_INTEGER(row->at.phase), line = VALUE_INTEGER(row->at.line);
    const struct import_verdict *v = &row->verdict;
    if (row->at.line <= b->work.done.line)
        return CSIGN_OK; /* staged before the crash behind which we go on */
    if (row->members)
        TRY(judge_row(b, session, row));
    b->counts[v->outcome]++;
    TRY(RUN(session, SQL_IMPORT_ROW_INSERT, file, phase, line, VALUE_TEXT(row->text), VALUE_INTEGER(v->outcome),
            v->field[0] ? VALUE_TEXT(span_text(v->field)) : VALUE_NULL, v->reason[0] ? VALUE_TEXT(span_text(v->reason)) : VALUE_NULL,
            VALUE_INTEGER(v->other)));
    return v->practitioner.data && b->work.template == TEMPLATE_FHIR_R4
               ? RUN(session, SQL_IMPORT_ROW_PERSON, file, phase, line, VALUE_TEXT(v->practitioner))
               : CSIGN_OK;
}

static csign_code keep_staged(struct batch *b, struct session *session)
{
    const struct value file = VALUE_TEXT(span_text(b->work.id));
    b->reached.phase = b->work.done.phase; /* lines come in their order, and phases do not */
    if (b->reached.line < b->work.done.line)
        b->reached.line = b->work.done.line;
    TRY(RUN(session, SQL_IMPORT_FILE_JUDGED, file, VALUE_INTEGER(b->counts[IMPORT_ADDED]), VALUE_INTEGER(b->counts[IMPORT_UPDATED]),
            VALUE_INTEGER(b->counts[IMPORT_UNCHANGED]), VALUE_INTEGER(b->counts[IMPORT_FLAGGED]), VALUE_INTEGER(b->counts[IMPORT_REJECTED]),
            VALUE_INTEGER(0), VALUE_INTEGER(b->reached.line)));
    return RUN(session, SQL_IMPORT_FILE_STAGED, file, VALUE_INTEGER(b->at_work->read), VALUE_INTEGER(b->at_work->found));
}

csign_code import_stage(struct batch *b)
{
    import_names_forget(b->names);
    TRY(read_file(b, note_rows));
    if (b->reason)
        return CSIGN_OK;
    b->act = stage_row;
    b->keep = keep_staged;
    b->culprit.code = CSIGN_OK;
    csign_code code = read_file(b, batch_hand_over), finished = batch_finish(b);
    return code != CSIGN_OK ? code : finished;
}
