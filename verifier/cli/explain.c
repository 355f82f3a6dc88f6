/* countersign explain: the table of codes. */
#include "json_write.h"
#include "options.h"
#include "output.h"
#include "verbs.h"

#define LIST_MAX 131072u

static void put_code(struct json_out *o, csign_code code)
{
    json_put_object(o);
    json_put_text_member(o, "code", span_text(csign_code_name(code)));
    json_put_integer_member(o, "number", (uint64_t)code);
    json_put_text_member(o, "check", span_text(csign_code_check(code)));
    json_put_text_member(o, "source", span_text(csign_code_source(code)));
    json_put_text_member(o, "sentence", span_text(csign_code_sentence(code)));
    json_put_text_member(o, "fix", span_text(csign_code_fix(code)));
    json_end_object(o);
}

static int list(struct call *call)
{
    struct buffer out = call_buffer(call, LIST_MAX);
    struct json_out o = json_out(&out);
    if (call->json)
        json_put_array(&o);
    for (unsigned place = 0; csign_code_at(place) != CSIGN_OK; place++) {
        csign_code code = csign_code_at(place);
        if (call->json)
            put_code(&o, code);
        else
            buffer_text(&out, call_format(call, "%4d  %-26s %s\n", (int)code, csign_code_name(code), csign_code_sentence(code)));
    }
    if (call->json) {
        json_end_array(&o);
        buffer_byte(&out, '\n');
    }
    return put_out(call, buffer_span(&out));
}

static int explain(struct call *call, csign_code code)
{
    struct buffer out = call_buffer(call, 4096);
    struct json_out o = json_out(&out);
    if (call->json) {
        put_code(&o, code);
        buffer_byte(&out, '\n');
        return put_out(call, buffer_span(&out));
    }
    say("%s   %s", csign_code_name(code), csign_code_sentence(code));
    say("  fix       %s", csign_code_fix(code));
    say("  number    %d", (int)code);
    say("  check     %s", csign_code_check(code));
    say("  source    %s", csign_code_source(code));
    return DONE;
}

int verb_explain(struct call *call)
{
    const char *name = NULL;
    const struct option options[] = {
        {"CODE", OPTION_TEXT, false, &name, NULL, "as a decision or an error names it; without one all are listed", NULL, 0}};
    STEP(OPTIONS(call, "Says what a code means, which check gives it, where it is defined, and what to do.", options));
    if (!name)
        return list(call);
    csign_code code = csign_code_find(name);
    if (code == CSIGN_OK)
        return fail(call, USAGE, "`countersign explain` lists all codes", "unknown code, %s", name);
    return explain(call, code);
}
