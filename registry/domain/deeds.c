/*
 * A deed's way into the registry: read and verified on the caller's thread, judged in the transaction that takes it. One signature
 * waits; the one that completes the number makes it accepted, numbered and chained, and effective unless its time lies ahead.
 */
#include "deed_row.h"
#include "deeds_accept.h"
#include "rows.h"

#include <stdlib.h>

#define SCRATCH_SIZE (16u * DEED_MAX) /* of what is read from the note, and from rows */

struct signer {
    char name[2 * CSIGN_ID_MAX + 2]; /* body/officer */
    span body, officer;
    struct public_key key;
    uint8_t signature[CSIGN_SIGNATURE_SIZE];
};

struct deed_submission_inside {
    const struct registry *registry;
    struct note note;
    struct deed deed;
    uint8_t hash[CSIGN_HASH_SIZE];
    struct signer signers[DEED_SIGNATURES_MAX];
    size_t signer_count;
    struct buffer scratch, view;
    uint8_t bytes[DEED_NOTE_MAX];
    uint8_t view_memory[DEED_VIEW_MAX];
    uint8_t scratch_memory[SCRATCH_SIZE];
};

/* --- the signatures, on the caller's thread --- */

/* A line under one officer's name by the key of another officer of that body. */
static csign_code unknown_or_same_key(struct session *session, const struct signer *s, const struct note_signature *line,
                                      csign_fault *fault)
{
    struct query q = QUERY(session, SQL_OFFICER_KEYS, VALUE_TEXT(s->body));
    bool other = false;
    while (query_row(&q)) {
        struct public_key key;
        query_bytes(&q, 1, key.bytes, sizeof key.bytes);
        struct vkey vkey = vkey_make(line->name, NOTE_ED25519, &key);
        other |= memcmp(vkey.id, line->id, sizeof vkey.id) == 0;
    }
    TRY(query_close(&q));
    return other ? fault_set(fault, CSIGN_E_SAME_KEY, "signature", "the key of another officer of that body")
                 : fault_set(fault, CSIGN_E_OFFICER_UNKNOWN, "signature", "not the key of the officer who is named");
}

static csign_code read_signer(struct session *session, const struct note_signature *line, struct signer *ret,
                              csign_fault *fault)
{
    const uint8_t *slash = memchr(line->name.data, '/', line->name.size);
    if (!slash || line->name.size >= sizeof ret->name)
        return fault_set(fault, CSIGN_E_OFFICER_UNKNOWN, "signature", "a signer is named body/officer");
    memcpy(ret->name, line->name.data, line->name.size);
    size_t body = (size_t)(slash - line->name.data);
    ret->body = span_of(ret->name, body);
    ret->officer = span_of(ret->name + body + 1, line->name.size - body - 1);
    struct query q = QUERY(session, SQL_OFFICER_READ, VALUE_TEXT(ret->body), VALUE_TEXT(ret->officer));
    bool found = query_row(&q);
    if (found)
        query_bytes(&q, 0, ret->key.bytes, sizeof ret->key.bytes);
    TRY(query_close(&q));
    if (!found)
        return fault_set(fault, CSIGN_E_OFFICER_UNKNOWN, "signature", "no officer of this name");
    struct vkey vkey = vkey_make(line->name, NOTE_ED25519, &ret->key);
    if (memcmp(vkey.id, line->id, sizeof vkey.id) != 0)
        return unknown_or_same_key(session, ret, line, fault);
    if (line->bytes.size == sizeof ret->signature)
        memcpy(ret->signature, line->bytes.data, sizeof ret->signature);
    return CSIGN_OK;
}

static csign_code read_signers(struct session *session, struct deed_submission_inside *in, csign_fault *fault)
{
    if (in->note.signature_count > DEED_SIGNATURES_MAX)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "signature", "more than 16 signatures");
    for (size_t i = 0; i < in->note.signature_count; i++) {
        struct signer *s = &in->signers[i];
        TRY(read_signer(session, &in->note.signatures[i], s, fault));
        for (size_t k = 0; k < i; k++)
            if (span_equal(in->signers[k].body, s->body) && span_equal(in->signers[k].officer, s->officer))
                return fault_set(fault, CSIGN_E_SAME_PERSON, "signature", "one officer signed twice");
        struct vkey vkey = vkey_make(in->note.signatures[i].name, NOTE_ED25519, &s->key);
        csign_code code = note_verify(&in->note, &vkey, NULL);
        if (code != CSIGN_OK)
            return fault_set(fault, code, "signature", "does not verify over this text");
        in->signer_count++;
    }
    return CSIGN_OK;
}

/* Without an empty line there is no signature, only a text. */
static bool is_unsigned(span note)
{
    for (size_t i = 1; i < note.size; i++)
        if (note.data[i] == '\n' && note.data[i - 1] == '\n')
            return false;
    return true;
}

static csign_code prepare(struct deed_submission_inside *in, span note, csign_fault *fault)
{
    memcpy(in->bytes, note.data, note.size);
    note = span_of(in->bytes, note.size);
    if (is_unsigned(note))
        return fault_set(fault, CSIGN_E_NOTE_UNSIGNED, "signature", "no signature line");
    TRY(note_read(note, &in->scratch, &in->note, fault));
    TRY(deed_read(in->note.text, &in->scratch, &in->deed, fault));
    if (!span_equal(in->deed.origin, in->registry->root.origin))
        return fault_set(fault, CSIGN_E_DEED_MALFORMED, "origin", "for another registry");
    note_hash(&in->note, in->hash);
    struct session *reader = store_reader(in->registry->store);
    if (!reader)
        return CSIGN_E_UNAVAILABLE;
    csign_code code = read_signers(reader, in, fault);
    store_reader_end(in->registry->store, reader);
    return code;
}

/* --- the transaction --- */

/* The officers, as they are now: keys and offices may have changed since the caller's thread looked. */
static csign_code check_officer(struct session *session, const struct signer *s, csign_fault *fault)
{
    struct query q = QUERY(session, SQL_OFFICER_READ, VALUE_TEXT(s->body), VALUE_TEXT(s->officer));
    bool found = query_row(&q);
    bool same = found && span_equal(query_blob(&q, 0), span_of(s->key.bytes, sizeof s->key.bytes));
    bool ended = found && !query_null(&q, 1);
    TRY(query_close(&q));
    if (!same)
        return fault_set(fault, CSIGN_E_OFFICER_UNKNOWN, "signature", "no officer of this name and key");
    return ended ? fault_set(fault, CSIGN_E_OFFICER_ENDED, "signature", "no longer in office") : CSIGN_OK;
}

static csign_code check_body(struct session *session, const struct signer *s, span at, csign_fault *fault)
{
    bool is_authority;
    if (span_equal(s->body, at))
        return CSIGN_OK;
    TRY(query_found(QUERY(session, SQL_BODY_IS_AUTHORITY, VALUE_TEXT(s->body)), &is_authority));
    return is_authority ? fault_set(fault, CSIGN_E_FOREIGN_JURISDICTION, "at", "a signer is of another authority")
                        : fault_set(fault, CSIGN_E_FOREIGN_INSTITUTION, "at", "a signer is of another institution");
}

/* What became of a deed that is known decides first: the same text again is a signature more, or a replay. */
static csign_code check_state(const struct acting *a, const struct deed_row *row, bool found, csign_fault *fault)
{
    bool used;
    if (!found) {
        TRY(query_found(QUERY(a->session, SQL_DEED_ID_IS_USED, VALUE_TEXT(a->deed->id)), &used));
        if (used)
            return fault_set(fault, CSIGN_E_DEED_REPLAYED, "id", "used by a deed with another text");
    } else if (row->state == DEED_ACCEPTED || row->state == DEED_EFFECTIVE) {
        return fault_set(fault, CSIGN_E_DEED_REPLAYED, "id", "accepted already");
    } else if (row->state == DEED_VOIDED) {
        return fault_set(fault, CSIGN_E_DEED_REPLAYED, "id", "voided by an order or a deed");
    }
    if (a->deed->head.valid_until * 1000 <= a->now_ms)
        return fault_set(fault, CSIGN_E_DEED_EXPIRED, "valid_until", "passed");
    return CSIGN_OK;
}

/* Keeps the signatures that are new. Lines that were known already may stand beside a new one: notes are passed on. */
static csign_code keep_signatures(const struct acting *a, const struct deed_submission_inside *in)
{
    size_t added = 0;
    for (size_t i = 0; i < in->signer_count; i++) {
        const struct signer *s = &in->signers[i];
        const struct value values[] = {VALUE_HASH(in->hash),
                                       VALUE_TEXT(s->body),
                                       VALUE_TEXT(s->officer),
                                       VALUE_BLOB(span_of(s->key.bytes, sizeof s->key.bytes)),
                                       VALUE_BLOB(span_of(s->signature, sizeof s->signature)),
                                       VALUE_INTEGER(a->now_ms)};
        uint64_t changed;
        TRY(query_run(a->session, SQL_DEED_SIGNATURE_INSERT, values, sizeof values / sizeof *values, &changed));
        added += changed;
    }
    return added ? CSIGN_OK : fault_set(a->fault, CSIGN_E_SAME_PERSON, "signature", "who signs has signed it already");
}

static csign_code insert(const struct acting *a, const struct deed_submission_inside *in)
{
    return RUN(a->session, SQL_DEED_INSERT, VALUE_HASH(in->hash), VALUE_TEXT(a->deed->id), VALUE_INTEGER(a->deed->head.kind),
               VALUE_TEXT(a->deed->head.at), VALUE_TEXT(in->note.text), VALUE_INTEGER(a->needs),
               VALUE_INTEGER(a->deed->head.valid_until), VALUE_INTEGER(a->now_ms), VALUE_TEXT(a->licence),
               VALUE_TEXT(a->practitioner));
}

static csign_code take(struct acting *a, struct deed_submission *s)
{
    const struct deed_submission_inside *in = s->inside;
    struct deed_row row;
    bool found;
    TRY(deed_row_read(a->session, in->hash, a->scratch, &row, &found));
    TRY(check_state(a, &row, found, a->fault));
    for (size_t i = 0; i < in->signer_count; i++)
        TRY(check_officer(a->session, &in->signers[i], a->fault));
    for (size_t i = 0; i < in->signer_count; i++)
        TRY(check_body(a->session, &in->signers[i], a->deed->head.at, a->fault));
    TRY(power_check(a));
    for (size_t i = 0; i < in->signer_count; i++)
        TRY(power_check_own(a, in->signers[i].officer, in->signers[i].key.bytes));
    if (!found)
        TRY(insert(a, in));
    TRY(keep_signatures(a, in));

    struct query q = QUERY(a->session, SQL_DEED_APPROVALS, VALUE_HASH(in->hash));
    uint64_t approvals = query_row(&q) ? (uint64_t)query_integer(&q, 0) : 0;
    TRY(query_close(&q));
    s->state = DEED_WAITING;
    return approvals < a->needs ? CSIGN_OK : deed_accept(a, &s->state);
}

static csign_code run(struct operation *operation, struct session *session)
{
    struct deed_submission *s = (struct deed_submission *)operation;
    struct deed_submission_inside *in = s->inside;
    struct buffer scratch = buffer_open(in->scratch.data + in->scratch.size, in->scratch.capacity - in->scratch.size);
    struct acting a = {.registry = in->registry,
                       .session = session,
                       .deed = &in->deed,
                       .hash = in->hash,
                       .now_ms = session_time_ms(session),
                       .scratch = &scratch,
                       .fault = &s->fault};
    csign_code code = take(&a, s);
    if (code != CSIGN_OK) {
        if (s->fault.code != code)
            (void)fault_set(&s->fault, code, "", "");
        return code;
    }
    in->view = buffer_open(in->view_memory, sizeof in->view_memory);
    struct json_out o = json_out(&in->view);
    TRY(deed_row_put(&o, session, in->hash, false));
    s->view = buffer_span(&in->view);
    return CSIGN_OK;
}

csign_code deed_submission_prepare(const struct registry *registry, span note, struct deed_submission **ret, csign_fault *fault)
{
    if (note.size > DEED_NOTE_MAX)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "", "longer than a deed and its signatures");
    struct deed_submission *s = calloc(1, sizeof *s);
    struct deed_submission_inside *in = malloc(sizeof *in);
    csign_code code = CSIGN_E_NO_SPACE;
    if (s && in) {
        memset(in, 0, offsetof(struct deed_submission_inside, bytes)); /* behind it lies a megabyte that is written before it is read */
        s->operation.run = run;
        s->fault = (csign_fault){CSIGN_OK, "", "", 0};
        s->inside = in;
        in->registry = registry;
        in->scratch = buffer_open(in->scratch_memory, sizeof in->scratch_memory);
        code = prepare(in, note, fault);
    }
    if (code == CSIGN_OK) {
        *ret = s;
        return CSIGN_OK;
    }
    free(s);
    free(in);
    return code;
}

void deed_submission_free(struct deed_submission **submission)
{
    if (*submission)
        free((*submission)->inside);
    free(*submission);
    *submission = NULL;
}
