#include "lookback.h"
#include "cursor.h"
#include "powers.h"

/* Columns of lookback_find. */
enum { AT_INDEX, AT_SEQ, AT_DEPLOYMENT, AT_SIGNED, AT_LINE, AT_LICENCE };

/* --- whose --- */

static csign_code find_licences(struct lookback *lookback, const struct lookback_ask *ask)
{
    struct query q = QUERY(lookback->session, SQL_LOOKBACK_LICENCES, VALUE_TEXT(ask->licence), VALUE_TEXT(ask->practitioner));
    csign_code code = CSIGN_OK;
    while (code == CSIGN_OK && lookback->licence_count < LOOKBACK_LICENCES_MAX && query_row(&q)) {
        const span id = query_text(&q, 0);
        bool covers = false;
        code = authority_covers_licence(lookback->session, ask->authority, id, &covers);
        if (covers && id.size == UUID_SIZE)
            memcpy(lookback->licences[lookback->licence_count++], id.data, UUID_SIZE);
    }
    TRY(query_close(&q));
    return code;
}

static bool may_see(const struct lookback *lookback, span licence)
{
    for (size_t i = 0; i < lookback->licence_count; i++)
        if (span_equal(licence, span_of(lookback->licences[i], UUID_SIZE)))
            return true;
    return false;
}

/* --- pages --- */

struct place {
    uint64_t idx, seq;
    span deployment;
};

static bool read_place(span text, struct place *ret)
{
    struct cursor c = cursor_open(text);
    if (!cursor_decimal(&c, INT64_MAX, &ret->idx) || !cursor_literal(&c, SPAN(".")) ||
        !cursor_decimal(&c, INT64_MAX, &ret->seq) || !cursor_literal(&c, SPAN(".")))
        return false;
    ret->deployment = cursor_rest(&c);
    return text_is_id(ret->deployment);
}

static void write_place(struct lookback *lookback)
{
    struct buffer out = buffer_open(lookback->place, sizeof lookback->place - 1);
    buffer_decimal(&out, (uint64_t)query_integer(&lookback->query, AT_INDEX));
    buffer_byte(&out, '.');
    buffer_decimal(&out, (uint64_t)query_integer(&lookback->query, AT_SEQ));
    buffer_byte(&out, '.');
    buffer_put(&out, query_text(&lookback->query, AT_DEPLOYMENT));
    lookback->place[out.size] = 0;
}

csign_code lookback_open(struct lookback *lookback, struct session *session, const struct lookback_ask *ask, csign_fault *fault)
{
    /* Before the first row there is no index, and no index is below 0. */
    struct value idx = VALUE_INTEGER(-1), seq = VALUE_INTEGER(0), deployment = VALUE_TEXT(SPAN(""));
    struct place place;
    lookback->session = session;
    lookback->code = CSIGN_OK;
    lookback->left = ask->limit;
    lookback->more = false;
    lookback->licence_count = 0;
    if (!ask->licence.data == !ask->practitioner.data)
        return fault_set(fault, CSIGN_E_FIELD_INVALID, "licence", "either a licence or a practitioner");
    if (ask->limit == 0 || ask->limit > LOOKBACK_PAGE_MAX)
        return fault_set(fault, CSIGN_E_FIELD_INVALID, "limit", "not 1 to 500");
    if (ask->since_s > INT64_MAX / 1000)
        return fault_set(fault, CSIGN_E_FIELD_INVALID, "since", "no time");
    if (ask->after.data) {
        if (!read_place(ask->after, &place))
            return fault_set(fault, CSIGN_E_FIELD_INVALID, "after", "not the end of a page");
        idx = VALUE_INTEGER(place.idx);
        seq = VALUE_INTEGER(place.seq);
        deployment = VALUE_TEXT(place.deployment);
    }
    TRY(find_licences(lookback, ask));
    if (lookback->licence_count == 0)
        return fault_set(fault, CSIGN_E_NOT_FOUND, ask->licence.data ? "licence" : "practitioner", "none, or not within the jurisdictions");
    lookback->query = QUERY(session, SQL_LOOKBACK_FIND, VALUE_TEXT(ask->licence), VALUE_TEXT(ask->practitioner),
                            VALUE_INTEGER(ask->since_s * 1000), idx, deployment, seq, VALUE_INTEGER(ask->limit + 1));
    return CSIGN_OK;
}

/* --- rows --- */

static csign_code find_outcome(struct lookback *lookback, struct lookback_release *ret)
{
    struct query q = QUERY(lookback->session, SQL_LOOKBACK_OUTCOME, VALUE_TEXT(ret->deployment), VALUE_TEXT(ret->release_id));
    if (query_row(&q))
        ret->outcome = (uint8_t)query_integer(&q, 0);
    return query_close(&q);
}

static csign_code read_row(struct lookback *lookback, struct lookback_release *ret)
{
    const struct query *q = &lookback->query;
    struct buffer scratch = buffer_open(lookback->scratch, sizeof lookback->scratch);
    struct receipt receipt;
    TRY(receipt_read(query_text(q, AT_LINE), &scratch, &receipt, NULL));
    *ret = (struct lookback_release){.deployment = query_text(q, AT_DEPLOYMENT),
                                     .release_id = receipt.release_id,
                                     .act = receipt.act,
                                     .site = receipt.site,
                                     .seq = receipt.seq,
                                     .time_ms = receipt.time_ms,
                                     .idx = (uint64_t)query_integer(q, AT_INDEX),
                                     .signed_s = (uint64_t)query_integer(q, AT_SIGNED)};
    return find_outcome(lookback, ret);
}

bool lookback_next(struct lookback *lookback, struct lookback_release *ret)
{
    while (lookback->code == CSIGN_OK && query_row(&lookback->query)) {
        if (lookback->left == 0) {
            lookback->more = true;
            return false;
        }
        lookback->left--;
        write_place(lookback);
        if (!may_see(lookback, query_text(&lookback->query, AT_LICENCE)))
            continue;
        lookback->code = read_row(lookback, ret);
        return lookback->code == CSIGN_OK;
    }
    return false;
}

csign_code lookback_close(struct lookback *lookback)
{
    csign_code code = query_close(&lookback->query);
    return lookback->code == CSIGN_OK ? code : lookback->code;
}
