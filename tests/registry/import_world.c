#include "import_world.h"
#include "record.h"
#include "hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static const char *kept(const char *string)
{
    return (const char *)exact(span_of(string, strlen(string) + 1)).data;
}

static uint8_t written_memory[1u << 20];
static struct buffer written;

void file_begin(const char *header)
{
    written = buffer_open(written_memory, sizeof written_memory);
    buffer_text(&written, header);
}

void file_add(const char *format, ...)
{
    static char line[RECORD_MAX];
    va_list values;
    va_start(values, format);
    assert_in_range(vsnprintf(line, sizeof line, format, values), 0, sizeof line - 1);
    va_end(values);
    buffer_text(&written, line);
    buffer_text(&written, "\r\n");
}

span file_bytes(void)
{
    assert_false(written.overflow);
    return buffer_span(&written);
}

csign_code bring(struct world *w, struct file *f, const char *body, const char *template, span bytes, size_t part, csign_fault *fault)
{
    struct import_upload u = {.body = span_text(body), .officer = SPAN("h1"), .template = span_text(template), .size = bytes.size};
    *f = (struct file){.bytes = bytes, .body = body, .template = template};
    hash_of(bytes, f->hash);
    memcpy(u.hash, f->hash, sizeof u.hash);
    for (size_t at = 0; at == 0 || at < bytes.size;) {
        size_t size = part && part < bytes.size - at ? part : bytes.size - at;
        if (!part && size > IMPORT_PART_MAX)
            size = IMPORT_PART_MAX;
        import_upload_init(&u, at == 0);
        u.at = at;
        u.part = span_of(bytes.data + at, size);
        csign_code code = store_perform(w->registry.store, &u.operation);
        *fault = u.fault;
        if (code != CSIGN_OK)
            return code;
        at += size;
        assert_int_equal(u.at, at);
        memcpy(f->id, u.id, sizeof f->id);
    }
    return CSIGN_OK;
}

struct file checked(struct world *w, const char *body, const char *template, span bytes)
{
    struct file f;
    csign_fault fault;
    assert_int_equal(bring(w, &f, body, template, bytes, 0, &fault), CSIGN_OK);
    assert_int_equal(imports_work(&w->registry, 0), CSIGN_OK);
    return f;
}

/* The first column of every row, with semicolons between. */
const char *text(struct world *w, const char *format, ...)
{
    char sql[2048];
    sqlite3 *db;
    sqlite3_stmt *statement;
    va_list values;
    size_t capacity = 1u << 22, size = 0;
    char *all = malloc(capacity);
    va_start(values, format);
    (void)vsnprintf(sql, sizeof sql, format, values);
    va_end(values);
    assert_int_equal(sqlite3_open_v2(w->store_path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    all[0] = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(statement, 0);
        size_t length = strlen(column ? column : "");
        assert_in_range(length, 0, capacity - size - 3);
        memcpy(all + size, column ? column : "", length);
        size += length;
        memcpy(all + size, "; ", 3);
        size += 2;
    }
    all[size ? size - 2 : 0] = 0;
    sqlite3_finalize(statement);
    sqlite3_close(db);
    const char *found = kept(all);
    free(all);
    return found;
}

const char *outcome(struct world *w, const struct file *f)
{
    return text(w, "select state || ': ' || added || ' ' || updated || ' ' || unchanged || ' ' || flagged || ' ' || rejected || "
                   "coalesce(' ' || reason, '') from import_file where id = '%s'", f->id);
}

csign_code sign_file(struct world *w, const struct file *f)
{
    bool roll = strcmp(f->template, "roll-csv") == 0;
    int64_t counts[5];
    static const char *const names[] = {"added", "updated", "unchanged", "flagged", "rejected"};
    for (int i = 0; i < 5; i++)
        counts[i] = number(w, "select %s from import_file where id = '%s'", names[i], f->id);
    return give(w, roll ? KS : C1, roll ? "roll.import" : "enrol.import", f->body,
                "\"file\":\"%s\",\"template\":\"%s\",\"counts\":{\"added\":%lld,\"updated\":%lld,\"unchanged\":%lld,\"flagged\":%lld,"
                "\"rejected\":%lld}",
                b64(span_of(f->hash, sizeof f->hash)), f->template, (long long)counts[0], (long long)counts[1], (long long)counts[2],
                (long long)counts[3], (long long)counts[4]);
}

void apply_file(struct world *w, const struct file *f)
{
    must_be(w, sign_file(w, f), DEED_EFFECTIVE);
    assert_int_equal(imports_work(&w->registry, 0), CSIGN_OK);
    assert_int_equal(number(w, "select state from import_file where id = '%s'", f->id), IMPORT_APPLIED);
}

const char *row(struct world *w, const struct file *f, unsigned line)
{
    return text(w, "select outcome || coalesce(' ' || field, '') || coalesce(': ' || reason, '') || case other when 0 then '' else ' ' || other "
                   "end from import_row where file = '%s' and line = %u", f->id, line);
}

const char *npi(unsigned first, unsigned number)
{
    char digits[16];
    unsigned sum = 24;
    (void)snprintf(digits, sizeof digits, "%u%08u", first, number % 100000000);
    for (size_t i = 0; i < 9; i++) {
        unsigned d = (unsigned)(digits[i] - '0') * (i % 2 == 0 ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    digits[9] = (char)('0' + (10 - sum % 10) % 10);
    digits[10] = 0;
    return kept(digits);
}

const char *end_state(struct world *w)
{
    return text(w,
        "select * from (select 'p ' || p.name || ' ' || p.birth_date || ' ' || (select group_concat(system || '|' || value) from "
        "(select system, value from practitioner_identifier i where i.practitioner = p.id order by 1, 2)) from practitioner p "
        "union all select 'l ' || p.name || ' ' || l.profession || l.level || l.jurisdiction || l.number || l.specialty || l.privileges || "
        "l.licensed_until || ' ' || l.assurance || ' ' || (select count(*) from licence_event e where e.licence = l.id) "
        "from licence l join practitioner p on p.id = l.practitioner "
        "union all select 'a ' || p.name || ' ' || l.number || ' ' || a.institution || a.basis || a.consent || a.from_s || ' ' || a.to_s || "
        "coalesce((select u.system || '|' || u.value from affiliation_unit u where u.affiliation = a.id), '') "
        "from affiliation a join licence l on l.id = a.licence join practitioner p on p.id = a.practitioner "
        "union all select 'e ' || p.name || ' ' || e.institution || e.profession || e.specialty || coalesce(e.unit, '') || e.basis "
        "from expected e join practitioner p on p.id = e.practitioner "
        "union all select 'u ' || institution || system || value || name from unit "
        "union all select 'r ' || phase || ' ' || line || ' ' || outcome || ' ' || coalesce(field, '') || ' ' || coalesce(reason, '') || ' ' || "
        "other || members || case when practitioner is null then '' else ' somebody' end from import_row "
        "union all select 'f ' || state || ' ' || read || ' ' || rows || ' ' || judged || ' ' || added || ' ' || updated || ' ' || unchanged || ' ' || flagged || ' ' || rejected || ' ' || "
        "done || ' ' || differing from import_file) order by 1");
}
