/* GET /v1/lookback and /v1/alerts: what a regulator asks of the past, and what it has to look at. */
#include "lookback.h"
#include "alerts.h"
#include "api.h"
#include "resources.h"

#define LIST_MAX (1024u * 1024u) /* bytes of an answer: LOOKBACK_PAGE_MAX releases of less than 2 KiB */
#define SECONDS_MAX ((UINT64_C(1) << 53) - 1)

/* An authority's officers alone. */
static csign_code check_authority(const struct viewer *viewer, csign_fault *fault)
{
    return viewer->is_authority ? CSIGN_OK : fault_set(fault, CSIGN_E_FORBIDDEN, "", "for officers of an authority");
}

/* --- look-back --- */

static void put_release(struct json_out *o, const struct lookback_release *r)
{
    json_put_object(o);
    json_put_text_member(o, "deployment", r->deployment);
    json_put_integer_member(o, "seq", r->seq);
    json_put_integer_member(o, "time_ms", r->time_ms);
    json_put_text_member(o, "release_id", r->release_id);
    json_put_text_member(o, "act", r->act);
    json_put_text_member(o, "site", r->site);
    json_put_integer_member(o, "idx", r->idx);
    json_put_integer_member(o, "signed_at", r->signed_s);
    if (r->outcome)
        json_put_text_member(o, "outcome", span_text(vocabulary_word(&receipt_outcomes, r->outcome)));
    json_end_object(o);
}

static csign_code put_releases(struct lookback *lookback, struct json_out *o)
{
    struct lookback_release release;
    json_put_object(o);
    json_put_name(o, "releases");
    json_put_array(o);
    while (lookback_next(lookback, &release))
        put_release(o, &release);
    json_end_array(o);
    TRY(lookback_close(lookback));
    if (lookback->more)
        json_put_text_member(o, "next", span_text(lookback->place));
    json_end_object(o);
    return CSIGN_OK;
}

static csign_code put_lookback(struct exchange *x, struct session *session, const struct viewer *viewer, struct json_out *o,
                               csign_fault *fault)
{
    uint64_t limit;
    struct lookback *lookback = exchange_memory(x, sizeof *lookback);
    struct lookback_ask ask = {.authority = viewer->body, .licence = exchange_query(x, "licence"),
                               .practitioner = exchange_query(x, "practitioner"), .after = exchange_query(x, "after")};
    if (!lookback)
        return CSIGN_E_UNAVAILABLE;
    TRY(check_authority(viewer, fault));
    TRY(api_query_number(x, "since", 0, 0, SECONDS_MAX, &ask.since_s, fault));
    TRY(api_query_number(x, "limit", LOOKBACK_PAGE_MAX, 1, LOOKBACK_PAGE_MAX, &limit, fault));
    ask.limit = (size_t)limit;
    TRY(lookback_open(lookback, session, &ask, fault));
    return put_releases(lookback, o);
}

void lookback_list(struct exchange *x)
{
    api_answer_viewer(x, LIST_MAX, put_lookback);
}

/* --- alerts --- */

static csign_code put_alerts(struct exchange *x, struct session *session, const struct viewer *viewer, struct json_out *o,
                             csign_fault *fault)
{
    uint64_t before;
    struct alert alert;
    TRY(check_authority(viewer, fault));
    TRY(api_query_number(x, "before", 0, 0, INT64_MAX, &before, fault));
    struct alert_list list = alert_list_open(session, viewer->body, before, ALERTS_PAGE_MAX);
    json_put_object(o);
    json_put_name(o, "alerts");
    json_put_array(o);
    while (alert_list_next(&list, &alert)) {
        json_put_object(o);
        json_put_integer_member(o, "id", alert.id);
        json_put_integer_member(o, "at_ms", alert.at_ms);
        json_put_text_member(o, "kind", alert.kind);
        json_put_text_member(o, "about", alert.about);
        json_put_name(o, "detail");
        json_put_raw(o, alert.detail);
        json_end_object(o);
    }
    json_end_array(o);
    json_end_object(o);
    return alert_list_close(&list);
}

void alerts_list(struct exchange *x)
{
    api_answer_viewer(x, LIST_MAX, put_alerts);
}
