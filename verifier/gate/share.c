#include "share.h"

#include <stdalign.h>
#include <stdlib.h>

struct head {
    alignas(max_align_t) size_t holders;
};

static struct head *head_of(void *block)
{
    return (struct head *)block - 1;
}

void *share_new(size_t size)
{
    struct head *head = size <= (size_t)-1 - sizeof *head ? calloc(1, sizeof *head + size) : NULL;
    if (!head)
        return NULL;
    head->holders = 1;
    return head + 1;
}

void *share_keep(void *block)
{
    if (block)
        head_of(block)->holders++;
    return block;
}

void share_drop(void *block)
{
    if (block && --head_of(block)->holders == 0)
        free(head_of(block));
}

bool share_is_own(const void *block)
{
    return ((const struct head *)block - 1)->holders == 1;
}
