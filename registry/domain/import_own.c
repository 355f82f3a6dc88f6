/* The row of an officer's own: two others bring it in. */
#include "import_members.h"
#include "rows.h"

csign_code import_officers_read(struct session *session, span file, struct import_officers *ret)
{
    struct query q = QUERY(session, SQL_IMPORT_OFFICERS, VALUE_TEXT(file));
    ret->count = 0;
    bool fits = true;
    while (fits && query_row(&q)) {
        span id = query_text(&q, 0);
        fits = ret->count < IMPORT_OFFICERS_MAX && id.size <= CSIGN_ID_MAX;
        if (!fits)
            continue;
        memcpy(ret->items[ret->count].id, id.data, id.size);
        ret->items[ret->count].id[id.size] = 0;
        query_bytes(&q, 1, ret->items[ret->count].key, CSIGN_PUBLIC_KEY_SIZE);
        ret->count++;
    }
    TRY(query_close(&q));
    return fits ? CSIGN_OK : CSIGN_E_TOO_LARGE; /* nobody's row may slip through */
}

/* By the name of an officer, as an identifier of the person or her id here. */
static bool is_named(const struct import_officers *officers, span name)
{
    for (size_t i = 0; i < officers->count; i++)
        if (span_equal(span_text(officers->items[i].id), name))
            return true;
    return false;
}

static bool has_key(const struct import_officers *officers, span key)
{
    for (size_t i = 0; i < officers->count; i++)
        if (span_equal(span_of(officers->items[i].key, CSIGN_PUBLIC_KEY_SIZE), key))
            return true;
    return false;
}

csign_code import_check_own(struct acting *a, const struct import_officers *officers, struct object_list identifiers, span practitioner,
                            struct import_verdict *v)
{
    const struct deed_identifier *items = identifiers.items;
    bool own = false;
    for (size_t i = 0; i < identifiers.count; i++)
        own |= is_named(officers, items[i].value);
    if (practitioner.data) {
        own |= is_named(officers, practitioner);
        struct query q = QUERY(a->session, SQL_IMPORT_MARKS_OF, VALUE_TEXT(practitioner));
        while (query_row(&q))
            own |= query_null(&q, 1) ? is_named(officers, query_text(&q, 0)) : has_key(officers, query_blob(&q, 1));
        TRY(query_close(&q));
    }
    return own ? import_refuse(v, "practitioner", "nobody signs what concerns their own licence: two other officers bring this row") : CSIGN_OK;
}
