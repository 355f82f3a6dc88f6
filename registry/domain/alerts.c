#include "alerts.h"

csign_code alert_raise(struct session *session, span kind, span about, span authority, span detail)
{
    return RUN(session, SQL_ALERTS_RAISE, VALUE_INTEGER(session_time_ms(session)), VALUE_TEXT(kind), VALUE_TEXT(about),
               VALUE_TEXT(authority), VALUE_TEXT(detail));
}

struct alert_list alert_list_open(struct session *session, span authority, uint64_t before, size_t limit)
{
    return (struct alert_list){QUERY(session, SQL_ALERTS_LIST, VALUE_TEXT(authority), VALUE_INTEGER(before ? before : INT64_MAX),
                                     VALUE_INTEGER(limit < ALERTS_PAGE_MAX ? limit : ALERTS_PAGE_MAX))};
}

bool alert_list_next(struct alert_list *list, struct alert *ret)
{
    const struct query *q = &list->query;
    if (!query_row(&list->query))
        return false;
    *ret = (struct alert){.id = (uint64_t)query_integer(q, 0),
                          .at_ms = (uint64_t)query_integer(q, 1),
                          .kind = query_text(q, 2),
                          .about = query_text(q, 3),
                          .detail = query_text(q, 4)};
    return true;
}

csign_code alert_list_close(struct alert_list *list)
{
    return query_close(&list->query);
}
