#include "problem.h"
#include "json.h"

static csign_code code_of_status(unsigned status)
{
    switch (status) {
    case 400:
        return CSIGN_E_BODY_MALFORMED;
    case 401:
        return CSIGN_E_UNAUTHENTICATED;
    case 403:
        return CSIGN_E_FORBIDDEN;
    case 404:
    case 410:
        return CSIGN_E_NOT_FOUND;
    case 409:
        return CSIGN_E_CONFLICT;
    case 413:
        return CSIGN_E_TOO_LARGE;
    case 422:
        return CSIGN_E_FIELD_INVALID;
    case 429:
        return CSIGN_E_TOO_MANY;
    default:
        return CSIGN_E_UNAVAILABLE;
    }
}

static csign_code code_of_name(span name)
{
    char text[64] = "";
    if (name.size >= sizeof text || memchr(name.data, 0, name.size))
        return CSIGN_OK;
    memcpy(text, name.data, name.size);
    return csign_code_find(text);
}

/* Reads what we know of the document; it is open, other members are read over. */
static bool read_members(struct json *j, span *code, struct reply *reply)
{
    span name;
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        bool is_text = json_kind(j) == JSON_STRING;
        if (is_text && span_equal(name, SPAN("code")))
            json_string(j, code);
        else if (is_text && span_equal(name, SPAN("field")))
            json_string(j, &reply->field);
        else if (is_text && span_equal(name, SPAN("detail")))
            json_string(j, &reply->detail);
        else if (json_kind(j) == JSON_NUMBER && span_equal(name, SPAN("expected")))
            json_integer(j, INT64_MAX, &reply->expected);
        else
            json_skip(j, NULL);
    }
    return json_finish(j);
}

csign_code problem_read(struct reply *reply, void *memory)
{
    struct buffer scratch = buffer_open(memory, PROBLEM_MAX);
    struct json j;
    span code = {NULL, 0};
    json_open(&j, reply->body, 4, &scratch);
    if (reply->body.size > PROBLEM_MAX || !read_members(&j, &code, reply)) {
        reply->field = reply->detail = span_of(NULL, 0);
        reply->expected = 0;
        return code_of_status(reply->status);
    }
    csign_code named = code.data ? code_of_name(code) : CSIGN_OK;
    return named == CSIGN_OK ? code_of_status(reply->status) : named;
}
