#include "deed_row.h"
#include "rows.h"

#include <stdlib.h>

#define WORDS(name, ...)                                                                                                    \
    static const char *const name##_words[] = {__VA_ARGS__};                                                                \
    const struct vocabulary name = {name##_words, sizeof name##_words / sizeof *name##_words}
WORDS(deed_states, "waiting", "accepted", "effective", "expired", "voided");

csign_code deed_row_read(struct session *session, const uint8_t hash[CSIGN_HASH_SIZE], struct buffer *scratch,
                         struct deed_row *ret, bool *ret_found)
{
    struct query q = QUERY(session, SQL_DEED_READ, VALUE_HASH(hash));
    *ret = (struct deed_row){0};
    *ret_found = query_row(&q);
    if (*ret_found) {
        ret->state = (enum deed_state)query_integer(&q, 0);
        ret->id = copy_span(scratch, query_text(&q, 1));
        ret->kind = (enum deed_kind)query_integer(&q, 2);
        ret->body = copy_span(scratch, query_text(&q, 3));
        ret->valid_until_s = (uint64_t)query_integer(&q, 4);
        ret->received_ms = (uint64_t)query_integer(&q, 5);
        ret->accepted_ms = (uint64_t)query_integer(&q, 6);
        ret->effective_ms = (uint64_t)query_integer(&q, 7);
        ret->number = (uint64_t)query_integer(&q, 8);
        if (!query_null(&q, 9))
            query_bytes(&q, 9, ret->chain, sizeof ret->chain);
        ret->result = copy_span(scratch, query_text(&q, 10));
        ret->text = copy_span(scratch, query_text(&q, 11));
        ret->corrected = copy_span(scratch, query_text(&q, 12));
        ret->needs = (uint64_t)query_integer(&q, 13);
        ret->licence = copy_span(scratch, query_text(&q, 14));
        ret->practitioner = copy_span(scratch, query_text(&q, 15));
    }
    TRY(query_close(&q));
    return buffer_code(scratch);
}

csign_code deed_row_parse(const struct deed_row *row, struct buffer *scratch, struct deed *ret, csign_fault *fault)
{
    TRY(deed_read(row->text, scratch, ret, fault));
    if (!row->corrected.data)
        return CSIGN_OK;
    size_t from = scratch->size;
    deed_write(scratch, ret->origin, ret->id, row->corrected);
    TRY(buffer_code(scratch));
    return deed_read(buffer_since(scratch, from), scratch, ret, fault);
}

/* --- showing --- */

/* The officers who signed; counts those in office, whose approvals count. */
static csign_code put_signers(struct json_out *o, struct session *session, const uint8_t *hash, uint64_t *ret_approvals)
{
    struct query q = QUERY(session, SQL_DEED_SIGNATURES, VALUE_HASH(hash));
    json_put_name(o, "signers");
    json_put_array(o);
    while (query_row(&q)) {
        uint8_t memory[2 * CSIGN_ID_MAX + 1];
        struct buffer name = buffer_open(memory, sizeof memory);
        buffer_put(&name, query_text(&q, 0));
        buffer_byte(&name, '/');
        buffer_put(&name, query_text(&q, 1));
        json_put_object(o);
        json_put_text_member(o, "officer", buffer_span(&name));
        json_put_integer_member(o, "at_ms", (uint64_t)query_integer(&q, 4));
        json_end_object(o);
    }
    json_end_array(o);
    TRY(query_close(&q));
    q = QUERY(session, SQL_DEED_APPROVALS, VALUE_HASH(hash));
    *ret_approvals = query_row(&q) ? (uint64_t)query_integer(&q, 0) : 0;
    return query_close(&q);
}

/* The note as an officer signs it next: the text and all lines so far. */
static csign_code put_note(struct json_out *o, struct session *session, const uint8_t *hash, span text, struct buffer *scratch)
{
    size_t from = scratch->size;
    buffer_put(scratch, text);
    buffer_byte(scratch, '\n');
    struct query q = QUERY(session, SQL_DEED_SIGNATURES, VALUE_HASH(hash));
    while (query_row(&q)) {
        uint8_t memory[2 * CSIGN_ID_MAX + 1];
        struct buffer name = buffer_open(memory, sizeof memory);
        struct public_key key;
        buffer_put(&name, query_text(&q, 0));
        buffer_byte(&name, '/');
        buffer_put(&name, query_text(&q, 1));
        query_bytes(&q, 2, key.bytes, sizeof key.bytes);
        struct vkey vkey = vkey_make(buffer_span(&name), NOTE_ED25519, &key);
        note_put_signature(scratch, &vkey, query_blob(&q, 3));
    }
    TRY(query_close(&q));
    TRY(buffer_code(scratch));
    json_put_text_member(o, "note", buffer_since(scratch, from));
    return CSIGN_OK;
}

enum deed_state deed_row_state(const struct deed_row *row, uint64_t now_ms)
{
    return row->state == DEED_WAITING && row->valid_until_s * 1000 <= now_ms ? DEED_EXPIRED : row->state;
}

static csign_code put_row(struct json_out *o, struct session *session, const uint8_t *hash, const struct deed_row *row,
                          struct buffer *scratch, bool note)
{
    enum deed_state state = deed_row_state(row, session_time_ms(session));
    uint64_t approvals;
    json_put_object(o);
    json_put_base64url_member(o, "hash", span_of(hash, CSIGN_HASH_SIZE));
    json_put_text_member(o, "id", row->id);
    json_put_text_member(o, "do", span_text(vocabulary_word(&deed_kinds, (uint8_t)row->kind)));
    json_put_text_member(o, "at", row->body);
    json_put_text_member(o, "state", span_text(vocabulary_word(&deed_states, (uint8_t)state)));
    if (row->number) {
        json_put_integer_member(o, "number", row->number);
        json_put_base64url_member(o, "chain", span_of(row->chain, sizeof row->chain));
    }
    json_put_integer_member(o, "received_ms", row->received_ms);
    if (row->accepted_ms)
        json_put_integer_member(o, "accepted_ms", row->accepted_ms);
    if (row->effective_ms)
        json_put_integer_member(o, "effective_ms", row->effective_ms);
    json_put_integer_member(o, "valid_until", row->valid_until_s);
    TRY(put_signers(o, session, hash, &approvals));
    json_put_integer_member(o, "needs", state == DEED_WAITING && approvals < row->needs ? row->needs - approvals : 0);
    if (row->result.data) {
        json_put_name(o, "result");
        json_put_raw(o, row->result);
    }
    if (note)
        TRY(put_note(o, session, hash, row->text, scratch));
    json_end_object(o);
    return buffer_code(o->to);
}

csign_code deed_row_put(struct json_out *o, struct session *session, const uint8_t hash[CSIGN_HASH_SIZE], bool note)
{
    struct buffer scratch = buffer_open(malloc(DEED_ROW_SCRATCH + DEED_NOTE_MAX), DEED_ROW_SCRATCH + DEED_NOTE_MAX);
    struct deed_row row;
    bool found;
    if (!scratch.data)
        return CSIGN_E_NO_SPACE;
    csign_code code = deed_row_read(session, hash, &scratch, &row, &found);
    if (code == CSIGN_OK)
        code = found ? put_row(o, session, hash, &row, &scratch, note) : CSIGN_E_NOT_FOUND;
    free(scratch.data);
    return code;
}
