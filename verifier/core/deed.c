#include "deed.h"
#include "base64.h"
#include "cursor.h"
#include "deed_schema.h"
#include "hash.h"
#include "uuid.h"

#define DEED_DEPTH_MAX 8u

static csign_code malformed(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_DEED_MALFORMED, field, reason);
}

/* --- what holds between members --- */

static bool is_named(const struct vkey *vkey, span body, span officer)
{
    struct cursor name = cursor_open(vkey->name);
    return cursor_literal(&name, body) && cursor_literal(&name, SPAN("/")) && span_equal(cursor_rest(&name), officer);
}

static csign_code check_order(const struct deed_order *order, csign_fault *fault)
{
    if (order->confirm_by != 0 && order->confirm_by <= order->effective)
        return malformed(fault, "confirm_by", "not after effective");
    if (order->until != 0 && order->until <= order->effective)
        return malformed(fault, "until", "not after effective");
    return CSIGN_OK;
}

/* The identifier of a cut, as PROTOCOL 3 hashes it for the leaf: only `all` has none, only `model` has two parts. */
static csign_code check_cut(struct deed_cut *cut, csign_fault *fault)
{
    struct cursor c = cursor_open(cut->id);
    uint8_t kid[CSIGN_HASH_SIZE];
    if ((cut->kind == CUT_ALL) != (cut->id.data == NULL))
        return malformed(fault, "id", "missing, or given for a cut of everything");
    switch ((enum cut_kind)cut->kind) {
    case CUT_INSTITUTION:
    case CUT_TOOL:
        return text_is_id(cut->id) ? CSIGN_OK : malformed(fault, "id", "not an id");
    case CUT_MODEL:
        if (!cursor_line(&c, &cut->id) || !text_is_id(cut->id))
            return malformed(fault, "id", "not the id of a tool, a newline and a model");
        cut->model = cursor_rest(&c);
        if (cut->model.size == 0 || cut->model.size > CSIGN_STRING_MAX || memchr(cut->model.data, '\n', cut->model.size))
            return malformed(fault, "id", "not the id of a tool, a newline and a model");
        return CSIGN_OK;
    case CUT_ISSUER:
        return base64url_exact(cut->id, kid, sizeof kid) ? CSIGN_OK : malformed(fault, "id", "not the kid of a key");
    case CUT_ALL:
        return CSIGN_OK;
    }
    return malformed(fault, "kind", "unknown");
}

static csign_code check_members(struct deed *deed, csign_fault *fault)
{
    switch ((enum deed_kind)deed->head.kind) {
    case DEED_OFFICER_ADD:
        if (!is_named(&deed->officer_add.officer.vkey, deed->officer_add.body, deed->officer_add.officer.id))
            return malformed(fault, "vkey", "not named body/officer");
        break;
    case DEED_ENROL:
        if (deed->enrol.affiliation.to != 0 && deed->enrol.affiliation.to <= deed->enrol.affiliation.from)
            return malformed(fault, "to", "not after from");
        break;
    case DEED_APP_ADD:
        if (!span_equal(deed->app_add.vkey.name, deed->app_add.id))
            return malformed(fault, "vkey", "not named as the deployment");
        if (deed->app_add.acts.count == 0)
            return malformed(fault, "acts", "none");
        if (deed->app_add.settings == 0)
            return malformed(fault, "settings", "none");
        break;
    case DEED_CUT:
        return check_cut(&deed->cut, fault);
    case DEED_POLICY_PUBLISH:
        if (deed->policy_publish.version == 0)
            return malformed(fault, "version", "zero");
        break;
    case DEED_SUSPEND_INTERIM:
    case DEED_SUSPEND:
    case DEED_REVOKE:
    case DEED_RESCIND:
    case DEED_DEREGISTER:
        return check_order(&deed->order, fault);
    default:
        break;
    }
    return CSIGN_OK;
}

/* --- the text --- */

/* The kind, wherever in the object it stands. What else is wrong is found when the schema of the kind reads it all. */
static csign_code read_kind(span json, struct buffer *scratch, enum deed_kind *ret, csign_fault *fault)
{
    struct json j;
    span name, word;
    uint8_t place = 0;
    json_open(&j, json, DEED_DEPTH_MAX, scratch);
    if (json_object(&j))
        while (place == 0 && json_member_unremembered(&j, &name)) {
            if (!span_equal(name, SPAN("do"))) {
                (void)json_skip(&j, NULL);
                continue;
            }
            j.field = "do";
            if (json_string(&j, &word) && (place = vocabulary_find(&deed_kinds, word)) == 0)
                (void)json_fail(&j, "do", "not a kind of deed");
        }
    TRY(json_code(&j, CSIGN_E_DEED_MALFORMED, CSIGN_E_DEED_MALFORMED, fault));
    *ret = (enum deed_kind)place;
    return place ? CSIGN_OK : malformed(fault, "do", "missing");
}

csign_code deed_read(span text, struct buffer *scratch, struct deed *ret, csign_fault *fault)
{
    struct cursor c = cursor_open(text);
    enum deed_kind kind;
    if (text.size > DEED_MAX)
        return malformed(fault, "", "too long");
    if (!cursor_literal(&c, SPAN("countersign/deed/v1\n")))
        return malformed(fault, "", "not a deed");
    if (!cursor_line(&c, &ret->origin) || !note_name_is_valid(ret->origin))
        return malformed(fault, "origin", "not the name of a registry");
    if (!cursor_line(&c, &ret->id) || !text_is_uuid7(ret->id))
        return malformed(fault, "id", "the deed's id is not a UUIDv7 in lower case");
    if (!cursor_line(&c, &ret->json) || !cursor_done(&c))
        return malformed(fault, "", "not one line of JSON");

    size_t mark = scratch->size;
    TRY(read_kind(ret->json, scratch, &kind, fault));
    scratch->size = mark;
    TRY(schema_read_text(ret->json, DEED_DEPTH_MAX, scratch, deed_schema(kind), &ret->head, CSIGN_E_DEED_MALFORMED,
                         CSIGN_E_DEED_MALFORMED, fault));
    return check_members(ret, fault);
}

void deed_write(struct buffer *out, span origin, span id, span json)
{
    buffer_text(out, "countersign/deed/v1\n");
    buffer_put(out, origin);
    buffer_byte(out, '\n');
    buffer_put(out, id);
    buffer_byte(out, '\n');
    buffer_put(out, json);
    buffer_byte(out, '\n');
}

/* --- hashes --- */

void deed_hash(span text, uint8_t ret[CSIGN_HASH_SIZE])
{
    hash_of(text, ret);
}

void deed_chain_start(span origin, uint8_t ret[CSIGN_HASH_SIZE])
{
    struct hash h;
    hash_init(&h);
    hash_update(&h, SPAN("countersign/deeds/v1\n"));
    hash_update(&h, origin);
    hash_final(&h, ret);
}

void deed_chain_next(uint8_t chain[CSIGN_HASH_SIZE], uint64_t number, const uint8_t deed[CSIGN_HASH_SIZE])
{
    struct hash h;
    hash_init(&h);
    hash_update(&h, span_of("\x03", 1));
    hash_update(&h, span_of(chain, CSIGN_HASH_SIZE));
    hash_u64(&h, number);
    hash_update(&h, span_of(deed, CSIGN_HASH_SIZE));
    hash_final(&h, chain);
}
