#include "receipts.h"
#include "base64.h"
#include "hash.h"
#include "transaction.h"
#include "utf8.h"

/* --- the receipt --- */

#define HAVE(receipt, member) ((receipt)->present |= RECEIPT_BIT(member))

static bool is_text(span text)
{
    uint32_t character;
    if (text.size == 0 || text.size > CSIGN_STRING_MAX)
        return false;
    for (const uint8_t *at = text.data, *end = text.data + text.size; at < end;) {
        unsigned size = utf8_read(at, end, &character);
        if (size == 0 || character == 0)
            return false;
        at += size;
    }
    return true;
}

/* A refused release may say anything: what could not stand in a receipt is absent. */
static void tell_release(struct receipt *r, const struct csign_release *release)
{
    r->act = release->act;
    r->jurisdiction = release->jurisdiction;
    r->site = release->site;
    r->tool = release->tool_id;
    r->model = release->tool_model;
    r->model_version = release->tool_version;
    r->setting = vocabulary_find(&settings, release->setting);
    if (text_is_id(r->act))
        HAVE(r, RECEIPT_ACT);
    if (r->setting)
        HAVE(r, RECEIPT_SETTING);
    if (text_is_jurisdiction(r->jurisdiction))
        HAVE(r, RECEIPT_JURISDICTION);
    if (text_is_id(r->site))
        HAVE(r, RECEIPT_SITE);
    if (text_is_id(r->tool))
        HAVE(r, RECEIPT_TOOL);
    if (is_text(r->model))
        HAVE(r, RECEIPT_MODEL);
    if (is_text(r->model_version))
        HAVE(r, RECEIPT_MODEL_VERSION);
    if (release->sign_off_count > 0) {
        r->entries = release->slots[0].transaction_data_count;
        if (r->entries > 0 && r->entries <= CSIGN_ENTRIES_MAX)
            HAVE(r, RECEIPT_ENTRIES);
    }
}

static uint8_t word_of(const struct vocabulary *v, const char *word)
{
    return word ? vocabulary_find(v, span_text(word)) : 0;
}

static void tell_signers(struct told *t, const csign_decision *d)
{
    size_t count = 0;
    for (size_t i = 0; i < d->signer_count && i < CSIGN_SLOTS_MAX; i++) {
        const csign_signer *s = &d->signers[i];
        struct receipt_signer *out = &t->signers[count];
        *out = (struct receipt_signer){.idx = s->index, .slot = s->slot, .meaning = word_of(&meanings, s->meaning),
                                       .disposition = word_of(&dispositions, s->disposition),
                                       .authorship = word_of(&authorships, s->authorship), .iat = (uint64_t)s->signed_at};
        out->dwell_s = s->signed_at > s->opened_at ? (uint64_t)(s->signed_at - s->opened_at) : 0;
        if (out->meaning && out->disposition && out->authorship)
            count++;
    }
    t->receipt.signers = (struct object_list){t->signers, count};
    if (count > 0)
        HAVE(&t->receipt, RECEIPT_SIGNERS);
}

static void tell_basis(struct told *t, const csign_decision *d)
{
    struct receipt *r = &t->receipt;
    for (size_t i = 0; i < d->policy_count && i < CSIGN_POLICIES_MAX; i++)
        t->policies[i] = (struct policy_ref){.id = d->policies[i].id, .version = d->policies[i].version};
    r->policies = (struct object_list){t->policies, d->policy_count};
    r->status_size = d->status_size;
    r->status_time = d->status_time > 0 ? (uint64_t)d->status_time : 0;
    r->root = d->root_version;
    r->media_type = d->media_type;
    r->size_band = receipt_size_band(d->document_size);
    if (d->policy_count > 0)
        HAVE(r, RECEIPT_POLICIES);
    if (d->status_size > 0)
        r->present |= RECEIPT_BIT(RECEIPT_STATUS_SIZE) | RECEIPT_BIT(RECEIPT_STATUS_TIME);
    if (d->root_version > 0)
        HAVE(r, RECEIPT_ROOT);
    if (is_text(d->media_type))
        HAVE(r, RECEIPT_MEDIA_TYPE);
    if (d->document_hashed)
        HAVE(r, RECEIPT_SIZE_BAND);
}

void told_describe(struct told *t, const struct csign_release *release, const csign_decision *decision, span deployment,
                   uint64_t time_ms)
{
    memset(t, 0, sizeof *t);
    t->receipt.time_ms = time_ms;
    t->receipt.release_id = release->release_id;
    t->receipt.deployment = deployment;
    HAVE(&t->receipt, RECEIPT_DEPLOYMENT);
    tell_release(&t->receipt, release);
    tell_signers(t, decision);
    tell_basis(t, decision);
}

void told_refuse(struct told *t, csign_code code, uint64_t count)
{
    t->receipt.event = RECEIPT_REFUSE;
    t->receipt.code = code;
    t->receipt.count = count;
    t->receipt.present |= RECEIPT_BIT(RECEIPT_CODE) | RECEIPT_BIT(RECEIPT_COUNT);
}

/* Whether the first signer released the tool's draft as it was. */
static bool is_unedited(const struct csign_release *release, const csign_decision *decision)
{
    uint8_t json_memory[CSIGN_ENTRY_MAX], memory[2 * CSIGN_ENTRY_MAX];
    struct buffer json = buffer_open(json_memory, sizeof json_memory), scratch = buffer_open(memory, sizeof memory);
    struct transaction t;
    const csign_slot *slot = &release->slots[0];
    if (slot->entry >= slot->transaction_data_count || !base64url_decode(&json, slot->transaction_data[slot->entry], NULL) ||
        transaction_read(buffer_span(&json), &scratch, &t, NULL) != CSIGN_OK)
        return false;
    return t.draft.present != 0 && hash_equal(t.draft.digest, decision->document_digest);
}

void told_permit(struct told *t, const struct csign_release *release, const csign_decision *decision,
                 const uint8_t commit[CSIGN_HASH_SIZE])
{
    t->receipt.event = RECEIPT_PERMIT;
    t->receipt.unedited = is_unedited(release, decision);
    memcpy(t->receipt.commit, commit, sizeof t->receipt.commit);
    t->receipt.present |= RECEIPT_BIT(RECEIPT_UNEDITED) | RECEIPT_BIT(RECEIPT_COMMIT);
    t->receipt.exception = word_of(&exceptions, decision->exception);
    if (t->receipt.exception)
        HAVE(&t->receipt, RECEIPT_EXCEPTION);
}

/* --- the record --- */

csign_code record_write(struct buffer *out, const struct told *told, const csign_decision *decision)
{
    const struct receipt *r = &told->receipt;
    struct release_record record = {
        .release_id = r->release_id,
        .time_ms = r->time_ms,
        .deployment = r->deployment,
        .act = r->act,
        .setting = r->setting,
        .jurisdiction = r->jurisdiction,
        .site = r->site,
        .document = {.media_type = decision->media_type, .size = decision->document_size},
        .status_size = r->status_size,
        .status_time = r->status_time,
        .policies = r->policies,
        .root = r->root,
    };
    memcpy(record.document.digest, decision->document_digest, sizeof record.document.digest);
    record.sign_offs.count = decision->signer_count;
    for (size_t i = 0; i < decision->signer_count; i++)
        memcpy(record.sign_offs.ids[i], decision->signers[i].sign_off_id, CSIGN_HASH_SIZE);
    release_record_write(out, &record);
    return buffer_code(out);
}

static void add(struct hash *h, span bytes)
{
    hash_u64(h, bytes.size);
    hash_update(h, bytes);
}

void release_input(const struct csign_release *r, const csign_decision *decision, uint8_t ret[CSIGN_HASH_SIZE])
{
    struct hash h;
    hash_init(&h);
    const span texts[] = {r->release_id, r->act, r->setting, r->jurisdiction, r->site, r->audience, r->request_id,
                          r->tool_id, r->tool_model, r->tool_version, span_of(decision->document_digest, CSIGN_HASH_SIZE)};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        add(&h, texts[i]);
    hash_u64(&h, r->request_count);
    for (size_t i = 0; i < r->request_count; i++)
        add(&h, r->slots[i].request);
    hash_u64(&h, r->sign_off_count);
    for (size_t i = 0; i < r->sign_off_count; i++) {
        const csign_slot *slot = &r->slots[i];
        add(&h, slot->sign_off);
        hash_u64(&h, slot->entry);
        hash_u64(&h, slot->transaction_data_count);
        for (size_t k = 0; k < slot->transaction_data_count; k++)
            add(&h, slot->transaction_data[k]);
    }
    hash_final(&h, ret);
}

/* --- the chain --- */

csign_code chain_add(struct ledger *l, struct receipt *receipt)
{
    char memory[RECEIPT_MAX];
    struct buffer line = buffer_open(memory, sizeof memory);
    const bool is_permit = receipt->event == RECEIPT_PERMIT;
    receipt->seq = l->chain.next_seq;
    receipt_write(&line, receipt);
    if (line.overflow)
        return CSIGN_E_TOO_LARGE;
    receipt_head_next(l->chain.head, receipt->seq, buffer_span(&line));
    TRY(RUN(&l->writer, SQL_RECEIPT_ADD, INTEGER(receipt->seq), INTEGER(receipt->time_ms), INTEGER(is_permit),
            TEXT(buffer_span(&line)), HASH(l->chain.head)));
    l->chain.next_seq++;
    l->chain.permits += is_permit;
    return CSIGN_OK;
}
