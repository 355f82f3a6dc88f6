#include "one_time_code.h"
#include "output.h"

#include <sodium.h>

#define SECRET_BYTES 10u
#define GROUPS       4u
#define GROUP        4u
#define CODE_SIZE    (ONE_TIME_CODE_HANDLE + GROUPS * (GROUP + 1))

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

span one_time_code_make(struct call *call, span deed_id)
{
    uint8_t *secret = call_secret(call, SECRET_BYTES), *memory = call_secret(call, CODE_SIZE);
    struct buffer code = buffer_open(memory, CODE_SIZE);
    uint64_t bits = 0;
    unsigned count = 0, next = 0;
    randombytes_buf(secret, SECRET_BYTES);
    buffer_put(&code, span_of(deed_id.data + deed_id.size - ONE_TIME_CODE_HANDLE, ONE_TIME_CODE_HANDLE));
    for (unsigned i = 0; i < GROUPS * GROUP; i++) {
        if (i % GROUP == 0)
            buffer_byte(&code, '-');
        if (count < 5) {
            bits = bits << 8 | secret[next++];
            count += 8;
        }
        count -= 5;
        buffer_byte(&code, (uint8_t)alphabet[bits >> count & 31]);
    }
    return buffer_span(&code);
}

/* What a person may have meant: capitals and small letters alike, O for 0, I and L for 1; 0 for what is no digit. */
static char digit_of(char typed)
{
    char c = typed >= 'a' && typed <= 'z' ? (char)(typed - 'a' + 'A') : typed;
    c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
    return c && strchr(alphabet, c) ? c : 0;
}

static char handle_digit_of(char typed)
{
    char c = typed >= 'A' && typed <= 'F' ? (char)(typed - 'A' + 'a') : typed;
    return c && strchr("0123456789abcdef", c) ? c : 0;
}

int one_time_code_read(struct call *call, const char *typed, span *ret)
{
    uint8_t *memory = call_secret(call, CODE_SIZE);
    struct buffer code = buffer_open(memory, CODE_SIZE);
    unsigned digits = 0;
    bool good = true;
    for (const char *at = typed; *at && good; at++) {
        if (*at == '-' || *at == ' ')
            continue;
        bool in_handle = digits < ONE_TIME_CODE_HANDLE;
        char c = in_handle ? handle_digit_of(*at) : digit_of(*at);
        if (!in_handle && (digits - ONE_TIME_CODE_HANDLE) % GROUP == 0)
            buffer_byte(&code, '-');
        buffer_byte(&code, (uint8_t)c);
        digits++;
        good = c != 0 && !code.overflow;
    }
    if (!good || digits != ONE_TIME_CODE_HANDLE + GROUPS * GROUP)
        return fail(call, USAGE, "type all of it, as it was handed over: 28 letters and digits; the dashes do not matter",
                    "not a one-time code, CODE");
    *ret = buffer_span(&code);
    return DONE;
}
