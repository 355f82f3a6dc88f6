#include "status_list.h"

/* Where an entry lies: entries do not cross bytes, for 1, 2, 4 and 8 divide 8. */
struct place {
    size_t byte;
    unsigned shift;
    uint8_t mask;
};

static bool find(size_t size, unsigned bits, uint64_t index, struct place *ret)
{
    if (bits != 1 && bits != 2 && bits != 4 && bits != 8)
        return false;
    unsigned each = 8 / bits;
    if (index / each >= size)
        return false;
    ret->byte = (size_t)(index / each);
    ret->shift = (unsigned)(index % each) * bits;
    ret->mask = (uint8_t)((1u << bits) - 1u);
    return true;
}

size_t status_list_size(uint64_t entries, unsigned bits)
{
    return (size_t)(entries / 8 * bits + (entries % 8 * bits + 7) / 8);
}

bool status_list_get(span list, unsigned bits, uint64_t index, uint8_t *ret)
{
    struct place p;
    if (!find(list.size, bits, index, &p))
        return false;
    *ret = (uint8_t)(list.data[p.byte] >> p.shift & p.mask);
    return true;
}

bool status_list_set(uint8_t *list, size_t size, unsigned bits, uint64_t index, uint8_t value)
{
    struct place p;
    if (!find(size, bits, index, &p) || value > p.mask)
        return false;
    list[p.byte] = (uint8_t)((list[p.byte] & ~(p.mask << p.shift)) | value << p.shift);
    return true;
}
