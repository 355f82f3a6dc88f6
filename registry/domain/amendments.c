/*
 * Correct and void: a deed about a deed, by the body that gave it. What has not taken effect yet is simply planned anew or struck
 * out; what has is undone as far as that can be true: nothing that ended comes back but under a new index.
 */
#include "deeds_accept.h"
#include "rows.h"

static csign_code conflict(const struct acting *a, const char *field, const char *reason)
{
    return fault_set(a->fault, CSIGN_E_CONFLICT, field, reason);
}

/* What can be done to each kind once it has effect; where nothing can, what to do instead. */
struct amending {
    amend *correct, *undo;
    const char *instead;
};
static const struct amending amendings[] = {
    [DEED_INSTITUTION_ADD] = {NULL, void_institution_add, "void it and add the institution anew"},
    [DEED_OFFICER_ADD]     = {NULL, void_officer_add, "end the officer and add another"},
    [DEED_OFFICER_END]     = {NULL, NULL, "add the officer again, under another id and key"},
    [DEED_ENROL]           = {correct_enrol, void_enrol, NULL},
    [DEED_ENROL_IMPORT]    = {NULL, NULL, "bring a file with what is right; what should not be there ends by affiliation.end"},
    [DEED_ROLL_IMPORT]     = {NULL, NULL, "bring a roll with what is right; who must not sign is suspended by an order"},
    [DEED_ACTIVATE]        = {NULL, void_activate, "void it and give another code"},
    [DEED_AFFILIATION_END] = {NULL, NULL, "enrol again"},
    [DEED_KEY_END]         = {NULL, NULL, "a key that ended never comes back: activate a new one"},
    [DEED_APP_ADD]         = {NULL, void_app_add, "end the app and add another"},
    [DEED_APP_END]         = {NULL, NULL, "add the app again, under another id and key"},
    [DEED_SUSPEND_INTERIM] = {correct_order, void_order, NULL},
    [DEED_SUSPEND]         = {correct_order, void_order, NULL},
    [DEED_REVOKE]          = {correct_order, void_order, NULL},
    [DEED_RESCIND]         = {correct_order, void_order, NULL},
    [DEED_DEREGISTER]      = {correct_order, void_order, NULL},
    [DEED_CONDITION]       = {NULL, NULL, "give another condition, which says all that holds"},
    [DEED_REINSTATE]       = {NULL, NULL, "give a new order"},
    [DEED_DECEASED]        = {NULL, void_deceased, "void it and record it anew"},
    [DEED_CORRECT]         = {NULL, NULL, "correct the deed that it corrected once more"},
    [DEED_VOID]            = {NULL, NULL, "give the deed that it voided anew"},
    [DEED_CUT]             = {NULL, NULL, "a cut never falls: credentials issued since are not under it"},
    [DEED_POLICY_PUBLISH]  = {NULL, NULL, "publish the policy's next version"},
};

/* --- the deed with its new members --- */

static bool find_member(span object, const char *name, span *ret)
{
    uint8_t memory[1024];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct json j;
    span member, value;
    json_open(&j, object, JSON_DEPTH_MAX, &scratch);
    if (json_object(&j))
        while (json_member_unremembered(&j, &member) && json_skip(&j, &value))
            if (span_equal(member, span_text(name))) {
                *ret = value;
                return true;
            }
    return false;
}

bool amended_has(const struct amended *named, const char *member)
{
    span value;
    return find_member(named->with, member, &value);
}

/* Puts the members of an object, those of `instead` in place of the ones of the same name, and in the end those that it had not. */
static csign_code put_merged(struct json_out *o, span object, span instead, struct buffer *scratch)
{
    struct json j;
    span name, value, other;
    char text[64];
    json_put_object(o);
    for (int pass = 0; pass < 2; pass++) {
        size_t mark = scratch->size;
        json_open(&j, pass ? instead : object, JSON_DEPTH_MAX, scratch);
        if (json_object(&j))
            while (json_member(&j, &name) && json_skip(&j, &value)) {
                if (name.size >= sizeof text)
                    return CSIGN_E_DEED_MALFORMED;
                memcpy(text, name.data, name.size);
                text[name.size] = 0;
                bool has = find_member(pass ? object : instead, text, &other);
                if (pass && has)
                    continue;
                json_put_name(o, text);
                json_put_raw(o, has ? other : value);
            }
        scratch->size = mark;
        if (!json_finish(&j))
            return CSIGN_E_DEED_MALFORMED;
    }
    json_end_object(o);
    return CSIGN_OK;
}

/* What may be corrected: all that an enrolment says, and of an order and its like when and why, not against whom. */
static csign_code check_with(const struct acting *a, bool enrolment)
{
    static const char *const correctable[2][6] = {{"effective", "reason", "until", "confirm_by", "conditions", "why"},
                                                  {"practitioner", "licence", "affiliation"}};
    uint8_t memory[1024];
    struct buffer scratch = buffer_open(memory, sizeof memory);
    struct json j;
    span name, value;
    bool known = true;
    json_open(&j, a->deed->amendment.with, JSON_DEPTH_MAX, &scratch);
    if (json_object(&j))
        while (known && json_member_unremembered(&j, &name) && json_skip(&j, &value)) {
            known = false;
            for (size_t i = 0; i < 6 && correctable[enrolment][i]; i++)
                known |= span_equal(name, span_text(correctable[enrolment][i]));
        }
    return known ? CSIGN_OK
                 : fault_set(a->fault, CSIGN_E_FIELD_INVALID, "with",
                             enrolment ? "practitioner, licence and affiliation are corrected, each as a whole"
                                       : "when and why are corrected, not what or against whom: void it and give another");
}

/* Reads what the deed says with its new members, by the same schema as the first time. */
static csign_code merge(struct acting *a, const struct deed *before, struct deed *ret, span *ret_json)
{
    span with = a->deed->amendment.with;
    TRY(check_with(a, before->head.kind == DEED_ENROL));
    uint8_t *memory = buffer_room(a->scratch, DEED_MAX);
    TRY(buffer_code(a->scratch));
    struct buffer json = buffer_open(memory, DEED_MAX);
    struct json_out o = json_out(&json);
    csign_code code = put_merged(&o, before->json, with, a->scratch);
    if (code != CSIGN_OK || json.overflow)
        return fault_set(a->fault, CSIGN_E_DEED_MALFORMED, "with", "not members of such a deed");
    *ret_json = buffer_span(&json);
    size_t from = a->scratch->size;
    deed_write(a->scratch, before->origin, before->id, *ret_json);
    TRY(buffer_code(a->scratch));
    return deed_read(buffer_since(a->scratch, from), a->scratch, ret, a->fault);
}

/* --- amending --- */

static csign_code read_named(struct acting *a, struct deed_row *row, struct deed *before, struct amended *ret)
{
    bool found;
    TRY(deed_row_read(a->session, a->deed->amendment.deed, a->scratch, row, &found));
    if (!found)
        return fault_set(a->fault, CSIGN_E_NOT_FOUND, "deed", "not known here");
    TRY(deed_row_parse(row, a->scratch, before, a->fault));
    *ret = (struct amended){.hash = a->deed->amendment.deed, .row = row, .before = before, .with = a->deed->amendment.with};
    const enum deed_state state = deed_row_state(row, a->now_ms);
    if (state == DEED_EXPIRED || state == DEED_VOIDED)
        return conflict(a, "deed", state == DEED_VOIDED ? "voided already" : "it expired unsigned");
    return CSIGN_OK;
}

static void put_named(const struct amended *named, struct json_out *result)
{
    json_put_base64url_member(result, "deed", span_of(named->hash, CSIGN_HASH_SIZE));
}

csign_code apply_correct(struct acting *a, struct json_out *result)
{
    struct deed_row row;
    struct deed before, after;
    struct amended named;
    span json;
    TRY(read_named(a, &row, &before, &named));
    const struct amending *amending = &amendings[row.kind];
    if (row.state == DEED_WAITING)
        return conflict(a, "deed", "it waits for signatures: make another");
    if (row.state == DEED_EFFECTIVE && !amending->correct)
        return conflict(a, "deed", amending->instead);
    TRY(merge(a, &before, &after, &json));
    named.after = &after;
    if (row.state == DEED_EFFECTIVE)
        TRY(amending->correct(a, &named));
    put_named(&named, result);
    uint64_t effective_ms = deed_effective_ms(&after);
    return RUN(a->session, SQL_DEED_CORRECT, VALUE_HASH(named.hash), VALUE_TEXT(json),
               VALUE_INTEGER(effective_ms ? effective_ms : row.effective_ms));
}

csign_code apply_void(struct acting *a, struct json_out *result)
{
    struct deed_row row;
    struct deed before;
    struct amended named;
    TRY(read_named(a, &row, &before, &named));
    const struct amending *amending = &amendings[row.kind];
    if (row.state == DEED_EFFECTIVE) {
        if (!amending->undo)
            return conflict(a, "deed", amending->instead);
        TRY(amending->undo(a, &named));
    }
    put_named(&named, result);
    return RUN(a->session, SQL_DEED_VOID, VALUE_HASH(named.hash));
}
