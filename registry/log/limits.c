#include "limits.h"

#include <stdlib.h>

static int compare(const struct leaf_limit *a, const struct leaf_limit *b)
{
    int types = strcmp(a->type, b->type);
    return types != 0 ? types : memcmp(a->id, b->id, sizeof a->id);
}

/* Where it stands, or would stand. */
static size_t place_of(const struct limits *limits, const struct leaf_limit *limit)
{
    size_t low = 0, high = limits->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&limits->items[middle], limit) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

csign_code limits_raise(void *context, const struct leaf_limit *limit, uint64_t step)
{
    struct limits *limits = context;
    size_t place = place_of(limits, limit);
    if (place < limits->count && compare(&limits->items[place], limit) == 0) {
        uint64_t *value = &limits->items[place].value;
        if (limit->value < *value + step)
            return CSIGN_E_LEAF_MALFORMED;
        *value = limit->value;
        return CSIGN_OK;
    }
    if (limits->count == limits->capacity) {
        size_t capacity = limits->capacity ? limits->capacity * 2 : 64;
        struct leaf_limit *items = realloc(limits->items, capacity * sizeof *items);
        if (!items)
            return CSIGN_E_UNAVAILABLE;
        limits->items = items;
        limits->capacity = capacity;
    }
    memmove(&limits->items[place + 1], &limits->items[place], (limits->count - place) * sizeof *limits->items);
    limits->items[place] = *limit;
    limits->count++;
    return CSIGN_OK;
}

void limits_free(struct limits *limits)
{
    free(limits->items);
    *limits = (struct limits){0};
}
