#include "judge.h"
#include "base64.h"
#include "hash.h"
#include "key_binding.h"
#include "leaf.h"
#include "request.h"

#include <stdio.h>
#include <stdlib.h>

#define DEPLOYMENT "deployment-1"
#define MEMORY     (64u * 1024u)

static void must(csign_code code, const csign_fault *fault, const char *what)
{
    if (code == CSIGN_OK)
        return;
    fprintf(stderr, "judge: %s: %s %s: %s\n", what, csign_code_name(code), fault->field, fault->reason);
    abort();
}

void judge_open(struct judge *judge, span root, span leaves, span checkpoint, span policy)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_gate *opened = NULL, *caught_up = NULL;
    const csign_gate_options options = {.struct_size = sizeof options, .deployment = SPAN(DEPLOYMENT), .root = root, .accept_test = 1,
                                        .offline = 1};
    must(csign_gate_open(&options, &opened, &fault), &fault, "open");
    must(csign_gate_apply_leaves(opened, leaves.data, leaves.size / LEAF_SIZE, checkpoint, &caught_up, &fault), &fault, "leaves");
    must(csign_gate_apply_policy(caught_up, policy, &judge->gate, &fault), &fault, "policy");
    csign_gate_free(&opened);
    csign_gate_free(&caught_up);
    const size_t size = csign_cache_size(4);
    judge->cache_memory = malloc(size);
    must(csign_cache_init(judge->cache_memory, size, &judge->cache), &fault, "cache");
}

void judge_close(struct judge *judge)
{
    csign_gate_free(&judge->gate);
    free(judge->cache_memory);
}

static struct request make_request(int64_t now)
{
    struct request q = {.request_id = SPAN("AAECAwQFBgcICQoLDA0ODw"), .slot = 1, .act = SPAN("imaging_report"),
                        .setting = SETTING_OUTPATIENT, .authorship = AUTHORSHIP_HUMAN, .jurisdiction = SPAN("US-KS"),
                        .site = SPAN("clinic-1"), .tool = {7, SPAN("reporter"), SPAN("large"), SPAN("4.2")},
                        .audience = SPAN(DEPLOYMENT), .nonce = SPAN("EBESExQVFhcYGRobHB0eHw"),
                        .document = {7, SPAN("https://app.test/d"), SPAN("text/plain"), SPAN("report.txt")},
                        .issued_at = (uint64_t)now - 9, .expires_at = (uint64_t)now + 600, .answer_to = SPAN("https://app.test/a")};
    return q;
}

static struct transaction make_transaction(const struct request *q, span document, int64_t now)
{
    struct transaction t = {.request_id = q->request_id, .slot = 1, .act = q->act,
                            .meaning = vocabulary_find(&meanings, SPAN("approval")), .disposition = DISPOSITION_ACCEPTED,
                            .authorship = q->authorship, .setting = q->setting, .tool = q->tool, .jurisdiction = q->jurisdiction,
                            .site = q->site, .opened_at = (uint64_t)now - 8};
    memcpy(t.patient_ref, q->patient_ref, sizeof t.patient_ref);
    hash_of(document, t.document.digest);
    t.document.media_type = q->document.media_type;
    t.document.label = q->document.label;
    t.document.size = document.size;
    return t;
}

csign_code judge_ask(const struct judge *judge, span credential, const struct signing_key *key, int64_t now)
{
    static uint8_t memory[MEMORY];
    const span document = SPAN("No consolidation.\n");
    struct buffer b = buffer_open(memory, sizeof memory);
    csign_fault none = {CSIGN_OK, "", "", 0};
    csign_decision decision;

    const struct request q = make_request(now);
    request_write(&b, &q);
    const span request = buffer_span(&b);
    const struct transaction t = make_transaction(&q, document, now);
    size_t from = b.size;
    transaction_write(&b, &t);
    const span json = buffer_since(&b, from);
    from = b.size;
    base64url_encode(&b, json);
    const span entry = buffer_since(&b, from);

    struct key_binding binding = {.iat = (uint64_t)now - 4, .auth_time = (uint64_t)now - 6, .aud = q.audience, .nonce = q.nonce,
                                  .jti = SPAN("ICEiIyQlJicoKSorLC0uLw"), .hash_count = 1};
    hash_of(credential, binding.sd_hash);
    hash_of(entry, binding.hashes[0]);
    from = b.size;
    buffer_put(&b, credential);
    must(key_binding_write(&b, &binding, key), &none, "key binding");
    const struct csign_release release = {
        .struct_size = sizeof release, .release_id = SPAN("01aa5d7c-9b50-7c3a-8f00-5d1c9a7be001"), .act = q.act,
        .setting = SPAN("outpatient"), .jurisdiction = q.jurisdiction, .site = q.site, .audience = q.audience,
        .request_id = q.request_id, .tool_id = q.tool.id, .tool_model = q.tool.model, .tool_version = q.tool.version,
        .slots = {{.request = request, .sign_off = buffer_since(&b, from), .transaction_data = &entry, .transaction_data_count = 1,
                   .received_at = now}},
        .request_count = 1, .sign_off_count = 1, .document = document};
    must(buffer_code(&b), &none, "room");
    return csign_decide(judge->gate, judge->cache, &release, now, &decision) == CSIGN_ALLOW ? CSIGN_OK : decision.code;
}
