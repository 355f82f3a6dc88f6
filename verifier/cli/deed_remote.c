/* countersign deed submit, list, fetch, approve: the verbs that ask the registry. */
#include "base64.h"
#include "deed_act.h"
#include "deed_verbs.h"
#include "files.h"
#include "output.h"

#define OFFICERS_KEY "your officer's key, named BODY/OFFICER"

int deed_submit(struct call *call)
{
    struct remote_asked asked = {0};
    struct texts paths = {{NULL}, 0};
    const struct option options[] = {
        {"FILE", OPTION_TEXTS, true, &paths, NULL, "a deed with signatures; or several, in their order", NULL, 0},
        ROWS_REGISTRY(&asked),
        ROWS_PROOF(&asked, OFFICERS_KEY),
    };
    struct remote *remote;
    STEP(OPTIONS(call, "Brings signed deeds to the registry. Each waits there until enough have signed.", options));
    struct deed_note *notes = call_memory(call, paths.count * sizeof *notes);
    for (size_t i = 0; i < paths.count; i++) { /* all are read before the first is sent */
        STEP(deed_note_read_file(call, paths.items[i], &notes[i]));
        if (notes[i].signature_count == 0)
            return fail_code_fix(call, REFUSED, CSIGN_E_NOTE_UNSIGNED, NULL, paths.items[i], "sign it first: countersign deed sign");
    }
    STEP(remote_open(call, &asked, &remote));
    STEP(remote_open_key(remote, KEY_OFFICER));
    for (size_t i = 0; i < paths.count; i++)
        STEP(deed_act_submit(remote, &notes[i]));
    return DONE;
}

/* --- list --- */

struct page {
    uint64_t present;
    struct object_list deeds; /* struct deed_view */
    span next;                /* where the next one begins; absent: there is none */
};
static const struct schema_field page_fields[] = {
    {.name = "deeds", .kind = FIELD_OBJECTS, .max = 100, .more = &deed_view_schema, .offset = offsetof(struct page, deeds)},
    {.name = "next", .kind = FIELD_ID, .optional = true, .offset = offsetof(struct page, next)},
};
static const struct schema page_schema = SCHEMA_OPEN(struct page, page_fields);

/* One page a line with --json: a list may be long. */
static int print_page(struct remote *remote, const struct reply *reply, const struct page *page)
{
    const struct deed_view *deeds = page->deeds.items;
    if (remote->call->json)
        return remote_print(remote, reply);
    for (size_t i = 0; i < page->deeds.count; i++)
        deed_view_say(remote->call, &deeds[i]);
    return DONE;
}

int deed_list(struct call *call)
{
    struct remote_asked asked = {0};
    bool waiting = false;
    const struct option options[] = {
        {"--waiting", OPTION_FLAG, false, &waiting, NULL, "those that more officers must sign; default: those accepted", NULL, 0},
        ROWS_REGISTRY(&asked),
        ROWS_PROOF(&asked, OFFICERS_KEY),
    };
    struct remote *remote;
    STEP(OPTIONS(call, "Lists the deeds that an officer may see, oldest first.", options));
    STEP(remote_open(call, &asked, &remote));
    STEP(remote_open_key(remote, KEY_OFFICER));
    const char *state = waiting ? "waiting" : "accepted", *after = "";
    for (;;) {
        struct reply reply;
        struct page page;
        const char *query = call_format(call, "state=%s&limit=100%s", state, after);
        STEP(remote_ask(remote, REMOTE_DEEDS, query, (span){NULL, 0}, &reply));
        STEP(remote_read(remote, &reply, &page_schema, &page));
        STEP(print_page(remote, &reply, &page));
        if (!page.next.data || page.deeds.count == 0)
            return DONE;
        after = call_format(call, "&after=%s", call_text(call, page.next));
    }
}

/* --- fetch, approve --- */

static int check_hash(struct call *call, const char *hash, uint8_t ret[CSIGN_HASH_SIZE])
{
    if (base64url_exact(span_text(hash), ret, CSIGN_HASH_SIZE))
        return DONE;
    return fail(call, USAGE, "give the 43 characters as `deed list` prints them", "not the hash of a deed, HASH");
}

/* The deed of this hash; what the registry answers with must be that, for an officer signs what was asked for. */
static int fetch(struct remote *remote, const char *hash, struct deed_note *ret)
{
    struct reply reply;
    uint8_t wanted[CSIGN_HASH_SIZE];
    struct deed_view *view = call_memory(remote->call, sizeof *view);
    const char *where = call_format(remote->call, "the deed %s", hash);
    STEP(check_hash(remote->call, hash, wanted));
    STEP(remote_ask(remote, REMOTE_DEED, hash, (span){NULL, 0}, &reply));
    STEP(remote_read(remote, &reply, &deed_view_schema, view));
    STEP(deed_note_read(remote->call, where, view->note, ret));
    if (memcmp(ret->hash, wanted, sizeof wanted) != 0)
        return fail(remote->call, REFUSED, "sign nothing from it, and report it", "the registry gave another deed, %s", where);
    return DONE;
}

int deed_fetch(struct call *call)
{
    struct remote_asked asked = {0};
    const char *hash = NULL, *out = NULL;
    const struct option options[] = {
        {"HASH", OPTION_TEXT, true, &hash, NULL, "of the deed", NULL, 0},
        {"--out", OPTION_TEXT, false, &out, "FILE", "the deed with its signatures, a new file; else printed", NULL, 0},
        ROWS_REGISTRY(&asked),
        ROWS_PROOF(&asked, OFFICERS_KEY),
    };
    struct deed_note *note = call_memory(call, sizeof *note);
    struct remote *remote;
    uint8_t wanted[CSIGN_HASH_SIZE];
    STEP(OPTIONS(call, "Fetches a deed, with the signatures that it has so far.", options));
    STEP(check_hash(call, hash, wanted));
    STEP(remote_open(call, &asked, &remote));
    STEP(remote_open_key(remote, KEY_OFFICER));
    STEP(fetch(remote, hash, note));
    return file_write_note_or_print(call, out, note->bytes);
}

int deed_approve(struct call *call)
{
    struct remote_asked asked = {0};
    struct texts hashes = {{NULL}, 0};
    bool yes = false;
    const struct option options[] = {
        {"HASH", OPTION_TEXTS, true, &hashes, NULL, "of a deed that waits; or several", NULL, 0},
        {"--yes", OPTION_FLAG, false, &yes, NULL, "do not ask: it was read and agreed to elsewhere", NULL, 0},
        ROWS_REGISTRY(&asked),
        ROWS_PROOF(&asked, OFFICERS_KEY),
    };
    struct deed_note *note = call_memory(call, sizeof *note);
    struct remote *remote;
    uint8_t wanted[CSIGN_HASH_SIZE];
    STEP(OPTIONS(call, "Fetches deeds that wait, shows each in plain words, signs and submits it.", options));
    for (size_t i = 0; i < hashes.count; i++)
        STEP(check_hash(call, hashes.items[i], wanted));
    STEP(remote_open(call, &asked, &remote));
    STEP(remote_open_key(remote, KEY_OFFICER));
    for (size_t i = 0; i < hashes.count; i++) {
        STEP(fetch(remote, hashes.items[i], note));
        STEP(deed_act_sign(remote, note, yes, call_format(call, "the deed %s", hashes.items[i])));
    }
    return DONE;
}
