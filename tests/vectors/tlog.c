/* tlog_vectors.txt and the values of LOG 2.3 and 2.6: trees, tiles, proofs, keys, notes and cosignatures of other makers. */
#include "base64.h"
#include "checkpoint.h"
#include "cursor.h"
#include "hash.h"
#include "release_record.h"
#include "tile.h"
#include "vectors.h"

#define LEAVES     70000u
#define TILES      300u
#define COSIG_TIME UINT64_C(1795330800)

/* --- a log of 70,000 leaves "leaf-0", …, kept as tiles --- */

static struct {
    unsigned level;
    uint64_t index;
    uint8_t hashes[TILE_BYTES];
} tiles[TILES];
static size_t tile_count;
static struct merkle_hash roots[LEAVES + 1];

static csign_code put(void *context, unsigned level, uint64_t index, uint32_t width, const uint8_t *hashes)
{
    size_t i = 0;
    (void)context;
    while (i < tile_count && !(tiles[i].level == level && tiles[i].index == index))
        i++;
    if (i == TILES)
        return CSIGN_E_NO_SPACE;
    tile_count += i == tile_count;
    tiles[i].level = level;
    tiles[i].index = index;
    memcpy(tiles[i].hashes, hashes, width * CSIGN_HASH_SIZE);
    return CSIGN_OK;
}

static csign_code get(void *context, unsigned level, uint64_t index, uint32_t width, uint8_t *ret)
{
    (void)context;
    for (size_t i = 0; i < tile_count; i++)
        if (tiles[i].level == level && tiles[i].index == index) {
            memcpy(ret, tiles[i].hashes, width * CSIGN_HASH_SIZE);
            return CSIGN_OK;
        }
    return CSIGN_E_TILE_MALFORMED;
}

static const struct tile_store store = {get, put, NULL};

static struct merkle_hash leaf_hash(uint64_t index)
{
    char text[24];
    return merkle_leaf(span_of(text, (size_t)snprintf(text, sizeof text, "leaf-%llu", (unsigned long long)index)));
}

static bool make_log(void)
{
    static struct tile_writer writer;
    struct merkle_range range = {0};
    if (tile_writer_open(&writer, 0, &store) != CSIGN_OK)
        return false;
    roots[0] = merkle_range_root(&range);
    for (uint64_t i = 0; i < LEAVES; i++) {
        struct merkle_hash leaf = leaf_hash(i);
        if (tile_writer_append(&writer, &leaf, &store) != CSIGN_OK || !merkle_range_append(&range, &leaf))
            return false;
        roots[i + 1] = merkle_range_root(&range);
    }
    struct merkle_hash root = tile_writer_root(&writer);
    return tile_writer_flush(&writer, &store) == CSIGN_OK && merkle_hash_equal(&root, &roots[LEAVES]);
}

static struct merkle_source log_of(uint64_t size)
{
    static struct tile_reader reader;
    tile_reader_open(&reader, size, &store);
    return tile_reader_source(&reader);
}

/* --- words of a line --- */

static bool word(struct cursor *c, span *ret)
{
    if (cursor_done(c))
        return false;
    if (!cursor_until(c, ' ', ret)) {
        *ret = cursor_rest(c);
        c->at = c->end;
    }
    return true;
}

/* The number behind "name=" or "name[". */
static bool number(struct cursor *c, const char *name, uint64_t *ret)
{
    return cursor_literal(c, span_text(name)) && cursor_decimal(c, UINT64_MAX, ret);
}

static bool hex(span text, uint8_t *ret, size_t size)
{
    if (text.size != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        char digits[3] = {(char)text.data[2 * i], (char)text.data[2 * i + 1], 0}, *end;
        ret[i] = (uint8_t)strtoul(digits, &end, 16);
        if (end != digits + 2)
            return false;
    }
    return true;
}

/* "[hash hash …]" in base64. */
static bool hashes(struct cursor *c, struct merkle_hash *ret, uint64_t count)
{
    span text;
    if (!cursor_literal(c, SPAN(" [")))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (!cursor_take(c, 44, &text) || !base64_exact(text, ret[i].bytes, CSIGN_HASH_SIZE))
            return false;
        if (i + 1 < count && !cursor_literal(c, SPAN(" ")))
            return false;
    }
    return cursor_literal(c, SPAN("]")) && cursor_done(c);
}

/* --- lines --- */

static struct group group_hashes = {"hashes", 0, 0}, group_roots = {"roots", 0, 0}, group_tiles = {"tiles", 0, 0},
                    group_inclusion = {"inclusion proofs", 0, 0}, group_consistency = {"consistency proofs", 0, 0},
                    group_keys = {"vkeys", 0, 0}, group_notes = {"notes and cosignatures", 0, 0},
                    group_proof = {"tlog-proof", 0, 0}, group_release = {"release commitment", 0, 0};

static void root_line(struct cursor c)
{
    uint64_t size;
    uint8_t expected[CSIGN_HASH_SIZE];
    struct merkle_hash root;
    if (!number(&c, "root[", &size) || size > LEAVES || !cursor_literal(&c, SPAN("] ")) ||
        !base64_exact(cursor_rest(&c), expected, sizeof expected)) {
        check(&group_roots, false, "a line does not read");
        return;
    }
    struct merkle_source source = log_of(size);
    check(&group_roots, memcmp(roots[size].bytes, expected, sizeof expected) == 0, "compact range");
    check(&group_roots, merkle_source_root(&source, size, &root) == CSIGN_OK && merkle_hash_equal(&root, &roots[size]),
          "folded from tiles");
}

static void tile_line(struct cursor c)
{
    span go, path, bytes_word, digest_word;
    struct tile tile;
    uint64_t bytes, index;
    uint8_t memory[TILE_BYTES], expected[CSIGN_HASH_SIZE], digest[CSIGN_HASH_SIZE];
    char name[100];
    struct buffer out = buffer_open(name, sizeof name);
    if (number(&c, "tile idx ", &index)) {
        tile = (struct tile){.index = index, .width = TILE_WIDTH};
        tile_path_write(&out, &tile);
        check(&group_tiles, cursor_literal(&c, SPAN(" -> ")) && span_equal(cursor_rest(&c), buffer_span(&out)), "index");
        return;
    }
    bool read = cursor_literal(&c, SPAN("tile ")) && word(&c, &go) && cursor_literal(&c, SPAN("c2sp=")) && word(&c, &path) &&
                word(&c, &bytes_word) && span_starts(bytes_word, SPAN("bytes=")) &&
                span_decimal(span_of(bytes_word.data + 6, bytes_word.size - 6), TILE_BYTES, &bytes) && word(&c, &digest_word) &&
                span_starts(digest_word, SPAN("sha256=")) &&
                hex(span_of(digest_word.data + 7, digest_word.size - 7), expected, sizeof expected);
    check(&group_tiles, read && tile_path_read(path, &tile), "path");
    if (!read || !tile_path_read(path, &tile))
        return;
    tile_path_write(&out, &tile);
    check(&group_tiles, span_equal(path, buffer_span(&out)), "path written");
    check(&group_tiles, tile_width(LEAVES, tile.level, tile.index) == tile.width && tile.width * CSIGN_HASH_SIZE == bytes,
          "width");
    check(&group_tiles, get(NULL, tile.level, tile.index, tile.width, memory) == CSIGN_OK, "kept");
    hash_of(span_of(memory, (size_t)bytes), digest);
    check(&group_tiles, memcmp(digest, expected, sizeof digest) == 0, "contents");
}

static void inclusion_line(struct cursor c)
{
    uint64_t size, index, count;
    struct merkle_hash given[MERKLE_PROOF_MAX], made[MERKLE_PROOF_MAX];
    size_t made_count;
    if (!number(&c, "incl size=", &size) || !number(&c, " idx=", &index) || !number(&c, " n=", &count) ||
        count > MERKLE_PROOF_MAX || size > LEAVES || !hashes(&c, given, count)) {
        check(&group_inclusion, false, "a line does not read");
        return;
    }
    struct merkle_hash leaf = leaf_hash(index);
    struct merkle_source source = log_of(size);
    check(&group_inclusion, merkle_check_inclusion(index, size, &leaf, given, (size_t)count, &roots[size]) == CSIGN_OK,
          "checked");
    check(&group_inclusion,
          merkle_prove_inclusion(&source, index, size, made, &made_count) == CSIGN_OK && made_count == count &&
              memcmp(made, given, (size_t)count * sizeof *made) == 0,
          "made");
}

static void consistency_line(struct cursor c)
{
    uint64_t new_size, old_size, count;
    struct merkle_hash given[MERKLE_PROOF_MAX], made[MERKLE_PROOF_MAX];
    size_t made_count;
    if (!number(&c, "cons new=", &new_size) || !number(&c, " old=", &old_size) || !number(&c, " n=", &count) ||
        count > MERKLE_PROOF_MAX || new_size > LEAVES || old_size > new_size || !hashes(&c, given, count)) {
        check(&group_consistency, false, "a line does not read");
        return;
    }
    struct merkle_source source = log_of(new_size);
    check(&group_consistency,
          merkle_check_consistency(old_size, new_size, &roots[old_size], &roots[new_size], given, (size_t)count) == CSIGN_OK,
          "checked");
    check(&group_consistency,
          merkle_prove_consistency(&source, old_size, new_size, made, &made_count) == CSIGN_OK && made_count == count &&
              memcmp(made, given, (size_t)count * sizeof *made) == 0,
          "made");
}

static void hash_line(struct cursor c)
{
    struct merkle_hash zero = leaf_hash(0), one = leaf_hash(1), made;
    uint8_t expected[CSIGN_HASH_SIZE];
    if (cursor_literal(&c, SPAN("empty_root_hex ")))
        made = roots[0];
    else if (cursor_literal(&c, SPAN("leafhash(\"\") ")))
        made = merkle_leaf(SPAN(""));
    else if (cursor_literal(&c, SPAN("leafhash(\"leaf-0\") ")))
        made = zero;
    else if (cursor_literal(&c, SPAN("leafhash(\"leaf-1\") ")))
        made = one;
    else if (cursor_literal(&c, SPAN("node(leaf-0,leaf-1) ")))
        made = merkle_node(&zero, &one);
    else
        return;
    check(&group_hashes, hex(cursor_rest(&c), expected, sizeof expected) && memcmp(made.bytes, expected, 32) == 0, "hash");
}

/* --- keys and notes --- */

struct signer {
    struct signing_key key;
    struct vkey vkey;
    bool held;
};
static struct signer log_signer, witness;

/* "log seed …", "log pub …", "log vkey …" and the same of "wit". */
static void key_line(struct cursor c, const char *who, enum note_key_type type, struct signer *signer)
{
    uint8_t bytes[32];
    struct public_key key;
    struct vkey read;
    char text[300];
    struct buffer out = buffer_open(text, sizeof text);
    if (!cursor_literal(&c, span_text(who)))
        return;
    if (cursor_literal(&c, SPAN(" seed "))) {
        signer->held = hex(cursor_rest(&c), bytes, sizeof bytes);
        if (signer->held)
            signing_key_from_seed(bytes, &signer->key);
        check(&group_keys, signer->held, "seed");
    } else if (cursor_literal(&c, SPAN(" pub "))) {
        signing_key_public(&signer->key, &key);
        check(&group_keys, hex(cursor_rest(&c), bytes, 32) && memcmp(bytes, key.bytes, 32) == 0, "public key");
    } else if (cursor_literal(&c, SPAN(" vkey "))) {
        signing_key_public(&signer->key, &key);
        bool good = vkey_read(cursor_rest(&c), &read);
        check(&group_keys, good && read.type == type, "vkey");
        signer->vkey = vkey_make(good ? read.name : SPAN("?"), type, &key);
        vkey_write(&out, &signer->vkey);
        check(&group_keys, span_equal(buffer_span(&out), cursor_rest(&c)), "vkey written");
    }
}

/* A checkpoint with both signatures: verified, and made again byte for byte. */
static bool check_note(struct group *group, span bytes, struct checkpoint *ret)
{
    static uint8_t memory[4096];
    static struct note note;
    struct buffer scratch = buffer_open(memory, sizeof memory);
    uint8_t again[2048];
    struct buffer out = buffer_open(again, sizeof again);
    uint64_t time = 0;
    bool read = note_read(bytes, &scratch, &note, NULL) == CSIGN_OK && checkpoint_read(note.text, ret, NULL) == CSIGN_OK;
    check(group, read, "checkpoint");
    if (!read)
        return false;
    check(group, ret->size <= LEAVES && merkle_hash_equal(&ret->root, &roots[ret->size]), "root");
    check(group, note_verify(&note, &log_signer.vkey, NULL) == CSIGN_OK, "signature of the log");
    check(group, note_verify(&note, &witness.vkey, &time) == CSIGN_OK && time == COSIG_TIME, "cosignature");
    checkpoint_write(&out, ret);
    span text = span_of(again, out.size);
    buffer_byte(&out, '\n');
    note_sign(&out, text, &log_signer.vkey, &log_signer.key);
    note_cosign(&out, text, &witness.vkey, &witness.key, COSIG_TIME);
    check(group, span_equal(buffer_span(&out), bytes), "made again");
    return true;
}

/* c2sp.org/tlog-proof: the index, the hashes, an empty line, the checkpoint. */
static void check_proof(span bytes)
{
    struct cursor c = cursor_open(bytes);
    struct merkle_hash proof[MERKLE_PROOF_MAX], leaf;
    struct checkpoint checkpoint;
    uint64_t index = 0;
    size_t count = 0;
    span line = {NULL, 0};
    bool read = cursor_literal(&c, SPAN("c2sp.org/tlog-proof@v1\n")) && number(&c, "index ", &index) &&
                cursor_literal(&c, SPAN("\n"));
    while (read && cursor_line(&c, &line) && line.size > 0)
        read = count < MERKLE_PROOF_MAX && base64_exact(line, proof[count++].bytes, CSIGN_HASH_SIZE);
    check(&group_proof, read && line.size == 0, "frame");
    if (!read || !check_note(&group_proof, cursor_rest(&c), &checkpoint))
        return;
    leaf = leaf_hash(index);
    check(&group_proof, merkle_check_inclusion(index, checkpoint.size, &leaf, proof, count, &checkpoint.root) == CSIGN_OK,
          "inclusion");
}

/* The bytes up to "---end---", whose line gives their digest. */
static bool take_section(struct cursor *c, struct group *group, span *ret)
{
    const uint8_t *from = c->at;
    span line;
    uint8_t expected[CSIGN_HASH_SIZE], digest[CSIGN_HASH_SIZE];
    while (cursor_line(c, &line)) {
        if (!span_starts(line, SPAN("---end---")))
            continue;
        *ret = span_of(from, (size_t)(line.data - from));
        hash_of(*ret, digest);
        check(group, hex(span_of(line.data + line.size - 64, 64), expected, 32) && memcmp(digest, expected, 32) == 0, "digest");
        return true;
    }
    check(group, false, "a section does not end");
    return false;
}

/* A note of somebody else's: C2SP's example, and a checkpoint of sum.golang.org (LOG 2.3). */
static void check_foreign_note(const char *vkey_text, const char *text, const char *signature)
{
    uint8_t bytes[1024], memory[1024];
    struct buffer out = buffer_open(bytes, sizeof bytes), scratch = buffer_open(memory, sizeof memory);
    static struct note note;
    struct vkey vkey;
    bool read = vkey_read(span_text(vkey_text), &vkey);
    check(&group_notes, read, "vkey");
    if (!read)
        return;
    buffer_text(&out, text);
    buffer_text(&out, "\n\xE2\x80\x94 ");
    buffer_put(&out, vkey.name);
    buffer_byte(&out, ' ');
    buffer_text(&out, signature);
    buffer_byte(&out, '\n');
    check(&group_notes,
          note_read(buffer_span(&out), &scratch, &note, NULL) == CSIGN_OK && note_verify(&note, &vkey, NULL) == CSIGN_OK,
          "signature");
    bytes[0] ^= 1;
    check(&group_notes, note_verify(&note, &vkey, NULL) == CSIGN_E_NOTE_SIGNATURE_BAD, "another text");
}

static void check_constants(void)
{
    static const char expected[] = "b0f5c9e1ab10e9c389aadeb1a320f59e41c135d73764004b6636caf18a23955f";
    uint8_t salt[RELEASE_SALT_SIZE], commit[CSIGN_HASH_SIZE], bytes[CSIGN_HASH_SIZE];
    struct vkey vkey;
    check_foreign_note("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
                       "go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n",
                       "Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=");
    check_foreign_note("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                       "This is an example message.\n",
                       "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=");
    check(&group_keys,
          vkey_read(SPAN("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"), &vkey) &&
              vkey.type == NOTE_COSIGNATURE,
          "a witness in the field");
    for (size_t i = 0; i < sizeof salt; i++)
        salt[i] = (uint8_t)i;
    release_commit(salt, SPAN("{\"doc\":\"example\"}"), commit);
    check(&group_release, hex(span_text(expected), bytes, 32) && memcmp(commit, bytes, 32) == 0, "LOG 2.6");
}

static void check_file(span text)
{
    struct cursor file = cursor_open(text);
    span line, section;
    struct checkpoint checkpoint;
    while (cursor_line(&file, &line)) {
        struct cursor c = cursor_open(line);
        if (span_starts(line, SPAN("root[")))
            root_line(c);
        else if (span_starts(line, SPAN("incl ")))
            inclusion_line(c);
        else if (span_starts(line, SPAN("cons ")))
            consistency_line(c);
        else if (span_starts(line, SPAN("tile ")))
            tile_line(c);
        else if (span_equal(line, SPAN("---checkpoint---")) && take_section(&file, &group_notes, &section))
            (void)check_note(&group_notes, section, &checkpoint);
        else if (span_equal(line, SPAN("---proof---")) && take_section(&file, &group_proof, &section))
            check_proof(section);
        hash_line(c);
        key_line(c, "log", NOTE_ED25519, &log_signer);
        key_line(c, "wit", NOTE_COSIGNATURE, &witness);
    }
}

int main(void)
{
    struct group *const groups[] = {&group_hashes,      &group_roots, &group_tiles, &group_inclusion, &group_consistency,
                                    &group_keys,        &group_notes, &group_proof, &group_release};
    unsigned failed = 0;
    span text = vectors_read("tlog_vectors.txt");
    if (!text.data) {
        skip("tlog", "no tlog_vectors.txt in the vectors' folder");
        return VECTORS_SKIPPED;
    }
    if (!make_log()) {
        printf("tlog: FAILED: the log of 70,000 leaves was not made\n");
        return 1;
    }
    check_file(text);
    check_constants();
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        failed += report(groups[i]);
    return failed != 0;
}
