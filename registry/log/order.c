#include "order.h"

static csign_code malformed(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_LEAF_MALFORMED, field, reason);
}

static csign_code raise_limit(const struct leaf_order *order, const char *type, span id, uint64_t value, uint64_t step,
                              csign_fault *fault, const char *reason)
{
    struct leaf_limit limit = {.id_size = id.size, .value = value};
    memcpy(limit.type, type, strlen(type));
    if (id.size)
        memcpy(limit.id, id.data, id.size);
    csign_code code = order->raise(order->context, &limit, step);
    return code == CSIGN_E_LEAF_MALFORMED ? malformed(fault, "order", reason) : code;
}

static csign_code raise_cut(const struct leaf_order *order, const struct leaf *leaf, csign_fault *fault)
{
    const char type[] = {'X', (char)('0' + (int)leaf->cut.kind), '\0'};
    return raise_limit(order, type, span_of(leaf->cut.id, sizeof leaf->cut.id), leaf->cut.cut_ms, 1, fault,
                       "not later than the cut before it");
}

csign_code leaf_order_check(const struct leaf_order *order, const struct leaf *leaf, csign_fault *fault)
{
    if (order->size == 0 && leaf->type != LEAF_ROOT)
        return malformed(fault, "type", "the first leaf of a log names its root");
    switch (leaf->type) {
    case LEAF_BINDING:
        return leaf->binding.index == order->bindings ? CSIGN_OK : malformed(fault, "index", "a binding out of sequence");
    case LEAF_END:
        return leaf->end.index < order->bindings ? CSIGN_OK
                                                 : malformed(fault, "index", "the end of an index that was never live");
    case LEAF_CUT:
        return raise_cut(order, leaf, fault);
    case LEAF_FLOOR:
        if (leaf->floor.floor > order->bindings)
            return malformed(fault, "floor", "above the number of bindings");
        return raise_limit(order, "F", SPAN(""), leaf->floor.floor, 0, fault, "a floor that falls");
    case LEAF_POLICY:
        return raise_limit(order, "P", span_of(leaf->policy.id, sizeof leaf->policy.id), leaf->policy.version, 1, fault,
                           "not above the version that the log named before");
    case LEAF_ROOT:
        return raise_limit(order, "K", SPAN(""), leaf->root.version, 1, fault,
                           "not above the root version that the log named before");
    }
    return malformed(fault, "type", "unknown");
}
