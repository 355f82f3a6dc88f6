/* The strict JSON reader: value by value with scratch, and json_skip() without, must agree. */
#include "fuzz.h"

#include "json.h"

static bool walk(struct json *j)
{
    span text;
    bool flag;
    switch (json_kind(j)) {
    case JSON_OBJECT:
        if (!json_object(j))
            return false;
        while (json_member(j, &text))
            if (!walk(j))
                return false;
        return j->failure == JSON_FINE;
    case JSON_ARRAY:
        if (!json_array(j))
            return false;
        while (json_element(j))
            if (!walk(j))
                return false;
        return j->failure == JSON_FINE;
    case JSON_STRING:
        return json_string(j, &text);
    case JSON_NUMBER:
        return json_number(j, &text);
    case JSON_BOOL:
        return json_bool(j, &flag);
    case JSON_NULL:
        return json_null(j);
    case JSON_NOTHING:
        break;
    }
    return false;
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer scratch = fuzz_scratch(size), names = fuzz_scratch(size);
    struct json j;
    csign_fault fault = {CSIGN_OK, NULL, NULL, 0};
    span skipped;

    json_open(&j, span_of(data, size), 16, &scratch);
    bool read = walk(&j) && json_finish(&j);
    csign_code code = json_code(&j, CSIGN_E_MALFORMED_JSON, CSIGN_E_MALFORMED_CLAIMS, &fault);
    fuzz_accepted = read;
    PROMISE(read == (code == CSIGN_OK));
    PROMISE(read || (fault.code == code && fault.field && fault.reason && fault.offset <= size));
    PROMISE(code != CSIGN_E_NO_SPACE || j.key_count == JSON_KEYS_MAX);

    json_open(&j, span_of(data, size), 16, &names);
    PROMISE((json_skip(&j, &skipped) && json_finish(&j)) == read);
    PROMISE(!read || (skipped.data >= data && skipped.size <= size));
    free(scratch.data);
    free(names.data);
    return 0;
}
