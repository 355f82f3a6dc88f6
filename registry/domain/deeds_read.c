/* Deeds for officers to read: whose they may see, one with its note, and lists. */
#include "cursor.h"
#include "deed_row.h"
#include "rows.h"

csign_code viewer_open(struct session *session, span body, struct viewer *ret)
{
    bool is_institution;
    ret->body = body;
    TRY(query_found(QUERY(session, SQL_BODY_IS_AUTHORITY, VALUE_TEXT(body)), &ret->is_authority));
    if (ret->is_authority)
        return CSIGN_OK;
    struct query q = QUERY(session, SQL_INSTITUTION_READ, VALUE_TEXT(body));
    is_institution = query_row(&q) && query_null(&q, 5);
    TRY(query_close(&q));
    return is_institution ? CSIGN_OK : CSIGN_E_FORBIDDEN;
}

csign_code deed_put(struct json_out *o, struct session *session, const struct viewer *viewer,
                    const uint8_t hash[CSIGN_HASH_SIZE])
{
    bool visible;
    TRY(query_found(QUERY(session, SQL_DEED_IS_VISIBLE, VALUE_TEXT(viewer->body), VALUE_HASH(hash)), &visible));
    return visible ? deed_row_put(o, session, hash, true) : CSIGN_E_NOT_FOUND;
}

static struct query open_list(struct session *session, const struct viewer *viewer, const struct deed_filter *filter,
                              uint64_t number)
{
    const struct value body = VALUE_TEXT(viewer->body), limit = VALUE_INTEGER(filter->limit);
    if (!filter->waiting)
        return QUERY(session, SQL_DEEDS_ACCEPTED, body, VALUE_INTEGER(number), limit);
    return QUERY(session, SQL_DEEDS_WAITING, body, VALUE_TEXT(filter->after.data ? filter->after : SPAN("")), limit,
                 VALUE_INTEGER(session_time_ms(session) / 1000));
}

static void put_next(struct json_out *o, const struct query *q, bool waiting)
{
    uint8_t memory[20];
    struct buffer number = buffer_open(memory, sizeof memory);
    buffer_decimal(&number, (uint64_t)query_integer(q, 1));
    json_put_text_member(o, "next", waiting ? query_text(q, 1) : buffer_span(&number));
}

csign_code deeds_put(struct json_out *o, struct session *session, const struct viewer *viewer, const struct deed_filter *filter,
                     csign_fault *fault)
{
    uint64_t number = 0;
    if (filter->limit < 1 || filter->limit > DEEDS_LIST_MAX)
        return fault_set(fault, CSIGN_E_FIELD_INVALID, "limit", "1 to 100");
    if (filter->after.data && (filter->waiting ? !text_is_id(filter->after) : !span_decimal(filter->after, INT64_MAX, &number)))
        return fault_set(fault, CSIGN_E_FIELD_INVALID, "after", "not the `next` of an answer");
    struct query q = open_list(session, viewer, filter, number);
    csign_code code = CSIGN_OK;
    size_t count = 0;
    bool full = false;
    json_put_object(o);
    json_put_name(o, "deeds");
    json_put_array(o);
    while (code == CSIGN_OK && !full && query_row(&q)) {
        code = deed_row_put(o, session, query_blob(&q, 0).data, false);
        full = ++count == filter->limit || o->to->size + DEED_VIEW_MAX > o->to->capacity - 256;
    }
    json_end_array(o);
    if (full)
        put_next(o, &q, filter->waiting);
    json_end_object(o);
    TRY(query_close(&q));
    TRY(code);
    return buffer_code(o->to);
}
