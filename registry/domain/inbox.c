#include "inbox.h"
#include "uuid.h"

/* What a client may be sent to: http or https, of printable ASCII. Which of the two is for the signer's client to judge. */
static bool is_url(span url)
{
    if (url.size > INBOX_URL_MAX || !(span_starts(url, SPAN("https://")) || span_starts(url, SPAN("http://"))))
        return false;
    for (size_t i = 0; i < url.size; i++)
        if (url.data[i] <= ' ' || url.data[i] >= 0x7f)
            return false;
    return true;
}

static csign_code run(struct operation *operation, struct session *session)
{
    struct inbox_post *post = (struct inbox_post *)operation;
    TRY(RUN(session, SQL_INBOX_FORGET_EXPIRED, VALUE_TEXT(post->practitioner), VALUE_INTEGER(session_time_ms(session) / 1000)));
    struct query q = QUERY(session, SQL_INBOX_COUNT, VALUE_TEXT(post->practitioner), VALUE_TEXT(post->app));
    const bool found = query_row(&q);
    const int64_t all = query_integer(&q, 0), of_app = query_integer(&q, 1);
    TRY(query_close(&q));
    if (!found)
        return fault_set(&post->fault, CSIGN_E_NOT_FOUND, "practitioner", "nobody has this id");
    if (all >= INBOX_MAX || of_app >= INBOX_APP_MAX)
        return fault_set(&post->fault, CSIGN_E_TOO_MANY, "practitioner", "too many requests wait for this person");
    TRY(RUN(session, SQL_INBOX_INSERT, VALUE_TEXT(post->practitioner), VALUE_TEXT(post->app), VALUE_TEXT(post->url),
            VALUE_INTEGER(post->expires_s)));
    post->id = (uint64_t)session_last_id(session);
    return CSIGN_OK;
}

csign_code inbox_post_prepare(struct inbox_post *post, span app, span practitioner, span url, uint64_t expires_s, uint64_t now_ms)
{
    const uint64_t now_s = now_ms / 1000;
    *post = (struct inbox_post){
        .operation = {.run = run}, .app = app, .practitioner = practitioner, .url = url, .expires_s = expires_s};
    if (!text_is_uuid7(practitioner))
        return fault_set(&post->fault, CSIGN_E_FIELD_INVALID, "practitioner", "not the id of a practitioner");
    if (!is_url(url))
        return fault_set(&post->fault, CSIGN_E_FIELD_INVALID, "url", "not http or https, or longer than 1,000 bytes");
    if (expires_s <= now_s || expires_s - now_s > INBOX_LIFE_S)
        return fault_set(&post->fault, CSIGN_E_FIELD_INVALID, "expires_at", "not within the next seven days");
    return CSIGN_OK;
}

struct inbox_list inbox_list_open(struct session *session, span practitioner)
{
    return (struct inbox_list){
        QUERY(session, SQL_INBOX_LIST, VALUE_TEXT(practitioner), VALUE_INTEGER(session_time_ms(session) / 1000))};
}

bool inbox_list_next(struct inbox_list *list, struct inbox_item *ret)
{
    if (!query_row(&list->query))
        return false;
    *ret = (struct inbox_item){.id = (uint64_t)query_integer(&list->query, 0),
                               .expires_s = (uint64_t)query_integer(&list->query, 3),
                               .app = query_text(&list->query, 1),
                               .url = query_text(&list->query, 2)};
    return true;
}

csign_code inbox_list_close(struct inbox_list *list)
{
    return query_close(&list->query);
}
