/*
 * The smaller parsers, in one target: the first line of an input names the parser, what follows is for it. Where a format has
 * a writer, what was read and written again must be the same bytes.
 */
#include "fuzz.h"

#include "checkpoint.h"
#include "cursor.h"
#include "date.h"
#include "deed.h"
#include "fresh.h"
#include "key_file.h"
#include "leaf.h"
#include "receipt_batch.h"
#include "release_record.h"
#include "request.h"
#include "tile.h"

#include <countersign/decide.h>

bool fuzz_accepted;

struct input {
    span bytes;
    struct buffer *scratch, *out; /* `out` is what a writer made of it */
    csign_fault fault;
};

static bool read_deed(struct input *in)
{
    static struct deed deed;
    return deed_read(in->bytes, in->scratch, &deed, &in->fault) == CSIGN_OK;
}

static bool read_receipt(struct input *in)
{
    static struct receipt receipt;
    return receipt_read(in->bytes, in->scratch, &receipt, &in->fault) == CSIGN_OK;
}

static bool read_batch(struct input *in)
{
    static struct receipt_batch batch;
    return receipt_batch_read(in->bytes, &batch, &in->fault) == CSIGN_OK;
}

static bool read_ack(struct input *in)
{
    struct receipt_ack ack;
    if (receipt_ack_read(in->bytes, &ack, &in->fault) != CSIGN_OK)
        return false;
    receipt_ack_write(in->out, &ack);
    return true;
}

static bool read_record(struct input *in)
{
    static struct release_record record;
    return release_record_read(in->bytes, in->scratch, &record, &in->fault) == CSIGN_OK;
}

static bool read_key_file(struct input *in)
{
    struct key_file file;
    return key_file_read(in->bytes, &file, &in->fault) == CSIGN_OK;
}

static bool read_checkpoint(struct input *in)
{
    struct checkpoint checkpoint;
    if (checkpoint_read(in->bytes, &checkpoint, &in->fault) != CSIGN_OK)
        return false;
    checkpoint_write(in->out, &checkpoint);
    return true;
}

static bool read_fresh(struct input *in)
{
    struct fresh fresh;
    if (fresh_read(in->bytes, &fresh, &in->fault) != CSIGN_OK)
        return false;
    fresh_write(in->out, &fresh);
    return true;
}

static bool read_leaf(struct input *in)
{
    struct leaf leaf;
    if (leaf_read(in->bytes, &leaf, &in->fault) != CSIGN_OK)
        return false;
    leaf_write(in->out, &leaf);
    return true;
}

static bool read_vkey(struct input *in)
{
    struct vkey vkey;
    if (!vkey_read(in->bytes, &vkey))
        return false;
    vkey_write(in->out, &vkey);
    return true;
}

static bool read_request(struct input *in)
{
    static struct request request;
    return request_read(in->bytes, in->scratch, &request, &in->fault) == CSIGN_OK;
}

static bool read_release(struct input *in)
{
    static struct csign_release release;
    memset(&release, 0, sizeof release);
    return csign_release_read(in->bytes, 0, in->scratch->data, in->scratch->capacity, &release, &in->fault) == CSIGN_OK;
}

static bool read_tile_path(struct input *in)
{
    struct tile tile;
    return tile_path_read(in->bytes, &tile);
}

static bool read_entries(struct input *in)
{
    return tile_entries_read(in->bytes, 2, LEAF_SIZE, in->scratch, &in->fault) == CSIGN_OK;
}

static bool read_offset(struct input *in)
{
    int64_t offset;
    return offset_read(in->bytes, &offset);
}

static const struct {
    const char *name;
    bool (*read)(struct input *in);
} parsers[] = {
    {"deed", read_deed},       {"receipt", read_receipt},       {"batch", read_batch},      {"ack", read_ack},
    {"record", read_record},   {"key-file", read_key_file},     {"fresh", read_fresh},      {"checkpoint", read_checkpoint},
    {"leaf", read_leaf},       {"vkey", read_vkey},             {"request", read_request},  {"release", read_release},
    {"entries", read_entries}, {"tile-path", read_tile_path},   {"offset", read_offset},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor c = cursor_open(span_of(data, size));
    struct buffer scratch = fuzz_scratch(csign_release_memory(size) * 8), out = fuzz_scratch(size + 256);
    span name;
    fuzz_accepted = false;
    if (cursor_line(&c, &name)) {
        struct input in = {cursor_rest(&c), &scratch, &out, {CSIGN_OK, "", "", 0}};
        for (size_t i = 0; i < sizeof parsers / sizeof *parsers; i++)
            if (span_equal(name, span_text(parsers[i].name))) {
                fuzz_accepted = parsers[i].read(&in);
                PROMISE(fuzz_accepted || (in.fault.field && in.fault.reason));
                PROMISE(!fuzz_accepted || out.size == 0 || span_equal(buffer_span(&out), in.bytes));
            }
    }
    free(scratch.data);
    free(out.data);
    return 0;
}
