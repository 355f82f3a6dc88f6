#include "cosignature.h"
#include "cursor.h"

#define TIME_SIZE  8u
#define HEADER_MAX 64u /* "cosignature/v1\ntime ", at most 20 digits, a newline */

/*
 * What is signed: the header line, the time in decimal, then the note's text. The cosigner's name is not in it, which is
 * why a cosigner has a key of its own (LOG 2.2).
 */
static bool compose(struct buffer *out, uint64_t time, span text)
{
    buffer_put(out, SPAN("cosignature/v1\ntime "));
    buffer_decimal(out, time);
    buffer_byte(out, '\n');
    if (text.size > COSIGNATURE_TEXT_MAX)
        return false;
    buffer_put(out, text);
    return !out->overflow;
}

bool cosignature_verify(const struct public_key *key, span text, span bytes, uint64_t *ret_time)
{
    uint8_t memory[HEADER_MAX + COSIGNATURE_TEXT_MAX];
    struct buffer message = buffer_open(memory, sizeof memory);
    struct cursor c = cursor_open(bytes);
    uint64_t time;
    /* A time that no int64_t holds would turn negative in a caller's arithmetic. */
    if (bytes.size != COSIGNATURE_SIZE || !cursor_u64(&c, &time) || time > INT64_MAX || !compose(&message, time, text) ||
        !public_key_verify(key, buffer_span(&message), bytes.data + TIME_SIZE))
        return false;
    *ret_time = time;
    return true;
}

bool cosignature_make(const struct signing_key *key, span text, uint64_t time, uint8_t ret[COSIGNATURE_SIZE])
{
    uint8_t memory[HEADER_MAX + COSIGNATURE_TEXT_MAX];
    struct buffer message = buffer_open(memory, sizeof memory), bytes = buffer_open(ret, COSIGNATURE_SIZE);
    if (!compose(&message, time, text))
        return false;
    buffer_u64(&bytes, time);
    signing_key_sign(key, buffer_span(&message), ret + TIME_SIZE);
    return true;
}
