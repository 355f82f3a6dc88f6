/* countersign policy upload: brings a signed policy to the registry. It is in force only by a deed, policy.publish. */
#include "files.h"
#include "output.h"
#include "policy.h"
#include "policy_verbs.h"
#include "remote.h"

struct stored {
    uint64_t present;
    span id, name;
    uint64_t version;
};
#define AT(member) .offset = offsetof(struct stored, member)
static const struct schema_field stored_fields[] = {
    {.name = "id", .kind = FIELD_ID, AT(id)},
    {.name = "version", .kind = FIELD_INTEGER, .max = UINT32_MAX, AT(version)},
    {.name = "name", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(name)},
};
static const struct schema stored_schema = SCHEMA_OPEN(struct stored, stored_fields);

int policy_upload(struct call *call)
{
    struct remote_asked asked = {0};
    const char *path = NULL;
    struct remote *remote;
    struct reply reply;
    struct stored stored;
    span note;
    const struct option options[] = {
        {"FILE", OPTION_TEXT, true, &path, NULL, "a policy as a note, as `policy sign` makes it", NULL, 0},
        ROWS_REGISTRY(&asked),
        ROWS_PROOF(&asked, "your officer's key, named BODY/OFFICER"),
    };
    STEP(OPTIONS(call, "Brings a signed policy to the registry; a deed of kind policy.publish then puts it into force.",
                 options));
    STEP(file_read(call, path, POLICY_NOTE_MAX, &note));
    STEP(remote_open(call, &asked, &remote));
    STEP(remote_open_key(remote, KEY_OFFICER));
    STEP(remote_ask(remote, REMOTE_POLICY, "", note, &reply));
    STEP(remote_read(remote, &reply, &stored_schema, &stored));
    if (call->json)
        return remote_print(remote, &reply);
    say("%s, version %llu, is stored as %s; `countersign deed new policy.publish --note %s` makes the deed that puts it into "
        "force",
        plain(call, stored.id), (unsigned long long)stored.version, plain(call, stored.name), path);
    return DONE;
}
