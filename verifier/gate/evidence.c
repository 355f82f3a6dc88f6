/*
 * Evidence: what the status log and the freshness keys signed, and as of when. Age counts from the observation that a
 * freshness key cosigned, never from when it was fetched (LESSONS 13).
 */
#include "gate.h"
#include "fresh.h"

/* The log's signature on a note; *ret_expired tells whether every key that signed has left its validity at `time`. */
static csign_code verify_log(const struct root *root, const struct note *note, bool has_time, int64_t time,
                             bool *ret_expired, csign_fault *fault)
{
    bool is_signed = false, expired = true;
    for (size_t i = 0; i < root->statuslog_count; i++) {
        csign_code code = note_verify(note, &root->statuslogs[i].vkey, NULL);
        if (code == CSIGN_E_NOTE_UNSIGNED)
            continue;
        if (code != CSIGN_OK)
            return fault_set(fault, code, "statuslog", "the log's signature does not verify");
        is_signed = true;
        if (!has_time || validity_holds(root->statuslogs[i].validity, time))
            expired = false;
    }
    if (!is_signed)
        return fault_set(fault, CSIGN_E_NOTE_UNSIGNED, "statuslog", "not signed by a status log key of the root");
    *ret_expired = expired;
    return CSIGN_OK;
}

csign_code evidence_time(const struct root *root, const struct note *note, bool *ret_has_time, int64_t *ret_time,
                         csign_fault *fault)
{
    int64_t times[NOTE_SIGNATURES_MAX];
    const struct public_key *counted[NOTE_SIGNATURES_MAX];
    size_t count = 0;
    *ret_has_time = false;
    for (size_t i = 0; i < root->fresh_count && count < NOTE_SIGNATURES_MAX; i++) {
        uint64_t time;
        bool again = false;
        for (size_t k = 0; k < count; k++) /* LESSONS 36: one key counts once, under however many lines */
            again |= public_key_equal(counted[k], &root->fresh[i].vkey.key);
        csign_code code = again ? CSIGN_E_NOTE_UNSIGNED : note_verify(note, &root->fresh[i].vkey, &time);
        if (code == CSIGN_E_NOTE_UNSIGNED)
            continue;
        if (code != CSIGN_OK)
            return fault_set(fault, code, "fresh", "a cosignature does not verify");
        if (!validity_holds(root->fresh[i].validity, (int64_t)time))
            continue;
        counted[count] = &root->fresh[i].vkey.key;
        size_t place = count++;
        for (; place > 0 && times[place - 1] < (int64_t)time; place--)
            times[place] = times[place - 1];
        times[place] = (int64_t)time;
    }
    if (count >= root->freshness) {
        *ret_has_time = true;
        *ret_time = times[root->freshness - 1];
    }
    return CSIGN_OK;
}

csign_code evidence_read(const struct root *root, span bytes, struct buffer *scratch, struct evidence *ret,
                         csign_fault *fault)
{
    struct note note;
    bool expired;
    if (bytes.size > CHECKPOINT_MAX)
        return fault_set(fault, CSIGN_E_TOO_LARGE, "checkpoint", "longer than 8 KiB");
    TRY(note_read(bytes, scratch, &note, fault));
    TRY(evidence_time(root, &note, &ret->has_time, &ret->time, fault));
    TRY(verify_log(root, &note, ret->has_time, ret->time, &expired, fault));
    TRY(checkpoint_read(note.text, &ret->checkpoint, fault));
    if (!span_equal(ret->checkpoint.origin, root->statuslogs[0].vkey.name))
        return fault_set(fault, CSIGN_E_CHECKPOINT_MALFORMED, "origin", "not the root's status log");
    if (expired) /* an ending still acts; an ALLOW needs a log key that was valid then */
        ret->has_time = false;
    return CSIGN_OK;
}
