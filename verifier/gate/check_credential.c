/* Checks 6 to 8: the registry vouched for this person, the person's own key signed, and the log still says so. */
#include "base64.h"
#include "cache.h"

/* Whether a line of the root could have issued the credential: name, key and validity at iat. */
static bool line_issues(const struct root_issuer *line, const struct credential *c)
{
    return span_equal(line->iss, c->iss) && span_equal(span_text(line->kid), c->kid) &&
           validity_holds(line->validity, (int64_t)c->iat);
}

/* The key that the root names for a credential, if its lines cover each code of `jurisdiction`; else NULL. */
static const struct public_key *find_issuer(const struct root *root, const struct credential *c)
{
    const struct public_key *key = NULL;
    for (size_t code = 0; code < c->jurisdiction.count; code++) {
        bool covered = false;
        for (size_t i = 0; i < root->issuer_count && !covered; i++) {
            const struct root_issuer *line = &root->issuers[i];
            covered = line_issues(line, c) && jurisdiction_covers(line->jurisdiction, c->jurisdiction.items[code]);
            if (covered)
                key = &line->key;
        }
        if (!covered)
            return NULL;
    }
    return key;
}

/* Verifies what the cache may remember. */
static csign_code verify_credential(struct deciding *d, struct answered *slot)
{
    static const struct public_key nobody = {{0}};
    struct credential *c = &slot->vetted->credential;
    uint8_t thumbprint[CSIGN_HASH_SIZE];
    const struct public_key *issuer = find_issuer(&d->gate->root->root, c);
    REFUSE_IF(d, !issuer, CSIGN_E_ISSUER_UNKNOWN, "iss", "no issuer line of the root has this name, key and jurisdiction then");
    REFUSE_IF(d, !jws_verify(&slot->presentation.jwt, issuer ? issuer : &nobody), CSIGN_E_SIGNATURE_BAD, "credential",
              "not the issuer's signature");
    public_key_thumbprint(&c->cnf.jwk.x, thumbprint);
    leaf_binding_commit(c->iss, c->sub, thumbprint, slot->vetted->commit);
    slot->vetted->verified = true;
    return CSIGN_OK;
}

csign_code check_credential(struct deciding *d)
{
    EACH_SLOT(d, slot)
    {
        if (!slot->vetted->verified)
            TRY(verify_credential(d, slot));
        const struct credential *c = &slot->vetted->credential;
        int64_t signed_at = (int64_t)slot->binding.iat, received_at = d->release->slots[d->slot - 1].received_at;
        int64_t expires = (int64_t)c->exp, begins = (int64_t)(c->nbf > c->iat ? c->nbf : c->iat);
        bool is_test_root = d->gate->root->root.kind == ROOT_TEST;
        REFUSE_IF(d, !credential_type_matches(c), CSIGN_E_TYPE_WRONG, "vct", "not the issuer's practitioner type");
        REFUSE_IF(d, c->test != is_test_root, CSIGN_E_CREDENTIAL_TEST, "test", "not as the root's kind");
        REFUSE_IF(d, signed_at >= expires + SKEW_TOKEN, CSIGN_E_CREDENTIAL_EXPIRED, "exp", "passed when it was signed");
        REFUSE_IF(d, received_at >= expires + SKEW_TOKEN, CSIGN_E_CREDENTIAL_EXPIRED, "exp", "passed when it was received");
        REFUSE_IF(d, signed_at < begins - SKEW_TOKEN, CSIGN_E_CREDENTIAL_NOT_YET, "nbf", "later than the signature");
        REFUSE_IF(d, c->exp - c->nbf > CREDENTIAL_LIFE_MAX, CSIGN_E_CREDENTIAL_TOO_LONG, "exp", "more than 24 hours after nbf");
    }
    return passed(d, CHECK_CREDENTIAL);
}

/* What a person will want to know of a signer: told only once both signatures have held. */
static void describe_signer(struct deciding *d, const struct answered *slot)
{
    const struct credential *c = &slot->vetted->credential;
    const struct transaction *t = slot->transaction;
    csign_signer *signer = &d->out->signers[d->out->signer_count++];
    signer->slot = d->slot;
    signer->index = c->status.countersign.idx;
    signer->name = c->name;
    signer->licence_number = c->licence_number;
    signer->subject = c->sub;
    signer->profession = vocabulary_word(&professions, c->profession);
    signer->level = vocabulary_word(&levels, c->level);
    signer->assurance = vocabulary_word(&assurances, c->assurance.level);
    signer->meaning = vocabulary_word(&meanings, t->meaning);
    signer->disposition = vocabulary_word(&dispositions, t->disposition);
    signer->authorship = vocabulary_word(&authorships, t->authorship);
    signer->licensed_until = c->licensed_until;
    signer->signed_at = (int64_t)slot->binding.iat;
    signer->opened_at = (int64_t)t->opened_at;
    memcpy(signer->sign_off_id, slot->id, CSIGN_HASH_SIZE);
    for (size_t i = 0; i < c->jurisdiction.count; i++)
        if (i == 0 || jurisdiction_covers(c->jurisdiction.items[i], t->jurisdiction))
            signer->jurisdiction = c->jurisdiction.items[i];
}

csign_code check_holder(struct deciding *d)
{
    EACH_SLOT(d, slot)
    {
        const struct key_binding *b = &slot->binding;
        const struct public_key *key = &slot->vetted->credential.cnf.jwk.x;
        int64_t signed_at = (int64_t)b->iat, received_at = d->release->slots[d->slot - 1].received_at;
        REFUSE_IF(d, !cache_key_is_sound(d->cache, key), CSIGN_E_HOLDER_KEY_BAD, "cnf", "not a point of the main subgroup");
        REFUSE_IF(d, !jws_verify(&slot->presentation.key_binding, key), CSIGN_E_HOLDER_SIGNATURE_BAD, "key_binding",
                  "not the signature of the bound key");
        REFUSE_IF(d, !hash_equal(b->sd_hash, slot->sd_hash), CSIGN_E_HOLDER_SIGNATURE_BAD, "sd_hash",
                  "another presentation was signed");
        REFUSE_IF(d, !span_equal(b->aud, slot->request.audience), CSIGN_E_AUDIENCE_WRONG, "aud", "not this deployment");
        REFUSE_IF(d, !span_equal(b->nonce, slot->request.nonce), CSIGN_E_NONCE_WRONG, "nonce", "not the request's");
        REFUSE_IF(d, signed_at < (int64_t)slot->request.issued_at - SKEW_TOKEN, CSIGN_E_SIGNOFF_TOO_OLD, "iat",
                  "before the request was made");
        REFUSE_IF(d, d->now - received_at > 0 && (uint64_t)(d->now - received_at) > d->release_limit_s,
                  CSIGN_E_SIGNOFF_TOO_OLD, "received_at", "longer ago than the rule allows");
        REFUSE_IF(d, signed_at > received_at + SKEW_TOKEN, CSIGN_E_SIGNOFF_IN_FUTURE, "iat", "after it was received");
        REFUSE_IF(d, received_at > d->now + SKEW_TOKEN, CSIGN_E_SIGNOFF_IN_FUTURE, "received_at", "after now");
    }
    EACH_SLOT(d, slot)
    describe_signer(d, slot);
    return passed(d, CHECK_HOLDER);
}

/* Whether something issued or signed at `iat` falls under a cut. */
static bool is_cut(const struct deciding *d, enum cut_kind kind, span identifier, span model, uint64_t iat)
{
    uint8_t id[16];
    leaf_cut_id(kind, identifier, model, id);
    return iat * 1000 < status_cut_ms(&d->gate->status, kind, id);
}

static csign_code check_cuts(struct deciding *d, const struct answered *slot)
{
    const struct credential *c = &slot->vetted->credential;
    const struct tool *tool = &slot->transaction->tool;
    const span none = {NULL, 0};
    REFUSE_IF(d, is_cut(d, CUT_INSTITUTION, c->site.id, none, c->iat), CSIGN_E_CUT_INSTITUTION, "site", "cut since");
    REFUSE_IF(d, is_cut(d, CUT_TOOL, tool->id, none, slot->binding.iat), CSIGN_E_CUT_TOOL, "tool", "cut since");
    REFUSE_IF(d, is_cut(d, CUT_MODEL, tool->id, tool->model, slot->binding.iat), CSIGN_E_CUT_MODEL, "model", "cut since");
    REFUSE_IF(d, is_cut(d, CUT_ISSUER, c->kid, none, c->iat), CSIGN_E_CUT_ISSUER, "kid", "cut since");
    REFUSE_IF(d, is_cut(d, CUT_ALL, none, none, c->iat), CSIGN_E_CUT_ALL, "iat", "cut since");
    return CSIGN_OK;
}

csign_code check_binding(struct deciding *d)
{
    const struct status *status = &d->gate->status;
    EACH_SLOT(d, slot)
    {
        const struct status_log_ref *ref = &slot->vetted->credential.status.countersign;
        REFUSE_IF(d, !span_equal(ref->origin, d->gate->root->root.statuslogs[0].vkey.name), CSIGN_E_STATUS_LOG_UNKNOWN,
                  "origin", "not the root's status log");
        REFUSE_IF(d, ref->idx < status->floor, CSIGN_E_RETIRED, "idx", "below the floor of the log");
        REFUSE_IF(d, ref->idx >= d->gate->vouched_bindings, CSIGN_E_BINDING_UNKNOWN, "idx",
                  "not in the tree that freshness keys vouch for");
        if (ref->idx >= status->bindings) /* only a build that deletes the condition comes here */
            continue;
        uint8_t ended = status_ended(status, ref->idx);
        REFUSE_IF(d, memcmp(status_commit(status, ref->idx), slot->vetted->commit, STATUS_COMMIT) != 0,
                  CSIGN_E_BINDING_MISMATCH, "idx", "the log commits it to another person or key");
        REFUSE_IF(d, ended == END_REVOKED, CSIGN_E_REVOKED, "idx", "revoked");
        REFUSE_IF(d, ended == END_SUSPENDED, CSIGN_E_SUSPENDED, "idx", "suspended");
        REFUSE_IF(d, ended == END_SUPERSEDED, CSIGN_E_SUPERSEDED, "idx", "superseded");
        if (status->cut_count > 0)
            TRY(check_cuts(d, slot));
    }
    return passed(d, CHECK_BINDING);
}
