/* Notes and the texts that travel in them: checkpoints and fresh notes; verifier keys, from the lines of the
 * text. */
#include "fuzz.h"

#include "checkpoint.h"
#include "cursor.h"
#include "fresh.h"

static void check_vkeys(const struct note *note)
{
    struct cursor c = cursor_open(note->text);
    struct vkey vkey;
    span line;
    while (cursor_line(&c, &line))
        if (vkey_read(line, &vkey)) {
            struct buffer again = fuzz_scratch(line.size);
            vkey_write(&again, &vkey);
            PROMISE(span_equal(buffer_span(&again), line));
            free(again.data);
            (void)note_verify(note, &vkey, NULL);
        }
}

static void check_texts(span text)
{
    struct buffer again = fuzz_scratch(text.size);
    struct checkpoint checkpoint;
    struct fresh fresh;
    csign_fault fault;
    if (checkpoint_read(text, &checkpoint, &fault) == CSIGN_OK) {
        checkpoint_write(&again, &checkpoint);
        PROMISE(span_equal(buffer_span(&again), text));
    }
    again.size = 0;
    if (fresh_read(text, &fresh, &fault) == CSIGN_OK) {
        fresh_write(&again, &fresh);
        PROMISE(span_equal(buffer_span(&again), text));
    }
    free(again.data);
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer scratch = fuzz_scratch(size);
    struct note note;
    csign_fault fault = {CSIGN_OK, NULL, NULL, 0};
    uint8_t hash[CSIGN_HASH_SIZE];
    csign_code code = note_read(span_of(data, size), &scratch, &note, &fault);
    fuzz_accepted = code == CSIGN_OK;
    if (fuzz_accepted) {
        PROMISE(note.text.data == data && note.text.size < size && note.text.data[note.text.size - 1] == '\n');
        PROMISE(note.signature_count >= 1 && note.signature_count <= NOTE_SIGNATURES_MAX);
        note_hash(&note, hash);
        check_vkeys(&note);
        check_texts(note.text);
    } else {
        PROMISE(code == CSIGN_E_NOTE_MALFORMED); /* scratch of the note's size suffices */
        PROMISE(fault.code == code && fault.field && fault.reason && fault.offset <= size);
    }
    free(scratch.data);
    return 0;
}
