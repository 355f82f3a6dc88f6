#include "state_folder.h"
#include "base64.h"
#include "files.h"
#include "output.h"
#include "tile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY_BYTES (2u + LEAF_SIZE)

/* --- roots --- */

struct roots {
    span notes[STATE_ROOTS_MAX]; /* notes[i] is version i + 1 */
    size_t count, pinned;
};

static int read_roots(struct state_folder *f, struct roots *ret)
{
    for (ret->count = 0; ret->count < STATE_ROOTS_MAX; ret->count++) {
        const char *path = call_format(f->call, "%s/trust/%zu", f->path, ret->count + 1);
        STEP(file_read_if_there(f->call, path, CSIGN_ROOT_MAX, &ret->notes[ret->count]));
        if (!ret->notes[ret->count].data)
            break;
    }
    if (ret->count == 0)
        return fail(f->call, CANNOT, "give a folder with what the registry serves, or make one with `countersign state init`",
                    "no trust root, %s/trust/1", f->path);
    return DONE;
}

static bool note_has_hash(struct call *call, span bytes, const uint8_t wanted[CSIGN_HASH_SIZE])
{
    struct buffer scratch = call_buffer(call, bytes.size);
    uint8_t hash[CSIGN_HASH_SIZE];
    struct note *note = call_memory(call, sizeof *note);
    if (note_read(bytes, &scratch, note, NULL) != CSIGN_OK)
        return false;
    note_hash(note, hash);
    return hash_equal(hash, wanted);
}

static int find_pinned(struct state_folder *f, const struct state_reading *how, struct roots *roots)
{
    for (roots->pinned = 0; how->root_hash && roots->pinned < roots->count; roots->pinned++)
        if (note_has_hash(f->call, roots->notes[roots->pinned], how->root_hash))
            break;
    if (roots->pinned < roots->count)
        return DONE;
    return fail_code(f->call, CANNOT, CSIGN_E_ROOT_HASH,
                     &(csign_fault){CSIGN_E_ROOT_HASH, "--root-hash", "no root in the folder has it", 0},
                     call_format(f->call, "%s/trust", f->path));
}

/* Goes on with the next state of the gate. */
static void replace_gate(struct state_folder *f, csign_gate *next)
{
    csign_gate_free(&f->gate);
    f->gate = next;
}

static int open_gate(struct state_folder *f, const struct state_reading *how)
{
    struct roots *roots = call_memory(f->call, sizeof *roots);
    csign_fault fault;
    STEP(read_roots(f, roots));
    STEP(find_pinned(f, how, roots));
    const csign_gate_options options = {.struct_size = sizeof options,
                                        .deployment = how->deployment,
                                        .root = roots->notes[roots->pinned],
                                        .root_hash = how->root_hash,
                                        .accept_test = how->accept_test,
                                        .offline = 1,
                                        .overlay = how->overlay};
    size_t at = roots->pinned;
    csign_code code = csign_gate_open(&options, &f->gate, &fault);
    while (code == CSIGN_OK && ++at < roots->count) {
        csign_gate *next = NULL;
        code = csign_gate_apply_root(f->gate, roots->notes[at], &next, &fault);
        if (code == CSIGN_OK)
            replace_gate(f, next);
    }
    if (code == CSIGN_E_POLICY_MALFORMED || (code == CSIGN_E_TOO_LARGE && strcmp(fault.field, "overlay") == 0))
        return fail_code(f->call, CANNOT, code, &fault, "the overlay");
    if (code == CSIGN_E_ARGUMENT)
        return fail_code(f->call, CANNOT, code, &fault, "the gate's options");
    return code == CSIGN_OK ? DONE : fail_code(f->call, CANNOT, code, &fault, call_format(f->call, "%s/trust/%zu", f->path, at + 1));
}

/* --- the log --- */

static const char *tile_path(struct state_folder *f, const struct tile *tile)
{
    struct buffer out = call_buffer(f->call, 256);
    tile_path_write(&out, tile);
    return call_format(f->call, "%s/status/%s", f->path, (const char *)out.data);
}

static int read_entries(struct state_folder *f, struct buffer *leaves)
{
    for (uint64_t index = 0; index * TILE_WIDTH < f->size; index++) {
        const struct tile tile = tile_of_entry(f->size, index * TILE_WIDTH);
        const char *path = tile_path(f, &tile);
        span bytes;
        csign_fault fault;
        STEP(file_read(f->call, path, TILE_WIDTH * ENTRY_BYTES, &bytes));
        csign_code code = tile_entries_read(bytes, tile.width, LEAF_SIZE, leaves, &fault);
        if (code != CSIGN_OK)
            return fail_code(f->call, CANNOT, code, &fault, path);
    }
    return DONE;
}

static int read_log(struct state_folder *f)
{
    const char *path = call_format(f->call, "%s/status/checkpoint", f->path);
    span checkpoint;
    csign_fault fault;
    csign_gate *next = NULL;
    STEP(file_read(f->call, path, CHECKPOINT_MAX, &checkpoint));
    csign_code code = checkpoint_note_size(checkpoint, STATE_LEAVES_MAX, call_buffer(f->call, CHECKPOINT_MAX), &f->size, &fault);
    if (code != CSIGN_OK)
        return fail_code(f->call, CANNOT, code, &fault, path);
    struct buffer leaves = call_buffer(f->call, (size_t)f->size * LEAF_SIZE);
    STEP(read_entries(f, &leaves));
    f->leaves = leaves.data;
    code = csign_gate_apply_leaves(f->gate, f->leaves, f->size, checkpoint, &next, &fault);
    if (next)
        replace_gate(f, next);
    return code == CSIGN_OK ? DONE : fail_code(f->call, CANNOT, code, &fault, path);
}

static const char *policy_path(struct state_folder *f, const uint8_t note[24])
{
    struct buffer name = call_buffer(f->call, 64);
    base64url_encode(&name, span_of(note, 24));
    return call_format(f->call, "%s/policies/%s", f->path, (const char *)name.data);
}

/* The policies that the log names. One that is not there is missing in the decision; one that is wrong is an error. */
static int read_policies(struct state_folder *f)
{
    csign_gate_want want;
    for (size_t place = 0; csign_gate_wants(f->gate, place, &want);) {
        const char *path = policy_path(f, want.note);
        span note = {NULL, 0};
        csign_fault fault;
        csign_gate *next = NULL;
        if (want.is_policy)
            STEP(file_read_if_there(f->call, path, POLICY_NOTE_MAX, &note));
        if (!note.data) {
            place++;
            continue;
        }
        csign_code code = csign_gate_apply_wanted(f->gate, want.note, note, &next, &fault);
        if (code == CSIGN_OK) /* it is wanted no more: the next has its place */
            replace_gate(f, next);
        else if (code == CSIGN_E_POLICY_ROLLED_BACK) /* a version of the past */
            place++;
        else
            return fail_code(f->call, CANNOT, code, &fault, path);
    }
    return DONE;
}

int state_open(struct call *call, const char *path, const struct state_reading *how, struct state_folder *ret)
{
    *ret = (struct state_folder){.call = call, .path = path, .lock = -1};
    STEP(open_gate(ret, how));
    STEP(read_log(ret));
    return read_policies(ret);
}

void state_close(struct state_folder *folder)
{
    csign_gate_free(&folder->gate);
    if (folder->lock >= 0)
        close(folder->lock);
    folder->lock = -1;
}

/* --- changing --- */

const struct state_reading state_own = {.deployment = {(const uint8_t *)"state", 5}, .accept_test = true};

static int lock_folder(struct call *call, const char *path, int *ret)
{
    *ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*ret < 0)
        return fail_system(call, "cannot open", path, "make the folder with `countersign state init`");
    if (flock(*ret, LOCK_EX) != 0)
        return fail_system(call, "cannot lock", path, "put the folder on a local disk");
    return DONE;
}

int state_open_to_change(struct call *call, const char *path, struct state_folder *ret)
{
    int lock = -1;
    *ret = (struct state_folder){.call = call, .path = path, .lock = -1};
    STEP(lock_folder(call, path, &lock));
    int code = state_open(call, path, &state_own, ret);
    ret->lock = lock;
    return code;
}

int state_keys_open(struct keyring *ring, const char *folder, struct state_keys *ret)
{
    STEP(key_open(ring, call_format(ring->call, "%s/keys/statuslog", folder), KEY_STATUSLOG, &ret->statuslog));
    return key_open(ring, call_format(ring->call, "%s/keys/fresh", folder), KEY_FRESH, &ret->fresh);
}

/* The tree of all leaves, and with them its checkpoint, signed and cosigned. */
static span make_checkpoint(struct state_folder *f, const struct state_keys *keys, const uint8_t *added, size_t count, int64_t at)
{
    struct merkle_range range = state_status(f)->range;
    struct checkpoint checkpoint = {.origin = state_root(f)->statuslogs[0].vkey.name, .size = f->size + count};
    struct vkey log = key_vkey(keys->statuslog.name, KEY_STATUSLOG, &keys->statuslog.public);
    struct vkey fresh = key_vkey(keys->fresh.name, KEY_FRESH, &keys->fresh.public);
    struct buffer note = call_buffer(f->call, CHECKPOINT_MAX);
    for (size_t i = 0; i < count; i++) {
        struct merkle_hash leaf = merkle_leaf(span_of(added + i * LEAF_SIZE, LEAF_SIZE));
        (void)merkle_range_append(&range, &leaf); /* full at 2^63-1 */
    }
    checkpoint.root = merkle_range_root(&range);
    checkpoint_write(&note, &checkpoint);
    span text = buffer_span(&note);
    buffer_byte(&note, '\n');
    note_sign(&note, text, &log, keys->statuslog.signing);
    note_cosign(&note, text, &fresh, keys->fresh.signing, (uint64_t)at);
    return buffer_span(&note);
}

/* Tries a change as any gate will: whatever it refuses is not written. */
static int try_change(struct state_folder *f, const uint8_t *added, size_t count, int64_t at)
{
    const struct state_change *change = &f->change;
    csign_fault fault;
    csign_gate *next = NULL;
    if (f->gate->evidence_time > at)
        return fail(f->call, REFUSED, "give a later --at", "evidence does not grow older, --at is before %lld",
                    (long long)f->gate->evidence_time);
    csign_code code = csign_gate_apply_leaves(f->gate, added, count, change->checkpoint, &next, &fault);
    if (next)
        replace_gate(f, next);
    if (code == CSIGN_E_LEAF_MALFORMED) /* the leaf is ours: it is not the log that is wrong, but what was asked for */
        return fail(f->call, REFUSED, "correct it; nothing was changed", "%s, %s", fault.reason, fault.field);
    if (code != CSIGN_OK)
        return fail_code(f->call, REFUSED, code, &fault, "the change");
    if (!f->gate->has_evidence || f->gate->evidence_time != at)
        return fail(f->call, REFUSED, "give an --at within its validity, or make a new test registry",
                    "the root does not name the freshness key as valid, %s/trust", f->path);
    for (size_t i = 0; i < change->policy_count; i++) {
        code = csign_gate_apply_policy(f->gate, change->policies[i].note, &next, &fault);
        if (code != CSIGN_OK)
            return fail_code(f->call, REFUSED, code, &fault, change->policies[i].path);
        replace_gate(f, next);
    }
    return DONE;
}

static csign_code put_tile(void *context, unsigned level, uint64_t index, uint32_t width, const uint8_t *hashes)
{
    struct state_folder *f = context;
    const char *path = tile_path(f, &(struct tile){.level = level, .index = index, .width = width});
    if (folder_make_above(f->call, path) != DONE || file_write(f->call, path, span_of(hashes, width * CSIGN_HASH_SIZE)) != DONE)
        return CSIGN_E_UNAVAILABLE;
    return CSIGN_OK;
}

static csign_code get_tile(void *context, unsigned level, uint64_t index, uint32_t width, uint8_t *ret)
{
    struct state_folder *f = context;
    const char *path = tile_path(f, &(struct tile){.level = level, .index = index, .width = width});
    span bytes;
    if (file_read(f->call, path, TILE_BYTES, &bytes) != DONE)
        return CSIGN_E_UNAVAILABLE;
    if (bytes.size != width * CSIGN_HASH_SIZE)
        return CSIGN_E_TILE_MALFORMED;
    memcpy(ret, bytes.data, bytes.size);
    return CSIGN_OK;
}

static int write_entries(struct state_folder *f, uint64_t size)
{
    for (uint64_t index = f->size / TILE_WIDTH; index * TILE_WIDTH < size; index++) {
        const struct tile tile = tile_of_entry(size, index * TILE_WIDTH);
        const char *path = tile_path(f, &tile);
        struct buffer bytes = call_buffer(f->call, TILE_WIDTH * ENTRY_BYTES);
        for (uint64_t i = 0; i < tile.width; i++)
            tile_entry_write(&bytes, span_of(f->leaves + (index * TILE_WIDTH + i) * LEAF_SIZE, LEAF_SIZE));
        STEP(folder_make_above(f->call, path));
        STEP(file_write(f->call, path, buffer_span(&bytes)));
    }
    return DONE;
}

static int write_tiles(struct state_folder *f, uint64_t size)
{
    const struct tile_store store = {get_tile, put_tile, f};
    struct tile_writer *writer = call_memory(f->call, sizeof *writer);
    csign_code code = tile_writer_open(writer, f->size, &store);
    for (uint64_t i = f->size; code == CSIGN_OK && i < size; i++) {
        struct merkle_hash leaf = merkle_leaf(span_of(f->leaves + i * LEAF_SIZE, LEAF_SIZE));
        code = tile_writer_append(writer, &leaf, &store);
    }
    if (code == CSIGN_OK)
        code = tile_writer_flush(writer, &store);
    if (code == CSIGN_E_UNAVAILABLE)
        return CANNOT; /* reported where it happened */
    return code == CSIGN_OK ? DONE : fail_code(f->call, CANNOT, code, NULL, call_format(f->call, "%s/status/tile", f->path));
}

static int write_policy(struct state_folder *f, const struct state_policy *policy)
{
    struct buffer scratch = call_buffer(f->call, policy->note.size);
    struct note *read = call_memory(f->call, sizeof *read);
    uint8_t hash[CSIGN_HASH_SIZE];
    if (note_read(policy->note, &scratch, read, NULL) != CSIGN_OK)
        return fail_code(f->call, REFUSED, CSIGN_E_NOTE_MALFORMED, NULL, policy->path);
    note_hash(read, hash);
    const char *path = policy_path(f, hash);
    STEP(folder_make_above(f->call, path));
    return file_write(f->call, path, policy->note);
}

int state_propose(struct state_folder *f, const struct state_keys *keys, const struct leaf *leaves, size_t count, int64_t at,
                  const struct state_policy *policies)
{
    struct buffer all = call_buffer(f->call, ((size_t)f->size + count) * LEAF_SIZE);
    buffer_put(&all, span_of(f->leaves, (size_t)f->size * LEAF_SIZE));
    size_t held = all.size;
    for (size_t i = 0; i < count; i++)
        leaf_write(&all, &leaves[i]);
    f->leaves = all.data;
    f->change = (struct state_change){.size = f->size + count,
                                      .checkpoint = make_checkpoint(f, keys, all.data + held, count, at),
                                      .policies = policies,
                                      .policy_count = policies ? count : 0};
    return try_change(f, all.data + held, count, at);
}

/* What was written before a failure covers no leaf that a checkpoint names; the next change writes it again. */
int state_commit(struct state_folder *f)
{
    const char *path = call_format(f->call, "%s/status/checkpoint", f->path);
    STEP(write_entries(f, f->change.size));
    STEP(write_tiles(f, f->change.size));
    for (size_t i = 0; i < f->change.policy_count; i++)
        STEP(write_policy(f, &f->change.policies[i]));
    STEP(folder_make_above(f->call, path));
    STEP(file_write(f->call, path, f->change.checkpoint));
    f->size = f->change.size;
    return DONE;
}

int state_begin(struct call *call, const char *path, span root_note, struct state_folder *ret)
{
    const char *root = call_format(call, "%s/trust/1", path);
    *ret = (struct state_folder){.call = call, .path = path, .lock = -1};
    STEP(folder_make_above(call, root));
    STEP(file_write(call, root, root_note));
    return open_gate(ret, &state_own);
}
