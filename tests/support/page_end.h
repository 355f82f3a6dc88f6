/*
 * Input whose last byte is the last of a page, with memory that may not be touched behind it: a parser that reads one
 * byte too far is stopped there, also without a sanitizer.
 */
#ifndef SUPPORT_PAGE_END_H
#define SUPPORT_PAGE_END_H

#include <stddef.h>
#include <stdint.h>

struct page_end {
    uint8_t *map;
    size_t size, guard; /* readable bytes, and those behind them */
};

/* Makes room for inputs of up to `capacity` bytes; ends the program where there is none. */
struct page_end page_end_open(size_t capacity);
/* Copies the bytes to the end, over what was there before; `size` 0 gives the address of the guard itself. */
const uint8_t *page_end_place(struct page_end *p, const void *bytes, size_t size);
void page_end_close(struct page_end *p);

#endif
