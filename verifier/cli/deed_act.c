#include "deed_act.h"
#include "deed_verbs.h"
#include "import_view.h"
#include "output.h"

int deed_act_begin(struct call *call, const struct deed_act *act, struct deed_making *making, struct remote **ret)
{
    struct key_file *file = call_memory(call, sizeof *file);
    if (!note_name_is_valid(span_text(act->origin)))
        return fail(call, USAGE, "give the name on the root's origin line", "not the name of a registry, --origin");
    making->origin = act->origin;
    making->valid_until = act->valid_until;
    STEP(remote_open(call, &act->remote, ret));
    STEP(key_read(call, act->remote.key, file));
    STEP(officer_body(call, file->name, act->remote.key, &making->at));
    if (act->at)
        making->at = span_text(act->at);
    return DONE;
}

int deed_act_submit(struct remote *remote, const struct deed_note *note)
{
    struct reply reply;
    struct deed_view *view = call_memory(remote->call, sizeof *view);
    STEP(remote_ask(remote, REMOTE_SUBMIT, "", note->bytes, &reply));
    STEP(remote_read(remote, &reply, &deed_view_schema, view));
    if (remote->call->json)
        return remote_print(remote, &reply);
    deed_view_say(remote->call, view);
    return span_ends(view->kind, SPAN(".import")) ? import_watch_applied(remote, view->result) : DONE;
}

int deed_act_sign(struct remote *remote, struct deed_note *note, bool yes, const char *where)
{
    STEP(deed_confirm(remote->call, note, yes));
    if (!remote->key.signing)
        STEP(remote_open_key(remote, KEY_OFFICER));
    STEP(deed_note_sign(remote->call, note, &remote->key, where));
    return deed_act_submit(remote, note);
}
