#include "deeds_accept.h"
#include "rows.h"

#define RESULT_MAX 8192u /* bytes of the JSON that says what came of a deed */

/* What each kind does. */
static effect *const effects[] = {
    [DEED_INSTITUTION_ADD] = apply_institution_add,
    [DEED_OFFICER_ADD] = apply_officer_add,
    [DEED_OFFICER_END] = apply_officer_end,
    [DEED_ENROL] = apply_enrol,
    [DEED_ENROL_IMPORT] = apply_import,
    [DEED_ROLL_IMPORT] = apply_import,
    [DEED_ACTIVATE] = apply_activate,
    [DEED_AFFILIATION_END] = apply_affiliation_end,
    [DEED_KEY_END] = apply_key_end,
    [DEED_APP_ADD] = apply_app_add,
    [DEED_APP_END] = apply_app_end,
    [DEED_SUSPEND_INTERIM] = apply_order,
    [DEED_SUSPEND] = apply_order,
    [DEED_REVOKE] = apply_order,
    [DEED_RESCIND] = apply_order,
    [DEED_DEREGISTER] = apply_order,
    [DEED_CONDITION] = apply_condition,
    [DEED_REINSTATE] = apply_reinstate,
    [DEED_DECEASED] = apply_deceased,
    [DEED_CORRECT] = apply_correct,
    [DEED_VOID] = apply_void,
    [DEED_CUT] = apply_cut,
    [DEED_POLICY_PUBLISH] = apply_policy_publish,
};

uint64_t deed_effective_ms(const struct deed *deed)
{
    switch ((enum deed_kind)deed->head.kind) {
    case DEED_SUSPEND_INTERIM:
    case DEED_SUSPEND:
    case DEED_REVOKE:
    case DEED_RESCIND:
    case DEED_DEREGISTER:
    case DEED_CONDITION:
    case DEED_REINSTATE:
        return deed->order.effective * 1000;
    case DEED_AFFILIATION_END:
        return deed->affiliation_end.effective * 1000;
    case DEED_DECEASED:
        return deed->deceased.effective * 1000;
    default:
        return 0;
    }
}

/* The next number, and the chain up to it: a deed that is left out or put in later breaks every link behind it. */
static csign_code number(const struct acting *a, uint64_t *ret_number, uint8_t ret_chain[CSIGN_HASH_SIZE])
{
    struct query q = query_open(a->session, SQL_DEED_HEAD_READ, NULL, 0);
    uint64_t last = 0;
    deed_chain_start(a->registry->root.origin, ret_chain);
    if (query_row(&q)) {
        last = (uint64_t)query_integer(&q, 0);
        query_bytes(&q, 1, ret_chain, CSIGN_HASH_SIZE);
    }
    TRY(query_close(&q));
    *ret_number = last + 1;
    deed_chain_next(ret_chain, *ret_number, a->hash);
    return RUN(a->session, SQL_DEED_HEAD_WRITE, VALUE_INTEGER(*ret_number), VALUE_HASH(ret_chain));
}

csign_code deed_take_effect(struct acting *a)
{
    uint8_t memory[RESULT_MAX];
    struct buffer result = buffer_open(memory, sizeof memory);
    struct json_out o = json_out(&result);
    json_put_object(&o);
    TRY(effects[a->deed->head.kind](a, &o));
    json_end_object(&o);
    TRY(buffer_code(&result));
    return RUN(a->session, SQL_DEED_TAKE_EFFECT, VALUE_HASH(a->hash), VALUE_TEXT(buffer_span(&result)), VALUE_TEXT(a->licence),
               VALUE_TEXT(a->practitioner));
}

csign_code deed_accept(struct acting *a, enum deed_state *ret_state)
{
    uint8_t chain[CSIGN_HASH_SIZE];
    uint64_t place, effective_ms = deed_effective_ms(a->deed);
    TRY(number(a, &place, chain));
    TRY(RUN(a->session, SQL_DEED_ACCEPT, VALUE_HASH(a->hash), VALUE_INTEGER(a->now_ms),
            VALUE_INTEGER(effective_ms ? effective_ms : a->now_ms), VALUE_INTEGER(place), VALUE_HASH(chain)));
    *ret_state = DEED_ACCEPTED;
    if (effective_ms > a->now_ms)
        return CSIGN_OK;
    *ret_state = DEED_EFFECTIVE;
    return deed_take_effect(a);
}
