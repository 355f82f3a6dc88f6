#include "call.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct block {
    struct block *next;
    void *memory;
    void (*release)(void *);
};

static void *or_end(void *memory)
{
    if (!memory) {
        fputs("out of memory: close other programs, or give it more\n", stderr);
        exit(CANNOT);
    }
    return memory;
}

void *call_keep(struct call *call, void *memory, void (*release)(void *))
{
    struct block *block = or_end(malloc(sizeof *block));
    *block = (struct block){call->blocks, memory, release};
    call->blocks = block;
    return memory;
}

void *call_memory(struct call *call, size_t size)
{
    return call_keep(call, or_end(calloc(1, size ? size : 1)), free);
}

void *call_secret(struct call *call, size_t size)
{
    void *memory = or_end(sodium_malloc(size));
    memset(memory, 0, size);
    return call_keep(call, memory, sodium_free);
}

struct buffer call_buffer(struct call *call, size_t capacity)
{
    return buffer_open(call_memory(call, capacity), capacity);
}

const char *call_text(struct call *call, span text)
{
    char *copy = call_memory(call, text.size + 1);
    if (text.size)
        memcpy(copy, text.data, text.size);
    return copy;
}

const char *call_format(struct call *call, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    char *text = call_memory(call, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

void call_end(struct call *call)
{
    while (call->blocks) {
        struct block *block = call->blocks;
        call->blocks = block->next;
        block->release(block->memory);
        free(block);
    }
}
