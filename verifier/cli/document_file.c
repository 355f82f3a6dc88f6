#include "document_file.h"
#include "json.h"

span document_file_find(span json, struct buffer *scratch)
{
    const span none = {NULL, 0};
    struct json j;
    span name, path = none;
    json_open(&j, json, 16, scratch);
    if (!json_object(&j))
        return none;
    while (json_member(&j, &name)) {
        bool is_path = span_equal(name, SPAN("document_file"));
        if (is_path && json_kind(&j) == JSON_STRING ? !json_string(&j, &path) : !json_skip(&j, NULL))
            break;
    }
    return path.data && !memchr(path.data, 0, path.size) ? path : none;
}
