#include "policy_note.h"

csign_code policy_note_read(struct session *session, const uint8_t name[POLICY_NOTE_NAME], struct buffer *out)
{
    struct query q = QUERY(session, SQL_POLICY_NOTE_SERVED, VALUE_BLOB(span_of(name, POLICY_NOTE_NAME)));
    bool found = query_row(&q);
    if (found)
        buffer_put(out, query_text(&q, 0));
    TRY(query_close(&q));
    return found ? CSIGN_OK : CSIGN_E_NOT_FOUND;
}
