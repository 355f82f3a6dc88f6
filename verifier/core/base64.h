/*
 * base64url without padding (RFC 4648 section 5) for tokens, standard base64 with padding (section 4) for notes.
 * Both are canonical: unused bits are zero, nothing is skipped, every character counts. Public data only: the
 * tables make the time depend on the input, which is what makes it fast.
 */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include "buffer.h"

/* Sizes of the text of n bytes, and of the bytes of n characters. */
#define BASE64URL_SIZE(n)  (((n) / 3) * 4 + ((n) % 3 ? (n) % 3 + 1 : 0))
#define BASE64_SIZE(n)     (((n) + 2) / 3 * 4)
#define BASE64_BYTES(n)    ((n) / 4 * 3 + 3)

/*
 * Decodes the whole of `text` and appends the bytes to `out`; *ret, if not NULL, becomes their view in it.
 * False for a character outside the alphabet, a length that cannot be, unused bits that are set, or no room.
 * The empty text gives no bytes: callers refuse it where a value is required.
 */
bool base64url_decode(struct buffer *out, span text, span *ret);
bool base64_decode(struct buffer *out, span text, span *ret);

/* Decodes a text that must be exactly `size` bytes. */
bool base64url_exact(span text, uint8_t *ret, size_t size);
bool base64_exact(span text, uint8_t *ret, size_t size);

void base64url_encode(struct buffer *out, span bytes);
void base64_encode(struct buffer *out, span bytes);

#endif
