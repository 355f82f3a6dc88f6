/* Checks 4 and 5: the stored requests, and the sign-offs that answer them. */
#include "base64.h"
#include "cache.h"

csign_code check_request(struct deciding *d)
{
    const struct csign_release *r = d->release;
    const struct tool tool = {7, r->tool_id, r->tool_model, r->tool_version};
    d->slot_count = r->sign_off_count;
    EACH_SLOT(d, slot)
    {
        size_t place = d->slot - 1;
        REFUSE_IF(d, place >= r->request_count || !r->slots[place].request.data, CSIGN_E_NO_REQUEST, "requests",
                  "none for this sign-off");
        TRY(request_read(r->slots[place].request, &d->scratch, &slot->request, &d->fault));
        const struct request *q = &slot->request;
        const struct {
            const char *name;
            bool equal;
        } members[] = {
            {"act", span_equal(q->act, r->act)},
            {"setting", q->setting == d->setting},
            {"jurisdiction", span_equal(q->jurisdiction, r->jurisdiction)},
            {"site", span_equal(q->site, r->site)},
            {"tool", tool_equal(&q->tool, &tool)},
            {"audience", span_equal(q->audience, r->audience) && span_equal(q->audience, d->gate->opening->deployment)},
            {"request_id", span_equal(q->request_id, r->request_id)},
            {"slot", q->slot == d->slot},
        };
        for (size_t i = 0; i < sizeof members / sizeof *members; i++)
            REFUSE_IF(d, !members[i].equal, CSIGN_E_REQUEST_MISMATCH, members[i].name, "not what was requested");
        REFUSE_IF(d, r->slots[place].received_at > (int64_t)q->expires_at + SKEW_TOKEN, CSIGN_E_REQUEST_EXPIRED,
                  "expires_at", "passed when the sign-off was received");
    }
    return passed(d, CHECK_REQUEST);
}

static csign_code no_space(struct deciding *d)
{
    return fault_set(&d->fault, CSIGN_E_NO_SPACE, "", "the workspace is full");
}

/* Parses a credential that is not in the cache, into memory that the cache can keep if it fits there. */
static csign_code read_credential(struct deciding *d, struct answered *slot)
{
    const uint8_t *root = d->gate->root->root.hash;
    struct buffer arena;
    slot->entry = cache_claim(d->cache, slot->sd_hash, root);
    for (;;) {
        span decoded[DISCLOSURES_MAX];
        if (slot->entry) {
            arena = buffer_open(slot->entry->arena, sizeof slot->entry->arena);
            slot->vetted = &slot->entry->vetted;
        } else if (!(slot->vetted = schema_scratch_in(&d->scratch, 1, sizeof *slot->vetted))) {
            return no_space(d);
        }
        struct buffer *scratch = slot->entry ? &arena : &d->scratch;
        slot->vetted->verified = false;
        csign_code code = jws_decode(&slot->presentation.jwt, scratch, &d->fault);
        if (code == CSIGN_OK)
            code = disclosure_decode(&slot->presentation, scratch, decoded, &d->fault);
        if (code == CSIGN_OK)
            code = credential_read(&slot->presentation, decoded, scratch, &slot->vetted->credential, &d->fault);
        if (code != CSIGN_E_NO_SPACE || !slot->entry)
            return code;
        slot->entry = NULL; /* too large to keep: again, in the workspace */
    }
}

/* Entries under one signature are of one act and setting; whose patient they are is check 14's. */
static bool entries_agree(const struct transaction *a, const struct transaction *b)
{
    return span_equal(a->act, b->act) && a->setting == b->setting && span_equal(a->jurisdiction, b->jurisdiction) &&
           span_equal(a->site, b->site) && a->slot == b->slot && tool_equal(&a->tool, &b->tool) &&
           reference_equal(&a->encounter_ref, &b->encounter_ref) && facts_equal(&a->facts, &b->facts);
}

static csign_code read_entries(struct deciding *d, struct answered *slot, const csign_slot *in)
{
    slot->entry_count = in->transaction_data_count;
    slot->entries = schema_scratch_in(&d->scratch, slot->entry_count, sizeof *slot->entries);
    if (!slot->entries)
        return no_space(d);
    for (size_t i = 0; i < slot->entry_count; i++) {
        span json;
        if (!base64url_decode(&d->scratch, in->transaction_data[i], &json))
            return d->scratch.overflow ? no_space(d)
                                       : fault_set(&d->fault, CSIGN_E_MALFORMED_BASE64, "transaction_data",
                                                   "not canonical base64url");
        TRY(transaction_read(json, &d->scratch, &slot->entries[i], &d->fault));
    }
    slot->transaction = &slot->entries[in->entry];
    for (size_t i = 0; i < slot->entry_count; i++)
        REFUSE_IF(d, !entries_agree(slot->transaction, &slot->entries[i]), CSIGN_E_MALFORMED_TRANSACTION,
                  "transaction_data", "entries under one signature differ in more than their documents");
    return CSIGN_OK;
}

/* The signed hashes are of the strings as received, as many, in the same order (TOKENS 5.2). */
static csign_code check_hashes(struct deciding *d, struct answered *slot, const csign_slot *in)
{
    uint8_t digest[CSIGN_HASH_SIZE];
    REFUSE_IF(d, slot->binding.hash_count != slot->entry_count, CSIGN_E_HASH_MISMATCH, "transaction_data_hashes",
              "not as many as entries");
    for (size_t i = 0; i < slot->entry_count && i < slot->binding.hash_count; i++) {
        hash_of(in->transaction_data[i], digest);
        REFUSE_IF(d, !hash_equal(digest, slot->binding.hashes[i]), CSIGN_E_HASH_MISMATCH, "transaction_data_hashes",
                  "another entry was signed");
        if (i == in->entry)
            sign_off_id(slot->presentation.key_binding.signing_input, digest, slot->id);
    }
    return CSIGN_OK;
}

static csign_code check_sizes(struct deciding *d, const csign_slot *in)
{
    size_t size = in->sign_off.size;
    REFUSE_IF(d, in->transaction_data_count < 1 || in->transaction_data_count > CSIGN_ENTRIES_MAX || !in->transaction_data,
              CSIGN_E_MALFORMED_TOKEN, "transaction_data", "not 1 to 16 entries");
    REFUSE_IF(d, in->entry >= in->transaction_data_count, CSIGN_E_MALFORMED_TOKEN, "entry", "no such entry");
    for (size_t i = 0; i < in->transaction_data_count; i++) {
        REFUSE_IF(d, in->transaction_data[i].size > CSIGN_ENTRY_MAX, CSIGN_E_MALFORMED_TOKEN, "transaction_data",
                  "an entry longer than 2 KiB");
        size += in->transaction_data[i].size;
    }
    REFUSE_IF(d, size > CSIGN_SIGN_OFF_MAX, CSIGN_E_MALFORMED_TOKEN, "sign_off", "longer than 96 KiB with its entries");
    return CSIGN_OK;
}

static csign_code read_sign_off(struct deciding *d, struct answered *slot, const csign_slot *in)
{
    TRY(presentation_split(in->sign_off, true, &slot->presentation, &d->fault));
    TRY(check_sizes(d, in));
    hash_of(slot->presentation.bound, slot->sd_hash);
    struct cache_entry *known = cache_find(d->cache, slot->sd_hash, d->gate->root->root.hash);
    slot->entry = NULL;
    slot->vetted = known ? &known->vetted : NULL;
    TRY(jws_decode(&slot->presentation.key_binding, &d->scratch, &d->fault));
    if (!known)
        TRY(read_credential(d, slot));
    TRY(key_binding_read(&slot->presentation.key_binding, &d->scratch, &slot->binding, &d->fault));
    TRY(read_entries(d, slot, in));
    TRY(check_hashes(d, slot, in));
    csign_code code = request_check(&slot->request, slot->transaction, &d->fault);
    REFUSE_IF(d, code != CSIGN_OK, CSIGN_E_SIGNOFF_MISMATCH, d->fault.field, d->fault.reason);
    return CSIGN_OK;
}

csign_code check_sign_off(struct deciding *d)
{
    for (size_t i = 0; d->slot_count == 0 && i < d->applicable_count && !d->out->no_signoff_text.data; i++)
        d->out->no_signoff_text = d->applicable[i].rule->no_signoff_text;
    REFUSE_IF(d, d->slot_count == 0, CSIGN_E_NO_SIGNOFF, "sign_offs", "none");
    EACH_SLOT(d, slot)
    TRY(read_sign_off(d, slot, &d->release->slots[d->slot - 1]));
    return passed(d, CHECK_SIGN_OFF);
}
