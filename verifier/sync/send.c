/* One batch of receipts, and what the registry says to it. */
#include "kept.h"
#include "outbox.h"
#include "receipt_batch.h"
#include "root.h"

#include <stdlib.h>

#define NOTE_EXTRA 1024u /* of a batch beyond its lines: head, hashes and the signature line */
#define ACK_MAX    8192u

/* The trust root as it is kept now, with what it points to. */
struct trusted {
    struct root root;
    struct kept kept;
    void *memory;
};

static void trusted_close(struct trusted *t)
{
    kept_free(&t->kept);
    free(t->memory);
}

static csign_code trusted_open(struct trusted *t, struct connection *reader, csign_fault *fault)
{
    memset(t, 0, sizeof *t);
    csign_code code = kept_read(reader, &t->kept);
    if (code == CSIGN_OK && !t->kept.root)
        code = fault_set(fault, CSIGN_E_ROOT_MISSING, "root", "no trust root is held yet");
    const size_t room = ROOT_SCRATCH(t->kept.root_size);
    if (code == CSIGN_OK && !(t->memory = malloc(room)))
        code = fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    if (code == CSIGN_OK) {
        struct buffer scratch = buffer_open(t->memory, room);
        code = root_read(span_of(t->kept.root, t->kept.root_size), &scratch, &t->root, fault);
    }
    if (code != CSIGN_OK)
        trusted_close(t);
    return code;
}

/* --- the batch --- */

/* The head that the chain has before line `seq`; NOT_FOUND where we no longer know it. */
static csign_code head_before(struct outbox *o, const struct chain *chain, uint64_t seq, uint8_t ret[CSIGN_HASH_SIZE])
{
    const uint8_t *known = seq == chain->acked_seq ? chain->acked_head : seq == chain->next_seq ? chain->head : NULL;
    if (known) {
        memcpy(ret, known, CSIGN_HASH_SIZE);
        return CSIGN_OK;
    }
    struct sql q = SQL(&o->reader, SQL_RECEIPT_HEAD, INTEGER(seq - 1));
    const bool found = sql_row(&q);
    sql_hash(&q, 0, ret);
    TRY(sql_end(&q));
    return found ? CSIGN_OK : CSIGN_E_NOT_FOUND;
}

static csign_code gather(struct outbox *o, struct receipt_batch *batch, struct buffer *lines)
{
    struct sql q = SQL(&o->reader, SQL_RECEIPTS_FROM, INTEGER(batch->first));
    while (batch->count < RECEIPT_BATCH_LINES && sql_row(&q)) {
        const span line = sql_bytes(&q, 1);
        if ((uint64_t)sql_integer(&q, 0) != batch->first + batch->count || lines->size + line.size + 1 > lines->capacity)
            break;
        buffer_put(lines, line);
        buffer_byte(lines, '\n');
        batch->count++;
    }
    batch->lines = buffer_span(lines);
    return sql_end(&q);
}

static void sign_batch(struct outbox *o, struct receipt_batch *batch, struct buffer *out)
{
    struct public_key public;
    signing_key_public(o->key, &public);
    const struct vkey vkey = vkey_make(o->deployment, NOTE_ED25519, &public);
    receipt_batch_write(out, batch);
    const span text = buffer_span(out);
    buffer_byte(out, '\n');
    note_sign(out, text, &vkey, o->key);
}

/* --- the acknowledgement --- */

struct acknowledging {
    struct entry entry;
    struct receipt_ack ack;
    span note;
};

static csign_code write_acknowledged(struct entry *entry, struct ledger *l)
{
    const struct acknowledging *a = (const struct acknowledging *)(const void *)entry;
    struct sql q = SQL(&l->writer, SQL_RECEIPT_PERMITS_BELOW, INTEGER(a->ack.next));
    const uint64_t permits = sql_row(&q) ? (uint64_t)sql_integer(&q, 0) : 0;
    TRY(sql_end(&q));
    l->chain.permits -= permits;
    l->chain.acked_seq = a->ack.next;
    memcpy(l->chain.acked_head, a->ack.head, sizeof l->chain.acked_head);
    TRY(RUN(&l->writer, SQL_RECEIPTS_DROP, INTEGER(a->ack.next)));
    return RUN(&l->writer, SQL_OUTBOX_ACKED, INTEGER(a->ack.next), HASH(a->ack.head), INTEGER(l->chain.permits), TEXT(a->note));
}

static csign_code verify_ack(const struct root *root, const struct note *note, int64_t now, csign_fault *fault)
{
    for (size_t i = 0; i < root->receipts_count; i++) {
        csign_code code = note_verify(note, &root->receipts[i].vkey, NULL);
        if (code == CSIGN_OK && validity_holds(root->receipts[i].validity, now))
            return CSIGN_OK;
        if (code == CSIGN_E_NOTE_SIGNATURE_BAD)
            return fault_set(fault, code, "ack", "its signature does not verify");
    }
    return fault_set(fault, CSIGN_E_NOTE_UNSIGNED, "ack", "not signed by a receipts key of the root");
}

static csign_code take_ack(struct outbox *o, const struct root *root, span bytes, csign_fault *fault)
{
    uint8_t memory[ACK_MAX], head[CSIGN_HASH_SIZE];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct acknowledging a = {.entry = {.write = write_acknowledged}, .note = bytes};
    struct note note;
    const struct chain chain = ledger_chain(o->ledger);
    TRY(note_read(bytes, &scratch, &note, fault));
    TRY(verify_ack(root, &note, newest_now(o->newest).now, fault));
    TRY(receipt_ack_read(note.text, &a.ack, fault));
    if (!span_equal(a.ack.deployment, o->deployment))
        return fault_set(fault, CSIGN_E_RECEIPT_MALFORMED, "deployment", "acknowledges another deployment's receipts");
    if (a.ack.next < chain.acked_seq || a.ack.next > chain.next_seq)
        return fault_set(fault, CSIGN_E_RECEIPT_MALFORMED, "next", "acknowledges what was not sent");
    if (head_before(o, &chain, a.ack.next, head) != CSIGN_OK || memcmp(head, a.ack.head, sizeof head) != 0)
        return fault_set(fault, CSIGN_E_EQUIVOCATION, "head", "the registry acknowledges another chain than ours");
    return ledger_write(o->ledger, &a.entry);
}

/* --- sending --- */

/* The registry expects another number: what is still here is sent again from there; what is not can never be. */
static csign_code take_gap(struct outbox *o, const struct chain *chain, uint64_t expected, csign_fault *fault)
{
    if (expected < chain->acked_seq)
        return fault_set(fault, CSIGN_E_SEQUENCE_GAP, "seq", "the registry has lost receipts that it acknowledged");
    if (expected > chain->next_seq)
        return fault_set(fault, CSIGN_E_SEQUENCE_GAP, "seq", "the registry has receipts that this file does not know");
    if (o->resend_from == expected)
        return fault_set(fault, CSIGN_E_SEQUENCE_GAP, "seq", "the registry refuses the receipts that it asks for");
    o->resend_from = expected;
    return CSIGN_OK;
}

static csign_code send_batch(struct outbox *o, const struct trusted *t, struct receipt_batch *batch, struct buffer *lines,
                             struct buffer *note, csign_fault *fault)
{
    const struct chain chain = ledger_chain(o->ledger);
    struct reply reply;
    batch->deployment = o->deployment;
    batch->first = o->resend_from ? o->resend_from : chain.acked_seq;
    TRY(head_before(o, &chain, batch->first, batch->before));
    TRY(gather(o, batch, lines));
    sign_batch(o, batch, note);
    TRY(buffer_code(note));
    TRY(outbox_authenticate(o, t->root.issuers[0].iss, fault));
    csign_code code = client_post(o->client, "/v1/receipts", "text/plain; charset=utf-8", buffer_span(note), ACK_MAX, &reply, fault);
    o->retry_after = reply.retry_after;
    if (code == CSIGN_E_UNAUTHENTICATED)
        o->has_token = false;
    if (code == CSIGN_E_SEQUENCE_GAP)
        return take_gap(o, &chain, reply.expected, fault);
    TRY(code);
    TRY(take_ack(o, &t->root, reply.body, fault));
    o->resend_from = 0;
    return CSIGN_OK;
}

csign_code outbox_send(struct outbox *o, csign_fault *fault)
{
    struct trusted trusted;
    struct receipt_batch batch = {0};
    TRY(trusted_open(&trusted, &o->reader, fault));
    uint8_t *memory = malloc(2 * RECEIPT_BATCH_MAX);
    csign_code code = CSIGN_E_NO_SPACE;
    if (memory) {
        struct buffer lines = buffer_open(memory, RECEIPT_BATCH_MAX - NOTE_EXTRA);
        struct buffer note = buffer_open(memory + RECEIPT_BATCH_MAX, RECEIPT_BATCH_MAX);
        code = trusted.root.issuer_count ? send_batch(o, &trusted, &batch, &lines, &note, fault)
                                         : fault_set(fault, CSIGN_E_ROOT_MALFORMED, "issuer", "the root names none");
    }
    free(memory);
    trusted_close(&trusted);
    return code;
}
