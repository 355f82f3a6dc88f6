/* Both alphabets: what decodes is canonical, so that encoding gives the same text again. */
#include "fuzz.h"

#include "base64.h"

static bool check(span text, bool (*decode)(struct buffer *, span, span *),
                  void (*encode)(struct buffer *, span))
{
    struct buffer bytes = fuzz_scratch(BASE64_BYTES(text.size)), again = fuzz_scratch(text.size);
    span decoded;
    bool good = decode(&bytes, text, &decoded);
    if (good) {
        encode(&again, decoded);
        PROMISE(buffer_code(&again) == CSIGN_OK);
        PROMISE(span_equal(buffer_span(&again), text));
    } else {
        PROMISE(bytes.size == 0 && !bytes.overflow);
    }
    free(bytes.data);
    free(again.data);
    return good;
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t key[32];
    fuzz_accepted = check(span_of(data, size), base64url_decode, base64url_encode);
    fuzz_accepted |= check(span_of(data, size), base64_decode, base64_encode);
    PROMISE(!base64url_exact(span_of(data, size), key, sizeof key) || size == BASE64URL_SIZE(sizeof key));
    PROMISE(!base64_exact(span_of(data, size), key, sizeof key) || size == BASE64_SIZE(sizeof key));
    return 0;
}
