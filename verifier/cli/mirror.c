#include "mirror.h"
#include "files.h"

#define ENTRY_BYTES (2u + LEAF_SIZE)

/* In a call of its own: a log may be followed for weeks, and what a call takes it keeps to its end. */
static void put(struct mirror *m, const char *name, span bytes)
{
    struct call call = *m->call;
    call.blocks = NULL;
    const char *path = call_format(&call, "%s/%s", m->folder, name);
    if (m->outcome == DONE)
        m->outcome = folder_make_above(&call, path);
    if (m->outcome == DONE)
        m->outcome = file_write(&call, path, bytes);
    call_end(&call);
}

/* The tile of the newest leaf, as far as it is filled. */
static void put_edge(struct mirror *m)
{
    uint8_t memory[TILE_WIDTH * ENTRY_BYTES];
    char name[256] = "status/";
    struct buffer bytes = buffer_open(memory, sizeof memory),
                  path = buffer_open(name + strlen(name), sizeof name - strlen(name) - 1);
    const struct tile tile = {
        .entries = true, .index = (m->size - 1) / TILE_WIDTH, .width = tile_width(m->size, 0, (m->size - 1) / TILE_WIDTH)};
    for (uint32_t i = 0; i < tile.width; i++)
        tile_entry_write(&bytes, span_of(m->edge + i * LEAF_SIZE, LEAF_SIZE));
    tile_path_write(&path, &tile);
    put(m, name, buffer_span(&bytes));
}

void mirror_leaf(struct mirror *m, const struct leaf *leaf)
{
    struct buffer out = buffer_open(m->edge + m->size % TILE_WIDTH * LEAF_SIZE, LEAF_SIZE);
    leaf_write(&out, leaf);
    if (++m->size % TILE_WIDTH == 0)
        put_edge(m);
}

void mirror_note(struct mirror *m, const char *path, span note)
{
    put(m, path, note);
}

void mirror_checkpoint(struct mirror *m, span checkpoint)
{
    if (m->size % TILE_WIDTH != 0 && m->size != m->written)
        put_edge(m);
    m->written = m->size;
    put(m, "status/checkpoint", checkpoint);
}
