#include "root.h"
#include "base64.h"
#include "cursor.h"
#include "root_check.h"
#include "schema.h"

#define VALUES_MAX 5u

/* Where the reader stands: the line that it took last, split at its spaces. */
struct reader {
    struct cursor c;
    size_t offset;
    const char *directive;
    span values[VALUES_MAX];
    struct buffer *scratch;
    csign_fault *fault;
};

static csign_code malformed(const struct reader *r, const char *reason)
{
    return fault_at(r->fault, CSIGN_E_ROOT_MALFORMED, r->directive, reason, r->offset);
}

/* --- lines --- */

/* Whether the next line has this directive, without taking it. */
static bool stands_next(const struct reader *r, const char *directive)
{
    struct cursor c = r->c;
    return cursor_literal(&c, span_text(directive)) && cursor_literal(&c, SPAN(" "));
}

/* Takes a line of the directive and exactly `count` values, one space before each. */
static csign_code take_line(struct reader *r, const char *directive, size_t count)
{
    span line;
    r->directive = directive;
    r->offset = cursor_offset(&r->c);
    if (!stands_next(r, directive) || !cursor_line(&r->c, &line))
        return malformed(r, "this line is due here");
    struct cursor c = cursor_open(line);
    (void)cursor_literal(&c, span_text(directive));
    for (size_t i = 0; i < count; i++) {
        if (!cursor_literal(&c, SPAN(" ")))
            return malformed(r, "too few values");
        const uint8_t *end = memchr(c.at, ' ', cursor_left(&c));
        (void)cursor_take(&c, end ? (size_t)(end - c.at) : cursor_left(&c), &r->values[i]);
    }
    return cursor_done(&c) ? CSIGN_OK : malformed(r, "too many values");
}

static csign_code take_number(struct reader *r, const char *directive, uint64_t min, uint64_t max, uint64_t *ret)
{
    TRY(take_line(r, directive, 1));
    if (!span_decimal(r->values[0], max, ret) || *ret < min)
        return malformed(r, "not a number in its range");
    return CSIGN_OK;
}

/* --- values --- */

static csign_code read_vkey(const struct reader *r, span text, enum note_key_type type, struct vkey *ret)
{
    if (!vkey_read(text, ret) || ret->type != type)
        return malformed(r, type == NOTE_ED25519 ? "not a vkey of type 01 with a sound key"
                                                 : "not a vkey of type 04 with a sound key");
    return CSIGN_OK;
}

static csign_code read_key(const struct reader *r, span text, struct public_key *ret)
{
    return public_key_read(text, ret) && public_key_is_sound(ret) ? CSIGN_OK
                                                                   : malformed(r, "not a sound key in base64url");
}

static csign_code read_validity(const struct reader *r, const span times[2], struct validity *ret)
{
    uint64_t not_before, expires;
    if (!span_decimal(times[0], INT64_MAX, &not_before) || !span_decimal(times[1], INT64_MAX, &expires))
        return malformed(r, "not two times");
    if (not_before >= expires)
        return malformed(r, "it ends before it begins");
    *ret = (struct validity){(int64_t)not_before, (int64_t)expires};
    return CSIGN_OK;
}

static csign_code read_jurisdiction(const struct reader *r, span text, span *ret)
{
    *ret = text;
    return text_is_jurisdiction(text) ? CSIGN_OK : malformed(r, "not a country or ISO 3166-2 code");
}

/* --- one line of each kind that may stand several times --- */

static csign_code read_root_key(const struct reader *r, void *into)
{
    return read_vkey(r, r->values[0], NOTE_ED25519, into);
}

static csign_code read_issuer(const struct reader *r, void *into)
{
    struct root_issuer *issuer = into;
    uint8_t thumbprint[CSIGN_HASH_SIZE];
    issuer->iss = r->values[0];
    TRY(read_jurisdiction(r, r->values[1], &issuer->jurisdiction));
    TRY(read_key(r, r->values[2], &issuer->key));
    TRY(read_validity(r, r->values + 3, &issuer->validity));

    struct buffer kid = buffer_open(issuer->kid, sizeof issuer->kid);
    public_key_thumbprint(&issuer->key, thumbprint);
    base64url_encode(&kid, span_of(thumbprint, sizeof thumbprint));
    buffer_byte(&kid, 0);
    return CSIGN_OK;
}

static csign_code read_log(const struct reader *r, void *into)
{
    struct root_log *log = into;
    TRY(read_vkey(r, r->values[1], NOTE_ED25519, &log->vkey));
    if (!span_equal(r->values[0], log->vkey.name))
        return malformed(r, "the vkey's name is not the origin");
    return read_validity(r, r->values + 2, &log->validity);
}

static csign_code read_fresh(const struct reader *r, void *into)
{
    struct root_vkey *fresh = into;
    TRY(read_vkey(r, r->values[0], NOTE_COSIGNATURE, &fresh->vkey));
    return read_validity(r, r->values + 1, &fresh->validity);
}

static csign_code read_receipts(const struct reader *r, void *into)
{
    struct root_vkey *receipts = into;
    TRY(read_vkey(r, r->values[0], NOTE_ED25519, &receipts->vkey));
    return read_validity(r, r->values + 1, &receipts->validity);
}

static csign_code read_statuslist(const struct reader *r, void *into)
{
    struct root_statuslist *list = into;
    TRY(read_key(r, r->values[0], &list->key));
    return read_validity(r, r->values + 1, &list->validity);
}

static csign_code read_policy(const struct reader *r, void *into)
{
    struct root_policy *policy = into;
    TRY(read_jurisdiction(r, r->values[0], &policy->jurisdiction));
    TRY(read_vkey(r, r->values[1], NOTE_ED25519, &policy->vkey));
    return read_validity(r, r->values + 2, &policy->validity);
}

/* PROTOCOL 5: an officer's vkey is named <authority>/<officer id>. */
static csign_code read_admin(const struct reader *r, void *into)
{
    struct root_admin *admin = into;
    struct cursor name;
    admin->authority = r->values[0];
    if (!text_is_id(admin->authority))
        return malformed(r, "the authority is not an id");
    TRY(read_jurisdiction(r, r->values[1], &admin->jurisdiction));
    TRY(read_vkey(r, r->values[2], NOTE_ED25519, &admin->vkey));
    name = cursor_open(admin->vkey.name);
    if (!cursor_literal(&name, admin->authority) || !cursor_literal(&name, SPAN("/")) || !text_is_id(cursor_rest(&name)))
        return malformed(r, "the vkey's name is not authority/officer");
    return CSIGN_OK;
}

struct group {
    const char *directive;
    size_t values, size, min, max;
    csign_code (*read)(const struct reader *r, void *into);
};

static const struct group root_lines = {"root", 1, sizeof(struct vkey), 1, ROOT_KEYS_MAX, read_root_key};
static const struct group issuer_lines = {"issuer", 5, sizeof(struct root_issuer), 1, ROOT_LINES_MAX, read_issuer};
static const struct group statuslog_lines = {"statuslog", 4, sizeof(struct root_log), 1, ROOT_LINES_MAX, read_log};
static const struct group releaselog_lines = {"releaselog", 4, sizeof(struct root_log), 0, ROOT_LINES_MAX, read_log};
static const struct group fresh_lines = {"fresh", 3, sizeof(struct root_vkey), 1, ROOT_LINES_MAX, read_fresh};
static const struct group receipts_lines = {"receipts", 3, sizeof(struct root_vkey), 0, ROOT_LINES_MAX, read_receipts};
static const struct group statuslist_lines = {"statuslist", 3, sizeof(struct root_statuslist), 0, ROOT_LINES_MAX,
                                              read_statuslist};
static const struct group policy_lines = {"policy", 4, sizeof(struct root_policy), 0, ROOT_LINES_MAX, read_policy};
static const struct group admin_lines = {"admin", 3, sizeof(struct root_admin), 0, ROOT_LINES_MAX, read_admin};

/* How many lines of the directive follow one another from here. */
static size_t count_lines(const struct reader *r, const char *directive)
{
    struct reader ahead = *r;
    span line;
    size_t count = 0;
    while (stands_next(&ahead, directive) && cursor_line(&ahead.c, &line))
        count++;
    return count;
}

static csign_code read_group(struct reader *r, const struct group *group, const void **ret_items, size_t *ret_count)
{
    struct buffer *b = r->scratch;
    size_t count = count_lines(r, group->directive), pad = (size_t)(-(uintptr_t)(b->data + b->size) & 7u);
    r->directive = group->directive;
    r->offset = cursor_offset(&r->c);
    if (count < group->min)
        return malformed(r, "this line is due here");
    if (count > group->max)
        return malformed(r, "too many lines");
    (void)buffer_room(b, pad);
    uint8_t *items = buffer_room(b, count * group->size);
    if (!items)
        return fault_at(r->fault, CSIGN_E_NO_SPACE, r->directive, "no room for the lines", r->offset);
    for (size_t i = 0; i < count; i++) {
        TRY(take_line(r, group->directive, group->values));
        TRY(group->read(r, items + i * group->size));
    }
    *ret_items = items;
    *ret_count = count;
    return CSIGN_OK;
}

/* --- the whole --- */

static csign_code read_head(struct reader *r, struct root *ret)
{
    uint64_t issued, expires, threshold;
    r->directive = "";
    if (!cursor_literal(&r->c, SPAN("countersign/root/v1\n")))
        return malformed(r, "not a trust root");
    TRY(take_line(r, "origin", 1));
    if (!note_name_is_valid(r->values[0]))
        return malformed(r, "not a name");
    ret->origin = r->values[0];
    TRY(take_line(r, "kind", 1));
    if (!span_equal(r->values[0], SPAN("test")) && !span_equal(r->values[0], SPAN("production")))
        return malformed(r, "neither test nor production");
    ret->kind = span_equal(r->values[0], SPAN("test")) ? ROOT_TEST : ROOT_PRODUCTION;
    TRY(take_number(r, "version", 1, INT64_MAX, &ret->version));
    TRY(take_number(r, "issued", 0, INT64_MAX, &issued));
    TRY(take_number(r, "expires", 0, INT64_MAX, &expires));
    if (expires <= issued)
        return malformed(r, "not after issued");
    TRY(take_number(r, "threshold", 1, ROOT_KEYS_MAX, &threshold));
    ret->issued = (int64_t)issued;
    ret->expires = (int64_t)expires;
    ret->threshold = (uint32_t)threshold;
    return CSIGN_OK;
}

static csign_code read_lines(struct reader *r, struct root *ret)
{
    const void *items;
    uint64_t freshness;
    TRY(read_group(r, &root_lines, &items, &ret->key_count));
    ret->keys = items;
    TRY(read_group(r, &issuer_lines, &items, &ret->issuer_count));
    ret->issuers = items;
    TRY(read_group(r, &statuslog_lines, &items, &ret->statuslog_count));
    ret->statuslogs = items;
    TRY(read_group(r, &releaselog_lines, &items, &ret->releaselog_count));
    ret->releaselogs = items;
    TRY(read_group(r, &fresh_lines, &items, &ret->fresh_count));
    ret->fresh = items;
    TRY(take_number(r, "freshness", 1, ROOT_LINES_MAX, &freshness));
    ret->freshness = (uint32_t)freshness;
    TRY(read_group(r, &receipts_lines, &items, &ret->receipts_count));
    ret->receipts = items;
    TRY(read_group(r, &statuslist_lines, &items, &ret->statuslist_count));
    ret->statuslists = items;
    TRY(read_group(r, &policy_lines, &items, &ret->policy_count));
    ret->policies = items;
    TRY(read_group(r, &admin_lines, &items, &ret->admin_count));
    ret->admins = items;
    r->directive = "";
    r->offset = cursor_offset(&r->c);
    return cursor_done(&r->c) ? CSIGN_OK : malformed(r, "an unknown line, or one out of its place");
}

csign_code root_read_text(span text, struct buffer *scratch, struct root *ret, csign_fault *fault)
{
    struct root root = {0};
    const struct note note = {.text = text};
    if (text.size > CSIGN_ROOT_MAX)
        return fault_set(fault, CSIGN_E_ROOT_MALFORMED, "", "more than 64 KiB");
    struct reader r = {.c = cursor_open(text), .directive = "", .scratch = scratch, .fault = fault};
    TRY(read_head(&r, &root));
    TRY(read_lines(&r, &root));
    TRY(root_check(&root, fault));
    note_hash(&note, root.hash);
    *ret = root;
    return CSIGN_OK;
}

csign_code root_read(span bytes, struct buffer *scratch, struct root *ret, csign_fault *fault)
{
    struct note note;
    struct root root;
    if (bytes.size > CSIGN_ROOT_MAX)
        return fault_set(fault, CSIGN_E_ROOT_MALFORMED, "", "more than 64 KiB");
    TRY(note_read(bytes, scratch, &note, fault));
    TRY(root_read_text(note.text, scratch, &root, fault));
    TRY(root_check_signatures(&root, &note, fault));
    *ret = root;
    return CSIGN_OK;
}
