/* Tiles: their names, the writer against the tree itself, and reading roots and proofs back out of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "signer.h"
#include "tile.h"

/* --- names --- */

static void name_case(bool entries, unsigned level, uint64_t index, uint32_t width, const char *path)
{
    struct tile tile = {entries, level, index, width}, read;
    char bytes[100];
    struct buffer out = buffer_open(bytes, sizeof bytes);
    tile_path_write(&out, &tile);
    assert_true(span_equal(buffer_span(&out), span_text(path)));
    assert_true(tile_path_read(exact(span_text(path)), &read));
    assert_int_equal(read.entries, entries);
    assert_int_equal(read.level, level);
    assert_true(read.index == index);
    assert_int_equal(read.width, width);
}

static void names(void **state)
{
    (void)state;
    name_case(false, 0, 0, 256, "tile/0/000");
    name_case(false, 0, 1234067, 256, "tile/0/x001/x234/067");
    name_case(false, 0, 273, 112, "tile/0/273.p/112");
    name_case(false, 1, 1, 17, "tile/1/001.p/17");
    name_case(false, 63, 999, 1, "tile/63/999.p/1");
    name_case(false, 0, 1000, 255, "tile/0/x001/000.p/255");
    name_case(true, 0, 0, 256, "tile/entries/000");
    name_case(true, 0, 273, 112, "tile/entries/273.p/112");
    name_case(false, 0, 36028797018963967, 256, "tile/0/x036/x028/x797/x018/x963/967");
}

static void names_fail(void **state)
{
    static const char *const bad[] = {
        "", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "/tile/0/000", "tile/0/000/",
        "tile/00/000", "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/a/000", "tile/Entries/000", "tile/entries0/000",
        "tile/0/x000/001", "tile/0/x000/x001/000", "tile/0/x001", "tile/0/x001/", "tile/0/001/000", "tile/0/x01/000",
        "tile/0/X001/000", "tile/0/00a", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/01", "tile/0/000.p/1/", "tile/0/000.p/1 ", "tile/0/000.P/1", "tile/0/000.p//1", "tile/0/../000",
        "tile/0/x036/x028/x797/x018/x963/968", "tile/0/x999/x999/x999/x999/x999/x999/x999/999", "tile/8/0/000"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tile tile;
        if (tile_path_read(exact(span_text(bad[i])), &tile))
            fail_msg("%s was read", bad[i]);
    }
}

static void widths(void **state)
{
    (void)state;
    assert_int_equal(tile_width(0, 0, 0), 0);
    assert_int_equal(tile_width(1, 0, 0), 1);
    assert_int_equal(tile_width(255, 0, 0), 255);
    assert_int_equal(tile_width(256, 0, 0), 256);
    assert_int_equal(tile_width(256, 0, 1), 0);
    assert_int_equal(tile_width(255, 1, 0), 0);
    assert_int_equal(tile_width(256, 1, 0), 1);
    assert_int_equal(tile_width(70000, 0, 272), 256);
    assert_int_equal(tile_width(70000, 0, 273), 112);
    assert_int_equal(tile_width(70000, 0, 274), 0);
    struct tile last = tile_of_entry(70000, 69999);
    assert_true(last.entries && last.level == 0 && last.index == 273 && last.width == 112);
    assert_int_equal(tile_width(70000, 1, 1), 17);
    assert_int_equal(tile_width(70000, 2, 0), 1);
    assert_int_equal(tile_width(70000, 3, 0), 0);
    assert_int_equal(tile_width(MERKLE_SIZE_MAX, 7, 0), 127);
    assert_int_equal(tile_width(MERKLE_SIZE_MAX, 8, 0), 0);
    assert_int_equal(tile_width(MERKLE_SIZE_MAX, 63, 0), 0);
}

/* --- entries --- */

static void entries_case(span bytes, uint32_t width, csign_code code, const char *field)
{
    uint8_t leaves[8];
    struct buffer out = buffer_open(leaves, sizeof leaves);
    csign_fault fault = {CSIGN_OK, "", "", 0};
    assert_int_equal(tile_entries_read(exact(bytes), width, 4, &out, &fault), code);
    assert_string_equal(fault.field, field);
}

static void entries(void **state)
{
    uint8_t bytes[64], leaves[8];
    struct buffer out = buffer_open(bytes, sizeof bytes), read = buffer_open(leaves, sizeof leaves);
    (void)state;
    tile_entry_write(&out, SPAN("abcd"));
    tile_entry_write(&out, SPAN("efgh"));
    assert_true(span_equal(buffer_span(&out), SPAN("\0\4abcd\0\4efgh")));
    assert_int_equal(tile_entries_read(buffer_span(&out), 2, 4, &read, NULL), CSIGN_OK);
    assert_true(span_equal(buffer_span(&read), SPAN("abcdefgh")));
    entries_case(SPAN("\0\4abcd\0\4efgh"), 1, CSIGN_E_TILE_MALFORMED, "width");
    entries_case(SPAN("\0\4abcd\0\4efgh"), 3, CSIGN_E_TILE_MALFORMED, "width");
    entries_case(SPAN("\0\4abcd\0"), 2, CSIGN_E_TILE_MALFORMED, "width");
    entries_case(SPAN("\0\4abcd\0\4efg"), 2, CSIGN_E_TILE_MALFORMED, "leaf");
    entries_case(SPAN("\0\4abcd\0\3efg"), 2, CSIGN_E_TILE_MALFORMED, "leaf");
    entries_case(SPAN("\0\4abcd\0\5efghi"), 2, CSIGN_E_TILE_MALFORMED, "leaf");
    entries_case(SPAN("\0\4abcd\1\4efgh"), 2, CSIGN_E_TILE_MALFORMED, "leaf");
    entries_case(SPAN("\0\4abcd\0\4efgh\0\4ijkl"), 3, CSIGN_E_NO_SPACE, "leaf");
    entries_case(SPAN(""), 0, CSIGN_OK, "");

    static uint8_t long_leaf[65536];
    out = buffer_open(bytes, sizeof bytes);
    tile_entry_write(&out, span_of(long_leaf, sizeof long_leaf));
    assert_int_equal(buffer_code(&out), CSIGN_E_NO_SPACE);
    assert_int_equal(out.size, 0);
}

/* --- writing and reading: a store of a few tiles that checks what it is asked --- */

#define LEAVES 66000u
#define STORED 270u

static struct {
    unsigned level;
    uint64_t index;
    uint32_t width;
    uint8_t hashes[TILE_BYTES];
} stored[STORED];
static size_t stored_count, put_count, get_count, failing_put;

static csign_code put(void *context, unsigned level, uint64_t index, uint32_t width, const uint8_t *hashes)
{
    (void)context;
    if (++put_count == failing_put)
        return CSIGN_E_INTERNAL;
    size_t i = 0;
    while (i < stored_count && !(stored[i].level == level && stored[i].index == index))
        i++;
    assert_true(i < STORED);
    assert_in_range(width, 1, TILE_WIDTH);
    stored_count += i == stored_count;
    stored[i].level = level;
    stored[i].index = index;
    stored[i].width = width;
    memcpy(stored[i].hashes, hashes, width * CSIGN_HASH_SIZE);
    return CSIGN_OK;
}

static csign_code get(void *context, unsigned level, uint64_t index, uint32_t width, uint8_t *ret)
{
    (void)context;
    get_count++;
    for (size_t i = 0; i < stored_count; i++)
        if (stored[i].level == level && stored[i].index == index && stored[i].width >= width) {
            memcpy(ret, stored[i].hashes, width * CSIGN_HASH_SIZE);
            return CSIGN_OK;
        }
    return CSIGN_E_TILE_MALFORMED;
}

static const struct tile_store store = {get, put, NULL};
static struct merkle_hash leaves[LEAVES], roots[LEAVES + 1];
static struct tile_writer writer;

static int make_leaves(void **state)
{
    struct merkle_range range = {0};
    (void)state;
    roots[0] = merkle_range_root(&range);
    for (uint32_t i = 0; i < LEAVES; i++) {
        leaves[i] = merkle_leaf(span_of(&i, sizeof i));
        assert_true(merkle_range_append(&range, &leaves[i]));
        if (i < 1000 || (i + 1) % 256 < 2 || (i + 1) % 1000 == 0)
            roots[i + 1] = merkle_range_root(&range);
    }
    return 0;
}

static void forget(void)
{
    stored_count = put_count = get_count = failing_put = 0;
}

static void append(uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++)
        assert_int_equal(tile_writer_append(&writer, &leaves[i], &store), CSIGN_OK);
}

static void assert_root(uint64_t size)
{
    struct merkle_hash root = tile_writer_root(&writer);
    assert_int_equal(writer.size, size);
    assert_memory_equal(&root, &roots[size], sizeof root);
}

static void reader_root(uint64_t size)
{
    static struct tile_reader reader;
    struct merkle_hash root;
    tile_reader_open(&reader, size, &store);
    struct merkle_source source = tile_reader_source(&reader);
    assert_int_equal(merkle_source_root(&source, size, &root), CSIGN_OK);
    assert_memory_equal(&root, &roots[size], sizeof root);
}

static void writer_agrees_with_the_tree(void **state)
{
    (void)state;
    forget();
    assert_int_equal(tile_writer_open(&writer, 0, &store), CSIGN_OK);
    assert_int_equal(get_count, 0);
    assert_root(0);
    for (uint64_t i = 0; i < 1000; i++) {
        append(i, i + 1);
        assert_root(i + 1);
    }
    append(1000, LEAVES);
    assert_int_equal(tile_writer_flush(&writer, &store), CSIGN_OK);
    assert_root(LEAVES);
    reader_root(LEAVES);
    reader_root(65536);
    reader_root(999);
    /* The hashes of a tile are the leaves' own at level 0. */
    for (size_t i = 0; i < stored_count; i++)
        if (stored[i].level == 0 && stored[i].index == 3)
            assert_memory_equal(stored[i].hashes, &leaves[768], 32);
}

static void writer_opens_where_it_stopped(void **state)
{
    static const uint64_t stops[] = {0, 1, 255, 256, 257, 511, 512, 513, 999, 65000, 65536, 65537};
    (void)state;
    forget();
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        assert_int_equal(tile_writer_open(&writer, size, &store), CSIGN_OK);
        assert_root(size);
        append(size, stops[i]);
        size = stops[i];
        assert_root(size);
        assert_int_equal(tile_writer_flush(&writer, &store), CSIGN_OK);
        reader_root(size);
    }
}

static void writer_puts_what_changed(void **state)
{
    (void)state;
    forget();
    assert_int_equal(tile_writer_open(&writer, 0, &store), CSIGN_OK);
    append(0, 3);
    assert_int_equal(put_count, 0);
    assert_int_equal(tile_writer_flush(&writer, &store), CSIGN_OK);
    assert_int_equal(put_count, 1);
    assert_int_equal(tile_writer_flush(&writer, &store), CSIGN_OK);
    assert_int_equal(put_count, 1);
    append(3, 256);
    assert_int_equal(put_count, 2); /* the full tile, at once */
    assert_int_equal(tile_writer_flush(&writer, &store), CSIGN_OK);
    assert_int_equal(put_count, 3); /* its hash, at level 1; nothing at level 0 */
    assert_int_equal(stored_count, 2);
    append(256, 257);
    assert_int_equal(tile_writer_flush(&writer, &store), CSIGN_OK);
    assert_int_equal(put_count, 4);
    assert_int_equal(stored[2].index, 1);
    assert_int_equal(stored[2].width, 1);
}

/* A copy taken before a batch forgets the batch. */
static void writer_rolls_back_by_copy(void **state)
{
    static struct tile_writer before;
    (void)state;
    forget();
    assert_int_equal(tile_writer_open(&writer, 0, &store), CSIGN_OK);
    append(0, 250);
    before = writer;
    append(250, 255);
    failing_put = 1;
    assert_int_equal(tile_writer_append(&writer, &leaves[255], &store), CSIGN_E_INTERNAL);
    failing_put = 0;
    writer = before;
    append(250, 257);
    assert_root(257);
}

static void writer_limits(void **state)
{
    (void)state;
    forget();
    assert_int_equal(tile_writer_open(&writer, (uint64_t)MERKLE_SIZE_MAX + 1, &store), CSIGN_E_ARGUMENT);
    assert_int_equal(tile_writer_open(&writer, 1, &store), CSIGN_E_TILE_MALFORMED); /* nothing stored */
    writer.size = MERKLE_SIZE_MAX;
    assert_int_equal(tile_writer_append(&writer, &leaves[0], &store), CSIGN_E_TOO_LARGE);
    assert_int_equal(tile_writer_open(&writer, 0, &store), CSIGN_OK);
    append(0, 1);
    failing_put = put_count + 1;
    assert_int_equal(tile_writer_flush(&writer, &store), CSIGN_E_INTERNAL);
}

static void proofs_from_tiles(void **state)
{
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 999, 65536, 65537, LEAVES};
    static struct tile_reader reader;
    struct merkle_hash proof[MERKLE_PROOF_MAX];
    size_t count;
    (void)state;
    forget();
    assert_int_equal(tile_writer_open(&writer, 0, &store), CSIGN_OK);
    append(0, LEAVES);
    assert_int_equal(tile_writer_flush(&writer, &store), CSIGN_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t size = sizes[i];
        tile_reader_open(&reader, size, &store);
        struct merkle_source source = tile_reader_source(&reader);
        for (uint64_t index = 0; index < size; index += 1 + size / 23) {
            assert_int_equal(merkle_prove_inclusion(&source, index, size, proof, &count), CSIGN_OK);
            assert_int_equal(merkle_check_inclusion(index, size, &leaves[index], proof, count, &roots[size]), CSIGN_OK);
        }
        for (size_t k = 0; k <= i; k++) {
            assert_int_equal(merkle_prove_consistency(&source, sizes[k], size, proof, &count), CSIGN_OK);
            assert_int_equal(merkle_check_consistency(sizes[k], size, &roots[sizes[k]], &roots[size], proof, count), CSIGN_OK);
        }
    }
}

static void reader_stays_in_its_log(void **state)
{
    static struct tile_reader reader;
    struct merkle_hash hash;
    (void)state;
    forget();
    assert_int_equal(tile_writer_open(&writer, 0, &store), CSIGN_OK);
    append(0, 300);
    assert_int_equal(tile_writer_flush(&writer, &store), CSIGN_OK);
    tile_reader_open(&reader, 299, &store);
    struct merkle_source source = tile_reader_source(&reader);
    assert_int_equal(source.node(source.context, 0, 298, &hash), CSIGN_OK);
    assert_int_equal(source.node(source.context, 0, 299, &hash), CSIGN_E_ARGUMENT);
    assert_int_equal(source.node(source.context, 2, 74, &hash), CSIGN_E_ARGUMENT); /* 296 to 300 */
    assert_int_equal(source.node(source.context, 62, 0, &hash), CSIGN_E_ARGUMENT);
    /* Asked for twice in a row, a tile is fetched once; a failed fetch is not kept. */
    size_t before = get_count;
    assert_int_equal(source.node(source.context, 0, 297, &hash), CSIGN_OK);
    assert_int_equal(get_count, before);
    stored_count = 0;
    assert_int_equal(source.node(source.context, 0, 3, &hash), CSIGN_E_TILE_MALFORMED);
    assert_int_equal(source.node(source.context, 0, 297, &hash), CSIGN_E_TILE_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(names_fail),
        cmocka_unit_test(widths),
        cmocka_unit_test(entries),
        cmocka_unit_test(writer_agrees_with_the_tree),
        cmocka_unit_test(writer_opens_where_it_stopped),
        cmocka_unit_test(writer_puts_what_changed),
        cmocka_unit_test(writer_rolls_back_by_copy),
        cmocka_unit_test(writer_limits),
        cmocka_unit_test(proofs_from_tiles),
        cmocka_unit_test(reader_stays_in_its_log),
    };
    return cmocka_run_group_tests(tests, make_leaves, NULL);
}
