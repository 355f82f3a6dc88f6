/* The first reading of a file: bytes to records, records to members, members to rows with what they come to. */
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

static csign_code run_stage(struct operation *operation, struct session *session);

static void flush(struct reading *r)
{
    struct batch *b = r->batch;
    csign_code code = CSIGN_OK;
    if (r->code != CSIGN_OK || !batch_perform(b, run_stage, &code))
        code = r->code != CSIGN_OK ? r->code : CSIGN_E_UNAVAILABLE;
    r->code = code;
    b->count = 0;
    b->arena.size = 0;
}

/* A row with room for its members in the arena. */
static struct batch_row *add_row(struct reading *r, uint64_t line)
{
    struct batch *b = r->batch;
    if (b->count == BATCH_ROWS || b->arena.capacity - b->arena.size < 3 * RECORD_MAX)
        flush(r);
    struct batch_row *row = &b->rows[b->count++];
    *row = (struct batch_row){.phase = IMPORT_PEOPLE, .line = line, .members = SPAN("{}"), .verdict = {.field = "", .reason = ""}};
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
        row->phase = phases[line.kind];
        b->arena.size = from;
        refuse_row(row, line.field, line.reason);
    } else {
        row->phase = phases[line.kind];
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

csign_code import_stage(struct batch *b)
{
    struct reading r = {.batch = b};
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
    if (b->reason)
        return CSIGN_OK;
    flush(&r);
    return r.code;
}

/* --- rows to the database, in the writer's transaction --- */

struct keys {
    span names[10];
    size_t count;
};

static void add_key(struct buffer *scratch, struct keys *keys, span first, const char *between, span second)
{
    size_t from = scratch->size;
    buffer_put(scratch, first);
    buffer_text(scratch, between);
    buffer_put(scratch, second);
    keys->names[keys->count++] = buffer_since(scratch, from);
}

/* People are known by identifiers and licences; organizations and roles by the ids of their resources alone. */
static void put_keys(const struct import_members *m, span key, struct buffer *scratch, struct keys *keys)
{
    const struct deed_identifier *items = m->practitioner.identifiers.items;
    keys->count = 0;
    for (size_t i = 0; i < m->practitioner.identifiers.count; i++)
        add_key(scratch, keys, items[i].system, "|", items[i].value);
    if (key.size)
        add_key(scratch, keys, key, "", SPAN(""));
    if (m->present & IMPORT_HAS_LICENCE)
        add_key(scratch, keys, span_text(vocabulary_word(&professions, m->licence.profession)), " licence ", m->licence.number);
}

static bool same_person(const struct import_members *a, const struct import_members *b)
{
    return span_equal(a->practitioner.name, b->practitioner.name) && a->practitioner.birth_date == b->practitioner.birth_date;
}

/* Another line has the same name for something: the row again, another licence of the same person, or a contradiction. */
static csign_code judge_double(struct batch *b, struct session *session, struct batch_row *row, const struct import_members *m, uint64_t line,
                               bool is_licence, struct buffer *scratch)
{
    struct import_members *before = (struct import_members *)(void *)buffer_room(scratch, sizeof *before + 16);
    csign_fault fault;
    TRY(buffer_code(scratch));
    before = (struct import_members *)(((uintptr_t)before + 15) & ~(uintptr_t)15);
    struct query q = QUERY(session, SQL_IMPORT_ROW_BY_LINE, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(row->phase), VALUE_INTEGER(line));
    span text = query_row(&q) ? copy_span(scratch, query_text(&q, 1)) : span_of(NULL, 0);
    TRY(query_close(&q));
    row->verdict.other = line;
    if (span_equal(text, row->members)) {
        row->verdict.outcome = IMPORT_FLAGGED;
        row->verdict.field = "";
        row->verdict.reason = "the same as another line";
        return CSIGN_OK;
    }
    if (row->phase != IMPORT_PEOPLE)
        return import_refuse(&row->verdict, "id", "another line has this id and says otherwise");
    TRY(import_members_read(text, scratch, before, &fault));
    if (!is_licence && same_person(before, m)) {
        row->verdict.other = 0;
        return CSIGN_OK;
    }
    return import_refuse(&row->verdict, is_licence ? "licence_number" : "identifiers",
                         is_licence ? "another line has this licence and says otherwise" : "another line has this identifier for somebody else");
}

static csign_code keep_keys(struct batch *b, struct session *session, struct batch_row *row, const struct import_members *m,
                            struct buffer *scratch)
{
    struct keys keys;
    put_keys(m, row->key, scratch, &keys);
    TRY(buffer_code(scratch));
    for (size_t i = 0; i < keys.count && row->verdict.outcome != IMPORT_REJECTED && !row->verdict.other; i++) {
        const struct value values[] = {VALUE_TEXT(span_text(b->work.id)), VALUE_TEXT(keys.names[i]), VALUE_INTEGER(row->line)};
        uint64_t changed, line;
        TRY(query_run(session, SQL_IMPORT_KEY_INSERT, values, 3, &changed));
        if (changed)
            continue;
        struct query q = QUERY(session, SQL_IMPORT_KEY_READ, values[0], values[1]);
        line = query_row(&q) ? (uint64_t)query_integer(&q, 0) : 0;
        TRY(query_close(&q));
        if (line != row->line)
            TRY(judge_double(b, session, row, m, line, (m->present & IMPORT_HAS_LICENCE) && i + 1 == keys.count, scratch));
    }
    return CSIGN_OK;
}

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
    else if (row->phase != IMPORT_ROLES)
        TRY(import_row_act(&a, &b->work, row->phase, &m, false, &row->verdict));
    if (row->verdict.outcome != IMPORT_REJECTED)
        TRY(keep_keys(b, session, row, &m, &scratch));
    if (row->verdict.practitioner.data && b->work.template == TEMPLATE_FHIR_R4) {
        row->verdict.practitioner = copy_span(&b->arena, row->verdict.practitioner);
        return buffer_code(&b->arena);
    }
    row->verdict.practitioner = span_of(NULL, 0);
    return CSIGN_OK;
}

static csign_code run_stage(struct operation *operation, struct session *session)
{
    struct batch *b = (struct batch *)operation;
    const struct value file = VALUE_TEXT(span_text(b->work.id));
    uint64_t counts[IMPORT_OUTCOMES] = {0};
    for (size_t i = 0; i < b->count; i++) {
        struct batch_row *row = &b->rows[i];
        if (row->verdict.outcome == IMPORT_PENDING)
            TRY(judge_row(b, session, row));
        const struct import_verdict *v = &row->verdict;
        counts[v->outcome]++;
        TRY(RUN(session, SQL_IMPORT_ROW_INSERT, file, VALUE_INTEGER(row->phase), VALUE_INTEGER(row->line), VALUE_TEXT(row->members),
                VALUE_INTEGER(v->outcome), v->field[0] ? VALUE_TEXT(span_text(v->field)) : VALUE_NULL,
                v->reason[0] ? VALUE_TEXT(span_text(v->reason)) : VALUE_NULL, VALUE_INTEGER(v->other)));
        if (v->practitioner.data)
            TRY(RUN(session, SQL_IMPORT_ROW_PERSON, file, VALUE_INTEGER(row->phase), VALUE_INTEGER(row->line), VALUE_TEXT(v->practitioner)));
    }
    TRY(RUN(session, SQL_IMPORT_FILE_JUDGED, file, VALUE_INTEGER(counts[IMPORT_ADDED]), VALUE_INTEGER(counts[IMPORT_UPDATED]),
            VALUE_INTEGER(counts[IMPORT_UNCHANGED]), VALUE_INTEGER(counts[IMPORT_FLAGGED]), VALUE_INTEGER(counts[IMPORT_REJECTED]),
            VALUE_INTEGER(0), VALUE_INTEGER(0)));
    return RUN(session, SQL_IMPORT_FILE_STAGED, file, VALUE_INTEGER(b->read), VALUE_INTEGER(b->found));
}
