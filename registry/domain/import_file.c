/* Files as they are uploaded, and the deeds that apply them. */
#include "import_members.h"
#include "rows.h"
#include "uuid.h"

#include <sodium.h>

/* --- uploading --- */

static csign_code bad(struct import_upload *u, const char *field, const char *reason)
{
    return fault_set(&u->fault, CSIGN_E_FIELD_INVALID, field, reason);
}

static csign_code make_file(struct import_upload *u, struct session *session)
{
    uint8_t random[10];
    struct buffer id = buffer_open(u->id, sizeof u->id - 1);
    uint8_t template = vocabulary_find(&import_templates, u->template);
    bool is_authority;
    if (!template)
        return bad(u, "template", "people-csv, people-nppes, roll-csv or fhir-r4");
    if (u->size == 0 || u->size > IMPORT_FILE_MAX)
        return bad(u, "size", "1 byte to 2 GiB: split the file");
    TRY(query_found(QUERY(session, SQL_BODY_IS_AUTHORITY, VALUE_TEXT(u->body)), &is_authority));
    if (is_authority != (template == TEMPLATE_ROLL_CSV))
        return fault_set(&u->fault, CSIGN_E_FORBIDDEN, "template", "rolls are an authority's to bring, people an institution's");
    randombytes_buf(random, sizeof random);
    uuid7_write(&id, session_time_ms(session), random);
    u->id[id.size] = 0;
    return RUN(session, SQL_IMPORT_FILE_INSERT, VALUE_TEXT(buffer_span(&id)), VALUE_TEXT(u->body), VALUE_TEXT(u->officer),
               VALUE_INTEGER(template), VALUE_HASH(u->hash), VALUE_INTEGER(u->size), VALUE_INTEGER(session_time_ms(session)));
}

static csign_code add_part(struct import_upload *u, struct session *session)
{
    span id = span_text(u->id);
    struct query q = QUERY(session, SQL_IMPORT_FILE_READ, VALUE_TEXT(id));
    bool found = query_row(&q) && span_equal(query_text(&q, 1), u->body);
    uint64_t size = (uint64_t)query_integer(&q, 5), held = (uint64_t)query_integer(&q, 6);
    int64_t state = query_integer(&q, 7);
    TRY(query_close(&q));
    if (!found)
        return fault_set(&u->fault, CSIGN_E_NOT_FOUND, "id", "no file of yours");
    if (u->at < held && u->at + u->part.size <= held) { /* sent again, for its answer was lost */
        u->at = held;
        return CSIGN_OK;
    }
    if (u->at != held || state != IMPORT_UPLOADING)
        return fault_set(&u->fault, CSIGN_E_CONFLICT, "at", "not where the file goes on: its `held` says where");
    if (u->part.size == 0 || u->part.size > size - held)
        return bad(u, "size", "more than was announced, or nothing");
    TRY(RUN(session, SQL_IMPORT_PART_INSERT, VALUE_TEXT(id), VALUE_INTEGER(held), VALUE_BLOB(u->part)));
    u->at = held + u->part.size;
    return RUN(session, SQL_IMPORT_FILE_HELD, VALUE_TEXT(id), VALUE_INTEGER(u->at),
               VALUE_INTEGER(u->at == size ? IMPORT_RECEIVED : IMPORT_UPLOADING));
}

static csign_code run_new(struct operation *operation, struct session *session)
{
    struct import_upload *u = (struct import_upload *)operation;
    TRY(make_file(u, session));
    u->at = 0;
    return add_part(u, session);
}

static csign_code run_part(struct operation *operation, struct session *session)
{
    return add_part((struct import_upload *)operation, session);
}

void import_upload_init(struct import_upload *upload, bool is_new)
{
    upload->operation = (struct operation){.run = is_new ? run_new : run_part};
    upload->fault = (csign_fault){CSIGN_OK, "", "", 0};
}

/* --- the deed --- */

/* A file of this digest, brought by this body and checked, with the counts that the officers signed. */
csign_code import_find_checked(struct acting *a, span *ret_id)
{
    const struct deed_import *d = &a->deed->import;
    uint8_t template = vocabulary_find(&import_templates, d->template);
    const bool roll = d->head.kind == DEED_ROLL_IMPORT;
    if (!template || roll != (template == TEMPLATE_ROLL_CSV))
        return fault_set(a->fault, CSIGN_E_FIELD_INVALID, "template", roll ? "roll-csv" : "people-csv, people-nppes or fhir-r4");
    struct query q = QUERY(a->session, SQL_IMPORT_FILE_CHECKED, VALUE_HASH(d->file), VALUE_TEXT(d->head.at), VALUE_INTEGER(template));
    bool found = query_row(&q);
    const bool same = found && query_integer(&q, 1) == (int64_t)d->counts.added && query_integer(&q, 2) == (int64_t)d->counts.updated &&
                      query_integer(&q, 3) == (int64_t)d->counts.unchanged && query_integer(&q, 4) == (int64_t)d->counts.flagged &&
                      query_integer(&q, 5) == (int64_t)d->counts.rejected;
    *ret_id = copy_span(a->scratch, query_text(&q, 0));
    TRY(query_close(&q));
    TRY(buffer_code(a->scratch));
    if (!found)
        return fault_set(a->fault, CSIGN_E_NOT_FOUND, "file", "no file of this digest whose dry run has ended and that was not applied");
    return same ? CSIGN_OK : fault_set(a->fault, CSIGN_E_CONFLICT, "counts", "not those of its dry run");
}

/* Rows go in behind it, batch by batch: their number may be large, and an operation must be short. */
csign_code apply_import(struct acting *a, struct json_out *result)
{
    span id;
    TRY(import_find_checked(a, &id));
    json_put_text_member(result, "file", id);
    return RUN(a->session, SQL_IMPORT_FILE_ACCEPT, VALUE_TEXT(id), VALUE_HASH(a->hash), VALUE_INTEGER(a->now_ms));
}
