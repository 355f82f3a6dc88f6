/* Cuts: one X leaf ends everything in its scope from before a moment (PROTOCOL 3), however many bindings that are. */
#include "effects.h"
#include "rows.h"

/* The identifier as PROTOCOL 3 hashes it: of a model the tool, a newline and the model; of everything none. */
static span identifier(struct acting *a, const struct deed_cut *cut)
{
    size_t from = a->scratch->size;
    if (cut->kind == CUT_ALL)
        return SPAN("");
    buffer_put(a->scratch, cut->id);
    if (cut->kind == CUT_MODEL) {
        buffer_byte(a->scratch, '\n');
        buffer_put(a->scratch, cut->model);
    }
    return buffer_since(a->scratch, from);
}

csign_code apply_cut(struct acting *a, struct json_out *result)
{
    const struct deed_cut *cut = &a->deed->cut;
    span name = identifier(a, cut);
    TRY(buffer_code(a->scratch));
    struct query q = QUERY(a->session, SQL_CUT_HIGHEST, VALUE_INTEGER(cut->kind), VALUE_BLOB(name));
    bool lower = query_row(&q) && !query_null(&q, 0) && (uint64_t)query_integer(&q, 0) >= cut->cut_ms;
    TRY(query_close(&q));
    if (lower)
        return fault_set(a->fault, CSIGN_E_CONFLICT, "cut_ms", "a cut of this may only be later than the one before");

    struct leaf leaf = {.type = LEAF_CUT,
                        .cut = {.kind = (enum cut_kind)cut->kind, .reason = cut->reason, .cut_ms = cut->cut_ms}};
    leaf_cut_id((enum cut_kind)cut->kind, cut->id, cut->model, leaf.cut.id);
    memcpy(leaf.cut.deed, a->hash, sizeof leaf.cut.deed);
    TRY(log_append(a->registry->log, &leaf));
    json_put_integer_member(result, "cut_ms", cut->cut_ms);
    return RUN(a->session, SQL_CUT_INSERT, VALUE_INTEGER(cut->kind), VALUE_BLOB(name), VALUE_INTEGER(cut->cut_ms),
               VALUE_HASH(a->hash));
}
