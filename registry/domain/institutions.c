/* Who acts for whom: institutions, officers and apps are added, ended, and their deeds voided. */
#include "effects.h"
#include "rows.h"
#include "trust.h"
#include "uuid.h"

#include <sodium.h>

static csign_code conflict(const struct acting *a, const char *field, const char *reason)
{
    return fault_set(a->fault, CSIGN_E_CONFLICT, field, reason);
}

/*
 * Ids of one time rise too (RFC 9562 6.2, method 1): a transaction has one, and an import makes tens of thousands within it, which shall
 * stand behind each other in every index. The count has 26 bits, begins anywhere in its lower half, and 48 random bits follow.
 */
span make_id(struct acting *a)
{
    static _Thread_local uint64_t time_ms;
    static _Thread_local uint32_t count;
    static _Thread_local uint8_t drawn[64][6]; /* of the system, for many ids at once: an import makes millions */
    static _Thread_local size_t left;
    uint8_t bytes[10];
    size_t from = a->scratch->size;
    if (a->now_ms != time_ms) {
        time_ms = a->now_ms;
        count = randombytes_uniform(1u << 25);
    }
    count++;
    if (left == 0) {
        randombytes_buf(drawn, sizeof drawn);
        left = sizeof drawn / sizeof *drawn;
    }
    memcpy(bytes + 4, drawn[--left], sizeof *drawn);
    bytes[0] = (uint8_t)(count >> 22 & 0x0Fu); /* the upper 4 bits are the version's */
    bytes[1] = (uint8_t)(count >> 14);
    bytes[2] = (uint8_t)(count >> 8 & 0x3Fu); /* the upper 2 the variant's */
    bytes[3] = (uint8_t)count;
    uuid7_write(a->scratch, a->now_ms, bytes);
    return buffer_since(a->scratch, from);
}

/* One key, one role (PROTOCOL, head): no officer, app or holder has it, and no line of the root but an admin's. */
static csign_code check_key(const struct acting *a, const struct vkey *vkey)
{
    bool taken;
    TRY(query_found(QUERY(a->session, SQL_KEY_IS_TAKEN, VALUE_BLOB(span_of(vkey->key.bytes, sizeof vkey->key.bytes))), &taken));
    return taken || trust_has_key(&a->registry->root, &vkey->key) ? conflict(a, "vkey", "the key stands for somebody already")
                                                                  : CSIGN_OK;
}

static span vkey_text(struct acting *a, const struct vkey *vkey)
{
    size_t from = a->scratch->size;
    vkey_write(a->scratch, vkey);
    return buffer_since(a->scratch, from);
}

/* --- institutions --- */

static span identifiers_json(struct acting *a, struct object_list list)
{
    const struct deed_identifier *items = list.items;
    size_t from = a->scratch->size;
    struct json_out o = json_out(a->scratch);
    json_put_array(&o);
    for (size_t i = 0; i < list.count; i++) {
        json_put_object(&o);
        json_put_text_member(&o, "system", items[i].system);
        json_put_text_member(&o, "value", items[i].value);
        json_end_object(&o);
    }
    json_end_array(&o);
    return buffer_since(a->scratch, from);
}

csign_code apply_institution_add(struct acting *a, struct json_out *result)
{
    const struct deed_institution_add *d = &a->deed->institution_add;
    bool found;
    TRY(query_found(QUERY(a->session, SQL_INSTITUTION_READ, VALUE_TEXT(d->id)), &found));
    if (!found)
        TRY(query_found(QUERY(a->session, SQL_BODY_IS_AUTHORITY, VALUE_TEXT(d->id)), &found));
    if (found)
        return conflict(a, "id", "taken");
    json_put_text_member(result, "institution", d->id);
    return RUN(a->session, SQL_INSTITUTION_INSERT, VALUE_TEXT(d->id), VALUE_TEXT(d->head.at), VALUE_TEXT(d->name),
               VALUE_TEXT(d->jurisdiction), VALUE_TEXT(identifiers_json(a, d->identifiers)), VALUE_HASH(a->hash));
}

csign_code void_institution_add(struct acting *a, const struct amended *named)
{
    span id = named->before->institution_add.id;
    bool used;
    TRY(query_found(QUERY(a->session, SQL_INSTITUTION_IS_USED, VALUE_TEXT(id)), &used));
    if (used)
        return conflict(a, "deed", "end its officers, apps and affiliations first");
    return RUN(a->session, SQL_INSTITUTION_END, VALUE_TEXT(id), VALUE_INTEGER(a->now_ms));
}

/* --- officers --- */

csign_code apply_officer_add(struct acting *a, struct json_out *result)
{
    const struct deed_officer_add *d = &a->deed->officer_add;
    bool found;
    TRY(query_found(QUERY(a->session, SQL_OFFICER_READ, VALUE_TEXT(d->body), VALUE_TEXT(d->officer.id)), &found));
    if (found)
        return conflict(a, "id", "this body has or had an officer of this id");
    TRY(check_key(a, &d->officer.vkey));
    json_put_text_member(result, "officer", d->officer.vkey.name);
    return RUN(a->session, SQL_OFFICER_INSERT, VALUE_TEXT(d->body), VALUE_TEXT(d->officer.id), VALUE_TEXT(d->officer.name),
               VALUE_TEXT(d->officer.role), VALUE_TEXT(vkey_text(a, &d->officer.vkey)),
               VALUE_BLOB(span_of(d->officer.vkey.key.bytes, CSIGN_PUBLIC_KEY_SIZE)), VALUE_INTEGER(a->now_ms),
               VALUE_HASH(a->hash));
}

/*
 * One signature takes one person's access away at once, also where that leaves a body with fewer than the two it needs: an officer
 * whose key is lost must not stay because there is no third. The result says how many are left. An authority's next officers are
 * then the root's to name.
 */
csign_code apply_officer_end(struct acting *a, struct json_out *result)
{
    const struct deed_officer_end *d = &a->deed->officer_end;
    struct query q = QUERY(a->session, SQL_OFFICER_READ, VALUE_TEXT(d->body), VALUE_TEXT(d->officer));
    bool found = query_row(&q), ended = found && !query_null(&q, 1);
    TRY(query_close(&q));
    if (!found)
        return fault_set(a->fault, CSIGN_E_NOT_FOUND, "officer", "this body has no officer of this id");
    if (ended)
        return conflict(a, "officer", "ended already");
    TRY(RUN(a->session, SQL_OFFICER_END, VALUE_TEXT(d->body), VALUE_TEXT(d->officer), VALUE_INTEGER(a->now_ms)));
    q = QUERY(a->session, SQL_OFFICERS_IN_OFFICE, VALUE_TEXT(d->body));
    json_put_integer_member(result, "officers_left", query_row(&q) ? (uint64_t)query_integer(&q, 0) : 0);
    return query_close(&q);
}

csign_code void_officer_add(struct acting *a, const struct amended *named)
{
    const struct deed_officer_add *d = &named->before->officer_add;
    const struct value values[] = {VALUE_TEXT(d->body), VALUE_TEXT(d->officer.id), VALUE_INTEGER(a->now_ms)};
    uint64_t changed;
    TRY(query_run(a->session, SQL_OFFICER_END, values, 3, &changed));
    return changed ? CSIGN_OK : conflict(a, "deed", "its officer has ended already");
}

/* --- apps --- */

static span texts_json(struct acting *a, struct text_list list)
{
    size_t from = a->scratch->size;
    struct json_out o = json_out(a->scratch);
    json_put_array(&o);
    for (size_t i = 0; i < list.count; i++)
        json_put_text(&o, list.items[i]);
    json_end_array(&o);
    return buffer_since(a->scratch, from);
}

static span settings_json(struct acting *a, uint64_t set)
{
    size_t from = a->scratch->size;
    struct json_out o = json_out(a->scratch);
    json_put_array(&o);
    for (uint8_t i = 1; i <= settings.count; i++)
        if (set >> i & 1)
            json_put_text(&o, span_text(vocabulary_word(&settings, i)));
    json_end_array(&o);
    return buffer_since(a->scratch, from);
}

csign_code apply_app_add(struct acting *a, struct json_out *result)
{
    const struct deed_app_add *d = &a->deed->app_add;
    bool found;
    TRY(query_found(QUERY(a->session, SQL_APP_READ, VALUE_TEXT(d->id)), &found));
    if (found)
        return conflict(a, "id", "taken");
    TRY(check_key(a, &d->vkey));
    json_put_text_member(result, "app", d->id);
    return RUN(a->session, SQL_APP_INSERT, VALUE_TEXT(d->id), VALUE_TEXT(d->head.at), VALUE_TEXT(d->tool),
               VALUE_TEXT(texts_json(a, d->acts)), VALUE_TEXT(settings_json(a, d->settings)),
               VALUE_TEXT(texts_json(a, d->jurisdictions)), VALUE_TEXT(vkey_text(a, &d->vkey)),
               VALUE_BLOB(span_of(d->vkey.key.bytes, CSIGN_PUBLIC_KEY_SIZE)), VALUE_HASH(a->hash));
}

static csign_code end_app(struct acting *a, span id, const char *field)
{
    const struct value values[] = {VALUE_TEXT(id), VALUE_INTEGER(a->now_ms)};
    uint64_t changed;
    TRY(query_run(a->session, SQL_APP_END, values, 2, &changed));
    return changed ? CSIGN_OK : conflict(a, field, "the app has ended already");
}

csign_code apply_app_end(struct acting *a, struct json_out *result)
{
    json_put_text_member(result, "app", a->deed->app_end.id);
    return end_app(a, a->deed->app_end.id, "id");
}

csign_code void_app_add(struct acting *a, const struct amended *named)
{
    return end_app(a, named->before->app_add.id, "deed");
}
