/* GET /health/live, /health/ready, /metrics: for those who keep the registry running, on its own machine. */
#include "api.h"
#include "resources.h"

#define READY_AGE_MAX 10u /* seconds: evidence that is older was not renewed by four heartbeats */

void health_live(struct exchange *x)
{
    exchange_answer(x, 200, "application/json", SPAN("{\"live\":true}"), CACHE_NEVER);
}

/* --- readiness: the log can be appended to and dated --- */

struct evidence {
    uint64_t size, age_s;
};

static csign_code read_evidence(struct exchange *x, struct evidence *ret)
{
    uint64_t time_s = 0, now_s = api_now_ms() / 1000;
    struct buffer note = api_buffer(x, CHECKPOINT_MAX);
    struct session *session = api_reader(x);
    csign_code code = log_read_checkpoint(session, &note, &ret->size);
    if (code == CSIGN_OK)
        code = log_read_time(session, &time_s);
    api_reader_end(x, session);
    ret->age_s = now_s > time_s ? now_s - time_s : 0;
    return code;
}

void health_ready(struct exchange *x)
{
    const struct api *api = exchange_context(x);
    struct evidence evidence = {0};
    csign_code code = read_evidence(x, &evidence);
    if (code != CSIGN_OK || !atomic_load(&api->open)) {
        api_problem(x, CSIGN_E_UNAVAILABLE, NULL, code != CSIGN_OK ? "the database does not answer" : "starting");
        return;
    }
    if (evidence.age_s > READY_AGE_MAX) {
        api_problem(x, CSIGN_E_UNAVAILABLE, NULL, "the log has no heartbeat: look at the disk, the clock and overdue deeds");
        return;
    }
    struct buffer body = api_buffer(x, 128);
    struct json_out o = json_out(&body);
    json_put_object(&o);
    json_put_bool_member(&o, "ready", true);
    json_put_integer_member(&o, "log_size", evidence.size);
    json_put_integer_member(&o, "evidence_age_s", evidence.age_s);
    json_end_object(&o);
    api_answer_json(x, 200, &body);
}

/* --- metrics, as Prometheus reads them --- */

static void put_metric(struct buffer *out, const char *name, const char *type, const char *help, uint64_t value)
{
    const char *const parts[] = {"# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n", name, " "};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        buffer_text(out, parts[i]);
    buffer_decimal(out, value);
    buffer_byte(out, '\n');
}

static void put_answers(struct buffer *out, const struct server_counters *server)
{
    buffer_text(out, "# HELP countersign_answers_total Answers by class of their status.\n"
                     "# TYPE countersign_answers_total counter\n");
    for (unsigned class = 1; class < 6; class++) {
        buffer_text(out, "countersign_answers_total{class=\"");
        buffer_decimal(out, class);
        buffer_text(out, "xx\"} ");
        buffer_decimal(out, server->by_status[class]);
        buffer_byte(out, '\n');
    }
}

static void put_metrics(struct buffer *out, const struct api *api, const struct evidence *evidence)
{
    struct server_counters server;
    struct store_counters store;
    server_count(api->server, &server);
    store_count(api->registry->store, &store);
    put_metric(out, "countersign_requests_total", "counter", "Requests read.", server.requests);
    put_metric(out, "countersign_refused_total", "counter", "Requests that the guard refused.", server.refused);
    put_metric(out, "countersign_dropped_total", "counter", "Connections that missed a deadline.", server.dropped);
    put_metric(out, "countersign_connections", "gauge", "Connections now.", server.connections);
    put_metric(out, "countersign_streams", "gauge", "Streams of the status log now.", server.streams);
    put_answers(out, &server);
    put_metric(out, "countersign_transactions_total", "counter", "Transactions committed.", store.transactions);
    put_metric(out, "countersign_operations_total", "counter", "Operations done in them.", store.operations);
    put_metric(out, "countersign_failed_commits_total", "counter", "Commits that failed.", store.failed_commits);
    put_metric(out, "countersign_operations_waiting", "gauge", "Operations that wait for the writer.", store.waiting);
    put_metric(out, "countersign_log_size", "gauge", "Leaves of the status log.", evidence->size);
    put_metric(out, "countersign_evidence_age_seconds", "gauge", "Age of the newest evidence.", evidence->age_s);
}

void metrics_read(struct exchange *x)
{
    const struct api *api = exchange_context(x);
    struct evidence evidence = {0};
    struct buffer body = api_buffer(x, 8192);
    if (!atomic_load(&api->open) || read_evidence(x, &evidence) != CSIGN_OK) {
        api_problem(x, CSIGN_E_UNAVAILABLE, NULL, "the registry is starting, or its database does not answer");
        return;
    }
    put_metrics(&body, api, &evidence);
    if (body.overflow)
        api_answer_json(x, 200, &body);
    else
        exchange_answer(x, 200, "text/plain; version=0.0.4; charset=utf-8", buffer_span(&body), CACHE_NEVER);
}
